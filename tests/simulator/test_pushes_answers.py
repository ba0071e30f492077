"""What a server answers to a push moves the world as it would move WeChat."""

from collections.abc import AsyncIterator

import pytest

from kfconsole.simulator import World
from kfconsole.simulator.pushes.crypto import Seal, signature
from kfconsole.simulator.pushes.xml import Value, to_xml
from tests.simulator.conftest import NEW, QIANG, TOM, WEN
from tests.simulator.receiver import AES_KEY, TOKEN, Pushing, Server, pushing_to, reply_xml, transfer_xml

CONTENT = "<Content><![CDATA[您好 <a>]]></Content>"


@pytest.fixture
async def pushing(world: World) -> AsyncIterator[Pushing]:
    async with pushing_to(Server(), world) as pushing:
        await pushing.point()
        yield pushing


async def answered(pushing: Pushing, body: bytes) -> object:
    """Let a customer write, give this answer, return how it ended."""
    pushing.server.answers(body)
    pushing.world.say("oA", "在吗")
    return (await pushing.outcomes())[0]


@pytest.mark.parametrize("body", [b"", b"success"])
async def test_nothing_happens_when_the_server_declines(pushing: Pushing, body: bytes) -> None:
    assert await answered(pushing, body) == "declined"
    assert [event.kind for event in pushing.world.events] == ["said"]
    assert len(pushing.server.got) == 1


async def test_a_transfer_lets_the_customer_wait(pushing: Pushing) -> None:
    assert await answered(pushing, transfer_xml("oA")) == "transferred"
    assert (await pushing.wire.get("/customservice/kfsession/getwaitcase"))["count"] == 1


async def test_a_transferred_message_is_recorded_and_one_before_is_not(pushing: Pushing) -> None:
    pushing.server.answers(b"", transfer_xml("oA"))
    pushing.world.say("oA", "一")
    await pushing.pushes()
    pushing.world.say("oA", "二")
    await pushing.pushes()
    await pushing.wire.control("switches", {"records_show_waiting": True})
    now = int(pushing.world.clock.now())
    body = {"starttime": now, "endtime": now, "msgid": 1, "number": 10}
    answer = await pushing.wire.post("/customservice/msgrecord/getmsglist", body)

    assert [row["text"] for row in answer["recordlist"]] == ["二"]


@pytest.mark.parametrize("agent", [TOM, QIANG])
async def test_a_transfer_to_an_agent_binds_the_customer_even_to_one_who_is_offline(
    pushing: Pushing, agent: str
) -> None:
    assert await answered(pushing, transfer_xml("oA", agent)) == "transferred"
    assert pushing.world.holder("oA") == agent
    assert not pushing.world.queue


async def test_a_waiting_customer_can_still_be_transferred_to_an_agent(pushing: Pushing) -> None:
    pushing.server.answers(transfer_xml("oA"), transfer_xml("oA", TOM))
    pushing.world.say("oA", "一")
    await pushing.pushes()
    pushing.world.say("oA", "二")
    await pushing.pushes()

    assert pushing.world.holder("oA") == TOM
    assert not pushing.world.queue


@pytest.mark.parametrize("agent", [NEW, "nobody@lehuo"])
async def test_a_transfer_to_an_agent_who_cannot_be_lets_the_customer_wait(pushing: Pushing, agent: str) -> None:
    await answered(pushing, transfer_xml("oA", agent))

    assert list(pushing.world.queue) == ["oA"]


async def test_a_transfer_that_comes_too_late_leaves_the_session_where_it_is(pushing: Pushing) -> None:
    pushing.server.answers(transfer_xml("oA", TOM))
    pushing.world.say("oA", "在吗")
    pushing.world.create_session(WEN, "oA")
    await pushing.pushes()

    assert pushing.world.holder("oA") == WEN
    assert not pushing.world.queue


async def test_a_transfer_of_an_event_is_ignored(pushing: Pushing) -> None:
    pushing.world.add_customer("oA")
    pushing.server.answers(transfer_xml("oA"))
    pushing.world.act("oA", "click")

    assert await pushing.outcomes() == ["ignored"]
    assert not pushing.world.queue


@pytest.mark.parametrize("action", ["follow", "click"])
async def test_a_text_reply_to_an_event_reaches_the_customer(pushing: Pushing, action: str) -> None:
    pushing.world.add_customer("oA")
    pushing.server.answers(reply_xml("oA", "text", CONTENT))
    pushing.world.act("oA", action)

    assert await pushing.outcomes() == ["replied"]
    assert [(sent.openid, sent.text) for sent in pushing.world.sent] == [("oA", "您好 <a>")]


@pytest.mark.parametrize("body", [transfer_xml("oA"), reply_xml("oA", "text", CONTENT)])
async def test_an_answer_for_somebody_who_unfollowed_meanwhile_is_ignored(pushing: Pushing, body: bytes) -> None:
    pushing.server.answers(body)
    pushing.world.say("oA", "在吗")
    pushing.world.act("oA", "unfollow")

    assert await pushing.outcomes() == ["ignored", "ignored"]
    assert not pushing.world.queue
    assert not pushing.world.sent


async def test_a_reply_to_somebody_who_unfollowed_or_to_a_session_is_ignored(pushing: Pushing) -> None:
    pushing.world.add_customer("oA")
    pushing.server.answers(reply_xml("oA", "text", CONTENT))
    pushing.world.hand_over("oA", "在吗", WEN)
    pushing.world.act("oA", "unfollow")

    assert set(await pushing.outcomes()) == {"ignored"}
    assert not pushing.world.sent


@pytest.mark.parametrize(("is_counted", "left"), [(False, 5), (True, 4)])
async def test_a_text_reply_is_counted_as_the_switch_says(pushing: Pushing, is_counted: bool, left: int) -> None:
    await pushing.wire.control("switches", {"passive_replies_count": is_counted})
    assert await answered(pushing, reply_xml("oA", "text", CONTENT)) == "replied"

    now = pushing.world.clock.now()
    assert pushing.world.customers["oA"].windows.replies_left(now) == left


@pytest.mark.parametrize("message_type", ["image", "voice", "video", "music", "news"])
async def test_other_replies_are_remembered_by_their_type(pushing: Pushing, message_type: str) -> None:
    assert await answered(pushing, reply_xml("oA", message_type)) == "replied"
    assert [(sent.message_type, sent.text) for sent in pushing.world.sent] == [(message_type, f"[{message_type}]")]


BOMB = b'<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><MsgType>&b;</MsgType></xml>'
OUTSIDE = b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"errcode":0}', "no XML"),
        (b"SUCCESS", "no XML"),
        (b"success\n", "no XML"),
        (b"\xff\xfe\x00", "no XML"),
        (b'<?xml version="1.0" encoding="nonsense"?><xml></xml>', "no XML"),
        (BOMB, "no XML"),
        (OUTSIDE, "no XML"),
        (b"<html></html>", "<html>"),
        (b"<xml></xml>", "swapped"),
        (reply_xml("oB", "text", CONTENT), "swapped"),
        (reply_xml("oA", "text", CONTENT).replace(b"1399197672", b"now"), "CreateTime"),
        (reply_xml("oA", "text"), "no Content"),
        (reply_xml("oA", "sticker"), "'sticker' is no reply"),
    ],
)
async def test_an_answer_wechat_would_not_understand_is_told_to_the_customer_at_once(
    pushing: Pushing, body: bytes, words: str
) -> None:
    assert await answered(pushing, body) == "out_of_service"
    (row,) = (await pushing.pushes())[0]["tries"]  # type: ignore[misc]

    assert words in row["problem"]  # type: ignore[has-type]
    assert [event.kind for event in pushing.world.events] == ["said", "out_of_service"]


# Encrypted


def sealed_answer(pushing: Pushing, plain: bytes, *, token: str = TOKEN, app_id: str = "") -> bytes:
    seal = Seal(AES_KEY, app_id or pushing.world.app_id, pushing.world.rids)
    sealed = seal.close(plain.decode())
    signed = signature(token, "1713424427", "415670741", sealed)
    fields: dict[str, Value] = {
        "Encrypt": sealed,
        "MsgSignature": signed,
        "TimeStamp": 1713424427,
        "Nonce": "415670741",
    }
    return to_xml(fields).encode()


@pytest.mark.parametrize("mode", ["secure", "compatible"])
async def test_an_encrypted_transfer_is_understood(pushing: Pushing, mode: str) -> None:
    await pushing.point(mode)

    assert await answered(pushing, sealed_answer(pushing, transfer_xml("oA", TOM))) == "transferred"
    assert pushing.world.holder("oA") == TOM


@pytest.mark.parametrize("body", [b"", b"success"])
async def test_declining_needs_no_encryption(pushing: Pushing, body: bytes) -> None:
    await pushing.point("secure")

    assert await answered(pushing, body) == "declined"


@pytest.mark.parametrize(("mode", "outcome"), [("secure", "out_of_service"), ("compatible", "transferred")])
async def test_a_plain_transfer_is_understood_in_compatible_mode_only(
    pushing: Pushing, mode: str, outcome: str
) -> None:
    await pushing.point(mode)

    assert await answered(pushing, transfer_xml("oA")) == outcome


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"token": "another"}, "MsgSignature does not fit"),
        ({"app_id": "wx0000000000000000"}, "AppID"),
        ({"plain": b"{}"}, "no XML"),
    ],
)
async def test_a_reply_sealed_otherwise_is_malformed(pushing: Pushing, change: dict[str, object], words: str) -> None:
    await pushing.point("secure")
    body = sealed_answer(pushing, **{"plain": transfer_xml("oA"), **change})  # type: ignore[arg-type]

    assert await answered(pushing, body) == "out_of_service"
    assert words in str((await pushing.pushes())[0]["tries"])


async def test_an_encrypted_reply_in_plain_mode_is_malformed(pushing: Pushing) -> None:
    assert await answered(pushing, sealed_answer(pushing, transfer_xml("oA"))) == "out_of_service"
