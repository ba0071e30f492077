"""Open the file, run transactions, and explain SQLite's failures in plain words.

sqlite3 is imported in the functions that the worker threads call: it costs several milliseconds of the start.
"""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kfconsole.errors import ArchiveError
from kfconsole.i18n import N_, _

if TYPE_CHECKING:
    import sqlite3

CACHE_KIB: Final = 4096  # a day of a busy desk; two connections stay under the memory budget
CHECKPOINT_PAGES: Final = 100  # at the default of 1000, the send that a checkpoint falls on waits some 20 ms
_RETRY_SECONDS: Final = 0.01  # another console needs about as long to create the file
_FULL_BYTES: Final = 64 * 1024  # with less left, files beside the archive cannot be made, and SQLite does not say why


class Fault(Enum):
    """What is wrong with the file."""

    LOCKED = auto()
    DAMAGED = auto()
    INDEX_DAMAGED = auto()
    """Only the index of words, which can be made anew from the messages."""
    FORBIDDEN = auto()
    FULL = auto()
    FAILED = auto()
    NEWER = auto()


class FileError(ArchiveError):
    """Something is wrong with the file or its disk, and `fault` says what."""

    def __init__(self, message: str, *, hint: str = "", fault: Fault) -> None:
        super().__init__(message, hint=hint)
        self.fault = fault


_LOCKED = (
    N_("The archive {path} is locked by another program."),
    N_("Close programs that hold the file open, such as a backup or a database viewer, and try again."),
)
_DAMAGED = (
    N_("The archive {path} is damaged or not an archive."),
    N_("Start the console: it keeps the file aside and begins a new one. Or put a backup in its place."),
)
_INDEX_DAMAGED = (
    N_("The index of words in the archive {path} is damaged."),
    N_("Start the console: it makes the index anew. The messages themselves are not touched."),
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
    Fault.LOCKED: _LOCKED,
    Fault.DAMAGED: _DAMAGED,
    Fault.INDEX_DAMAGED: _INDEX_DAMAGED,
    Fault.FORBIDDEN: _FORBIDDEN,
    Fault.FULL: _FULL,
    Fault.FAILED: _FAILED,
}
"""Message and hint of each fault."""
_FAULTS: Final = {
    3: Fault.FORBIDDEN,  # SQLITE_PERM
    5: Fault.LOCKED,  # SQLITE_BUSY
    6: Fault.LOCKED,  # SQLITE_LOCKED
    8: Fault.FORBIDDEN,  # SQLITE_READONLY
    10: Fault.FAILED,  # SQLITE_IOERR
    11: Fault.DAMAGED,  # SQLITE_CORRUPT
    13: Fault.FULL,  # SQLITE_FULL
    14: Fault.FORBIDDEN,  # SQLITE_CANTOPEN
    23: Fault.FORBIDDEN,  # SQLITE_AUTH
    26: Fault.DAMAGED,  # SQLITE_NOTADB
}
"""SQLite's primary result codes, by number because sqlite3 is not imported here."""
_CORRUPT_VTAB: Final = 267
_CONSTRAINT: Final = 19  # our own tables' constraints have longer codes: this is the index meeting what it never wrote
_ERRNO_FAULTS: Final = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EIO: Fault.FAILED,
}


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
            connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten; not every build does so
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path, busy_seconds: float, *, is_damaged: bool = False) -> "sqlite3.Connection":
    """Open a connection that needs nothing of the file but that it can be read, nor of its folder.

    Args:
        path: The file.
        busy_seconds: How long to wait for others.
        is_damaged: Read what can be read; otherwise a file that was cut off is refused as a whole.
    """
    import sqlite3

    try:
        return _connected_to_read(readable_uri(path), busy_seconds, is_damaged=is_damaged)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise
        # Whoever made the file was killed before it had a log: only somebody who may write can take that back.
        return _connected_to_read(f"{path.absolute().as_uri()}?mode=rw", busy_seconds, is_damaged=is_damaged)


def _connected_to_read(uri: str, busy_seconds: float, *, is_damaged: bool) -> "sqlite3.Connection":
    import sqlite3

    connection = sqlite3.connect(uri, uri=True, timeout=busy_seconds, isolation_level=None)
    try:
        if is_damaged:
            connection.execute("PRAGMA writable_schema = ON")  # made for this; nothing is written
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # nothing is opened before this
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def readable_uri(path: Path) -> str:
    """Return how SQLite opens a file that need not be writable, nor its folder."""
    # In WAL mode even a reader makes a file in the folder, unless it is there. Without a log of changes the file
    # holds everything, and where nobody can make a file beside it, nobody changes it through this folder either.
    wal, shared = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    is_still = not os.access(path.parent, os.W_OK) and not shared.exists() and not (wal.exists() and wal.stat().st_size)
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_still else ''}"


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
    """Turn what the file or its disk can do to us into FileError; wrong SQL stays a crash."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        fault = fault_of(error)
        if fault is None:
            raise
        if fault in (Fault.FAILED, Fault.FORBIDDEN) and _is_full(path):
            fault = Fault.FULL
        raise explanation(fault, path) from error
    except OSError as error:
        raise FileError(
            _("The archive {path} cannot be opened: {reason}.").format(path=path, reason=error.strerror),
            hint=_(_FORBIDDEN[1]),
            fault=_ERRNO_FAULTS.get(error.errno or 0, Fault.FORBIDDEN),
        ) from error


def explanation(fault: Fault, path: Path) -> FileError:
    """Return the error that says what is wrong with a file."""
    message, hint = _EXPLANATIONS[fault]
    return FileError(_(message).format(path=path), hint=_(hint), fault=fault)


def fault_of(error: Exception) -> Fault | None:
    """Return what an error of SQLite, or of ours, says about the file."""
    if isinstance(error, FileError):
        return error.fault
    code = getattr(error, "sqlite_errorcode", 0)
    if code in (_CORRUPT_VTAB, _CONSTRAINT):
        return Fault.INDEX_DAMAGED
    if not code and str(error).startswith("Could not decode to UTF-8"):
        return Fault.DAMAGED  # everything was stored as UTF-8; Python finds this out, so SQLite has no code for it
    return _FAULTS.get(code & 0xFF)  # the low byte is the primary code


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _FULL_BYTES
    except OSError:
        return False
