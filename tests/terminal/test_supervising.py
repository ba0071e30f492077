"""The floor on a terminal: assigned, taken over, handed back; and nobody forgotten when the console is killed."""

import signal

import pytest

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import leave, short, waiting_customer
from tests.terminal.session import Key
from tests.terminal.test_transfer import CLOSE, ME, TOM, holder
from tests.terminal.wechat_server import WechatServer


@pytest.mark.parametrize(("size", "language"), [((120, 40), "zh"), ((80, 24), "en")])
def test_a_customer_is_assigned_taken_over_and_handed_back(
    open_console: OpenConsole, server: WechatServer, size: tuple[int, int], language: str
) -> None:
    openid = waiting_customer(server)
    console = open_console(size=size, language=language)
    console.wait_for(short(openid))
    console.wait_for("Tom")
    console.send("L")
    console.wait_for(r"\(y\)")
    console.send("y")
    console.wait_for(lambda _: holder(server, openid) == TOM)
    console.send("2")
    console.wait_for(rf"{short(openid)}\s+Tom")
    console.send("jT")
    console.wait_for(r"\(y\)")
    console.send("y")
    console.wait_for(lambda _: holder(server, openid) == ME)
    console.wait_for(rf"{short(openid)} .*(me|我|with 晓雯)")
    console.send("B")
    console.wait_for(r"│ .*\(n\)")
    console.send("y")
    console.wait_for(lambda _: holder(server, openid) == "")
    console.send("1" + "o")
    console.wait_for(rf"> +\d\d:\d\d +{short(openid)} +晓雯")
    console.send(Key.ESCAPE)
    console.wait_for(r"1 (Queue|等待)")
    assert leave(console) == 0


def test_a_console_killed_while_it_hands_back_leaves_the_customer_on_the_list(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    console = open_console()
    console.wait_for(short(openid))
    console.send("n")
    console.wait_for(lambda _: holder(server, openid) == ME)
    server.order("/hold", path=CLOSE, when="after")
    console.send("2B")
    console.wait_for(r"│ .*\(n\)")
    console.send("y")
    console.wait_for(lambda _: holder(server, openid) == "")
    console.signal(signal.SIGKILL)
    console.wait_for_exit()
    server.order("/release", path=CLOSE)

    after = open_console()
    after.wait_for("owed 1")
