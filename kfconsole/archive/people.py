"""What the archive knows of each customer: last lines, unread, drafts."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from kfconsole.archive import drafts
from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import customer_key
from kfconsole.archive.messages import CLOCK_STEP_SECONDS, COLUMNS, as_message
from kfconsole.archive.process import Process
from kfconsole.archive.purges import Purges
from kfconsole.model import (
    Contact,
    CustomerAct,
    CustomerId,
    Delivery,
    Message,
    MessageId,
    Opening,
    User,
    Window,
    is_wechat_tag,
    wechat_tag,
)
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

RECENT_SECONDS: Final = 48 * 3600  # as long as WeChat accepts replies
SENDS_LOOKED_AT: Final = 50  # more than any window allows
_ACTS: Final = frozenset(CustomerAct)
SAME_SECOND: Final = 1  # acts have whole seconds: a reply within that of a message may have come before it
LATE_SECONDS: Final = 120  # so much older than the read mark, a message may have come late; older, it is history

_RECENT = """
    SELECT openid FROM customers WHERE openid <> '' AND id IN (
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
            (SELECT json_array(at, id) FROM messages m WHERE m.customer_id = customers.id AND m.kind = 'received'
                ORDER BY at DESC, id DESC LIMIT 1) AS received,
            (SELECT m.id FROM messages m LEFT JOIN deliveries d ON d.message_id = m.id
                WHERE m.customer_id = customers.id AND ifnull(d.is_dismissed, 0) = 0
                ORDER BY m.at DESC, m.position DESC, m.id DESC LIMIT 1) AS last_id,
            (SELECT m.id FROM messages m LEFT JOIN deliveries d ON d.message_id = m.id
                WHERE m.customer_id = customers.id AND m.kind IN ('received', 'sent') AND ifnull(d.is_dismissed, 0) = 0
                ORDER BY m.at DESC, m.position DESC, m.id DESC LIMIT 1) AS said_id,
            (SELECT json_group_array(json_array(act, at))
                FROM (SELECT act, max(at) AS at FROM openings o WHERE o.customer_id = customers.id GROUP BY act)
            ) AS openings,
            (SELECT json_group_array(json_array(asked_at, message_id, state, is_out_of_replies)) FROM
                (SELECT * FROM deliveries d WHERE d.customer_id = customers.id AND d.asked_at >= ?2
                    AND (d.state IN ('sending', 'sent', 'confirmed') OR d.is_out_of_replies = 1)
                    ORDER BY asked_at DESC LIMIT {SENDS_LOOKED_AT})) AS sends
        FROM wanted LEFT JOIN customers ON customers.openid = wanted.openid
    )
    SELECT heard.openid, received, openings, sends,
        (SELECT count(*) FROM messages m
            WHERE m.customer_id = heard.customer_id AND m.kind = 'received' AND m.is_history = 0
                AND m.id > ifnull(reads.message_id, 0)
                AND m.at > ifnull(reads.at - {LATE_SECONDS}, (SELECT created_at FROM origin))),
        {drafts.SHOWN}, alias, remark, tags,
        (SELECT count(*) FROM deliveries d
            WHERE d.customer_id = heard.customer_id AND d.state IN ('refused', 'unknown') AND d.is_dismissed = 0),
        (SELECT count(*) FROM deliveries d
            WHERE d.customer_id = heard.customer_id AND d.state = 'unknown' AND d.is_dismissed = 0),
        said_id, last_id
    FROM heard
    LEFT JOIN reads ON reads.customer_id = heard.customer_id
"""  # only constants are filled in

_LASTS = f"SELECT {COLUMNS} FROM lines WHERE id IN (SELECT value FROM json_each(?))"

# A record that claims to be from long after all that was fetched has a wrong time: nothing would be unread again.
_MARK_READ = """
    INSERT OR REPLACE INTO reads (customer_id, at, message_id)
    SELECT customers.id,
        ifnull((SELECT max(at) FROM messages m
            WHERE m.customer_id = customers.id AND m.kind = 'received' AND at <= fetched_at + ?2), fetched_at),
        (SELECT max(id) FROM messages)
    FROM customers, (SELECT ifnull(max(end_at), 9e999) AS fetched_at FROM spans)
    WHERE openid = ?1
        AND EXISTS (SELECT 1 FROM messages m WHERE m.customer_id = customers.id AND m.kind = 'received')
"""

_SEEN_SINCE = "SELECT created_at, (SELECT start_at FROM spans ORDER BY end_at DESC LIMIT 1) FROM origin"


class _Seen(Struct, frozen=True):
    records_since_at: float
    sends_since_at: float


class _Send(Struct, frozen=True):
    asked_at: float
    message_id: int
    state: str
    is_out_of_replies: int


def contacts(
    connection: "Connection", openids: Collection[CustomerId] | None, now: float, process: Process
) -> Mapping[CustomerId, Contact]:
    """Return a contact for each of the customers, or for all with something recent or unfinished.

    Args:
        connection: To read with.
        openids: The customers.
        now: The time by WeChat's clock.
        process: The console whose drafts come before those of others.
    """
    if openids is None:
        openids = [openid for (openid,) in connection.execute(_RECENT, (now - RECENT_SECONDS,))]
    created_at, fetched_since_at = connection.execute(_SEEN_SINCE).fetchone()
    seen = _Seen(records_since_at=math.inf if fetched_since_at is None else fetched_since_at, sends_since_at=created_at)
    rows = connection.execute(
        _CONTACTS, (json.dumps(sorted(set(openids))), now - RECENT_SECONDS, process.encoded())
    ).fetchall()
    # A query of its own: as the right side of a LEFT JOIN the view of a million lines would be made as a whole.
    lasts = connection.execute(_LASTS, (json.dumps([key for row in rows for key in {*row[-2:]} if key is not None]),))
    last_by_id = {message.id: message for message in map(as_message, lasts)}
    return {row[0]: _as_contact(row, last_by_id, seen) for row in rows}


def _as_contact(row: tuple[Any, ...], last_by_id: Mapping[MessageId, Message], seen: _Seen) -> Contact:
    openid, received, openings, sends, unread, draft, alias, remark, tags, undelivered, unknown, said_id, last_id = row
    ours = [_Send(*send) for send in json.loads(sends)]
    took = [send for send in ours if send.state not in (Delivery.SENDING, Delivery.REFUSED)]
    refused = [send for send in ours if send.is_out_of_replies and all(_key(send) > _key(other) for other in took)]
    received_at, received_id = json.loads(received) if received else (None, None)
    return Contact(
        openid=openid,
        last_message=last_by_id.get(said_id),
        last_event=None if last_id == said_id else last_by_id.get(last_id),
        windows=_windows(received_at, received_id, json.loads(openings), ours, refused),
        records_seen_since_at=seen.records_since_at,
        sends_seen_since_at=seen.sends_since_at,
        refused_at=max((send.asked_at for send in refused), default=None),
        unread=unread,
        draft=draft,
        alias=alias or "",
        remark=remark or "",
        tags=tuple(json.loads(tags)) if tags else (),
        undelivered=undelivered,
        unknown=unknown,
    )


def _key(send: _Send) -> tuple[float, int]:
    return send.asked_at, send.message_id


def _windows(
    received_at: float | None,
    received_id: int | None,
    openings: list[tuple[str, float]],
    ours: list[_Send],
    refused: list[_Send],
) -> tuple[Window, ...]:
    """Return the newest act of each kind and what was sent since; records and queue both tell of messages."""
    opened = {act: at for act, at in openings if act in _ACTS}
    if received_at is not None:
        opened[CustomerAct.MESSAGE] = max(received_at, opened.get(CustomerAct.MESSAGE, received_at))
    windows: list[Window] = []
    for act in (act for act in CustomerAct if act in opened):
        at = opened[act]
        # Numbers rise in the order of storing: what was there already when we sent had come before.
        seen_id = received_id if act is CustomerAct.MESSAGE and at == received_at else None
        windows.append(
            Window(
                act,
                at,
                sent=sum(send.state != Delivery.REFUSED and _is_after(send, at, seen_id) for send in ours),
                is_used_up=any(_is_after(send, at, seen_id) for send in refused),
            )
        )
    return tuple(windows)


def _is_after(send: _Send, at: float, seen_id: int | None) -> bool:
    return send.asked_at >= at + SAME_SECOND or (seen_id is not None and send.message_id > seen_id)


def describe(
    connection: "Connection",
    openid: CustomerId,
    *,
    alias: str | None = None,
    remark: str | None = None,
    tags: Sequence[str] | None = None,
) -> None:
    """Keep what a customer is called and labelled by us; None leaves what is known, and WeChat's labels stay."""
    with transaction(connection, is_durable=True):
        key = customer_key(connection, openid)
        if tags is not None:
            tags = [*filter(None, map(clean, tags)), *(tag for tag in _tags(connection, key) if is_wechat_tag(tag))]
        _describe(connection, key, alias, remark, tags)


def note_users(connection: "Connection", users: Sequence[User]) -> None:
    """Keep WeChat's remarks and labels; of who does not follow it tells nothing."""
    with transaction(connection, is_durable=False):  # it tells them again
        for user in users:
            if user.is_following:
                key = customer_key(connection, user.openid)
                ours = [tag for tag in _tags(connection, key) if not is_wechat_tag(tag)]
                _describe(connection, key, None, user.remark, [*ours, *map(wechat_tag, user.tag_ids)])


def _tags(connection: "Connection", key: int) -> list[str]:
    (tags,) = connection.execute("SELECT tags FROM customers WHERE id = ?", (key,)).fetchone()
    return json.loads(tags) if tags else []


def _describe(
    connection: "Connection", key: int, alias: str | None, remark: str | None, tags: Sequence[str] | None
) -> None:
    connection.execute(
        """
        UPDATE customers SET alias = ifnull(:alias, alias), remark = ifnull(:remark, remark), tags = ifnull(:tags, tags)
        WHERE id = :id
        """,
        {
            "id": key,
            "alias": None if alias is None else clean(alias),
            "remark": None if remark is None else clean(remark),
            "tags": None if tags is None else json.dumps(tags, ensure_ascii=False),
        },
    )


def names(connection: "Connection", openids: Collection[CustomerId]) -> Mapping[CustomerId, str]:
    """Return what customers are called, the alias before WeChat's remark; who has neither is not in it."""
    rows = connection.execute(
        """
        SELECT openid, ifnull(nullif(trim(alias), ''), trim(remark)) AS name FROM customers
        WHERE openid IN (SELECT value FROM json_each(?)) AND name <> ''
        """,
        (json.dumps(list(openids)),),
    )
    return dict(rows.fetchall())


def mark_read(connection: "Connection", openid: CustomerId) -> None:
    """Count everything stored of a customer by now as read.

    What counts is what they wrote, and when: an answer of ours may have a wrong time, or stand behind what comes late.
    """
    with transaction(connection, is_durable=False):
        connection.execute(_MARK_READ, (openid, CLOCK_STEP_SECONDS))


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
