"""Promises about deleting: what is too old goes, a customer goes to the last byte, and nothing else does."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kfconsole.archive import Archive, retention
from kfconsole.errors import ArchiveError, NotPossible
from kfconsole.model import (
    ArchiveSizes,
    CustomerAct,
    CustomerId,
    Deed,
    Delivery,
    Desk,
    Opening,
    Purged,
    Session,
    Waiting,
    WaitOutcome,
)
from tests.archive.world import ANN, BOB, CREATED_AT, ME, T, received, sent, texts

GIVEN = CustomerId("oLh7e5-given_away_00000007")
"""Long enough to be nowhere by chance."""
RARE = "龘靐齉爩"
"""Four characters of no other message: its entries in the index are nobody else's."""
DAY = 86_400


def files(path: Path) -> bytes:
    """Return every byte the archive has on disk."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def size(path: Path) -> int:
    return path.stat().st_size + path.with_name(f"{path.name}-wal").stat().st_size


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def is_indexed(path: Path, pair: str) -> bool:
    """Whether two characters stand in the bytes of the index, which stores no byte that the entry before has, too."""
    ending = pair.encode()[2:]
    return any(isinstance(block, bytes) and ending in block for (block,) in rows(path, "SELECT block FROM words_data"))


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Read from the archive, as another console does, for as long as the block lasts."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM messages").fetchone()
        yield


def sound(path: Path) -> None:
    """Look whether file, references and index are as they should be."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")


async def fill(archive: Archive, openid: CustomerId, text: str = RARE, count: int = 60) -> None:
    """Store something of a customer wherever the archive stores anything."""
    await archive.merge_records(
        [received(f"{text} {number}", T + number, openid) for number in range(count)], T, T + 99
    )
    taken = await archive.begin_send(openid, ME, f"reply {text}", T + 100)
    await archive.settle(taken.id, Delivery.SENT)
    lost = await archive.begin_send(openid, ME, f"lost {text}", T + 101)
    await archive.settle(lost.id, Delivery.UNKNOWN, f"nobody knows {text}")
    await archive.save_draft(openid, f"draft {text}")
    await archive.mark_read(openid)
    await archive.describe(openid, alias=f"alias {text}", remark=f"remark {text}", tags=[f"tag {text}"])
    waiting = Waiting(openid, T, float(T), is_exact=True, message_count=3)
    await archive.note_waits([waiting], T + 1)
    await archive.end_wait(waiting, T + 2, WaitOutcome.TAKEN, ME)
    await archive.note_sessions([Session(openid, ME, T + 2)], T + 2)
    await archive.note_openings([Opening(openid, CustomerAct.MENU, T)])
    await archive.note_deed(Deed(T, "accept", ME, openid, f"details {text}"))
    await archive.save_queue([waiting], True, T)
    await archive.save_desk(Desk(queue=(waiting,), queue_total=1, sessions=(Session(openid, ME, T),)), T)


# keep_days


async def test_what_is_too_old_goes_from_everywhere(archive: Archive, path: Path) -> None:
    await fill(archive, ANN)
    await archive.describe(ANN, alias="")
    await archive.save_draft(ANN, "")
    [lost] = [message for message in await archive.conversation(ANN) if message.needs_decision]
    await archive.dismiss(lost.id)
    await archive.index_messages()

    assert await archive.purge_older_than(T + DAY) == 62
    assert await archive.forget_deeds(T + DAY) == 1

    assert rows(path, "SELECT act, details FROM audit") == [("forget_deeds", "1")]
    tables = ("messages", "deliveries", "reads", "waits", "sessions", "openings", "customers")
    assert {table: rows(path, f"SELECT count(*) FROM {table}")[0][0] for table in tables} == dict.fromkeys(tables, 0)
    sound(path)


async def test_what_is_young_undecided_or_written_by_us_stays(archive: Archive, path: Path) -> None:
    await archive.merge_records([received("old", T), received("young", T + DAY)], T, T + DAY)
    refused = await archive.begin_send(ANN, ME, "refused", T)
    await archive.settle(refused.id, Delivery.REFUSED, "no")
    await archive.begin_send(ANN, ME, "on its way", T)
    await archive.save_draft(BOB, "a draft")
    await archive.describe(CustomerId("oCleo"), alias="Cleo", remark="of WeChat")
    await archive.describe(CustomerId("oDan"), remark="of WeChat")
    await archive.note_waits([Waiting(CustomerId("oEve"), T, float(T), is_exact=True)], T)
    await archive.note_deed(Deed(T, "accept", ME, ANN))
    await archive.note_deed(Deed(T + DAY, "close", ME, CustomerId("oFay")))

    assert await archive.purge_older_than(T + DAY) == 1
    assert [deed.act for deed in await archive.deeds(0, T + 2 * DAY)] == ["accept", "close"]
    assert await archive.forget_deeds(T + DAY) == 1

    assert sorted(texts(await archive.conversation(ANN))) == ["on its way", "refused", "young"]
    assert [deed.act for deed in await archive.deeds(0, T + 2 * DAY)] == ["close", "forget_deeds"]
    assert [wait.openid for wait in await archive.waits_going_on()] == ["oEve"]
    assert {name for (name,) in rows(path, "SELECT openid FROM customers")} == {ANN, BOB, "oCleo", "oEve", "oFay"}
    sound(path)


async def test_what_stays_is_looked_at_once_and_all_the_rest_goes(archive: Archive) -> None:
    for number in range(retention.PURGED_PER_SLICE + 10):
        kept = await archive.begin_send(ANN, ME, f"kept {number}", T)
        await archive.settle(kept.id, Delivery.REFUSED)
    await archive.merge_records([received(f"{number}", T, BOB) for number in range(300)], T, T)

    assert await archive.purge_older_than(T + 1) == 300

    assert len(await archive.conversation(ANN)) == retention.PURGED_PER_SLICE + 10
    assert await archive.purge_older_than(T + 1) == 0


async def test_two_consoles_delete_each_message_once(archive: Archive, path: Path) -> None:
    other = Archive(path)
    await other.open()
    await archive.merge_records([received(f"{number}", T + number) for number in range(700)], T, T + 700)
    await archive.index_messages()

    counts = await asyncio.gather(archive.purge_older_than(T + 600), other.purge_older_than(T + 600))

    assert sum(counts) == 600
    assert len(await archive.conversation(ANN, limit=1000)) == 100
    await other.close()
    sound(path)


async def test_what_is_fetched_while_the_past_is_deleted_does_not_count_as_fetched(archive: Archive) -> None:
    await archive.merge_records([received(f"{number}", T + number) for number in range(700)], T, T + 700)
    old = [received("older still", T - DAY)]
    await asyncio.gather(archive.purge_older_than(T + 600), archive.merge_records(old, T - DAY, T - DAY + 60))

    await archive.purge_older_than(T + 600)

    assert await archive.gaps(T - DAY, T + 600) == ((T - DAY, T + 600),)


async def test_a_deleted_message_is_found_no_more_and_the_others_are(archive: Archive, path: Path) -> None:
    await archive.merge_records([received("退款 一", T), received("退款 二", T + DAY)], T, T + DAY)
    await archive.index_messages()
    await archive.purge_older_than(T + 1)

    assert len(rows(path, """SELECT rowid FROM words WHERE words MATCH '"退款"'""")) == 1
    sound(path)


# One customer


async def test_a_customer_goes_to_the_last_byte(archive: Archive, path: Path) -> None:
    await fill(archive, BOB, "something else")
    await fill(archive, GIVEN)
    await archive.note_deed(Deed(T + 3, "transfer", ME, BOB, f"as {GIVEN} asked for it", f"refused: {GIVEN}"))
    await archive.index_messages()
    traces = [GIVEN.encode(), RARE.encode(), RARE[:2].encode()]
    before = files(path)

    purged = await archive.purge_customer(GIVEN)

    after = files(path)
    assert [before.count(trace) > 0 for trace in traces] == [True, True, True]
    assert [after.count(trace) for trace in traces] == [0, 0, 0]
    assert purged == Purged(62)
    assert await archive.known(GIVEN) == await archive.known(CustomerId("oNever"))
    assert [deed.details for deed in await archive.deeds(0, T + DAY) if deed.act == "transfer"] == ["…"]
    assert len(await archive.conversation(BOB, limit=1000)) == 62
    sound(path)


async def test_a_customer_leaves_the_lists_of_the_last_run_and_the_others_stay(archive: Archive) -> None:
    queue = [Waiting(openid, T, float(T), is_exact=True) for openid in (ANN, GIVEN, CustomerId(f"{GIVEN}2"))]
    await archive.save_queue(queue, True, T)
    await archive.save_desk(Desk(queue=tuple(queue), queue_total=3, sessions=(Session(GIVEN, ME, T),)), T)

    assert (await archive.known(GIVEN)).is_known
    await archive.purge_customer(GIVEN)

    desk = await archive.saved_desk()
    # The list proves nobody's absence any more.
    assert await archive.saved_queue() == ((queue[0], queue[2]), False, T)
    assert desk is not None
    assert (desk.queue, desk.sessions) == ((queue[0], queue[2]), ())


async def test_its_words_leave_the_index_whatever_was_indexed_before_and_after(archive: Archive, path: Path) -> None:
    for part in range(6):
        told = [received(f"早上好 {number}", T + number, BOB) for number in range(part * 200, part * 200 + 200)]
        await archive.merge_records([*told, received(f"{RARE} {part}", T, GIVEN)], T, T + 2000)
        await archive.index_messages()
    assert is_indexed(path, RARE[:2])

    await archive.purge_customer(GIVEN)

    assert not is_indexed(path, RARE[:2])
    assert is_indexed(path, "早上")
    sound(path)


async def test_what_lay_in_unused_parts_of_the_file_goes_too(archive: Archive, path: Path) -> None:
    await archive.merge_records([received("hello", T, GIVEN)], T, T)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE moved (text)")
        connection.executemany("INSERT INTO moved VALUES (?)", [(f"moved {GIVEN} {number}",) for number in range(500)])
        connection.commit()
        connection.execute("DROP TABLE moved")
    assert f"moved {GIVEN}".encode() in files(path)

    await archive.purge_customer(GIVEN)

    assert GIVEN.encode() not in files(path)


async def test_what_wechat_tells_again_of_a_deleted_customer_does_not_come_back(path: Path) -> None:
    archive = Archive(path, wall=lambda: T + 50.0)
    await archive.open()
    told = [received("hello", T, GIVEN), sent("yes?", T + 50, GIVEN), received("and others", T, BOB)]
    await archive.merge_records(told, T, T + 60)
    await archive.purge_customer(GIVEN)
    again = [*told, received("I am back", T + 51, GIVEN)]

    changed = await archive.merge_records(again, T, T + 60)
    await archive.note_waits([Waiting(GIVEN, T + 40, float(T), is_exact=True)], T + 55)
    await archive.note_sessions([Session(GIVEN, ME, T + 45)], T + 55)
    await archive.note_openings([Opening(GIVEN, CustomerAct.FOLLOW, T), Opening(GIVEN, CustomerAct.MENU, T + 51)])

    assert texts(changed) == ["I am back"]
    assert texts(await archive.conversation(GIVEN)) == ["I am back"]
    assert (await archive.waits_going_on(), await archive.sessions_seen(0, T + DAY)) == ((), ())
    assert [window.act for window in (await archive.contacts([GIVEN]))[GIVEN].windows] == ["message", "menu"]
    assert texts(await archive.conversation(BOB)) == ["and others"]
    await archive.close()


async def test_a_customer_nobody_knew_is_not_stored_from_then_on(archive: Archive) -> None:
    assert await archive.purge_customer(GIVEN) == Purged(0)

    await archive.merge_records([received("of before", int(CREATED_AT) - 5, GIVEN)], int(CREATED_AT) - 9, T)

    assert await archive.conversation(GIVEN) == ()


async def test_records_ahead_of_our_clock_do_not_come_back_either(archive: Archive) -> None:
    told = [received("from a clock ahead of ours", T, GIVEN)]  # the archive's clock stands at CREATED_AT
    await archive.merge_records(told, T, T + 60)
    await archive.purge_customer(GIVEN)

    assert await archive.merge_records(told, T, T + 60) == ()


async def test_a_customer_whose_message_is_on_its_way_is_not_deleted(archive: Archive) -> None:
    message = await archive.begin_send(GIVEN, ME, "hello", T)

    assert (await archive.known(GIVEN)).is_sending
    with pytest.raises(NotPossible, match="is being sent"):
        await archive.purge_customer(GIVEN)

    await archive.settle(message.id, Delivery.UNKNOWN)
    assert (await archive.known(GIVEN)).undecided == 1
    assert await archive.purge_customer(GIVEN) == Purged(1)
    assert await archive.conversation(GIVEN) == ()


async def test_a_reply_while_a_customer_is_deleted_stays(archive: Archive, path: Path) -> None:
    await archive.merge_records([received(f"{number}", T, GIVEN) for number in range(500)], T, T)
    purging = asyncio.create_task(archive.purge_customer(GIVEN))
    while (await archive.known(GIVEN)).messages in (0, 500):
        assert not purging.done()
    await archive.begin_send(GIVEN, ME, "meanwhile", T)

    assert await purging == Purged(500)

    assert texts(await archive.conversation(GIVEN)) == ["meanwhile"]
    sound(path)


async def test_deleting_a_customer_again_finishes_what_was_left(path: Path) -> None:
    archive = Archive(path, wall=lambda: CREATED_AT, busy_seconds=0.05)
    await archive.open()
    await fill(archive, GIVEN)
    await archive.index_messages()
    with reading(path):
        assert not (await archive.purge_customer(GIVEN)).is_log_clean

    assert await archive.purge_customer(GIVEN) == Purged(0)
    assert RARE[:2].encode() not in files(path)
    await archive.close()


async def test_while_another_console_reads_the_past_it_is_told_that_the_log_still_has_it(path: Path) -> None:
    archive = Archive(path, wall=lambda: CREATED_AT, busy_seconds=0.05)
    await archive.open()
    await fill(archive, GIVEN)
    with reading(path):
        purged = await archive.purge_customer(GIVEN)

        assert purged == Purged(62, is_log_clean=False)
        assert GIVEN.encode() in files(path)
    await archive.close()

    assert GIVEN.encode() not in files(path)


async def test_a_big_file_is_not_written_anew_and_it_is_told(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(archive, GIVEN)
    monkeypatch.setattr("kfconsole.archive.erasure.REWRITTEN_AT_MOST_BYTES", 4096)

    assert await archive.purge_customer(GIVEN) == Purged(62, is_file_clean=False)
    assert await archive.known(GIVEN) == await archive.known(CustomerId("oNever"))


# Room


async def test_room_is_used_again_and_given_back_when_asked(archive: Archive, path: Path) -> None:
    await archive.merge_records([received("x" * 500, T + number) for number in range(2000)], T, T + 2000)
    await archive.purge_older_than(T + 1900)
    before = await archive.sizes()

    assert await archive.vacuum()

    after = await archive.sizes()
    assert before is not None
    assert after is not None
    assert before.free_bytes > 500_000
    assert (after.free_bytes, after.messages) == (0, 100)
    assert after.file_bytes < before.file_bytes - 500_000
    sound(path)


async def test_without_room_for_a_copy_the_file_stays_as_it_is(
    archive: Archive, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(archive, GIVEN)
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: type("Usage", (), {"free": 1000}))

    with pytest.raises(ArchiveError, match=r"1 MB must be free in ") as caught:
        await archive.vacuum()

    assert "Free some space" in caught.value.hint
    assert await archive.purge_customer(GIVEN) == Purged(62, is_file_clean=False)
    sound(path)


async def test_a_console_that_writes_all_the_time_keeps_the_file_as_it_is(path: Path) -> None:
    archive = Archive(path, busy_seconds=0.05)
    await archive.open()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveError, match="locked"):
            await archive.vacuum()
    await archive.close()


async def test_while_another_console_reads_the_past_room_comes_back_later(path: Path) -> None:
    archive = Archive(path, busy_seconds=0.05)
    await archive.open()
    await fill(archive, ANN)
    with reading(path):
        assert not await archive.vacuum()
    assert await archive.vacuum()
    await archive.close()


# Sizes


async def test_sizes_are_told(archive: Archive, path: Path) -> None:
    await fill(archive, ANN)
    await archive.index_messages()
    await archive.merge_records([received("not in the index yet", T + 500, BOB)], T, T + 500)

    def told(connection: sqlite3.Connection) -> ArchiveSizes | None:
        connection.execute("UPDATE messages SET search_key = NULL WHERE text = 'not in the index yet'")
        return retention.sizes(connection, path)

    sizes = await archive._write(told)

    assert sizes is not None
    assert (sizes.messages, sizes.customers, sizes.oldest_at, sizes.unindexed) == (63, 2, T, 1)
    assert sizes.file_bytes == size(path)
    assert 0 < sizes.index_bytes < sizes.file_bytes


async def test_an_empty_archive_has_sizes_too(archive: Archive) -> None:
    sizes = await archive.sizes()

    assert sizes is not None
    assert (sizes.messages, sizes.customers, sizes.oldest_at, sizes.unindexed, sizes.free_bytes) == (0, 0, None, 0, 0)


async def test_of_tables_of_another_version_no_sizes_are_told(archive: Archive, path: Path) -> None:
    await archive.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    older = Archive(path)

    assert await older.sizes() is None
    await older.close()


async def test_what_is_too_old_takes_no_session_that_went_on(archive: Archive) -> None:
    await archive.note_sessions([Session(GIVEN, ME, T), Session(BOB, ME, T + 1), Session(BOB, ME, T - 2 * DAY)], T + 2)
    await archive.end_session(Session(GIVEN, ME, T), T + 90.0)

    await archive.purge_older_than(T + 60)
    seen = await archive.sessions_seen(T - 9 * DAY, T + DAY)
    assert {(row.openid, row.started_at) for row in seen} == {(GIVEN, T), (BOB, T + 1)}

    await archive.purge_older_than(T + 2 * DAY)
    assert await archive.sessions_seen(T - 9 * DAY, T + 2 * DAY) == ()
