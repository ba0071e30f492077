"""The agents' accounts over a real terminal: one is added, invited and given a face, and one who serves is removed."""

from pathlib import Path

from tests.pictures import jpeg
from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import leave, short, waiting_customer
from tests.terminal.session import Key
from tests.terminal.wechat_server import WechatServer

PICTURE = "/customservice/kfaccount/uploadheadimg"
REMOVE = "/customservice/kfaccount/del"
LIST = "/cgi-bin/customservice/getkflist"


def test_an_agent_comes_and_another_goes(home: Path, open_console: OpenConsole, server: WechatServer) -> None:
    (home / "face.jpg").write_bytes(jpeg(800, 600))
    openid = waiting_customer(server)
    server.order("/agents/accept", openid=openid, kf_account="kf2002@lehuo")
    console = open_console(size=(80, 24))
    console.wait_for(lambda _: bool(server.requests(LIST)))
    console.wait_for(r"晓雯 ")

    console.send("m")
    console.wait_for("Agents' accounts")
    console.send("n")
    console.wait_for("│  Behind the @  lehuo")
    console.send("kf2009\t\t小李" + Key.ENTER)
    console.wait_for(r"> 小李\s+kf2009@lehuo\s+\d+\s+not bound")
    console.send("i")
    console.wait_for("Invite somebody to take over 小李 kf2009@lehuo")
    console.send("li_2026" + Key.ENTER)
    console.wait_for("li_2026 is invited until")
    console.send("f")
    console.wait_for("Head image of 小李")
    console.send("~/fa" + Key.TAB)
    console.wait_for("JPG 800×600.*not square")
    console.send(Key.ENTER)
    console.wait_for("The head image is set")
    assert len(server.requests(PICTURE)) == 1

    console.send("gj")
    console.wait_for("> Tom")
    console.send("D")
    console.wait_for(f"serving 1 customer: {short(openid)}")
    console.send(Key.ENTER)  # Cancel
    console.wait_for(lambda console: "not documented" not in console.text())
    assert not server.requests(REMOVE)
    console.send("D")
    console.wait_for("serving 1 customer")
    console.send("y")
    console.wait_for(lambda console: "kf2002@lehuo  " not in console.text())
    assert len(server.requests(REMOVE)) == 1

    console.send(Key.ESCAPE)
    console.wait_for("1 Queue")
    assert leave(console) == 0
