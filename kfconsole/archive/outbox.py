"""Our sends, from the first keystroke's end to their outcome.

When they were sent is told by a clock that may still be wrong, so where one stands in its conversation follows from
what stood there before it; what the clock learns until the answer comes puts its time right.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kfconsole.archive import acts, contents, drafts, search
from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import agent_key, customer_key
from kfconsole.archive.messages import CLOCK_STEP_SECONDS, OWN_POSITION, existing
from kfconsole.archive.process import Process
from kfconsole.archive.schema import UNDER_WAY
from kfconsole.content import Content, Text, shown
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Deed, Delivery, Message, MessageId, MessageKind
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

MOVED_AFTER_SECONDS: Final = 1.0  # a message that waited shorter stands where it was stored
GONE_AFTER_SECONDS: Final = 600  # no send takes so long; for consoles on hosts we cannot look at


def begin_sends(
    connection: "Connection",
    openid: CustomerId,
    agent: AgentId | None,
    sent: Sequence[Content],
    at: float,
    *,
    state: Delivery,
    is_ai: bool,
    process: Process,
    replaces: MessageId | None,
    keeps_draft: bool,
    deeds: Sequence[Deed],
) -> tuple[Message, ...]:
    """Store messages as prepared or as being sent, all or none.

    New ones were this console's draft; a repeated one replaces its original. Deeds are of messages that leave at once.

    Raises:
        NotPossible: Another console has dismissed or repeated the original meanwhile.
    """
    with transaction(connection, is_durable=True):
        customer = customer_key(connection, openid)
        account = agent_key(connection, agent)
        place = _place(connection, customer, at)
        begun = [
            _insert(connection, customer, account, contents.cleaned(content), place, at, state, is_ai, process)
            for content in sent
        ]
        for message_id, deed in zip(begun, deeds, strict=False):
            acts.begin_send(connection, deed, process, message_id)
        if replaces is None and not keeps_draft:
            drafts.delete_sent(connection, customer, map(shown, sent), process)
        if replaces is not None and not _dismiss(connection, replaces):
            raise NotPossible(_("This message needs no decision."))
        return tuple(existing(connection, message_id) for message_id in begun)


def _insert(
    connection: "Connection",
    customer: int,
    account: int,
    content: Content,
    place: float,
    at: float,
    state: Delivery,
    is_ai: bool,
    process: Process,
) -> MessageId:
    message_id = connection.execute(
        "INSERT INTO messages (customer_id, agent_id, kind, text, at, position) VALUES (?, ?, ?, ?, ?, ?)",
        (customer, account, MessageKind.SENT, shown(content), place, OWN_POSITION),
    ).lastrowid
    encoded = None if isinstance(content, Text) else contents.encoded(content)
    connection.execute(
        """
        INSERT INTO deliveries (message_id, customer_id, state, asked_at, process, content, is_ai)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (message_id, customer, state, at, process.encoded(), encoded, is_ai),
    )
    return MessageId(message_id or 0)


def release(connection: "Connection", message_id: MessageId, at: float, process: Process, deed: Deed | None) -> Message:
    """Store that a prepared message is being sent, from this moment on.

    Raises:
        NotPossible: It is prepared no more: another console believed that this one had ended.
    """
    with transaction(connection, is_durable=True):
        query = "UPDATE deliveries SET state = 'sending', asked_at = ? WHERE message_id = ? AND state = 'prepared'"
        if connection.execute(query, (at, message_id)).rowcount == 0:
            raise NotPossible(_("This message is not waiting to go any more."))
        if deed is not None:
            acts.begin_send(connection, deed, process, message_id)
        if at >= existing(connection, message_id).at + MOVED_AFTER_SECONDS:  # others may have spoken meanwhile
            _put_right(connection, message_id, at)
        return existing(connection, message_id)


def take_back(
    connection: "Connection",
    openid: CustomerId,
    message_ids: Sequence[MessageId],
    draft: str,
    process: Process,
    at: float,
) -> tuple[Message, ...]:
    """Leave prepared messages unsent: texts for good, as they are in the draft again; the rest is to be decided on."""
    with transaction(connection, is_durable=True):
        reason = clean(_("Taken back before it was sent."))
        for message_id in message_ids:
            connection.execute(
                """
                UPDATE deliveries SET state = 'refused', is_dismissed = content IS NULL, reason = ?, process = NULL
                WHERE message_id = ? AND state IN ('prepared', 'refused')
                """,
                (reason, message_id),
            )
        customer = customer_key(connection, openid)
        if draft:
            drafts.put(connection, customer, drafts.TEXT, draft, process, at)
        return tuple(existing(connection, message_id) for message_id in message_ids)


def settle(
    connection: "Connection",
    message_id: MessageId,
    delivery: Delivery,
    reason: str,
    *,
    is_out_of_replies: bool,
    asked_at: float | None,
) -> Message:
    """Store the outcome of a send; what WeChat's records have confirmed stays confirmed, unless WeChat refused it."""
    with transaction(connection, is_durable=True):
        if delivery is Delivery.REFUSED:
            _part_from_record(connection, message_id)
        connection.execute(
            """
            UPDATE deliveries SET state = ?, reason = ?, process = NULL, is_out_of_replies = ?
            WHERE message_id = ? AND state <> 'confirmed'
            """,
            (delivery, clean(reason), is_out_of_replies, message_id),
        )
        if asked_at is not None:
            _put_right(connection, message_id, asked_at)
        return existing(connection, message_id)


def dismiss(connection: "Connection", message_id: MessageId) -> Message:
    """Leave a message undelivered."""
    with transaction(connection, is_durable=True):
        _dismiss(connection, message_id)
        return existing(connection, message_id)


def _place(connection: "Connection", customer: int, at: float, before: int | None = None) -> float:
    """Return where a send stands: behind all that was there, stored before a message or at all by now.

    Also when a clock was set back meanwhile, or is not right yet.
    """
    last: float | None = connection.execute(
        "SELECT max(at) FROM messages WHERE customer_id = ? AND at <= ? AND (?3 IS NULL OR id < ?3)",
        (customer, at + CLOCK_STEP_SECONDS, before),
    ).fetchone()[0]
    return at if last is None else max(at, last)


def _put_right(connection: "Connection", message_id: MessageId, asked_at: float) -> None:
    """Note when a send was made in truth; sends made after it stay behind it."""
    found = connection.execute("SELECT customer_id FROM deliveries WHERE message_id = ?", (message_id,)).fetchone()
    if found is None:
        return
    customer: int = found[0]
    connection.execute("UPDATE deliveries SET asked_at = ? WHERE message_id = ?", (asked_at, message_id))
    at = _place(connection, customer, asked_at, message_id)
    after = "SELECT message_id FROM deliveries JOIN messages ON id = message_id WHERE deliveries.customer_id = ?"
    overtaken = connection.execute(f"{after} AND message_id > ? AND at < ?", (customer, message_id, at)).fetchall()
    for (moved,) in [(message_id,), *overtaken]:
        _move(connection, moved, at)


def _move(connection: "Connection", message_id: MessageId, at: float) -> None:
    search.take_out(connection, [message_id])  # it is found by its time
    connection.execute("UPDATE messages SET at = ?, search_key = NULL WHERE id = ?", (at, message_id))


def _part_from_record(connection: "Connection", message_id: MessageId) -> None:
    """Make a record that seemed to be of a send WeChat refused a line of its own: it is somebody else's."""
    connection.execute(
        """
        INSERT INTO messages (customer_id, agent_id, kind, text, at, position)
            SELECT customer_id, ifnull((SELECT id FROM agents WHERE account = record_agent), agent_id), 'sent',
                record_text, record_at, 0
            FROM (SELECT d.*, m.agent_id FROM deliveries d JOIN messages m ON m.id = message_id)
            WHERE message_id = ? AND record_at IS NOT NULL
        """,
        (message_id,),
    )
    connection.execute(
        """
        UPDATE deliveries SET state = 'sending', record_at = NULL, record_agent = NULL, record_text = NULL
        WHERE message_id = ? AND record_at IS NOT NULL
        """,
        (message_id,),
    )


def _dismiss(connection: "Connection", message_id: MessageId) -> bool:
    # Only what did not surely arrive: a message confirmed a moment ago stays on screen.
    undecided = "state IN ('refused', 'unknown') AND is_dismissed = 0"
    cursor = connection.execute(
        f"UPDATE deliveries SET is_dismissed = 1 WHERE message_id = ? AND {undecided}", (message_id,)
    )
    return cursor.rowcount > 0


def sending(connection: "Connection") -> dict[str, float]:
    """Return the processes with messages in their hands, each with the time of the newest."""
    rows = connection.execute(f"SELECT process, max(asked_at) FROM deliveries WHERE {UNDER_WAY} GROUP BY process")
    return dict(rows.fetchall())


def gone(processes: dict[str, float], now: float) -> tuple[str, ...]:
    """Return those of the processes that ended."""
    return tuple(process for process, at in processes.items() if _is_gone(Process.decoded(process), now - at))


def _is_gone(process: Process | None, age_seconds: float) -> bool:
    is_alive = None if process is None else process.is_alive()
    return age_seconds > GONE_AFTER_SECONDS if is_alive is None else not is_alive


def settle_orphans(connection: "Connection", processes: tuple[str, ...]) -> tuple[Message, ...]:
    """Mark what ended processes were sending as of unknown outcome, and as not sent what they had only prepared.

    What their users were writing is for any other console to go on with.
    """
    endings = {
        Delivery.SENDING: (Delivery.UNKNOWN, _("The console ended before WeChat answered.")),
        Delivery.PREPARED: (Delivery.REFUSED, _("The console ended before it was sent: it never left.")),
    }
    with transaction(connection, is_durable=True):
        drafts.leave(connection, processes)
        rows = [
            row
            for process in processes
            for row in connection.execute(
                f"SELECT message_id, state FROM deliveries WHERE {UNDER_WAY} AND process = ? ORDER BY message_id",
                (process,),
            ).fetchall()
        ]
        connection.executemany(
            "UPDATE deliveries SET state = ?, reason = ?, process = NULL WHERE message_id = ?",
            [(*endings[Delivery(state)], message_id) for message_id, state in rows],
        )
        return tuple(existing(connection, message_id) for message_id, _state in rows)
