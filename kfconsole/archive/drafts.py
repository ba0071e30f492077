"""What is being written and not sent yet: a text for each customer, and half-filled forms.

Each console has rows of its own, so none overwrites what somebody writes in another one. What an ended console wrote
is nobody's, `process` is NULL, until a console goes on with it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import customer_key
from kfconsole.archive.process import Process
from kfconsole.model import CustomerId
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

TEXT: Final = ""
"""The form of what stands in the composer."""

SHOWN: Final = """
    coalesce(
        (SELECT text FROM drafts WHERE customer_id = heard.customer_id AND form = '' AND process = ?3),
        (SELECT group_concat(text, char(10)) FROM (
            SELECT text FROM drafts
            WHERE customer_id = heard.customer_id AND form = '' AND process IS NULL ORDER BY id)),
        (SELECT text FROM drafts WHERE customer_id = heard.customer_id AND form = '' ORDER BY at DESC, id DESC LIMIT 1),
        ''
    )
"""
"""The text to go on with: this console's own, else all of ended ones, else the newest of another one."""


def save(connection: "Connection", openid: CustomerId, form: str, text: str, process: Process, at: float) -> None:
    """Keep what this console's user writes to a customer; nothing written deletes it."""
    with transaction(connection, is_durable=True):
        put(connection, customer_key(connection, openid), form, text, process, at)


def put(connection: "Connection", customer: int, form: str, text: str, process: Process, at: float) -> None:
    """Do what `save` does; the caller holds a transaction."""
    if text:
        connection.execute(
            """
            INSERT INTO drafts (customer_id, form, process, at, text) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (customer_id, form, process) DO UPDATE SET at = excluded.at, text = excluded.text
            """,
            (customer, form, process.encoded(), at, clean(text)),
        )
    else:
        connection.execute(
            "DELETE FROM drafts WHERE customer_id = ? AND form = ? AND process = ?", (customer, form, process.encoded())
        )


def take(connection: "Connection", openid: CustomerId, text: str, process: Process, at: float) -> None:
    """Let this console go on with what ended ones wrote, if that is still what it has loaded."""
    with transaction(connection, is_durable=True):
        customer = customer_key(connection, openid)
        rows = connection.execute(
            "SELECT id, text, process FROM drafts WHERE customer_id = ? AND form = ? AND ifnull(process, ?3) = ?3",
            (customer, TEXT, process.encoded()),
        ).fetchall()
        has_own = any(owner is not None for _id, _text, owner in rows)
        if not has_own and "\n".join(written for _id, written, _owner in sorted(rows)) == text:
            connection.executemany("DELETE FROM drafts WHERE id = ?", [row[:1] for row in rows])
            put(connection, customer, TEXT, text, process, at)


def delete_sent(connection: "Connection", customer: int, texts: Iterable[str], process: Process) -> None:
    """Delete the draft this console wrote, and those of others that begin what is being sent; in a transaction."""
    put(connection, customer, TEXT, "", process, 0.0)
    sent = _without_blanks("".join(texts))
    rows = connection.execute("SELECT id, text FROM drafts WHERE customer_id = ? AND form = ?", (customer, TEXT))
    said = [(number,) for number, text in rows.fetchall() if sent.startswith(_without_blanks(text))]
    connection.executemany("DELETE FROM drafts WHERE id = ?", said)


def _without_blanks(text: str) -> str:
    return "".join(text.split())  # where a long text is cut into parts, some are left out


def take_form(connection: "Connection", openid: CustomerId, form: str, process: Process) -> dict[str, str] | None:
    """Return what this console's user has filled in of a form, or else what one has whose console ended."""
    with transaction(connection, is_durable=True):
        found = connection.execute(
            """
            SELECT drafts.id, text FROM drafts JOIN customers ON customers.id = customer_id
            WHERE openid = ? AND form = ? AND ifnull(process, ?3) = ?3
            ORDER BY process IS NULL, at DESC, drafts.id DESC LIMIT 1
            """,
            (openid, form, process.encoded()),
        ).fetchone()
        if found is None:
            return None
        connection.execute("UPDATE drafts SET process = ? WHERE id = ?", (process.encoded(), found[0]))
        return values_of(found[1])


def forget_form(
    connection: "Connection", openid: CustomerId, form: str, values: Mapping[str, str], process: Process
) -> None:
    """Delete what this console's user had filled in of a form, unless it is something else by now."""
    with transaction(connection, is_durable=True):
        connection.execute(
            "DELETE FROM drafts WHERE customer_id = ? AND form = ? AND process = ? AND text = ?",
            (customer_key(connection, openid), form, process.encoded(), clean(text_of(values))),
        )


def text_of(values: Mapping[str, str] | None) -> str:
    """Write down what stands in the lines of a form; empty: none of it is to be kept."""
    return "" if values is None else json.dumps(dict(values), ensure_ascii=False)


def values_of(text: str) -> dict[str, str]:
    """Read what `text_of` wrote."""
    try:
        return {str(name): str(value) for name, value in json.loads(text).items()}
    except (ValueError, AttributeError):
        return {}


def writing(connection: "Connection", process: Process) -> dict[str, float]:
    """Return the other processes that have written something, each with the time of the newest."""
    rows = connection.execute(
        "SELECT process, max(at) FROM drafts WHERE process <> ? GROUP BY process", (process.encoded(),)
    )
    return dict(rows.fetchall())


def leave(connection: "Connection", processes: tuple[str, ...]) -> None:
    """Make what ended processes wrote nobody's, the same text once; the caller holds a transaction."""
    for process in processes:
        connection.execute("UPDATE drafts SET process = NULL WHERE process = ?", (process,))
    connection.execute(
        """
        DELETE FROM drafts WHERE process IS NULL AND EXISTS (
            SELECT 1 FROM drafts earlier WHERE earlier.process IS NULL AND earlier.customer_id = drafts.customer_id
                AND earlier.form = drafts.form AND earlier.text = drafts.text AND earlier.id < drafts.id
        )
        """
    )
