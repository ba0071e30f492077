"""Who was deleted on request, without their openids: what is told again of the time before does not come back."""

from typing import TYPE_CHECKING

from kfconsole.model import CustomerId

if TYPE_CHECKING:
    from sqlite3 import Connection


class Purges:
    """Answers for one transaction who is to stay deleted; nothing is asked when nobody ever was."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        found = connection.execute("SELECT salt FROM origin WHERE EXISTS (SELECT 1 FROM purges)").fetchone()
        self._salt: bytes | None = None if found is None else found[0]

    def cover(self, openid: CustomerId, at: float) -> bool:
        """Whether what this customer did at a moment was deleted, or would have been."""
        if self._salt is None:
            return False
        query = "SELECT before_at FROM purges WHERE digest = ?"
        found = self._connection.execute(query, (_digest(self._salt, openid),)).fetchone()
        return found is not None and at <= found[0]


def note(connection: "Connection", openid: CustomerId, before_at: float) -> None:
    """Keep that a customer is deleted up to a moment, itself included; the caller holds a transaction."""
    connection.execute(
        """
        INSERT INTO purges (digest, before_at) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET before_at = max(before_at, excluded.before_at)
        """,
        (_digest(_salt(connection), openid), before_at),
    )


def is_noted(connection: "Connection", openid: CustomerId) -> bool:
    """Whether a customer was deleted before."""
    query = "SELECT 1 FROM purges WHERE digest = ?"
    return connection.execute(query, (_digest(_salt(connection), openid),)).fetchone() is not None


def _salt(connection: "Connection") -> bytes:
    salt: bytes = connection.execute("SELECT salt FROM origin").fetchone()[0]
    return salt


def _digest(salt: bytes, openid: CustomerId) -> bytes:
    from hashlib import sha256  # only once somebody was deleted

    # Salted, so that the digests of two archives cannot be compared.
    return sha256(salt + openid.encode()).digest()
