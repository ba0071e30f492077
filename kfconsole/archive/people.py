"""What the archive knows of each customer: last lines, unread, drafts."""

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from kfconsole.archive.connection import transaction
from kfconsole.archive.messages import COLUMNS, as_message
from kfconsole.model import Contact, CustomerId
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

RECENT_SECONDS: Final = 48 * 3600  # as long as WeChat accepts replies
SAME_SECOND: Final = 1  # records have whole seconds: a reply within that of a message may have come before it
LATE_SECONDS: Final = 120  # so much older than the read mark, a message may have come late; older, it is history

_RECENT = """
    SELECT openid FROM messages WHERE at >= ?
    UNION SELECT openid FROM drafts
    UNION SELECT openid FROM messages WHERE delivery IN ('refused', 'unknown') AND is_dismissed = 0
"""

# A dismissed message did not arrive, or was sent again as a newer one: it is nobody's last word.
_CONTACTS = f"""
    WITH wanted AS (SELECT value AS openid FROM json_each(?)),
    heard AS (
        SELECT openid,
            (SELECT max(at) FROM messages m WHERE m.openid = w.openid AND m.kind = 'received') AS received_at,
            (SELECT id FROM messages m WHERE m.openid = w.openid AND m.is_dismissed = 0
                ORDER BY at DESC, position DESC, id DESC LIMIT 1) AS last_id
        FROM wanted w
    )
    SELECT heard.openid, received_at,
        (SELECT count(*) FROM messages m
            WHERE m.openid = heard.openid AND m.delivery IS NOT NULL
                AND m.delivery <> 'refused' AND m.at >= ifnull(received_at + {SAME_SECOND}, 0)),
        (SELECT count(*) FROM messages m
            WHERE m.openid = heard.openid AND m.kind = 'received' AND m.id > ifnull(reads.message_id, 0)
                AND m.at > ifnull(reads.at - {LATE_SECONDS}, (SELECT created_at FROM origin))),
        ifnull(drafts.text, ''),
        (SELECT count(*) FROM messages m
            WHERE m.openid = heard.openid AND m.delivery IN ('refused', 'unknown') AND m.is_dismissed = 0),
        {", ".join("last." + column for column in COLUMNS.split(", "))}
    FROM heard
    LEFT JOIN reads ON reads.openid = heard.openid
    LEFT JOIN drafts ON drafts.openid = heard.openid
    LEFT JOIN messages last ON last.id = last_id
"""  # only constants are filled in


def contacts(
    connection: "Connection", openids: Collection[CustomerId] | None, now: float
) -> Mapping[CustomerId, Contact]:
    """Return a contact for each of the customers, or for all with something recent or unfinished."""
    if openids is None:
        openids = [openid for (openid,) in connection.execute(_RECENT, (now - RECENT_SECONDS,))]
    rows = connection.execute(_CONTACTS, (json.dumps(sorted(set(openids))),))
    return {row[0]: _as_contact(row) for row in rows}


def _as_contact(row: tuple[Any, ...]) -> Contact:
    openid, received_at, sent_since_received, unread, draft, undelivered, *last = row
    return Contact(
        openid=openid,
        last_message=None if last[0] is None else as_message(tuple(last)),
        last_received_at=received_at,
        sent_since_received=sent_since_received,
        unread=unread,
        draft=draft,
        undelivered=undelivered,
    )


def mark_read(connection: "Connection", openid: CustomerId) -> None:
    """Count everything stored of a customer by now as read."""
    with transaction(connection, is_durable=False):
        connection.execute(
            """
            INSERT OR REPLACE INTO reads (openid, at, message_id)
            SELECT openid, at, (SELECT max(id) FROM messages) FROM messages WHERE openid = ? ORDER BY at DESC LIMIT 1
            """,
            (openid,),
        )


def save_draft(connection: "Connection", openid: CustomerId, text: str) -> None:
    """Keep what is being written to a customer; nothing written deletes it."""
    with transaction(connection, is_durable=True):
        if text:
            connection.execute("INSERT OR REPLACE INTO drafts (openid, text) VALUES (?, ?)", (openid, clean(text)))
        else:
            connection.execute("DELETE FROM drafts WHERE openid = ?", (openid,))
