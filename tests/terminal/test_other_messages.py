"""A picture from a folder with 汉字 and blanks in its name, over real HTTP from a real terminal."""

import base64
from pathlib import Path

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import select_served, serve, short
from tests.terminal.session import Key
from tests.terminal.wechat_server import SEND, WechatServer

UPLOAD = "/cgi-bin/media/upload"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A real PNG of one point."""
ESC_PASTE, END_PASTE = "\x1b[200~", "\x1b[201~"


def test_a_picture_is_found_by_tab_uploaded_and_sent(
    home: Path, open_console: OpenConsole, server: WechatServer
) -> None:
    folder = home / "我的 图片"
    folder.mkdir()
    for name in ("退货 单.png", "退货 箱.png"):
        (folder / name).write_bytes(PICTURE + name.encode())
    openid = serve(server)
    console = open_console(size=(80, 24))
    select_served(console, openid)

    console.send("f")
    console.wait_for(f"What to send to {short(openid)}")
    console.send(Key.ENTER)
    console.wait_for(f"Picture for {short(openid)}")
    console.send("~/我" + Key.TAB)
    console.wait_for("~/我的 图片/")
    console.send("退" + Key.TAB)
    console.wait_for("~/我的 图片/退货 ")
    console.send("箱" + Key.TAB)
    console.wait_for("PNG 0.09 KB, can be sent")
    console.send(Key.ENTER)
    console.wait_for(r"\[picture\] 退货 箱.png.*\bsent\b")

    (uploaded,) = server.requests(UPLOAD)
    assert PICTURE + "退货 箱.png".encode() in base64.b64decode(uploaded["body_base64"])
    assert "退货".encode() not in base64.b64decode(uploaded["body_base64"]).replace("退货 箱.png".encode(), b"", 1)
    assert [openid] == [row["openid"] for row in server.state()["sent"]]

    console.send("f")
    console.wait_for("What to send")
    console.send(Key.ENTER)
    console.wait_for(f"Picture for {short(openid)}")
    console.send(f"{ESC_PASTE}'{folder}/退货 箱.png' {END_PASTE}")  # dropped onto the window
    console.wait_for("can be sent")
    console.send(Key.ENTER)
    console.wait_for(r"(?s)退货 箱.png.*退货 箱.png.*\bsent\b")
    console.wait_for(lambda _: len(server.requests(SEND)) == 2)
    assert len(server.requests(UPLOAD)) == 1, "the same bytes are uploaded once"

    console.send("q")
    assert console.wait_for_exit() == 0
    assert console.is_restored()
