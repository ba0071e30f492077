"""Finding messages by what they say, whoever wrote them, among a million of them.

A message goes into the index of words some time after it was stored, in slices of little work. Its number there rises
with its time, so that the newest are found first and a span is a stretch of the index.
"""

import json
import math
from collections.abc import Callable, Generator, Iterable, Iterator
from heapq import nlargest
from typing import TYPE_CHECKING, Final

from kfconsole.archive import grams
from kfconsole.archive.connection import transaction
from kfconsole.archive.messages import COLUMNS, as_message
from kfconsole.archive.schema import is_of_another_version
from kfconsole.model import Message, MessageId, SearchPage, SearchQuery
from kfconsole.text import clean, folded

if TYPE_CHECKING:
    from sqlite3 import Connection

INDEXED_PER_SLICE: Final = 50  # about 2 ms of writing: what a send waits for at most
MERGED_PAGES: Final = 16  # so much of the index is put in order after each slice; about 3 ms at most
FORGOTTEN_PER_SLICE: Final = 1_000  # about 3 ms of writing
READ_UNINDEXED: Final = 2_000  # some 10 ms of reading; a day of a busy desk
KEYS_PER_SECOND: Final = 64  # what comes on top gets a number below zero, and is found more slowly
_LAST_SECOND: Final = 1 << 40  # a record that claims to be from later is kept, and found as if it were from then
_LOWEST_KEY: Final = -(1 << 62)
_LOOKS_PER_CHECK: Final = 256

Place = tuple[float, int, MessageId]
"""Time, position and id of a message: the order of what is found."""
_Row = tuple[float, int, MessageId, str]
"""A place, and what is said there."""


# Putting in and taking out


def index_messages(
    connection: "Connection", is_enough: Callable[[], bool] = lambda: False
) -> Generator[None, None, int]:
    """Put messages into the index that are not there yet, the newest first; return how many.

    Each slice is one transaction that takes what is missing then: several consoles may do it at once, or end amidst.
    """
    count = 0
    while not (is_enough() or is_of_another_version(connection)):
        if _is_void(connection):
            _forget_some(connection)
        elif _is_anything_missing(connection):
            count += _index_some(connection)
            _merge(connection)
        else:
            break
        yield
    return count


def _is_anything_missing(connection: "Connection") -> bool:
    missing = "SELECT 1 FROM messages INDEXED BY messages_unindexed WHERE search_key IS NULL LIMIT 1"
    return connection.execute(missing).fetchone() is not None


def _index_some(connection: "Connection") -> int:
    with transaction(connection, is_durable=False):
        if _is_void(connection):  # by another console, just now
            return 0
        rows = connection.execute(
            """
            SELECT id, at, text, kind, agent_id, customer_id FROM messages INDEXED BY messages_unindexed
            WHERE search_key IS NULL ORDER BY at DESC LIMIT ?
            """,
            (INDEXED_PER_SLICE,),
        ).fetchall()
        for message_id, at, *said in reversed(rows):
            key = _free_key(connection, message_id, at)
            connection.execute("UPDATE messages SET search_key = ? WHERE id = ?", (key, message_id))
            connection.execute("INSERT INTO words (rowid, grams) VALUES (?, ?)", (key, entries(*said)))
    return len(rows)


def _free_key(connection: "Connection", message_id: MessageId, at: float) -> int:
    """Return a number that rises with the second; messages of one second are in no order."""
    first = _first_key(at)
    last: int | None = connection.execute(
        "SELECT max(search_key) FROM messages WHERE search_key >= ? AND search_key < ?",
        (first, first + KEYS_PER_SECOND),
    ).fetchone()[0]
    key = first if last is None else last + 1
    return key if key < first + KEYS_PER_SECOND else -message_id


def _first_key(at: float) -> int:
    return int(min(max(at, 0), _LAST_SECOND)) * KEYS_PER_SECOND


def entries(text: str, kind: str, agent_id: int, customer_id: int) -> str:
    """Return what the index holds of a message; what is taken out must be the same."""
    return grams.entries(text, _of_agent(agent_id), _of_customer(customer_id), _of_kind(kind))


def _of_agent(agent_id: int) -> str:
    return f"a{agent_id}"


def _of_customer(customer_id: int) -> str:
    return f"c{customer_id}"


def _of_kind(kind: str) -> str:
    return "k" + kind.replace("_", "")  # a line below would end the entry


def _merge(connection: "Connection") -> None:
    # In a transaction of its own, and little at a time: the index merges its parts only when told to.
    connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (MERGED_PAGES,))


def take_out(connection: "Connection", message_ids: Iterable[MessageId]) -> None:
    """Take messages out of the index, whose rows still say what was put in; the caller holds a transaction.

    A row that stays needs `search_key = NULL`, or it is never found again.
    """
    if _is_void(connection):
        return
    for message_id in message_ids:
        found = connection.execute(
            """
            SELECT search_key, text, kind, agent_id, customer_id FROM messages
            WHERE id = ? AND search_key IS NOT NULL
            """,
            (message_id,),
        ).fetchone()
        if found is not None:
            key, *said = found
            delete = "INSERT INTO words (words, rowid, grams) VALUES ('delete', ?, ?)"
            connection.execute(delete, (key, entries(*said)))


def rebuild(connection: "Connection") -> Generator[None, None, None]:
    """Empty the index, also a damaged one; `index_messages` fills it again, and may be cut off and go on."""
    with transaction(connection, is_durable=False):
        connection.execute("UPDATE origin SET is_index_void = 1")
        connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
    yield


def _is_void(connection: "Connection") -> bool:
    return connection.execute("SELECT 1 FROM origin WHERE is_index_void").fetchone() is not None


def _forget_some(connection: "Connection") -> None:
    """Let some messages no longer count as indexed; with the last of them the index is as it says."""
    with transaction(connection, is_durable=False):
        forgotten = connection.execute(
            """
            UPDATE messages SET search_key = NULL
            WHERE id IN (SELECT id FROM messages WHERE search_key IS NOT NULL LIMIT ?)
            """,
            (FORGOTTEN_PER_SLICE,),
        ).rowcount
        if forgotten < FORGOTTEN_PER_SLICE:
            connection.execute("UPDATE origin SET is_index_void = 0")


# Finding


def find(
    connection: "Connection",
    query: SearchQuery,
    before: Message | None,
    limit: int,
    is_wanted: Callable[[], bool] = lambda: True,
) -> SearchPage:
    """Return the newest messages found before a message.

    Args:
        connection: To read from.
        query: What is looked for; one that asks for nothing finds nothing.
        before: Only what stands before it, in the order of time, position and id.
        limit: How many at most.
        is_wanted: Asked now and then; once it says no, what was found by then is returned.
    """
    words = grams.split(query.words)
    filters = _Filters(connection, query, before)
    if filters.is_impossible or not (words or filters.is_anything):
        return SearchPage((), has_more=False)
    count = limit + 1
    if not (words or query.agent or query.kind):
        places, unsearched = filters.all_rows(count), 0
    else:
        # First what is not in the index: so nothing is missed that goes into it meanwhile.
        unindexed, unsearched = filters.unindexed_rows()
        found = set(nlargest(count, _fitting(unindexed, words, is_wanted)))
        found.update(nlargest(count, _fitting(filters.overfull_rows(words), words, is_wanted)))
        found.update(_first_seconds(count, _fitting(filters.indexed_rows(words), words, is_wanted)))
        places = nlargest(count, found)
        if _is_void(connection):
            unsearched += filters.number_of_keys()
    messages = _read(connection, [message_id for _at, _position, message_id in places[:limit]])
    return SearchPage(messages, has_more=len(places) > limit, unsearched=unsearched)


class _Filters:
    """What is looked for beside words: as conditions of SQL, as entries of the index, and as a stretch of it."""

    def __init__(self, connection: "Connection", query: SearchQuery, before: Message | None) -> None:
        self._connection = connection
        self._customer_id = self._number("SELECT id FROM customers WHERE openid = ?", query.openid)
        agent_id = self._number("SELECT id FROM agents WHERE account = ?", query.agent)
        self.is_impossible = 0 in (self._customer_id, agent_id)
        self._conditions: list[str] = []
        self._values: list[object] = []
        self._marks: list[str] = []
        if self._customer_id is not None:
            self._ask("customer_id = ?", self._customer_id, _of_customer(self._customer_id))
        if agent_id is not None:
            self._ask("agent_id = ?", agent_id, _of_agent(agent_id))
        if query.kind:
            self._ask("kind = ?", query.kind, _of_kind(query.kind))
        self._start_at = -math.inf if query.start_at is None else query.start_at
        self._end_at = math.inf if query.end_at is None else query.end_at
        self.is_anything = bool(self._marks) or (self._start_at, self._end_at) != (-math.inf, math.inf)
        self._conditions.append("at >= ? AND at < ?")
        self._values += [self._start_at, self._end_at]
        if before is not None:
            self._conditions.append("(at, position, id) < (?, ?, ?)")
            self._values += before.place
            self._end_at = min(self._end_at, before.at)

    def _ask(self, condition: str, value: object, mark: str) -> None:
        self._conditions.append(condition)
        self._values.append(value)
        self._marks.append(mark)

    def _number(self, lookup: str, name: str | None) -> int | None:
        """Return the number of somebody; None: nobody is asked for; 0: nobody is known by this name."""
        if not name:
            return None
        found: tuple[int] | None = self._connection.execute(lookup, (clean(name),)).fetchone()
        return 0 if found is None else found[0]

    def all_rows(self, count: int) -> "list[Place]":
        """Return the newest places, whatever the messages say."""
        index = "messages_by_time" if self._customer_id is None else "messages_in_order"
        return self._connection.execute(
            f"""
            SELECT at, position, id FROM messages INDEXED BY {index} WHERE {self._where}
            ORDER BY at DESC, position DESC, id DESC LIMIT ?
            """,
            (*self._values, count),
        ).fetchall()

    def indexed_rows(self, words: tuple[str, ...]) -> Iterator[_Row]:
        """Yield what the index has, the newest second first."""
        low, high = _first_key(self._start_at), _first_key(self._end_at) + KEYS_PER_SECOND - 1
        return self._matching(words, low, high)

    def overfull_rows(self, words: tuple[str, ...]) -> Iterator[_Row]:
        """Yield what the index has of seconds in which too much was said."""
        overfull = "SELECT 1 FROM messages INDEXED BY messages_indexed WHERE search_key < 0 LIMIT 1"
        if self._connection.execute(overfull).fetchone() is None:
            return iter(())
        return self._matching(words, _LOWEST_KEY, -1)

    def _matching(self, words: tuple[str, ...], low: int, high: int) -> Iterator[_Row]:
        return self._connection.execute(
            f"""
            SELECT at, position, id, text
            FROM words CROSS JOIN messages INDEXED BY messages_indexed ON search_key = words.rowid
            WHERE words MATCH ? AND words.rowid BETWEEN ? AND ? AND {self._where}
            ORDER BY words.rowid DESC
            """,
            (grams.wanted(words, self._marks), low, high, *self._values),
        )

    def unindexed_rows(self) -> tuple[Iterator[_Row], int]:
        """Return the newest of what the index has not yet, and how much else there is."""
        index, condition = "messages_unindexed", "search_key IS NULL AND at >= ?1 AND at <= ?2"
        values: tuple[object, ...] = (self._start_at, self._end_at)
        count = self._count(index, condition, values)
        if count > READ_UNINDEXED and self._customer_id is not None:
            index, condition = "messages_in_order", f"customer_id = ?3 AND {condition}"
            values = (*values, self._customer_id)
            count = self._count(index, condition, values)
        if not count:
            return iter(()), 0
        rows = self._connection.execute(
            f"""
            SELECT at, position, id, text FROM (
                SELECT * FROM messages INDEXED BY {index} WHERE {condition} ORDER BY at DESC LIMIT {READ_UNINDEXED}
            ) WHERE {self._where}
            """,
            (*values, *self._values),
        )
        return rows, max(0, count - READ_UNINDEXED)

    def number_of_keys(self) -> int:
        """Return how many messages of the span count as indexed."""
        return self._count(
            "messages_by_time", "search_key IS NOT NULL AND at >= ? AND at <= ?", (self._start_at, self._end_at)
        )

    def _count(self, index: str, condition: str, values: tuple[object, ...]) -> int:
        query = f"SELECT count(*) FROM messages INDEXED BY {index} WHERE {condition}"
        count: int = self._connection.execute(query, values).fetchone()[0]
        return count

    @property
    def _where(self) -> str:
        return " AND ".join(self._conditions)


def _fitting(rows: Iterable[_Row], words: tuple[str, ...], is_wanted: Callable[[], bool]) -> Iterator[Place]:
    """Yield the places of messages that hold all the words."""
    for number, (at, position, message_id, text) in enumerate(rows):
        if number % _LOOKS_PER_CHECK == 0 and not is_wanted():
            return
        said = folded(text)
        if all(word in said for word in words):
            yield at, position, message_id


def _first_seconds(count: int, places: Iterable[Place]) -> list[Place]:
    """Return places to the end of the second in which `count` are reached: within one they come in no order."""
    found: list[Place] = []
    for place in places:
        if len(found) >= count and _first_key(place[0]) < _first_key(found[-1][0]):
            break
        found.append(place)
    return found


def _read(connection: "Connection", message_ids: list[MessageId]) -> tuple[Message, ...]:
    query = f"SELECT {COLUMNS} FROM lines WHERE id IN (SELECT value FROM json_each(?))"
    rows = connection.execute(query, (json.dumps(message_ids),))
    return tuple(sorted(map(as_message, rows), key=lambda message: message.place, reverse=True))
