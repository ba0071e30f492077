"""The two token calls."""

from collections.abc import Mapping

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint, Json, get, post
from kfconsole.simulator.tokens import Token
from kfconsole.simulator.world import World


def _token(call: Call) -> Json:
    _check_credentials(call.world, call.query)
    now = call.world.clock.now()
    return _token_json(call.world.tokens.issue(now), now)


def _stable_token(call: Call) -> Json:
    body = call.body()
    _check_credentials(call.world, body)
    now, tokens = call.world.clock.now(), call.world.tokens
    if body.get("force_refresh") is True:
        return _token_json(tokens.force(now, call.world.switches.early_forced_refresh_code), now)
    return _token_json(tokens.stable(now), now)


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
        raise Refused(40125)


def _token_json(token: Token, now: float) -> Json:
    return {"access_token": token.value, "expires_in": round(token.expires_at - now)}


ENDPOINTS: dict[str, Endpoint] = {
    "/cgi-bin/token": get(_token, needs_token=False),
    "/cgi-bin/stable_token": post(_stable_token, needs_token=False),
}
