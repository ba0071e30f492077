"""The archive as the other rooms see it: model objects in and out, nothing on the event loop."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole.archive import messages, people, saved, spans
from kfconsole.archive.connection import connect
from kfconsole.archive.merging import merge
from kfconsole.archive.process import Process
from kfconsole.archive.schema import migrate, refuse_newer
from kfconsole.archive.worker import Worker
from kfconsole.content import Content, Text
from kfconsole.model import AgentId, Contact, CustomerId, Delivery, Desk, Message, MessageId, Record, Waiting

if TYPE_CHECKING:
    from sqlite3 import Connection

BUSY_SECONDS = 5.0  # how long to wait for another console's write, which takes milliseconds


class Archive:
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
        self._writer = Worker("archive-write", path, partial(self._connect, is_reader=False))
        self._reader = Worker("archive-read", path, partial(self._connect, is_reader=True))

    async def open(self) -> None:
        """Create or migrate the file; sends of consoles that ended without an answer become unknown."""
        async with AsyncExitStack() as after_failure:
            after_failure.push_async_callback(self.close)
            await self._writer.write(self._prepare)
            await self.settle_orphans()
            after_failure.pop_all()

    async def look(self) -> None:
        """See whether a file that is there can be used; nothing is changed."""
        await self._reader.read(lambda connection: refuse_newer(connection, self._path))

    async def close(self) -> None:
        """Finish the writes begun and let go of the file."""
        await self._reader.close()
        await self._writer.close()  # last, so that it folds the -wal file into the archive

    # Messages

    async def begin_send(
        self,
        openid: CustomerId,
        agent: AgentId | None,
        content: Content | str,
        at: float,
        *,
        is_ai: bool = False,
        replaces: MessageId | None = None,
        keeps_draft: bool = False,
    ) -> Message:
        """Store a message as being sent, before anybody asks WeChat to send it.

        In the same transaction `replaces`, if undelivered, is dismissed; without it the customer's draft is cleared,
        as the message was written there, unless `keeps_draft` says that it came from elsewhere. A caller cancelled
        meanwhile leaves the message behind as being sent, so it should be shielded.
        """
        process = self._identity()
        content = Text(content) if isinstance(content, str) else content
        return await self._writer.write(
            lambda connection: messages.begin_send(
                connection,
                openid,
                agent,
                content,
                at,
                is_ai=is_ai,
                process=process,
                replaces=replaces,
                keeps_draft=keeps_draft,
            )
        )

    async def settle(self, message_id: MessageId, delivery: Delivery, reason: str = "") -> Message:
        """Store the outcome of a send; one confirmed by WeChat's records stays confirmed."""
        return await self._writer.write(lambda connection: messages.settle(connection, message_id, delivery, reason))

    async def settle_orphans(self) -> tuple[Message, ...]:
        """Mark what consoles were sending when they ended as of unknown outcome; return what changed."""
        processes = await self._reader.read(self._gone_processes)
        if not processes:
            return ()
        return await self._writer.write(lambda connection: messages.settle_orphans(connection, processes))

    async def dismiss(self, message_id: MessageId) -> Message:
        """Leave a message undelivered; one that arrived after all stays as it is."""
        return await self._writer.write(lambda connection: messages.dismiss(connection, message_id))

    async def newest_id(self) -> MessageId:
        """Return the id of the message stored last; 0 when there is none."""
        return await self._writer.write(messages.newest_id)

    async def news(self, after: MessageId, also: Collection[MessageId] = ()) -> tuple[Message, ...]:
        """Return what any console has stored since a message, and some others as they are now; in order of storing.

        It is read between our own writes, so what a write of ours returns later is newer.
        """
        return await self._writer.write(lambda connection: messages.news(connection, after, also))

    async def message(self, message_id: MessageId) -> Message | None:
        """Return one message."""
        return await self._reader.read(lambda connection: messages.find(connection, message_id))

    async def content_of(self, message_id: MessageId) -> Content:
        """Return what a message of ours held, as it was sent."""
        return await self._reader.read(lambda connection: messages.content_of(connection, message_id))

    async def merge_records(self, records: Sequence[Record], start_at: int, end_at: int) -> tuple[Message, ...]:
        """Store what is new of all records WeChat showed for a span; return new and changed messages.

        Asked twice, it stores nothing twice. A record of a send of ours confirms that send.
        """
        return await self._writer.write_slices(lambda connection: merge(connection, records, start_at, end_at))

    async def conversation(
        self, openid: CustomerId, *, before: Message | None = None, limit: int = 200
    ) -> tuple[Message, ...]:
        """Return the newest messages of a customer, or the newest before a message; oldest first."""
        return await self._reader.read(lambda connection: messages.conversation(connection, openid, before, limit))

    async def between(self, openid: CustomerId, start_at: float, end_at: float) -> tuple[Message, ...]:
        """Return a customer's messages of a span, both ends included, oldest first."""
        return await self._reader.read(lambda connection: messages.between(connection, openid, start_at, end_at))

    async def gaps(self, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
        """Return the parts of a span that were never fetched from WeChat, oldest first."""
        return await self._reader.read(lambda connection: spans.gaps(connection, start_at, end_at))

    async def newest_fetched_at(self) -> float | None:
        """Return the end of the newest span fetched from WeChat."""
        return await self._reader.read(spans.newest)

    async def purge_older_than(self, at: float) -> int:
        """Delete older messages and return how many; drafts and undecided messages stay."""
        return await self._writer.write_slices(lambda connection: messages.purge(connection, at))

    # People

    async def contacts(self, openids: Collection[CustomerId] | None = None) -> Mapping[CustomerId, Contact]:
        """Return a contact for each of the customers.

        Args:
            openids: None means everybody with a message in the last 48 h, a draft or an undelivered message.
        """
        now = self._wall()
        return await self._reader.read(lambda connection: people.contacts(connection, openids, now))

    async def mark_read(self, openid: CustomerId) -> None:
        """Count all messages a customer has by now as read."""
        await self._writer.write(lambda connection: people.mark_read(connection, openid))

    async def save_draft(self, openid: CustomerId, text: str) -> None:
        """Keep what is being written to a customer; an empty text deletes it."""
        await self._writer.write(lambda connection: people.save_draft(connection, openid, text))

    # The desk between two runs

    async def save_queue(self, queue: Sequence[Waiting], is_complete: bool, at: float) -> None:
        """Keep the queue with its waits, and whether it held everybody."""
        await self._writer.write_slices(lambda connection: saved.save_queue(connection, queue, is_complete, at))

    async def saved_queue(self) -> tuple[tuple[Waiting, ...], bool, float] | None:
        """Return the queue last kept, whether it held everybody, and when it was kept."""
        return await self._reader.read(saved.saved_queue)

    async def save_desk(self, desk: Desk, at: float) -> None:
        """Keep agents, queue and sessions for the next start."""
        await self._writer.write_slices(lambda connection: saved.save_desk(connection, desk, at))

    async def saved_desk(self) -> Desk | None:
        """Return the desk last kept, with `remembered_at` set."""
        return await self._reader.read(saved.saved_desk)

    def _connect(self, *, is_reader: bool) -> "Connection":
        return connect(self._path, self._busy_seconds, is_reader=is_reader)

    def _prepare(self, connection: "Connection") -> None:
        self._identity()
        migrate(connection, self._path, self._wall())

    def _gone_processes(self, connection: "Connection") -> tuple[str, ...]:
        return messages.gone(messages.sending(connection), self._wall())

    def _identity(self) -> Process:
        if self._process is None:
            self._process = Process.current()
        return self._process
