"""What customers and input methods write reaches the screen whole, aligned, and as text only."""

import re

import pytest

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, leave, select_served, serve, waiting_customer
from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import WechatServer

HOSTILE = (
    "\x1b]52;c;cHduZWQ=\x07",
    "\x1b]0;pwned\x07",
    "\x1b[2J\x1b[31mred",
    "\x9d0;pwned\x9c \x9b31m",
    "\u202eabc\u2066def",
    "[/",
    "[@click=app.quit]x[/]",
    "ok [/b] [red]",
)
TITLE_OR_CLIPBOARD = re.compile(rb"\x1b\](?:0|1|52);")
OWN_TITLE = re.compile(rb"\x1b\]2;((?:\(\d+\) )?kfconsole)?\x1b\\")
C1 = re.compile("[\x80-\x9f]")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def test_no_text_of_a_customer_is_a_control_sequence_or_markup(open_console: OpenConsole, server: WechatServer) -> None:
    openid = serve(server)
    server.order("/agents", kf_account="kf9@lehuo", nickname="[/b]\x1b]0;nick\x07")
    console = open_console()
    select_served(console, openid)
    console.send(Key.ENTER)

    for text in HOSTILE:
        server.order("/say", openid=openid, text=text)
    shown = ("␛]52;c;cHduZWQ=␇", "␛]0;pwned␇", "␛[31mred", "abc␦def", "[@click=app.quit]x[/]", "ok [/b] [red]")
    console.wait_for(lambda console: all(words in console.text() for words in shown))

    assert leave(console) == 0
    written = bytes(console.output)
    assert not TITLE_OR_CLIPBOARD.search(written)
    assert written.count(b"\x1b]2;") == len(OWN_TITLE.findall(written))
    assert not C1.search(written.decode("utf-8"))
    assert not BIDI.search(written.decode("utf-8"))


def test_what_an_input_method_commits_at_once_arrives_whole(open_console: OpenConsole, server: WechatServer) -> None:
    committed = "您好请问您的订单号是多少我马上帮您查一下"
    assert len(committed) == 20
    console = open_console()
    accept(console, waiting_customer(server))
    console.send("r")
    console.wait_for(r"Ctrl\+J")

    console.send(committed)

    console.wait_for(committed)
    console.wait_for("60/2048 bytes")


def test_in_chinese_at_80_by_24_characters_stand_in_their_columns(
    open_console: OpenConsole, server: WechatServer
) -> None:
    console = open_console(size=(80, 24), language="zh")

    console.wait_for("等待 1")
    console.wait_for("在线 2/4")
    for word in ("1 等待 1", "2 会话 0", "3 客服 2/4", "Tom", "小美", "新人小周"):
        console.wait_for(word)
    assert "接入" in console.lines()[-1]
    assert len(set(_columns_after_names(console, ("晓雯", "Tom", "小美", "新人小周")))) == 1
    assert "Queue" not in console.text()
    accept(console, waiting_customer(server))
    console.wait_for(r"0/2048 字节 .*晓雯")


def _columns_after_names(console: Session, names: tuple[str, ...]) -> list[int]:
    columns = []
    for name in names:
        row = console.row_of(rf"^[> ]  ?{name} ")
        after = re.sub(rf"^.*?{name} +", "", console.lines()[row])
        columns.append(console.emulator.column_of(name, row))
        assert console.emulator.column_of(after, row) > columns[-1]
    return columns


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_size_works_and_one_too_small_says_so(open_console: OpenConsole, language: str) -> None:
    console = open_console(language=language)
    queue, too_small = ("1 Queue 1", "40×12") if language == "en" else ("1 等待 1", "40×12")
    console.wait_for(queue)

    console.resize(80, 24)
    console.wait_for(lambda console: len(console.lines()) == 24 and queue in console.text())
    console.resize(39, 9)
    console.wait_for(too_small)
    console.resize(100, 30)
    console.wait_for(lambda console: queue in console.text() and too_small not in console.text())
    console.send("?")
    console.wait_for("Esc")

    assert leave(console) == 0
    assert console.is_restored()
