"""Watching the floor in a real terminal: the board, a conversation looked on at, and back."""

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import short, waiting_customer
from tests.terminal.session import Key
from tests.terminal.wechat_server import WechatServer


def test_a_supervisor_sees_the_floor_looks_on_and_goes_back(open_console: OpenConsole, server: WechatServer) -> None:
    openid = waiting_customer(server)
    console = open_console(size=(80, 24))
    console.wait_for(r"1 Queue 1\b")
    console.send("b")
    console.wait_for("Last 6 hours")
    console.wait_for(rf"waiting +{short(openid)}")
    console.send(Key.ENTER)
    console.wait_for("Looking on leaves no trace")
    console.send(Key.ESCAPE)
    console.wait_for("1 Customers 1")
    console.send("b")
    console.wait_for(r"1 Queue 1\b")
    console.send("q")
    assert console.wait_for_exit() == 0
    assert console.is_restored()
