"""Waits and sessions as they were seen: who waited how long, and who took them.

Several consoles and commands see the same queue, each a little earlier or later, and each tells what it saw, some of it
when it is over already. Whatever they tell in whatever order, each wait is kept once, with the best that any of them
knew. What decides are WeChat's own times: somebody in a session, or gone from the queue, waits again only after writing
again, so a row of the queue belongs to the first end that lies behind its last message.
"""

from collections.abc import Generator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import agent_key, customer_key
from kfconsole.archive.purges import Purges
from kfconsole.model import SAME_SESSION_SECONDS, AgentId, CustomerId, Session, SessionSeen, Wait, Waiting, WaitOutcome

if TYPE_CHECKING:
    from sqlite3 import Connection

WAITS_PER_SLICE: Final = 50  # a few milliseconds, while a send may wait
SESSIONS_PER_SLICE: Final = 100  # likewise
GUESS_SECONDS: Final = 1
"""An accept of our own is first known by our own clock, which may be so much behind WeChat's."""
SURELY_LATER_SECONDS: Final = 2.0
"""What one console saw so much later than the end another saw, by clocks of their own, was there after that end."""
GONE_SECONDS: Final = 10.0
"""A session that began so soon after somebody was gone from the queue took them from there."""
SAME_BEGINNING_SECONDS: Final = 12.0
"""So far apart two consoles may tell an exact beginning: each looked at moments, and by a clock, of its own."""
LEFT_TOLERANCE_SECONDS: Final = 10.0
"""Who left was gone at most so long before it was noticed, or nobody watched."""
TAKEN_TOLERANCE_SECONDS: Final = 60.0
"""Who was taken so long after they were last seen may have left, and come back, in between."""

WAITS: Final = """
    SELECT openid, since_at, is_exact, first_seen_at, last_seen_at, last_message_at, message_count,
        ended_at, outcome, account
    FROM waits JOIN customers ON customers.id = customer_id LEFT JOIN agents ON agents.id = agent_id
"""
GOING_ON: Final = f"""
    {WAITS.replace("FROM waits", "FROM waits INDEXED BY waits_going_on")} WHERE ended_at IS NULL ORDER BY since_at
"""  # else all waits there were are read in their order, at every start
_OF_CUSTOMER: Final = """
    SELECT id, since_at, is_exact, last_message_at, message_count, ended_at, outcome FROM waits
    WHERE customer_id = ? AND (ended_at IS NULL OR ended_at >= ?) ORDER BY ended_at IS NULL, ended_at
"""


class _Kept(Struct, frozen=True):
    """A wait in the archive."""

    id: int
    since_at: float
    is_exact: bool
    last_message_at: int
    message_count: int
    ended_at: float | None
    outcome: str | None


# Waits


def note(
    connection: "Connection", waiting: Sequence[Waiting], seen_at: float
) -> Generator[None, None, frozenset[CustomerId]]:
    """Keep waits as they were at a moment; return whose are over by what others saw, or seem to be."""
    over: set[CustomerId] = set()
    rest = iter(waiting)
    while part := list(islice(rest, WAITS_PER_SLICE)):
        with transaction(connection, is_durable=False):
            purges = Purges(connection)
            for row in part:
                if not purges.cover(row.openid, row.last_message_at) and not _note(connection, row, seen_at):
                    over.add(row.openid)
        yield
    return frozenset(over)


def _note(connection: "Connection", row: Waiting, seen_at: float) -> bool:
    """Keep one wait; False when it is over by what others saw."""
    customer = customer_key(connection, row.openid)
    found = connection.execute(_OF_CUSTOMER, (customer, row.last_message_at - GUESS_SECONDS))
    waits = [_Kept(*fields) for fields in found]
    if (taken := _session_after(connection, customer, row, seen_at)) is not None:
        known = _from_its_own([wait for wait in waits if _may_be_taken(wait, row)], row)
        if known:
            _improve(connection, customer, known[0], row, seen_at)
        else:
            started_at, agent = taken
            outcome = WaitOutcome.TAKEN
            _insert(connection, customer, row, seen_at, ended_at=started_at, outcome=outcome, agent=agent)
        return False
    known = _from_its_own([wait for wait in waits if wait.ended_at is None or wait.ended_at > row.last_message_at], row)
    going_on = next((wait for wait in known if wait.ended_at is None), None)
    over = next((wait for wait in known if wait.ended_at is not None), None)
    if over is not None and over.ended_at is not None:
        is_back = seen_at > over.ended_at + SURELY_LATER_SECONDS and len(known) == 1
        is_near = row.last_message_at >= over.ended_at - SURELY_LATER_SECONDS
        has_written = row.last_message_at > over.last_message_at and is_near
        if is_back and (has_written or over.outcome == WaitOutcome.TAKEN):
            _insert(connection, customer, row, seen_at)
        elif is_back:  # nobody comes back without writing: they had not left, one answer had lacked them
            connection.execute("UPDATE waits SET ended_at = NULL, outcome = NULL WHERE id = ?", (over.id,))
            _improve(connection, customer, replace(over, ended_at=None), row, seen_at)
        elif not is_near:  # else it may be of the next wait
            _improve(connection, customer, over, row, seen_at)
        return is_back
    if going_on is None:
        _insert(connection, customer, row, seen_at)
    elif going_on.is_exact and row.last_message_at < going_on.since_at - SAME_BEGINNING_SECONDS:
        # It ended before a list that lacked them.
        _insert(connection, customer, row, seen_at, ended_at=going_on.since_at, outcome=WaitOutcome.LEFT)
        return False
    elif row.since_at <= going_on.last_message_at or (
        row.is_exact and row.since_at <= going_on.since_at + SAME_BEGINNING_SECONDS
    ):
        _improve(connection, customer, going_on, row, seen_at)
    elif row.is_exact:  # a list that held everybody lacked them in between
        _end(connection, going_on.id, row.since_at, WaitOutcome.LEFT, None)
        _insert(connection, customer, row, seen_at)
    else:
        # They wrote while nobody watched, and may have left and come back before: the bound starts anew.
        anew = replace(going_on, since_at=row.since_at, is_exact=False, message_count=0)
        _improve(connection, customer, anew, row, seen_at)
    return True


def _from_its_own(waits: list[_Kept], row: Waiting) -> list[_Kept]:
    """Return the waits from the one on that a row may belong to, by order."""
    while len(waits) > 1 and waits[1].since_at <= row.last_message_at:
        waits = waits[1:]  # it ended within the second of that message
    return waits


def _may_be_taken(wait: _Kept, row: Waiting) -> bool:
    """Whether a wait may be that of a row, after which a session began."""
    if wait.ended_at is None:
        return False
    is_of_that_second = wait.outcome == WaitOutcome.TAKEN and wait.since_at <= row.last_message_at
    return is_of_that_second or wait.ended_at > row.last_message_at


def _session_after(connection: "Connection", customer: int, row: Waiting, seen_at: float) -> tuple[int, int] | None:
    """Return when a session began that ended this wait, and with whom; None: none did."""
    found: tuple[int, int] | None = connection.execute(
        """
        SELECT started_at, agent_id FROM sessions
        WHERE customer_id = ?1 AND (started_at >= ?2 OR (started_at >= ?2 - ?4 AND started_at >= ?3 - ?5))
            AND (ended_at IS NULL OR ended_at >= ?3 - ?6)
        ORDER BY started_at LIMIT 1
        """,
        (customer, row.last_message_at, seen_at, GUESS_SECONDS, GONE_SECONDS, SURELY_LATER_SECONDS),
    ).fetchone()
    return found


def _insert(
    connection: "Connection",
    customer: int,
    row: Waiting,
    seen_at: float,
    *,
    ended_at: float | None = None,
    outcome: WaitOutcome | None = None,
    agent: int | None = None,
) -> None:
    since_at, is_exact = _beginning(connection, customer, row, seen_at, before_at=ended_at)
    connection.execute(
        """
        INSERT INTO waits (customer_id, first_seen_at, last_seen_at, since_at, is_exact, last_message_at,
            message_count, ended_at, outcome, agent_id)
        VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, max(?7, ?3), ?8, ?9)
        """,
        (
            customer,
            seen_at,
            since_at,
            is_exact,
            row.last_message_at,
            row.message_count,
            ended_at,
            outcome,
            agent,
        ),
    )


def _improve(connection: "Connection", customer: int, wait: _Kept, row: Waiting, seen_at: float) -> None:
    """Add to a wait what somebody else knows of it."""
    if row.last_message_at < wait.since_at - wait.is_exact * SAME_BEGINNING_SECONDS:
        return  # what was seen before the message that began it may have been another wait
    since_at, is_exact = _beginning(connection, customer, row, seen_at, but_for=wait.id, before_at=wait.ended_at)
    is_near = abs(since_at - wait.since_at) <= SAME_BEGINNING_SECONDS
    earlier = min((since_at, not is_exact), (wait.since_at, not wait.is_exact))
    last_message_at = row.last_message_at if wait.ended_at is None else min(row.last_message_at, int(wait.ended_at))
    connection.execute(
        """
        UPDATE waits SET since_at = ?2, is_exact = ?3, last_message_at = ?4, message_count = ?5,
            first_seen_at = min(first_seen_at, ?6),
            last_seen_at = max(last_seen_at, min(?6, ifnull(ended_at, ?6)))
        WHERE id = ?1
        """,
        (
            wait.id,
            earlier[0],
            not earlier[1] or (is_near and (is_exact or wait.is_exact)),
            max(wait.last_message_at, last_message_at),
            max(wait.message_count, row.message_count),
            seen_at,
        ),
    )


def _beginning(
    connection: "Connection",
    customer: int,
    row: Waiting,
    seen_at: float,
    *,
    but_for: int = 0,
    before_at: float | None = None,
) -> tuple[float, bool]:
    """Return since when somebody waits, and whether that is exact: never from before an end that somebody saw.

    Args:
        connection: To the archive.
        customer: Who waits.
        row: As it was seen.
        seen_at: When.
        but_for: The wait at hand.
        before_at: When that wait ended; None: it goes on.
    """
    (ended_at,) = connection.execute(
        "SELECT max(ended_at) FROM waits WHERE customer_id = ?1 AND id <> ?2 AND ended_at < ifnull(?3, 9e999)",
        (customer, but_for, before_at),
    ).fetchone()
    if ended_at is None or row.since_at >= int(ended_at):
        return row.since_at, row.is_exact
    return row.last_message_at if row.last_message_at >= int(ended_at) else seen_at, False


def end(connection: "Connection", waiting: Waiting, at: float, outcome: WaitOutcome, agent: AgentId | None) -> None:
    """Keep how a wait ended that was last seen like this, unless that is known already."""
    with transaction(connection, is_durable=False):
        if Purges(connection).cover(waiting.openid, waiting.last_message_at):
            return
        customer = customer_key(connection, waiting.openid)
        by = None if agent is None else agent_key(connection, agent)
        found = connection.execute(
            """
            SELECT id, last_message_at, last_seen_at, ended_at FROM waits
            WHERE customer_id = ?1 AND (since_at <= ?2 OR since_at < ?3)
                AND (ended_at IS NULL OR ended_at > ?2 OR (outcome = 'taken' AND ended_at >= ?2 - ?4))
            ORDER BY since_at DESC LIMIT 1
            """,
            (customer, waiting.last_message_at, int(at), GUESS_SECONDS),
        ).fetchone()
        if found is None:  # somebody who did not watch had begun anew
            _insert(connection, customer, waiting, waiting.last_message_at, ended_at=at, outcome=outcome, agent=by)
            return
        wait_id, last_message_at, last_seen_at, ended_at = found
        if last_message_at > waiting.last_message_at and last_message_at >= int(at):
            _split(connection, wait_id, waiting.last_message_at, at, outcome, by)
        elif ended_at is None or (ended_at > at + GONE_SECONDS and last_seen_at <= at):
            _end(connection, wait_id, at, outcome, by)


def _split(
    connection: "Connection", wait_id: int, last_message_at: int, at: float, outcome: WaitOutcome, agent: int | None
) -> None:
    """Make two waits of one: who did not see how the first ended had taken the next one for it."""
    found = connection.execute(
        """
        SELECT customer_id, last_seen_at, last_seen_at, last_message_at, last_message_at, ended_at, outcome, agent_id
        FROM waits WHERE id = ?
        """,
        (wait_id,),
    ).fetchone()
    connection.execute(
        """
        UPDATE waits SET last_message_at = max(?, CAST(since_at AS INTEGER)), message_count = 1,
            last_seen_at = min(last_seen_at, ?)
        WHERE id = ?
        """,
        (last_message_at, at, wait_id),
    )
    _end(connection, wait_id, at, outcome, agent)
    connection.execute(
        """
        INSERT INTO waits (customer_id, first_seen_at, last_seen_at, since_at, last_message_at, ended_at, outcome,
            agent_id, is_exact, message_count)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 1)
        """,
        found,
    )


def _end(connection: "Connection", wait_id: int, at: float, outcome: WaitOutcome, agent: int | None) -> None:
    connection.execute(
        "UPDATE waits SET ended_at = max(?, since_at), outcome = ?, agent_id = ? WHERE id = ?",
        (at, outcome, agent, wait_id),
    )


def going_on(connection: "Connection") -> tuple[Wait, ...]:
    """Return the waits not seen to end."""
    return tuple(map(as_wait, connection.execute(GOING_ON)))


def between(connection: "Connection", start_at: float, end_at: float, openid: CustomerId | None) -> tuple[Wait, ...]:
    """Return the waits that began in a span, oldest first."""
    rows = connection.execute(
        f"{WAITS} WHERE since_at >= ?1 AND since_at < ?2 AND (?3 IS NULL OR openid = ?3) ORDER BY since_at, waits.id",
        (start_at, end_at, openid),
    )
    return tuple(map(as_wait, rows))


def as_wait(row: tuple[Any, ...]) -> Wait:
    """Return a wait as the columns tell it."""
    openid, since_at, is_exact, first_seen_at, last_seen_at, last_message_at, message_count, *how = row
    ended_at, outcome, account = how
    tolerance = TAKEN_TOLERANCE_SECONDS if outcome == WaitOutcome.TAKEN else LEFT_TOLERANCE_SECONDS
    return Wait(
        openid=openid,
        since_at=since_at,
        is_exact=bool(is_exact),
        first_seen_at=first_seen_at,
        last_seen_at=last_seen_at,
        last_message_at=last_message_at,
        message_count=message_count,
        ended_at=ended_at,
        end_is_exact=ended_at is not None and ended_at - last_seen_at <= tolerance,
        outcome=None if outcome is None else WaitOutcome(outcome),
        agent=account,
    )


# Sessions


def note_sessions(
    connection: "Connection", sessions: Sequence[Session], seen_at: float, at: float
) -> Generator[None, None, None]:
    """Keep sessions that were seen, and that they ended waits; one that seemed over and is seen later goes on."""
    rest = iter(sessions)
    while part := list(islice(rest, SESSIONS_PER_SLICE)):
        with transaction(connection, is_durable=False):
            purges = Purges(connection)
            for session in part:
                if not purges.cover(session.openid, session.started_at):
                    _note_session(connection, session, seen_at, at)
        yield


def _note_session(connection: "Connection", session: Session, seen_at: float, at: float) -> None:
    customer, agent = customer_key(connection, session.openid), agent_key(connection, session.agent)
    key = (customer, agent)
    known = connection.execute(
        """
        SELECT started_at, ended_at FROM sessions
        WHERE customer_id = ?1 AND agent_id = ?2 AND started_at BETWEEN ?3 - ?4 AND ?3 + ?4
            AND (started_at = ?3 OR ended_at IS NULL OR ended_at > ?3)
        ORDER BY abs(started_at - ?3) LIMIT 1
        """,
        (*key, session.started_at, SAME_SESSION_SECONDS),
    ).fetchone()
    if known is None:
        connection.execute(
            "INSERT INTO sessions (customer_id, agent_id, started_at, first_seen_at) VALUES (?, ?, ?, ?)",
            (*key, session.started_at, at),
        )
        started_at = session.started_at
    else:
        started_at = min(session.started_at, known[0])
        is_back = known[1] is not None and seen_at > known[1] + SURELY_LATER_SECONDS
        if is_back or started_at != known[0]:
            connection.execute(
                """
                UPDATE sessions SET started_at = ?, ended_at = ?
                WHERE customer_id = ? AND agent_id = ? AND started_at = ?
                """,
                (started_at, None if is_back else known[1], *key, known[0]),
            )
    _take(connection, customer, agent, started_at)


def _take(connection: "Connection", customer: int, agent: int, started_at: int) -> None:
    """End the wait that a session followed, also one that seemed to have ended otherwise, or later."""
    found = connection.execute(
        """
        SELECT id, since_at, last_message_at, ended_at, outcome FROM waits
        WHERE customer_id = ? AND since_at <= ? ORDER BY since_at DESC, id DESC LIMIT 1
        """,
        (customer, started_at + GUESS_SECONDS),
    ).fetchone()
    if found is None:
        return
    wait_id, since_at, last_message_at, ended_at, outcome = found
    has_left = outcome != WaitOutcome.TAKEN and ended_at is not None
    if ended_at is None or started_at < ended_at or (has_left and started_at <= ended_at + GONE_SECONDS):
        if last_message_at > started_at + GUESS_SECONDS:
            _split(connection, wait_id, int(since_at), started_at, WaitOutcome.TAKEN, agent)
        else:
            _end(connection, wait_id, started_at, WaitOutcome.TAKEN, agent)


def end_session(connection: "Connection", session: Session, at: float) -> None:
    """Keep when a session was seen to be over."""
    with transaction(connection, is_durable=False):
        connection.execute(
            """
            UPDATE sessions SET ended_at = max(?1, started_at)
            WHERE ended_at IS NULL AND customer_id = (SELECT id FROM customers WHERE openid = ?2)
                AND agent_id = (SELECT id FROM agents WHERE account = ?3) AND started_at BETWEEN ?4 - ?5 AND ?4 + ?5
            """,
            (at, session.openid, session.agent, session.started_at, SAME_SESSION_SECONDS),
        )


def sessions_between(
    connection: "Connection", start_at: float, end_at: float, openid: CustomerId | None
) -> tuple[SessionSeen, ...]:
    """Return the sessions that began in a span, oldest first."""
    rows = connection.execute(
        """
        SELECT openid, account, started_at, first_seen_at, ended_at
        FROM sessions JOIN customers ON customers.id = customer_id JOIN agents ON agents.id = agent_id
        WHERE started_at >= ?1 AND started_at < ?2 AND (?3 IS NULL OR openid = ?3) ORDER BY started_at
        """,
        (start_at, end_at, openid),
    )
    return tuple(SessionSeen(*row) for row in rows)
