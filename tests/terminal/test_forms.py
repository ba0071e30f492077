"""Every form, half filled in when the console is killed: it comes back with what was typed, and nothing was done."""

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import leave, select_served, serve
from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import SEND, WechatServer

CTRL_E, CTRL_N, CTRL_R = "\x05", "\x0e", "\x12"
REPLIES = '[[reply]]\nname = "问候"\ntext = "您好"\n'
CHANGES = ("/cgi-bin/user/info/updateremark", "/customservice/kfaccount/add", "/customservice/kfaccount/update")


def of_names(console: Session) -> None:
    console.send("e")
    console.wait_for("Remark in WeChat")


def of_a_card(console: Session) -> None:
    console.send("f")
    console.wait_for("What to send")
    console.send("web page")
    console.wait_for("a card that opens a page")
    console.send(Key.ENTER)
    console.wait_for("Web page for")


def of_a_new_reply(console: Session) -> None:
    _canned(console)
    console.send(CTRL_N)
    console.wait_for("New canned reply")


def of_a_known_reply(console: Session) -> None:
    _canned(console)
    console.send(CTRL_E)
    console.wait_for("Change a canned reply")


def _canned(console: Session) -> None:
    console.send("r")
    console.wait_for(r"Ctrl\+J")
    console.send(CTRL_R)
    console.wait_for("问候")


def of_a_new_agent(console: Session) -> None:
    _accounts(console)
    console.send("n")
    console.wait_for("Behind the @ .*lehuo")


def of_a_nickname(console: Session) -> None:
    _accounts(console)
    console.send("e")
    console.wait_for("Nickname of kf2001@lehuo")


def of_a_head_image(console: Session) -> None:
    _accounts(console)
    console.send("f")
    console.wait_for("Head image of 晓雯")


def _accounts(console: Session) -> None:
    console.send("m")
    console.wait_for(r"> 晓雯 +kf2001@lehuo")
    for key, row in (("j", "> Tom +kf2002@lehuo"), ("k", "> 晓雯 +kf2001@lehuo")):  # it is painted and takes keys
        console.send(key)
        console.wait_for(row)


@pytest.mark.parametrize(
    ("open_form", "typed", "more"),
    [
        (of_names, "老客", "户"),
        (of_a_card, "新品上", "架"),
        (of_a_new_reply, "发货通", "知"),
        (of_a_known_reply, "，请问有什么可以帮", "您？"),
        (of_a_new_agent, "kf20", "09"),
        (of_a_nickname, "和小", "李"),
        (of_a_head_image, "~/头", "像.jpg"),
    ],
)
def test_a_half_filled_form_survives_kill(
    open_console: OpenConsole,
    server: WechatServer,
    home: Path,
    open_form: Callable[[Session], None],
    typed: str,
    more: str,
) -> None:
    (home / ".config/kfconsole").mkdir(parents=True)
    replies = home / ".config/kfconsole/replies.toml"
    replies.write_text(REPLIES, encoding="utf-8")
    openid = serve(server)
    console = open_console(size=(80, 24))
    select_served(console, openid)
    open_form(console)
    console.send(typed)
    with closing(sqlite3.connect(next(home.rglob("wx*.db")))) as archive:
        asked = "SELECT 1 FROM drafts WHERE form <> '' AND text LIKE ?"
        console.wait_for(lambda _session: bool(archive.execute(asked, (f"%{typed}%",)).fetchall()))

    console.signal(signal.SIGKILL)

    assert console.wait_for_exit() == -signal.SIGKILL
    again = open_console(size=(80, 24))
    select_served(again, openid)
    open_form(again)
    again.send(more)
    again.wait_for(typed + more)
    assert leave(again) == 0
    assert [server.requests(path) for path in (SEND, *CHANGES)] == [[], [], [], []]
    assert replies.read_text("utf-8") == REPLIES
