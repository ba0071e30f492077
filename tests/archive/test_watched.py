"""When lists were looked at: spans that touch are one, whoever tells, through memory and back."""

import math
import sqlite3
from contextlib import closing
from pathlib import Path

from kfconsole.archive import Archive
from kfconsole.model import Feed
from tests.archive.world import T

EVER = (0.0, math.inf)


async def test_spans_that_touch_are_one_and_others_stay_apart(archive: Archive) -> None:
    await archive.note_watched(Feed.QUEUE, T, T + 10)
    await archive.note_watched(Feed.QUEUE, T + 100, T + 110)
    await archive.note_watched(Feed.QUEUE, T + 5, T + 30)
    await archive.note_watched(Feed.AGENTS, T + 20, T + 105)

    assert await archive.watched(Feed.QUEUE, *EVER) == ((T, T + 30), (T + 100, T + 110))
    assert await archive.watched(Feed.AGENTS, *EVER) == ((T + 20, T + 105),)
    assert await archive.watched(Feed.SESSIONS, *EVER) == ()


async def test_a_part_of_a_span_is_told_as_far_as_it_was_asked_for(archive: Archive) -> None:
    await archive.note_watched(Feed.QUEUE, T, T + 10)

    assert await archive.watched(Feed.QUEUE, T + 4, T + 6) == ((T + 4, T + 6),)
    assert await archive.watched(Feed.QUEUE, T + 10, T + 60) == ()


async def test_what_is_older_than_what_is_kept_goes(archive: Archive) -> None:
    await archive.note_watched(Feed.QUEUE, T, T + 10)
    await archive.note_watched(Feed.AGENTS, T, T + 4)
    await archive.purge_older_than(T + 5)

    assert await archive.watched(Feed.QUEUE, *EVER) == ((T + 5, T + 10),)
    assert await archive.watched(Feed.AGENTS, *EVER) == ()


async def test_what_was_watched_while_the_file_could_not_be_written_is_brought_back(path: Path) -> None:
    archive = Archive(path, wall=lambda: T + 50.0, busy_seconds=0.005)
    await archive.open_anyhow()
    await archive.note_watched(Feed.QUEUE, T, T + 10)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await archive.note_watched(Feed.QUEUE, T + 10, T + 20)
        assert archive.trouble is not None
        other.execute("ROLLBACK")
    await archive.close()
    again = Archive(path, wall=lambda: T + 50.0)
    await again.open()

    assert await again.watched(Feed.QUEUE, *EVER) == ((T, T + 20),)
    await again.close()
