"""Quotas of calls, and what a refused request was."""

from collections.abc import Mapping

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint, Json, post
from kfconsole.simulator.envelope import OK
from kfconsole.simulator.quota import MINUTE_SECONDS


def _quota(call: Call) -> Json:
    world, path = call.world, _path(call)
    use = world.quotas.use(path, world.clock.now(), world.switches)
    left = max(0, use.daily_limit - use.used)
    answer: Json = {**OK, "quota": {"daily_limit": use.daily_limit, "used": use.used, "remain": left}}
    if use.minute_limit:
        answer["rate_limit"] = {"call_count": use.minute_limit, "refresh_second": MINUTE_SECONDS}
    return answer


def _clear_one(call: Call) -> Json:
    call.world.quotas.clear(_path(call), call.world.clock.now(), call.world.switches)
    return OK


def _path(call: Call) -> str:
    path = call.body().get("cgi_path")
    if isinstance(path, str) and path.startswith("/sns/"):
        raise Refused(76022)
    if not isinstance(path, str) or path not in call.known_paths:
        raise Refused(call.world.switches.unknown_quota_path_code)
    return path


def _clear_all(call: Call) -> Json:
    if call.body().get("appid") != call.world.app_id:
        raise Refused(40013)
    call.world.quotas.clear_all(call.world.clock.now(), call.world.switches)
    return OK


def _clear_all_by_secret(call: Call) -> Json:
    given: Mapping[str, object] = {**call.query, **(call.body() if call.raw_body else {})}
    if not given.get("appid"):
        raise Refused(41002)
    if given["appid"] != call.world.app_id:
        raise Refused(40013)
    if not given.get("appsecret"):
        raise Refused(41004)
    if given["appsecret"] != call.world.app_secret:
        raise Refused(40125)
    call.world.quotas.clear_all(call.world.clock.now(), call.world.switches)
    return OK


def _request_info(call: Call) -> Json:
    refusal = call.world.diagnosis.find(call.body().get("rid"), call.world.clock.now())
    return {
        **OK,
        "request": {
            "invoke_time": int(refusal.at),
            "cost_in_ms": refusal.milliseconds,
            "request_url": "&".join(filter(None, ("access_token=***", refusal.query))),
            "request_body": refusal.body,
            "response_body": refusal.answer,
            "client_ip": refusal.client_address,
        },
    }


ENDPOINTS: dict[str, Endpoint] = {
    "/cgi-bin/clear_quota": post(_clear_all),
    "/cgi-bin/clear_quota/v2": post(_clear_all_by_secret, needs_token=False, takes_json=False),
    "/cgi-bin/openapi/quota/get": post(_quota),
    "/cgi-bin/openapi/quota/clear": post(_clear_one),
    "/cgi-bin/openapi/rid/get": post(_request_info),
}
