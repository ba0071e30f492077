"""However the console ends, the terminal is restored and nothing typed is lost."""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

import kfconsole
from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, short, wait_for_draft, waiting_customer, write
from tests.terminal.program import write_settings
from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import SEND, WechatServer

SIGNAL_EXIT = 128


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_restores_the_terminal_and_keeps_the_draft_of_this_very_moment(
    open_console: OpenConsole, server: WechatServer, number: signal.Signals
) -> None:
    openid = waiting_customer(server)
    console = open_console()
    accept(console, openid)
    write(console, "写到一半")

    console.signal(number)

    assert console.wait_for_exit() == SIGNAL_EXIT + number
    assert console.is_restored()
    again = open_console()
    again.wait_for(f"{short(openid)}.*draft")
    again.send("2")
    again.send("r")
    again.wait_for("写到一半")


def test_a_draft_at_rest_survives_kill(open_console: OpenConsole, server: WechatServer) -> None:
    openid = waiting_customer(server)
    console = open_console()
    accept(console, openid)
    write(console, "请把订单号发我")
    wait_for_draft(console)

    console.signal(signal.SIGKILL)

    assert console.wait_for_exit() == -signal.SIGKILL
    again = open_console()
    again.wait_for(f"{short(openid)}.*draft")
    again.send("2")
    again.send("r")
    again.wait_for("请把订单号发我")
    assert server.requests(SEND) == []


def test_a_send_under_way_at_kill_is_unknown_at_the_next_start_and_not_repeated(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    console = open_console()
    accept(console, openid)
    server.order("/hold", path=SEND)
    write(console, "地址已发到您手机")
    console.send(Key.ENTER)
    console.wait_for(lambda _: server.state()["held"].get(SEND) == 1)

    console.signal(signal.SIGKILL)
    console.wait_for_exit()
    again = open_console()
    again.wait_for(f"{short(openid)}.*sent\\?")
    again.send("2" + Key.ENTER)

    again.wait_for("地址已发到您手机.*outcome unknown")
    polls = len(server.requests())
    again.wait_for(lambda _: len(server.requests()) > polls + 6)
    assert len(server.requests(SEND)) == 1


def test_a_mistake_of_ours_restores_the_terminal_and_names_the_log(home: Path, server: WechatServer) -> None:
    write_settings(home, server.account)
    broken = home / "broken"
    shutil.copytree(Path(kfconsole.__file__).parent, broken / "kfconsole")
    with (broken / "kfconsole/ui/rows.py").open("a") as rows:
        rows.write("\n\ndef draw_agent(*_: object) -> list[Part]:\n    raise ZeroDivisionError('secret-free')\n")

    with Session(
        [sys.executable, "-m", "kfconsole"], home=home, environment={"PYTHONPATH": os.fspath(broken)}
    ) as console:
        assert console.wait_for_exit() == 1
        assert console.is_restored()
        assert "mistake in kfconsole: ZeroDivisionError" in console.text()
        assert server.account["app_secret"].encode() not in console.output
        log = next(home.rglob("kfconsole.log"))
        assert "ZeroDivisionError" in log.read_text("utf-8")
        assert server.account["app_secret"] not in log.read_text("utf-8")
