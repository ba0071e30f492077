"""The archive in memory: what it is while its file cannot be written.

It begins with what the file has lately, under the same numbers; what is stored meanwhile gets numbers that no file
has. A copy of how it began, in the tables of `seed`, tells later what changed.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from kfconsole.archive import schema
from kfconsole.archive.connection import readable_uri, transaction
from kfconsole.archive.drafts import values_of
from kfconsole.archive.people import RECENT_SECONDS
from kfconsole.model import CustomerId, Unkept

if TYPE_CHECKING:
    from sqlite3 import Connection

FIRST_ID: Final = 1 << 40
"""What is stored in the first memory of a run gets numbers from here on, in the second from twice this on."""
_SEEDING_BUSY_SECONDS: Final = 0.2


_OPEN: Final = "state IN ('refused', 'unknown') AND is_dismissed = 0"
_SEEDS: Final = {
    "origin": "",
    "customers": "",
    "agents": "",
    "messages": f"""
        WHERE at >= :since_at OR id IN (
            SELECT message_id FROM file.deliveries WHERE {_OPEN}
            UNION SELECT message_id FROM file.deliveries WHERE {schema.UNDER_WAY}
        )
    """,
    "deliveries": "WHERE message_id IN (SELECT id FROM main.messages)",
    "drafts": "",
    "reads": "",
    "spans": "",
    "saved": "",
    "waits": "WHERE ended_at IS NULL OR since_at >= :since_at",
    "sessions": "WHERE started_at >= :since_at",
    "openings": "WHERE at >= :since_at",
    "purges": "",
    "owed": "",
    "watched": "WHERE end_at >= :since_at",
    "choices": "",
    "acts_under_way": "",
}
"""The tables that are taken along, whom others refer to first, and which of their rows."""
COMPARED: Final = (
    "messages",
    "deliveries",
    "drafts",
    "reads",
    "customers",
    "spans",
    "waits",
    "sessions",
    "owed",
    "choices",
    "acts_under_way",
)


CHANGED_DRAFTS: Final = """
    SELECT openid, form, process, at, text FROM (SELECT * FROM main.drafts EXCEPT SELECT * FROM seed.drafts)
    JOIN main.customers ON customers.id = customer_id
"""


class Memory(Struct, frozen=True):
    """An archive in memory, and how it began."""

    connection: "Connection"
    since_at: float
    """From when on it holds all that the file held."""
    is_seeded: bool
    """False: nothing of the file could be read."""


def begin(path: Path, now: float, episode: int) -> Memory:
    """Make an archive in memory that holds what the file has lately, or nothing where that cannot be read.

    Args:
        path: The file.
        now: The time by WeChat's clock.
        episode: 1 for the first one of a run, 2 for the next.
    """
    import sqlite3

    connection = sqlite3.connect(":memory:", isolation_level=None, uri=True, timeout=_SEEDING_BUSY_SECONDS)
    connection.execute("PRAGMA foreign_keys = ON")
    schema.migrate(connection, path, now)
    connection.execute("DROP TRIGGER audit_stays")  # deeds leave it for the file, where they stay
    since_at = now - RECENT_SECONDS
    try:
        is_seeded = _seed(connection, path, since_at)
    except (sqlite3.Error, OSError):  # why the file cannot be read is told already
        is_seeded = False
    connection.execute("ATTACH ':memory:' AS seed")
    for table in COMPARED:
        connection.execute(f"CREATE TABLE seed.{table} AS SELECT * FROM main.{table}")
    connection.execute("CREATE TABLE seed.brought (id INTEGER PRIMARY KEY, number INTEGER NOT NULL)")
    connection.execute("CREATE TABLE seed.ended_acts (key BLOB NOT NULL)")
    connection.execute("CREATE UNIQUE INDEX seed.known_messages ON messages (id)")
    connection.execute("DELETE FROM sqlite_sequence WHERE name = 'messages'")
    connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('messages', ?)", (FIRST_ID * episode,))
    return Memory(connection, since_at, is_seeded)


def _seed(connection: "Connection", path: Path, since_at: float) -> bool:
    if not path.is_file():  # SQLite would wait for ever for a pipe
        return False
    connection.execute("ATTACH ? AS file", (readable_uri(path),))
    try:
        if connection.execute("PRAGMA file.user_version").fetchone()[0] != len(schema.MIGRATIONS):
            return False
        with transaction(connection, is_durable=False):  # all tables as of one moment, or none
            connection.execute("DELETE FROM origin")
            connection.execute("DELETE FROM agents")
            for table, condition in _SEEDS.items():
                connection.execute(
                    f"INSERT INTO main.{table} SELECT * FROM file.{table} {condition}", {"since_at": since_at}
                )
            connection.execute("UPDATE messages SET search_key = NULL")
            connection.execute("UPDATE origin SET audit_from = 0, audit_chain = NULL")  # deeds are not taken along
        return True
    finally:
        connection.execute("DETACH file")


def unkept(memory: "Connection") -> Unkept:
    """Return what is lost when the memory goes."""
    sends = memory.execute(
        "SELECT count(*) FROM deliveries WHERE message_id NOT IN (SELECT id FROM seed.messages)"
    ).fetchone()[0]
    rows = memory.execute(f"SELECT openid, form, text FROM ({CHANGED_DRAFTS})").fetchall()
    told = [
        (openid, "\n".join(filter(None, values_of(text).values())) if form else text) for openid, form, text in rows
    ]
    return Unkept(sends, tuple((CustomerId(openid), text) for openid, text in told))
