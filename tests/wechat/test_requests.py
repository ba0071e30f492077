"""What the client puts on the wire."""

from typing import Any

import pytest

from kfconsole.content import Text
from kfconsole.model import CustomerId
from kfconsole.wechat import KfClient
from tests.wechat.wire import (
    AGENT,
    AGENTS_PATH,
    CLOSE_PATH,
    CREATE_PATH,
    ONLINE_PATH,
    OPENID,
    QUEUE_PATH,
    RECORDS_PATH,
    SECRET,
    SEND_PATH,
    SESSION_PATH,
    SESSIONS_PATH,
    TOKEN_PATH,
    TYPING_PATH,
    Wire,
)

HARD_TEXT = '你好 👨‍👩‍👧 "quoted" \\ back <a href="https://x.test/?a=1&b=2">link</a>\nsecond\tline \u2028 end'


async def test_text_arrives_byte_for_byte_as_raw_utf8(wire: Wire) -> None:
    await wire.client().send(OPENID, Text(HARD_TEXT), AGENT)

    sent = wire.asked(SEND_PATH)[0]
    assert wire.body(SEND_PATH) == {
        "touser": OPENID,
        "msgtype": "text",
        "text": {"content": HARD_TEXT},
        "customservice": {"kf_account": AGENT},
    }
    assert b"\\u" not in sent.content
    assert HARD_TEXT.split('"')[0].encode() in sent.content
    assert b"?a=1&b=2" in sent.content
    assert b'":"' in sent.content, "written without blanks"


async def test_half_an_emoji_does_not_stop_a_text(wire: Wire) -> None:
    await wire.client().send(OPENID, Text("a\ud83db"), None)

    assert wire.body(SEND_PATH)["text"] == {"content": "a␦b"}


async def test_control_characters_go_out_as_pictures_and_never_as_escapes_the_customer_would_read(wire: Wire) -> None:
    text = 'a\x1b[1mb\x00\b\n\\u001b \\\x07\x7f"'
    await wire.client().send(OPENID, Text(text), None)

    written = r'{"content":"a␛[1mb␀\b\n\\u001b \\␇' + '\x7f\\""}'
    assert written.encode() in wire.asked(SEND_PATH)[-1].content


async def test_text_without_an_agent_names_none(wire: Wire) -> None:
    await wire.client().send(OPENID, Text("hi"), None)

    assert "customservice" not in wire.body(SEND_PATH)


@pytest.mark.parametrize(("cancel", "command"), [(False, "Typing"), (True, "CancelTyping")])
async def test_typing_says_which(wire: Wire, cancel: bool, command: str) -> None:
    await wire.client().typing(OPENID, cancel=cancel)

    assert wire.body(TYPING_PATH) == {"touser": OPENID, "command": command}


@pytest.mark.parametrize("path", [CREATE_PATH, CLOSE_PATH])
async def test_sessions_are_made_and_ended_with_agent_and_customer(wire: Wire, path: str) -> None:
    client = wire.client()
    act = client.create_session if path == CREATE_PATH else client.close_session
    await act(AGENT, OPENID)

    assert wire.body(path) == {"kf_account": AGENT, "openid": OPENID}
    assert wire.asked(path)[0].method == "POST"


async def test_records_are_asked_with_all_four_fields_and_never_from_cursor_0(wire: Wire) -> None:
    wire.reply(RECORDS_PATH, {"recordlist": [], "number": 0, "msgid": 0})
    await wire.client().records(100, 200, cursor=0, limit=50)

    assert wire.body(RECORDS_PATH) == {"starttime": 100, "endtime": 200, "msgid": 1, "number": 50}


async def test_ids_in_queries_are_percent_encoded(wire: Wire) -> None:
    client = wire.client()
    wire.reply(SESSION_PATH, {"kf_account": ""})
    await client.session(CustomerId("a b&c=d#e/f+g%h?客\ud800"))

    (asked,) = wire.asked(SESSION_PATH)
    assert asked.url.query.endswith(b"&openid=a%20b%26c%3Dd%23e%2Ff%2Bg%25h%3F%E5%AE%A2%3F")
    assert asked.url.params["access_token"] == wire.token


@pytest.mark.parametrize(
    ("path", "ask", "answer"),
    [
        (AGENTS_PATH, lambda c: c.agents(), {"kf_list": []}),
        (ONLINE_PATH, lambda c: c.online_agents(), {"kf_online_list": []}),
        (QUEUE_PATH, lambda c: c.queue(), {"count": 0, "waitcaselist": []}),
        (SESSIONS_PATH, lambda c: c.sessions(AGENT), {"sessionlist": []}),
        (SESSION_PATH, lambda c: c.session(OPENID), {"createtime": 0, "kf_account": ""}),
    ],
)
async def test_questions_are_gets_with_the_token_only_in_the_query(
    wire: Wire, path: str, ask: Any, answer: dict[str, Any]
) -> None:
    wire.reply(path, answer)
    client: KfClient = wire.client()
    await ask(client)

    (asked,) = wire.asked(path)
    assert (asked.method, asked.content) == ("GET", b"")
    assert asked.url.params["access_token"] == wire.token
    assert wire.token not in str(asked.headers)


async def test_the_token_is_fetched_by_stable_token_and_never_forced(wire: Wire) -> None:
    await wire.client().typing(OPENID)

    assert wire.asked(TOKEN_PATH)[0].url.query == b""
    assert wire.body(TOKEN_PATH) == {"grant_type": "client_credential", "appid": "wx1", "secret": SECRET}


async def test_a_base_url_may_have_a_path_and_a_slash_at_its_end(wire: Wire) -> None:
    wire.reply("/gate" + TOKEN_PATH, {"access_token": "t", "expires_in": 7200})
    await wire.client("http://wechat.test/gate/").typing(OPENID)

    assert [request.url.path for request in wire.requests] == ["/gate" + TOKEN_PATH, "/gate" + TYPING_PATH]


async def test_the_secret_may_come_from_a_function(wire: Wire) -> None:
    await wire.client(app_secret=lambda: "from a safe").typing(OPENID)

    assert wire.body(TOKEN_PATH)["secret"] == "from a safe"
