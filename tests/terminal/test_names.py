"""Naming a customer and finding them by pinyin, over a real terminal."""

from tests.terminal.conftest import OpenConsole
from tests.terminal.conversation import leave, short, waiting_customer
from tests.terminal.session import Key
from tests.terminal.wechat_server import WechatServer


def test_a_customer_is_named_found_by_initials_and_still_named_at_the_next_start(
    open_console: OpenConsole, server: WechatServer
) -> None:
    openid = waiting_customer(server)
    other = server.new_customer("有人吗？")
    console = open_console()

    console.wait_for(rf"> .*{short(openid)}")
    console.wait_for(short(other))
    console.send("e")
    console.wait_for("Alias")
    console.send("张女士\t老客户\tVIP")
    console.wait_for("9/29 bytes")
    console.wait_for("writes the remark to WeChat")
    console.send(Key.ENTER)
    console.wait_for(rf"> .*张女士 .*{short(openid)}")
    console.wait_for(lambda console: "Alias" not in console.text())
    console.wait_for(lambda _: server.customer(openid)["remark"] == "老客户")

    console.send("/zns")
    console.wait_for("1 Queue 1/2")
    assert "张女士" in console.text()
    console.send(Key.ENTER)
    console.send(Key.ESCAPE)
    console.wait_for(short(other))
    assert leave(console) == 0

    again = open_console()
    again.wait_for("张女士")
    assert leave(again) == 0
