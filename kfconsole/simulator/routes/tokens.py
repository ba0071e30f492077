"""The two token calls.

What is checked after the credentials, and in which order, is not documented: here the address, then whatever a switch
lets go wrong.
"""

from collections.abc import Mapping

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint, Json, get, post
from kfconsole.simulator.tokens import Token
from kfconsole.simulator.world import World


def _token(call: Call) -> Json:
    _check(call, call.query)
    world, now = call.world, call.world.clock.now()
    return _token_json(world.tokens.issue(now, displaces_other=world.switches.token_kinds_displace), now)


def _stable_token(call: Call) -> Json:
    body = call.body()
    _check(call, body)
    now, tokens, switches = call.world.clock.now(), call.world.tokens, call.world.switches
    displaces_other = switches.token_kinds_displace
    if body.get("force_refresh") is True:
        token = tokens.force(now, switches.early_forced_refresh_code, displaces_other=displaces_other)
    else:
        token = tokens.stable(now, displaces_other=displaces_other)
    return _token_json(token, now)


def _check(call: Call, given: Mapping[str, object]) -> None:
    switches = call.world.switches
    _check_credentials(call.world, given)
    allowed = switches.ip_whitelist.split()
    if allowed and call.client_address not in allowed:
        raise _not_in_whitelist(call.client_address, is_old=switches.errmsg_suffix == "hint")
    if switches.token_outcome_code:
        raise Refused(switches.token_outcome_code)


def _check_credentials(world: World, given: Mapping[str, object]) -> None:
    if given.get("grant_type") != "client_credential":
        raise Refused(40002)
    if not given.get("appid"):
        raise Refused(41002)
    if given["appid"] != world.app_id:
        raise Refused(40013)
    if not given.get("secret"):
        raise Refused(41004)
    if given["secret"] != world.app_secret:
        raise Refused(world.switches.wrong_secret_code)


def _not_in_whitelist(address: str, *, is_old: bool) -> Refused:
    """Return the refusal that names the address, in today's form or in that of 2017."""
    if is_old:
        return Refused(40164, f"invalid ip {address}, not in whitelist")
    mapped = address if ":" in address else f"::ffff:{address}"
    return Refused(40164, f"invalid ip {address} ipv6 {mapped}, not in whitelist")


def _token_json(token: Token, now: float) -> Json:
    return {"access_token": token.value, "expires_in": round(token.expires_at - now)}


ENDPOINTS: dict[str, Endpoint] = {
    "/cgi-bin/token": get(_token, needs_token=False),
    "/cgi-bin/stable_token": post(_stable_token, needs_token=False),
}
