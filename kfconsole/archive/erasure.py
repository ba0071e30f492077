"""Deleting one customer, on request: also from the index, the lists, the deeds and the bytes of the files."""

import json
import math
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kfconsole.archive import audit, chain, purges, retention
from kfconsole.archive.connection import transaction
from kfconsole.archive.messages import CLOCK_STEP_SECONDS
from kfconsole.archive.schema import UNDER_WAY
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Deed, KnownCustomer, MessageId, Purged

if TYPE_CHECKING:
    from sqlite3 import Connection

REWRITTEN_AT_MOST_BYTES: Final = 100_000_000  # one to two seconds; a send from another console waits so long
DEEDS_PER_SLICE: Final = 2000  # a few milliseconds of reading
_ERASING: Final = f"{{name}} = '{chain.ERASED}', {{name}}_digest = substr({{name}}_digest, -32)"
_ERASED_WORDS: Final = f"details = '{chain.ERASED}'"
_OF_ROWS: Final = f"'{chain.FORGOTTEN}', '{chain.ERASED_ON_REQUEST}'"
_KEY: Final = "(SELECT id FROM customers WHERE openid = ?1)"

_Erased = dict[str, list[int]]
"""The numbers of deeds from which something is erased, by what it is."""


def known(connection: "Connection", openid: CustomerId) -> KnownCustomer:
    """Return how much there is of a customer."""
    messages, oldest_at, newest_at, undecided = connection.execute(
        f"""
        SELECT count(*), min(at), max(at), count(*) FILTER (WHERE state IN ('refused', 'unknown') AND is_dismissed = 0)
        FROM messages LEFT JOIN deliveries ON message_id = messages.id WHERE messages.customer_id = {_KEY}
        """,
        (openid,),
    ).fetchone()
    has_draft = connection.execute(f"SELECT 1 FROM drafts WHERE customer_id = {_KEY}", (openid,)).fetchone() is not None
    return KnownCustomer(
        is_known=_is_known(connection, openid),
        messages=messages,
        oldest_at=oldest_at,
        newest_at=newest_at,
        undecided=undecided,
        has_draft=has_draft,
        is_sending=_is_sending(connection, openid),
    )


def purge_customer(
    connection: "Connection", path: Path, openid: CustomerId, now: float, patience_seconds: float
) -> Generator[None, None, Purged]:
    """Delete all that is known of a customer; done again, it finishes what was cut off.

    Raises:
        NotPossible: A message to them is being sent.
    """
    with transaction(connection, is_durable=True):
        if _is_sending(connection, openid):
            raise NotPossible(
                _("A message to {openid} is being sent.").format(openid=openid),
                hint=_("Try again once its outcome is known."),
            )
        is_known = _is_known(connection, openid) or purges.is_noted(connection, openid)
        last_id = _forget(connection, openid, now)
    chain.keep_head(connection)
    if not is_known:
        return Purged(0)
    count = yield from _delete_messages(connection, openid, last_id)
    yield from _take_out_of_deeds(connection, openid, now)
    with transaction(connection, is_durable=True):
        connection.execute(f"DELETE FROM customers WHERE openid = ? AND {retention.IS_NOBODY}", (openid,))
    yield from retention.merge_whole_index(connection)
    is_file_clean = _is_rewritten(connection, path)
    is_log_clean = yield from retention.empty_log(connection, patience_seconds)
    set_aside = tuple(
        sorted(name for name in path.parent.glob(f"{path.name}.damaged-*") if not name.name.endswith(chain.HEAD_ENDING))
    )
    return Purged(count, is_file_clean=is_file_clean, is_log_clean=is_log_clean, set_aside=set_aside)


def _is_known(connection: "Connection", openid: CustomerId) -> bool:
    is_customer = connection.execute("SELECT 1 FROM customers WHERE openid = ?", (openid,)).fetchone() is not None
    return is_customer or bool(_lists_with(connection, openid))


def _is_sending(connection: "Connection", openid: CustomerId) -> bool:
    query = f"SELECT 1 FROM deliveries WHERE {UNDER_WAY} AND customer_id = {_KEY}"
    return connection.execute(query, (openid,)).fetchone() is not None


def _forget(connection: "Connection", openid: CustomerId, now: float) -> MessageId:
    """Delete all but the messages, of which there may be many; return the newest of those that go.

    What comes after is of a customer who is back, and stays.
    """
    last_id, newest_at = connection.execute(
        f"SELECT ifnull(max(id), 0), max(at) FILTER (WHERE at <= ?2) FROM messages WHERE customer_id = {_KEY}",
        (openid, now + CLOCK_STEP_SECONDS),
    ).fetchone()
    # Records have whole seconds: what may have come in the second that is under way is not known to be of before.
    # And WeChat's clock may be ahead of ours.
    before_at = math.floor(now) - 1
    purges.note(connection, openid, before_at if newest_at is None else max(before_at, newest_at))
    for table in ("drafts", "reads", "waits", "sessions", "openings", "owed"):
        connection.execute(f"DELETE FROM {table} WHERE customer_id = {_KEY}", (openid,))
    # With a text goes the salt of its digest: what is left proves that nothing else was changed, and tells nothing.
    erased: _Erased = {}
    results, theirs = f"customer_id = {_KEY} AND instr(result, ?1)", f"customer_id = {_KEY}"
    for name, rows in (("result", results), ("details", theirs), ("customer", theirs)):
        erased[name] = _whole(connection, name, rows, (openid,))
    for changes, rows in (
        (_ERASING.format(name="result"), results),
        (
            "customer_id = NULL, customer_digest = substr(customer_digest, -32), "
            "details = '', details_digest = substr(details_digest, -32)",
            theirs,
        ),
    ):
        connection.execute(f"UPDATE audit SET {changes} WHERE {rows}", (openid,))
    _tell_erased(connection, erased, now)
    for changes, rows in (("customer_id = NULL, details = ''", theirs), (_ERASED_WORDS, "instr(details, ?1)")):
        connection.execute(f"UPDATE acts_under_way SET {changes} WHERE {rows}", (openid,))
    connection.execute("UPDATE customers SET alias = '', remark = '', tags = '[]' WHERE openid = ?", (openid,))
    for name, head, lines in _lists_with(connection, openid):
        rows = "\n".join(line for line in lines.split("\n") if _quoted(openid) not in line)
        # With a row taken out, a customer missing from the list need not have been missing from the queue.
        new_head = json.dumps({**json.loads(head), "is_complete": False}) if name == "queue" else head
        connection.execute("UPDATE saved SET head = ?, rows = ? WHERE name = ?", (new_head, rows, name))
    return MessageId(last_id)


def _lists_with(connection: "Connection", openid: CustomerId) -> list[tuple[str, str, str]]:
    """Return name, head and rows of the lists kept between two runs that have the customer."""
    query = "SELECT name, head, rows FROM saved WHERE instr(rows, ?)"
    return connection.execute(query, (_quoted(openid),)).fetchall()


def _quoted(openid: CustomerId) -> str:
    return json.dumps(openid, ensure_ascii=False)


def _delete_messages(connection: "Connection", openid: CustomerId, last_id: MessageId) -> Generator[None, None, int]:
    query = f"{retention.MESSAGES} WHERE messages.customer_id = {_KEY} AND messages.id <= ?2 LIMIT ?3"
    count = 0
    while True:
        with transaction(connection, is_durable=True):
            rows = connection.execute(query, (openid, last_id, retention.PURGED_PER_SLICE)).fetchall()
            retention.delete(connection, rows)
        count += len(rows)
        yield from retention.after_slice(connection)
        if len(rows) < retention.PURGED_PER_SLICE:
            return count


def _whole(connection: "Connection", name: str, rows: str, values: tuple[object, ...]) -> list[int]:
    """Return which of some deeds still have the salt of a digest; those of older versions never had any."""
    query = f"SELECT id FROM audit WHERE {rows} AND chain IS NOT NULL AND length({name}_digest) > {chain.DIGEST_BYTES}"
    return [number for (number,) in connection.execute(query, values)]


def _tell_erased(connection: "Connection", erased: _Erased, now: float) -> None:
    """Note, in the transaction that erases, what of which deeds is erased: what somebody else takes out is not in it.

    In memory there is no chain yet: there the deeds are sealed as they are when they get into the file.
    """
    if details := chain.put_erased(erased):
        audit.put(connection, Deed(now, chain.ERASED_ON_REQUEST, details=details))


def _take_out_of_deeds(connection: "Connection", openid: CustomerId, now: float) -> Generator[None, None, None]:
    """Erase the words with the openid in what was noted of deeds to others, or to many."""
    reached = 0
    while True:
        yield
        query = "SELECT max(id) FROM (SELECT id FROM audit WHERE id > ? ORDER BY id LIMIT ?)"
        last: int | None = connection.execute(query, (reached, DEEDS_PER_SLICE)).fetchone()[0]
        if last is None:
            return
        with transaction(connection, is_durable=True):
            erased: _Erased = {}
            for name in ("details", "result"):
                # What tells of rows alone stays: an openid may look like a number.
                rows = f"id > ?2 AND id <= ?3 AND act NOT IN ({_OF_ROWS}) AND instr({name}, ?1)"
                erased[name] = _whole(connection, name, rows, (openid, reached, last))
                connection.execute(
                    f"UPDATE audit SET {_ERASING.format(name=name)} WHERE {rows}", (openid, reached, last)
                )
            _tell_erased(connection, erased, now)
        chain.keep_head(connection)
        reached = last


def _is_rewritten(connection: "Connection", path: Path) -> bool:
    """Write the file anew where that is quick and nothing is in the way; whether it was."""
    import sqlite3

    size = retention.used_bytes(connection)
    if size > REWRITTEN_AT_MOST_BYTES or retention.lacking_room(path, size):
        return False
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError:  # a console writes all the time: what was to be deleted is, and may be said so
        return False
    return True
