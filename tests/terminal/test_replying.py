"""Writing to a customer in a real terminal, while WeChat's clock and colleagues go on."""

import pytest

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import (
    accept,
    leave,
    short,
    wait_until_it_takes_an_answer,
    waiting_customer,
    write,
)
from tests.terminal.session import Key
from tests.terminal.wechat_server import SEND, WechatServer

TYPING = "/cgi-bin/message/custom/typing"
CTRL_T = "\x14"
REFUSED = 45015
WINDOW_SECONDS = 48 * 3600


@pytest.mark.parametrize("size", [(80, 24)])
def test_a_colleague_answers_typing_ends_and_the_window_closes_under_the_writers_hands(
    open_console: OpenConsole, server: WechatServer, size: tuple[int, int]
) -> None:
    openid = waiting_customer(server)
    me = server.account["kf_account"]
    server.order("/agents", kf_account="kf2099@lehuo", nickname="Tom", online=True)
    console = open_console(size=size)
    accept(console, openid)
    server.order("/say", openid=openid, text="我的退款呢？")
    console.wait_for("我的退款呢")

    write(console, "我来查一下")
    console.wait_for(lambda _: server.customer(openid)["typing_until"] > server.state()["now"])
    server.order("/agents/transfer", **{"from": me, "to": "kf2099@lehuo", "openid": openid})
    server.order("/agents/say", kf_account="kf2099@lehuo", openid=openid, text="已经退了")
    server.order("/agents/transfer", **{"from": "kf2099@lehuo", "to": me, "openid": openid})
    console.wait_for("已经退了")
    console.send(Key.ENTER)
    console.wait_for(rf"Tom answered {short(openid)}")
    console.wait_for("Your reply waits: 我来查一下")
    wait_until_it_takes_an_answer(console)
    console.send(Key.ENTER)  # Cancel
    console.wait_for(lambda console: "Your reply waits" not in console.text())
    assert server.requests(SEND) == []
    console.wait_for(r"Enter send")
    console.send(Key.ENTER)
    console.wait_for(r"我来查一下 .*\bsent\b")

    server.order("/clock", advance_seconds=40)
    console.wait_for(r"with 晓雯 +([4-9]\d s|[1-9] min)")  # it has learned the time
    before = len(server.requests(TYPING))
    console.send("还有")
    console.wait_for("还有")
    console.send(CTRL_T)
    console.wait_for("The typing notice only shows")
    assert [row["errcode"] for row in server.requests(TYPING)[before:]] == [45080]

    server.order("/clock", advance_seconds=WINDOW_SECONDS)
    console.wait_for(r"replies left \?")  # in two days of which nothing was read they may have written
    console.send(Key.ENTER)
    console.wait_for(lambda _: [row["errcode"] for row in server.requests(SEND)] == [0, REFUSED])
    console.wait_for("the time to reply is over")
    console.send("再见" + Key.ENTER)
    console.wait_for("WeChat will most likely refuse the message")
    wait_until_it_takes_an_answer(console)
    console.send("s")
    console.wait_for(r"再见 .*\brefused\b")
    console.wait_for("S resend")
    assert [row["openid"] for row in server.state()["sent"]] == [openid]
    console.send(Key.ESCAPE)
    console.wait_for("S resend  D dismiss  r reply")
    console.send("D")  # the elder of the two
    console.wait_for(r"(?m)reply for 48 hours\.$")
    console.send("D")
    console.wait_for(r"再见 .*\bdismissed\b")
    assert leave(console) == 0
