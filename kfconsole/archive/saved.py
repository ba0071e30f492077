"""The lists between two runs: the queue with its waits, and the desk as it was last seen.

Each list is text with one JSON object a line, so one row that cannot be read costs only itself.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kfconsole.archive.connection import transaction
from kfconsole.model import Agent, AgentId, CustomerId, Desk, Session, Waiting

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")

ROWS_PER_SLICE: Final = 500  # a few milliseconds of encoding, while a send may wait

Fields = dict[str, Any]


def save_queue(
    connection: "Connection", queue: Sequence[Waiting], is_complete: bool, at: float
) -> Generator[None, None, None]:
    """Keep the queue, and whether it was all there is."""
    rows = yield from _encoded(map(_from_waiting, queue))
    with transaction(connection, is_durable=False):
        _store(connection, "queue", at, {"is_complete": is_complete}, rows)


def saved_queue(connection: "Connection") -> tuple[tuple[Waiting, ...], bool, float] | None:
    """Return the queue last kept, whether it was complete, and when."""
    found = _load(connection, "queue", _to_waiting)
    if found is None:
        return None
    head, queue, at, is_whole = found
    # With a row lost, a customer missing from the list need not have been missing from the queue.
    return queue, is_whole and head.get("is_complete") is True, at


def save_desk(connection: "Connection", desk: Desk, at: float) -> Generator[None, None, None]:
    """Keep agents, queue and sessions."""
    agents = yield from _encoded(map(_from_agent, desk.agents))
    queue = yield from _encoded(map(_from_waiting, desk.queue))
    sessions = yield from _encoded(map(_from_session, desk.sessions))
    with transaction(connection, is_durable=False):
        _store(connection, "desk.agents", at, {}, agents)
        _store(connection, "desk.queue", at, {"total": desk.queue_total}, queue)
        _store(connection, "desk.sessions", at, {}, sessions)


def saved_desk(connection: "Connection") -> Desk | None:
    """Return the desk last kept, marked as remembered."""
    agents = _load(connection, "desk.agents", _to_agent)
    queue = _load(connection, "desk.queue", _to_waiting)
    sessions = _load(connection, "desk.sessions", _to_session)
    if agents is None or queue is None or sessions is None:
        return None
    total = queue[0].get("total")
    return Desk(
        agents=agents[1],
        queue=queue[1],
        queue_total=total if isinstance(total, int) else len(queue[1]),
        sessions=sessions[1],
        remembered_at=agents[2],
    )


def _encoded(rows: Iterator[Fields]) -> Generator[None, None, str]:
    lines: list[str] = []
    while batch := [json.dumps(row, ensure_ascii=False) for row in islice(rows, ROWS_PER_SLICE)]:
        lines.extend(batch)
        if len(batch) == ROWS_PER_SLICE:
            yield
    return "\n".join(lines)


def _store(connection: "Connection", name: str, at: float, head: Fields, rows: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO saved (name, at, head, rows) VALUES (?, ?, ?, ?)", (name, at, json.dumps(head), rows)
    )


def _load(
    connection: "Connection", name: str, decode: Callable[[Fields], T]
) -> tuple[Fields, tuple[T, ...], float, bool] | None:
    found = connection.execute("SELECT at, head, rows FROM saved WHERE name = ?", (name,)).fetchone()
    if found is None:
        return None
    at, head, lines = found
    rows = lines.split("\n") if lines else []
    decoded = tuple(_readable(rows, decode))
    heads = tuple(_readable([head], dict))
    return heads[0] if heads else {}, decoded, at, len(decoded) == len(rows)


def _readable(lines: Iterable[str], decode: Callable[[Fields], T]) -> Iterator[T]:
    for line in lines:
        try:
            row = decode(json.loads(line))
        except (ValueError, KeyError, TypeError, OverflowError):
            continue  # written by another version, or damaged: the next poll brings it again
        yield row


def _from_waiting(waiting: Waiting) -> Fields:
    return {
        "openid": waiting.openid,
        "last_message_at": waiting.last_message_at,
        "since_at": waiting.since_at,
        "is_exact": waiting.is_exact,
        "message_count": waiting.message_count,
    }


def _to_waiting(row: Fields) -> Waiting:
    return Waiting(
        openid=CustomerId(str(row["openid"])),
        last_message_at=int(row["last_message_at"]),
        since_at=float(row["since_at"]),
        is_exact=bool(row["is_exact"]),
        message_count=int(row["message_count"]),
    )


def _from_agent(agent: Agent) -> Fields:
    return {
        "id": agent.id,
        "nick": agent.nick,
        "kf_id": agent.kf_id,
        "is_bound": agent.is_bound,
        "invite_status": agent.invite_status,
        "is_online": agent.is_online,
        "session_count": agent.session_count,
        "picture_url": agent.picture_url,
        "wechat_id": agent.wechat_id,
        "invited_wechat_id": agent.invited_wechat_id,
        "invite_expires_at": agent.invite_expires_at,
    }


def _to_agent(row: Fields) -> Agent:
    return Agent(
        id=AgentId(str(row["id"])),
        nick=str(row["nick"]),
        kf_id=str(row["kf_id"]),
        is_bound=bool(row["is_bound"]),
        invite_status=str(row["invite_status"]),
        is_online=bool(row["is_online"]),
        session_count=int(row["session_count"]),
        # What follows is missing in rows of the first version.
        picture_url=str(row.get("picture_url", "")),
        wechat_id=str(row.get("wechat_id", "")),
        invited_wechat_id=str(row.get("invited_wechat_id", "")),
        invite_expires_at=None if row.get("invite_expires_at") is None else int(row["invite_expires_at"]),
    )


def _from_session(session: Session) -> Fields:
    return {"openid": session.openid, "agent": session.agent, "started_at": session.started_at}


def _to_session(row: Fields) -> Session:
    return Session(
        openid=CustomerId(str(row["openid"])), agent=AgentId(str(row["agent"])), started_at=int(row["started_at"])
    )
