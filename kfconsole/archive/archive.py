"""The archive as the other rooms see it: model objects in and out, nothing on the event loop."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Collection, Generator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kfconsole.archive import drafts, erasure, messages, people, retention, saved, spans, waits
from kfconsole.archive.choices import Choices
from kfconsole.archive.deeds import Deeds
from kfconsole.archive.index import Index
from kfconsole.archive.merging import merge
from kfconsole.archive.owed import Debts
from kfconsole.archive.place import Place, Policy
from kfconsole.archive.process import Process
from kfconsole.archive.reporting import Reports
from kfconsole.archive.rescue import look_over
from kfconsole.archive.sends import Sends
from kfconsole.archive.watched import Watches
from kfconsole.content import Content
from kfconsole.model import (
    AgentId,
    ArchiveSizes,
    ArchiveTrouble,
    Contact,
    CustomerId,
    Desk,
    KnownCustomer,
    Message,
    MessageId,
    News,
    Opening,
    Purged,
    Record,
    SearchPage,
    SearchQuery,
    Session,
    SessionSeen,
    Unkept,
    User,
    Wait,
    Waiting,
    WaitOutcome,
)

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")

BUSY_SECONDS = 5.0  # how long to wait for another console's write, which takes milliseconds


class Archive(Choices, Debts, Deeds, Reports, Sends, Watches):
    """Everything seen, sent, typed and waited for, in one SQLite file that several consoles may share.

    Reads and writes have a thread and a connection each (WAL), so a merge never holds up a conversation. A write
    that was called is carried out as a whole, also when its caller is cancelled. Failures are ArchiveError.
    """

    def __init__(
        self,
        path: Path,
        *,
        wall: Callable[[], float] = time.time,
        process: Process | None = None,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._path = path
        self._wall = wall
        self._process = process
        self._busy_seconds = busy_seconds
        self._place = Place(path, wall=wall, busy_seconds=busy_seconds)
        self._index = Index(self._place)
        self._read, self._write = self._place.read, self._place.write

    def begin(self) -> None:
        """Begin with opening the file, for a program that has much to load before it can wait for that."""
        self._place.begin()

    async def open(self) -> None:
        """Create or migrate the file; sends of consoles that ended without an answer become unknown."""
        await self._open(Policy.STRICT)

    async def open_to_read(self) -> None:
        """Open the file; one that can be read but not written is lived with: see `trouble`, nothing is kept then."""
        await self._open(Policy.READING)

    async def open_anyhow(self) -> None:
        """Open the file, or go on in memory whatever is wrong with it, now and later: see `trouble`.

        A damaged file is kept aside, and a new one is begun with what can be read of it.
        """
        await self._open(Policy.ANYHOW)

    async def look(self) -> None:
        """See whether a file that is there can be used, and is whole; nothing is changed."""
        await self._read(lambda connection: look_over(connection, self._path))

    async def close(self) -> None:
        """Finish the writes begun and let go of the file; what is in memory is brought there, if that can be."""
        self._index.end()
        await self._place.close()
        await self._index.ended()

    # When the file fails

    @property
    def trouble(self) -> ArchiveTrouble | None:
        """What is wrong with the file; None while everything is kept."""
        return self._place.trouble

    @property
    def moves(self) -> int:
        """How often the archive went from its file to memory or back: what was read before may have changed."""
        return self._place.moves

    @property
    def unkept(self) -> Unkept:
        """What was lost because the archive ended in memory; known once it is closed."""
        return self._place.unkept

    def subscribe(self, tell: Callable[[ArchiveTrouble | None], None]) -> None:
        """Tell of every trouble that comes, and None when it is over."""
        self._place.subscribe(tell)

    async def mend(self) -> bool:
        """Bring what is in memory into the file, if it can be written again; whether the archive is there now."""
        return await self._place.mend()

    def forget_trouble(self) -> None:
        """Let a trouble that is over be forgotten, once it was read."""
        self._place.forget_trouble()

    # Messages

    async def newest_id(self) -> MessageId:
        """Return the id of the message stored last; 0 when there is none."""
        return await self._write(messages.newest_id)

    async def news(
        self, after: MessageId, also: Collection[MessageId] = (), *, openid: CustomerId | None = None
    ) -> News:
        """Return what any console has stored since a message, some hundreds at a time, and some others as they are now.

        It is read between our own writes, so what a write of ours returns later is newer.

        Args:
            after: The last one known.
            also: The others.
            openid: Whose older messages, read up meanwhile, are news, too.
        """
        return await self._write(lambda connection: messages.news(connection, after, self._place.numbers(also), openid))

    async def message(self, message_id: MessageId) -> Message | None:
        """Return one message."""
        return await self._read(lambda connection: messages.find(connection, self._place.number(message_id)))

    async def content_of(self, message_id: MessageId) -> Content:
        """Return what a message of ours held, as it was sent."""
        return await self._read(lambda connection: messages.content_of(connection, self._place.number(message_id)))

    async def merge_records(
        self, records: Sequence[Record], start_at: int, end_at: int, *, history_before: float = -math.inf
    ) -> tuple[Message, ...]:
        """Store what is new of all records WeChat showed for a span; return new and changed messages.

        Asked twice, it stores nothing twice. A record of a send of ours confirms that send. The span counts as
        fetched, so it ends where no record can come any more, before the newest records.

        Args:
            records: All of the span; others do no harm.
            start_at: Where the span begins, Unix seconds.
            end_at: Where it ends; before `start_at`: nothing counts as fetched.
            history_before: Older messages are read up now, and no news that wait to be read.
        """
        return await self._write_slices(lambda connection: merge(connection, records, start_at, end_at, history_before))

    async def conversation(
        self, openid: CustomerId, *, before: Message | None = None, limit: int = 200
    ) -> tuple[Message, ...]:
        """Return the newest messages of a customer, or the newest before a message; oldest first."""
        found = await self._place.read_all(lambda connection: messages.conversation(connection, openid, before, limit))
        return found[-limit:]

    async def between(self, openid: CustomerId, start_at: float, end_at: float) -> tuple[Message, ...]:
        """Return a customer's messages of a span, both ends included, oldest first."""
        return await self._place.read_all(lambda connection: messages.between(connection, openid, start_at, end_at))

    def every(
        self, *, openid: CustomerId | None = None, start_at: float = -math.inf, end_at: float = math.inf
    ) -> AsyncIterator[tuple[Message, ...]]:
        """Yield all messages of a span, the end not included, a part at a time: by customer, then by time."""
        return messages.every(self._place.read_longest, openid, start_at, end_at)

    async def count(
        self, *, openid: CustomerId | None = None, start_at: float = -math.inf, end_at: float = math.inf
    ) -> int:
        """Return how many messages `every` yields."""
        return await self._place.read_longest(lambda connection: messages.count(connection, openid, start_at, end_at))

    # Spans fetched

    async def gaps(self, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
        """Return the parts of a span that were never fetched from WeChat, oldest first."""
        return await self._read(lambda connection: spans.gaps(connection, start_at, end_at))

    async def newest_fetched_at(self) -> float | None:
        """Return the end of the newest span fetched from WeChat."""
        return await self._read(spans.newest)

    # Search

    async def search(self, query: SearchQuery, *, before: Message | None = None, limit: int = 50) -> SearchPage:
        """Return the newest messages found, or those found before a message."""
        return await self._index.search(query, before, limit)

    async def index_messages(self) -> int:
        """Put messages into the index of words that are not there yet, as happens by itself; return how many."""
        return await self._index.fill()

    # What happened at the desk

    async def note_waits(self, waiting: Sequence[Waiting], seen_at: float) -> frozenset[CustomerId]:
        """Keep waits as they were seen at a moment; several consoles may tell the same, also late.

        Returns:
            Whose wait is over by what others saw: those still in the queue later should be told again.
        """
        return await self._write_slices(lambda connection: waits.note(connection, waiting, seen_at))

    async def end_wait(self, waiting: Waiting, at: float, outcome: WaitOutcome, agent: AgentId | None = None) -> None:
        """Keep how a wait ended that was last seen like this; nothing happens when it did before, or goes on."""
        await self._write(lambda connection: waits.end(connection, waiting, at, outcome, agent))

    async def waits_going_on(self) -> tuple[Wait, ...]:
        """Return the waits not seen to end."""
        return await self._read(waits.going_on)

    async def waits(self, start_at: float, end_at: float, *, openid: CustomerId | None = None) -> tuple[Wait, ...]:
        """Return the waits that began in a span, oldest first."""
        return await self._read(lambda connection: waits.between(connection, start_at, end_at, openid))

    async def note_sessions(self, sessions: Sequence[Session], seen_at: float) -> None:
        """Keep sessions that were seen at a moment or later, and the ends of the waits before them."""
        await self._write_slices(lambda connection: waits.note_sessions(connection, sessions, seen_at, self._wall()))

    async def end_session(self, session: Session, at: float) -> None:
        """Keep when a session was seen to be over."""
        await self._write(lambda connection: waits.end_session(connection, session, at))

    async def sessions_seen(
        self, start_at: float, end_at: float, *, openid: CustomerId | None = None
    ) -> tuple[SessionSeen, ...]:
        """Return the sessions that began in a span, oldest first."""
        return await self._read(lambda connection: waits.sessions_between(connection, start_at, end_at, openid))

    async def note_openings(self, openings: Sequence[Opening]) -> None:
        """Keep what customers did that lets us reply; told twice, it is kept once."""
        await self._write(lambda connection: people.note_openings(connection, openings))

    # Deleting

    async def purge_older_than(self, at: float, tell: Callable[[int], None] = lambda _count: None) -> int:
        """Delete what is older and return how many messages it were; drafts and undecided messages stay.

        Args:
            at: Older than what.
            tell: Told now and then, on the event loop, how many messages are deleted so far.
        """
        loop = asyncio.get_running_loop()

        def tell_here(count: int) -> None:
            loop.call_soon_threadsafe(tell, count)

        return await self._write_slices(lambda connection: retention.purge(connection, at, tell_here))

    async def count_older_than(self, at: float) -> int:
        """Return how many messages `purge_older_than` deletes."""
        return await self._read(lambda connection: retention.count_older(connection, at))

    async def known(self, openid: CustomerId) -> KnownCustomer:
        """Return how much there is of a customer."""
        return await self._read(lambda connection: erasure.known(connection, openid))

    async def purge_customer(self, openid: CustomerId) -> Purged:
        """Delete all that is known of a customer, also from the index, the log and the bytes of the file.

        What WeChat tells again of the time before is not stored again. Raises NotPossible while a message to them is
        being sent.
        """
        now = self._wall()
        return await self._write_slices(
            lambda connection: erasure.purge_customer(connection, self._path, openid, now, self._busy_seconds)
        )

    async def vacuum(self) -> bool:
        """Give the room of what was deleted back to the disk; other consoles wait meanwhile.

        False: it comes back only when consoles that read what was before have ended.
        """
        return await self._write_slices(lambda connection: retention.vacuum(connection, self._path, self._busy_seconds))

    async def sizes(self) -> ArchiveSizes | None:
        """Return how big the archive is; None when another version of kfconsole made its tables."""
        return await self._read(lambda connection: retention.sizes(connection, self._path))

    # People

    async def contacts(self, openids: Collection[CustomerId] | None = None) -> Mapping[CustomerId, Contact]:
        """Return a contact for each of the customers.

        Args:
            openids: None means everybody with a message in the last 48 h, a draft or an undelivered message.
        """
        now, process = self._wall(), self._identity()
        return await self._read(lambda connection: people.contacts(connection, openids, now, process))

    async def names(self, openids: Collection[CustomerId]) -> Mapping[CustomerId, str]:
        """Return what customers are called, the alias before WeChat's remark; who has neither is not in it."""
        return await self._read(lambda connection: people.names(connection, openids))

    async def mark_read(self, openid: CustomerId) -> None:
        """Count all messages a customer has by now as read."""
        await self._write(lambda connection: people.mark_read(connection, openid))

    async def describe(
        self,
        openid: CustomerId,
        *,
        alias: str | None = None,
        remark: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        """Keep what a customer is called and labelled by us; None leaves what is known, and WeChat's labels stay."""
        await self._write(lambda connection: people.describe(connection, openid, alias=alias, remark=remark, tags=tags))

    async def note_users(self, users: Sequence[User]) -> None:
        """Keep WeChat's remarks and labels."""
        await self._write(lambda connection: people.note_users(connection, users))

    # What is being written

    async def save_draft(self, openid: CustomerId, text: str) -> None:
        """Keep what is being written to a customer here; an empty text deletes it. Other consoles keep theirs."""
        process, at = self._identity(), self._wall()
        await self._write(lambda connection: drafts.save(connection, openid, drafts.TEXT, text, process, at))

    async def take_draft(self, openid: CustomerId, text: str) -> None:
        """Go on with a draft of ended consoles that was loaded; one that is another by now, or elsewhere, stays."""
        process, at = self._identity(), self._wall()
        await self._write(lambda connection: drafts.take(connection, openid, text, process, at))

    async def save_form(self, openid: CustomerId, form: str, values: Mapping[str, str] | None) -> None:
        """Keep what stands in the lines of a form for a customer, by their names; None: nothing any more."""
        process, at, text = self._identity(), self._wall(), drafts.text_of(values)
        await self._write(lambda connection: drafts.save(connection, openid, form, text, process, at))

    async def take_form(self, openid: CustomerId, form: str) -> dict[str, str] | None:
        """Return what was filled in of a form, here or in a console that ended, to go on with it; None: nothing."""
        process = self._identity()
        return await self._write(lambda connection: drafts.take_form(connection, openid, form, process))

    async def forget_form(self, openid: CustomerId, form: str, values: Mapping[str, str]) -> None:
        """Forget what was filled in of a form, unless it is something else by now."""
        process = self._identity()
        await self._write(lambda connection: drafts.forget_form(connection, openid, form, values, process))

    # The desk between two runs

    async def save_queue(self, queue: Sequence[Waiting], is_complete: bool, at: float) -> None:
        """Keep the queue with its waits, and whether it held everybody."""
        await self._write_slices(lambda connection: saved.save_queue(connection, queue, is_complete, at))

    async def saved_queue(self) -> tuple[tuple[Waiting, ...], bool, float] | None:
        """Return the queue last kept, whether it held everybody, and when it was kept."""
        return await self._read(saved.saved_queue)

    async def save_desk(self, desk: Desk, at: float) -> None:
        """Keep agents, queue and sessions for the next start."""
        await self._write_slices(lambda connection: saved.save_desk(connection, desk, at))

    async def saved_desk(self) -> Desk | None:
        """Return the desk last kept, with `remembered_at` set."""
        return await self._read(saved.saved_desk)

    async def _write_slices(self, job: "Callable[[Connection], Generator[None, None, T]]") -> T:
        return await self._index.after(self._place.write_slices(job))

    async def _open(self, policy: Policy) -> None:
        async with AsyncExitStack() as after_failure:
            after_failure.push_async_callback(self.close)
            await self._place.open(lambda _connection: self._identity(), policy)
            await self.settle_orphans()
            after_failure.pop_all()
        if policy is not Policy.READING:
            self._index.soon()

    def _identity(self) -> Process:
        if self._process is None:
            self._process = Process.current()
        return self._process
