"""2,000 agents and 20,000 sessions: until all are seen, and what each refresh holds up from then on."""

import asyncio
import random
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from kfconsole import config
from kfconsole.cli.wiring import make_client, wire
from kfconsole.desk import Store
from kfconsole.model import Desk
from kfconsole.simulator.crowd import AGENTS, SESSIONS
from kfconsole.ui.app import KfApp
from kfconsole.wechat import paths
from tests.bench.bench import BARE, CONSOLE, Bench, wait_until_calm
from tests.bench.budgets import BIG_CALLS, BIG_FULL, BIG_KEY, BIG_LOOP, BIG_MEMORY, FIFTY_CALLS, Budget
from tests.bench.cursor import current_session, has_moved
from tests.bench.loop import loop_watched, steps_timed
from tests.bench.report import Row, percentile, ratio, spread
from tests.bench.start import BARE_IS_SHOWN
from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import WechatServer

_SWITCH_SECONDS = 0.005  # Python's own: the archive's thread holds up the loop as it would in the console
_IN_FLIGHT = 8
_ANSWER_SECONDS = 0.03  # as long as WeChat takes at its best
_SEEN_SHARE = 0.98  # the crowd comes and goes meanwhile
_SETTLE_SECONDS = 10.0
_ROUND_SECONDS = 5.0
_MINUTE = 60.0
_FIFTY = 50
_WALK = (Key.DOWN,) * 25 + (Key.UP,) * 15
_POLLED = (paths.QUEUE, paths.AGENTS, paths.ONLINE_AGENTS, paths.SESSIONS, paths.RECORDS)


def big(bench: Bench) -> Iterator[Row]:
    """Open a console on the crowd: in this process to watch its loop, then on a terminal."""
    with bench.home() as home, WechatServer(home, scenario="big") as server:
        switch_seconds = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_SECONDS)
        try:
            yield from asyncio.run(_watch_loop(bench, home, server))
        finally:
            sys.setswitchinterval(switch_seconds)
        yield from _on_a_terminal(bench, server)


async def _watch_loop(bench: Bench, home: Path, server: WechatServer) -> list[Row]:
    settings = _settings(home, server)
    server.order("/faults", path=paths.SESSIONS, kind="delay", delay_seconds=_ANSWER_SECONDS, count=None)
    asked = await _ask_all(settings)
    wait_until_calm()
    desk = wire(settings)
    app = KfApp(settings=settings, parts=desk)
    async with app.run_test(size=(120, 40)):
        began = time.perf_counter()
        with steps_timed() as first:
            await _all_seen(desk.store)
        seen = time.perf_counter() - began
        server.mend_the_network()
        await asyncio.sleep(_SETTLE_SECONDS)
        async with loop_watched() as held:
            with steps_timed() as steps:
                await asyncio.sleep(bench.runs(60, 20))
    full = ratio(BIG_FULL, [seen * 1000], [asked * 1000], "ms", f"asking for all, {_IN_FLIGHT} at a time, and no more")
    meanwhile = f"until all are seen: {spread(first)}; by the clock, others on the machine included: {spread(held)}"
    return [full, Row(BIG_LOOP, max(*first, *steps), f"{spread(steps)} of processor time a step", meanwhile)]


async def _all_seen(store: Store) -> None:
    is_full = asyncio.Event()

    def look(desk: Desk) -> None:
        if len(desk.sessions) >= SESSIONS * _SEEN_SHARE:
            is_full.set()

    unsubscribe = store.subscribe(look)
    await is_full.wait()
    unsubscribe()


async def _ask_all(settings: config.Settings) -> float:
    """Return how long it takes to ask for everything with as many questions at once, and to keep nothing of it."""
    client = make_client(settings)
    began = time.perf_counter()
    online = iter([agent for agent, count in (await client.online_agents()).items() if count])

    async def ask() -> None:
        for agent in online:
            await client.sessions(agent)

    async with asyncio.TaskGroup() as group:
        for _worker in range(_IN_FLIGHT):
            group.create_task(ask())
    taken = time.perf_counter() - began
    await client.aclose()
    return taken


def _settings(home: Path, server: WechatServer) -> config.Settings:
    account = {key: server.account[key] for key in ("app_id", "app_secret", "base_url")}
    values = {"account": account, "me": {"kf_account": server.account["kf_account"]}}
    return config.from_values(values, path=home / "config.toml", folder=home)


def _on_a_terminal(bench: Bench, server: WechatServer) -> Iterator[Row]:
    with bench.home() as home, bench.home() as empty:
        bench.settle_at(home, server)
        with bench.start(CONSOLE, home) as console:
            console.wait_for(r"in session (19[5-9]|20)\d\d")
            console.send("2")
            console.wait_for("x close")
            console.watch(_SETTLE_SECONDS)
            pressed = _press(console, bench)
            calls = _calls_a_minute(console, server, bench)
            naive = (2 + AGENTS) * _MINUTE / _ROUND_SECONDS
            with bench.start(BARE, empty) as bare:
                bare.wait_for(BARE_IS_SHOWN)
                bare.watch(_ROUND_SECONDS)
                yield Row(BIG_KEY, percentile(pressed, 0.95), spread(pressed))
                yield ratio(BIG_MEMORY, [console.memory_mb()], [bare.memory_mb()], "MB", "bare app")
            yield _calls_row(BIG_CALLS, calls, naive)


def fifty(bench: Bench) -> Iterator[Row]:
    """Count the calls of a console that watches fifty quiet agents."""
    with bench.home() as home, bench.server(home) as server:
        for number in range(_FIFTY):
            server.order("/agents", kf_account=f"quiet{number}@lehuo", nickname=f"客服{number}")
            openid = server.new_customer("你好")
            server.order("/agents/accept", kf_account=f"quiet{number}@lehuo", openid=openid)
        with bench.start(CONSOLE, home) as console:
            console.wait_for(f"in session {_FIFTY}")
            console.watch(_SETTLE_SECONDS)
            calls = _calls_a_minute(console, server, bench)
        yield _calls_row(FIFTY_CALLS, calls, (2 + _FIFTY) * _MINUTE / _ROUND_SECONDS)


def _press(session: Session, bench: Bench) -> list[float]:
    pace = random.Random(1)
    times = []
    for number in range(bench.runs(400, 100)):
        before = current_session(session)
        pressed_at = session.send(_WALK[number % len(_WALK)])
        seen_at = session.wait_for(partial(has_moved, current_session, before))
        times.append((seen_at - pressed_at) * 1000)
        session.watch(pace.uniform(0.02, 0.12))
    return times


def _calls_a_minute(session: Session, server: WechatServer, bench: Bench) -> float:
    """Return how often the server is asked while nobody touches the console, counted there."""
    session.watch(bench.runs(60, 5))  # a minute after the start, all who were asked for at once are due again
    before, began = _calls(server), time.monotonic()
    session.watch(bench.runs(120, 20))
    return (_calls(server) - before) * _MINUTE / (time.monotonic() - began)


def _calls(server: WechatServer) -> int:
    return sum(int(server.order("/quota", path=path)["used"]) for path in _POLLED)


def _calls_row(budget: Budget, calls: float, naive: float) -> Row:
    shown = f"{calls:,.0f} calls a minute = {calls / naive:.1%}"
    return Row(budget, calls / naive * 100, shown, f"2 + N calls every {_ROUND_SECONDS:.0f} s: {naive:,.0f} a minute")
