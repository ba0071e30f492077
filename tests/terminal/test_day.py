"""A day with the installed console, over real HTTP, as the person at the keyboard sees it."""

import base64

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, select_served, serve, short, waiting_customer, write
from tests.terminal.session import Key
from tests.terminal.wechat_server import SEND, WechatServer

DAY_SECONDS = 24 * 3600
RECEIVED = 2003


def test_a_customer_is_accepted_read_answered_looked_up_and_closed(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    yesterday = {"openid": openid, "opercode": RECEIVED, "time": server.state()["now"] - DAY_SECONDS}
    server.order("/records", records=[{**yesterday, "worker": "kf2001@lehuo", "text": "昨天问过退货"}])
    console = open_console()

    console.wait_for(r"1 Queue 1\b")
    accept(console, openid)
    server.order("/say", openid=openid, text="你好，我想退货")
    console.wait_for(f"{short(openid)}.*你好，我想退货")

    write(console, "好的，请稍等")
    console.wait_for(lambda _: server.customer(openid)["typing_until"] > server.state()["now"])
    console.send(Key.ENTER)
    console.wait_for(r"好的，请稍等 .*\bsent\b")
    sent = server.requests(SEND)[-1]
    assert "好的，请稍等".encode() in base64.b64decode(sent["body_base64"])
    assert [openid] == [row["openid"] for row in server.state()["sent"]]

    server.order("/say", openid=openid, text="谢谢你")
    console.wait_for("谢谢你")
    console.send(Key.ESCAPE)
    console.wait_for("r reply")
    console.send("h")
    console.wait_for("History .*Today")
    console.send(Key.LEFT)
    console.wait_for("昨天问过退货")
    assert "谢谢你" not in console.text()
    console.send(Key.ESCAPE)
    console.wait_for("1 Queue")

    console.send("x")
    console.wait_for(f"Close the session of {short(openid)}")
    console.send(Key.ENTER)
    console.wait_for(lambda console: "Close the session" not in console.text())
    assert [openid] == [row["openid"] for row in server.state()["sessions"]]
    console.send("x")
    console.wait_for("Close the session")
    console.send("y")
    console.wait_for("2 Sessions 0")
    assert server.state()["sessions"] == []

    console.send("q")
    assert console.wait_for_exit() == 0
    assert console.is_restored()


def test_while_the_network_is_gone_the_rows_stay_and_look_stale_until_it_is_back(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    console = open_console()
    console.wait_for(r"queue <\d+ s ")

    server.cut_the_network()
    console.wait_for("was cut.*Trying again")
    console.wait_for(r"\d+ s stale")
    assert short(openid) in console.text()

    newcomer = server.new_customer("有人吗？")
    server.mend_the_network()
    console.send("R")  # else it would try again in its own time
    console.wait_for(short(newcomer))
    console.wait_for(lambda console: "stale" not in console.text() and "was cut" not in console.text())


def test_a_reply_whose_answer_was_lost_is_told_as_unknown_and_not_repeated(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = serve(server)
    console = open_console()
    select_served(console, openid)
    server.order("/faults", path=SEND, kind="cut_after")

    write(console, "马上为您登记")
    console.send(Key.ENTER)

    console.wait_for("马上为您登记.*outcome unknown")
    console.wait_for("S resend")
    polls = len(server.requests())
    console.wait_for(lambda _: len(server.requests()) > polls + 6)
    assert len(server.requests(SEND)) == 1


def test_the_first_screen_of_a_second_run_is_the_last_known_desk_and_says_so(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    first = open_console()
    first.wait_for("online 2/4")
    first.send("q")
    first.wait_for_exit()
    server.order("/hold", path="*")  # a kept token needs no call of its own

    second = open_console()

    second.wait_for("from the last run")
    second.wait_for(short(openid))


def test_keys_pressed_faster_than_the_screen_paints_act_on_the_pane_just_named(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    console = open_console()
    accept(console, openid)
    newcomer = server.new_customer("有人吗？")
    console.wait_for(short(newcomer))

    console.send("2" + "x")
    console.wait_for(f"Close the session of {short(openid)}")
