"""The tables, as numbered steps from an empty file to today's."""

from typing import TYPE_CHECKING

from kfconsole.archive.connection import transaction
from kfconsole.errors import ArchiveError
from kfconsole.i18n import _

if TYPE_CHECKING:
    from pathlib import Path
    from sqlite3 import Connection

_FIRST = (
    # position: WeChat's order within one second. record_*: the record that confirmed a send of ours.
    # process: which console is sending, while delivery is 'sending'.
    """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        openid TEXT NOT NULL,
        agent TEXT NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        at REAL NOT NULL,
        position INTEGER NOT NULL,
        delivery TEXT,
        reason TEXT NOT NULL DEFAULT '',
        is_dismissed INTEGER NOT NULL DEFAULT 0,
        process TEXT,
        record_at INTEGER,
        record_agent TEXT,
        record_text TEXT
    )
    """,
    "CREATE INDEX messages_in_order ON messages (openid, at, position)",
    "CREATE INDEX messages_by_time ON messages (at, openid)",
    "CREATE INDEX messages_received ON messages (openid, at) WHERE kind = 'received'",
    "CREATE INDEX messages_ours ON messages (openid, at) WHERE delivery IS NOT NULL",
    "CREATE INDEX messages_confirmed ON messages (openid, record_at) WHERE record_at IS NOT NULL",
    "CREATE INDEX messages_sending ON messages (process) WHERE delivery = 'sending'",
    """
    CREATE INDEX messages_undelivered ON messages (openid)
        WHERE delivery IN ('refused', 'unknown') AND is_dismissed = 0
    """,
    "CREATE TABLE spans (start_at REAL NOT NULL, end_at REAL NOT NULL)",
    "CREATE TABLE drafts (openid TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",
    # What was there when the customer's conversation was last looked at: its newest time and the newest row of all.
    "CREATE TABLE reads (openid TEXT PRIMARY KEY, at REAL NOT NULL, message_id INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE saved (name TEXT PRIMARY KEY, at REAL NOT NULL, head TEXT NOT NULL, rows TEXT NOT NULL)",
    "CREATE TABLE origin (created_at REAL NOT NULL)",
)

_CONTENTS = (
    # content: what was sent when it is no text, as JSON; text then holds the words that stand for it.
    "ALTER TABLE messages ADD COLUMN content TEXT",
    "ALTER TABLE messages ADD COLUMN is_ai INTEGER NOT NULL DEFAULT 0",
)

MIGRATIONS = (_FIRST, _CONTENTS)
"""Step n leads from version n to n + 1; a released step is never changed."""


def migrate(connection: "Connection", path: "Path", now: float) -> None:
    """Bring the file to today's version, each step in one transaction."""
    if not is_of_another_version(connection):
        return
    for number, statements in enumerate(MIGRATIONS):
        with transaction(connection, is_durable=True):
            # Asked again under the write lock: another console may have taken the same step meanwhile.
            version = refuse_newer(connection, path)
            if version != number:
                continue
            for statement in statements:
                connection.execute(statement)
            if version == 0:
                connection.execute("INSERT INTO origin (created_at) VALUES (?)", (now,))
            connection.execute(f"PRAGMA user_version = {number + 1}")


def is_of_another_version(connection: "Connection") -> bool:
    """Whether the tables are not today's; a newer console may change them while this one runs."""
    return _version(connection) != len(MIGRATIONS)


def refuse_newer(connection: "Connection", path: "Path") -> int:
    """Return the file's version.

    Raises:
        ArchiveError: This program does not know it.
    """
    if (version := _version(connection)) > len(MIGRATIONS):
        raise ArchiveError(
            _("The archive {path} was written by a newer kfconsole.").format(path=path),
            hint=_("Update kfconsole, or choose another folder with KFCONSOLE_DATA_DIR."),
        )
    return version


def _version(connection: "Connection") -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
