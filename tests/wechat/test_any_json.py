"""Whatever JSON stands anywhere in any answer, the caller gets a result or an error of the tree."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfconsole.content import Text
from kfconsole.errors import ApiError
from kfconsole.model import MediaKind
from kfconsole.wechat import KfClient
from tests.wechat.files import JPEG, a_file
from tests.wechat.wire import (
    ADD_PATH,
    AGENT,
    AGENTS_PATH,
    CLASSIC_TOKEN_PATH,
    CLEAR_BY_SECRET_PATH,
    CLEAR_ONE_PATH,
    CLEAR_PATH,
    CLOSE_PATH,
    CREATE_PATH,
    DOWNLOAD_PATH,
    INVITE_PATH,
    ONLINE_PATH,
    OPENID,
    PICTURE_PATH,
    QUEUE_PATH,
    QUOTA_PATH,
    RECORDS_PATH,
    REMARK_PATH,
    REMOVE_PATH,
    RENAME_PATH,
    RID_PATH,
    SEND_PATH,
    SESSION_PATH,
    SESSIONS_PATH,
    TOKEN_PATH,
    TYPING_PATH,
    UPLOAD_PATH,
    USER_PATH,
    USERS_PATH,
    Wire,
)

OK = {"errcode": 0, "errmsg": "ok"}
USER = {
    "subscribe": 1,
    "openid": OPENID,
    "remark": "r",
    "tagid_list": [1, 2],
    "subscribe_time": 1,
    "subscribe_scene": "s",
    "unionid": "u",
}
GOOD: dict[str, dict[str, Any]] = {
    TOKEN_PATH: {"access_token": "t", "expires_in": 7200},
    CLASSIC_TOKEN_PATH: {"access_token": "t", "expires_in": 7200},
    AGENTS_PATH: {
        "kf_list": [
            {
                "kf_account": AGENT,
                "kf_nick": "n",
                "kf_id": 1,
                "kf_headimgurl": "http://x",
                "kf_headimg": "http://y",
                "kf_wx": "w",
                "invite_wx": "i",
                "invite_expire_time": 1,
                "invite_status": "x",
            }
        ]
    },
    ONLINE_PATH: {"kf_online_list": [{"kf_account": AGENT, "status": 1, "accepted_case": 1}]},
    QUEUE_PATH: {"count": 1, "waitcaselist": [{"openid": OPENID, "latest_time": 1, "createtime": 1}]},
    SESSIONS_PATH: {"sessionlist": [{"openid": OPENID, "createtime": 1}]},
    SESSION_PATH: {"kf_account": AGENT, "createtime": 1},
    RECORDS_PATH: {
        "recordlist": [{"openid": OPENID, "opercode": 2002, "time": 1, "text": "t", "worker": AGENT}],
        "number": 1,
        "msgid": 2,
    },
    UPLOAD_PATH: {"type": "image", "media_id": "M", "thumb_media_id": "T", "created_at": 1},
    DOWNLOAD_PATH: {"video_url": "http://v"},
    USER_PATH: USER,
    USERS_PATH: {"user_info_list": [USER, {"subscribe": 0, "openid": "o2"}]},
    QUOTA_PATH: {
        **OK,
        "quota": {"daily_limit": 1, "used": 1, "remain": 0},
        "rate_limit": {"call_count": 1, "refresh_second": 1},
    },
    RID_PATH: {
        **OK,
        "request": {
            "invoke_time": 1,
            "cost_in_ms": 1,
            "request_url": "access_token=x",
            "request_body": "b",
            "response_body": "r",
            "client_ip": "1.2.3.4",
        },
    },
    **{
        path: dict(OK)
        for path in (
            *(CREATE_PATH, CLOSE_PATH, SEND_PATH, TYPING_PATH, REMARK_PATH),
            *(ADD_PATH, RENAME_PATH, REMOVE_PATH, INVITE_PATH, PICTURE_PATH),
            *(CLEAR_PATH, CLEAR_ONE_PATH, CLEAR_BY_SECRET_PATH),
        )
    },
}
"""A good answer of every path, with every field that is read."""

Ask = Callable[[KfClient, Path], Awaitable[object]]
ASKS: dict[str, tuple[str, Ask]] = {
    "stable_token": (TOKEN_PATH, lambda client, _file: client.stable_token()),
    "classic_token": (CLASSIC_TOKEN_PATH, lambda client, _file: client.classic_token()),
    "agents": (AGENTS_PATH, lambda client, _file: client.agents()),
    "online_agents": (ONLINE_PATH, lambda client, _file: client.online_agents()),
    "add_agent": (ADD_PATH, lambda client, _file: client.add_agent(AGENT, "n")),
    "rename_agent": (RENAME_PATH, lambda client, _file: client.rename_agent(AGENT, "n")),
    "remove_agent": (REMOVE_PATH, lambda client, _file: client.remove_agent(AGENT)),
    "invite_agent": (INVITE_PATH, lambda client, _file: client.invite_agent(AGENT, "w")),
    "set_agent_picture": (PICTURE_PATH, lambda client, file: client.set_agent_picture(AGENT, file)),
    "queue": (QUEUE_PATH, lambda client, _file: client.queue()),
    "sessions": (SESSIONS_PATH, lambda client, _file: client.sessions(AGENT)),
    "session": (SESSION_PATH, lambda client, _file: client.session(OPENID)),
    "create_session": (CREATE_PATH, lambda client, _file: client.create_session(AGENT, OPENID)),
    "close_session": (CLOSE_PATH, lambda client, _file: client.close_session(AGENT, OPENID)),
    "records": (RECORDS_PATH, lambda client, _file: client.records(0, 9)),
    "all_records": (RECORDS_PATH, lambda client, _file: client.all_records(0, 9, page_size=1)),
    "send": (SEND_PATH, lambda client, _file: client.send(OPENID, Text("hi"), AGENT)),
    "typing": (TYPING_PATH, lambda client, _file: client.typing(OPENID)),
    "upload_media": (UPLOAD_PATH, lambda client, file: client.upload_media(MediaKind.IMAGE, file)),
    "download_media": (DOWNLOAD_PATH, lambda client, file: client.download_media("M", file.with_name(uuid4().hex))),
    "user": (USER_PATH, lambda client, _file: client.user(OPENID)),
    "users": (USERS_PATH, lambda client, _file: client.users([OPENID])),
    "set_remark": (REMARK_PATH, lambda client, _file: client.set_remark(OPENID, "r")),
    "quota": (QUOTA_PATH, lambda client, _file: client.quota(SEND_PATH)),
    "clear_quota": (CLEAR_PATH, lambda client, _file: client.clear_quota()),
    "clear_quota_of": (CLEAR_ONE_PATH, lambda client, _file: client.clear_quota_of(SEND_PATH)),
    "clear_quota_with_secret": (CLEAR_BY_SECRET_PATH, lambda client, _file: client.clear_quota_with_secret()),
    "request_info": (RID_PATH, lambda client, _file: client.request_info("617682e0-09059ac5-34a8e2ea")),
}
"""Every method of the client, with the path it asks."""
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**63, -(2**63), 10**400, -1, 0, 1.5])
ODD_TEXTS = st.sampled_from(["0", "-1", "1e999", "nan", "١٢", "²", "\ud800", "\x1b[2J", "1_0", "9" * 5000, " 7 ", ""])
SCALARS = st.none() | st.booleans() | NUMBERS | st.text() | ODD_TEXTS
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text() | ODD_TEXTS, inner), max_leaves=8
)
Spot = tuple[str | int, ...]


def spots(value: object, here: Spot = ()) -> Iterator[Spot]:
    """Yield the way to every value of a tree, the tree itself first."""
    yield here
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from spots(inner, (*here, name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from spots(inner, (*here, at))


def put(tree: Any, spot: Spot, value: object) -> Any:
    """Return the tree with another value at the spot; one that is not there yet is added."""
    if not spot:
        return value
    tree = deepcopy(tree)
    inner = tree
    for step in spot[:-1]:
        inner = inner[step]
    inner[spot[-1]] = value
    return tree


EVERYWHERE = [
    (name, spot)
    for name, (path, _ask) in ASKS.items()
    for spot in (*spots(GOOD[path]), *([("errcode",), ("errmsg",)] if "errcode" not in GOOD[path] else []))
]


def written(value: object) -> bytes:
    """Return JSON with everything Python can put in it: NaN, huge numbers, half characters (only escaped they last)."""
    return json.dumps(value).encode()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_file(tmp_path_factory.mktemp("files"), JPEG)


async def ask(name: str, answer: bytes, file: Path) -> None:
    """Make the call; a second try, as for a dead token or a next page, gets a good answer."""
    path, act = ASKS[name]
    wire = Wire().reply(path, answer, written(GOOD[path]))
    with suppress(ApiError):
        await act(wire.client(), file)
    assert wire.asked(path)


def test_every_method_of_the_client_is_asked() -> None:
    methods = {name for name, method in inspect.getmembers(KfClient, inspect.iscoroutinefunction) if name[0] != "_"}

    assert methods - {"aclose"} == set(ASKS)


@pytest.mark.parametrize("name", ASKS)
async def test_the_good_answers_are_good(name: str, file: Path) -> None:
    wire = Wire()
    for path, answer in GOOD.items():
        wire.reply(path, written(answer))

    await ASKS[name][1](wire.client(), file)


@pytest.mark.parametrize(("name", "spot"), EVERYWHERE)
@settings(max_examples=8)
@given(value=ANYTHING)
def test_any_value_anywhere_is_a_result_or_an_api_error(name: str, spot: Spot, value: object, file: Path) -> None:
    asyncio.run(ask(name, written(put(GOOD[ASKS[name][0]], spot, value)), file))


@pytest.mark.parametrize("name", ASKS)
@settings(max_examples=12)
@given(data=st.data())
def test_any_damage_to_the_bytes_is_a_result_or_an_api_error(name: str, data: st.DataObject, file: Path) -> None:
    whole = written(GOOD[ASKS[name][0]])
    cut = data.draw(st.integers(0, len(whole)))

    asyncio.run(ask(name, whole[:cut] + data.draw(st.binary(max_size=4)) + whole[cut + 1 :], file))


@pytest.mark.parametrize("name", ASKS)
async def test_half_a_character_in_a_name_is_a_result_or_an_api_error(name: str, file: Path) -> None:
    await ask(name, b'{"\\ud800":1,' + written(GOOD[ASKS[name][0]])[1:], file)
