"""Keeps the lists in the archive, so that the next start shows them at once and waits stay known."""

from typing import TYPE_CHECKING

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import Remembered
from kfconsole.desk.store import Store
from kfconsole.model import Agent, Desk, Session, Waiting

if TYPE_CHECKING:
    from kfconsole.archive import Archive

DESK_SECONDS = 10.0
"""The lists are saved at most so often; the queue, from which waits are reckoned, after every change."""

Lists = tuple[tuple[Agent, ...], tuple[Waiting, ...], int, tuple[Session, ...]]


class Keeper:
    """Saves what changed, and reads it back at the start."""

    def __init__(self, archive: "Archive", store: Store, clock: ServerClock) -> None:
        self._archive = archive
        self._store = store
        self._clock = clock
        self._saved_queue: tuple[tuple[Waiting, ...], bool] = ((), False)
        self._saved_lists: Lists = _lists(Desk())
        self._saved_mono: float | None = None

    async def remember(self) -> None:
        """Bring back the lists of the last run and everybody the archive knows of lately."""
        desk = await self._archive.saved_desk() or Desk()
        saved_queue = await self._archive.saved_queue()
        contacts = await self._archive.contacts()
        rows, is_complete, at = saved_queue or (desk.queue, False, None)
        total = max(desk.queue_total, len(rows))
        desk = Desk(
            agents=desk.agents,
            queue=rows,
            queue_total=total,
            sessions=desk.sessions,
            contacts=contacts,
            remembered_at=desk.remembered_at,
        )
        self._store.apply(Remembered(desk, is_complete, at))
        self._saved_queue = (rows, is_complete)
        self._saved_lists = _lists(self._store.desk)

    async def save(self, *, is_last: bool = False) -> None:
        """Save what changed; the lists only when they are due, or this is the last time."""
        memory = self._store.queue_memory
        queue = (memory.rows, memory.is_complete)
        if memory.at is not None and queue != self._saved_queue:
            await self._archive.save_queue(memory.rows, memory.is_complete, memory.at)
            self._saved_queue = queue
        desk, mono = self._store.desk, self._clock.monotonic()
        is_due = is_last or self._saved_mono is None or mono - self._saved_mono >= DESK_SECONDS
        if is_due and _lists(desk) != self._saved_lists:
            await self._archive.save_desk(desk, self._clock.now())
            self._saved_lists = _lists(desk)
            self._saved_mono = mono


def _lists(desk: Desk) -> Lists:
    return desk.agents, desk.queue, desk.queue_total, desk.sessions
