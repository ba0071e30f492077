"""Open the file, run transactions, and explain SQLite's failures in plain words.

sqlite3 is imported in the functions that the worker threads call: it costs several milliseconds of the start.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kfconsole.errors import ArchiveError
from kfconsole.i18n import N_, _

if TYPE_CHECKING:
    import sqlite3

CACHE_KIB: Final = 4096  # a day of a busy desk; two connections stay under the memory budget
CHECKPOINT_PAGES: Final = 100  # at the default of 1000, the send that a checkpoint falls on waits some 20 ms
_RETRY_SECONDS: Final = 0.01  # another console needs about as long to create the file

_LOCKED = (
    N_("The archive {path} is locked by another program."),
    N_("Close programs that hold the file open, such as a backup or a database viewer, and try again."),
)
_DAMAGED = (
    N_("The archive {path} is damaged or not an archive."),
    N_("Move the file away to start a new one, or put a backup in its place."),
)
_FORBIDDEN = (
    N_("The archive {path} cannot be written."),
    N_("Check the folder's owner and permissions, or choose another with KFCONSOLE_DATA_DIR."),
)
_FULL = (
    N_("The disk with the archive {path} is full."),
    N_("Free some space and try again; what was stored before is safe."),
)
_FAILED = (
    N_("The disk with the archive {path} failed."),
    N_("Check the disk; move the archive to another one with KFCONSOLE_DATA_DIR."),
)

_EXPLANATIONS: Final = {
    3: _FORBIDDEN,  # SQLITE_PERM
    5: _LOCKED,  # SQLITE_BUSY
    6: _LOCKED,  # SQLITE_LOCKED
    8: _FORBIDDEN,  # SQLITE_READONLY
    10: _FAILED,  # SQLITE_IOERR
    11: _DAMAGED,  # SQLITE_CORRUPT
    13: _FULL,  # SQLITE_FULL
    14: _FORBIDDEN,  # SQLITE_CANTOPEN
    23: _FORBIDDEN,  # SQLITE_AUTH
    26: _DAMAGED,  # SQLITE_NOTADB
}
"""SQLite's primary result codes, by number because sqlite3 is not imported here, to message and hint."""


def connect(path: Path, busy_seconds: float, *, is_reader: bool) -> "sqlite3.Connection":
    """Open a connection for the calling thread; a writer creates the file, for its owner's eyes only."""
    import sqlite3

    if not is_reader:
        _create_private(path)
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if is_reader:
            connection.execute("PRAGMA query_only = ON")
        else:
            _use_wal(connection, busy_seconds)
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _create_private(path: Path) -> None:
    # SQLite gives -wal and -shm the mode of the file itself, so its mode must be right before SQLite opens it.
    for folder in reversed([folder for folder in (path.parent, *path.parents) if not folder.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    try:
        # Only ever a file that SQLite has not opened yet: closing any handle of a file drops all its POSIX locks.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)


def _use_wal(connection: "sqlite3.Connection", busy_seconds: float) -> None:
    import sqlite3

    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Consoles that create the file at the same moment: SQLite does not wait for this lock by itself.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


@contextmanager
def transaction(connection: "sqlite3.Connection", *, is_durable: bool) -> Iterator[None]:
    """Run the block as one transaction that holds the write lock from its first line.

    A durable one is on the disk when it returns. In WAL mode a commit survives `kill -9` either way; only a power
    cut can undo one that was not synced. So what nobody else knows (sends, drafts, decisions) is synced, and what
    WeChat tells again at the next poll is not.
    """
    connection.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the file or its disk can do to us into ArchiveError; wrong SQL stays a crash."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        explanation = _explain(error, path)
        if explanation is None:
            raise
        raise explanation from error
    except OSError as error:
        raise ArchiveError(
            _("The archive {path} cannot be opened: {reason}").format(path=path, reason=error.strerror),
            hint=_(_FORBIDDEN[1]),
        ) from error


def _explain(error: "sqlite3.Error", path: Path) -> ArchiveError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
    if code not in _EXPLANATIONS:
        return None
    message, hint = _EXPLANATIONS[code]
    return ArchiveError(_(message).format(path=path), hint=_(hint))
