"""Deleting what is too old, giving its room back, and how big what remains is.

What is deleted is overwritten (`secure_delete`), with two exceptions: the index of words keeps deleted entries until
its parts are merged, and SQLite leaves behind copies of what it moved from page to page until the file is written anew.
"""

import os
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kfconsole.archive import audit, chain, schema, search, spans, watched
from kfconsole.archive.connection import transaction
from kfconsole.errors import ArchiveError
from kfconsole.i18n import _
from kfconsole.model import ArchiveSizes, Deed

if TYPE_CHECKING:
    from sqlite3 import Connection

PURGED_PER_SLICE: Final = 50  # about 4 ms of deleting: what a send waits for at most
ROWS_PER_SLICE: Final = 200  # of waits, sessions, openings, deeds and customers: likewise
MERGED_PAGES: Final = 16  # of the index: likewise
MERGES_AT_MOST: Final = 3  # one that was going on, one of all parts, and one should a console have added some meanwhile
_PAUSE_SECONDS: Final = 0.05  # between two tries to empty the log
_TRY_MILLISECONDS: Final = 10  # how long each try keeps other consoles from writing

MESSAGES: Final = """
    SELECT messages.id, at FROM messages LEFT JOIN deliveries ON message_id = messages.id
"""
_IS_SETTLED: Final = """
    (state IS NULL OR state IN ('sent', 'confirmed') OR (state IN ('refused', 'unknown') AND is_dismissed = 1))
"""
# A wait that goes on is no past, nor a session; one whose end nobody saw has ended after half a day. Deeds stay
# longer: see `forget_deeds`.
_OLD_ROWS: Final = (
    "DELETE FROM waits WHERE id IN (SELECT id FROM waits WHERE since_at < ? AND ended_at IS NOT NULL LIMIT ?)",
    """
    DELETE FROM sessions WHERE (customer_id, agent_id, started_at) IN (
        SELECT customer_id, agent_id, started_at FROM sessions
        WHERE started_at < ?1 AND ifnull(ended_at, started_at + 43200) < ?1 LIMIT ?2
    )
    """,
    """
    DELETE FROM openings WHERE (customer_id, act, at) IN (
        SELECT customer_id, act, at FROM openings WHERE at < ? LIMIT ?
    )
    """,
    "DELETE FROM owed WHERE customer_id IN (SELECT customer_id FROM owed WHERE at < ? LIMIT ?)",
    "DELETE FROM drafts WHERE id IN (SELECT id FROM drafts WHERE form <> '' AND at < ? LIMIT ?)",
)
# What a customer is called here was somebody's work; remark and tags WeChat tells again.
IS_NOBODY: Final = """
    alias = ''
    AND NOT EXISTS (SELECT 1 FROM messages WHERE customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM drafts WHERE customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM waits WHERE customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM openings WHERE customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM owed WHERE customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM audit WHERE customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM acts_under_way WHERE customer_id = customers.id)
"""
"""Holds for customers nothing is known of but their name at WeChat."""


def purge(
    connection: "Connection", at: float, tell: Callable[[int], object] = lambda _count: None
) -> Generator[None, None, int]:
    """Delete what is from before a moment, but no message that is being sent or waits for a decision.

    Args:
        connection: To write with.
        at: The moment.
        tell: Told how many messages are deleted, now and then.
    """
    count = 0
    reached = float("-inf")  # what stays is not looked at again and again
    while True:
        with transaction(connection, is_durable=False):
            # In each transaction: what is deleted must not count as fetched, also when it was fetched meanwhile.
            spans.forget_before(connection, at)
            watched.forget_before(connection, at)
            query = f"{MESSAGES} WHERE at >= ? AND at < ? AND {_IS_SETTLED} ORDER BY at LIMIT ?"
            rows = connection.execute(query, (reached, at, PURGED_PER_SLICE)).fetchall()
            delete(connection, rows)
        count += len(rows)
        tell(count)
        yield from after_slice(connection)
        if len(rows) < PURGED_PER_SLICE:
            break
        reached = rows[-1][1]
    for statement in _OLD_ROWS:
        deleted = ROWS_PER_SLICE
        while deleted == ROWS_PER_SLICE:
            with transaction(connection, is_durable=False):
                deleted = connection.execute(statement, (at, ROWS_PER_SLICE)).rowcount
            yield
    yield from _delete_nobodies(connection)
    yield from merge_index(connection)
    return count


def forget_deeds(connection: "Connection", at: float, now: float) -> Generator[None, None, int]:
    """Delete the deeds up to the first that is not from before a moment, and note that; return how many."""
    with transaction(connection, is_durable=True):
        last: int | None = connection.execute(
            """
            SELECT max(id) FROM audit WHERE at < ?1
                AND id < (SELECT ifnull(min(id), 9223372036854775807) FROM audit WHERE at >= ?1)
            """,
            (at,),
        ).fetchone()[0]
        if last is not None:
            chain.forget(connection, last)
            audit.put(connection, Deed(now, chain.FORGOTTEN, details=str(last)))
    chain.keep_head(connection)
    count, deleted = 0, ROWS_PER_SLICE
    query = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id <= (SELECT audit_from FROM origin) LIMIT ?)"
    while deleted == ROWS_PER_SLICE:  # also what was left of another time
        with transaction(connection, is_durable=False):
            deleted = connection.execute(query, (ROWS_PER_SLICE,)).rowcount
        count += deleted
        yield
    yield from _delete_nobodies(connection)
    return count


def count_older(connection: "Connection", at: float) -> int:
    """Return how many messages `purge` deletes."""
    older, kept = connection.execute(
        f"""
        SELECT (SELECT count(*) FROM messages WHERE at < ?1),
            (SELECT count(*) FROM deliveries JOIN messages ON messages.id = message_id
                WHERE at < ?1 AND NOT {_IS_SETTLED})
        """,
        (at,),
    ).fetchone()
    found: int = older - kept
    return found


def delete(connection: "Connection", rows: list[tuple[Any, ...]]) -> None:
    """Delete messages, given as rows of `MESSAGES`; the caller holds a transaction."""
    search.take_out(connection, [row[0] for row in rows])
    connection.executemany("DELETE FROM messages WHERE id = ?", [row[:1] for row in rows])


def after_slice(connection: "Connection") -> Generator[None, None, None]:
    """Merge a little of the index after each slice of deleting: 64 slices on, one would have to merge much."""
    yield
    _has_merged(connection, MERGED_PAGES)
    yield


def _delete_nobodies(connection: "Connection") -> Generator[None, None, None]:
    reached = 0
    while True:
        with transaction(connection, is_durable=False):
            query = "SELECT max(id) FROM (SELECT id FROM customers WHERE id > ? ORDER BY id LIMIT ?)"
            last: int | None = connection.execute(query, (reached, ROWS_PER_SLICE)).fetchone()[0]
            if last is None:
                return
            connection.execute(f"DELETE FROM customers WHERE id > ? AND id <= ? AND {IS_NOBODY}", (reached, last))
        reached = last
        yield


def merge_index(connection: "Connection") -> Generator[None, None, None]:
    """Bring parts of the index together as far as searching gains from it."""
    while _has_merged(connection, MERGED_PAGES):
        yield


def merge_whole_index(connection: "Connection") -> Generator[None, None, None]:
    """Make the index one part, in which nothing is left of what was taken out."""
    for _round in range(MERGES_AT_MOST):
        if not _has_merged(connection, -MERGED_PAGES):  # negative: begins to merge all parts
            return
        yield
        yield from merge_index(connection)


def _has_merged(connection: "Connection", pages: int) -> bool:
    """Merge some pages of the index; False when there was nothing to merge."""
    before = connection.total_changes
    with transaction(connection, is_durable=False):
        connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before >= 2  # the order itself counts as one


def vacuum(connection: "Connection", path: Path, patience_seconds: float) -> Generator[None, None, bool]:
    """Merge the index and write the file anew.

    False: another console reads what was before, so the room comes back later.

    Raises:
        ArchiveError: There is no room for a second copy.
    """
    needed = used_bytes(connection)
    for folder in lacking_room(path, needed):
        raise ArchiveError(
            _("To write {path} anew, {needed} MB must be free in {folder}.").format(
                path=path, needed=needed // 1_000_000 + 1, folder=folder
            ),
            hint=_("Free some space and try again."),
        )
    yield from merge_whole_index(connection)
    connection.execute("VACUUM")
    return (yield from empty_log(connection, patience_seconds))


def used_bytes(connection: "Connection") -> int:
    """Return how big the file would be without free pages."""
    pages, free, size = (_pragma(connection, name) for name in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * size


def lacking_room(path: Path, needed_bytes: int) -> list[Path]:
    """Return the folders that cannot hold what writing the file anew needs: a copy, and the log of it."""
    wanted: dict[int, tuple[Path, int]] = {}
    for folder in (path.parent, _temporary_folder()):
        device = folder.stat().st_dev
        wanted[device] = (folder, wanted.get(device, (folder, 0))[1] + needed_bytes)
    import shutil

    return [folder for folder, needed in wanted.values() if shutil.disk_usage(folder).free < needed]


def _temporary_folder() -> Path:
    """Return where SQLite writes the copy."""
    names = (os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"), "/var/tmp", "/usr/tmp", "/tmp")
    folders = (Path(name) for name in names if name)
    return next((folder for folder in folders if os.access(folder, os.W_OK | os.X_OK)), Path())


def empty_log(connection: "Connection", patience_seconds: float) -> Generator[None, None, bool]:
    """Fold the log of changes into the file and empty it; False when other consoles read from it all the time."""
    deadline = time.monotonic() + patience_seconds
    while not _has_emptied_log(connection):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
        yield
    return True


def _has_emptied_log(connection: "Connection") -> bool:
    patience = _pragma(connection, "busy_timeout")
    connection.execute(f"PRAGMA busy_timeout = {_TRY_MILLISECONDS}")
    try:
        is_busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")
    return not is_busy


def sizes(connection: "Connection", path: Path) -> ArchiveSizes | None:
    """Return how big the archive is; None when another version of kfconsole made its tables."""
    if schema.is_of_another_version(connection):
        return None
    page_bytes = _pragma(connection, "page_size")
    messages, customers, oldest_at, unindexed, index_pages = connection.execute(
        """
        SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM customers WHERE openid <> ''),
            (SELECT min(at) FROM messages),
            (SELECT count(*) FROM messages INDEXED BY messages_unindexed WHERE search_key IS NULL),
            (SELECT ifnull(sum(pages), 0) FROM
                (SELECT max(pgno / 2) - min(pgno / 2) + 1 AS pages FROM words_idx GROUP BY segid))
        """
    ).fetchone()
    log = path.with_name(f"{path.name}-wal")
    return ArchiveSizes(
        messages=messages,
        customers=customers,
        oldest_at=oldest_at,
        file_bytes=path.stat().st_size + (log.stat().st_size if log.exists() else 0),
        index_bytes=index_pages * page_bytes,
        free_bytes=_pragma(connection, "freelist_count") * page_bytes,
        unindexed=unindexed,
    )


def _pragma(connection: "Connection", name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
