"""Where the archive is: in its file, or in memory while that cannot be used.

Of several ways to meet a fault of the file each opener chooses one: a command that writes stops; one that reads goes
on with what can be read; the console goes on in any case, tries to come back, and keeps a damaged file aside.
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Collection, Generator
from contextlib import closing
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from kfconsole.archive import rescue, returning, search, shelter
from kfconsole.archive.connection import Fault, FileError, connect, connect_to_read, explanation, fault_of
from kfconsole.archive.people import RECENT_SECONDS
from kfconsole.archive.schema import migrate, refuse_foreign, refuse_newer
from kfconsole.archive.worker import Worker
from kfconsole.i18n import _, ngettext
from kfconsole.model import ArchiveTrouble, Message, MessageId, SearchPage, Unkept

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")

ROOM_BYTES: Final = 1_000_000  # with less, a disk that was full is full again with the next poll
_TRYING_BUSY_SECONDS: Final = 0.2  # a send waits as long, each time the way back is tried
_TRIES: Final = 4  # the file is opened again, begun anew, left for memory: each is a try


class Policy(Enum):
    """Which faults of the file are lived with."""

    STRICT = frozenset[Fault]()
    """None; for what must be kept, or not be begun."""
    READING = frozenset({Fault.LOCKED, Fault.FORBIDDEN, Fault.FULL, Fault.FAILED})
    """Those that leave a file readable; it is neither moved nor written."""
    ANYHOW = frozenset(Fault)
    """All."""


class Place:
    """A thread and a connection for reads and for writes each; in memory, which has but one connection, for both.

    Places are changed only between two jobs, and jobs that failed for it are done again in the other place.
    """

    def __init__(self, path: Path, *, wall: Callable[[], float], busy_seconds: float) -> None:
        self._path = path
        self._wall = wall
        self._busy_seconds = busy_seconds
        self._policy = Policy.STRICT
        self._writer = Worker("archive-write", path, self._connect_writer)
        self._reader = Worker("archive-read", path, self._connect_reader)
        self._changing = asyncio.Lock()
        self._memory: shelter.Memory | None = None
        self._episodes = 0
        self._has_ended = False
        self._file: rescue.Identity | None = None
        self._known: rescue.Identity | None = None
        self._exchanged: ArchiveTrouble | None = None
        self._numbers: dict[int, int] = {}
        self._tell: Callable[[ArchiveTrouble | None], None] = lambda _trouble: None
        self._fault: Fault | None = None
        self.trouble: ArchiveTrouble | None = None
        self.moves = 0
        """How often the place was changed: whoever relies on what was stored looks again."""
        self.unkept = Unkept(0, ())
        """What was lost with the memory; known once the place is closed."""

    def subscribe(self, tell: Callable[[ArchiveTrouble | None], None]) -> None:
        """Call back on the event loop with every trouble that comes, and with None once it is over."""
        self._tell = tell

    def begin(self) -> None:
        """Bring the file to today's version meanwhile; `open` tells how that went."""
        self._writer.begin()

    async def open(self, prepare: "Callable[[Connection], object]", policy: Policy) -> None:
        """Begin with a job on a file that is brought to today's version.

        Raises:
            FileError: What is wrong with the file, if the policy does not live with it.
        """
        self._policy = policy
        await self.write(prepare)

    def number(self, message_id: MessageId) -> MessageId:
        """Return a message's number where the archive is now; to be asked within a job."""
        return MessageId(self._numbers.get(message_id, message_id))

    def numbers(self, message_ids: Collection[MessageId]) -> tuple[MessageId, ...]:
        """Return the numbers of several messages."""
        return tuple(map(self.number, message_ids))

    # Jobs

    async def read(self, job: "Callable[[Connection], T]") -> T:
        """Run a job that only reads."""
        return await self._lasting(lambda: (self._writer if self._memory else self._reader).read(job))

    async def read_older(self, job: "Callable[[Connection], T]") -> T | None:
        """Run a job on the file that an archive in memory began with; None: there is none, or it cannot be read."""
        if self._memory is None or not self._memory.is_seeded:
            return None
        try:
            return await self._reader.read(job)
        except FileError:
            if self.trouble is not None:
                self._set_trouble(replace(self.trouble, is_older_missing=True))
            return None

    async def read_longest(self, job: "Callable[[Connection], T]") -> T:
        """Run a job on the file where there is one, as an archive in memory has the last days alone."""
        found = await self.read_older(job)
        return await self.read(job) if found is None else found

    async def read_all(self, job: "Callable[[Connection], tuple[Message, ...]]") -> tuple[Message, ...]:
        """Read messages, those that an archive in memory left in the file too; in the order of the conversation."""
        found = await self.read(job)
        if not (older := await self.read_older(job)):
            return found
        newest = {message.id: message for message in (*older, *found)}
        return tuple(sorted(newest.values(), key=lambda message: message.place))

    async def write(self, job: "Callable[[Connection], T]") -> T:
        """Run a job to its end, also when the caller is cancelled."""
        return await self._surely(lambda: self._writer.write(job))

    async def write_slices(self, job: "Callable[[Connection], Generator[None, None, T]]") -> T:
        """Run a job slice by slice to its end, also when the caller is cancelled."""
        return await self._surely(lambda: self._writer.write_slices(job))

    async def _surely(self, run: Callable[[], Awaitable[T]]) -> T:
        if self._policy is Policy.STRICT:
            return await run()
        return await asyncio.shield(asyncio.ensure_future(self._lasting(run)))

    async def _lasting(self, run: Callable[[], Awaitable[T]]) -> T:
        """Run a job, and again after a change of place that it made necessary."""
        tries = 0
        while True:
            if self._changing.locked():  # who came first shall be first in the other place, too
                async with self._changing:
                    pass
            moves = self.moves
            try:
                return await run()
            except FileError as error:
                tries += 1
                if tries == _TRIES or not await self._recovered(error, moves, is_again=tries > 1):
                    raise

    # From place to place

    async def _recovered(self, error: FileError, moves: int, *, is_again: bool) -> bool:
        """Do something about a fault; whether the job is worth another try."""
        async with self._changing:
            if self.moves != moves:
                return True
            if self._memory is not None or error.fault not in self._policy.value:
                return False
            if error.fault is Fault.INDEX_DAMAGED:
                return not is_again and await self._has_remade_index()
            await self._reader.let_go(error)
            await self._writer.let_go(error)
            if error.fault is Fault.DAMAGED and not is_again:
                # What was read may have been wrong in memory only: it is the file if a new connection finds the same.
                try:
                    await self._writer.exchange(lambda _none: self._connect_writer())
                except FileError as found:
                    error = found
                else:  # only now somebody may read: another console may just have begun a new file
                    self._reader.reopen(self._connect_reader)
                    if (trouble := self._taken_exchanged()) is not None:
                        self._set_trouble(trouble)
                    return True
            if error.fault is not Fault.DAMAGED or not await self._begin_anew():
                await self._begin_memory(error)
            self.moves += 1
            self._tell(self.trouble)
            return True

    async def _has_remade_index(self) -> bool:
        """Make the index of words anew; where that fails, only searching does."""
        try:
            await self._writer.write_slices(search.rebuild)
        except FileError:
            return False
        return True

    async def _begin_anew(self) -> bool:
        """Keep the damaged file aside and go on in a new one; False: it could not be moved."""
        try:
            await self._writer.exchange(lambda _none: self._connect_anew())
        except FileError:
            return False
        self._reader.reopen(self._connect_reader)
        return True

    def _connect_anew(self) -> "Connection":
        known = self._file or rescue.identity(self._path)
        new = self._path.with_name(f"{self._path.name}.new-{os.getpid()}")
        try:
            # Filled before it is put there: nobody else sees it without what is carried over.
            carried = self._carried_over(new) if rescue.is_free(self._path, known) else None
            aside = rescue.replace(self._path, known, new, self._wall()) if carried is not None else None
        except OSError as error:
            raise explanation(Fault.DAMAGED, self._path) from error
        finally:
            for ending in ("", "-wal", "-shm"):
                new.with_name(new.name + ending).unlink(missing_ok=True)
        connection = self._connect_writer()
        by_another = self._taken_exchanged()
        self.trouble = by_another if aside is None or carried is None else _kept_aside(aside, carried)
        return connection

    def _carried_over(self, new: Path) -> rescue.Rescued:
        with closing(connect(new, self._busy_seconds, is_reader=False)) as connection:
            migrate(connection, new, self._wall())
            return rescue.carry_over(self._path, connection, self._wall() - RECENT_SECONDS)

    async def _begin_memory(self, error: FileError) -> None:
        self._episodes += 1
        begun: list[shelter.Memory] = []

        def begin(_none: "Connection | None") -> "Connection":
            begun.append(shelter.begin(self._path, self._wall(), self._episodes))
            return begun[0].connection

        await self._writer.exchange(begin)
        memory = begun[0]
        is_older_missing = not memory.is_seeded and rescue.may_hold_something(self._path)
        if self._policy is Policy.READING and is_older_missing:
            await self._writer.let_go(error)
            raise error
        self._memory, self._fault = memory, error.fault
        self._reader.reopen(self._connect_older)
        self.trouble = _in_memory(error, is_older_missing=is_older_missing)

    async def mend(self) -> bool:
        """Try to go back into the file; whether the archive is there now."""
        async with self._changing:
            if self._memory is None:
                return True
            if self._is_still_full():
                return False
            reason = explanation(Fault.LOCKED, self._path)  # for reads of older pages that come in between
            await self._reader.let_go(reason)
            try:
                await self._writer.exchange(partial(self._returned, self._memory))
                self._memory = None
            except FileError as error:
                self._fault = error.fault
                missing = self.trouble is not None and self.trouble.is_older_missing
                self._set_trouble(_in_memory(error, is_older_missing=missing))
                return False
            finally:
                is_back = self._memory is None
                self._reader.reopen(self._connect_reader if is_back else self._connect_older)
            self.moves += 1
            self._tell(self.trouble)
            return True

    def _returned(self, memory: shelter.Memory, _present: "Connection | None") -> "Connection":
        """Bring what is in memory into the file, or into a new one where that is damaged."""
        import sqlite3

        tries = 0
        while self._fault is not Fault.DAMAGED:
            try:
                return self._brought_back(memory, self._connect_writer(_TRYING_BUSY_SECONDS), is_new=False)
            except (sqlite3.Error, FileError) as error:
                if fault_of(error) is not Fault.DAMAGED or self._policy is not Policy.ANYHOW:
                    raise
                tries += 1
                if tries > 1:  # found twice, so it is the file
                    self._fault = Fault.DAMAGED
        return self._brought_back(memory, self._connect_anew(), is_new=True)

    def _brought_back(self, memory: shelter.Memory, connection: "Connection", *, is_new: bool) -> "Connection":
        try:
            numbers = returning.bring_back(memory, connection, is_new=is_new)
        except BaseException:
            connection.close()
            raise
        self._numbers.update(numbers)
        if not is_new:
            self.trouble = self._taken_exchanged()
        return connection

    def _is_still_full(self) -> bool:
        if self._fault is not Fault.FULL:
            return False
        try:
            return shutil.disk_usage(self._path.parent).free < ROOM_BYTES
        except OSError:
            return False

    def forget_trouble(self) -> None:
        """Let a trouble that is over be forgotten, once it was read."""
        if self._memory is None and self.trouble is not None:
            self._set_trouble(None)

    def _set_trouble(self, trouble: ArchiveTrouble | None) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._tell(trouble)

    async def close(self) -> None:
        """Finish the writes begun, bring what is in memory into the file if that can be, and let go of it."""
        if self._has_ended:
            return
        if self._memory is not None and self._policy is Policy.ANYHOW and not await self.mend():
            self.unkept = await self._writer.read(shelter.unkept)
        await self._reader.close()
        await self._writer.close()  # last, so that it folds the -wal file into the archive
        self._has_ended = True

    # Connections

    def _connect_writer(self, busy_seconds: float | None = None) -> "Connection":
        busy_seconds = self._busy_seconds if busy_seconds is None else busy_seconds
        self._known = self._known or rescue.identity(self._path)
        if rescue.has_content(self._path):  # a newer version's file is not even opened for writing
            probe = connect_to_read(self._path, busy_seconds)
            try:
                refuse_newer(probe, self._path)
                refuse_foreign(probe, self._path)
            finally:
                probe.close()
        while True:
            self._file = rescue.identity(self._path)  # before it is opened: should it be found damaged, it is this one
            connection = connect(self._path, busy_seconds, is_reader=False)
            try:
                migrate(connection, self._path, self._wall())
            except BaseException:
                connection.close()
                raise
            # From now on nobody moves the file of this connection, but one may have been moved while it was opened.
            if self._file in (None, found := rescue.identity(self._path)):
                self._file = found
                self._note_exchange(found)
                return connection
            connection.close()

    def _note_exchange(self, found: rescue.Identity | None) -> None:
        """Remember to tell of it when the file used before is kept aside by now: what it held is no longer here."""
        known, self._known = self._known, found
        if known not in (None, found) and (aside := rescue.kept_as(self._path, known)) is not None:
            hint = _("Another console did so and carried over what could be read of the last 48 hours.")
            self._exchanged = ArchiveTrouble(_kept_words(aside), hint, is_in_memory=False)

    def _taken_exchanged(self) -> ArchiveTrouble | None:
        exchanged, self._exchanged = self._exchanged, None
        return exchanged

    def _connect_older(self) -> "Connection":
        return connect_to_read(self._path, _TRYING_BUSY_SECONDS)

    def _connect_reader(self) -> "Connection":
        return connect(self._path, self._busy_seconds, is_reader=True)


def _in_memory(error: FileError, *, is_older_missing: bool) -> ArchiveTrouble:
    hint = error.hint
    if error.fault is Fault.DAMAGED:
        hint = _(
            "It could not be moved aside: end other consoles and programs that have it open, and check that its folder "
            "can be written."
        )
    return ArchiveTrouble(error.message, hint, is_older_missing=is_older_missing)


def _kept_words(aside: Path) -> str:
    return _("The archive was damaged: it is kept as {file}, and a new one is begun.").format(file=aside)


def _kept_aside(aside: Path, carried: rescue.Rescued) -> ArchiveTrouble:
    hint = ngettext(
        "{count} message of the last 48 hours was carried over, with what could be read of drafts and names.",
        "{count} messages of the last 48 hours were carried over, with what could be read of drafts and names.",
        carried.messages,
    )
    return ArchiveTrouble(_kept_words(aside), hint.format(count=carried.messages), is_in_memory=False)


def joined(page: SearchPage, older: SearchPage, limit: int) -> SearchPage:
    """Return what an archive in memory and its file have found, the newest first, each message once."""
    found = {message.id: message for message in (*older.messages, *page.messages)}
    messages = tuple(sorted(found.values(), key=lambda message: message.place, reverse=True))
    has_more = page.has_more or older.has_more or len(messages) > limit
    return SearchPage(messages[:limit], has_more, page.unsearched + older.unsearched)
