"""How long a start takes, what a full desk weighs, and what an idle one costs."""

import time
from collections.abc import Iterator

from tests.bench.bench import BARE, CONSOLE, Bench, wait_until_calm
from tests.bench.budgets import IDLE_CPU, MEMORY, START_TO_DESK, START_TO_LIVE
from tests.bench.crowd import gather
from tests.bench.report import Row, ratio
from tests.terminal.conversation import short
from tests.terminal.program import write_settings
from tests.terminal.session import Session

BARE_IS_SHOWN = "row 19 of the table"
_SETTLE_SECONDS = 5.0
_MINUTE = 60.0


def start(bench: Bench) -> Iterator[Row]:
    """Start in turn: the bare program, a console with a past, and one without."""
    bare: list[float] = []
    desk: list[float] = []
    live: list[float] = []
    with bench.home() as home, bench.server(home) as server:
        longest = short(gather(server, waiting=20, served=20).waiting[0])
        with bench.start(CONSOLE, home) as console:
            console.wait_for(longest)
            console.wait_for("online [1-9]")
            console.send("q")  # leaves a desk behind, which the next starts show first
            console.wait_for_exit()
        for _run in range(bench.runs(11, 3)):
            wait_until_calm()
            with bench.start(BARE, home) as session:
                bare.append(_until(session, BARE_IS_SHOWN))
            with bench.start(CONSOLE, home) as session:
                desk.append(_until(session, longest))
            with bench.home() as empty:
                write_settings(empty, server.account)
                with bench.start(CONSOLE, empty) as session:
                    live.append(_until(session, longest))
    yield ratio(START_TO_DESK, desk, bare, "ms", "bare app")
    yield ratio(START_TO_LIVE, live, bare, "ms", "bare app")


def weight(bench: Bench) -> Iterator[Row]:
    """Weigh a full desk beside the bare program."""
    with bench.home() as home, bench.server(home) as server:
        gather(server, waiting=100, served=500)
        with bench.start(CONSOLE, home) as console, bench.start(BARE, home) as bare:
            bare.wait_for(BARE_IS_SHOWN)
            console.wait_for("waiting 100 ")
            console.wait_for("in session 501")
            console.watch(_SETTLE_SECONDS)
            yield ratio(MEMORY, [console.memory_mb()], [bare.memory_mb()], "MB", "bare app")


def idle(bench: Bench) -> Iterator[Row]:
    """Let a console with one waiting customer, and the bare program, do nothing."""
    with bench.home() as home, bench.server(home):
        with bench.start(CONSOLE, home) as console:
            console.wait_for("online 2/4")
            console.watch(_SETTLE_SECONDS)
            wait_until_calm()
            ours, our_bytes = _cost_of_a_minute(console, bench)
        with bench.start(BARE, home) as bare:
            bare.wait_for(BARE_IS_SHOWN)
            bare.watch(_SETTLE_SECONDS)
            theirs, their_bytes = _cost_of_a_minute(bare, bench)
    reference = f"bare app: {theirs:.2f} CPU s/min, {their_bytes:.0f} bytes/min"
    yield Row(IDLE_CPU, ours, f"{ours:.2f} CPU s/min, {our_bytes:.0f} bytes/min", reference)


def _until(session: Session, pattern: str) -> float:
    return (session.wait_for(pattern) - session.started_at) * 1000


def _cost_of_a_minute(session: Session, bench: Bench) -> tuple[float, float]:
    cpu, size, at = session.cpu_seconds(), len(session.output), time.monotonic()
    session.watch(bench.runs(60, 15))
    minutes = (time.monotonic() - at) / _MINUTE
    return (session.cpu_seconds() - cpu) / minutes, (len(session.output) - size) / minutes
