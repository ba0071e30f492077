"""Reading everything, a part at a time: whole, in order, nothing twice, and never a sort of it all."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from kfconsole.archive import Archive, messages
from kfconsole.model import CustomerId, Delivery, Message, MessageId
from tests.archive.world import ANN, BOB, ME, T, received, sent, texts

EVE = CustomerId("oEve")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read three at a time: every customer ends within a part, at its end, and behind it."""
    monkeypatch.setattr(messages, "PART_MESSAGES", 3)


async def every(archive: Archive, **span: object) -> list[Message]:
    return [message async for part in archive.every(**span) for message in part]  # type: ignore[arg-type]


async def fill(archive: Archive, **per_customer: int) -> None:
    for name, number in per_customer.items():
        openid = CustomerId(f"o{name}")
        records = [received(f"{name}{place}", T + place, openid) for place in range(number)]
        await archive.merge_records(records, T, T + 100)


async def test_everything_comes_by_customer_then_by_time(archive: Archive) -> None:
    await fill(archive, Bob=3, Ann=7, Eve=1, Dan=4)
    found = await every(archive)

    assert len(found) == len({message.id for message in found}) == 15
    assert [message.openid for message in found] == [BOB] * 3 + [ANN] * 7 + [EVE] + [CustomerId("oDan")] * 4
    assert texts(found)[3:10] == [f"Ann{number}" for number in range(7)]


@pytest.mark.parametrize("part_messages", [1, 2, 3, 5, 100])
async def test_the_size_of_a_part_changes_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, part_messages: int
) -> None:
    monkeypatch.setattr(messages, "PART_MESSAGES", part_messages)
    await fill(archive, Bob=3, Ann=7, Eve=1)

    assert len(await every(archive)) == await archive.count() == 11
    assert len(await every(archive, start_at=T + 1)) == await archive.count(start_at=T + 1) == 8
    assert texts(await every(archive, openid=ANN, start_at=T + 2, end_at=T + 5)) == ["Ann2", "Ann3", "Ann4"]


async def test_a_span_has_its_beginning_but_not_its_end(archive: Archive) -> None:
    await fill(archive, Bob=5, Ann=5)
    found = await every(archive, start_at=T + 1, end_at=T + 3)

    assert texts(found) == ["Bob1", "Bob2", "Ann1", "Ann2"]
    assert await archive.count(start_at=T + 1, end_at=T + 3) == 4
    assert await archive.count(openid=BOB, start_at=T + 1, end_at=T + 3) == 2


async def test_of_nobody_there_is_nothing(archive: Archive) -> None:
    await fill(archive, Bob=5)

    assert await every(archive, openid=CustomerId("oNobody")) == []
    assert await archive.count(openid=CustomerId("oNobody")) == 0
    assert await every(archive, start_at=T + 5) == []


async def test_our_own_sends_are_in_whatever_became_of_them(archive: Archive) -> None:
    await archive.merge_records([received("在吗", T)], T, T + 10)
    begun = [await archive.begin_send(ANN, ME, f"嗨 {number}", T + 1 + number) for number in range(3)]
    await archive.settle(begun[0].id, Delivery.REFUSED, "out of window")
    await archive.dismiss(begun[0].id)
    await archive.settle(begun[1].id, Delivery.UNKNOWN, "no answer")
    found = await every(archive)

    assert [(message.text, message.delivery, message.reason) for message in found] == [
        ("在吗", None, ""),
        ("嗨 0", Delivery.REFUSED, "out of window"),
        ("嗨 1", Delivery.UNKNOWN, "no answer"),
        ("嗨 2", Delivery.SENDING, ""),
    ]
    assert found[1].is_dismissed


async def test_many_messages_of_one_second_are_all_there(archive: Archive) -> None:
    await archive.merge_records([received("好", T) for _number in range(10)], T, T + 10)

    assert len(await every(archive)) == 10


async def test_what_is_deleted_or_stored_meanwhile_breaks_and_doubles_nothing(archive: Archive) -> None:
    await fill(archive, Bob=7, Ann=7, Eve=7)
    found: list[Message] = []
    parts = archive.every()
    found += await anext(parts)
    await archive.merge_records([sent("spät", T + 50, BOB), sent("früh", T - 50, BOB)], T - 60, T + 60)
    await archive.purge_customer(ANN)
    found += [message async for part in parts for message in part]

    assert texts(found) == [f"Bob{number}" for number in range(7)] + ["spät"] + [f"Eve{number}" for number in range(7)]


async def test_the_customer_being_read_may_be_deleted(archive: Archive) -> None:
    await fill(archive, Bob=7, Eve=7)
    parts = archive.every()
    first = await anext(parts)
    await archive.purge_customer(BOB)
    rest = [message async for part in parts for message in part]

    assert texts(first) == ["Bob0", "Bob1", "Bob2"]
    assert texts(rest) == [f"Eve{number}" for number in range(7)]


async def test_a_record_that_comes_late_and_moves_others_doubles_none(archive: Archive) -> None:
    equal = [received(f"{number}", T) for number in range(5)]
    await archive.merge_records(equal, T, T + 10)
    parts = archive.every()
    found = list(await anext(parts))
    await archive.merge_records([received("late", T), *equal], T, T + 10)
    found += [message async for part in parts for message in part]

    assert texts(found) == ["0", "1", "2", "3", "4"]


async def test_a_write_waits_for_no_reader(archive: Archive, path: Path) -> None:
    await fill(archive, Bob=7)
    await archive.close()
    reading = Archive(path)
    await reading.open_to_read()
    parts = reading.every()
    await anext(parts)
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        other.execute("UPDATE customers SET alias = 'a'")
        busy, in_log, copied = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    rest = [part async for part in parts]
    await reading.close()

    assert (busy, in_log, copied) == (0, 0, 0)
    assert len(rest) == 2


async def test_two_exports_at_once_do_not_meet(archive: Archive) -> None:
    await fill(archive, Bob=7, Ann=4)

    async def read(parts: AsyncIterator[tuple[Message, ...]]) -> list[MessageId]:
        return [message.id async for part in parts for message in part]

    both = await asyncio.gather(read(archive.every()), read(archive.every()))

    assert both[0] == both[1]
    assert len(both[0]) == 11


@pytest.mark.parametrize(
    ("query", "count"), [(messages._MORE_OF_CUSTOMER, 6), (messages._NEXT_CUSTOMERS, 4)], ids=["one", "everybody"]
)
async def test_no_part_is_found_by_sorting_or_scanning(archive: Archive, path: Path, query: str, count: int) -> None:
    await archive.close()
    with closing(sqlite3.connect(path)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", [0] * count)]

    assert [step for step in plan if not step.startswith("SEARCH")] == []
    assert any("messages_in_order" in step for step in plan)
    assert "OFFSET" not in query


async def test_a_customer_is_called_by_our_name_before_that_of_wechat(archive: Archive) -> None:
    await fill(archive, Bob=1, Ann=1, Eve=1)
    await archive.describe(ANN, alias="王小姐", remark="老客户")
    await archive.describe(BOB, alias=" ", remark="批发")

    assert await archive.names([ANN, BOB, EVE, CustomerId("oNobody")]) == {ANN: "王小姐", BOB: "批发"}
