"""What people chose on screen is there at the next start."""

import sqlite3
from pathlib import Path

from kfconsole.archive import Archive
from tests.archive.world import CREATED_AT


async def test_a_choice_is_there_at_the_next_start_and_for_other_consoles(archive: Archive, path: Path) -> None:
    assert await archive.choice("board.columns") is None
    await archive.choose("board.columns", ["who", "怎么了"])
    await archive.choose("board.order", {"by": "age"})
    await archive.choose("board.columns", ["who"])
    other = Archive(path, wall=lambda: CREATED_AT)
    await other.open()
    chosen = await other.choice("board.columns"), await other.choice("board.order")
    await other.choose("board.order", None)
    await other.close()

    assert chosen == (["who"], {"by": "age"})
    assert await archive.choice("board.order") is None


async def test_a_choice_that_cannot_be_read_counts_as_none(archive: Archive, path: Path) -> None:
    await archive.choose("board.columns", [])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE choices SET value = '[' WHERE name = 'board.columns'")
    connection.close()

    assert await archive.choice("board.columns") is None
