"""Steps that many days begin with."""

import re

from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import WechatServer


def short(openid: str) -> str:
    """Return a pattern of how the screen names a customer."""
    return "…" + re.escape(openid[-6:])


def waiting_customer(server: WechatServer) -> str:
    """Return who waits."""
    openid: str = server.state()["queue"][0]["openid"]
    return openid


def accept(console: Session, openid: str) -> None:
    """Accept the selected customer, who is the only one who waits."""
    console.wait_for(rf"> .*{short(openid)}")
    console.send("a")
    console.wait_for(rf"{short(openid)}\s+(with|晓雯)")


def write(console: Session, text: str) -> None:
    """Open the composer of the selected customer and write something."""
    console.send("r")
    console.wait_for(r"Ctrl\+J")
    console.send(text)
    console.wait_for(re.escape(text))


def wait_for_draft(console: Session) -> None:
    """Wait until the list tells that the draft is on disk."""
    console.wait_for("draft")


def leave(console: Session) -> int:
    """Quit from wherever the focus is; return the exit code."""
    console.send(Key.CTRL_Q)
    return console.wait_for_exit()
