"""Whatever happens between the first poll and the last, the archive ends up with what WeChat's records hold."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kfconsole.desk.feeds.messages import MessagesFeed
from kfconsole.desk.syncing import DAY_SECONDS, LATE_SECONDS, Syncing
from kfconsole.errors import Unavailable
from kfconsole.model import Record
from kfconsole.simulator.faults import Fault
from kfconsole.wechat import KfClient
from tests.desk.house import ME, RECORDS, START, House, customer, opened

ANN, BOB = customer(1), customer(2)
LATEST_SECONDS = 50
"""How far behind its time a record is written down; what the switch adds to it stays below LATE_SECONDS."""
SMALLEST_PAGE = 6
MOST_OF_A_SECOND = 5
"""Fewer than a page, so that no page can be the very same as the one before."""


@dataclass(frozen=True)
class Said:
    """Some records of one second."""

    texts: list[str]
    openid: str
    kind: int
    late_seconds: int


@dataclass(frozen=True)
class Passes:
    """Time goes by."""

    seconds: int


@dataclass(frozen=True)
class Polled:
    """The feed asks; the given call of it fails."""

    failing_call: int | None


@dataclass(frozen=True)
class Restarted:
    """The console starts anew."""


@dataclass(frozen=True)
class Looked:
    """Somebody looks at a span of the past; the given call fails."""

    days_ago: float
    days: float
    failing_call: int | None


FAILING = st.none() | st.none() | st.integers(0, 3)
SAID = st.builds(
    Said,
    st.lists(st.sampled_from(["ok", "ok", "?"]), min_size=1, max_size=4),
    st.sampled_from([ANN, ANN, BOB]),
    st.sampled_from([2003, 2003, 2002, 1004]),
    st.integers(0, LATEST_SECONDS),
)
STEPS = st.lists(
    SAID
    | SAID
    | st.builds(Passes, st.sampled_from([1, 3, 60, 200, 4000, DAY_SECONDS, 3 * DAY_SECONDS]))
    | st.builds(Polled, FAILING)
    | st.just(Restarted())
    | st.builds(Looked, st.floats(0, 4), st.floats(0, 4), FAILING),
    min_size=5,
    max_size=30,
)


class SmallPages:
    """Reads records a few at a time."""

    def __init__(self, client: KfClient, page_size: int) -> None:
        self._client = client
        self._page_size = page_size

    async def all_records(
        self, start_at: int, end_at: int, *, on_page: Callable[[int], None] | None = None
    ) -> tuple[Record, ...]:
        """Return all of a span."""
        return await self._client.all_records(start_at, end_at, page_size=self._page_size, on_page=on_page)


@given(
    steps=STEPS,
    page_size=st.integers(SMALLEST_PAGE, 8),
    is_inclusive=st.booleans(),
    shows_events=st.booleans(),
    delay_seconds=st.integers(0, LATE_SECONDS - LATEST_SECONDS - 10),
)
@settings(max_examples=60)
def test_polls_looks_failures_and_restarts_end_in_exactly_what_wechat_has(
    steps: list[Said | Passes | Polled | Restarted | Looked],
    page_size: int,
    is_inclusive: bool,
    shows_events: bool,
    delay_seconds: int,
) -> None:
    async def check(house: House) -> None:
        house.world.switches = replace(
            house.world.switches,
            cursor_inclusive=is_inclusive,
            records_show_events=shows_events,
            records_delay_seconds=float(delay_seconds),
        )
        client = cast("KfClient", SmallPages(house.client, page_size))
        feed, syncing = started(house, client)
        for step in steps:
            match step:
                case Said(texts, openid, kind, late_seconds):
                    at = house.time.wall() - late_seconds
                    house.world.write_records([(openid, kind, at, ME, text) for text in texts])
                case Passes(seconds):
                    house.time.sim.advance(seconds)
                case Restarted():
                    feed, syncing = started(house, client)
                case Polled(failing_call):
                    with failing(house, failing_call):
                        await feed.ask()
                case Looked(days_ago, days, failing_call):
                    end_at = house.time.wall() - days_ago * DAY_SECONDS
                    with failing(house, failing_call):
                        await syncing.fetch_all(end_at - days * DAY_SECONDS, end_at)

        house.time.sim.advance(2 * LATE_SECONDS)
        await syncing.fetch_all(START - DAY_SECONDS, house.time.wall())

        assert await house.archive.gaps(START - DAY_SECONDS, house.time.wall() - LATE_SECONDS) == ()
        assert await kept(house) == recorded(house, shows_events=shows_events)

    assume(fits_a_page(steps))
    with_house(check)


def started(house: House, client: KfClient) -> tuple[MessagesFeed, Syncing]:
    """What a console that starts now would ask with."""
    return (
        MessagesFeed(client, house.archive, house.store, house.clock),
        Syncing(client, house.archive, house.store, house.clock),
    )


@contextmanager
def failing(house: House, call: int | None) -> Iterator[None]:
    """Let WeChat break down at one of the next calls, and stay so until the end of the block."""
    if call is not None:
        house.app.state.faults.arm(Fault(RECORDS, "status", after=call, count=None))
    with suppress(Unavailable):
        yield
    house.app.state.faults.clear()


async def kept(house: House) -> dict[str, list[tuple[int, str, str]]]:
    """What the archive has of each customer, in its order."""
    return {
        openid: [(int(m.at), m.kind.value, m.text) for m in await house.archive.conversation(openid, limit=1000)]
        for openid in (ANN, BOB)
    }


def recorded(house: House, *, shows_events: bool) -> dict[str, list[tuple[int, str, str]]]:
    """What WeChat has of each customer, by time and, within a second, in the order of writing."""
    kinds = {2002: "sent", 2003: "received", 1004: "closed"}
    shown = [row for row in house.world.records._records if shows_events or row.opercode in (2002, 2003)]
    return {
        openid: [
            (row.time, kinds[row.opercode], row.text)
            for row in sorted(shown, key=lambda row: row.time)
            if row.openid == openid
        ]
        for openid in (ANN, BOB)
    }


def fits_a_page(steps: Sequence[object]) -> bool:
    """Whether no second holds so much that a page could be the very same as the one before."""
    at, counts = 0, Counter[int]()
    for step in steps:
        if isinstance(step, Passes):
            at += step.seconds
        elif isinstance(step, Said):
            counts[at - step.late_seconds] += len(step.texts)
    return max(counts.values(), default=0) <= MOST_OF_A_SECOND


def with_house(check: Callable[[House], Awaitable[None]]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder)) as house:
                await check(house)

    asyncio.run(run())
