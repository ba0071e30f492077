"""Keeps when each list was looked at, so that a report can tell what nobody saw."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.store import Store
from kfconsole.model import Feed

if TYPE_CHECKING:
    from kfconsole.archive import Archive

NOTED_SECONDS: Final = 30.0
"""Kept at most so often; a console that is killed loses so much of what it watched."""
SILENT_SECONDS: Final = 15.0
"""Answers so near each other leave nothing unseen that a report would miss."""
SILENT_INTERVALS: Final = 3
"""Of the feed: nor do so many of its questions that were due."""


class _Span(Struct, frozen=True):
    """A feed was answered again and again."""

    start_at: float
    end_at: float
    seen_mono: float


class Watching:
    """Joins the answers of each feed to the spans it was watched in."""

    def __init__(
        self, archive: "Archive", store: Store, clock: ServerClock, interval_seconds: Mapping[Feed, float]
    ) -> None:
        self._archive = archive
        self._store = store
        self._clock = clock
        self._silent_seconds = {
            feed: max(SILENT_SECONDS, SILENT_INTERVALS * interval_seconds.get(feed, 0.0)) for feed in Feed
        }
        self._noting = asyncio.Lock()
        self._spans: dict[Feed, _Span] = {}
        self._noted: dict[Feed, float] = {}
        """Until when each span is kept."""

    async def note(self, *, is_last: bool = False) -> None:
        """Take in the newest answers, and keep what is due.

        Raises:
            ArchiveError: It cannot be written; the next time tries again.
        """
        if self._noting.locked() and not is_last:
            return  # the next answer takes along what is new
        async with self._noting:
            await self._note_all(is_last=is_last)

    async def _note_all(self, *, is_last: bool) -> None:
        for feed in Feed:
            if (seen_mono := self._store.desk.seen_mono(feed)) is not None:
                await self._note(feed, seen_mono, is_last=is_last)

    async def _note(self, feed: Feed, seen_mono: float, *, is_last: bool) -> None:
        at = self._clock.at(seen_mono)
        span = self._spans.get(feed)
        if span is None:
            span = _Span(await self._joined(feed, at), at, seen_mono)
        elif seen_mono - span.seen_mono > self._silent_seconds[feed]:
            await self._keep(feed, span)
            span = _Span(at, at, seen_mono)
        elif seen_mono > span.seen_mono:
            span = _Span(span.start_at, max(at, span.end_at), seen_mono)
        self._spans[feed] = span
        noted_until = self._noted.get(feed)
        if noted_until is None or is_last or span.end_at - noted_until >= NOTED_SECONDS:
            await self._keep(feed, span)

    async def _joined(self, feed: Feed, at: float) -> float:
        """Return where a first span begins: a console that began again at once has missed nothing."""
        known = await self._archive.watched(feed, at - self._silent_seconds[feed], at)
        return known[-1][1] if known else at

    async def _keep(self, feed: Feed, span: _Span) -> None:
        noted_until = self._noted.get(feed, 0.0)
        if span.end_at != noted_until:
            # Only what is new of it: what was kept before may have been purged since, and is not to come back.
            await self._archive.note_watched(feed, max(span.start_at, noted_until), span.end_at)
            self._noted[feed] = span.end_at
