"""How answers are read: exact where WeChat is clear, tolerant where it is known to differ."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kfconsole.errors import Unavailable
from kfconsole.model import Agent, AgentId, MessageKind, QueueAnswer, SessionHolder, WaitingRow
from tests.wechat.wire import (
    AGENT,
    AGENTS_PATH,
    ONLINE_PATH,
    OPENID,
    QUEUE_PATH,
    RECORDS_PATH,
    SESSION_PATH,
    SESSIONS_PATH,
    Wire,
)


@pytest.mark.parametrize("kf_id", [1001, "1001"])
async def test_agents_have_string_ids_whatever_the_wire_has(wire: Wire, kf_id: int | str) -> None:
    row: dict[str, object] = {
        "kf_account": AGENT,
        "kf_nick": "小王",
        "kf_id": kf_id,
        "kf_wx": "wang",
        "kf_headimgurl": " http://x",
        "new": [],
    }
    wire.reply(AGENTS_PATH, {"kf_list": [row]})

    agent = Agent(AGENT, "小王", kf_id="1001", picture_url="http://x", wechat_id="wang")
    assert await wire.client().agents() == (agent,)


async def test_an_agent_without_a_wechat_user_is_not_bound(wire: Wire) -> None:
    invited = {"kf_account": "a@b", "kf_nick": None, "kf_id": None, "invite_wx": "w", "invite_status": "waiting"}
    wire.reply(AGENTS_PATH, {"kf_list": [invited, {"kf_account": "c@d", "kf_wx": "", "kf_headimg": "http://old"}]})

    assert await wire.client().agents() == (
        Agent(AgentId("a@b"), "", is_bound=False, invite_status="waiting", invited_wechat_id="w"),
        Agent(AgentId("c@d"), "", is_bound=False, picture_url="http://old"),
    )


@pytest.mark.parametrize(
    ("written", "read"), [(123456789, 123456789), ("123456789", 123456789), (0, None), ("", None), (None, None)]
)
async def test_the_end_of_an_invitation_is_read_as_number_and_as_text(wire: Wire, written: Any, read: int) -> None:
    wire.reply(AGENTS_PATH, {"kf_list": [{"kf_account": AGENT, "invite_expire_time": written}]})

    assert (await wire.client().agents())[0].invite_expires_at == read


async def test_foreign_texts_are_cleaned_and_nicks_fit_one_line(wire: Wire, hostile: str) -> None:
    wire.reply(AGENTS_PATH, {"kf_list": [{"kf_account": AGENT, "kf_nick": f" {hostile}\n\tx"}]})
    wire.reply(
        RECORDS_PATH,
        {
            "recordlist": [{"openid": OPENID, "opercode": 2003, "time": 5, "text": f"{hostile}\nx"}],
            "number": 1,
            "msgid": 2,
        },
    )
    client = wire.client()

    assert (await client.agents())[0].nick == "[/b] [@click=app.quit]x[/] ␛]0;t␇ ␦ 👨‍👩‍👧 你好 x"
    assert (await client.records(0, 9)).records[0].text == "[/b] [@click=app.quit]x[/] ␛]0;t␇ ␦ 👨‍👩‍👧 你好\nx"


async def test_the_list_of_agents_is_found_under_the_documents_wrong_name(wire: Wire) -> None:
    row: dict[str, Any] = {"kf_account": AGENT, "kf_id": 1001, "status": 1, "accepted_case": 2}
    wire.reply(AGENTS_PATH, {"kf_online_list": [row]}).reply(ONLINE_PATH, {"kf_list": [row]})
    client = wire.client()

    assert [agent.id for agent in await client.agents()] == [AGENT]
    assert await client.online_agents() == {AGENT: 2}


async def test_online_agents_are_those_whose_status_is_not_0(wire: Wire) -> None:
    rows = [
        {"kf_account": "a@s", "status": 1, "kf_id": "1", "accepted_case": 3, "auto_accept": 0},
        {"kf_account": "b@s", "status": 0, "accepted_case": 0},
        {"kf_account": "c@s", "status": 3, "accepted_case": None},
        {"kf_account": "d@s", "accepted_case": "4"},
    ]
    wire.reply(ONLINE_PATH, {"kf_online_list": rows})

    assert await wire.client().online_agents() == {"a@s": 3, "c@s": 0, "d@s": 4}


async def test_a_queue_may_be_longer_than_its_rows(wire: Wire) -> None:
    wire.reply(QUEUE_PATH, {"count": 150, "waitcaselist": [{"latest_time": 123456789, "openid": OPENID}]})
    queue = await wire.client().queue()

    assert queue == QueueAnswer(150, (WaitingRow(OPENID, 123456789),))
    assert not queue.is_complete


@pytest.mark.parametrize(
    "answer",
    [
        {"count": 1, "waitcaselist": [{"openid": OPENID, "kf_account": "", "createtime": 7}]},
        {"count": "1", "waitcaselist": [{"openid": OPENID, "latest_time": "7"}]},
        {"waitcaselist": [{"openid": OPENID, "latest_time": 7.0, "createtime": 3}]},
        {
            "errcode": "0",
            "errmsg": "in a normal state",
            "count": 1,
            "waitcaselist": [{"openid": OPENID, "latest_time": 7.9}],
        },
    ],
)
async def test_queue_rows_of_today_and_of_the_retired_shape_read_alike(wire: Wire, answer: dict[str, Any]) -> None:
    wire.reply(QUEUE_PATH, answer)

    assert await wire.client().queue() == QueueAnswer(1, (WaitingRow(OPENID, 7),))


@pytest.mark.parametrize("answer", [{"count": 0}, {"count": 0, "waitcaselist": None}, {"waitcaselist": []}])
async def test_an_empty_queue_is_empty_in_every_form(wire: Wire, answer: dict[str, Any]) -> None:
    wire.reply(QUEUE_PATH, answer)

    assert await wire.client().queue() == QueueAnswer(0, ())


@pytest.mark.parametrize(
    "answer",
    [
        {"createtime": 0, "kf_account": ""},
        {},
        {"kf_account": None, "createtime": None},
        {"errcode": 0, "errmsg": "ok", "kf_account": " "},
    ],
)
async def test_nobody_serves_in_every_form_of_an_empty_session(wire: Wire, answer: dict[str, Any]) -> None:
    wire.reply(SESSION_PATH, answer)

    assert await wire.client().session(OPENID) is None


async def test_the_one_who_serves_is_named(wire: Wire) -> None:
    wire.reply(SESSION_PATH, {"errcode": 0, "errmsg": "ok", "createtime": "123456789", "kf_account": AGENT})

    assert await wire.client().session(OPENID) == SessionHolder(AGENT, 123456789)


async def test_every_opercode_has_a_kind_and_unknown_ones_are_other(wire: Wire) -> None:
    codes = [1000, 1001, 1002, 1003, 1004, 1005, 2001, 2002, 2003, "2003", 2002.0, 4711]
    rows = [{"openid": OPENID, "opercode": code, "time": 5, "text": "x", "worker": f" {AGENT} "} for code in codes]
    wire.reply(RECORDS_PATH, {"recordlist": rows, "number": len(rows), "msgid": 99})
    page = await wire.client().records(0, 9)

    assert [record.kind for record in page.records] == [
        MessageKind.QUEUED,
        MessageKind.ACCEPTED,
        MessageKind.STARTED,
        MessageKind.TRANSFERRED,
        MessageKind.CLOSED,
        MessageKind.TAKEN_OVER,
        MessageKind.RECEIVED,
        MessageKind.SENT,
        MessageKind.RECEIVED,
        MessageKind.RECEIVED,
        MessageKind.SENT,
        MessageKind.OTHER,
    ]
    assert {record.agent for record in page.records} == {AGENT}
    assert page.cursor == 99


async def test_answers_are_utf8_with_or_without_mark_and_with_raw_control_characters(wire: Wire) -> None:
    body = '\ufeff{"kf_list":[{"kf_account":"a@b","kf_nick":"小\x01王"}]}\n'.encode()
    wire.reply(AGENTS_PATH, body, body.replace("王".encode(), b"\xff"))
    client = wire.client()

    assert (await client.agents())[0].nick == "小␁王"
    assert (await client.agents())[0].nick == "小␁\ufffd"


WRONG = [
    (AGENTS_PATH, {}, "kf_list"),
    (AGENTS_PATH, {"kf_list": {}}, "kf_list"),
    (AGENTS_PATH, {"kf_list": [{}]}, "kf_list[0].kf_account"),
    (AGENTS_PATH, {"kf_list": [{"kf_account": ""}]}, "kf_list[0].kf_account"),
    (ONLINE_PATH, {"kf_online_list": [{"kf_account": AGENT, "accepted_case": -1}]}, "kf_online_list[0].accepted_case"),
    (QUEUE_PATH, {}, "waitcaselist"),
    (QUEUE_PATH, {"count": 0, "waitcaselist": [{"openid": OPENID}]}, "waitcaselist[0].latest_time"),
    (QUEUE_PATH, {"waitcaselist": [{"openid": OPENID, "latest_time": True}]}, "waitcaselist[0].latest_time"),
    (SESSIONS_PATH, {"sessionlist": [{"openid": 1.5, "createtime": 1}]}, "sessionlist[0].openid"),
    (SESSIONS_PATH, {"sessionlist": [{"openid": OPENID, "createtime": "soon"}]}, "sessionlist[0].createtime"),
    (SESSIONS_PATH, {"sessionlist": [{"openid": OPENID, "createtime": 1.4e12}]}, "sessionlist[0].createtime"),
    # Shown in China it would be a date of the year 10,000, which Python has not.
    (SESSIONS_PATH, {"sessionlist": [{"openid": OPENID, "createtime": 253402300799}]}, "sessionlist[0].createtime"),
    (SESSION_PATH, {"kf_account": []}, "kf_account"),
    (SESSION_PATH, {"errcode": "none", "kf_account": ""}, "errcode"),
    (SESSION_PATH, {"errcode": True, "kf_account": ""}, "errcode"),
    (RECORDS_PATH, {}, "recordlist"),
    (RECORDS_PATH, {"number": 3, "msgid": 4}, "recordlist"),
    (RECORDS_PATH, {"recordlist": [], "number": 0, "msgid": 2**63}, "msgid"),
    (
        RECORDS_PATH,
        b'{"recordlist":[{"openid":"o","opercode":2002,"time":1e999}],"number":1,"msgid":2}',
        "recordlist[0].time",
    ),
]


@pytest.mark.parametrize(("path", "answer", "field"), WRONG)
async def test_an_answer_of_wrong_shape_names_the_field(
    wire: Wire, path: str, answer: bytes | dict[str, Any], field: str
) -> None:
    wire.reply(path, answer)
    client = wire.client()
    asks: dict[str, Callable[[], Awaitable[object]]] = {
        AGENTS_PATH: client.agents,
        ONLINE_PATH: client.online_agents,
        QUEUE_PATH: client.queue,
        SESSIONS_PATH: lambda: client.sessions(AGENT),
        SESSION_PATH: lambda: client.session(OPENID),
        RECORDS_PATH: lambda: client.records(0, 9),
    }
    with pytest.raises(Unavailable) as caught:
        await asks[path]()

    assert caught.value.message == f"WeChat's answer could not be read: field {field}."
    assert not caught.value.may_have_arrived
    assert caught.value.path == path


async def test_whoever_is_listed_twice_is_one(wire: Wire) -> None:
    wire.reply(AGENTS_PATH, {"kf_list": [{"kf_account": "a@b", "kf_nick": nick, "kf_id": 1} for nick in "XY"]})
    wire.reply(QUEUE_PATH, {"count": 2, "waitcaselist": [{"openid": "oA", "latest_time": at} for at in (5, 7)]})
    wire.reply(SESSIONS_PATH, {"sessionlist": [{"openid": "oA", "createtime": at} for at in (5, 7)]})
    client = wire.client()

    assert [agent.nick for agent in await client.agents()] == ["Y"]
    assert [row.last_message_at for row in (await client.queue()).rows] == [7]
    assert [session.started_at for session in await client.sessions(AGENT)] == [7]
