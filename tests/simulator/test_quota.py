"""How often calls may be used, and what is told about them and about refused requests."""

import re
from typing import Any

import pytest

from kfconsole.simulator import DEFAULT_APP_ID, DEFAULT_APP_SECRET, SimClock, World
from kfconsole.simulator.quota import NO_LIMIT
from tests.simulator.conftest import NOON, Wire

QUEUE = "/customservice/kfsession/getwaitcase"
SESSION = "/customservice/kfsession/getsession"
SEND = "/cgi-bin/message/custom/send"
TOKEN = "/cgi-bin/token"
QUOTA = "/cgi-bin/openapi/quota/get"
CLEAR_ALL = "/cgi-bin/clear_quota"
CLEAR_BY_SECRET = "/cgi-bin/clear_quota/v2"
CLEAR_ONE = "/cgi-bin/openapi/quota/clear"
RID = "/cgi-bin/openapi/rid/get"
CREDENTIALS = {"appid": DEFAULT_APP_ID, "appsecret": DEFAULT_APP_SECRET}
DAY = 24 * 3600
BEIJING_MIDNIGHT = 1_790_006_400.0  # 2026-09-22 00:00 there, 16:00 UTC the day before


async def quota_of(wire: Wire, path: str) -> dict[str, int]:
    found: dict[str, int] = (await wire.post(QUOTA, {"cgi_path": path}))["quota"]
    return found


async def code_of(wire: Wire, path: str = QUEUE) -> int:
    return int((await wire.get(path)).get("errcode", 0))


@pytest.mark.parametrize(
    ("path", "daily_limit"),
    [
        (TOKEN, 2_000),
        ("/cgi-bin/media/upload", 100_000),
        ("/cgi-bin/media/get", 200_000),
        (SEND, 500_000),
        (QUEUE, NO_LIMIT),
    ],
)
async def test_the_published_limits_are_answered(wire: Wire, path: str, daily_limit: int) -> None:
    assert await quota_of(wire, path) == {"daily_limit": daily_limit, "used": 0, "remain": daily_limit}


async def test_every_call_is_counted_whether_it_succeeds_or_is_refused(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    await wire.send("oA", "x")
    await wire.send("oNobody", "x")
    answer = await wire.post(QUOTA, {"cgi_path": SEND})

    assert answer == {
        "errcode": 0,
        "errmsg": "ok",
        "quota": {"daily_limit": 500_000, "used": 2, "remain": 499_998},
    }
    assert (await quota_of(wire, QUOTA))["used"] == 2


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/cgi-bin/nothing", 76021),
        ("cgi-bin/message/custom/send", 76021),
        ("https://api.weixin.qq.com/cgi-bin/message/custom/send", 76021),
        ("", 76021),
        (5, 76021),
        ("/sns/userinfo", 76022),
    ],
)
@pytest.mark.parametrize("call", [QUOTA, CLEAR_ONE])
async def test_a_path_nobody_has_is_refused(wire: Wire, call: str, path: object, code: int) -> None:
    assert await wire.code(call, {"cgi_path": path}) == code


async def test_an_unknown_path_answers_the_code_of_the_prose_by_switch(wire: Wire) -> None:
    await wire.control("switches", {"unknown_quota_path_code": 76003})

    assert await wire.code(QUOTA, {"cgi_path": "/cgi-bin/nothing"}) == 76003


async def test_above_the_days_limit_nothing_is_done_until_midnight_in_beijing(
    world: World, wire: Wire, clock: SimClock
) -> None:
    clock.set(BEIJING_MIDNIGHT - 1)
    world.say("oA", "在吗")
    await wire.control("quota", {"path": SEND, "daily_limit": 3, "used": 1})
    assert [await wire.send("oA", "x") for _ in range(3)] == [0, 0, 45009]
    assert await quota_of(wire, SEND) == {"daily_limit": 3, "used": 3, "remain": 0}
    assert len(world.sent) == 2
    clock.advance(1)

    assert await quota_of(wire, SEND) == {"daily_limit": 3, "used": 0, "remain": 3}
    assert await wire.send("oA", "x") == 0


async def test_the_hour_a_day_begins_at_is_a_switch(wire: Wire, clock: SimClock) -> None:
    await wire.control("switches", {"quota_reset_hour": 3})
    clock.set(BEIJING_MIDNIGHT + 3 * 3600 - 1)
    await wire.control("quota", {"path": QUEUE, "used": 7})
    before = (await quota_of(wire, QUEUE))["used"]
    clock.advance(1)

    assert (before, (await quota_of(wire, QUEUE))["used"]) == (7, 0)


async def test_a_lowered_limit_leaves_nothing_and_never_less(wire: Wire) -> None:
    answer = await wire.control("quota", {"path": QUEUE, "used": 7, "daily_limit": 5})

    assert answer.json() == {"daily_limit": 5, "minute_limit": 0, "used": 7}
    assert (await quota_of(wire, QUEUE))["remain"] == 0


async def test_the_token_call_has_a_limit_of_its_own(wire: Wire) -> None:
    await wire.control("quota", {"path": TOKEN, "used": 2_000})
    answer = (await wire.http.get(TOKEN)).json()

    assert answer["errcode"] == 45009
    assert answer["errmsg"].startswith("reach max api daily quota limit rid: ")


async def test_kf_calls_can_be_limited_by_switch(wire: Wire) -> None:
    await wire.control("switches", {"kf_daily_limit": 2})

    assert [await code_of(wire) for _ in range(3)] == [0, 0, 45009]
    assert await code_of(wire, "/cgi-bin/customservice/getkflist") == 0
    assert (await quota_of(wire, SEND))["daily_limit"] == 500_000


async def test_above_the_minutes_limit_a_call_works_again_in_the_next_minute(wire: Wire, clock: SimClock) -> None:
    clock.set(BEIJING_MIDNIGHT)
    await wire.control("switches", {"minute_limit": 2})
    assert [await code_of(wire) for _ in range(3)] == [0, 0, 45011]
    clock.advance(59)
    assert await code_of(wire) == 45011
    clock.advance(1)
    assert await code_of(wire) == 0
    assert (await wire.post(QUOTA, {"cgi_path": QUEUE}))["rate_limit"] == {"call_count": 2, "refresh_second": 60}
    assert (await quota_of(wire, QUEUE))["used"] == 3


async def test_one_path_can_have_a_minutes_limit(wire: Wire) -> None:
    await wire.control("quota", {"path": QUEUE, "minute_limit": 1})

    assert [await code_of(wire), await code_of(wire)] == [0, 45011]
    assert await code_of(wire, "/cgi-bin/customservice/getkflist") == 0


@pytest.mark.parametrize("way", ["token", "body", "query"])
async def test_all_counters_can_be_cleared_ten_times_a_month(wire: Wire, clock: SimClock, way: str) -> None:
    async def clear() -> int:
        if way == "token":
            return await wire.code(CLEAR_ALL, {"appid": DEFAULT_APP_ID})
        given: dict[str, Any] = {"json": CREDENTIALS} if way == "body" else {"params": CREDENTIALS}
        return int((await wire.http.post(CLEAR_BY_SECRET, **given)).json()["errcode"])

    await code_of(wire)
    assert [await clear() for _ in range(11)] == [0] * 10 + [48006]
    assert (await quota_of(wire, QUEUE))["used"] == 0
    clock.advance(31 * DAY)

    assert await clear() == 0


async def test_both_ways_of_clearing_share_their_ten_times(wire: Wire) -> None:
    for _ in range(5):
        await wire.code(CLEAR_ALL, {"appid": DEFAULT_APP_ID})
        await wire.http.post(CLEAR_BY_SECRET, json=CREDENTIALS)

    assert await wire.code(CLEAR_ALL, {"appid": DEFAULT_APP_ID}) == 48006


async def test_one_counter_can_be_cleared_fifty_times_a_month(wire: Wire) -> None:
    await code_of(wire)
    await code_of(wire, "/cgi-bin/customservice/getkflist")
    assert [await wire.code(CLEAR_ONE, {"cgi_path": QUEUE}) for _ in range(51)] == [0] * 50 + [48006]

    assert (await quota_of(wire, QUEUE))["used"] == 0
    assert (await quota_of(wire, "/cgi-bin/customservice/getkflist"))["used"] == 1


async def test_clearing_for_another_account_is_refused(wire: Wire) -> None:
    assert await wire.code(CLEAR_ALL, {"appid": "wxother"}) == 40013
    assert await wire.code(CLEAR_ALL, {}) == 40013


@pytest.mark.parametrize(
    ("change", "code"),
    [({"appid": ""}, 41002), ({"appid": "wxother"}, 40013), ({"appsecret": ""}, 41004), ({"appsecret": "x"}, 40125)],
)
async def test_clearing_by_secret_checks_who_asks(wire: Wire, change: dict[str, str], code: int) -> None:
    given = {**CREDENTIALS, **change}
    by_body = (await wire.http.post(CLEAR_BY_SECRET, json=given)).json()
    by_query = (await wire.http.post(CLEAR_BY_SECRET, params=given)).json()

    assert (by_body["errcode"], by_query["errcode"]) == (code, code)


async def test_clearing_by_secret_wants_json_when_there_is_a_body(wire: Wire) -> None:
    assert (await wire.http.post(CLEAR_BY_SECRET, params=CREDENTIALS, content=b"{")).json()["errcode"] == 47001


# What a refused request was


def rid_of(answer: dict[str, Any]) -> str:
    found = re.search(r"rid: ([0-9a-f-]{26})$", answer["errmsg"])
    assert found is not None
    return found[1]


async def test_a_refused_request_is_found_by_its_rid_without_the_token(wire: Wire) -> None:
    refused = await wire.get(SESSION, openid="oNobody")
    answer = await wire.post(RID, {"rid": rid_of(refused)})

    assert (answer["errcode"], answer["errmsg"]) == (0, "ok")
    assert answer["request"] == {
        "invoke_time": int(NOON),
        "cost_in_ms": 0,
        "request_url": "access_token=***&openid=oNobody",
        "request_body": "",
        "response_body": f'{{"errcode":40003,"errmsg":"{refused["errmsg"]}"}}',
        "client_ip": "127.0.0.1",
    }


async def test_what_a_rid_tells_holds_no_secret(wire: Wire) -> None:
    body = {"grant_type": "client_credential", "appid": "wxother", "secret": DEFAULT_APP_SECRET}
    refused = (await wire.http.post("/cgi-bin/stable_token", json=body)).json()
    request = (await wire.post(RID, {"rid": rid_of(refused)}))["request"]

    assert request["request_url"] == "access_token=***"
    assert '"secret":"***"' in request["request_body"]
    assert DEFAULT_APP_SECRET not in str(request)


async def test_an_armed_code_gives_out_a_rid_that_is_known(wire: Wire) -> None:
    await wire.control("faults", {"path": QUEUE, "kind": "errcode", "code": 45009})
    refused = await wire.get(QUEUE)

    assert (await wire.post(RID, {"rid": rid_of(refused)}))["request"]["response_body"].startswith('{"errcode":45009')


async def test_of_a_long_body_only_the_beginning_is_told(wire: Wire) -> None:
    refused = await wire.post(SEND, {"touser": "oNobody", "filler": "x" * 10_000})

    assert len((await wire.post(RID, {"rid": rid_of(refused)}))["request"]["request_body"]) == 4096


@pytest.mark.parametrize("rid", [None, "", "xyz", 5, "00000000-00000000-0000000", "6AB12F80-00000000-00000000"])
async def test_a_malformed_rid_is_refused(wire: Wire, rid: object) -> None:
    assert await wire.code(RID, {"rid": rid}) == 76002


async def test_unknown_foreign_and_old_rids_differ(wire: Wire, clock: SimClock) -> None:
    refused = rid_of(await wire.get(SESSION, openid="oNobody"))
    foreign = (await wire.control("rids/foreign", {})).json()["rid"]
    assert await wire.code(RID, {"rid": f"{int(NOON):08x}-00000000-00000000"}) == 76001
    assert await wire.code(RID, {"rid": foreign}) == 76003
    clock.advance(7 * DAY)
    assert await wire.code(RID, {"rid": refused}) == 0
    clock.advance(1)

    assert await wire.code(RID, {"rid": refused}) == 76004


async def test_the_memory_of_rids_is_bounded(wire: Wire) -> None:
    first = rid_of((await wire.http.get(QUEUE)).json())
    for _ in range(2000):
        await wire.http.get(QUEUE)

    assert await wire.code(RID, {"rid": first}) == 76001
