"""Bring WeChat's records, which have no id, and our own sends together without doubling a line.

A record is recognised by what it says: customer, agent, kind, text, second. Of n equal records WeChat shows, as many
are stored as are missing up to n. A record of a send of ours confirms that send instead of becoming a second line.
"""

import json
import math
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from kfconsole.archive import spans
from kfconsole.archive.confirming import confirm
from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import agent_key, customer_key
from kfconsole.archive.messages import COLUMNS, as_message
from kfconsole.archive.purges import Purges
from kfconsole.model import CustomerId, Message, MessageId, Record
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

RECORDS_PER_SLICE: Final = 75  # about 3 ms of writing at a million messages: what a send waits for at most
SORTED_PER_SLICE: Final = 10_000  # likewise, of bringing those of one moment together

_Moment = tuple[CustomerId, int]
_Identity = tuple[str, str, str]
"""Agent, kind and text: what tells two records of one customer and second apart."""
_Stored = tuple[MessageId, int | None]
"""A row and its position; None for a send of ours, which keeps its place."""


def merge(
    connection: "Connection",
    records: Sequence[Record],
    start_at: int,
    end_at: int,
    history_before: float = -math.inf,
) -> Generator[None, None, tuple[Message, ...]]:
    """Store what is new of all records of a span, a slice at a time; return new and changed messages."""
    changed: list[Message] = []
    by_moment: defaultdict[_Moment, list[Record]] = defaultdict(list)
    for number, record in enumerate(records, 1):
        by_moment[record.openid, record.at].append(record)
        if number % SORTED_PER_SLICE == 0:
            yield
    for moments in _slices(by_moment.values()):
        with transaction(connection, is_durable=False):
            purges = Purges(connection)
            touched: list[MessageId] = []
            for moment in moments:
                if not purges.cover(moment[0].openid, moment[0].at):
                    touched.extend(_merge_moment(connection, moment, history_before))
            changed.extend(_as_stored(connection, touched))
        yield
    # The span counts as fetched only when everything in it is stored; a merge that was cut off is done again.
    with transaction(connection, is_durable=False):
        spans.remember(connection, start_at, end_at)
    return tuple(changed)


def _slices(moments: Iterable[list[Record]]) -> Iterator[list[list[Record]]]:
    batch: list[list[Record]] = []
    count = 0
    for moment in moments:
        batch.append(moment)
        count += len(moment)
        if count >= RECORDS_PER_SLICE:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def _merge_moment(connection: "Connection", moment: list[Record], history_before: float) -> Iterator[MessageId]:
    """Merge the records of one customer and one second, in WeChat's order; yield what is new or changed."""
    known = _known(connection, moment[0].openid, moment[0].at)
    for position, listed in enumerate(moment):
        record = replace(listed, text=clean(listed.text))
        same = known.get((record.agent, record.kind, record.text))
        if same:
            message_id, stored_position = same.pop(0)
            if stored_position in (position, None):
                continue
            # A record that came late moved the others of its second.
            connection.execute("UPDATE messages SET position = ? WHERE id = ?", (position, message_id))
        else:
            message_id = confirm(connection, record) or _insert(connection, record, position, history_before)
        yield message_id


def _as_stored(connection: "Connection", message_ids: list[MessageId]) -> list[Message]:
    """Return messages, in one go: one by one they take a quarter of the time."""
    query = f"SELECT {COLUMNS} FROM lines WHERE id IN (SELECT value FROM json_each(?))"
    found = map(as_message, connection.execute(query, (json.dumps(message_ids),)))
    by_id = {message.id: message for message in found}
    return [by_id[message_id] for message_id in message_ids]


def _known(connection: "Connection", openid: CustomerId, at: int) -> dict[_Identity, list[_Stored]]:
    rows: Iterable[tuple[MessageId, str, str, str, int | None]] = connection.execute(
        """
        SELECT id, agent, kind, text, position FROM lines
        WHERE openid = ?1 AND at = ?2 AND delivery IS NULL
        UNION ALL
        SELECT message_id, record_agent, 'sent', record_text, NULL FROM deliveries
        WHERE customer_id = (SELECT id FROM customers WHERE openid = ?1) AND record_at = ?2 AND record_at IS NOT NULL
        ORDER BY 5, 1
        """,
        (openid, at),
    )
    known: defaultdict[_Identity, list[_Stored]] = defaultdict(list)
    for message_id, agent, kind, text, position in rows:
        known[agent, kind, text].append((message_id, position))
    return known


def _insert(connection: "Connection", record: Record, position: int, history_before: float) -> MessageId:
    values = (
        customer_key(connection, record.openid),
        agent_key(connection, record.agent),
        record.kind,
        record.text,
        record.at,
        position,
        record.at < history_before,
    )
    cursor = connection.execute(
        """
        INSERT INTO messages (customer_id, agent_id, kind, text, at, position, is_history)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        values,
    )
    return MessageId(cursor.lastrowid or 0)
