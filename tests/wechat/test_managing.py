"""Making, changing and deleting agents: what is asked, and what is not."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from kfconsole.errors import NotPossible, Rejected, Unavailable
from kfconsole.model import AgentId
from kfconsole.wechat import KfClient
from kfconsole.wechat.codes import CODE, modern
from tests.wechat.wire import ADD_PATH, AGENT, INVITE_PATH, REMOVE_PATH, RENAME_PATH, Wire

Ask = Callable[[KfClient, AgentId], Awaitable[None]]
ORDERS: list[tuple[str, Ask, dict[str, str]]] = [
    (ADD_PATH, lambda client, agent: client.add_agent(agent, "小王"), {"nickname": "小王"}),
    (RENAME_PATH, lambda client, agent: client.rename_agent(agent, "Tom "), {"nickname": "Tom "}),
    (REMOVE_PATH, lambda client, agent: client.remove_agent(agent), {}),
    (INVITE_PATH, lambda client, agent: client.invite_agent(agent, "wang_1"), {"invite_wx": "wang_1"}),
]


@pytest.mark.parametrize(("path", "ask", "fields"), ORDERS)
async def test_each_order_is_a_post_with_the_agents_name(
    wire: Wire, path: str, ask: Ask, fields: dict[str, str]
) -> None:
    await ask(wire.client(), AGENT)

    (asked,) = wire.asked(path)
    assert asked.method == "POST"
    assert wire.body(path) == {"kf_account": AGENT, **fields}


@pytest.mark.parametrize(("path", "ask", "_fields"), ORDERS)
async def test_a_lost_answer_leaves_an_order_in_doubt(wire: Wire, path: str, ask: Ask, _fields: dict[str, str]) -> None:
    wire.reply(path, httpx.ReadTimeout(""))
    with pytest.raises(Unavailable) as caught:
        await ask(wire.client(), AGENT)

    assert caught.value.may_have_arrived
    assert len(wire.asked(path)) == 1


@pytest.mark.parametrize("name", ["a@b", "A_9@gh_176331xxxx", "0123456789@" + "x" * 30, "kf@我的店 1"])
async def test_names_of_every_known_form_are_asked_for(wire: Wire, name: str) -> None:
    for path, ask, _fields in ORDERS:
        await ask(wire.client(), AgentId(name))

        assert wire.body(path)["kf_account"] == name


@pytest.mark.parametrize(
    "name", ["", "kf2001", "@shop", "kf2001@", "kf-1@shop", "客服@shop", "01234567890@shop", "a@" + "x" * 31, "a@b\nc"]
)
@pytest.mark.parametrize(("_path", "ask", "_fields"), ORDERS)
async def test_a_name_of_no_known_form_is_not_asked_for(
    wire: Wire, name: str, _path: str, ask: Ask, _fields: dict[str, str]
) -> None:
    with pytest.raises(NotPossible) as caught:
        await ask(wire.client(), AgentId(name))

    assert repr(name) in caught.value.message
    assert "10 letters" in caught.value.hint
    assert wire.requests == []


@pytest.mark.parametrize(
    ("nick", "message"),
    [
        ("", "The nickname is empty."),
        (" \n", "The nickname is empty."),
        ("x" * 17, "The nickname is too long: 17 characters."),
    ],
)
async def test_a_nickname_has_1_to_16_characters(wire: Wire, nick: str, message: str) -> None:
    client = wire.client()
    for ask in (client.add_agent, client.rename_agent):
        with pytest.raises(NotPossible) as caught:
            await ask(AGENT, nick)
        assert caught.value.message == message
        assert caught.value.hint == "Use 1 to 16 characters."
    assert wire.requests == []
    await client.add_agent(AGENT, "客" * 16)


async def test_nobody_is_invited_by_an_empty_wechat_id(wire: Wire) -> None:
    with pytest.raises(NotPossible) as caught:
        await wire.client().invite_agent(AGENT, "")

    assert caught.value.message == "The WeChat id is empty."
    assert wire.requests == []


@pytest.mark.parametrize(
    ("legacy", "today"),
    [
        (61452, CODE.NO_SUCH_AGENT),
        (61453, CODE.AGENT_EXISTS),
        (61454, CODE.BAD_AGENT_NAME),
        (61455, CODE.BAD_AGENT_NAME),
        (61456, CODE.TOO_MANY_AGENTS),
    ],
)
async def test_both_generations_of_codes_say_the_same(wire: Wire, legacy: int, today: int) -> None:
    said = []
    for code in (legacy, int(today)):
        wire.reply(ADD_PATH, {"errcode": code, "errmsg": "no"})
        with pytest.raises(Rejected) as caught:
            await wire.client().add_agent(AGENT, "n")
        said.append((caught.value.message, caught.value.hint, modern(caught.value.code)))

    assert said[0] == said[1]
