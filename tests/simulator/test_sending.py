"""When custom/send and typing reach a customer, and what they leave behind."""

from dataclasses import replace

import pytest

from kfconsole.simulator import SimClock, World
from tests.simulator.conftest import TOM, WEN, Wire

SEND = "/cgi-bin/message/custom/send"


async def test_a_message_allows_five_replies_and_the_next_message_five_again(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")

    assert [await wire.send("oA", f"{n}") for n in range(6)] == [0, 0, 0, 0, 0, 45047]
    world.say("oA", "嗯")
    assert [await wire.send("oA", f"{n}") for n in range(6)] == [0, 0, 0, 0, 0, 45047]
    assert [sent.text for sent in world.sent][:5] == ["0", "1", "2", "3", "4"]


async def test_replies_are_never_added_up(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    world.act("oA", "click")

    assert [await wire.send("oA", "x") for _ in range(6)] == [0, 0, 0, 0, 0, 45047]


async def test_a_tap_lifts_what_is_left_for_a_minute_and_never_shortens_the_48_hours(
    world: World, clock: SimClock, wire: Wire
) -> None:
    world.say("oA", "在吗")
    for _ in range(5):
        await wire.send("oA", "x")
    world.act("oA", "click")
    assert await wire.send("oA", "x") == 0
    clock.advance(60)
    assert await wire.send("oA", "x") == 45047
    clock.advance(48 * 3600)
    assert await wire.send("oA", "x") == 45015


@pytest.mark.parametrize("action", ["click", "follow", "scan"])
async def test_short_windows_allow_three_replies_within_a_minute(
    world: World, clock: SimClock, wire: Wire, action: str
) -> None:
    world.add_customer("oA")
    world.act("oA", action)
    assert [await wire.send("oA", "x") for _ in range(4)] == [0, 0, 0, 45047]
    clock.advance(60)
    assert await wire.send("oA", "x") == 45015


async def test_a_payment_allows_any_number_for_48_hours(world: World, clock: SimClock, wire: Wire) -> None:
    world.add_customer("oA")
    world.act("oA", "pay")
    assert {await wire.send("oA", "x") for _ in range(30)} == {0}
    clock.advance(48 * 3600)
    assert await wire.send("oA", "x") == 45015


async def test_the_window_of_a_message_closes_after_48_hours(world: World, clock: SimClock, wire: Wire) -> None:
    world.say("oA", "在吗")
    clock.advance(48 * 3600 - 1)
    assert await wire.send("oA", "x") == 0
    clock.advance(1)
    assert await wire.send("oA", "x") == 45015


async def test_nobody_reaches_a_customer_who_left_or_never_acted(world: World, wire: Wire) -> None:
    world.add_customer("oNew")
    world.say("oA", "在吗")
    world.act("oA", "unfollow")

    assert await wire.send("oNew", "x") == 45015
    assert await wire.send("oA", "x") == 45015
    assert await wire.send("oStranger", "x") == 40003
    assert world.waiting_rows() == (0, [])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text"}, 44004),
        ({"msgtype": "text", "text": {"content": "好" * 682 + "ab"}}, 0),
        ({"msgtype": "text", "text": {"content": "好" * 682 + "abc"}}, 45002),
        ({"text": {"content": "x"}}, 40008),
        ({"msgtype": "link", "link": {}}, 40008),
        ({"msgtype": "image"}, 41006),
        ({"msgtype": "image", "image": {"media_id": "unknown"}}, 40007),
        ({"msgtype": "news", "news": {"articles": []}}, 44003),
        ({"msgtype": "news", "news": {"articles": [{}, {}]}}, 45008),
        ({"msgtype": "news", "news": {"articles": [{"title": "x"}]}}, 0),
        ({"msgtype": "msgmenu", "msgmenu": {}}, 40008),
        ({"msgtype": "msgmenu", "msgmenu": {"list": [{"id": "1", "content": "满意"}]}}, 0),
        ({"msgtype": "wxcard", "wxcard": {"card_id": "x"}}, 0),
        ({"msgtype": "wxcard", "wxcard": {}}, 40008),
        ({"msgtype": "text", "text": {"content": "x"}, "customservice": {"kf_account": WEN}}, 0),
        ({"msgtype": "text", "text": {"content": "x"}, "customservice": {"kf_account": "nobody@lehuo"}}, 65401),
        ({"msgtype": "text", "text": {"content": "x"}, "customservice": {}}, 65401),
    ],
)
async def test_a_message_answers(world: World, wire: Wire, message: dict[str, object], code: int) -> None:
    world.say("oA", "在吗")

    assert await wire.code(SEND, {"touser": "oA", **message}) == code
    left = world.customers["oA"].windows.replies_left(world.clock.now())
    assert left == (4 if code == 0 else 5)


async def test_uploaded_media_can_be_sent(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    world.media.keep("image", b"", world.clock.now(), media_id="m1")

    assert await wire.code(SEND, {"touser": "oA", "msgtype": "image", "image": {"media_id": "m1"}}) == 0


async def test_escapes_reach_the_customer_literally_and_normal_escapes_do_not(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    body = rb'{"touser":"oA","msgtype":"text","text":{"content":"\u4f60\u597d \\u0041\n<a href=\"x\">\u0026</a>"}}'

    assert await wire.code(SEND, body) == 0
    assert world.sent[0].text == '\\u4f60\\u597d \\u0041\n<a href="x">\\u0026</a>'


async def test_escapes_are_decoded_where_no_customer_reads_them(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    body = (
        rb'{"touser":"o\u0041","msgtype":"\u006eews","n\u0065ws":{"articles":[{"title":"\u65b0",'
        rb'"url":"https://x.cn/?a=1\u0026b\u003d2"}]}}'
    )

    assert await wire.code(SEND, body) == 0
    assert world.sent[0].message["news"] == {"articles": [{"title": r"\u65b0", "url": "https://x.cn/?a=1&b=2"}]}


async def test_escapes_are_refused_when_the_switch_is_on(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, escape_is_error=True)
    world.say("oA", "在吗")

    answer = await wire.post(SEND, rb'{"touser":"oA","msgtype":"text","text":{"content":"\u4f60"}}')

    assert answer["errcode"] == 47002
    assert "do NOT use json unicode encode" in answer["errmsg"]


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        (rb'"msgmenu","msgmenu":{"head_content":"\u4f60","list":[{"id":"1","content":"x"}]}', 47002),
        (rb'"msgmenu","msgmenu":{"list":[{"id":"1","content":"\u4f60"}]}', 47002),
        (rb'"news","news":{"articles":[{"title":"\u4f60"}]}', 47002),
        (rb'"news","news":{"articles":[{"title":"x","url":"https://x.cn/?a=1\u0026b=2"}]}', 0),
        (rb'"text","text":{"content":"C:\\u1234\\users"}', 0),
        (rb'"text","text":{"content":"a\n\"b\"\\"}', 0),
    ],
)
async def test_only_what_was_escaped_and_is_read_is_refused(world: World, wire: Wire, inside: bytes, code: int) -> None:
    world.switches = replace(world.switches, escape_is_error=True)
    world.say("oA", "在吗")

    assert await wire.code(SEND, b'{"touser":"oA","msgtype":' + inside + b"}") == code


async def test_replies_in_the_web_client_count_only_by_switch(world: World, clock: SimClock) -> None:
    world.say("oA", "在吗")
    world.accept(WEN)
    world.reply(WEN, "oA", "在的")
    assert world.customers["oA"].windows.replies_left(clock.now()) == 5

    world.switches = replace(world.switches, web_replies_count=True)
    world.reply(WEN, "oA", "在的")
    assert world.customers["oA"].windows.replies_left(clock.now()) == 4


async def test_typing_lasts_fifteen_seconds(world: World, clock: SimClock, wire: Wire) -> None:
    world.say("oA", "在吗")
    assert await wire.typing("oA") == 0
    clock.advance(14.9)
    assert await wire.typing("oA") == 45081
    clock.advance(0.1)
    assert await wire.typing("oA") == 0


async def test_typing_needs_a_message_either_way_within_thirty_seconds(
    world: World, clock: SimClock, wire: Wire
) -> None:
    world.say("oA", "在吗")
    clock.advance(31)
    assert await wire.typing("oA") == 45080
    assert await wire.typing("oA", "CancelTyping") == 0
    await wire.send("oA", "在的")
    assert await wire.typing("oA") == 0


async def test_cancelling_what_nobody_types_is_a_switch(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, idle_cancel_typing_code=45080)
    world.say("oA", "在吗")

    assert await wire.typing("oA", "CancelTyping") == 45080
    assert [await wire.typing("oA", command) for command in ("Typing", "CancelTyping")] == [0, 0]


async def test_sending_and_cancelling_end_the_typing_state(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    await wire.typing("oA")
    await wire.send("oA", "在的")
    assert await wire.typing("oA") == 0
    assert await wire.typing("oA", "CancelTyping") == 0
    assert await wire.typing("oA") == 0


async def test_typing_is_refused_when_sending_would_be(world: World, clock: SimClock, wire: Wire) -> None:
    world.say("oA", "在吗")
    assert await wire.typing("oA", "typing") == 45072
    assert await wire.typing("oStranger") == 40003
    for _ in range(5):
        await wire.send("oA", "x")
    assert await wire.typing("oA") == 45015
    clock.advance(48 * 3600)
    assert await wire.typing("oA") == 45015
    world.switches = replace(world.switches, typing_outside_window_code=45080)
    assert await wire.typing("oA") == 45080


async def test_sending_does_not_touch_queue_or_session(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    world.say("oB", "在吗")
    world.accept(TOM, "oB")
    await wire.send("oA", "x")
    await wire.send("oB", "x")

    assert list(world.queue) == ["oA"]
    assert world.holder("oB") == TOM
