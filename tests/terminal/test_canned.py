"""Canned replies with the installed console: two keys, in one burst, with 汉字 typed around them."""

import base64
from pathlib import Path

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import leave, select_served, serve, write
from tests.terminal.session import Key
from tests.terminal.wechat_server import SEND, WechatServer

CTRL_R, CTRL_S = "\x12", "\x13"


def test_replies_are_made_kept_and_sent_with_what_is_typed_around_them(
    open_console: OpenConsole, server: WechatServer, home: Path
) -> None:
    openid = serve(server)
    console = open_console(size=(80, 24))
    select_served(console, openid)
    write(console, "您的包裹今天已经从杭州仓库发出请注意查收。")

    console.send(CTRL_R)
    console.wait_for("There is no file of canned replies yet")
    console.send(CTRL_S)
    console.wait_for("New canned reply")
    console.send("已发货")
    console.send(Key.TAB)
    console.send("f" + CTRL_S)
    console.wait_for("f  已发货")
    console.send(Key.ESCAPE)
    console.wait_for(lambda console: "Canned reply to" not in console.text())
    path = home / ".config/kfconsole/replies.toml"
    assert 'name = "已发货"\nkey = "f"\ntext = "您的包裹今天已经从杭州仓库发出请注意查收。"\n' in path.read_text(
        "utf-8"
    )

    console.send("亲，" + CTRL_R + "f" + "谢谢您" + Key.ENTER)
    console.wait_for(r"\bsent\b")
    (sent,) = server.requests(SEND)
    text = "您的包裹今天已经从杭州仓库发出请注意查收。"
    assert f"{text}亲，{text}谢谢您".encode() in base64.b64decode(sent["body_base64"])
    assert server.state()["sent"][0]["openid"] == openid
    assert leave(console) == 0
