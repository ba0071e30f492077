"""The client against the stand-in for WeChat, which writes its JSON by hand."""

from typing import Any

import pytest

from kfconsole.content import Text
from kfconsole.errors import AuthError, KfError, RateLimited, Unavailable
from kfconsole.model import AgentId, CustomerId, MessageKind
from kfconsole.wechat.codes import CODE
from tests.wechat.simulated import ANNA, TOM, WEN, Desk, code_of
from tests.wechat.wire import CREATE_PATH, QUEUE_PATH, SEND_PATH, SESSION_PATH, TOKEN_PATH


async def test_a_day_at_the_desk(desk: Desk) -> None:
    client, now = desk.client, int(desk.world.clock.now())
    assert [(agent.id, agent.nick, agent.is_bound) for agent in await client.agents()] == [
        (WEN, "晓雯", True),
        (TOM, "Tom", True),
    ]
    assert await client.online_agents() == {WEN: 0}
    (row,) = (await client.queue()).rows
    assert (row.openid, now - 5 <= row.last_message_at <= now + 5) == (ANNA, True)
    assert await client.session(ANNA) is None

    await client.create_session(WEN, ANNA)
    await client.create_session(WEN, ANNA)
    assert [session.openid for session in await client.sessions(WEN)] == [ANNA]
    holder = await client.session(ANNA)
    assert holder is not None
    assert holder.agent == WEN
    assert await client.online_agents() == {WEN: 1}
    assert (await client.queue()).total == 0

    desk.world.say(ANNA, "在吗？")
    desk.world.reply(WEN, ANNA, "在的")
    await client.typing(ANNA)
    await client.typing(ANNA, cancel=True)
    await client.send(ANNA, Text("马上 😀"), WEN)
    records = await client.all_records(now - 60, now + 60)
    assert [(record.kind, record.agent, record.text) for record in records] == [
        (MessageKind.RECEIVED, WEN, "在吗？"),
        (MessageKind.SENT, WEN, "在的"),
    ]
    assert (await client.records(now - 60, now + 60, limit=1)).cursor > 1

    await client.close_session(WEN, ANNA)
    assert await client.session(ANNA) is None


async def test_refusals_come_with_their_codes(desk: Desk) -> None:
    client = desk.client

    assert await code_of(client.create_session(TOM, ANNA)) == CODE.AGENT_OFFLINE
    assert await code_of(client.create_session(AgentId("x@shop"), ANNA)) == CODE.NO_SUCH_AGENT
    assert await code_of(client.close_session(WEN, ANNA)) == CODE.NO_SESSION
    assert await code_of(client.send(CustomerId("nobody"), Text("hi"), None)) == CODE.BAD_OPENID
    assert await code_of(client.send(ANNA, Text("字" * 700), WEN)) == CODE.TEXT_TOO_LONG
    for _ in range(5):
        await client.send(ANNA, Text("hi"), WEN)
    assert await code_of(client.send(ANNA, Text("hi"), WEN)) == CODE.REPLIES_USED_UP
    desk.world.go_online(TOM)
    await client.create_session(TOM, ANNA)
    assert await code_of(client.create_session(WEN, ANNA)) == CODE.SESSION_TAKEN


@pytest.mark.parametrize("shape", ["empty", "absent", "errcode"])
async def test_nobody_serves_in_every_shape(desk: Desk, shape: str) -> None:
    desk.switch(getsession_empty_shape=shape)

    assert await desk.client.session(ANNA) is None


@pytest.mark.parametrize(
    "values", [{"kf_id_as_string": True}, {"old_agent_fields": True}, {"online_list_shows_offline": True}]
)
async def test_agents_read_alike_in_every_form(desk: Desk, values: dict[str, object]) -> None:
    agents = await desk.client.agents()
    desk.switch(**values)

    assert await desk.client.agents() == agents
    assert await desk.client.online_agents() == {WEN: 0}


@pytest.mark.parametrize("inclusive", [True, False])
async def test_records_are_whole_whichever_way_cursors_work(desk: Desk, inclusive: bool) -> None:
    desk.switch(cursor_inclusive=inclusive)
    await desk.client.create_session(WEN, ANNA)
    for number in range(7):
        desk.world.say(ANNA, str(number))
    now = int(desk.world.clock.now())
    records = await desk.client.all_records(now - 3 * 86400, now + 5, page_size=3)

    assert "".join(record.text for record in records) == "0123456"


async def test_a_displaced_token_is_renewed_unseen(desk: Desk) -> None:
    await desk.client.queue()
    desk.arm(SEND_PATH, "displaced_token")
    await desk.client.send(ANNA, Text("hi"), WEN)

    assert len(desk.world.sent) == 1
    assert desk.app.state.requests.calls[TOKEN_PATH] == 2


@pytest.mark.parametrize(
    ("kind", "details", "error", "may_have_arrived"),
    [
        ("errcode", {"code": -1}, Unavailable, False),
        ("errcode", {"code": 45011}, RateLimited, None),
        ("errcode", {"code": 48001}, AuthError, None),
        ("status", {"status": 502}, Unavailable, True),
        ("status", {"status": 404}, Unavailable, False),
        ("empty", {}, Unavailable, True),
        ("truncated", {}, Unavailable, True),
        ("garbage", {}, Unavailable, True),
        ("wrong_types", {}, Unavailable, True),
        ("cut_before", {}, Unavailable, True),
        ("cut_after", {}, Unavailable, True),
        ("cut_during", {}, Unavailable, True),
    ],
)
async def test_harm_on_the_wire_is_an_error_of_the_tree(
    desk: Desk, kind: str, details: dict[str, Any], error: type[KfError], may_have_arrived: bool | None
) -> None:
    desk.arm(CREATE_PATH, kind, **details)
    with pytest.raises(error) as caught:
        await desk.client.create_session(WEN, ANNA)

    assert getattr(caught.value, "may_have_arrived", None) is may_have_arrived


async def test_an_answer_labelled_as_latin1_is_still_utf8(desk: Desk) -> None:
    desk.arm("*", "latin1", count=None)

    assert (await desk.client.agents())[0].nick == "晓雯"


async def test_a_wrong_secret_is_said_so(desk: Desk) -> None:
    with pytest.raises(AuthError) as caught:
        await desk.make_client(app_secret="other").queue()

    assert caught.value.code == CODE.BAD_SECRET


async def test_a_reads_lost_answer_is_no_reason_to_doubt(desk: Desk) -> None:
    for path, ask in ((QUEUE_PATH, desk.client.queue), (SESSION_PATH, lambda: desk.client.session(ANNA))):
        desk.arm(path, "cut_after")
        with pytest.raises(Unavailable) as caught:
            await ask()

        assert not caught.value.may_have_arrived
