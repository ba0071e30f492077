"""The floor on a terminal while it moves: a lunch hour, a crowd of thousands, and a connection where all goes wrong."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.program import start_console, write_settings
from tests.terminal.session import Key, Session
from tests.terminal.test_transfer import CLOSE, CREATE, ME
from tests.terminal.wechat_server import WechatServer

AT_MOST_TIMES = 6
"""In a rush colleagues take or end what a plan names; then nothing is done, and whoever pressed presses again."""
MINUTE = 60.0


@contextmanager
def watching(home: Path, scenario: str) -> Iterator[tuple[WechatServer, Session]]:
    with WechatServer(home, scenario=scenario) as server:
        write_settings(home, server.account)
        with start_console(home) as console:
            yield server, console


def again_until(is_done: Callable[[], bool], press: Callable[[], object]) -> None:
    for _time in range(AT_MOST_TIMES):
        press()
        if is_done():
            return
    raise AssertionError(f"not in {AT_MOST_TIMES} times")


def answered(server: WechatServer, path: str) -> list[dict[str, Any]]:
    """What this console asked for and WeChat did."""
    return [asked for asked in server.requests(path) if asked["errcode"] == 0]


def say_yes(console: Session, question: str) -> None:
    """Answer a question once its dialog stands there, and wait until it is gone."""
    console.wait_for(rf"│ +[^│\n]*{question}")
    console.send("y")
    console.wait_for(lambda console: not re.search(rf"│ +[^│\n]*{question}", console.text()))


def go_home(console: Session) -> None:
    console.wait_for(r"─1 Queue ")


def is_restored_after_quitting(console: Session) -> bool:
    console.send("q")
    return console.wait_for_exit() == 0 and console.is_restored()


def test_a_supervisor_leads_a_lunch_hour(home: Path) -> None:
    with watching(home, "rush") as (server, console):
        console.wait_for(r"1 Queue \d")
        console.wait_for(r"in session [1-9]")

        console.send("b")
        console.wait_for(r"1 Customers \d+")
        console.wait_for(r"3 Agents \d/\d")
        console.send("b")
        go_home(console)

        def assign() -> None:
            console.send("L")
            say_yes(console, r"They wait longest of")

        def is_assigned() -> bool:
            console.wait_for(r"is now with|nothing was done|[Nn]obody|already")
            return bool(answered(server, CREATE))

        again_until(is_assigned, assign)

        def take_over() -> None:
            console.send("2G" + "T")  # ours come first, the newest of the others last
            say_yes(console, r"from (Tom|小美|阿芳|Leo) ")

        def is_taken_over() -> bool:
            console.wait_for(r"4 .*with 晓雯 |nothing was done|over already")
            console.send(Key.ESCAPE)
            return bool(answered(server, CLOSE))

        console.wait_for(lambda _: any(row["kf_account"] != ME for row in server.state()["sessions"]))
        again_until(is_taken_over, take_over)

        console.send("2")
        console.send("gvjv")
        console.wait_for(r"\n.?.?v[\s\S]*\n>.?v")
        console.send("x")
        say_yes(console, r"Close 2 sessions|Close \(y\)")
        console.wait_for(r"[012] of 2 done\.")
        console.send(Key.ENTER)
        console.wait_for(lambda console: "of 2 done" not in console.text())

        def hand_back() -> None:
            console.send("2g" + "B")
            say_yes(console, r"Hand …")

        def is_handed_back() -> bool:
            console.wait_for(r"owed 1|over already|not with")
            return "owed 1" in console.text()

        console.wait_for(lambda _: any(row["kf_account"] == ME for row in server.state()["sessions"]))
        again_until(is_handed_back, hand_back)
        console.send("o")
        console.wait_for(r"Owed an answer 1")
        console.send("a")
        console.wait_for(lambda console: "owed 1" not in console.text())
        go_home(console)

        def has_limits() -> bool:
            console.wait_for_quiet(0.3)
            return "agents' sessions" in console.text()

        again_until(has_limits, lambda: console.send("Q"))  # while an accept goes on, keys wait for whom it brings
        console.send(Key.ESCAPE)
        go_home(console)
        console.send("p")
        console.wait_for(r">all +[1-9]")
        console.send("q")
        go_home(console)
        assert is_restored_after_quitting(console)


def test_a_crowd_of_20_000_is_seen_filtered_and_looked_on_at(home: Path) -> None:
    with watching(home, "big") as (_server, console):
        console.wait_for(r"in session (19[6-9]|20)\d\d\d?", within=MINUTE)
        console.send("b")
        console.wait_for(r"1 Customers ≥(19[6-9]|20)\d\d\d?, ≥\d+ urgent", within=MINUTE)
        console.send("/")
        console.wait_for("Filter: name")
        console.send("客服0042")
        console.wait_for(r"1 Customers [1-9]\d?/≥20\d\d\d, ≥\d+ urgent +/ 客服0042")
        console.send(Key.ENTER)
        console.wait_for(r">[^\n]*客服0042")
        console.send(Key.ENTER)
        console.wait_for("Looking on leaves no trace")
        console.wait_for("您好，请问有什么可以帮您")
        console.send(Key.ESCAPE)
        console.send(Key.ESCAPE)
        console.wait_for(r"1 Customers ≥(19|20)\d\d\d, ")
        console.send("b")
        go_home(console)
        assert is_restored_after_quitting(console)


def test_the_board_stays_up_in_a_storm_says_what_is_stale_and_recovers(home: Path) -> None:
    with watching(home, "storm") as (server, console):
        console.wait_for(r"in session [1-9]")
        console.send("b")
        console.wait_for(r"1 Customers [1-9]")
        server.cut_the_network()
        console.wait_for("was cut.*Trying again")
        console.wait_for(r"\d+ s stale")
        console.wait_for(r"1 Customers [1-9]")

        newcomer = server.new_customer("有人吗？")
        server.mend_the_network()
        console.send("R")
        console.send("/" + newcomer[-6:])
        console.wait_for(r"1 Customers 1/\d+", within=MINUTE)
        console.wait_for(lambda console: "was cut" not in console.text(), within=MINUTE)
        console.send(Key.ENTER)
        console.send(Key.ESCAPE)
        console.wait_for(r"1 Customers \d+[ ,]")
        console.send("b")
        go_home(console)
        assert is_restored_after_quitting(console)


@pytest.mark.soak
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_keys_go_on_while_20_000_are_asked_for(home: Path, size: tuple[int, int]) -> None:
    with WechatServer(home, scenario="big") as server:
        write_settings(home, server.account)
        with start_console(home, size=size) as console:
            console.wait_for(r"2 Sessions [1-9]")
            console.send("2")
            for _round in range(10):
                console.send("jjjk" + "1" + "2")
                console.wait_for(r"\n>")
            console.wait_for(r"in session (19[6-9]|20)\d\d\d?", within=MINUTE)
            assert is_restored_after_quitting(console)
