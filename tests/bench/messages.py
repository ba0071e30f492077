"""How fast news and replies travel, and how fast a long conversation opens."""

import asyncio
import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from kfconsole import config
from kfconsole.archive import Archive
from kfconsole.model import AgentId, CustomerId, MessageKind, Record
from tests.bench.bench import CONSOLE, Bench, wait_until_calm
from tests.bench.budgets import (
    APPEND_LONG,
    ARRIVAL_FAST,
    ARRIVAL_SLOW,
    ENTER_TO_WIRE,
    OPEN_LONG,
    TYPE_LONG,
    Budget,
)
from tests.bench.cursor import current_session, has_moved
from tests.bench.report import Row, percentile, spread
from tests.terminal.conversation import short, waiting_customer
from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import SEND, WechatServer

_MESSAGES = 10_000
_REPLIES_ALLOWED = 5
_CHECK = "/customservice/kfsession/getsession"
_FIRST_TYPED = ord("苀")  # from here on no character stands anywhere else on the screen
_KEYS_A_TEXT = 60
_BACKSPACE = "\x7f"


def arrivals(bench: Bench) -> Iterator[Row]:
    """Let customers come at any moment between two polls."""
    for budget, poll_seconds in ((ARRIVAL_SLOW, 2.0), (ARRIVAL_FAST, 0.5)):
        yield _arrivals(bench, budget, poll_seconds)


def _arrivals(bench: Bench, budget: Budget, poll_seconds: float) -> Row:
    moments = random.Random(3)
    times = []
    with bench.home() as home, bench.server(home, poll_seconds) as server, bench.start(CONSOLE, home) as console:
        console.wait_for("online 2/4")
        wait_until_calm()
        for _arrival in range(bench.runs(20, 5)):
            console.watch(moments.uniform(0, poll_seconds))
            openid = server.new_customer()
            came_at = time.monotonic()
            server.order("/say", openid=openid, text="在吗")
            times.append((console.wait_for(short(openid)) - came_at) * 1000)
            server.order("/act", openid=openid, action="leave")  # or the next would come below the visible rows
    return Row(budget, max(times), spread(times), f"the interval: {poll_seconds * 1000:.0f} ms")


def conversation(bench: Bench) -> Iterator[Row]:
    """Go back and forth between two long conversations, then reply in one."""
    with bench.home() as home, bench.server(home) as server:
        mine = waiting_customer(server)
        other = server.new_customer("你好")
        for openid in (mine, other):
            server.order("/agents/accept", kf_account=server.account["kf_account"], openid=openid)
        asyncio.run(_fill_archive(home, (mine, other)))
        with bench.start(CONSOLE, home) as console:
            console.wait_for("2 Sessions 2")
            console.wait_for("online 2/4")
            wait_until_calm()
            opened = _open(console, bench)
            yield Row(OPEN_LONG, percentile(opened, 0.95), spread(opened))
            _write_to(console, mine)
            typed = _type(console, bench)
            yield Row(TYPE_LONG, percentile(typed, 0.95), spread(typed))
            painted, on_wire = _reply(console, server, mine, bench)
            yield Row(APPEND_LONG, percentile(painted, 0.95), spread(painted))
            yield Row(ENTER_TO_WIRE, percentile(on_wire, 0.95), spread(on_wire))


def _open(console: Session, bench: Bench) -> list[float]:
    console.send("2")
    console.wait_for("x close")
    times = []
    for number in range(bench.runs(40, 10)):
        before = current_session(console)
        console.send((Key.DOWN, Key.UP)[number % 2])
        console.wait_for(partial(has_moved, current_session, before))
        console.wait_for_quiet(0.1)
        pressed_at = console.send(Key.ENTER)
        # The last but one message: the last is also in the list.
        seen_at = console.wait_for(f"{current_session(console)[1:]}-{_MESSAGES - 2}")
        times.append((seen_at - pressed_at) * 1000)
        console.wait_for("Esc back")
        console.send(Key.ESCAPE)
        console.wait_for("Enter open")
    return times


def _write_to(console: Session, openid: str) -> None:
    while openid[-6:] not in (before := current_session(console)):
        console.send(Key.DOWN)
        console.wait_for(partial(has_moved, current_session, before))
    console.send("r")
    console.wait_for("Ctrl\\+J")


def _type(console: Session, bench: Bench) -> list[float]:
    """Type at a person's irregular pace, over the end of a line, too; a text done is deleted again."""
    pace, times = random.Random(4), []
    for number in range(bench.runs(400, 80)):
        if number % _KEYS_A_TEXT == 0:
            _empty_composer(console)
        character = chr(_FIRST_TYPED + number)
        pressed_at = console.send(character)
        times.append((console.wait_for(character) - pressed_at) * 1000)
        console.watch(pace.uniform(0.02, 0.12))
    _empty_composer(console)
    return times


def _empty_composer(console: Session) -> None:
    console.send(_BACKSPACE * _KEYS_A_TEXT)
    console.wait_for("Reply to")
    console.wait_for_quiet(0.1)


def _reply(console: Session, server: WechatServer, openid: str, bench: Bench) -> tuple[list[float], list[float]]:
    painted, on_wire = [], []
    for number in range(bench.runs(40, 10)):
        if number % (_REPLIES_ALLOWED - 1) == 0:
            console.watch(1.0)  # records tell whole seconds: a reply of this second would count as an answer
            server.order("/say", openid=openid, text=f"问题 {number}")
            console.wait_for(f"问题 {number}")
        console.send(f"回复 {number} 号")
        console.wait_for(f"回复 {number} 号")
        console.wait_for_quiet(0.1)
        wall, pressed_at = time.time(), console.send(Key.ENTER)
        painted.append((console.wait_for(rf"回复 {number} 号\s+sen") - pressed_at) * 1000)
        console.wait_for(rf"回复 {number} 号\s+sent")
        asked_at = min(row["at"] for row in server.requests() if row["at"] >= wall and row["path"] in (SEND, _CHECK))
        on_wire.append((asked_at - wall) * 1000)
    return painted, on_wire


async def _fill_archive(home: Path, customers: tuple[str, str]) -> None:
    settings = config.load(home / ".config/kfconsole/config.toml")
    archive = Archive(home / ".local/share/kfconsole" / settings.archive_path.name)
    await archive.open()
    now = int(time.time())
    records = [
        Record(
            CustomerId(openid),
            AgentId("kf2001@lehuo"),
            (MessageKind.RECEIVED, MessageKind.SENT)[number % 2],
            f"{openid[-6:]}-{number} 你好，我的订单什么时候发货？",
            now - _MESSAGES + number,
        )
        for openid in customers
        for number in range(_MESSAGES)
    ]
    await archive.merge_records(sorted(records, key=lambda record: record.at), now - _MESSAGES, now)
    await archive.close()
