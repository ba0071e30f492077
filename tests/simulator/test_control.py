"""The control paths move the world, and say what is wrong with a bad order."""

import asyncio
import base64

import pytest

from kfconsole.simulator import SimClock, World
from tests.simulator.conftest import NEW, NOON, QIANG, TOM, WEN, Wire

QUEUE = "/customservice/kfsession/getwaitcase"


async def test_people_can_be_moved_through_a_whole_talk(world: World, wire: Wire) -> None:
    await wire.control("agents", {"kf_account": "kf9@lehuo", "nickname": "新", "online": False})
    await wire.control("agents/online", {"kf_account": "kf9@lehuo", "online": True})
    await wire.control("say", {"openid": "oA", "text": "在吗"})
    assert (await wire.control("agents/accept", {"kf_account": "kf9@lehuo"})).json() == {"openid": "oA"}
    await wire.control("agents/say", {"kf_account": "kf9@lehuo", "openid": "oA", "text": "您好"})
    await wire.control("agents/transfer", {"from": "kf9@lehuo", "to": TOM, "openid": "oA"})
    assert world.holder("oA") == TOM
    await wire.control("agents/close", {"kf_account": TOM, "openid": "oA"})
    await wire.control("act", {"openid": "oA", "action": "pay"})
    state = (await wire.http.get("/_sim/state")).json()

    assert [event.kind for event in world.events] == [
        "online", "said", "queued", "accepted", "replied", "transferred", "closed", "acted",
    ]  # fmt: skip
    assert state["now"] == NOON
    assert state["customers"][0]["state"] == "none"
    assert state["customers"][0]["replies_left"] == "unlimited"
    assert [agent["session_count"] for agent in state["agents"]] == [0, 0, 0, 0, 0]


async def test_a_customer_can_be_added_and_looks_real(wire: Wire) -> None:
    openid = (await wire.control("customers", {})).json()["openid"]

    assert len(openid) == 28
    assert openid.startswith("o")
    assert (await wire.control("customers", {"openid": "oMine"})).json() == {"openid": "oMine"}


async def test_a_waiting_customer_can_give_up(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    await wire.control("act", {"openid": "oA", "action": "leave"})

    assert not world.queue


async def test_past_records_can_be_written(world: World, wire: Wire) -> None:
    row = {"openid": "oA", "opercode": 2003, "time": NOON - 60, "worker": WEN, "text": "昨天"}

    assert (await wire.control("records", {"records": [row]})).json() == {"written": 1}
    assert len(world.records) == 1


async def test_the_clock_can_be_moved_set_and_stopped(clock: SimClock, wire: Wire) -> None:
    assert (await wire.control("clock", {"advance_seconds": 90})).json() == {"now": NOON + 90, "is_frozen": True}
    assert (await wire.control("clock", {"now": 5})).json()["now"] == 5
    await wire.control("clock", {"frozen": False})
    assert not clock.is_frozen
    await wire.control("clock", {"frozen": True, "now": NOON})
    assert clock.now() == NOON


async def test_switches_can_be_read_and_set(world: World, wire: Wire) -> None:
    await wire.control("switches", {"kf_id_as_string": True, "session_minutes": 1})

    assert (await wire.http.get("/_sim/switches")).json()["session_minutes"] == 1
    assert world.switches.kf_id_as_string


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("switches", {"kf_id_string": True}, 400, "did you mean 'kf_id_as_string'"),
        ("switches", {"kf_id_as_string": "yes"}, 400, "'kf_id_as_string' wants a bool"),
        ("switches", {"getsession_empty_shape": "none"}, 400, "one of empty, absent, errcode"),
        ("switches", {"kf_daily_limit": -1}, 400, "'kf_daily_limit' wants a number from 0 to 2147483648, not -1"),
        ("switches", {"session_minutes": -1}, 400, "'session_minutes' wants a number from 0"),
        ("switches", {"push_retry_seconds": 10**400}, 400, "'push_retry_seconds' wants a number from 0"),
        ("switches", {"most_agents": 2**70}, 400, "'most_agents' wants a number from 0"),
        ("switches", {"quota_reset_hour": 24}, 400, "'quota_reset_hour' wants a number from 0 to 23, not 24"),
        ("switches", {"missing_field_code": 5}, 400, "'missing_field_code' wants a code of WeChat's, such as 40003"),
        ("switches", {"wrong_secret_code": 0}, 400, "'wrong_secret_code' wants a code of WeChat's, such as 40125"),
        ("switches", {"answer_content_type": "文本"}, 400, "'answer_content_type' wants one line of ASCII"),
        ("say", {"openid": "oA"}, 400, "field 'text'"),
        ("say", {"openid": "oA", "text": "x", "forwrad": False}, 400, "unknown field 'forwrad'"),
        ("say", {"openid": "oA", "text": "x", "forward": "no"}, 400, "field 'forward'"),
        ("act", {"openid": "oA", "action": "dance"}, 400, "use one of click, "),
        ("act", {"openid": "oNobody", "action": "pay"}, 404, "'oNobody' is nobody's"),
        ("act", {"openid": "oServed", "action": "leave"}, 400, "does not wait"),
        ("agents", {"kf_account": WEN, "nickname": "x"}, 400, "exists"),
        ("agents/online", {"kf_account": NEW, "online": True}, 400, "is not bound"),
        ("agents/online", {"kf_account": "x@y", "online": True}, 404, "does not exist"),
        ("agents/accept", {"kf_account": QIANG}, 400, "is not online"),
        ("agents/accept", {"kf_account": TOM}, 400, "does not wait"),
        ("agents/say", {"kf_account": TOM, "openid": "oServed", "text": "x"}, 400, "is not served by"),
        ("agents/transfer", {"from": WEN, "to": QIANG, "openid": "oServed"}, 400, "is not online"),
        ("records", {"records": "x"}, 400, "field 'records'"),
        ("records", {"records": [{"openid": "oA", "opercode": "2003", "time": 1}]}, 400, "field 'opercode'"),
        ("clock", {"advance_seconds": "1h"}, 400, "field 'advance_seconds'"),
        ("clock", {"now": NOON * 1000}, 400, "field 'now' would make it 1790000000000; the clock takes seconds"),
        ("clock", {"now": 1e300}, 400, "field 'now' is 1e+300"),
        ("clock", {"now": -1}, 400, "field 'now' would make it -1"),
        ("clock", {"advance_seconds": -1e12}, 400, "field 'advance_seconds' would make it -998210000000"),
        ("faults", {"path": "*", "kind": "date_skew", "skew_seconds": 1e12}, 400, "field 'skew_seconds' is"),
        ("quota", {"path": QUEUE, "daily_limit": -1}, 400, "field 'daily_limit' is -1; give 0 or more"),
        ("media", {"kind": "image", "media_id": "图"}, 400, "field 'media_id' is no id"),
        ("faults", {"path": "*", "kind": "explode"}, 400, "field 'kind' is 'explode'"),
        ("faults", {"path": "*", "kind": "empty", "count": "x"}, 400, "field 'count'"),
        ("hold", {}, 400, "field 'path'"),
        ("nothing", {}, 404, "there are /_sim/act"),
    ],
)
async def test_a_bad_order_is_told_what_is_wrong(
    world: World, wire: Wire, path: str, body: object, status: int, words: str
) -> None:
    world.say("oServed", "在吗")
    world.accept(WEN)
    response = await wire.control(path, body)

    assert response.status_code == status
    assert words in response.json()["error"]


@pytest.mark.parametrize("now", ["NaN", "Infinity", "1796012276000"])
async def test_a_clock_nobody_can_read_is_refused_and_stays(clock: SimClock, wire: Wire, now: str) -> None:
    response = await wire.http.post("/_sim/clock", content=f'{{"now": {now}, "frozen": false}}'.encode())

    assert response.status_code == 400
    assert (clock.now(), clock.is_frozen) == (NOON, True)
    assert (await wire.get(QUEUE))["count"] == 0


@pytest.mark.parametrize("body", [b"{", b"[]"])
async def test_an_order_that_is_no_object_is_refused(wire: Wire, body: bytes) -> None:
    response = await wire.http.post("/_sim/say", content=body)

    assert response.status_code == 400
    assert "no JSON" in response.json()["error"]


async def test_requests_are_kept_raw_without_token_and_secret(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    await wire.send("oA", "你好")
    await wire.get("/customservice/kfsession/getsession", openid="oA")
    await wire.http.post("/cgi-bin/stable_token", json={"secret": world.app_secret, "appid": "x"})
    everything = await wire.http.get("/_sim/requests")
    sends = (await wire.http.get("/_sim/requests", params={"path": "/cgi-bin/message/custom/send"})).json()

    assert len(everything.json()) == 3
    assert wire.token not in everything.text
    assert world.app_secret not in everything.text
    assert everything.json()[1]["query"] == "openid=oA"
    assert [(row["method"], row["at"], row["errcode"]) for row in sends] == [("POST", NOON, 0)]
    assert base64.b64decode(sends[0]["body_base64"]).decode() == sends[0]["body"]
    assert "你好" in sends[0]["body"]
    calls = (await wire.http.get("/_sim/state")).json()["calls"]
    assert calls["/cgi-bin/message/custom/send"] == 1
    await wire.http.delete("/_sim/requests")
    assert (await wire.http.get("/_sim/requests")).json() == []


@pytest.mark.parametrize(("when", "count_while_held"), [("before", 0), ("after", 1)])
async def test_a_held_call_waits_until_it_is_released(
    world: World, wire: Wire, when: str, count_while_held: int
) -> None:
    world.say("oA", "在吗")
    await wire.control("hold", {"path": "/cgi-bin/message/custom/send", "when": when})
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(wire.send("oA", "在的"))
        await _until_held(wire)
        assert not sending.done()
        assert len(world.sent) == count_while_held
        assert (await wire.get(QUEUE))["count"] == 1
        await wire.control("release", {"path": "/cgi-bin/message/custom/send"})

    assert sending.result() == 0
    assert len(world.sent) == 1


async def _until_held(wire: Wire) -> None:
    async with asyncio.timeout(5):
        while not (await wire.http.get("/_sim/state")).json()["held"]:  # noqa: ASYNC110  # the state is the fact
            await asyncio.sleep(0)  # a call without a socket never lets the others run


async def test_revoked_tokens_are_refused_and_a_new_one_works(wire: Wire) -> None:
    dead = wire.token
    await wire.control("tokens/revoke", {})

    assert (await wire.http.get(QUEUE, params={"access_token": dead})).json()["errcode"] == 40001
    assert "errcode" not in await wire.get(QUEUE)
