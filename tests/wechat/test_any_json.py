"""Whatever JSON stands in whatever field, the caller gets a result or an error of the tree."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfconsole.content import Text
from kfconsole.errors import ApiError
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
    SEND_PATH,
    SESSION_PATH,
    SESSIONS_PATH,
    TOKEN_PATH,
    TYPING_PATH,
    Wire,
)

GOOD: dict[str, dict[str, Any]] = {
    TOKEN_PATH: {"access_token": "t", "expires_in": 7200},
    AGENTS_PATH: {"kf_list": [{"kf_account": AGENT, "kf_nick": "n", "kf_id": 1, "kf_wx": "w", "invite_status": "x"}]},
    ONLINE_PATH: {"kf_online_list": [{"kf_account": AGENT, "status": 1, "accepted_case": 1}]},
    QUEUE_PATH: {"count": 1, "waitcaselist": [{"openid": OPENID, "latest_time": 1, "createtime": 1}]},
    SESSIONS_PATH: {"sessionlist": [{"openid": OPENID, "createtime": 1}]},
    SESSION_PATH: {"kf_account": AGENT, "createtime": 1},
    RECORDS_PATH: {
        "recordlist": [{"openid": OPENID, "opercode": 2002, "time": 1, "text": "t", "worker": AGENT}],
        "number": 1,
        "msgid": 2,
    },
    CREATE_PATH: {},
    CLOSE_PATH: {},
    SEND_PATH: {},
    TYPING_PATH: {},
}
FIELDS = [
    *((path, name, None) for path, answer in GOOD.items() for name in [*answer, "errcode", "errmsg"]),
    *(
        (path, name, inner)
        for path, answer in GOOD.items()
        for name, value in answer.items()
        if isinstance(value, list)
        for inner in value[0]
    ),
]
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**63, -(2**63), 10**400, -1, 0, 1.5])
ODD_TEXTS = st.sampled_from(["0", "-1", "1e999", "nan", "١٢", "²", "\ud800", "\x1b[2J", "1_0", "9" * 5000, " 7 "])
SCALARS = st.none() | st.booleans() | NUMBERS | st.text() | ODD_TEXTS
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


async def ask_all(client: KfClient, path: str) -> object:
    asks: dict[str, Callable[[], Awaitable[object]]] = {
        TOKEN_PATH: client.queue,
        AGENTS_PATH: client.agents,
        ONLINE_PATH: client.online_agents,
        QUEUE_PATH: client.queue,
        SESSIONS_PATH: lambda: client.sessions(AGENT),
        SESSION_PATH: lambda: client.session(OPENID),
        RECORDS_PATH: lambda: client.all_records(0, 9, page_size=1),
        CREATE_PATH: lambda: client.create_session(AGENT, OPENID),
        CLOSE_PATH: lambda: client.close_session(AGENT, OPENID),
        SEND_PATH: lambda: client.send(OPENID, Text("hi"), AGENT),
        TYPING_PATH: lambda: client.typing(OPENID),
    }
    with suppress(ApiError):
        return await asks[path]()
    return None


def written(value: object) -> bytes:
    """Return JSON with everything Python can put in it: NaN, huge numbers, half characters."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def run(wire: Wire, path: str, answer: object) -> None:
    wire.reply(QUEUE_PATH, {"count": 0})
    # The second page ends what the first may have begun.
    wire.reply(path, written(answer), written(GOOD[path]))
    asyncio.run(ask_all(wire.client(), path))


@pytest.mark.parametrize(("path", "name", "inner"), FIELDS)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=ANYTHING)
def test_any_value_in_any_field_is_an_answer_or_an_api_error(
    path: str, name: str, inner: str | None, value: object
) -> None:
    answer = json.loads(json.dumps(GOOD[path]))
    if inner is None:
        answer[name] = value
    else:
        answer[name][0][inner] = value

    run(Wire(), path, answer)


@pytest.mark.parametrize("path", GOOD)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=ANYTHING)
def test_any_json_at_all_is_an_answer_or_an_api_error(path: str, answer: object) -> None:
    run(Wire(), path, answer)


@pytest.mark.parametrize("path", GOOD)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_the_bytes_is_an_answer_or_an_api_error(path: str, data: st.DataObject) -> None:
    whole = written(GOOD[path])
    cut = data.draw(st.integers(0, len(whole)))
    wire = Wire()
    wire.reply(QUEUE_PATH, {"count": 0})
    wire.reply(path, whole[:cut] + data.draw(st.binary(max_size=4)) + whole[cut + 1 :], whole)

    asyncio.run(ask_all(wire.client(), path))
