"""What the archive knows of each customer: last lines, unread, drafts."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import customer_key
from kfconsole.archive.messages import COLUMNS, as_message
from kfconsole.archive.purges import Purges
from kfconsole.model import Contact, CustomerAct, CustomerId, Delivery, Message, MessageId, Opening, Window
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

RECENT_SECONDS: Final = 48 * 3600  # as long as WeChat accepts replies
SENDS_LOOKED_AT: Final = 50  # more than any window allows
_ACTS: Final = frozenset(CustomerAct)
SAME_SECOND: Final = 1  # records have whole seconds: a reply within that of a message may have come before it
LATE_SECONDS: Final = 120  # so much older than the read mark, a message may have come late; older, it is history

_RECENT = """
    SELECT openid FROM customers WHERE id IN (
        SELECT customer_id FROM messages WHERE at >= ?
        UNION SELECT customer_id FROM drafts
        UNION SELECT customer_id FROM deliveries WHERE state IN ('refused', 'unknown') AND is_dismissed = 0
    )
"""

# A dismissed message did not arrive, or was sent again as a newer one: it is nobody's last word.
_CONTACTS = f"""
    WITH wanted AS (SELECT value AS openid FROM json_each(?1)),
    heard AS (
        SELECT wanted.openid, customers.id AS customer_id, alias, remark, tags,
            (SELECT max(at) FROM messages m WHERE m.customer_id = customers.id AND m.kind = 'received') AS received_at,
            (SELECT m.id FROM messages m LEFT JOIN deliveries d ON d.message_id = m.id
                WHERE m.customer_id = customers.id AND ifnull(d.is_dismissed, 0) = 0
                ORDER BY m.at DESC, m.position DESC, m.id DESC LIMIT 1) AS last_id,
            (SELECT json_group_array(json_array(act, at))
                FROM (SELECT act, max(at) AS at FROM openings o WHERE o.customer_id = customers.id GROUP BY act)
            ) AS openings,
            (SELECT json_group_array(asked_at) FROM
                (SELECT asked_at FROM deliveries d
                    WHERE d.customer_id = customers.id AND d.asked_at >= ?2 AND d.state <> 'refused'
                    ORDER BY asked_at DESC LIMIT {SENDS_LOOKED_AT})) AS sends
        FROM wanted LEFT JOIN customers ON customers.openid = wanted.openid
    )
    SELECT heard.openid, received_at, openings, sends,
        (SELECT count(*) FROM messages m
            WHERE m.customer_id = heard.customer_id AND m.kind = 'received' AND m.is_history = 0
                AND m.id > ifnull(reads.message_id, 0)
                AND m.at > ifnull(reads.at - {LATE_SECONDS}, (SELECT created_at FROM origin))),
        ifnull(drafts.text, ''), alias, remark, tags,
        (SELECT count(*) FROM deliveries d
            WHERE d.customer_id = heard.customer_id AND d.state IN ('refused', 'unknown') AND d.is_dismissed = 0),
        last_id
    FROM heard
    LEFT JOIN reads ON reads.customer_id = heard.customer_id
    LEFT JOIN drafts ON drafts.customer_id = heard.customer_id
"""  # only constants are filled in

_LASTS = f"SELECT {COLUMNS} FROM lines WHERE id IN (SELECT value FROM json_each(?))"

_SEEN_SINCE = """
    SELECT max(created_at, ifnull((SELECT start_at FROM spans ORDER BY end_at DESC LIMIT 1), created_at)) FROM origin
"""


def contacts(
    connection: "Connection", openids: Collection[CustomerId] | None, now: float
) -> Mapping[CustomerId, Contact]:
    """Return a contact for each of the customers, or for all with something recent or unfinished."""
    if openids is None:
        openids = [openid for (openid,) in connection.execute(_RECENT, (now - RECENT_SECONDS,))]
    seen_since_at: float = connection.execute(_SEEN_SINCE).fetchone()[0]
    rows = connection.execute(_CONTACTS, (json.dumps(sorted(set(openids))), now - RECENT_SECONDS)).fetchall()
    # A query of its own: as the right side of a LEFT JOIN the view of a million lines would be made as a whole.
    lasts = connection.execute(_LASTS, (json.dumps([row[-1] for row in rows if row[-1] is not None]),))
    last_by_id = {message.id: message for message in map(as_message, lasts)}
    return {row[0]: _as_contact(row, last_by_id, seen_since_at) for row in rows}


def _as_contact(row: tuple[Any, ...], last_by_id: Mapping[MessageId, Message], seen_since_at: float) -> Contact:
    openid, received_at, openings, sends, unread, draft, alias, remark, tags, undelivered, last_id = row
    return Contact(
        openid=openid,
        last_message=last_by_id.get(last_id),
        windows=_windows(received_at, json.loads(openings), json.loads(sends)),
        seen_since_at=seen_since_at,
        unread=unread,
        draft=draft,
        alias=alias or "",
        remark=remark or "",
        tags=tuple(json.loads(tags)) if tags else (),
        undelivered=undelivered,
    )


def _windows(received_at: float | None, openings: list[tuple[str, float]], sends: list[float]) -> tuple[Window, ...]:
    """Return the newest act of each kind and what was sent since; records and queue both tell of messages."""
    opened = {act: at for act, at in openings if act in _ACTS}
    if received_at is not None:
        opened[CustomerAct.MESSAGE] = max(received_at, opened.get(CustomerAct.MESSAGE, received_at))
    return tuple(
        Window(act, opened[act], sum(at >= opened[act] + SAME_SECOND for at in sends))
        for act in CustomerAct
        if act in opened
    )


def describe(
    connection: "Connection",
    openid: CustomerId,
    *,
    alias: str | None = None,
    remark: str | None = None,
    tags: Sequence[str] | None = None,
) -> None:
    """Keep what a customer is called and labelled; None leaves what is known."""
    new = {
        "alias": None if alias is None else clean(alias),
        "remark": None if remark is None else clean(remark),
        "tags": None if tags is None else json.dumps([clean(tag) for tag in tags], ensure_ascii=False),
    }
    with transaction(connection, is_durable=True):
        key = customer_key(connection, openid)
        connection.execute(
            """
            UPDATE customers SET alias = ifnull(:alias, alias), remark = ifnull(:remark, remark),
                tags = ifnull(:tags, tags)
            WHERE id = :id
            """,
            {"id": key, **new},
        )


def mark_read(connection: "Connection", openid: CustomerId) -> None:
    """Count everything stored of a customer by now as read."""
    with transaction(connection, is_durable=False):
        connection.execute(
            """
            INSERT OR REPLACE INTO reads (customer_id, at, message_id)
            SELECT customer_id, at, (SELECT max(id) FROM messages) FROM messages
            WHERE customer_id = (SELECT id FROM customers WHERE openid = ?) ORDER BY at DESC LIMIT 1
            """,
            (openid,),
        )


def save_draft(connection: "Connection", openid: CustomerId, text: str) -> None:
    """Keep what is being written to a customer; nothing written deletes it."""
    with transaction(connection, is_durable=True):
        key = customer_key(connection, openid)
        if text:
            connection.execute("INSERT OR REPLACE INTO drafts (customer_id, text) VALUES (?, ?)", (key, clean(text)))
        else:
            connection.execute("DELETE FROM drafts WHERE customer_id = ?", (key,))


def note_openings(connection: "Connection", openings: Sequence[Opening]) -> None:
    """Keep what customers did that lets us reply; told twice, it is kept once."""
    with transaction(connection, is_durable=False):
        purges = Purges(connection)
        connection.executemany(
            "INSERT OR IGNORE INTO openings (customer_id, act, at) VALUES (?, ?, ?)",
            [
                (customer_key(connection, opening.openid), opening.act, opening.at)
                for opening in openings
                if not purges.cover(opening.openid, opening.at)
            ],
        )
