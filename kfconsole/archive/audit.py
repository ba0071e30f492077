"""What was done from consoles and commands on this archive, and by whom."""

import os
import pwd
from typing import TYPE_CHECKING

from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import customer_key
from kfconsole.model import AgentId, CustomerId, Deed
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection


def note(connection: "Connection", deed: Deed) -> None:
    """Keep what was done."""
    with transaction(connection, is_durable=True):
        customer = None if deed.openid is None else customer_key(connection, deed.openid)
        connection.execute(
            "INSERT INTO audit (at, user, agent, act, customer_id, details, result) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                deed.at,
                deed.user or _user(),
                deed.agent or "",
                deed.act,
                customer,
                clean(deed.details),
                clean(deed.result),
            ),
        )


def between(connection: "Connection", start_at: float, end_at: float) -> tuple[Deed, ...]:
    """Return what was done in a span, oldest first."""
    rows = connection.execute(
        """
        SELECT at, user, agent, act, openid, details, result
        FROM audit LEFT JOIN customers ON customers.id = customer_id
        WHERE at >= ? AND at < ? ORDER BY audit.id
        """,
        (start_at, end_at),
    )
    return tuple(
        Deed(
            at=at,
            user=user,
            agent=AgentId(agent) if agent else None,
            act=act,
            openid=None if openid is None else CustomerId(openid),
            details=details,
            result=result,
        )
        for at, user, agent, act, openid, details, result in rows
    )


def _user() -> str:
    """Return who runs this by the host's list of users: variables may say anything."""
    number = os.getuid()
    try:
        return clean(pwd.getpwuid(number).pw_name)
    except KeyError:  # a number without a name, as in some containers
        return str(number)
