"""Which spans of time WeChat was asked about."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


def remember(connection: "Connection", start_at: float, end_at: float) -> None:
    """Add a span, joined with those it touches; the caller holds a transaction.

    Spans touch when they share a second: whether WeChat answers the last second of a span is not documented, so
    [.., 10] and [11, ..] may leave out second 10.
    """
    if end_at < start_at:
        return
    touching = "start_at <= ? AND end_at >= ?"
    reach = (end_at, start_at)
    first, last = connection.execute(f"SELECT min(start_at), max(end_at) FROM spans WHERE {touching}", reach).fetchone()
    connection.execute(f"DELETE FROM spans WHERE {touching}", reach)
    joined = (start_at, end_at) if first is None else (min(first, start_at), max(last, end_at))
    connection.execute("INSERT INTO spans (start_at, end_at) VALUES (?, ?)", joined)


def forget_before(connection: "Connection", at: float) -> None:
    """Count nothing before a moment as fetched; the caller holds a transaction."""
    connection.execute("DELETE FROM spans WHERE end_at <= ?", (at,))
    connection.execute("UPDATE spans SET start_at = ? WHERE start_at < ?", (at, at))


def gaps(connection: "Connection", start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
    """Return the parts of a span that were never fetched, oldest first."""
    missing: list[tuple[float, float]] = []
    reached = start_at
    query = "SELECT start_at, end_at FROM spans WHERE start_at < ? AND end_at > ? ORDER BY start_at"
    for span_start, span_end in connection.execute(query, (end_at, start_at)):
        if span_start > reached:
            missing.append((reached, span_start))
        reached = span_end
    if reached < end_at:
        missing.append((reached, end_at))
    return tuple(missing)


def newest(connection: "Connection") -> float | None:
    """Return the end of the newest span."""
    end_at: float | None = connection.execute("SELECT max(end_at) FROM spans").fetchone()[0]
    return end_at
