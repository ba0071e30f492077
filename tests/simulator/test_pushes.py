"""Pushes go where they are pointed, in order, with retries, and never keep the API waiting."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from kfconsole.simulator import BadReceiver, Pusher, Receiver, SimClock, World, create_app
from kfconsole.simulator.pushes.crypto import signature
from tests.simulator.conftest import NOON, TOM, WEN
from tests.simulator.receiver import AES_KEY, TOKEN, URL, Pushing, Server, pushing_to, transfer_xml

HERE = {"url": URL, "token": TOKEN}


@pytest.fixture
async def pushing(world: World) -> AsyncIterator[Pushing]:
    """Nothing is set yet."""
    async with pushing_to(Server(), world) as pushing:
        yield pushing


@pytest.fixture
async def hasty(world: World) -> AsyncIterator[Pushing]:
    """WeChat waits for no answer longer than a moment."""
    async with pushing_to(Server(), world, answer_seconds=0.03) as pushing:
        await pushing.point()
        yield pushing


async def never() -> bytes:
    await asyncio.Event().wait()
    raise AssertionError


# Where pushes go


async def test_a_receiver_is_verified_with_a_signature_and_keeps_its_own_query(pushing: Pushing) -> None:
    answer = await pushing.wire.control("push", HERE)

    (query,) = pushing.server.verified
    assert answer.json() == {"url": URL, "mode": "plain", "original_id": "gh_0123456789ab"}
    assert query["tenant"] == "7"
    assert query["timestamp"] == str(int(NOON))
    assert query["signature"] == signature(TOKEN, query["timestamp"], query["nonce"])


async def test_token_and_key_are_never_shown(pushing: Pushing) -> None:
    await pushing.wire.control("push", {**HERE, "aes_key": AES_KEY, "mode": "secure"})
    shown = (await pushing.wire.http.get("/_sim/push")).text

    assert json.loads(shown)["mode"] == "secure"
    assert TOKEN not in shown + repr(pushing.pusher.receiver)
    assert AES_KEY not in shown + repr(pushing.pusher.receiver)


async def test_a_receiver_that_does_not_echo_is_refused_and_the_one_before_stays(pushing: Pushing) -> None:
    await pushing.point()
    answer = await pushing.wire.control("push", {"token": "another"})

    assert answer.status_code == 400
    assert "did not answer its verification with the echostr alone: HTTP 200, 'no'" in answer.json()["error"]
    assert pushing.pusher.receiver is not None
    assert pushing.pusher.receiver.token == TOKEN


async def test_a_receiver_that_is_not_there_is_refused(world: World) -> None:
    pusher = Pusher(world)

    with pytest.raises(BadReceiver, match="did not answer its verification: no answer"):
        await pusher.point_at(Receiver("http://127.0.0.1:1/", TOKEN))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"url": "ftp://shop.example", "token": "t"}, "give http://"),
        ({"url": "http://", "token": "t"}, "give http://"),
        ({"url": "http://[", "token": "t"}, "give http://"),
        ({"url": "http://a\ud800b", "token": "t"}, "give http://"),
        ({"url": "http://shop.example:99999", "token": "t"}, "give http://"),
        ({"url": URL}, "token, which is missing"),
        ({"url": URL, "token": "\ud800"}, "unprintable"),
        ({"url": URL, "token": "t", "mode": "secure"}, "needs an AES key"),
        ({"url": URL, "token": "t", "aes_key": "short"}, "43 letters and digits"),
        ({"url": URL, "token": "t", "mode": "loud"}, "plain, compatible, secure"),
        ({"url": 7}, "field 'url'"),
        ({"token": "t"}, "field 'url'"),
        ({"ulr": URL}, "unknown field 'ulr'"),
    ],
)
async def test_a_receiver_that_cannot_be_is_told_what_is_wrong(
    pushing: Pushing, values: dict[str, object], words: str
) -> None:
    answer = await pushing.wire.http.post("/_sim/push", content=json.dumps(values))

    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert pushing.server.verified == []


def test_an_unknown_mode_is_refused_wherever_it_comes_from() -> None:
    with pytest.raises(BadReceiver, match="'loud' is unknown"):
        Receiver(URL, TOKEN, mode="loud")


async def test_mode_and_key_can_be_changed_alone(pushing: Pushing) -> None:
    await pushing.wire.control("push", HERE)
    await pushing.wire.control("push", {"aes_key": AES_KEY, "mode": "compatible"})

    assert pushing.pusher.receiver == Receiver(URL, TOKEN, AES_KEY, "compatible")


async def test_without_a_receiver_the_shop_forwards_everybody(pushing: Pushing) -> None:
    await pushing.wire.control("push", HERE)
    await pushing.wire.control("push", {"url": ""})
    await pushing.wire.control("say", {"openid": "oA", "text": "在吗"})

    assert (await pushing.wire.http.get("/_sim/push")).json()["url"] == ""
    assert list(pushing.world.queue) == ["oA"]
    assert await pushing.pushes() == []
    assert pushing.server.got == []


async def test_with_a_receiver_nobody_is_forwarded_by_the_shop(pushing: Pushing) -> None:
    await pushing.point()
    await pushing.wire.control("say", {"openid": "oA", "text": "在吗"})

    assert await pushing.outcomes() == ["declined"]
    assert not pushing.world.queue


# What each push carries


async def test_every_push_is_signed_and_names_the_customer(pushing: Pushing) -> None:
    await pushing.point()
    pushing.world.say("oA", "一")
    pushing.world.act("oA", "click")
    await pushing.pushes()

    for got in pushing.server.got:
        assert got.query["signature"] == signature(TOKEN, got.query["timestamp"], got.query["nonce"])
        assert (got.query["openid"], got.query["tenant"]) == ("oA", "7")
        assert "encrypt_type" not in got.query


@pytest.mark.parametrize(("mode", "has_openid"), [("plain", False), ("secure", True)])
async def test_whether_a_plain_push_names_the_customer_in_its_query_is_a_switch(
    pushing: Pushing, mode: str, has_openid: bool
) -> None:
    await pushing.wire.control("push", {**HERE, "aes_key": AES_KEY, "mode": mode})
    await pushing.wire.control("switches", {"plain_push_openid": False})
    pushing.world.say("oA", "一")
    await pushing.pushes()

    assert ["openid" in got.query for got in pushing.server.got] == [has_openid]


async def test_message_ids_ascend_beyond_what_a_float_can_tell_apart(pushing: Pushing) -> None:
    await pushing.point()
    for number in range(3):
        pushing.world.say(f"o{number}", "在吗")
    await pushing.pushes()
    ids = [int(got.of("MsgId")) for got in pushing.server.got]

    assert ids == sorted(set(ids))
    assert all(2**53 < number < 2**63 for number in ids)


async def test_an_openid_of_any_kind_can_be_pushed(pushing: Pushing) -> None:
    await pushing.point()
    await pushing.wire.http.post("/_sim/say", content=json.dumps({"openid": "o\ud800&=", "text": "\ud800\x1b]]>好"}))

    assert await pushing.outcomes() == ["declined"]
    assert pushing.server.got[0].of("Content") == "]]>好"


# Which messages are pushed


async def test_a_served_customer_is_not_pushed(pushing: Pushing) -> None:
    await pushing.point()
    pushing.world.hand_over(pushing.world.add_customer("oA").openid, "在吗", WEN)
    await pushing.wire.control("say", {"openid": "oA", "text": "我的快递呢"})

    assert [push["name"] for push in await pushing.pushes()] == ["kf_create_session"]


async def test_a_waiting_customer_is_pushed_and_seen_by_customer_service_once(pushing: Pushing) -> None:
    await pushing.point()
    pushing.server.answers(transfer_xml("oA"))
    pushing.world.say("oA", "一")
    await pushing.pushes()
    pushing.world.say("oA", "二")

    assert await pushing.outcomes() == ["transferred", "transferred"]
    assert pushing.world.queue["oA"].message_count == 2


# Retries


async def test_an_unanswered_push_is_tried_three_times_with_one_message_id(hasty: Pushing) -> None:
    hasty.server.answers(never)
    hasty.world.say("oA", "在吗")
    (push,) = await hasty.pushes()

    assert push["outcome"] == "out_of_service"
    assert hasty.naps == [5, 5]
    assert len({got.of("MsgId") for got in hasty.server.got}) == 1
    assert len(hasty.server.got) == 3
    assert [row["problem"] for row in push["tries"]] == ["no answer within 0.03 s"] * 3  # type: ignore[attr-defined]
    assert [event.kind for event in hasty.world.events] == ["said", "out_of_service"]


async def test_an_answer_to_a_later_try_is_obeyed_and_ends_the_tries(hasty: Pushing) -> None:
    await hasty.wire.control("switches", {"push_retry_seconds": 2})
    hasty.server.answers(never, transfer_xml("oA"))
    hasty.world.say("oA", "在吗")

    assert await hasty.outcomes() == ["transferred"]
    assert hasty.naps == [2]
    assert list(hasty.world.queue) == ["oA"]


async def test_events_are_tried_again_too_and_nobody_is_told(hasty: Pushing) -> None:
    hasty.server.answers(never)
    hasty.world.hand_over(hasty.world.add_customer("oA").openid, "在吗", WEN)

    assert await hasty.outcomes() == ["unanswered"]
    assert len({got.of("CreateTime") for got in hasty.server.got}) == 1
    assert len(hasty.server.got) == 3
    assert "out_of_service" not in [event.kind for event in hasty.world.events]


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_only_a_good_status_counts_as_an_answer(pushing: Pushing, status: int) -> None:
    await pushing.point()
    pushing.server.status = status
    pushing.world.say("oA", "在吗")
    (push,) = await pushing.pushes()

    assert push["outcome"] == "out_of_service"
    assert push["tries"][2]["status"] == status  # type: ignore[index]
    assert len(pushing.server.got) == 3


async def test_an_answer_without_end_counts_as_none(pushing: Pushing) -> None:
    await pushing.point()
    pushing.server.answers(b"x" * 300_000)
    pushing.world.say("oA", "在吗")
    (push,) = await pushing.pushes()

    assert "more than" in push["tries"][0]["problem"]  # type: ignore[index]


async def test_pushes_left_over_when_switched_off_are_dropped(pushing: Pushing) -> None:
    await pushing.point()
    pushing.world.say("oA", "在吗")
    pushing.pusher.switch_off()

    assert await pushing.outcomes() == ["dropped"]
    assert pushing.server.got == []


# Order


async def test_one_customer_is_pushed_in_order_while_others_overtake(pushing: Pushing) -> None:
    await pushing.point()
    answer_now = asyncio.Event()

    async def late() -> bytes:
        await answer_now.wait()
        return b""

    pushing.server.answers(late, b"")
    pushing.world.say("oSlow", "一")
    pushing.world.say("oSlow", "二")
    await _until(lambda: len(pushing.server.got) == 1)
    pushing.world.say("oOther", "三")
    await _until(lambda: len(pushing.server.got) == 2)
    token_answer = await pushing.wire.get("/customservice/kfsession/getwaitcase")
    answer_now.set()
    await pushing.pushes()

    assert token_answer["count"] == 0
    assert [got.of("Content") for got in pushing.server.got] == ["一", "三", "二"]


async def _until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_true():  # noqa: ASYNC110  # the state is the fact
            await asyncio.sleep(0)


# Faults


async def test_a_duplicate_comes_three_times_and_counts_once(pushing: Pushing) -> None:
    await pushing.point()
    pushing.server.answers(transfer_xml("oA"))
    await pushing.wire.control("push/faults", {"kind": "duplicate", "path": "text"})
    pushing.world.say("oA", "在吗")
    await pushing.pushes()

    assert len(pushing.server.got) == 3
    assert len({got.of("MsgId") for got in pushing.server.got}) == 1
    assert pushing.world.queue["oA"].message_count == 1


async def test_a_forgery_comes_once_and_its_answer_does_nothing(pushing: Pushing) -> None:
    await pushing.point("secure")
    pushing.server.answers(transfer_xml("oA"))
    await pushing.wire.control("push/faults", {"kind": "wrong_signature", "count": 1})
    pushing.world.say("oA", "在吗")

    assert await pushing.outcomes() == ["forged"]
    (got,) = pushing.server.got
    sealed = got.of("Encrypt")
    assert got.query["signature"] != signature(TOKEN, got.query["timestamp"], got.query["nonce"])
    assert got.query["msg_signature"] != signature(TOKEN, got.query["timestamp"], got.query["nonce"], sealed)
    assert not pushing.world.queue


async def test_a_delayed_push_leaves_late(pushing: Pushing) -> None:
    await pushing.point()
    await pushing.wire.control("push/faults", {"kind": "delay", "delay_seconds": 30, "count": None, "after": 1})
    pushing.world.say("oA", "一")
    pushing.world.say("oA", "二")
    await pushing.pushes()

    assert pushing.naps == [30]


async def test_push_faults_can_be_seen_and_cleared(pushing: Pushing) -> None:
    armed = await pushing.wire.control("push/faults", {"kind": "delay"})
    seen = (await pushing.wire.http.get("/_sim/push/faults")).json()
    await pushing.wire.http.delete("/_sim/push/faults")

    assert armed.json() == seen
    assert seen["faults"] == [{"path": "*", "kind": "delay", "count": 1, "after": 0, "delay_seconds": 0.0, "struck": 0}]
    assert (await pushing.wire.http.get("/_sim/push/faults")).json() == {"faults": []}
    assert (await pushing.wire.control("push/faults", {"kind": "explode"})).status_code == 400


# What is left of it


async def test_what_was_pushed_is_listed_before_encryption_newest_last(pushing: Pushing) -> None:
    await pushing.point("secure")
    pushing.world.say("oA", "一")
    pushing.world.act("oA", "unfollow")
    first, second = await pushing.pushes()

    assert "<Content><![CDATA[一]]></Content>" in str(first["xml"])
    assert (first["name"], second["name"]) == ("text", "unsubscribe")
    assert first["tries"] == [{"at": NOON, "status": 200, "answer": "success", "problem": ""}]
    assert (await pushing.wire.http.get("/_sim/pushes")).json() == {"pushes": [first, second]}


async def test_a_session_that_is_overdue_ends_though_nobody_asks(clock: SimClock, pushing: Pushing) -> None:
    await pushing.point()
    pushing.world.hand_over(pushing.world.add_customer("oA").openid, "在吗", TOM)
    pushing.world.add_customer("oB")
    await pushing.pushes()
    clock.advance(1801)
    pushing.world.act("oB", "view")
    await _until(lambda: len(pushing.server.got) == 3)

    assert sorted(got.of("Event") for got in pushing.server.got) == ["VIEW", "kf_close_session", "kf_create_session"]


async def test_an_application_without_a_running_pusher_still_answers(world: World) -> None:
    transport = httpx.ASGITransport(create_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
        assert (await http.get("/_sim/pushes", params={"wait": ""})).json() == {"pushes": []}


# Over a real socket


async def test_pushes_reach_a_server_over_http(world: World) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(row[15:]) for row in head.splitlines() if row.lower().startswith("content-length:")), 0)
        heard.append(await reader.readexactly(length))
        echo = head.partition("echostr=")[2].partition(" ")[0].partition("&")[0]
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(echo)}\r\nConnection: close\r\n\r\n{echo}".encode())
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1")
    pusher = Pusher(world, rng=random.Random(1))
    async with server:
        running = asyncio.create_task(pusher.run())
        await pusher.point_at(Receiver(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", TOKEN))
        world.say("oA", "在吗")
        await pusher.settled()
        running.cancel()
        await asyncio.wait((running,))

    assert pusher.log[0].outcome == "declined"
    assert "在吗".encode() in heard[1]
