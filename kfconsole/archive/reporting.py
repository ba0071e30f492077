"""What a report is reckoned from: the lines of all conversations, by time, a part at a time."""

import math
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import json

from kfconsole.archive.place import Place
from kfconsole.archive.waits import WAITS, as_wait
from kfconsole.model import SessionSeen, Spoken, Wait

if TYPE_CHECKING:
    from sqlite3 import Connection

PART_LINES: Final = 1_500  # to read so many, and to reckon with them, takes some milliseconds; so long others wait
PART_ROWS: Final = 1_000  # likewise

_REACHED: Final = """
    SELECT at FROM messages INDEXED BY messages_by_time WHERE at >= ?1 AND at < ?2 ORDER BY at LIMIT 1 OFFSET ?3
"""
# A whole part is one value: SQLite makes it while others run, where each row would be one more wait for them.
_LINES: Final = """
    SELECT json_group_array(json(line)) FROM (
        SELECT json_array(
            openid, account, kind, CAST(ifnull(record_at, at) AS INTEGER),
            ifnull(is_ai, 0), ifnull(state = 'unknown', 0)
        ) AS line
        FROM messages INDEXED BY messages_by_time
        JOIN customers ON customers.id = messages.customer_id JOIN agents ON agents.id = agent_id
        LEFT JOIN deliveries ON message_id = CASE kind WHEN 'sent' THEN messages.id END
        WHERE at >= ?1 AND at < ?2 AND kind IN ('received', 'sent', 'closed')
            AND (state IS NULL OR state IN ('sent', 'confirmed', 'unknown'))
        ORDER BY at, messages.customer_id, position, messages.id LIMIT -1
    )
"""  # without a limit an order within is one that SQLite may leave out
_WAITS: Final = f"""
    {WAITS}
    WHERE since_at >= ?1 AND since_at < ?3 AND (since_at, waits.id) > (?1, ?2) ORDER BY since_at, waits.id LIMIT ?4
""".replace("SELECT", "SELECT waits.id,")
_SESSIONS: Final = """
    SELECT openid, account, started_at, first_seen_at, ended_at, customer_id, agent_id
    FROM sessions JOIN customers ON customers.id = customer_id JOIN agents ON agents.id = agent_id
    WHERE started_at >= ?1 AND started_at < ?4 AND (started_at, customer_id, agent_id) > (?1, ?2, ?3)
    ORDER BY started_at, customer_id, agent_id LIMIT ?5
"""


class Reports:
    """What the archive tells a report; `Archive` fills in what it stands on."""

    _place: Place

    async def spoken(self, start_at: float, end_at: float) -> AsyncIterator[tuple[Spoken, ...]]:
        """Yield what reached customers, and what they wrote, in a span by time; nothing is held between two parts."""
        reached_at: float | None = start_at
        while reached_at is not None:
            part, reached_at = await self._place.read_longest(partial(_part, start_at=reached_at, end_at=end_at))
            if part:
                yield part

    async def waits_by_time(self, start_at: float, end_at: float) -> AsyncIterator[tuple[Wait, ...]]:
        """Yield the waits that began in a span, oldest first."""
        position = start_at, -1
        while True:
            part, position = await self._place.read(partial(_waits, position=position, end_at=end_at))
            if not part:
                return
            yield part

    async def sessions_by_time(self, start_at: float, end_at: float) -> AsyncIterator[tuple[SessionSeen, ...]]:
        """Yield the sessions that began in a span, oldest first."""
        position = start_at, -1, -1
        while True:
            part, position = await self._place.read(partial(_sessions, position=position, end_at=end_at))
            if not part:
                return
            yield part


class _Line(Spoken, frozen=True, gc=False, array_like=True):
    """As SQLite writes it."""


_DECODER: Final = json.Decoder(tuple[_Line, ...], strict=False)  # SQLite knows no true and false


def _part(connection: "Connection", start_at: float, end_at: float) -> tuple[tuple[Spoken, ...], float | None]:
    """Return what was said in whole seconds from a moment on, and up to which; None: to the end of the span."""
    row = connection.execute(_REACHED, (start_at, end_at, PART_LINES)).fetchone()
    reached_at = None if row is None else math.floor(row[0]) + 1.0
    until_at = end_at if reached_at is None else min(reached_at, end_at)
    (lines,) = connection.execute(_LINES, (start_at, until_at)).fetchone()
    return _DECODER.decode(lines), reached_at


def _waits(
    connection: "Connection", position: tuple[float, int], end_at: float
) -> tuple[tuple[Wait, ...], tuple[float, int]]:
    rows = connection.execute(_WAITS, (*position, end_at, PART_ROWS)).fetchall()
    return tuple(as_wait(row[1:]) for row in rows), (rows[-1][2], rows[-1][0]) if rows else position


def _sessions(
    connection: "Connection", position: tuple[float, int, int], end_at: float
) -> tuple[tuple[SessionSeen, ...], tuple[float, int, int]]:
    rows = connection.execute(_SESSIONS, (*position, end_at, PART_ROWS)).fetchall()
    found = tuple(SessionSeen(*row[:5]) for row in rows)
    return found, (rows[-1][2], rows[-1][5], rows[-1][6]) if rows else position
