"""Orders: whatever is not WeChat's ok leaves open what became of them."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kfconsole.content import Text
from kfconsole.errors import Unavailable
from kfconsole.wechat import KfClient
from tests.wechat.files import JPEG, a_file
from tests.wechat.wire import (
    ADD_PATH,
    AGENT,
    CLEAR_BY_SECRET_PATH,
    CLEAR_PATH,
    CLOSE_PATH,
    CREATE_PATH,
    OPENID,
    PICTURE_PATH,
    REMARK_PATH,
    SEND_PATH,
    TYPING_PATH,
    Wire,
)

Ask = Callable[[KfClient], Awaitable[None]]
ORDERS: dict[str, Ask] = {
    SEND_PATH: lambda client: client.send(OPENID, Text("hello"), AGENT),
    TYPING_PATH: lambda client: client.typing(OPENID),
    CREATE_PATH: lambda client: client.create_session(AGENT, OPENID),
    CLOSE_PATH: lambda client: client.close_session(AGENT, OPENID),
    ADD_PATH: lambda client: client.add_agent(AGENT, "小王"),
    REMARK_PATH: lambda client: client.set_remark(OPENID, "regular"),
    CLEAR_PATH: lambda client: client.clear_quota(),
    CLEAR_BY_SECRET_PATH: lambda client: client.clear_quota_with_secret(),
}


@pytest.mark.parametrize("answer", [{}, {"errcode": None}, {"status": "ok"}, {"error": "login required"}], ids=str)
@pytest.mark.parametrize("path", ORDERS)
async def test_an_answer_without_a_code_is_no_ok(wire: Wire, path: str, answer: dict[str, object]) -> None:
    wire.reply(path, answer)
    with pytest.raises(Unavailable, match="errcode") as caught:
        await ORDERS[path](wire.client())

    assert caught.value.may_have_arrived
    assert len(wire.asked(path)) == 1


async def test_a_picture_is_not_set_by_an_answer_without_a_code(wire: Wire, tmp_path: Path) -> None:
    wire.reply(PICTURE_PATH, {})
    with pytest.raises(Unavailable, match="errcode"):
        await wire.client().set_agent_picture(AGENT, a_file(tmp_path, JPEG))
