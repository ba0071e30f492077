"""Keeps the lists in the archive, so that the next start shows them at once and waits stay known."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from kfconsole.desk.chronicle import Chronicle
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import Remembered
from kfconsole.desk.store import Store
from kfconsole.desk.watching import Watching
from kfconsole.model import Agent, CustomerId, Desk, Feed, Session, Wait, Waiting

if TYPE_CHECKING:
    from kfconsole.archive import Archive

LONGEST_DIFFERENCE_SECONDS = 3600.0
"""What consoles make of the beginning of one wait differs by less."""
DESK_SECONDS = 10.0
"""The lists are saved at most so often; the queue, from which waits are reckoned, after every change."""

Lists = tuple[tuple[Agent, ...], tuple[Waiting, ...], int, tuple[Session, ...]]


class Keeper:
    """Saves what changed, and reads it back at the start."""

    def __init__(
        self,
        archive: "Archive",
        store: Store,
        clock: ServerClock,
        interval_seconds: Mapping[Feed, float] = MappingProxyType({}),
    ) -> None:
        self._archive = archive
        self._store = store
        self._clock = clock
        self._chronicle = Chronicle(archive, store, clock)
        self._watching = Watching(archive, store, clock, interval_seconds)
        self._saved_queue: tuple[tuple[Waiting, ...], bool] = ((), False)
        self._saved_lists: Lists = _lists(Desk())
        self._saved_mono: float | None = None

    async def remember(self) -> None:
        """Bring back the lists of the last run and everybody the archive knows of lately."""
        desk = await self._archive.saved_desk() or Desk()
        saved_queue = await self._archive.saved_queue()
        contacts = await self._archive.contacts()
        rows, is_complete, at = saved_queue or (desk.queue, False, None)
        waits = await self._archive.waits_going_on()
        going_on = {wait.openid: as_waiting(wait) for wait in waits}
        shown = _with_waits(rows, going_on, await self._ended_since(rows, going_on))
        in_queue = {row.openid for row in shown}
        total = max(desk.queue_total, len(shown))
        desk = Desk(
            agents=desk.agents,
            queue=shown,
            queue_total=total,
            sessions=desk.sessions,
            contacts=contacts,
            remembered_at=desk.remembered_at,
        )
        elsewhere = tuple(row for openid, row in going_on.items() if openid not in in_queue)
        self._store.apply(Remembered(desk, is_complete, at, elsewhere))
        self._chronicle.go_on(row for row in (*shown, *elsewhere) if row.openid in going_on)
        self._saved_queue = (shown, is_complete)
        self._saved_lists = _lists(self._store.desk)

    async def save(self, *, is_last: bool = False) -> None:
        """Save what changed; the lists only when they are due, or this is the last time."""
        await self.save_queue(is_last=is_last)
        desk, mono = self._store.desk, self._clock.monotonic()
        is_due = is_last or self._saved_mono is None or mono - self._saved_mono >= DESK_SECONDS
        if is_due and _lists(desk) != self._saved_lists:
            await self._archive.save_desk(desk, self._clock.now())
            self._saved_lists = _lists(desk)
            self._saved_mono = mono

    async def save_queue(self, *, is_last: bool = False) -> None:
        """Save who waits, and what happened, as far as it changed."""
        memory = self._store.queue_memory
        queue = (memory.rows, memory.is_complete)
        if memory.at is not None and queue != self._saved_queue:
            await self._archive.save_queue(memory.rows, memory.is_complete, memory.at)
            self._saved_queue = queue
        await self._chronicle.write(is_last=is_last)
        await self._watching.note(is_last=is_last)

    async def _ended_since(
        self, rows: Sequence[Waiting], going_on: Mapping[CustomerId, Waiting]
    ) -> Mapping[CustomerId, Wait]:
        """Return the newest waits that ended of customers who are in the saved queue and, by their waits, should not.

        Another console may have seen them go, or the last one ended between saving the queue and the waits.
        """
        doubtful = [row for row in rows if row.openid not in going_on]
        if not doubtful:
            return {}
        start_at = min(row.since_at for row in doubtful) - LONGEST_DIFFERENCE_SECONDS
        return {wait.openid: wait for wait in await self._archive.waits(start_at, math.inf)}


def _with_waits(
    rows: Sequence[Waiting], going_on: Mapping[CustomerId, Waiting], ended: Mapping[CustomerId, Wait]
) -> tuple[Waiting, ...]:
    """Return the saved queue as its waits have it: since when, and without those whose wait is over."""
    kept = (row for row in rows if row.openid not in ended or not _is_over(row, ended[row.openid]))
    return tuple(_better(row, going_on.get(row.openid)) for row in kept)


def _better(row: Waiting, wait: Waiting | None) -> Waiting:
    return row if wait is None or wait.last_message_at < row.last_message_at else wait


def _is_over(row: Waiting, wait: Wait) -> bool:
    return wait.ended_at is not None and row.last_message_at <= wait.ended_at


def as_waiting(wait: Wait) -> Waiting:
    """Return a row of the queue as its wait tells it."""
    return Waiting(
        openid=wait.openid,
        last_message_at=wait.last_message_at,
        since_at=wait.since_at,
        is_exact=wait.is_exact,
        message_count=wait.message_count,
    )


def _lists(desk: Desk) -> Lists:
    return desk.agents, desk.queue, desk.queue_total, desk.sessions
