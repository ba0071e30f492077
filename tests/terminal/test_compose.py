"""Writing in a real terminal: what input methods commit, bursts over a lagging line, and a text too long for one."""

import json
from pathlib import Path

import pytest

from kfconsole.desk import splitting
from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, leave, wait_until_it_takes_an_answer, waiting_customer
from tests.terminal.program import KFCONSOLE, write_settings
from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import SEND, WechatServer

COMMITTED = "您好请问您的订单号是多少我马上帮您查一下"
KITTY_ON = b"\x1b[>1u"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
BACKSPACE, CTRL_W, CTRL_Z = "\x7f", "\x17", "\x1a"


def compose(console: Session, server: WechatServer) -> str:
    """Accept who waits and put the cursor into the composer; return the customer."""
    openid = waiting_customer(server)
    accept(console, openid)
    console.send("r")
    console.wait_for("Ctrl\\+J")
    return openid


def sent(server: WechatServer) -> list[str]:
    """The texts that WeChat was asked to send, in order."""
    return [json.loads(row["body"])["text"]["content"] for row in server.requests(SEND)]


def test_a_commit_arrives_whole_however_the_wire_cuts_it(open_console: OpenConsole, server: WechatServer) -> None:
    assert len(COMMITTED) == 20
    console = open_console()
    compose(console, server)
    raw = COMMITTED.encode()

    console.send(COMMITTED)
    console.wait_for(COMMITTED)
    console.wait_for("60/2048 bytes")

    for cut in (1, 2, 31, 59):
        console.send(BACKSPACE * 20)
        console.wait_for("  0/2048")
        console.send_bytes(raw[:cut])
        console.wait_for_quiet(0.05)
        console.send_bytes(raw[cut:])
        console.wait_for(COMMITTED)
        console.wait_for("60/2048 bytes")

    assert leave(console) == 0
    assert KITTY_ON not in console.output


def test_a_commit_arrives_whole_where_somebody_turns_kittys_mode_on(home: Path, server: WechatServer) -> None:
    write_settings(home, server.account)
    with Session([KFCONSOLE], home=home, environment={"TEXTUAL_DISABLE_KITTY_KEY": "0"}) as console:
        compose(console, server)
        console.send(COMMITTED)
        console.wait_for(COMMITTED)
        console.wait_for("60/2048 bytes")
        assert leave(console) == 0


@pytest.mark.parametrize(("size", "language", "cancel"), [((120, 40), "en", "Cancel"), ((80, 24), "zh", "取消")])
def test_a_burst_a_pasted_text_and_its_parts(
    open_console: OpenConsole, server: WechatServer, size: tuple[int, int], language: str, cancel: str
) -> None:
    console = open_console(size=size, language=language)
    openid = compose(console, server)

    # One write, as ssh hands it over after a pause.
    console.send(f"abx{BACKSPACE}c{Key.LEFT}{Key.LEFT}1{Key.RIGHT}2 {CTRL_W}{CTRL_Z}{Key.ENTER}")
    console.wait_for(lambda _console: sent(server) == ["a1b2 c"])

    long = "".join(f"第{number}句话，请您看一下，有问题随时告诉我。" for number in range(130))
    parts = list(splitting.split(long))
    console.send(f"{PASTE_BEGINS}{long}{PASTE_ENDS}")
    console.wait_for(f"{splitting.text_bytes(long)}/2048")
    console.send(Key.ENTER)
    console.wait_for(r"\(s\)")
    assert len(sent(server)) == 1
    wait_until_it_takes_an_answer(console, cancel)
    console.send(Key.ENTER)  # Cancel comes first
    console.wait_for(lambda console: "(s)" not in console.text())
    console.wait_for(f"{splitting.text_bytes(long)}/2048")

    console.send(Key.ENTER)
    console.wait_for(r"\(s\)")
    wait_until_it_takes_an_answer(console, cancel)
    console.send("s")
    console.wait_for(lambda _console: sent(server)[1:] == parts)
    console.wait_for(" 0/2048")
    assert {json.loads(row["body"])["touser"] for row in server.requests(SEND)} == {openid}
    assert leave(console) == 0


def test_what_is_pasted_never_becomes_keys_whatever_it_holds(open_console: OpenConsole, server: WechatServer) -> None:
    console = open_console()
    compose(console, server)

    console.send(f"{PASTE_BEGINS}first\x1b[A\r\x1bsecond\r\x1b\x1b{PASTE_ENDS}!")
    console.wait_for("second")
    console.wait_for("␛␛!")

    assert sent(server) == []
    assert leave(console) == 0
