"""The numbers that stand for customers and agents in the tables; the caller holds a transaction."""

from typing import TYPE_CHECKING

from kfconsole.model import AgentId, CustomerId

if TYPE_CHECKING:
    from sqlite3 import Connection


def customer_key(connection: "Connection", openid: CustomerId) -> int:
    """Return a customer's number, a new one for a new customer."""
    found = connection.execute("SELECT id FROM customers WHERE openid = ?", (openid,)).fetchone()
    if found is None:
        return connection.execute("INSERT INTO customers (openid) VALUES (?)", (openid,)).lastrowid or 0
    key: int = found[0]
    return key


def agent_key(connection: "Connection", agent: AgentId | None) -> int:
    """Return an agent's number, a new one for a new agent; None is nobody."""
    found = connection.execute("SELECT id FROM agents WHERE account = ?", (agent or "",)).fetchone()
    if found is None:
        return connection.execute("INSERT INTO agents (account) VALUES (?)", (agent or "",)).lastrowid or 0
    key: int = found[0]
    return key
