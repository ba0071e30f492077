"""Waits and sessions as they were seen: who waited how long, and who took them."""

from collections.abc import Generator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import agent_key, customer_key
from kfconsole.model import AgentId, CustomerId, Session, SessionSeen, Wait, Waiting, WaitOutcome

if TYPE_CHECKING:
    from sqlite3 import Connection

SESSIONS_PER_SLICE: Final = 200

_WAITS: Final = """
    SELECT openid, since_at, is_exact, first_seen_at, last_message_at, message_count, ended_at, outcome, account
    FROM waits JOIN customers ON customers.id = customer_id LEFT JOIN agents ON agents.id = agent_id
"""


def note(connection: "Connection", waiting: Sequence[Waiting], at: float) -> None:
    """Keep waits that go on, as they are now."""
    with transaction(connection, is_durable=False):
        for row in waiting:
            connection.execute(
                """
                INSERT INTO waits (customer_id, first_seen_at, since_at, is_exact, last_message_at, message_count)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (customer_id) WHERE ended_at IS NULL DO UPDATE SET
                    since_at = excluded.since_at, is_exact = excluded.is_exact,
                    last_message_at = max(last_message_at, excluded.last_message_at),
                    message_count = max(message_count, excluded.message_count)
                """,
                (
                    customer_key(connection, row.openid),
                    at,
                    row.since_at,
                    row.is_exact,
                    row.last_message_at,
                    row.message_count,
                ),
            )


def end(connection: "Connection", openid: CustomerId, at: float, outcome: WaitOutcome, agent: AgentId | None) -> None:
    """Keep how a wait ended, if one goes on."""
    with transaction(connection, is_durable=False):
        connection.execute(
            """
            UPDATE waits SET ended_at = max(?, since_at), outcome = ?, agent_id = ?
            WHERE ended_at IS NULL AND customer_id = (SELECT id FROM customers WHERE openid = ?)
            """,
            (at, outcome, None if agent is None else agent_key(connection, agent), openid),
        )


def going_on(connection: "Connection") -> tuple[Wait, ...]:
    """Return the waits not seen to end."""
    return tuple(map(_as_wait, connection.execute(f"{_WAITS} WHERE ended_at IS NULL ORDER BY since_at")))


def between(connection: "Connection", start_at: float, end_at: float, openid: CustomerId | None) -> tuple[Wait, ...]:
    """Return the waits that began in a span, oldest first."""
    rows = connection.execute(
        f"{_WAITS} WHERE since_at >= ?1 AND since_at < ?2 AND (?3 IS NULL OR openid = ?3) ORDER BY since_at, waits.id",
        (start_at, end_at, openid),
    )
    return tuple(map(_as_wait, rows))


def _as_wait(row: tuple[Any, ...]) -> Wait:
    openid, since_at, is_exact, first_seen_at, last_message_at, message_count, ended_at, outcome, account = row
    return Wait(
        openid=openid,
        since_at=since_at,
        is_exact=bool(is_exact),
        first_seen_at=first_seen_at,
        last_message_at=last_message_at,
        message_count=message_count,
        ended_at=ended_at,
        outcome=None if outcome is None else WaitOutcome(outcome),
        agent=account,
    )


def note_sessions(connection: "Connection", sessions: Sequence[Session], at: float) -> Generator[None, None, None]:
    """Keep sessions that were seen; one that seemed over and is seen again goes on."""
    rest = iter(sessions)
    while part := list(islice(rest, SESSIONS_PER_SLICE)):
        with transaction(connection, is_durable=False):
            for session in part:
                connection.execute(
                    """
                    INSERT INTO sessions (customer_id, agent_id, started_at, first_seen_at) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET ended_at = NULL
                    """,
                    (
                        customer_key(connection, session.openid),
                        agent_key(connection, session.agent),
                        session.started_at,
                        at,
                    ),
                )
        yield


def end_session(connection: "Connection", openid: CustomerId, agent: AgentId, at: float) -> None:
    """Keep when the newest session of a customer with an agent was seen to be over."""
    with transaction(connection, is_durable=False):
        connection.execute(
            """
            UPDATE sessions SET ended_at = max(?, started_at)
            WHERE ended_at IS NULL AND customer_id = (SELECT id FROM customers WHERE openid = ?)
                AND agent_id = (SELECT id FROM agents WHERE account = ?)
            """,
            (at, openid, agent),
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
