"""Looking for something said long ago, in a real terminal."""

import re

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, short, waiting_customer
from tests.terminal.session import Key
from tests.terminal.wechat_server import WechatServer

HOUR_SECONDS = 3600
RECEIVED = 2003


def test_words_of_an_input_method_are_found_and_their_message_opened(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    earlier = server.state()["now"] - 2 * HOUR_SECONDS
    server.order(
        "/records",
        records=[
            {
                "openid": openid,
                "opercode": RECEIVED,
                "worker": "kf2001@lehuo",
                "time": earlier + 10 * number,
                "text": text,
            }
            for number, text in enumerate([f"第{number}句话" for number in range(60)])
        ],
    )
    console = open_console(size=(80, 24))
    console.wait_for(r"1 Queue 1\b")
    accept(console, openid)
    server.order("/say", openid=openid, text="你好，我想退货")
    console.wait_for(f"{short(openid)}.*你好，我想退货")

    console.send("H")
    console.wait_for("Search all messages")
    console.send("第7句话")  # in one piece, as an input method hands it over
    console.wait_for("1 found")
    console.wait_for(rf"{short(openid)}.*customer.*第7句话")
    console.send(Key.ENTER)
    console.wait_for("Enter open")
    console.send(Key.ENTER)
    console.wait_for(r"4 .*" + short(openid))
    console.wait_for(r"第6句话[\s\S]*第7句话[\s\S]*第8句话")
    assert not re.search("退货", console.text())
    console.send("G")
    console.wait_for("你好，我想退货")
    console.send(Key.ESCAPE)
    console.wait_for("1 Queue")
    console.send("q")
    assert console.wait_for_exit() == 0
    assert console.is_restored()
