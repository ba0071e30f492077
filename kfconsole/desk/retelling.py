"""Keeps of a recording, while it is played, what a console keeps: who waited how long, who served whom, who watched."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from kfconsole.desk.chronicle import Chronicle
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.keeper import as_waiting
from kfconsole.desk.store import Store
from kfconsole.desk.watching import Watching
from kfconsole.errors import ArchiveError
from kfconsole.model import Desk, Feed, Opening

if TYPE_CHECKING:
    from kfconsole.archive import Archive


class Moment(ServerClock):
    """Stands at the moment of what is being taken in, however fast it is played."""

    def __init__(self) -> None:
        self._at = self._mono = 0.0

    def now(self) -> float:
        """Return the Unix seconds of WeChat's clock."""
        return self._at

    def monotonic(self) -> float:
        """Return the seconds of the recording host's monotonic clock."""
        return self._mono

    def stand(self, at: float, mono: float) -> None:
        """Stand at another moment."""
        self._at, self._mono = at, mono


class _Retold(Chronicle):
    """A chronicle that takes in many answers at once, of a desk that knows its customers from the recording."""

    def see(self, desk: Desk) -> None:
        """Put every answer aside, as each would have been looked through by itself."""
        before, look = self._last.desk, self._look(desk)
        is_answer = any(
            one is not other
            for one, other in (
                (desk.queue, before.queue),
                (desk.sessions, before.sessions),
                (desk.agents, before.agents),
                (desk.health, before.health),
            )
        )
        if is_answer:
            self._looks.append(look)
        self._last = look

    async def _note_openings(self, wrote: Sequence[Opening]) -> None:
        """Leave it: the recording tells what followed."""


class Retelling:
    """Writes what is played into the archive of the replay."""

    def __init__(self, archive: "Archive", store: Store, interval_seconds: Mapping[Feed, float]) -> None:
        self._archive = archive
        self._store = store
        self._interval_seconds = interval_seconds
        self._moment = Moment()
        self._chronicle: Chronicle | None = None
        self._watching: Watching | None = None
        self._desk: Desk | None = None
        """As it was looked at last."""

    async def begin(self, at: float, mono: float) -> None:
        """Go on from the desk as it is at a moment, whatever was before.

        Raises:
            ArchiveError: It cannot be read what is known.
        """
        self._moment.stand(at, mono)
        self._chronicle = _Retold(self._archive, self._store, self._moment)
        self._watching = Watching(self._archive, self._store, self._moment, self._interval_seconds)
        self._chronicle.begin(map(as_waiting, await self._archive.waits_going_on()))

    async def see(self, at: float, mono: float) -> None:
        """Look at the desk as it became at a moment."""
        self._moment.stand(at, mono)
        desk, before = self._store.desk, self._desk
        self._desk = desk
        if self._chronicle is not None and desk is not before:
            self._chronicle.see(desk)
        if self._watching is not None and (before is None or desk.health is not before.health):
            with suppress(ArchiveError):
                await self._watching.note()

    async def write(self, *, is_last: bool = False) -> None:
        """Write down what happened; what has no room is told with the messages that have none."""
        with suppress(ArchiveError):
            if self._chronicle is not None and self._watching is not None:
                await self._chronicle.write(is_last=is_last)
                await self._watching.note(is_last=is_last)
