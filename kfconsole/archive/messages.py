"""Messages and conversations as they are read."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from kfconsole.archive import contents, schema
from kfconsole.content import Content, Text
from kfconsole.errors import ArchiveError
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Delivery, Message, MessageId, MessageKind, News

if TYPE_CHECKING:
    from sqlite3 import Connection

    Reader = Callable[[Callable[[Connection], "Part"]], Awaitable["Part"]]

COLUMNS: Final = "id, openid, agent, kind, text, at, delivery, reason, is_dismissed, content, is_ai, position"
NEWS_MESSAGES: Final = 500  # read in a few milliseconds: what a send waits for at most
OWN_POSITION: Final = 1_000_000  # a send of ours stands after all records of the same moment
CLOCK_STEP_SECONDS: Final = 86_400.0  # what claims to be from later than this is wrong, and nothing to stand behind
PART_MESSAGES: Final = 1_000  # some 5 ms of reading; of more the first are out of the cache when they are used

_KINDS: Final = {kind.value: kind for kind in MessageKind}  # asking the enum itself takes half of building a message
_DELIVERIES: Final[dict[str | None, Delivery | None]] = {None: None, **{state.value: state for state in Delivery}}

Place = tuple[int, float, int, int]
"""Where a message stands among all: the customer's number, time, position, id."""
Part = tuple[tuple[Message, ...], Place]
"""Messages, and the place of the last one."""

_MORE_OF_CUSTOMER = f"""
    SELECT {COLUMNS} FROM lines
    WHERE customer_id = ? AND (at, position, id) > (?, ?, ?) AND at < ?
    ORDER BY at, position, id LIMIT ?
"""
# One customer after the other, each a stretch of one index: whatever the span, nothing is sorted.
_NEXT_CUSTOMERS = f"""
    SELECT {", ".join("lines." + column for column in COLUMNS.split(", "))}
    FROM customers CROSS JOIN lines ON customer_id = customers.id
    WHERE customers.id > ? AND at >= ? AND at < ?
    ORDER BY customers.id, at, position, lines.id LIMIT ?
"""


def as_message(row: tuple[Any, ...]) -> Message:
    """Build a message from a row of `COLUMNS`."""
    message_id, openid, agent, kind, text, at, delivery, reason, is_dismissed, content, is_ai, position = row
    return Message(
        message_id,
        openid,
        agent,
        _KINDS[kind],
        text,
        at,
        _DELIVERIES[delivery],
        reason,
        bool(is_dismissed),
        None if content is None else contents.decoded(content),
        bool(is_ai),
        position,
    )


def find(connection: "Connection", message_id: MessageId) -> Message | None:
    """Return one message."""
    row = connection.execute(f"SELECT {COLUMNS} FROM lines WHERE id = ?", (message_id,)).fetchone()
    return None if row is None else as_message(row)


def newest_id(connection: "Connection") -> MessageId:
    """Return the id of the message stored last; 0 when there is none."""
    return MessageId(connection.execute("SELECT ifnull(max(id), 0) FROM messages").fetchone()[0])


def news(connection: "Connection", after: MessageId, also: Collection[MessageId], openid: CustomerId | None) -> News:
    """Return what was stored after a message, and some others as they are now; ids rise in the order of storing.

    Of a past that was read up meanwhile, which may be a hundred thousand messages, only those of one customer.
    """
    some = f"SELECT max(id) FROM (SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT {NEWS_MESSAGES})"
    until: MessageId = connection.execute(some, (after,)).fetchone()[0] or after
    query = f"""
        SELECT {COLUMNS} FROM lines WHERE id IN (
            SELECT id FROM messages WHERE id > ?1 AND id <= ?2
                AND (is_history = 0 OR customer_id = (SELECT id FROM customers WHERE openid = ?3))
            UNION SELECT value FROM json_each(?4)
        ) ORDER BY id
    """
    past = """
        SELECT DISTINCT openid FROM messages JOIN customers ON customers.id = customer_id
        WHERE messages.id > ?1 AND messages.id <= ?2 AND is_history = 1 AND openid IS NOT ?3
    """
    return News(
        messages=tuple(map(as_message, connection.execute(query, (after, until, openid, json.dumps(sorted(also)))))),
        with_history=frozenset(found for (found,) in connection.execute(past, (after, until, openid))),
        until=until,
    )


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
        at, position = found or before.place[:2]
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


async def every(
    read: "Reader", openid: CustomerId | None, start_at: float, end_at: float
) -> AsyncIterator[tuple[Message, ...]]:
    """Yield all messages of a span, a part at a time: by customer, then by time; nothing is held between two parts.

    What comes or goes meanwhile may be in or not; nothing comes twice, also when records that come late move others.
    """
    place: Place = (0, start_at, -1, -1)
    last: tuple[Message, ...] = ()
    while True:
        part, place = await read(partial(_part, place=place, openid=openid, start_at=start_at, end_at=end_at))
        if not part:
            return
        if last and last[0].openid == part[0].openid:
            told = {message.id for message in last}
            new = tuple(message for message in part if message.id not in told)
        else:
            new = part
        if new:
            yield new
        last = _of_last_customer(part)


def _of_last_customer(part: tuple[Message, ...]) -> tuple[Message, ...]:
    openid = part[-1].openid
    return tuple(takewhile(lambda message: message.openid == openid, reversed(part)))


def _part(connection: "Connection", place: Place, openid: CustomerId | None, start_at: float, end_at: float) -> Part:
    connection.execute("BEGIN")  # that what is found is still there when it is asked whose it is
    try:
        customer, *behind = place
        if openid is not None:
            customer = _customer(connection, openid)
        part = list(map(as_message, connection.execute(_MORE_OF_CUSTOMER, (customer, *behind, end_at, PART_MESSAGES))))
        if openid is None and (room := PART_MESSAGES - len(part)):
            part += map(as_message, connection.execute(_NEXT_CUSTOMERS, (customer, start_at, end_at, room)))
        return tuple(part), (_customer(connection, part[-1].openid), *part[-1].place) if part else place
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _customer(connection: "Connection", openid: CustomerId) -> int:
    found: tuple[int] | None = connection.execute("SELECT id FROM customers WHERE openid = ?", (openid,)).fetchone()
    return found[0] if found else 0


def count(connection: "Connection", openid: CustomerId | None, start_at: float, end_at: float) -> int:
    """Return how many messages a span has, its end not included."""
    query, values = "SELECT count(*) FROM messages WHERE at >= ? AND at < ?", [start_at, end_at]
    if openid is None:
        found = connection.execute(query, values)
    else:
        of_customer = "AND customer_id = (SELECT id FROM customers WHERE openid = ?)"
        found = connection.execute(f"{query} {of_customer}", (*values, openid))
    number: int = found.fetchone()[0]
    return number
