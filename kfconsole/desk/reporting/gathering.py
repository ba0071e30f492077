"""Brings a report's facts from the archive to where they are reckoned: by the order of time, a part at a time."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec.structs import replace

from kfconsole.desk.parts import in_parts, let_keys_pass
from kfconsole.desk.reporting.figures import Order, Report
from kfconsole.desk.reporting.reckoning import AHEAD_SECONDS, AROUND_SECONDS, BEFORE_SECONDS, Reckoning, Spans
from kfconsole.model import Feed

if TYPE_CHECKING:
    from kfconsole.archive import Archive

T = TypeVar("T")


async def reckon(
    archive: "Archive", order: Order, now: float, rest: Callable[[], Awaitable[None]] = let_keys_pass
) -> Report:
    """Reckon a report from the archive alone.

    Args:
        archive: What was seen.
        order: What is wanted.
        now: The time by WeChat's clock: what is still to come is not missing.
        rest: What to do between two parts.
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

    async def go_on(heard_at: float, until_at: float) -> None:
        """Have at hand whatever began up to a moment, and take in what began before anything is heard next."""
        while (reached_at := min(waits.reached_at, sessions.reached_at)) <= until_at and reached_at < math.inf:
            await (waits if waits.reached_at == reached_at else sessions).read()
            known_until = min(waits.reached_at, sessions.reached_at) - AHEAD_SECONDS
            await in_parts(reckoning.pass_to(min(known_until, heard_at)), rest)

    try:
        async with aclosing(_read_ahead(archive.spoken(order.start_at - AROUND_SECONDS, until_at))) as parts:
            async for lines in parts:
                times = [line.at for line in lines]
                await go_on(min(times), max(times) + AHEAD_SECONDS)
                await in_parts(reckoning.hear(lines), rest)
        await go_on(math.inf, math.inf)
        await in_parts(reckoning.finish(), rest)
        report = await in_parts(reckoning.report(missing(queue, order.start_at, end_at)), rest)
        return replace(report, order=order)
    finally:  # also when nobody waits for it any more
        await in_parts(reckoning.let_go(), rest)


async def _read_ahead(parts: AsyncIterator[T]) -> AsyncGenerator[T]:
    """Yield the parts; while one is in use the next is read."""
    coming = asyncio.ensure_future(_next(parts))
    try:
        while (part := await coming) is not None:
            coming = asyncio.ensure_future(_next(parts))
            yield part
    finally:
        coming.cancel()


async def _next(parts: AsyncIterator[T]) -> T | None:
    return await anext(parts, None)


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
