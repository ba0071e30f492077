"""Brings a report's facts from the archive to where they are reckoned: by the order of time, a part at a time."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec.structs import replace

from kfconsole.desk.reporting.figures import Order, Report
from kfconsole.desk.reporting.reckoning import AHEAD_SECONDS, AROUND_SECONDS, BEFORE_SECONDS, SLICE, Reckoning, Spans
from kfconsole.model import Feed

if TYPE_CHECKING:
    from kfconsole.archive import Archive

T = TypeVar("T")


async def reckon(archive: "Archive", order: Order, now: float) -> Report:
    """Reckon a report from the archive alone.

    Args:
        archive: What was seen.
        order: What is wanted.
        now: The time by WeChat's clock: what is still to come is not missing.
    """
    end_at = min(order.end_at, now)
    earlier = order.start_at - BEFORE_SECONDS
    until_at = min(order.end_at + AROUND_SECONDS, max(now, end_at))
    gaps = await archive.gaps(earlier, max(until_at, order.start_at))
    queue = await archive.watched(Feed.QUEUE, order.start_at, end_at)
    ends = await archive.watched(Feed.SESSIONS, earlier, now)
    reckoning = Reckoning(replace(order, end_at=end_at), (), (), gaps, ends)
    waits = _Parts(archive.waits_by_time(earlier, order.end_at), reckoning.waits, lambda wait: wait.since_at)
    sessions = _Parts(
        archive.sessions_by_time(earlier, until_at), reckoning.sessions, lambda session: session.started_at
    )

    async def go_on(until_at: float) -> None:
        """Have at hand whatever began up to a moment, and take in what can be."""
        while (reached_at := min(waits.reached_at, sessions.reached_at)) <= until_at and reached_at < math.inf:
            await (waits if waits.reached_at == reached_at else sessions).read()
            known_until = min(waits.reached_at, sessions.reached_at) - AHEAD_SECONDS
            await _slowly(reckoning.pass_to(min(known_until, until_at - AHEAD_SECONDS)))

    async for part in archive.spoken(order.start_at - AROUND_SECONDS, until_at):
        for start in range(0, len(part), SLICE):
            lines = part[start : start + SLICE]
            await go_on(max(line.at for line in lines) + AHEAD_SECONDS)
            await _slowly(reckoning.hear(lines))
    await go_on(math.inf)
    await _slowly(reckoning.finish())
    report = await _slowly(reckoning.report(missing(queue, order.start_at, end_at)))
    return replace(report, order=order)


class _Parts(Generic[T]):
    """Reads what happened into the hands of whoever reckons, a part at a time."""

    def __init__(self, parts: AsyncIterator[Sequence[T]], into: deque[T], began_at: Callable[[T], float]) -> None:
        self._parts = parts
        self._into = into
        self._began_at = began_at
        self.reached_at = -math.inf
        """All that began before is read."""

    async def read(self) -> None:
        """Read the next part."""
        try:
            part = await anext(self._parts)
        except StopAsyncIteration:
            self.reached_at = math.inf
            return
        self._into.extend(part)
        self.reached_at = self._began_at(part[-1])


async def _slowly(steps: Generator[None, None, T]) -> T:
    """Take all steps of something, and let others take theirs in between."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: T = end.value
            return outcome
        await asyncio.sleep(0)


def missing(spans: Spans, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
    """Return the parts of a span that others do not cover, which are in order."""
    found: list[tuple[float, float]] = []
    reached = start_at
    for first, last in spans:
        if first > reached:
            found.append((reached, first))
        reached = max(reached, last)
    if reached < end_at:
        found.append((reached, end_at))
    return tuple(found)
