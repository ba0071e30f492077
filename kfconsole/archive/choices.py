"""What people chose on screen, such as the columns of the board: kept for the next start, and for other consoles."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite3 import Connection

    from kfconsole.archive.place import Place


class Choices:
    """What the archive does with choices; `Archive` fills in what it stands on."""

    _place: "Place"

    async def choice(self, name: str) -> Any | None:
        """Return what was chosen; None when nothing was, or it can no longer be read."""
        return await self._place.read(lambda connection: chosen(connection, name))

    async def choose(self, name: str, value: object) -> None:
        """Keep a choice, anything that JSON can say; None forgets it."""
        await self._place.write(lambda connection: put(connection, name, value))


def chosen(connection: "Connection", name: str) -> Any | None:
    """Return a choice."""
    row = connection.execute("SELECT value FROM choices WHERE name = ?", (name,)).fetchone()
    try:
        return None if row is None else json.loads(row[0])
    except ValueError:
        return None


def put(connection: "Connection", name: str, value: object) -> None:
    """Keep a choice, or forget it."""
    if value is None:
        connection.execute("DELETE FROM choices WHERE name = ?", (name,))
        return
    connection.execute(
        "INSERT INTO choices (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        (name, json.dumps(value, ensure_ascii=False)),
    )


def bring(memory: "Connection", file: "Connection") -> None:
    """Keep in the file what was chosen while it could not be written."""
    file.executemany(
        "INSERT INTO choices (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        memory.execute("SELECT name, value FROM main.choices EXCEPT SELECT name, value FROM seed.choices").fetchall(),
    )
