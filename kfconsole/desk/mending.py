"""While the archive is in memory: tries to bring it back into its file, and the desk along."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfconsole.desk.facts import ArchiveSeen, ContactsSeen, ConversationLeft, ConversationOpened
from kfconsole.desk.store import Store
from kfconsole.desk.waking import Bell, Sleep
from kfconsole.errors import ArchiveError
from kfconsole.model import ArchiveTrouble, Feed

if TYPE_CHECKING:
    from kfconsole.archive import Archive

RETRY_SECONDS = 15.0


class Mending:
    """Tells the desk what is wrong with the archive, and tries again and again to mend it."""

    def __init__(self, archive: "Archive", store: Store, sleep: Sleep) -> None:
        self._archive = archive
        self._store = store
        self._bell = Bell(sleep)
        self._is_needed = asyncio.Event()
        self._failing: set[Feed] = set()
        archive.subscribe(self._note)

    def _note(self, trouble: ArchiveTrouble | None) -> None:
        self._store.apply(ArchiveSeen(trouble))
        if trouble is not None and trouble.is_in_memory:
            self._is_needed.set()

    def note_failure(self, feed: Feed, error: ArchiveError) -> None:
        """A feed had its answer, and could not store it: an archive that lives with no fault, or memory itself."""
        self._failing.add(feed)
        self._store.apply(ArchiveSeen(ArchiveTrouble(error.message, error.hint, is_in_memory=False)))

    def note_success(self, feed: Feed) -> None:
        """A feed had its answer and stored it."""
        if feed in self._failing:
            self._failing.discard(feed)
            if not self._failing:
                self._store.apply(ArchiveSeen(self._archive.trouble))

    async def run(self) -> None:
        """Try until cancelled."""
        while True:
            await self._is_needed.wait()
            is_mended = False
            while not is_mended:
                self._bell.silence()
                await self._bell.wait(RETRY_SECONDS)
                is_mended = await self._archive.mend()
            self._is_needed.clear()
            with suppress(ArchiveError):  # it has failed again already, and is in memory for the next time
                await self._look_again()

    def wake(self) -> None:
        """Try now; a trouble that is over was read by now."""
        self._archive.forget_trouble()
        self._bell.ring()

    async def _look_again(self) -> None:
        """Read anew what is on screen: what was stored in memory has other numbers now."""
        self._store.apply(ContactsSeen(await self._archive.contacts()))
        on_screen = self._store.desk.open
        if on_screen is None:
            return
        messages = await self._archive.conversation(on_screen.openid, limit=max(1, len(on_screen.messages)))
        now = self._store.desk.open
        if now is not None and now.openid == on_screen.openid:
            self._store.apply(ConversationLeft(), ConversationOpened(replace(now, messages=messages)))
