"""What leaves the terminal while nobody looks: the bell and the number in the title."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import leave, waiting_customer
from tests.terminal.program import KFCONSOLE, write_settings
from tests.terminal.session import Session
from tests.terminal.wechat_server import WechatServer

LATE_SECONDS = 190
_SEQUENCE = re.compile(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""One may end in a byte that rings elsewhere."""


def bells(console: Session) -> int:
    """How often the terminal rang."""
    return _SEQUENCE.sub(b"", bytes(console.output)).count(b"\x07")


def titles(console: Session) -> list[str]:
    """Every title the window was given."""
    return [found.decode() for found in re.findall(rb"\x1b\]2;([^\x07\x1b]*)\x1b\\", bytes(console.output))]


def test_the_terminal_rings_until_a_colleague_takes_who_is_late(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    colleague = next(
        row["kf_account"] for row in server.state()["agents"] if row["kf_account"] != server.account["kf_account"]
    )
    console = open_console()
    console.wait_for(r"1 Queue 1\b")
    console.wait_for(lambda console: titles(console) == ["kfconsole"])
    assert bells(console) == 0

    server.order("/clock", advance_seconds=LATE_SECONDS)
    console.wait_for(lambda console: bells(console) == 1)
    console.wait_for(lambda console: titles(console) == ["kfconsole", "(1) kfconsole"])
    server.order("/clock", advance_seconds=30)
    console.wait_for(lambda console: bells(console) == 2)
    server.order("/clock", advance_seconds=61)
    console.wait_for(lambda console: bells(console) == 3)

    server.order("/agents/accept", openid=openid, kf_account=colleague)
    console.wait_for(lambda console: titles(console)[-1] == "kfconsole")
    server.order("/clock", advance_seconds=700)
    polls = len(server.requests())
    console.wait_for(lambda _: len(server.requests()) > polls + 8)
    assert bells(console) == 3

    assert leave(console) == 0
    assert titles(console) == ["kfconsole", "(1) kfconsole", "kfconsole", ""]
    assert b"\x1b[22;2t" in console.output
    assert b"\x1b[23;2t" in console.output
    assert console.is_restored()


def test_a_key_goes_to_who_is_late_and_another_accepts(open_console: OpenConsole, server: WechatServer) -> None:
    openid = waiting_customer(server)
    console = open_console(size=(80, 24), language="zh")
    console.wait_for(r"等待 1\b")
    console.send("3")
    server.order("/clock", advance_seconds=LATE_SECONDS)
    console.wait_for("!!")

    console.send(" ")
    console.wait_for(rf"> *!!.*{openid[-6:]}")
    console.send("a")
    console.wait_for(lambda _: [row["openid"] for row in server.state()["sessions"]] == [openid])


def test_each_way_is_tried_and_asked_about(home: Path) -> None:
    with Session([KFCONSOLE, "notify", "--test"], home=home, size=(80, 24)) as session:
        for way, answer in (("bell", "y"), ("title", "n"), ("osc9", "n"), ("osc777", "y"), ("osc99", "n")):
            session.wait_for(rf"{way}: did .* arrive\?")
            session.send(answer + "\r")
        assert session.wait_for_exit() == 0

        assert bells(session) == 1
        assert titles(session) == ["(1) kfconsole: A test, by title", ""]
        assert b"\x1b]777;notify;kfconsole;A test, by osc777\x1b\\" in session.output
        assert re.search(r"^bell +.* yes +yes +yes$", session.text(), re.MULTILINE)
        assert re.search(r"^osc99 +.* no +yes +no$", session.text(), re.MULTILINE)
        assert re.search(r"^notify-send +.* no +no +not sent$", session.text(), re.MULTILINE)
        assert 'popups = "osc777"' in session.text()


@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here")
def test_bell_leaves_a_stock_tmux_and_a_pop_up_one_that_lets_it_through(home: Path, server: WechatServer) -> None:
    waiting_customer(server)
    settings = write_settings(home, server.account)
    settings.write_text(settings.read_text("utf-8") + '[alerts]\npopups = "osc9"\n', "utf-8")
    tmux = ("tmux", "-S", str(home / "tmux"), "-f", "/dev/null")
    try:
        with Session([*tmux, "new-session", KFCONSOLE], home=home) as terminal:
            terminal.wait_for(r"1 Queue 1\b")
            server.order("/clock", advance_seconds=LATE_SECONDS)
            terminal.wait_for(lambda terminal: bells(terminal) == 1)
            assert b"\x1b]9;" not in terminal.output

            subprocess.run((*tmux, "set", "-g", "allow-passthrough", "on"), check=True, timeout=10)
            server.order("/clock", advance_seconds=60)
            terminal.wait_for(lambda terminal: b"\x1b]9;kfconsole: " in terminal.output)
            terminal.wait_for(lambda terminal: bells(terminal) == 2)  # tmux may let it wait a moment
    finally:
        subprocess.run((*tmux, "kill-server"), check=False, timeout=10)
