"""Where pushes come from, and whether they can arrive."""

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint, Json, get, post

_ADDRESS = "127.0.0.1"  # a simulator and its receiver share a host
_OPERATORS = ("CHINANET", "UNICOM", "CAP", "DEFAULT")


def _addresses(_call: Call) -> Json:
    return {"ip_list": [_ADDRESS]}


def _check(call: Call) -> Json:
    """Answer as for a URL that can be reached; errors as the documentation of network detection lists them."""
    body = call.body()
    action, operator = body.get("action"), body.get("check_operator")
    if action not in ("all", "dns", "ping"):
        raise Refused(40202)
    if operator not in _OPERATORS:
        raise Refused(40203)
    if not call.world.push_url:
        raise Refused(40201)
    found: Json = {}
    if action != "ping":
        found["dns"] = [{"ip": _ADDRESS, "real_operator": operator}]
    if action != "dns":
        found["ping"] = [{"ip": _ADDRESS, "from_operator": operator, "package_loss": "0%", "time": "0.042ms"}]
    return found


ENDPOINTS: dict[str, Endpoint] = {
    "/cgi-bin/getcallbackip": get(_addresses),
    "/cgi-bin/get_api_domain_ip": get(_addresses),
    "/cgi-bin/callback/check": post(_check),
}
