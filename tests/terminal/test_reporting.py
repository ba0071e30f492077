"""From a number of the report to the conversation behind it, in a real terminal."""

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import accept, short, waiting_customer
from tests.terminal.session import Key
from tests.terminal.wechat_server import WechatServer


def test_a_supervisor_goes_from_a_wait_to_its_conversation(open_console: OpenConsole, server: WechatServer) -> None:
    openid = waiting_customer(server)
    console = open_console(size=(80, 24))
    console.wait_for(r"1 Queue 1\b")
    accept(console, openid)
    server.order("/say", openid=openid, text="还有货吗")
    console.wait_for(f"{short(openid)}.*还有货吗")

    console.send("p")
    console.wait_for("─Report ")
    console.wait_for("agent, p50")
    console.send("i")
    console.wait_for("waits: Waits that ended with an agent")
    console.send("i")
    console.wait_for(">all +1 ")
    console.send(Key.ENTER)
    console.wait_for("handling time")
    console.send(Key.ENTER)
    console.wait_for(r"customers─[\s\S]*" + short(openid))
    console.send(Key.ENTER)
    console.wait_for(r"─4 .*" + short(openid))
    console.wait_for("还有货吗")
    console.send("q")
    assert console.wait_for_exit() == 0
    assert console.is_restored()
