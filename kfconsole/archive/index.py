"""The index of words beside everything else: brought up to date by itself, asked without holding anybody up."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from kfconsole.archive import search
from kfconsole.archive.place import Place, joined
from kfconsole.errors import ArchiveError
from kfconsole.model import Message, SearchPage, SearchQuery

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")


class Index:
    """Puts in what was stored since, in slices between which everything else has its turn."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._task: asyncio.Task[None] | None = None
        self._filling = asyncio.Lock()
        self._is_behind = False
        self._is_closing = False

    def soon(self) -> None:
        """Bring the index up to date from now on; a failure is left to the next time."""
        self._is_behind = True
        if not self._is_closing and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run(), name="archive-index")

    async def _run(self) -> None:
        while self._is_behind:
            self._is_behind = False
            with suppress(ArchiveError):
                await self.fill()

    async def fill(self) -> int:
        """Put in what is missing, the newest first; return how many messages it was."""
        async with self._filling:  # of two at once, each would hold up a send by a slice
            return await self._place.write_slices(
                lambda connection: search.index_messages(connection, lambda: self._is_closing)
            )

    async def after(self, writing: Awaitable[T]) -> T:
        """Bring the index up to date after a long write: most of what is new was stored by one.

        The rest, such as our own sends, has its turn with the next.
        """
        outcome = await writing
        self.soon()
        return outcome

    def end(self) -> None:
        """Begin no slice any more: what is missing is left to the next console."""
        self._is_closing = True

    async def ended(self) -> None:
        """Wait for the last slice; what was wrong with it, if not with the file, is raised here."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def search(self, query: SearchQuery, before: Message | None, limit: int) -> SearchPage:
        """Return a page of what is found; once the caller is cancelled, looking ends soon."""
        is_wanted = True

        def find(connection: "Connection") -> SearchPage:
            return search.find(connection, query, before, limit, lambda: is_wanted)

        try:
            page = await self._place.read(find)
            older = await self._place.read_older(find)
        finally:
            is_wanted = False
        return page if older is None else joined(page, older, limit)
