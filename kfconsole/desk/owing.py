"""Who is owed an answer, as the desk shows it: the list is the archive's, and other consoles write there, too."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from kfconsole.desk import rules
from kfconsole.desk.facts import ContactsSeen, OwedSeen
from kfconsole.desk.store import Store
from kfconsole.desk.waking import Sleep
from kfconsole.errors import ArchiveError, NotPossible
from kfconsole.i18n import _
from kfconsole.model import Desk, Owed, Session
from kfconsole.text import clean, one_line

if TYPE_CHECKING:
    from kfconsole.archive import Archive

LOOK_SECONDS = 3.0
"""How late it is seen here what another console wrote."""
MAX_NOTE_CHARACTERS = 200
"""Of a note about who is handed back: one line, which every console shows."""


class Owing:
    """Reads the list now and then, and after each change from here."""

    def __init__(self, archive: "Archive", store: Store, *, sleep: Sleep) -> None:
        self._archive = archive
        self._store = store
        self._sleep = sleep
        self._reading = asyncio.Lock()

    async def run(self) -> None:
        """Follow the list until cancelled."""
        while True:
            await self.look_again()
            await self._sleep(LOOK_SECONDS)

    async def look_again(self) -> None:
        """Show the list as it is now; what is wrong with the archive, the desk shows."""
        with suppress(ArchiveError):
            async with self._reading:
                owed = await self._archive.owed()
                if unknown := [row.openid for row in owed if row.openid not in self._store.desk.contacts]:
                    self._store.apply(ContactsSeen(await self._archive.contacts(unknown)))
                self._store.apply(OwedSeen(owed))

    async def accepted(self, session: Session) -> None:
        """Tell the archive at once of a session from here, where somebody waited for it."""
        if any(row.openid == session.openid for row in self._store.desk.owed):
            with suppress(ArchiveError):  # the feed of sessions tells it again
                await self._archive.forget_owed(session.openid)
            await self.look_again()


def note_of(typed: str) -> str:
    """Return a note about who is handed back as it is kept: one line, and clean.

    Raises:
        NotPossible: It is too long.
    """
    note = one_line(clean(typed))
    if (count := len(note)) > MAX_NOTE_CHARACTERS:
        said = _("The note has {count} characters of at most {limit}: shorten it.")
        raise NotPossible(said.format(count=f"{count:,}", limit=MAX_NOTE_CHARACTERS))
    return note


def unanswered(desk: Desk) -> tuple[Owed, ...]:
    """Return who is owed an answer and not served by now, the longest first."""
    return tuple(row for row in desk.owed if not is_answered(desk, row))


def is_answered(desk: Desk, row: Owed) -> bool:
    """Whether a session was seen that began since a customer was handed back."""
    session = rules.session_of(desk, row.openid)
    return session is not None and session.started_at >= int(row.at)
