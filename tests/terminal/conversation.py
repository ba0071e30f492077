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


def serve(server: WechatServer) -> str:
    """Let us have accepted who waits, before the console starts; return the customer.

    Where accepting is not what is looked at: the notice of it lies over the newest messages for seconds.
    """
    openid = waiting_customer(server)
    server.order("/agents/accept", openid=openid, kf_account=server.account["kf_account"])
    return openid


def select_served(console: Session, openid: str) -> None:
    """Turn to the sessions, where nobody but the customer is served by us."""
    console.wait_for(rf"{short(openid)}\s+(me|我)")
    console.send("2")
    console.wait_for(r"\bx (close|结束)")  # a key sent with the first paint was meant for what nobody had seen


def write(console: Session, text: str) -> None:
    """Open the composer of the selected customer and write something."""
    console.send("r")
    console.wait_for(r"Ctrl\+J")
    console.send(text)
    console.wait_for(re.escape(text))


def wait_until_it_takes_an_answer(console: Session, cancel: str = "Cancel") -> None:
    """Wait until a question nobody asked for can be answered: the cursor comes to its first button only then."""
    console.wait_for(lambda console: any(console.emulator.is_reverse(cancel, row) for row in _rows(console, cancel)))


def _rows(console: Session, words: str) -> list[int]:
    return [row for row, line in enumerate(console.lines()) if words in line]


def wait_for_draft(console: Session) -> None:
    """Wait until the list tells that the draft is on disk."""
    console.wait_for("draft")


def leave(console: Session) -> int:
    """Quit from wherever the focus is; return the exit code."""
    console.send(Key.CTRL_Q)
    return console.wait_for_exit()
