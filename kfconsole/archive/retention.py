"""Deleting: what is too old, what a customer wants forgotten; and how big what remains is."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kfconsole.archive import search, spans
from kfconsole.archive.connection import transaction
from kfconsole.model import ArchiveSizes, CustomerId

if TYPE_CHECKING:
    from sqlite3 import Connection

PURGED_PER_SLICE: Final = 100  # about 4 ms of deleting: what a send waits for at most


def purge(connection: "Connection", at: float) -> Generator[None, None, int]:
    """Delete messages before a moment, but none that is being sent or waits for a decision."""
    with transaction(connection, is_durable=False):
        spans.forget_before(connection, at)  # first: what is deleted must not count as fetched, cut off or not
    count = 0
    while True:
        with transaction(connection, is_durable=False):
            rows = connection.execute(
                """
                SELECT messages.id, search_key, text, kind, account
                FROM messages JOIN agents ON agents.id = agent_id LEFT JOIN deliveries ON message_id = messages.id
                WHERE at < ? AND (
                    state IS NULL OR state IN ('sent', 'confirmed')
                    OR (state IN ('refused', 'unknown') AND is_dismissed = 1)
                )
                ORDER BY at LIMIT ?
                """,
                (at, PURGED_PER_SLICE),
            ).fetchall()
            search.take_out(connection, [row[1:] for row in rows if row[1] is not None])
            connection.executemany("DELETE FROM messages WHERE id = ?", [row[:1] for row in rows])
        count += len(rows)
        if len(rows) < PURGED_PER_SLICE:
            return count
        yield


def purge_customer(connection: "Connection", openid: CustomerId, now: float) -> Generator[None, None, int]:
    """Delete all that is known of a customer."""
    raise NotImplementedError


def vacuum(connection: "Connection") -> None:
    """Give the room of what was deleted back to the disk."""
    raise NotImplementedError


def sizes(connection: "Connection", path: Path) -> ArchiveSizes:
    """Return how big the archive is."""
    raise NotImplementedError
