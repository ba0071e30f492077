"""When each of the desk's lists was looked at: what lies between was not seen by anybody."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from kfconsole.archive.connection import transaction
from kfconsole.archive.place import Place
from kfconsole.model import Feed

if TYPE_CHECKING:
    from sqlite3 import Connection


class Watches:
    """What the archive knows of who looked when; `Archive` fills in what it stands on."""

    _place: Place
    _wall: Callable[[], float]

    async def note_watched(self, feed: Feed, start_at: float, end_at: float) -> None:
        """Keep that a list was looked at all through a span; spans that touch become one, whichever console tells."""

        def note(connection: "Connection") -> None:
            with transaction(connection, is_durable=False):
                remember(connection, feed, start_at, end_at)

        await self._place.write(note)

    async def watched(self, feed: Feed, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
        """Return the parts of a span in which a list was looked at, oldest first."""
        return await self._place.read(lambda connection: between(connection, feed, start_at, end_at))

    async def watched_until(self, feed: Feed) -> float | None:
        """Return until when a list was last looked at, by any console; None: never, as far as is known."""
        return await self._place.read(lambda connection: newest(connection, feed))


def newest(connection: "Connection", feed: str) -> float | None:
    """Return until when a list was last looked at."""
    found: float | None = connection.execute("SELECT max(end_at) FROM watched WHERE feed = ?", (feed,)).fetchone()[0]
    return found


def remember(connection: "Connection", feed: str, start_at: float, end_at: float) -> None:
    """Add a span, joined with those it touches; the caller holds a transaction."""
    if end_at < start_at:
        return
    touching = "feed = ? AND start_at <= ? AND end_at >= ?"
    reach = (feed, end_at, start_at)
    first, last = connection.execute(
        f"SELECT min(start_at), max(end_at) FROM watched WHERE {touching}", reach
    ).fetchone()
    if first is not None:
        start_at, end_at = min(first, start_at), max(last, end_at)
        connection.execute(f"DELETE FROM watched WHERE {touching}", reach)
    connection.execute("INSERT INTO watched (feed, start_at, end_at) VALUES (?, ?, ?)", (feed, start_at, end_at))


def forget_before(connection: "Connection", at: float) -> None:
    """Count nothing before a moment as looked at; the caller holds a transaction."""
    connection.execute("DELETE FROM watched WHERE end_at <= ?", (at,))
    cut = connection.execute("SELECT feed FROM watched WHERE start_at < ?", (at,)).fetchall()
    for (feed,) in cut:
        connection.execute("DELETE FROM watched WHERE feed = ? AND start_at = ?", (feed, at))
        connection.execute("UPDATE watched SET start_at = ? WHERE feed = ? AND start_at < ?", (at, feed, at))


def between(connection: "Connection", feed: str, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
    """Return the parts of a span in which a list was looked at, oldest first."""
    rows = connection.execute(
        """
        SELECT max(start_at, ?2), min(end_at, ?3) FROM watched
        WHERE feed = ?1 AND end_at > ?2 AND start_at < ?3 ORDER BY start_at
        """,
        (feed, start_at, end_at),
    )
    return tuple(rows)
