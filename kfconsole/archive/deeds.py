"""Deeds as the other rooms see them: noted, read, and found to be as they were noted."""

from collections.abc import Callable

from kfconsole.archive import acts, audit, chain, retention
from kfconsole.archive.place import Place
from kfconsole.archive.process import Process
from kfconsole.model import AuditCheck, Deed


class Deeds:
    """What the archive does with deeds; `Archive` fills in what it stands on."""

    _place: Place
    _wall: Callable[[], float]

    def _identity(self) -> Process:
        raise NotImplementedError

    async def begin_deed(self, deed: Deed) -> None:
        """Keep on disk that something is being done; should this process end before it is noted, it is a deed, too.

        Args:
            deed: What it will be, with a `key` of its own; noted with the same one, it takes the place of this.
        """
        process = self._identity()
        await self._place.write(lambda connection: acts.begin(connection, deed, process))

    async def note_deed(self, deed: Deed) -> None:
        """Keep what was done here."""
        await self._place.write(lambda connection: audit.note(connection, deed))

    async def deeds(self, start_at: float, end_at: float) -> tuple[Deed, ...]:
        """Return what was done in a span, oldest first; an archive in memory has what is new, and the file the rest."""
        found = await self._place.read(lambda connection: audit.between(connection, start_at, end_at))
        older = await self._place.read_older(lambda connection: audit.between(connection, start_at, end_at))
        return (*(older or ()), *found)

    async def check_deeds(self) -> AuditCheck:
        """Go through all deeds and tell whether they are what was noted; 100,000 take a second or two."""
        return await self._place.read_longest(chain.check)

    async def forget_deeds(self, at: float) -> int:
        """Delete deeds that are older, and return how many it were; a deed of its own tells of it."""
        now = self._wall()
        return await self._place.write_slices(lambda connection: retention.forget_deeds(connection, at, now))
