"""Acts under way: what was begun is in the file before anybody asks WeChat for it, so that a kill does not hide it.

A deed takes the place of its row in one transaction. Rows of processes that ended without one become deeds of which
nobody knows what came of them. A message is among them from the transaction on that lets it leave. Transfers note that
they begin.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfconsole.archive import audit, chain
from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import customer_key
from kfconsole.archive.process import Process
from kfconsole.errors import ArchiveError
from kfconsole.i18n import _
from kfconsole.model import Deed, Delivery, MessageId

if TYPE_CHECKING:
    from sqlite3 import Connection

_ROWS = """
    SELECT key, process, at, user, source, agent, act, openid, details
    FROM ({table}) LEFT JOIN main.customers ON customers.id = customer_id
"""
_PUT = """
    INSERT OR REPLACE INTO acts_under_way (key, process, at, user, source, agent, act, customer_id, details)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def begin(connection: "Connection", deed: Deed, process: Process) -> None:
    """Keep that something is being done now; told again, with another customer, it takes the place of what was told."""
    with chain.told_if_missing(connection), transaction(connection, is_durable=True):
        _put(connection, deed, process)


def begin_send(connection: "Connection", deed: Deed, process: Process, message_id: MessageId) -> None:
    """Keep that a message leaves now, in the transaction that lets it; without a table of deeds it leaves, too."""
    if deed.act == "send":  # others name a message already
        deed = replace(deed, details=f"{deed.details} message {message_id}")
    with suppress(ArchiveError), chain.told_if_missing(connection):
        _put(connection, deed, process)


def _put(connection: "Connection", deed: Deed, process: Process) -> None:
    said = audit.said(deed)
    customer = None if said.openid is None else customer_key(connection, said.openid)
    row = (deed.key, process.encoded(), said.at, said.user, said.source, said.agent, said.act, customer)
    connection.execute(_PUT, (*row, said.details))


def doing(connection: "Connection") -> dict[str, float]:
    """Return the processes that have begun something, each with the time of the newest.

    In memory nobody is looked for: what the file has of others is settled there, by whoever has it.
    """
    if chain.file_of(connection) is None or chain.missing(connection):
        return {}
    return dict(connection.execute("SELECT process, max(at) FROM acts_under_way GROUP BY process").fetchall())


def settle(connection: "Connection", processes: tuple[str, ...]) -> None:
    """Make deeds of what ended processes had begun."""
    if not doing(connection).keys() & set(processes):
        return
    result = _("Outcome unknown: the console ended in the midst of it.")
    with transaction(connection, is_durable=True):
        rows = connection.execute(f"{_ROWS.format(table='SELECT * FROM acts_under_way')} ORDER BY at, key").fetchall()
        for key, process, *fields in rows:
            if process in processes:
                *_others, act, _openid, details = fields
                noted = chain.Noted(*(*fields, _known(connection, act, details) or result))
                customer = None if noted.openid is None else customer_key(connection, noted.openid)
                chain.append(connection, noted, customer)
                connection.execute("DELETE FROM acts_under_way WHERE key = ?", (key,))
    chain.keep_head(connection)


def _known(connection: "Connection", act: str, details: str) -> str | None:
    """Return what came of a message that had ended when its console did; only the deed was not noted yet."""
    number = details.rpartition(" message ")[2]
    if act != "send" or not number.isdecimal() or len(number) > 18:  # somebody may have edited the file
        return None
    query = "SELECT state, reason FROM deliveries WHERE message_id = ?"
    state, reason = connection.execute(query, (int(number),)).fetchone() or ("", "")
    if state in (Delivery.SENT, Delivery.CONFIRMED):
        return "done"
    return str(reason) if state == Delivery.REFUSED else None


def bring_back(memory: "Connection", file: "Connection") -> None:
    """Bring what is still under way into the file, and take out there what has ended, in the caller's transaction."""
    file.executemany("DELETE FROM acts_under_way WHERE key = ?", memory.execute("SELECT key FROM seed.ended_acts"))
    new = "SELECT * FROM main.acts_under_way EXCEPT SELECT * FROM seed.acts_under_way"
    for *row, openid, details in memory.execute(_ROWS.format(table=new)).fetchall():
        file.execute(_PUT, (*row, None if openid is None else customer_key(file, openid), details))
