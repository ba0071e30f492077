"""Finding messages by what they say, whoever wrote them, among a million of them."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from kfconsole.archive import grams
from kfconsole.archive.connection import transaction
from kfconsole.model import Message, MessageKind, SearchPage, SearchQuery

if TYPE_CHECKING:
    from sqlite3 import Connection

INDEXED_PER_SLICE: Final = 50  # about 2 ms of writing: what a send waits for at most
MERGED_PAGES: Final = 16  # so much of the index is put in order after each slice; about 3 ms at most
KEYS_PER_SECOND: Final = 1024
_FIRST_SECOND: Final = 0
_LAST_SECOND: Final = 1 << 40  # a record that claims to be from later is kept, and found as if it were from then

_OF_KIND: Final = {MessageKind.RECEIVED: "\ue000in", MessageKind.SENT: "\ue000out"}
"""Entries for the direction; no message holds this character together with ASCII letters."""


def index_messages(connection: "Connection") -> Generator[None, None, int]:
    """Put messages into the index that are not there yet, the newest first; return how many."""
    count = 0
    while True:
        with transaction(connection, is_durable=False):
            rows = connection.execute(
                "SELECT id, text, at, kind, agent FROM lines WHERE search_key IS NULL ORDER BY at DESC LIMIT ?",
                (INDEXED_PER_SLICE,),
            ).fetchall()
            _put_in(connection, rows)
        if rows:
            # In a transaction of its own, and little at a time: the index merges its parts only when told to.
            connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (MERGED_PAGES,))
        count += len(rows)
        if len(rows) < INDEXED_PER_SLICE:
            return count
        yield


def _put_in(connection: "Connection", rows: list[tuple[Any, ...]]) -> None:
    for message_id, text, at, kind, agent in sorted(rows, key=lambda row: row[2]):
        key = _free_key(connection, at)
        connection.execute("UPDATE messages SET search_key = ? WHERE id = ?", (key, message_id))
        connection.execute("INSERT INTO words (rowid, grams) VALUES (?, ?)", (key, entries(text, kind, agent)))


def entries(text: str, kind: str, agent: str) -> str:
    """Return what the index holds of a message; what is taken out must be the same."""
    return f"{grams.entries(text)} {_of_agent(agent)} {_OF_KIND.get(MessageKind(kind), '')}"


def take_out(connection: "Connection", rows: list[tuple[int, str, str, str]]) -> None:
    """Delete messages, given by search key, text, kind and agent, from the index; the caller holds a transaction."""
    connection.executemany(
        "INSERT INTO words (words, rowid, grams) VALUES ('delete', ?, ?)",
        [(key, entries(text, kind, agent)) for key, text, kind, agent in rows],
    )


def find(connection: "Connection", query: SearchQuery, before: Message | None, limit: int) -> SearchPage:
    """Return the newest messages found before a message."""
    raise NotImplementedError


def _free_key(connection: "Connection", at: float) -> int:
    """Return a number for a message of a moment: messages of one second in the order of storing."""
    first = min(max(int(at), _FIRST_SECOND), _LAST_SECOND) * KEYS_PER_SECOND
    while True:
        last: int | None = connection.execute(
            "SELECT max(search_key) FROM messages WHERE search_key >= ? AND search_key < ?",
            (first, first + KEYS_PER_SECOND),
        ).fetchone()[0]
        if last is None:
            return first
        if last + 1 < first + KEYS_PER_SECOND:
            return last + 1
        first += KEYS_PER_SECOND


def _of_agent(agent: str) -> str:
    return "\ue001" + "".join(f"{code:x}" for code in agent.encode())
