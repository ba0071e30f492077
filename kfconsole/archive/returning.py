"""The way from memory back into the file, where other consoles may have gone on meanwhile.

Only what changed in memory is brought. It may be tried again after any failure: what is in the file already is found
there, so nothing is doubled.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from kfconsole.archive import acts, chain, choices, merging, messages, owed, search, spans, watched
from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import agent_key, customer_key
from kfconsole.archive.purges import Purges
from kfconsole.archive.shelter import CHANGED_DRAFTS, COMPARED, Memory
from kfconsole.model import AgentId, CustomerId, MessageId, MessageKind, Record

if TYPE_CHECKING:
    from sqlite3 import Connection

_MATCH_SECONDS: Final = 120  # as far apart a send and the record of it may be
_NO_SPAN: Final = (1, 0)  # nothing counts as fetched by it

Row = dict[str, Any]


def bring_back(memory: Memory, file: "Connection", *, is_new: bool) -> dict[int, int]:
    """Bring what changed in memory into the file; return the numbers of messages in memory with those in the file.

    The archive in memory stays as it is, to go on with it should the file fail before the end.

    Args:
        memory: The archive in memory.
        file: The file, of today's version.
        is_new: It was begun in place of a damaged one, so all of the memory is brought.
    """
    is_same = not is_new and memory.is_seeded and _origin(file) == _origin(memory.connection)
    if not is_same:  # somebody put another file there: it knows nothing of what the memory began with
        for table in COMPARED:
            memory.connection.execute(f"DELETE FROM seed.{table}")
    with transaction(file, is_durable=True):
        places = _bring_sends(memory.connection, file)
        _bring_outcomes(memory.connection, file)
        _bring_drafts(memory.connection, file)
        _bring_people(memory.connection, file)
        _bring_waits(memory.connection, file)
        _bring_sessions(memory.connection, file)
        _bring_lists(memory.connection, file)
        owed.bring_back(memory.connection, file)
        _bring_watched(memory.connection, file)
        choices.bring(memory.connection, file)
        _bring_deeds(memory.connection, file)
        acts.bring_back(memory.connection, file)
    chain.keep_head(file)
    note = "INSERT OR REPLACE INTO seed.brought (id, number) VALUES (?, ?)"
    memory.connection.executemany(note, places.items())
    memory.connection.execute("DELETE FROM audit")  # the one table without anything to find a row by
    _bring_records(memory, file, is_same=is_same)
    with transaction(file, is_durable=False):
        _bring_reads(memory.connection, file)
    return places


def _origin(connection: "Connection") -> tuple[float, bytes]:
    found: tuple[float, bytes] = connection.execute("SELECT created_at, salt FROM origin").fetchone()
    return found


def _columns(connection: "Connection", table: str, *without: str) -> list[str]:
    names = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
    return [name for name in names if name not in without]


def _sends(memory: "Connection", condition: str) -> Iterator[tuple[int, CustomerId, str, Row, Row]]:
    """Yield messages of ours: number, customer and agent, and the other columns of message and delivery."""
    message = _columns(memory, "messages", "id", "customer_id", "agent_id", "search_key")
    delivery = _columns(memory, "deliveries", "message_id", "customer_id")
    names = ", ".join([*(f"messages.{name}" for name in message), *(f"deliveries.{name}" for name in delivery)])
    rows = memory.execute(
        f"""
        SELECT messages.id, openid, account, {names} FROM main.deliveries
        JOIN messages ON messages.id = message_id
        JOIN customers ON customers.id = messages.customer_id
        JOIN agents ON agents.id = agent_id
        WHERE {condition} ORDER BY messages.id
        """
    )
    for number, openid, account, *values in rows.fetchall():
        texts, outcome = values[: len(message)], values[len(message) :]
        yield number, openid, account, dict(zip(message, texts, strict=True)), dict(zip(delivery, outcome, strict=True))


def _insert(file: "Connection", table: str, row: Row) -> int:
    names, places = ", ".join(row), ", ".join("?" * len(row))
    return file.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", tuple(row.values())).lastrowid or 0


def _bring_sends(memory: "Connection", file: "Connection") -> dict[int, int]:
    """Bring messages of ours that began in memory; return their numbers there and in the file."""
    found: dict[int, int] = {}
    purges = Purges(file)
    brought = dict(memory.execute("SELECT id, number FROM seed.brought").fetchall())
    for number, openid, account, message, delivery in _sends(
        memory, "messages.id NOT IN (SELECT id FROM seed.messages)"
    ):
        if purges.cover(openid, delivery["asked_at"]):
            continue  # deleted on request meanwhile
        customer, agent = customer_key(file, openid), agent_key(file, AgentId(account))
        known = _known_send(file, customer, message["text"], delivery["asked_at"], brought.get(number))
        if known is not None:
            found[number] = known
            _bring_outcome(file, known, message, delivery)
        elif (record := _record_of(file, customer, agent, message["text"], delivery)) is not None:
            # Another console has stored the record of it as somebody's message.
            found[number], record_at = record
            told = {"record_at": record_at, "record_agent": account, "record_text": message["text"]}
            confirmed = {"state": "confirmed", "reason": "", "is_dismissed": 0, "process": None, **told}
            row = {"message_id": found[number], "customer_id": customer, **delivery, **confirmed}
            _insert(file, "deliveries", row)
        else:
            found[number] = _insert(file, "messages", {"customer_id": customer, "agent_id": agent, **message})
            _insert(file, "deliveries", {"message_id": found[number], "customer_id": customer, **delivery})
    return found


def _known_send(file: "Connection", customer: int, text: str, asked_at: float, brought: int | None) -> int | None:
    """Return a send's number in the file, where an earlier try has brought it, or the write that failed was done."""
    same: tuple[int] | None = file.execute(
        """
        SELECT message_id FROM deliveries JOIN messages ON messages.id = message_id
        WHERE deliveries.customer_id = ? AND text = ? AND (message_id = ? OR asked_at = ?)
        """,
        (customer, text, brought, asked_at),
    ).fetchone()
    return None if same is None else same[0]


def _record_of(file: "Connection", customer: int, agent: int, text: str, delivery: Row) -> tuple[int, float] | None:
    """Return the record in the file that shows a send of ours, if there is one; see `confirming`."""
    is_open_text = delivery["state"] in ("sending", "unknown") and delivery["content"] is None
    if delivery["state"] not in ("sent", "confirmed") and not is_open_text:
        return None
    found: tuple[int, float] | None = file.execute(
        """
        SELECT id, at FROM messages
        WHERE customer_id = ?1 AND agent_id = ?2 AND kind = 'sent' AND text = ?3 AND at BETWEEN ?4 - ?5 AND ?4 + ?5
            AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message_id = id)
        ORDER BY abs(at - ?4) LIMIT 1
        """,
        (customer, agent, text, delivery["asked_at"], _MATCH_SECONDS),
    ).fetchone()
    return found


def _bring_outcomes(memory: "Connection", file: "Connection") -> None:
    """Bring what became of messages that the file has: outcomes, and decisions to leave one."""
    changed = "(SELECT message_id FROM (SELECT * FROM main.deliveries EXCEPT SELECT * FROM seed.deliveries))"
    condition = f"messages.id IN (SELECT id FROM seed.messages) AND messages.id IN {changed}"
    for number, _openid, _account, message, delivery in _sends(memory, condition):
        _bring_outcome(file, number, message, delivery)


def _bring_outcome(file: "Connection", number: int, message: Row, delivery: Row) -> None:
    assignments = ", ".join(f"{name} = ?" for name in delivery)
    done = file.execute(
        f"UPDATE deliveries SET {assignments} WHERE message_id = ? AND state <> 'confirmed'",
        (*delivery.values(), number),
    )
    if done.rowcount:  # with the outcome its time may have been put right
        search.take_out(file, [MessageId(number)])  # it is found by its time
        file.execute("UPDATE messages SET at = ?, search_key = NULL WHERE id = ?", (message["at"], number))


def _bring_drafts(memory: "Connection", file: "Connection") -> None:
    gone = """
        SELECT openid, form, process, text FROM seed.drafts JOIN main.customers ON customers.id = customer_id
        WHERE (customer_id, form, ifnull(process, ''), text)
            NOT IN (SELECT customer_id, form, ifnull(process, ''), text FROM main.drafts)
    """
    for row in memory.execute(gone):  # unless another console goes on writing
        file.execute(
            """
            DELETE FROM drafts
            WHERE customer_id = (SELECT id FROM customers WHERE openid = ?) AND form = ? AND process IS ? AND text = ?
            """,
            row,
        )
    for openid, form, process, at, text in memory.execute(CHANGED_DRAFTS):
        row = (customer_key(file, openid), form, process, at, text)
        known = "SELECT 1 FROM drafts WHERE customer_id = ?1 AND form = ?2 AND process IS ?3 AND text = ?5"
        file.execute(
            f"""
            INSERT INTO drafts (customer_id, form, process, at, text)
                SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS ({known})
            ON CONFLICT (customer_id, form, process) DO UPDATE SET at = excluded.at, text = excluded.text
            """,
            row,
        )


def _bring_people(memory: "Connection", file: "Connection") -> None:
    """Bring names and labels that changed, and what customers did."""
    changed = """
        SELECT now.alias, now.remark, now.tags, now.openid
        FROM main.customers now LEFT JOIN seed.customers then_ USING (openid)
        WHERE (now.alias, now.remark, now.tags)
            <> (ifnull(then_.alias, ''), ifnull(then_.remark, ''), ifnull(then_.tags, '[]'))
    """
    purges = Purges(file)
    for *names, openid in memory.execute(changed).fetchall():
        customer = customer_key(file, openid)
        file.execute("UPDATE customers SET alias = ?, remark = ?, tags = ? WHERE id = ?", (*names, customer))
    for openid, act, at in memory.execute(
        "SELECT openid, act, at FROM openings JOIN customers ON customers.id = customer_id"
    ):
        if not purges.cover(openid, at):
            customer = customer_key(file, openid)
            file.execute("INSERT OR IGNORE INTO openings (customer_id, act, at) VALUES (?, ?, ?)", (customer, act, at))


def _bring_waits(memory: "Connection", file: "Connection") -> None:
    columns = _columns(memory, "waits", "id", "customer_id", "agent_id")
    changed = f"""
        SELECT openid, account, {", ".join(columns)}
        FROM (SELECT * FROM main.waits EXCEPT SELECT * FROM seed.waits)
        JOIN main.customers ON customers.id = customer_id LEFT JOIN main.agents ON agents.id = agent_id
        ORDER BY since_at
    """
    for openid, account, *values in memory.execute(changed).fetchall():
        wait = dict(zip(columns, values, strict=True))
        wait["customer_id"] = customer_key(file, openid)
        wait["agent_id"] = None if account is None else agent_key(file, account)
        file.execute(
            """
            DELETE FROM waits WHERE id = (
                SELECT id FROM waits WHERE customer_id = ? AND (ended_at IS NULL OR since_at = ?)
                ORDER BY ended_at IS NOT NULL LIMIT 1
            )
            """,
            (wait["customer_id"], wait["since_at"]),
        )
        _insert(file, "waits", wait)


def _bring_sessions(memory: "Connection", file: "Connection") -> None:
    changed = """
        SELECT openid, account, started_at, first_seen_at, ended_at
        FROM (SELECT * FROM main.sessions EXCEPT SELECT * FROM seed.sessions)
        JOIN main.customers ON customers.id = customer_id JOIN main.agents ON agents.id = agent_id
    """
    for openid, account, *session in memory.execute(changed).fetchall():
        file.execute(
            """
            INSERT INTO sessions (customer_id, agent_id, started_at, first_seen_at, ended_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET ended_at = excluded.ended_at
            """,
            (customer_key(file, openid), agent_key(file, AgentId(account)), *session),
        )


def _bring_lists(memory: "Connection", file: "Connection") -> None:
    for name, at, head, rows in memory.execute("SELECT name, at, head, rows FROM saved"):
        file.execute(
            """
            INSERT INTO saved (name, at, head, rows) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET at = excluded.at, head = excluded.head, rows = excluded.rows
                WHERE excluded.at > at
            """,
            (name, at, head, rows),
        )


def _bring_watched(memory: "Connection", file: "Connection") -> None:
    """Bring when lists were looked at; what the file has already becomes one with it."""
    for feed, start_at, end_at in memory.execute("SELECT feed, start_at, end_at FROM watched ORDER BY start_at"):
        watched.remember(file, feed, start_at, end_at)


def _bring_deeds(memory: "Connection", file: "Connection") -> None:
    """Bring deeds in their order; only in the file they get into the chain."""
    rows = """
        SELECT at, user, source, account, act, openid, details, result
        FROM (SELECT at, user, source, agent AS account, act, customer_id, details, result FROM audit ORDER BY id)
        LEFT JOIN customers ON customers.id = customer_id
    """
    for row in memory.execute(rows).fetchall():
        noted = chain.Noted(*row)
        chain.append(file, noted, None if noted.openid is None else customer_key(file, noted.openid))


def _bring_records(memory: Memory, file: "Connection", *, is_same: bool) -> None:
    """Merge what WeChat's records told meanwhile, as if WeChat told it again."""
    for is_history in (False, True):
        records = _records(memory.connection, is_history=is_history)
        for _slice in merging.merge(file, records, *_NO_SPAN, math.inf if is_history else -math.inf):
            pass
    with transaction(file, is_durable=False):
        for start_at, end_at in _spans_since(memory, is_same=is_same):
            spans.remember(file, start_at, end_at)


def _records(memory: "Connection", *, is_history: bool) -> list[Record]:
    """Return the records of all moments with a new one, in WeChat's order; of the past read up, or else the news."""
    rows = memory.execute(
        f"""
        WITH new AS (
            SELECT customer_id, at FROM messages
            WHERE id NOT IN (SELECT id FROM seed.messages) AND id NOT IN (SELECT message_id FROM main.deliveries)
            GROUP BY customer_id, at HAVING max(is_history) = ?
        )
        SELECT openid, account, kind, text, at, position
        FROM messages JOIN customers ON customers.id = customer_id JOIN agents ON agents.id = agent_id
        WHERE (customer_id, at) IN (SELECT * FROM new) AND messages.id NOT IN (SELECT message_id FROM main.deliveries)
        UNION ALL
        SELECT openid, record_agent, 'sent', record_text, record_at, {messages.OWN_POSITION}
        FROM main.deliveries JOIN customers ON customers.id = customer_id
        WHERE record_at IS NOT NULL AND (customer_id, record_at) IN (SELECT * FROM new)
        ORDER BY 5, 6
        """,
        (is_history,),
    )
    return [
        Record(CustomerId(openid), AgentId(agent), MessageKind(kind), text, int(at))
        for openid, agent, kind, text, at, _position in rows
    ]


def _spans_since(memory: Memory, *, is_same: bool) -> list[tuple[float, float]]:
    """Return the spans that WeChat was asked about meanwhile."""
    found = memory.connection.execute("SELECT start_at, end_at FROM main.spans ORDER BY start_at").fetchall()
    if not is_same:
        return [(max(start_at, memory.since_at), end_at) for start_at, end_at in found if end_at > memory.since_at]
    known = memory.connection.execute("SELECT start_at, end_at FROM seed.spans ORDER BY start_at").fetchall()
    return [part for span in found for part in _without(span, known)]


def _without(span: tuple[float, float], known: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    start_at, end_at = span
    for known_start, known_end in known:
        if known_end < start_at or known_start > end_at:
            continue
        if known_start > start_at:
            yield start_at, known_start
        start_at = known_end
    if start_at < end_at:
        yield start_at, end_at


def _bring_reads(memory: "Connection", file: "Connection") -> None:
    """Count as read what was read meanwhile: all there is by now of those customers."""
    changed = """
        SELECT openid, at FROM (SELECT * FROM main.reads EXCEPT SELECT * FROM seed.reads)
        JOIN main.customers ON customers.id = customer_id
    """
    for openid, at in memory.execute(changed).fetchall():
        file.execute(
            """
            INSERT OR REPLACE INTO reads (customer_id, at, message_id)
            VALUES (?, ?, (SELECT ifnull(max(id), 0) FROM messages))
            """,
            (customer_key(file, openid), at),
        )
