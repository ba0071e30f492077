"""Handing a customer over on a terminal: as a day goes, and when the console is killed in the middle of it."""

import signal

import pytest

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, leave, short, waiting_customer
from tests.terminal.session import Key
from tests.terminal.wechat_server import WechatServer

ME, TOM = "kf2001@lehuo", "kf2002@lehuo"
CREATE, CLOSE = "/customservice/kfsession/create", "/customservice/kfsession/close"


def holder(server: WechatServer, openid: str) -> str:
    return next((str(row["kf_account"]) for row in server.state()["sessions"] if row["openid"] == openid), "")


@pytest.mark.parametrize(("size", "language"), [((120, 40), "zh"), ((80, 24), "en")])
def test_a_customer_is_transferred_closed_and_taken_back(
    open_console: OpenConsole, server: WechatServer, size: tuple[int, int], language: str
) -> None:
    openid = waiting_customer(server)
    console = open_console(size=size, language=language)
    console.wait_for(short(openid))
    console.wait_for("Tom")
    console.send("A" + "tom" + Key.ENTER)
    console.wait_for(lambda _: holder(server, openid) == TOM)
    console.send("2")
    console.wait_for(rf"{short(openid)}\s+Tom")
    console.send("jt" + "xiaowen")
    console.wait_for(r"│ +晓雯 .*0")  # in the picker; her row among the agents is there all the time
    console.send(Key.ENTER)
    console.wait_for(lambda _: holder(server, openid) == ME)
    console.wait_for(rf"{short(openid)}\s+(me|我)")

    console.send("x")
    console.wait_for(r"\(y\)")
    console.send("y")
    console.wait_for(lambda _: holder(server, openid) == "")
    console.wait_for(r"10 (s\)|秒)|u\b")
    console.send("u")
    console.wait_for(lambda _: holder(server, openid) == ME)
    console.wait_for(rf"{short(openid)}\s+(me|我)")
    assert leave(console) == 0


def test_a_console_killed_between_the_two_calls_is_followed_by_one_that_knows(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    console = open_console()
    accept(console, openid)
    server.order("/hold", path=CLOSE, when="after")
    console.send("2t" + "tom" + Key.ENTER)
    console.wait_for(lambda _: holder(server, openid) == "")
    console.signal(signal.SIGKILL)
    console.wait_for_exit()
    server.order("/release", path=CLOSE)

    after = open_console()
    after.wait_for(f"{short(openid)} is with nobody: handing them from 晓雯 to Tom did not end")
    after.send("u")
    after.wait_for(lambda _: holder(server, openid) == ME)
    after.wait_for(lambda console: "with nobody" not in console.text())


def test_a_console_told_to_end_in_the_middle_hands_over_first_and_says_so(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    console = open_console()
    accept(console, openid)
    server.order("/hold", path=CREATE)
    console.send("2t" + "tom" + Key.ENTER)
    console.wait_for(lambda _: len(server.requests(CREATE)) == 2)
    console.signal(signal.SIGTERM)
    server.order("/release", path=CREATE)

    assert console.wait_for_exit() == 128 + signal.SIGTERM
    assert holder(server, openid) == TOM
    assert f"{openid[-6:]} is now with Tom." in console.text()
