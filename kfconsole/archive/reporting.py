"""What a report is reckoned from: the lines of all conversations, by time, a part at a time."""

from collections.abc import AsyncIterator
from functools import partial
from itertools import starmap
from typing import TYPE_CHECKING, Final

from kfconsole.archive.place import Place
from kfconsole.archive.waits import WAITS, as_wait
from kfconsole.model import AgentId, CustomerId, MessageKind, SessionSeen, Spoken, Wait

if TYPE_CHECKING:
    from sqlite3 import Connection

PART_LINES: Final = 1_000  # reading one takes some milliseconds; so long other readers wait
PART_ROWS: Final = 1_000  # likewise

_Position = tuple[float, int, int, int]
"""Time, customer, place within the second, message."""
_Row = tuple[str, str, str, float, int, int]

_LINES: Final = """
    SELECT openid, account, kind, ifnull(record_at, at), ifnull(is_ai, 0), ifnull(state = 'unknown', 0),
        at, messages.customer_id, position, messages.id
    FROM messages INDEXED BY messages_by_time
    JOIN customers ON customers.id = messages.customer_id JOIN agents ON agents.id = agent_id
    LEFT JOIN deliveries ON message_id = CASE kind WHEN 'sent' THEN messages.id END
    WHERE at >= ?1 AND at < ?5 AND (at, messages.customer_id, position, messages.id) > (?1, ?2, ?3, ?4)
        AND kind <> 'other' AND (state IS NULL OR state IN ('sent', 'confirmed', 'unknown'))
    ORDER BY at, messages.customer_id, position, messages.id LIMIT ?6
"""
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
_KINDS: Final = {str(kind): kind for kind in MessageKind}


class Reports:
    """What the archive tells a report; `Archive` fills in what it stands on."""

    _place: Place

    async def spoken(self, start_at: float, end_at: float) -> AsyncIterator[tuple[Spoken, ...]]:
        """Yield what reached customers, and what they wrote, in a span by time; nothing is held between two parts."""
        position: _Position = (start_at, -1, -1, -1)
        while True:
            part, position = await self._place.read_longest(partial(_part, position=position, end_at=end_at))
            if not part:
                return
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


def _part(connection: "Connection", position: _Position, end_at: float) -> tuple[tuple[Spoken, ...], _Position]:
    rows = connection.execute(_LINES, (*position, end_at, PART_LINES)).fetchall()
    return tuple(starmap(_as_spoken, (row[:6] for row in rows))), rows[-1][6:] if rows else position


def _as_spoken(openid: str, account: str, kind: str, at: float, is_ai: int, is_unknown: int) -> Spoken:
    return Spoken(CustomerId(openid), AgentId(account), _KINDS[kind], at, bool(is_ai), bool(is_unknown))


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
