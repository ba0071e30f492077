"""Messages: our sends from the first keystroke's end to their outcome, and reading conversations."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from kfconsole.archive import contents, schema
from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import agent_key, customer_key
from kfconsole.archive.process import Process
from kfconsole.content import Content, Text, shown
from kfconsole.errors import ArchiveError, NotPossible
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Delivery, Message, MessageId, MessageKind
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

    Reader = Callable[[Callable[[Connection], list[tuple[Any, ...]]]], Awaitable[list[tuple[Any, ...]]]]

COLUMNS: Final = "id, openid, agent, kind, text, at, delivery, reason, is_dismissed, content, is_ai"
OWN_POSITION: Final = 1_000_000  # a send of ours stands after all records of the same moment
CLOCK_STEP_SECONDS: Final = 86_400.0  # what claims to be from later than this is wrong, and nothing to stand behind
GONE_AFTER_SECONDS: Final = 600  # no send takes so long; for consoles on hosts we cannot look at


def as_message(row: tuple[Any, ...]) -> Message:
    """Build a message from a row of `COLUMNS`."""
    message_id, openid, agent, kind, text, at, delivery, reason, is_dismissed, content, is_ai = row
    return Message(
        id=message_id,
        openid=openid,
        agent=agent,
        kind=MessageKind(kind),
        text=text,
        at=at,
        delivery=None if delivery is None else Delivery(delivery),
        reason=reason,
        is_dismissed=bool(is_dismissed),
        content=None if content is None else contents.decoded(content),
        is_ai=bool(is_ai),
    )


def find(connection: "Connection", message_id: MessageId) -> Message | None:
    """Return one message."""
    row = connection.execute(f"SELECT {COLUMNS} FROM lines WHERE id = ?", (message_id,)).fetchone()
    return None if row is None else as_message(row)


def newest_id(connection: "Connection") -> MessageId:
    """Return the id of the message stored last; 0 when there is none."""
    return MessageId(connection.execute("SELECT ifnull(max(id), 0) FROM messages").fetchone()[0])


def news(connection: "Connection", after: MessageId, also: Collection[MessageId]) -> tuple[Message, ...]:
    """Return the messages stored after one, and some others as they are now; ids rise in the order of storing."""
    query = f"SELECT {COLUMNS} FROM lines WHERE id > ? OR id IN (SELECT value FROM json_each(?)) ORDER BY id"
    return tuple(map(as_message, connection.execute(query, (after, json.dumps(sorted(also))))))


def existing(connection: "Connection", message_id: MessageId) -> Message:
    """Return one message that must be there."""
    message = find(connection, message_id)
    if message is None:
        raise ArchiveError(
            _("This message is no longer in the archive."),
            hint=_("Messages older than [archive] keep_days are deleted."),
        )
    return message


def content_of(connection: "Connection", message_id: MessageId) -> Content:
    """Return what a message of ours held.

    Raises:
        ArchiveError: The message is gone, or this version cannot read what it held.
    """
    message = existing(connection, message_id)
    if not schema.is_of_another_version(connection):  # else its words may stand for what this version knows nothing of
        if message.content is not None:
            return message.content
        is_text = "SELECT ifnull(content, '') = '' FROM lines WHERE id = ?"
        if connection.execute(is_text, (message_id,)).fetchone()[0]:
            return Text(message.text)
    raise ArchiveError(
        _("This version cannot read what the message held."),
        hint=_("Another version of kfconsole wrote it; update kfconsole."),
    )


def begin_send(
    connection: "Connection",
    openid: CustomerId,
    agent: AgentId | None,
    content: Content,
    at: float,
    *,
    is_ai: bool,
    process: Process,
    replaces: MessageId | None,
    keeps_draft: bool,
) -> Message:
    """Store a message as being sent, all or nothing; a new one was the draft, a repeated one replaces its original.

    Raises:
        NotPossible: Another console has dismissed or repeated the original meanwhile.
    """
    content = contents.cleaned(content)
    with transaction(connection, is_durable=True):
        customer = customer_key(connection, openid)
        message_id = connection.execute(
            "INSERT INTO messages (customer_id, agent_id, kind, text, at, position) VALUES (?, ?, ?, ?, ?, ?)",
            (
                customer,
                agent_key(connection, agent),
                MessageKind.SENT,
                shown(content),
                _place(connection, customer, at),
                OWN_POSITION,
            ),
        ).lastrowid
        connection.execute(
            """
            INSERT INTO deliveries (message_id, customer_id, state, asked_at, process, content, is_ai)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            (
                message_id,
                customer,
                Delivery.SENDING,
                at,
                process.encoded(),
                None if isinstance(content, Text) else contents.encoded(content),
                is_ai,
            ),
        )
        if replaces is None and not keeps_draft:
            connection.execute("DELETE FROM drafts WHERE customer_id = ?", (customer,))
        if replaces is not None and not _dismiss(connection, replaces):
            raise NotPossible(_("This message needs no decision."))
        return existing(connection, MessageId(message_id or 0))


def settle(connection: "Connection", message_id: MessageId, delivery: Delivery, reason: str) -> Message:
    """Store the outcome of a send; what WeChat's records have confirmed stays confirmed."""
    with transaction(connection, is_durable=True):
        connection.execute(
            """
            UPDATE deliveries SET state = ?, reason = ?, process = NULL
            WHERE message_id = ? AND state <> 'confirmed'
            """,
            (delivery, clean(reason), message_id),
        )
        return existing(connection, message_id)


def dismiss(connection: "Connection", message_id: MessageId) -> Message:
    """Leave a message undelivered."""
    with transaction(connection, is_durable=True):
        _dismiss(connection, message_id)
        return existing(connection, message_id)


def _place(connection: "Connection", customer: int, at: float) -> float:
    """Return where a message of now stands: behind all that was there, also when a clock was set back meanwhile."""
    newest = "SELECT max(at) FROM messages WHERE customer_id = ? AND at <= ?"
    last: float | None = connection.execute(newest, (customer, at + CLOCK_STEP_SECONDS)).fetchone()[0]
    return at if last is None else max(at, last)


def _dismiss(connection: "Connection", message_id: MessageId) -> bool:
    # Only what did not surely arrive: a message confirmed a moment ago stays on screen.
    undecided = "state IN ('refused', 'unknown') AND is_dismissed = 0"
    cursor = connection.execute(
        f"UPDATE deliveries SET is_dismissed = 1 WHERE message_id = ? AND {undecided}", (message_id,)
    )
    return cursor.rowcount > 0


def conversation(
    connection: "Connection", openid: CustomerId, before: Message | None, limit: int
) -> tuple[Message, ...]:
    """Return the newest messages of a customer before a message, oldest first."""
    newest = "ORDER BY at DESC, position DESC, id DESC LIMIT ?"
    if before is None:
        query = f"SELECT {COLUMNS} FROM lines WHERE openid = ? {newest}"
        rows = connection.execute(query, (openid, limit)).fetchall()
    else:
        found = connection.execute("SELECT at, position FROM messages WHERE id = ?", (before.id,)).fetchone()
        at, position = found or (before.at, 0)
        query = f"SELECT {COLUMNS} FROM lines WHERE openid = ? AND (at, position, id) < (?, ?, ?) {newest}"
        rows = connection.execute(query, (openid, at, position, before.id, limit)).fetchall()
    return tuple(as_message(row) for row in reversed(rows))


def between(connection: "Connection", openid: CustomerId, start_at: float, end_at: float) -> tuple[Message, ...]:
    """Return a customer's messages of a span, both ends included, oldest first."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM lines WHERE openid = ? AND at BETWEEN ? AND ? ORDER BY at, position, id",
        (openid, start_at, end_at),
    )
    return tuple(map(as_message, rows))


def sending(connection: "Connection") -> dict[str, float]:
    """Return the processes with a send under way, each with the time of its newest."""
    rows = connection.execute("SELECT process, max(asked_at) FROM deliveries WHERE state = 'sending' GROUP BY process")
    return dict(rows.fetchall())


def gone(processes: dict[str, float], now: float) -> tuple[str, ...]:
    """Return those of the processes that ended."""
    return tuple(process for process, at in processes.items() if _is_gone(Process.decoded(process), now - at))


def _is_gone(process: Process | None, age_seconds: float) -> bool:
    is_alive = None if process is None else process.is_alive()
    return age_seconds > GONE_AFTER_SECONDS if is_alive is None else not is_alive


def settle_orphans(connection: "Connection", processes: tuple[str, ...]) -> tuple[Message, ...]:
    """Mark what ended processes were sending as of unknown outcome."""
    reason = _("The console ended before WeChat answered.")
    with transaction(connection, is_durable=True):
        rows = [
            row
            for process in processes
            for row in connection.execute(
                "SELECT message_id FROM deliveries WHERE state = 'sending' AND process = ?", (process,)
            ).fetchall()
        ]
        connection.executemany(
            "UPDATE deliveries SET state = 'unknown', reason = ?, process = NULL WHERE message_id = ?",
            [(reason, message_id) for (message_id,) in rows],
        )
        return tuple(existing(connection, message_id) for (message_id,) in rows)


async def every(
    read: "Reader", openid: CustomerId | None, start_at: float, end_at: float
) -> AsyncIterator[tuple[Message, ...]]:
    """Yield all messages of a span, a part at a time: by customer, then by time; nothing is held between two parts."""
    place: tuple[int, float, int, int] = (0, start_at, -1, -1)
    while part := await read(partial(_part, place=place, openid=openid, start_at=start_at, end_at=end_at)):
        place = part[-1][-4:]
        yield tuple(as_message(row[:-4]) for row in part)


def _part(
    connection: "Connection",
    place: tuple[int, float, int, int],
    openid: CustomerId | None,
    start_at: float,
    end_at: float,
) -> list[tuple[Any, ...]]:
    raise NotImplementedError


def count(connection: "Connection", openid: CustomerId | None, start_at: float, end_at: float) -> int:
    """Return how many messages a span has, its end not included."""
    raise NotImplementedError
