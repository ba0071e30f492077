"""How fast the cursor follows the keys while rows change."""

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from tests.bench.bench import CONSOLE, TABLE, Bench, wait_until_calm
from tests.bench.budgets import KEY_P95, KEY_P99
from tests.bench.crowd import gather
from tests.bench.cursor import Cursor, current_in_table, current_session, has_moved
from tests.bench.report import Row, percentile, spread
from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import WechatServer

_SESSIONS = 1_000
_WRITERS_A_ROUND = 10
_ROUND_SECONDS = 2.0
_WALK = (Key.DOWN,) * 25 + (Key.UP,) * 15  # slowly down the list: inside the view and beyond its edge


def keys(bench: Bench) -> Iterator[Row]:
    """Move the cursor at a person's irregular pace, in the console and in a DataTable."""
    with bench.home() as home, bench.server(home) as server:
        crowd = gather(server, waiting=0, served=_SESSIONS)
        with _writing(server, crowd.served), bench.start(CONSOLE, home) as console:
            console.wait_for(f"in session {_SESSIONS + 1}")
            console.send("2")
            console.wait_for("x close")
            ours = _press(console, current_session, bench)
        with bench.start(TABLE, home) as table:
            table.wait_for("…000030")
            theirs = _press(table, current_in_table, bench)
    reference = f"DataTable: {spread(theirs)}"
    yield Row(KEY_P95, percentile(ours, 0.95), spread(ours), reference)
    yield Row(KEY_P99, percentile(ours, 0.99), f"{percentile(ours, 0.99):.1f} ms", "")


def _press(session: Session, cursor: Cursor, bench: Bench) -> list[float]:
    pace = random.Random(1)
    wait_until_calm()
    session.watch(_ROUND_SECONDS)
    times = []
    for number in range(bench.runs(600, 120)):
        before = cursor(session)
        pressed_at = session.send(_WALK[number % len(_WALK)])
        seen_at = session.wait_for(partial(has_moved, cursor, before))
        times.append((seen_at - pressed_at) * 1000)
        session.watch(pace.uniform(0.02, 0.12))
    return times


@contextmanager
def _writing(server: WechatServer, customers: Sequence[str]) -> Iterator[None]:
    """Let some customers write every round, until the block ends."""
    is_over, choice = threading.Event(), random.Random(2)

    def write() -> None:
        while not is_over.wait(_ROUND_SECONDS):
            for openid in choice.sample(customers, _WRITERS_A_ROUND):
                server.order("/say", openid=openid, text=f"还在吗 {choice.random()}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        is_over.set()
        writer.join()
