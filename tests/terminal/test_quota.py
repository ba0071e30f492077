"""Looking at WeChat's daily limits, in a real terminal."""

from tests.terminal.conftest import OpenConsole
from tests.terminal.session import Key
from tests.terminal.wechat_server import WechatServer

WAITING = "/customservice/kfsession/getwaitcase"


def test_whoever_asks_how_long_the_day_lasts_is_told(open_console: OpenConsole, server: WechatServer) -> None:
    server.order("/quota", path=WAITING, daily_limit=50_000, used=47_000)
    console = open_console(size=(80, 24))
    console.wait_for(r"1 Queue 1\b")
    console.send("Q")
    console.wait_for(r"the queue .*47,0\d\d .*50,000.*slowed")
    console.wait_for(r"what other calls save\s+does\s+not help it")
    console.send("j")
    console.wait_for("/customservice/kfsession/getsessionlist")
    console.send(Key.ESCAPE)
    console.wait_for(r"1 Queue 1\b")
    console.send("q")
    assert console.wait_for_exit() == 0
    assert console.is_restored()
