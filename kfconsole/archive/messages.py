"""Messages: our sends from the first keystroke's end to their outcome, and reading conversations."""

import json
from collections.abc import Collection, Generator
from typing import TYPE_CHECKING, Any, Final

from kfconsole.archive import contents, schema, spans
from kfconsole.archive.connection import transaction
from kfconsole.archive.process import Process
from kfconsole.content import Content, Text, shown
from kfconsole.errors import ArchiveError, NotPossible
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Delivery, Message, MessageId, MessageKind
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

COLUMNS: Final = "id, openid, agent, kind, text, at, delivery, reason, is_dismissed, content, is_ai"
OWN_POSITION: Final = 1_000_000  # a send of ours stands after all records of the same moment
PURGED_PER_SLICE: Final = 100  # about 4 ms of deleting: what a send waits for at most
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
    row = connection.execute(f"SELECT {COLUMNS} FROM messages WHERE id = ?", (message_id,)).fetchone()
    return None if row is None else as_message(row)


def newest_id(connection: "Connection") -> MessageId:
    """Return the id of the message stored last; 0 when there is none."""
    return MessageId(connection.execute("SELECT ifnull(max(id), 0) FROM messages").fetchone()[0])


def news(connection: "Connection", after: MessageId, also: Collection[MessageId]) -> tuple[Message, ...]:
    """Return the messages stored after one, and some others as they are now; ids rise in the order of storing."""
    query = f"SELECT {COLUMNS} FROM messages WHERE id > ? OR id IN (SELECT value FROM json_each(?)) ORDER BY id"
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
        is_text = "SELECT content IS NULL FROM messages WHERE id = ?"
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
    values = {
        "openid": openid,
        "agent": agent or "",
        "kind": MessageKind.SENT,
        "text": shown(content),
        "at": at,
        "position": OWN_POSITION,
        "delivery": Delivery.SENDING,
        "process": process.encoded(),
        "content": None if isinstance(content, Text) else contents.encoded(content),
        "is_ai": is_ai,
    }
    with transaction(connection, is_durable=True):
        cursor = connection.execute(
            """
            INSERT INTO messages (openid, agent, kind, text, at, position, delivery, process, content, is_ai)
            VALUES (:openid, :agent, :kind, :text, :at, :position, :delivery, :process, :content, :is_ai)
            """,
            values,
        )
        if replaces is None and not keeps_draft:
            connection.execute("DELETE FROM drafts WHERE openid = ?", (openid,))
        if replaces is not None and not _dismiss(connection, replaces):
            raise NotPossible(_("This message needs no decision."))
        return existing(connection, MessageId(cursor.lastrowid or 0))


def settle(connection: "Connection", message_id: MessageId, delivery: Delivery, reason: str) -> Message:
    """Store the outcome of a send; what WeChat's records have confirmed stays confirmed."""
    with transaction(connection, is_durable=True):
        connection.execute(
            """
            UPDATE messages SET delivery = ?, reason = ?, process = NULL
            WHERE id = ? AND delivery IS NOT NULL AND delivery <> 'confirmed'
            """,
            (delivery, clean(reason), message_id),
        )
        return existing(connection, message_id)


def dismiss(connection: "Connection", message_id: MessageId) -> Message:
    """Leave a message undelivered."""
    with transaction(connection, is_durable=True):
        _dismiss(connection, message_id)
        return existing(connection, message_id)


def _dismiss(connection: "Connection", message_id: MessageId) -> bool:
    # Only what did not surely arrive: a message confirmed a moment ago stays on screen.
    undecided = "delivery IN ('refused', 'unknown') AND is_dismissed = 0"
    cursor = connection.execute(f"UPDATE messages SET is_dismissed = 1 WHERE id = ? AND {undecided}", (message_id,))
    return cursor.rowcount > 0


def conversation(
    connection: "Connection", openid: CustomerId, before: Message | None, limit: int
) -> tuple[Message, ...]:
    """Return the newest messages of a customer before a message, oldest first."""
    newest = "ORDER BY at DESC, position DESC, id DESC LIMIT ?"
    if before is None:
        query = f"SELECT {COLUMNS} FROM messages WHERE openid = ? {newest}"
        rows = connection.execute(query, (openid, limit)).fetchall()
    else:
        found = connection.execute("SELECT at, position FROM messages WHERE id = ?", (before.id,)).fetchone()
        at, position = found or (before.at, 0)
        query = f"SELECT {COLUMNS} FROM messages WHERE openid = ? AND (at, position, id) < (?, ?, ?) {newest}"
        rows = connection.execute(query, (openid, at, position, before.id, limit)).fetchall()
    return tuple(as_message(row) for row in reversed(rows))


def between(connection: "Connection", openid: CustomerId, start_at: float, end_at: float) -> tuple[Message, ...]:
    """Return a customer's messages of a span, both ends included, oldest first."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM messages WHERE openid = ? AND at BETWEEN ? AND ? ORDER BY at, position, id",
        (openid, start_at, end_at),
    )
    return tuple(map(as_message, rows))


def sending(connection: "Connection") -> dict[str, float]:
    """Return the processes with a send under way, each with the time of its newest."""
    rows = connection.execute("SELECT process, max(at) FROM messages WHERE delivery = 'sending' GROUP BY process")
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
                "SELECT id FROM messages WHERE delivery = 'sending' AND process = ?", (process,)
            ).fetchall()
        ]
        connection.executemany(
            "UPDATE messages SET delivery = 'unknown', reason = ?, process = NULL WHERE id = ?",
            [(reason, message_id) for (message_id,) in rows],
        )
        return tuple(existing(connection, message_id) for (message_id,) in rows)


def purge(connection: "Connection", at: float) -> Generator[None, None, int]:
    """Delete messages before a moment, but none that is being sent or waits for a decision."""
    with transaction(connection, is_durable=False):
        spans.forget_before(connection, at)  # first: what is deleted must not count as fetched, cut off or not
    count = 0
    while True:
        with transaction(connection, is_durable=False):
            deleted = connection.execute(
                """
                DELETE FROM messages WHERE id IN (
                    SELECT id FROM messages
                    WHERE at < ? AND (
                        delivery IS NULL OR delivery IN ('sent', 'confirmed')
                        OR (delivery IN ('refused', 'unknown') AND is_dismissed = 1)
                    )
                    LIMIT ?
                )
                """,
                (at, PURGED_PER_SLICE),
            ).rowcount
        count += deleted
        if deleted < PURGED_PER_SLICE:
            return count
        yield
