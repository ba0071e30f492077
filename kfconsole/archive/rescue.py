"""A damaged file: kept aside under a telling name, and what can still be read of it lately, row by row.

A file is moved only while no other process has it open. SQLite deletes the log of changes by its name when the last
one lets go of a file: a console that still had the old file open would delete the log of the new one.
"""

import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from kfconsole.archive import schema
from kfconsole.archive.chain import HEAD_ENDING
from kfconsole.archive.connection import Fault, connect_to_read, explanation, transaction
from kfconsole.archive.messages import OWN_POSITION
from kfconsole.i18n import _
from kfconsole.model import Delivery, MessageKind
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

_SQLITE_LOCKS: Final = (512, 0x40000000)  # length and start of the bytes by which SQLite's connections know each other
_PATIENCE_SECONDS: Final = 1.0  # another console that moves the same file away takes milliseconds
_RETRY_SECONDS: Final = 0.02
_BESIDE: Final = ("-wal", "-shm", HEAD_ENDING)  # the last tells of the deeds, which stay in the damaged file
_ASIDE: Final = ".damaged-"
_NEWEST_ROWS: Final = 50_000  # of the messages; several days of a busy desk
_SOUND_ROWS: Final = 256  # read at once; where that fails, in halves
_STEPS_PER_LOOK_AT_CLOCK: Final = 100_000
_READ_SECONDS: Final = 5.0  # a disk that fails may take its time over every page

_HIGHEST: Final = 1 << 41  # no file numbers its messages so high, nor any memory of a short run
_LAST_TIME: Final = 1 << 40
_KINDS: Final = frozenset(MessageKind)
_STATES: Final = frozenset(Delivery)

Row = dict[str, Any]
Identity = tuple[int, int]
"""Device and number of a file: what stays when it is renamed."""


class Rescued(Struct, frozen=True):
    """What was carried over into the new file."""

    messages: int = 0
    drafts: int = 0


def identity(path: Path) -> Identity | None:
    """Return which file a name stands for now."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def has_content(path: Path) -> bool:
    """Whether there is a file with anything in it."""
    try:
        status = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0


def may_hold_something(path: Path) -> bool:
    """Whether there may have been an archive once: not in a file that nobody has written to yet."""
    try:
        status = path.lstat()  # a link that leads nowhere led to one
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # nobody here may look
        return True
    return not stat.S_ISREG(status.st_mode) or status.st_size > 0


def look_over(connection: "Connection", path: Path) -> None:
    """See whether a file can be used, is whole as far as some seconds of looking tell, and can be locked.

    Raises:
        FileError: It is not.
    """
    import sqlite3

    schema.refuse_newer(connection, path)
    schema.refuse_foreign(connection, path)
    deadline = time.monotonic() + _READ_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_PER_LOOK_AT_CLOCK)
    with suppress(sqlite3.OperationalError):  # a big file, whole as far as it was read
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise explanation(Fault.DAMAGED, path)
    connection.set_progress_handler(None, 0)
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE_SECONDS)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("ROLLBACK")


def replace(path: Path, known: Identity | None, new: Path, wall: float) -> Path | None:
    """Put a new file in the place of a damaged one, which is kept under another name with what belongs to it.

    Args:
        path: The place; this process has let go of its file.
        known: Which file was found damaged.
        new: The new file, complete and closed.
        wall: The time for the name.

    Returns:
        The new name of the damaged file; None when another file has taken its place already.

    Raises:
        OSError: Another process has the file open, or folder or file cannot be written.
    """
    with _held_alone(path, known) as is_held:
        if not is_held:
            return None
        aside = _free_name(path, wall)
        for ending in _BESIDE:
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.rename(aside.with_name(aside.name + ending))
        # The place is never empty: whoever looked then would begin a file of his own.
        try:
            aside.hardlink_to(path)
        except OSError:  # not every file system has links
            path.rename(aside)
        new.replace(path)
        return aside


def kept_as(path: Path, known: Identity) -> Path | None:
    """Return the name under which a damaged file is kept that was at a place before."""
    import glob

    names = path.parent.glob(f"{glob.escape(path.name + _ASIDE)}*")
    return next((name for name in names if identity(name) == known), None)


def is_free(path: Path, known: Identity | None) -> bool:
    """Whether a damaged file is still there and no other process has it open.

    Raises:
        OSError: Another process has, or the file cannot be written.
    """
    with _held_alone(path, known) as is_held:
        return is_held


@contextmanager
def _held_alone(path: Path, known: Identity | None) -> Iterator[bool]:
    """Keep other processes out of a file; False: it is no longer there."""
    descriptor = _locked(path, known)
    if descriptor is None:
        yield False
        return
    try:
        status = os.fstat(descriptor)
        yield (status.st_dev, status.st_ino) == known == identity(path)
    finally:
        os.close(descriptor)


def _locked(path: Path, known: Identity | None) -> int | None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while known is not None and identity(path) == known:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, *_SQLITE_LOCKS)
        except OSError:
            os.close(descriptor)
            if time.monotonic() >= deadline:
                raise
        else:
            return descriptor
        time.sleep(_RETRY_SECONDS)
    return None


def _free_name(path: Path, wall: float) -> Path:
    stem = f"{path.name}{_ASIDE}{time.strftime('%Y%m%dT%H%M%S', time.gmtime(wall))}"
    number = 1
    while True:
        name = path.with_name(stem if number == 1 else f"{stem}-{number}")
        if not any(name.with_name(name.name + ending).exists() for ending in ("", *_BESIDE)):
            return name
        number += 1


def carry_over(path: Path, target: "Connection", since_at: float) -> Rescued:
    """Copy what can be read of a damaged file into a new one: people, drafts, what is undecided, and the last days."""
    import sqlite3

    try:
        source = connect_to_read(path, 0.0, is_damaged=True)
    except (sqlite3.Error, OSError):
        return Rescued()
    try:
        source.text_factory = lambda raw: clean(raw.decode("utf-8", "replace"))
        return _Rescue(source, target, since_at).run()
    finally:
        source.close()


class _Rescue:
    """Copies row by row; what cannot be read, or makes no sense, is left behind."""

    def __init__(self, source: "Connection", target: "Connection", since_at: float) -> None:
        self._source = source
        self._target = target
        self._since_at = since_at
        self._deadline = time.monotonic() + _READ_SECONDS
        self._has_failed = False

    def run(self) -> Rescued:
        if self._one("PRAGMA user_version") != (len(schema.MIGRATIONS),):
            return Rescued()
        with transaction(self._target, is_durable=True):
            self._target.execute("DELETE FROM agents")
            self._copy("agents", lambda row: row["account"] is not None)
            self._target.execute("INSERT OR IGNORE INTO agents (account) VALUES ('')")
            self._copy("customers", _is_customer)
            self._copy_whole("purges", lambda _row: True)
            self._carry_origin()
            undecided = self._undecided()
            count = self._copy("messages", lambda row: _is_message(row) and self._is_wanted(row, undecided), undecided)
            self._target.execute("UPDATE messages SET search_key = NULL")
            self._copy("deliveries", _is_delivery, undecided)
            self._settle_without_delivery()
            drafts = self._copy("drafts", lambda row: bool(row["text"]))
            self._copy("reads", lambda row: _is_time(row["at"]))
            self._copy("waits", lambda row: row["ended_at"] is None and _is_time(row["since_at"]))
            self._copy_whole("openings", lambda row: _is_time(row["at"]) and row["at"] >= self._since_at)
            self._copy_whole("watched", lambda row: _is_time(row["start_at"]) and _is_time(row["end_at"]))
            self._copy_whole("owed", lambda row: _is_time(row["at"]))
            self._copy_whole("saved", lambda row: _is_time(row["at"]))
            self._copy_whole("choices", lambda row: isinstance(row["value"], str))
            self._copy_whole("acts_under_way", _is_act)
            self._keep_numbers_rising()
        return Rescued(count, drafts)

    def _is_wanted(self, row: Row, undecided: frozenset[int]) -> bool:
        return bool(row["at"] >= self._since_at) or row["id"] in undecided

    def _undecided(self) -> frozenset[int]:
        found: list[Row] = []
        for row in self._rows("deliveries", ("message_id", "state", "is_dismissed"), ()):
            if row["state"] in ("prepared", "sending") or (
                row["state"] in ("refused", "unknown") and not row["is_dismissed"]
            ):
                found.append(row)
        return frozenset(row["message_id"] for row in found)

    def _settle_without_delivery(self) -> None:
        """Leave the decision about messages of ours whose outcome cannot be read to the user."""
        self._target.execute(
            """
            INSERT INTO deliveries (message_id, customer_id, state, reason, asked_at)
            SELECT id, customer_id, 'unknown', ?, at FROM messages
            WHERE position = ? AND kind = 'sent' AND id NOT IN (SELECT message_id FROM deliveries)
            """,
            (_("The outcome was lost when the archive was damaged."), OWN_POSITION),
        )

    def _carry_origin(self) -> None:
        found = self._one("SELECT created_at, salt FROM origin")
        if found is not None and _is_time(found[0]) and isinstance(found[1], bytes):
            self._target.execute("UPDATE origin SET created_at = ?, salt = ?", found)

    def _keep_numbers_rising(self) -> None:
        last = self._last("messages")
        self._target.execute("DELETE FROM sqlite_sequence WHERE name = 'messages'")
        self._target.execute(
            """
            INSERT INTO sqlite_sequence (name, seq)
            SELECT 'messages', max(?, (SELECT ifnull(max(id), 0) FROM messages))
            """,
            (last,),
        )

    def _copy(self, table: str, is_sound: Callable[[Row], bool], also: Iterable[int] = ()) -> int:
        return self._put(table, is_sound, self._rows(table, self._columns(table), also))

    def _copy_whole(self, table: str, is_sound: Callable[[Row], bool]) -> int:
        """Copy a small table from its beginning to where it cannot be read."""
        columns = self._columns(table)
        return self._put(table, is_sound, self._select(columns, f"SELECT {', '.join(columns)} FROM {table}", ()))

    def _put(self, table: str, is_sound: Callable[[Row], bool], rows: Iterable[Row]) -> int:
        import sqlite3

        count = 0
        for row in rows:
            if not is_sound(row):
                continue
            names, places = ", ".join(row), ", ".join("?" * len(row))
            with suppress(sqlite3.IntegrityError):  # it belongs to somebody who cannot be read
                statement = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})"
                count += self._target.execute(statement, tuple(row.values())).rowcount
        return count

    def _columns(self, table: str) -> tuple[str, ...]:
        return tuple(row[1] for row in self._target.execute(f"PRAGMA table_info({table})"))

    def _rows(self, table: str, columns: tuple[str, ...], also: Iterable[int]) -> Iterator[Row]:
        """Yield the newest rows that can be read, and some others, in the order of their numbers."""
        last = self._last(table)
        first = max(1, last - _NEWEST_ROWS + 1)
        for number in sorted(number for number in also if number < first):
            yield from self._between(table, columns, number, number)
        for start in range(first, last + 1, _SOUND_ROWS):
            yield from self._between(table, columns, start, min(start + _SOUND_ROWS - 1, last))

    def _between(self, table: str, columns: tuple[str, ...], first: int, last: int) -> list[Row]:
        if time.monotonic() > self._deadline:
            return []
        query = f"SELECT {', '.join(columns)} FROM {table} WHERE rowid BETWEEN ? AND ?"
        rows = list(self._select(columns, query, (first, last)))
        if not self._has_failed or first == last:
            return rows
        middle = (first + last) // 2
        return self._between(table, columns, first, middle) + self._between(table, columns, middle + 1, last)

    def _select(self, columns: tuple[str, ...], query: str, values: tuple[object, ...]) -> Iterator[Row]:
        import sqlite3

        self._has_failed = False
        try:
            for row in self._source.execute(query, values):
                yield dict(zip(columns, row, strict=True))
        except sqlite3.Error:
            self._has_failed = True

    def _last(self, table: str) -> int:
        """Return the number of the newest row; where the table cannot tell, the counter of the numbers given."""
        newest = self._one(f"SELECT max(rowid) FROM {table}")
        given = self._one(f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'")
        numbers = [found[0] for found in (newest, given) if found is not None and isinstance(found[0], int)]
        return max((number for number in numbers if number < _HIGHEST), default=0)

    def _one(self, query: str) -> tuple[Any, ...] | None:
        import sqlite3

        try:
            found: tuple[Any, ...] | None = self._source.execute(query).fetchone()
        except sqlite3.Error:
            return None
        return found


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value < _LAST_TIME


def _is_customer(row: Row) -> bool:
    try:
        json.loads(row["tags"])
    except (ValueError, TypeError):
        row["tags"] = "[]"
    return isinstance(row["openid"], str)


def _is_message(row: Row) -> bool:
    return row["kind"] in _KINDS and _is_time(row["at"]) and isinstance(row["position"], int)


def _is_act(row: Row) -> bool:
    words = (row[name] for name in ("process", "user", "source", "agent", "act", "details"))
    return isinstance(row["key"], bytes) and _is_time(row["at"]) and all(isinstance(word, str) for word in words)


def _is_delivery(row: Row) -> bool:
    return row["state"] in _STATES and _is_time(row["asked_at"])
