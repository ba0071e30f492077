"""What is copied leaves the terminal: to a tmux around the console, else by a sequence."""

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, leave, short, waiting_customer
from tests.terminal.program import KFCONSOLE, write_settings
from tests.terminal.session import Session
from tests.terminal.wechat_server import WechatServer

SAID = "好的，1.5 kg 的那款"


def sequences(console: Session) -> list[str]:
    """Every text the terminal was asked to keep in its clipboard."""
    found = re.findall(rb"\x1b\]52;c?;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)", bytes(console.output))
    return [base64.b64decode(encoded).decode() for encoded in found]


def test_what_the_customer_said_goes_to_the_terminal(open_console: OpenConsole, server: WechatServer) -> None:
    openid = waiting_customer(server)
    console = open_console(size=(80, 24))
    console.wait_for(short(openid))
    console.send("y")
    console.wait_for(lambda console: sequences(console) == [openid])
    accept(console, openid)
    server.order("/say", openid=openid, text=SAID)
    console.send("2\r")
    console.wait_for("1.5 kg 的那款")
    console.send("y")
    console.wait_for(lambda console: sequences(console)[1:] == [SAID])
    console.wait_for("OSC 52")

    assert leave(console) == 0
    assert console.is_restored()


@pytest.fixture
def tmux(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return how a tmux of its own is called; its server ends with the test."""
    program = shutil.which("tmux")
    if program is None:
        pytest.skip("there is no tmux here")
    monkeypatch.delenv("TMUX", raising=False)
    command = [program, "-S", str(home / "tmux"), "-f", "/dev/null"]
    yield command
    subprocess.run([*command, "kill-server"], check=False, capture_output=True, timeout=5)


def test_inside_tmux_it_goes_to_tmux_and_through_it(home: Path, server: WechatServer, tmux: list[str]) -> None:
    openid = waiting_customer(server)
    write_settings(home, server.account)
    with Session([*tmux, "new-session", "-x", "100", "-y", "30", KFCONSOLE], home=home, size=(100, 30)) as console:
        console.wait_for(short(openid))
        console.send("y")
        console.wait_for("clipboard by tmux")

        assert subprocess.check_output([*tmux, "show-buffer"], text=True, timeout=5) == openid
        console.wait_for(lambda console: openid in sequences(console))
        console.send("\x11")
        console.wait_for_exit()
