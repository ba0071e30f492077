"""Customers who were handed back and are owed an answer, until somebody accepts them: whoever, from wherever.

WeChat has no call that puts a customer back into the queue, so this list is ours alone. A row goes as soon as any
console has seen a session of the customer, or a record of one, that began after they were handed back.
"""

import os
from typing import TYPE_CHECKING, Final

from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import agent_key, customer_key
from kfconsole.archive.process import user_name
from kfconsole.archive.purges import Purges
from kfconsole.model import AgentId, CustomerId, MessageKind, Owed
from kfconsole.text import clean

if TYPE_CHECKING:
    from sqlite3 import Connection

    from kfconsole.archive.place import Place

_TAKING: Final = (MessageKind.ACCEPTED, MessageKind.STARTED, MessageKind.TRANSFERRED, MessageKind.TAKEN_OVER)
"""Records that say that somebody has the customer."""
_IS_SETTLED: Final = f"""
    (EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.customer_id = owed.customer_id
            AND started_at >= CAST(owed.at AS INTEGER)
    ) OR EXISTS (
        SELECT 1 FROM messages
        WHERE messages.customer_id = owed.customer_id AND messages.at >= CAST(owed.at AS INTEGER)
            AND kind IN ({", ".join(f"'{kind}'" for kind in _TAKING)})
    ))
"""  # WeChat's times have whole seconds: rather too long on the list than forgotten
_ROWS: Final = """
    SELECT openid, owed.at, account, user, note FROM owed
    JOIN customers ON customers.id = customer_id JOIN agents ON agents.id = agent_id
"""
_OF: Final = "customer_id = (SELECT id FROM customers WHERE openid = ?)"


class Debts:
    """What the archive does with those who are owed an answer; `Archive` fills in what it stands on."""

    _place: "Place"

    async def owe(self, owed: Owed) -> None:
        """Keep a customer as owed an answer, on disk, before their session is closed."""
        await self._place.write(lambda connection: keep(connection, owed))

    async def forget_owed(self, openid: CustomerId, at: float | None = None) -> bool:
        """Take a customer off the list: by hand, or because they never left who had them.

        Args:
            openid: Whom.
            at: Only if they are on the list since then; None: whenever.

        Returns:
            Whether they were on it.
        """
        return await self._place.write(lambda connection: forget(connection, openid, at))

    async def owed(self) -> tuple[Owed, ...]:
        """Return who is owed an answer, the longest first; who was accepted since is taken off the list."""
        if await self._place.read(_has_settled):
            await self._place.write(_settle)
        return await self._place.read(unanswered)


def keep(connection: "Connection", owed: Owed) -> None:
    """Put a customer on the list; handed back again, they are on it from now."""
    with transaction(connection, is_durable=True):
        connection.execute(
            "INSERT OR REPLACE INTO owed (customer_id, at, agent_id, user, note) VALUES (?, ?, ?, ?, ?)",
            (
                customer_key(connection, owed.openid),
                owed.at,
                agent_key(connection, owed.agent),
                owed.user or user_name(os.getuid()),
                clean(owed.note),
            ),
        )


def forget(connection: "Connection", openid: CustomerId, at: float | None) -> bool:
    """Take a customer off the list."""
    with transaction(connection, is_durable=True):
        done = connection.execute(f"DELETE FROM owed WHERE {_OF} AND (?2 IS NULL OR at = ?2)", (openid, at))
    return done.rowcount > 0


def unanswered(connection: "Connection") -> tuple[Owed, ...]:
    """Return who was handed back and not accepted since, the longest first."""
    rows = connection.execute(f"{_ROWS} WHERE NOT {_IS_SETTLED} ORDER BY owed.at, openid")
    return tuple(Owed(CustomerId(openid), at, AgentId(account), user, note) for openid, at, account, user, note in rows)


def bring_back(memory: "Connection", file: "Connection") -> None:
    """Bring what changed in memory into the file: who was handed back, and who was taken off the list."""
    purges = Purges(file)
    gone = """
        SELECT openid, at FROM seed.owed JOIN main.customers ON customers.id = customer_id
        WHERE (customer_id, at) NOT IN (SELECT customer_id, at FROM main.owed)
    """
    for openid, at in memory.execute(gone).fetchall():
        file.execute(f"DELETE FROM owed WHERE {_OF} AND at = ?", (openid, at))
    new = f"{_ROWS} WHERE (customer_id, owed.at) NOT IN (SELECT customer_id, at FROM seed.owed)"
    for openid, at, account, user, note in memory.execute(new.replace("FROM owed", "FROM main.owed")).fetchall():
        if not purges.cover(openid, at):
            row = (customer_key(file, openid), at, agent_key(file, account), user, note)
            file.execute(
                """
                INSERT INTO owed (customer_id, at, agent_id, user, note) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET at = excluded.at, agent_id = excluded.agent_id, user = excluded.user,
                    note = excluded.note
                    WHERE excluded.at > at
                """,
                row,
            )


def _has_settled(connection: "Connection") -> bool:
    return connection.execute(f"SELECT 1 FROM owed WHERE {_IS_SETTLED} LIMIT 1").fetchone() is not None


def _settle(connection: "Connection") -> None:
    with transaction(connection, is_durable=False):
        connection.execute(f"DELETE FROM owed WHERE {_IS_SETTLED}")
