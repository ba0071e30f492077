"""A million messages: opening, paging, searching, storing and exporting, and what else waits meanwhile."""

import asyncio
import gc
import itertools
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from kfconsole.archive import Archive
from kfconsole.desk.exporting import Export
from kfconsole.desk.formats import Format, writer
from kfconsole.desk.reading import PAGE_MESSAGES
from kfconsole.model import CustomerId, Delivery, Record, SearchQuery
from tests.bench import chatter
from tests.bench.bench import Bench, wait_until_calm
from tests.bench.budgets import (
    ARCHIVE_EXPORT,
    ARCHIVE_INSERT,
    ARCHIVE_LOOP,
    ARCHIVE_OLDER,
    ARCHIVE_OPEN,
    ARCHIVE_SEARCH,
    ARCHIVE_SEND,
    ARCHIVE_SIZE,
)
from tests.bench.loop import loop_watched
from tests.bench.report import Row, percentile, spread

_MESSAGES = 1_000_000
_QUICK_MESSAGES = 100_000
_PER_MERGE = 10_000
_POLL_RECORDS = 1_000
_SWITCH_SECONDS = 0.005  # Python's own: other threads hold up the loop as they would in the console
_LATER_AT = 1_800_000_000
_POLL_SECONDS = 100


def archive(bench: Bench) -> Iterator[Row]:
    """Fill an archive, then use it as a desk does on a busy day."""
    switch_seconds = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        with bench.home() as home:
            path = home / "archive.db"
            yield from asyncio.run(_measure(bench, path))
            yield _size(path)
    finally:
        sys.setswitchinterval(switch_seconds)


async def _measure(bench: Bench, path: Path) -> list[Row]:
    count = bench.runs(_MESSAGES, _QUICK_MESSAGES)
    customers = await _fill(path, count)
    wait_until_calm()
    opened = Archive(path)
    await opened.open()
    polls = _polls(bench.runs(40, 10))
    gc.collect()
    gc.freeze()  # as the console does once it is on screen
    async with loop_watched() as held:
        rows = [
            *await _open(bench, opened, customers),
            *await _search(bench, opened, path),
            *await _insert(bench, opened, customers, polls),
            *await _export(opened, path.parent),
        ]
    await opened.close()
    return [*rows, Row(ARCHIVE_LOOP, max(held), spread(held))]


def _size(path: Path) -> Row:
    file_bytes = path.stat().st_size
    with closing(sqlite3.connect(path)) as connection:
        counted = "SELECT count(*), sum(length(CAST(text AS BLOB))) FROM messages"
        count, text_bytes = connection.execute(counted).fetchone()
    shown = f"{file_bytes / count:.0f} bytes a message, {file_bytes / 1e6:.0f} MB"
    return Row(ARCHIVE_SIZE, file_bytes / count, shown, f"the texts alone: {text_bytes / count:.0f} bytes a message")


async def _fill(path: Path, count: int) -> list[CustomerId]:
    filled = Archive(path)
    await filled.open()
    customers: set[CustomerId] = set()
    messages = chatter.records(count)
    while part := list(islice(messages, _PER_MERGE)):
        await filled.merge_records(part, part[0].at, part[-1].at)
        customers.update(record.openid for record in part)
    await filled.index_messages()
    await filled.close()
    return sorted(customers)


async def _timed(calls: Iterable[Callable[[], Awaitable[object]]]) -> list[float]:
    times = []
    for call in calls:
        began = time.perf_counter()
        await call()
        times.append((time.perf_counter() - began) * 1000)
    return times


async def _open(bench: Bench, archive: Archive, customers: list[CustomerId]) -> list[Row]:
    chance = random.Random(5)
    chosen = [chance.choice(customers) for _run in range(bench.runs(400, 100))]
    chosen[::10] = [chatter.BUSY_CUSTOMER] * len(chosen[::10])

    async def open_one(openid: CustomerId) -> None:
        await archive.conversation(openid, limit=PAGE_MESSAGES + 1)
        await archive.contacts((openid,))

    opened = await _timed(partial(open_one, openid) for openid in chosen)
    oldest = (await archive.conversation(chatter.BUSY_CUSTOMER, limit=PAGE_MESSAGES))[0]
    older: list[float] = []
    for _page in range(bench.runs(45, 20)):
        began = time.perf_counter()
        page = await archive.conversation(chatter.BUSY_CUSTOMER, before=oldest, limit=PAGE_MESSAGES + 1)
        older.append((time.perf_counter() - began) * 1000)
        oldest = page[0]
    return [
        Row(ARCHIVE_OPEN, percentile(opened, 0.95), spread(opened)),
        Row(ARCHIVE_OLDER, percentile(older, 0.95), spread(older)),
    ]


async def _search(bench: Bench, archive: Archive, path: Path) -> list[Row]:
    chance = random.Random(6)
    words = [chatter.word(chance) for _run in range(bench.runs(400, 100))]
    found = await _timed(partial(archive.search, SearchQuery(words=word)) for word in words)
    naive = await asyncio.to_thread(_look_at_all, path, words[:: len(words) // 5])
    reference = f"LIKE without an index: {statistics.median(naive):.0f} ms"
    return [Row(ARCHIVE_SEARCH, percentile(found, 0.95), spread(found), reference)]


def _look_at_all(path: Path, words: list[str]) -> list[float]:
    """Search as one would without an index."""
    times = []
    with closing(sqlite3.connect(path)) as connection:
        for word in words:
            began = time.perf_counter()
            like = "SELECT id FROM messages WHERE text LIKE ? ORDER BY +at DESC LIMIT 50"
            connection.execute(like, (f"%{word}%",)).fetchall()
            times.append((time.perf_counter() - began) * 1000)
    return times


def _polls(count: int) -> list[list[Record]]:
    """Make polls of new records in advance: made meanwhile they would hold the loop themselves."""
    new = chatter.records(count * _POLL_RECORDS, seed=2)
    return [
        [
            replace(record, at=_LATER_AT + number * _POLL_SECONDS + place // 50)
            for place, record in enumerate(islice(new, _POLL_RECORDS))
        ]
        for number in range(count)
    ]


async def _insert(bench: Bench, archive: Archive, customers: list[CustomerId], polls: list[list[Record]]) -> list[Row]:
    """Store polls of new records while somebody sends without a pause."""
    numbers = itertools.count()

    async def send() -> float:
        """Return how long it took until WeChat could be asked."""
        number = next(numbers)
        began = time.perf_counter()
        openid = customers[number % len(customers)]
        begun = await archive.begin_send(openid, chatter.AGENTS[0], f"好的 {number}", _LATER_AT + number)
        taken = time.perf_counter() - began
        await archive.settle(begun.id, Delivery.SENT)
        return taken * 1000

    usual = statistics.median([await send() for _send in range(bench.runs(200, 100))])
    stored: list[float] = []
    delays: list[float] = []
    for records in polls:
        began = time.perf_counter()
        merging = asyncio.ensure_future(archive.merge_records(records, records[0].at, records[-1].at))
        while not merging.done():
            delays.append(await send() - usual)
        await merging
        stored.append((time.perf_counter() - began) * 1000)
        indexing = asyncio.ensure_future(archive.index_messages())  # the next poll is seconds away
        while not indexing.done():
            delays.append(await send() - usual)
        await indexing
    reference = f"a send with nothing else to store: {usual:.1f} ms"
    return [
        Row(ARCHIVE_INSERT, percentile(stored, 0.95), spread(stored)),
        Row(ARCHIVE_SEND, percentile(delays, 0.95), spread(delays), reference),
    ]


async def _export(archive: Archive, folder: Path) -> list[Row]:
    """Write everything to a file, in every format; the slowest counts."""
    times: dict[str, float] = {}
    for form in Format:
        export = Export(archive, writer(form, ZoneInfo("Asia/Shanghai")), {})
        began = time.perf_counter()
        with (folder / f"talk.{form}").open("w", encoding="utf-8", newline="") as file:
            async for part in export.parts():
                file.write(part)
        times[form] = (time.perf_counter() - began) / export.messages
    shown = ", ".join(f"{form} {1 / seconds:,.0f}" for form, seconds in times.items())
    return [Row(ARCHIVE_EXPORT, max(times.values()) * 1e6, f"messages a second: {shown}")]
