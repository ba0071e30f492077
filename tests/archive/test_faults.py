"""The archive goes on whatever becomes of its file: in memory, and back into the file, with nothing lost or doubled."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.archive.shelter import FIRST_ID
from kfconsole.errors import ArchiveError
from kfconsole.model import ArchiveTrouble, CustomerAct, CustomerId, Delivery, Opening, Unkept
from tests.archive.world import ANN, BOB, ME, T, received, sent, texts
from tests.damage import locked

NOW = T + 600


def content(path: Path) -> bytes:
    return path.read_bytes()


def put_empty_file(path: Path) -> None:
    """Leave all that a full disk lets the first start do."""
    path.parent.mkdir(parents=True)
    path.touch(0o600)


def put_link_to_nowhere(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(path.parent / "unmounted" / "archive.db")


def put_file(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no folder")


def remove(path: Path) -> None:
    path.unlink()


def move_away(path: Path) -> None:
    for file in path.parent.iterdir():
        file.rename(file.with_name(f"{file.name}.away"))


@pytest.fixture
async def lasting(path: Path) -> AsyncIterator[Archive]:
    """An archive that goes on anyhow, with a file that has a few messages."""
    archive = Archive(path, wall=lambda: NOW, busy_seconds=0.05)
    await archive.open_anyhow()
    await archive.merge_records([received("hi", T), sent("hello", T + 1)], T, T + 10)
    await archive.save_draft(BOB, "half a sen")
    yield archive
    await archive.close()


async def contents(path: Path) -> dict[CustomerId, list[tuple[str, Delivery | None]]]:
    """Return what a file has of each customer."""
    archive = Archive(path, wall=lambda: NOW)
    await archive.open()
    found = {
        openid: [(message.text, message.delivery) for message in await archive.conversation(openid)]
        for openid in (ANN, BOB)
    }
    await archive.close()
    return found


async def test_a_write_that_the_file_refuses_is_done_in_memory(lasting: Archive, path: Path) -> None:
    told: list[ArchiveTrouble | None] = []
    lasting.subscribe(told.append)
    with locked(path):
        message = await lasting.begin_send(ANN, ME, "anything else?", T + 20)
        settled = await lasting.settle(message.id, Delivery.SENT)
        await lasting.save_draft(ANN, "by the w")

        assert message.id > FIRST_ID
        assert settled.delivery is Delivery.SENT
        assert texts(await lasting.conversation(ANN)) == ["hi", "hello", "anything else?"]
        assert {openid: contact.draft for openid, contact in (await lasting.contacts([ANN, BOB])).items()} == {
            ANN: "by the w",
            BOB: "half a sen",
        }
        assert not await lasting.mend()
    assert lasting.trouble is not None
    assert lasting.trouble.is_in_memory
    assert "locked" in lasting.trouble.message
    assert told == [lasting.trouble]


async def test_what_happened_in_memory_is_brought_into_the_file_once(lasting: Archive, path: Path) -> None:
    unknown = await lasting.begin_send(ANN, ME, "first", T + 15)
    await lasting.settle(unknown.id, Delivery.UNKNOWN, "lost")
    with locked(path):
        second = await lasting.begin_send(ANN, ME, "second", T + 20)
        third = await lasting.begin_send(BOB, ME, "third", T + 21)
        await lasting.settle(second.id, Delivery.SENT)
        await lasting.dismiss(unknown.id)
        await lasting.save_draft(BOB, "")
        await lasting.save_draft(ANN, "by the w")
        await lasting.note_openings([Opening(BOB, CustomerAct.MENU, T + 22)])
        await lasting.merge_records([received("ok", T + 30), received("ok", T + 30)], T, T + 40)
        await lasting.mark_read(ANN)

    assert await lasting.mend()

    assert lasting.trouble is None
    settled = await lasting.settle(third.id, Delivery.SENT)
    assert settled.id < FIRST_ID
    assert settled == await lasting.message(third.id)
    assert [(message.text, message.delivery) for message in await lasting.conversation(ANN)] == [
        ("hi", None),
        ("hello", None),
        ("first", Delivery.UNKNOWN),
        ("second", Delivery.SENT),
        ("ok", None),
        ("ok", None),
    ]
    contacts = await lasting.contacts([ANN, BOB])
    assert contacts[ANN].undelivered == contacts[ANN].unread == 0
    assert (contacts[ANN].draft, contacts[BOB].draft) == ("by the w", "")
    assert [window.act for window in contacts[BOB].windows] == [CustomerAct.MENU]
    # A record that WeChat tells again is known.
    assert await lasting.merge_records([received("ok", T + 30), received("ok", T + 30)], T, T + 40) == ()


async def test_what_others_did_meanwhile_stays(lasting: Archive, path: Path) -> None:
    other = Archive(path, wall=lambda: NOW, busy_seconds=5)
    await other.open()
    with locked(path):
        ours = await lasting.begin_send(ANN, ME, "ours", T + 20)
        await lasting.settle(ours.id, Delivery.SENT)
    theirs = await other.begin_send(ANN, ME, "theirs", T + 21)
    await other.settle(theirs.id, Delivery.SENT)
    # The record of what we sent is there before us: it is the same line, not a second one.
    await other.merge_records([sent("ours", T + 20)], T, T + 40)

    assert await lasting.mend()

    assert [(message.text, message.delivery) for message in await lasting.conversation(ANN)] == [
        ("hi", None),
        ("hello", None),
        ("ours", Delivery.CONFIRMED),
        ("theirs", Delivery.SENT),
    ]
    assert await lasting.message(theirs.id) is not None
    await other.close()


async def test_a_way_back_that_fails_half_way_doubles_nothing(lasting: Archive, path: Path) -> None:
    with locked(path):
        message = await lasting.begin_send(ANN, ME, "once", T + 20)
        await lasting.settle(message.id, Delivery.SENT)
        await lasting.merge_records([received("thanks", T + 30)], T, T + 40)
    with closing(sqlite3.connect(path)) as saboteur:  # the records come after the sends
        saboteur.execute("CREATE TRIGGER no BEFORE INSERT ON spans BEGIN SELECT raise(ABORT, 'no'); END")
        saboteur.commit()
        with pytest.raises(sqlite3.IntegrityError):
            await lasting.mend()
        saboteur.execute("DROP TRIGGER no")
        saboteur.commit()

    assert await lasting.mend()
    assert texts(await lasting.conversation(ANN)) == ["hi", "hello", "once", "thanks"]


async def test_what_cannot_be_kept_at_the_end_is_told(lasting: Archive, path: Path) -> None:
    with locked(path):
        await lasting.begin_send(ANN, ME, "lost", T + 20)
        await lasting.save_draft(ANN, "by the w")
        await lasting.close()

    assert lasting.unkept == Unkept(1, ((ANN, "by the w"),))


async def test_the_end_of_the_console_is_the_last_try(lasting: Archive, path: Path) -> None:
    with locked(path):
        await lasting.begin_send(ANN, ME, "kept", T + 20)

    await lasting.close()

    assert lasting.unkept == Unkept(0, ())
    assert ("kept", Delivery.SENDING) in (await contents(path))[ANN]


async def test_a_second_time_in_memory_gives_other_numbers(lasting: Archive, path: Path) -> None:
    with locked(path):
        first = await lasting.begin_send(ANN, ME, "first", T + 20)
    assert await lasting.mend()
    with locked(path):
        second = await lasting.begin_send(ANN, ME, "second", T + 21)
    assert await lasting.mend()

    assert (await lasting.settle(first.id, Delivery.SENT)).text == "first"
    assert (await lasting.settle(second.id, Delivery.REFUSED)).text == "second"


async def test_older_messages_are_read_from_the_file_meanwhile(lasting: Archive, path: Path) -> None:
    week = 7 * 86_400
    await lasting.merge_records([received(f"old {day}", T - week + day) for day in range(3)], T - week, T)
    with locked(path):
        await lasting.begin_send(ANN, ME, "new", T + 20)

        assert texts(await lasting.conversation(ANN)) == ["old 0", "old 1", "old 2", "hi", "hello", "new"]
        newest = await lasting.conversation(ANN, limit=3)
        assert texts(newest) == ["hi", "hello", "new"]
        assert texts(await lasting.conversation(ANN, before=newest[0], limit=2)) == ["old 1", "old 2"]
        assert texts(await lasting.between(ANN, T - week, T)) == ["old 0", "old 1", "old 2", "hi"]


async def test_a_long_job_goes_on_in_memory(lasting: Archive, path: Path) -> None:
    records = [received(f"message {number}", T + number) for number in range(1000)]
    merging = asyncio.ensure_future(lasting.merge_records(records, T, T + 1000))
    with locked(path):
        merged, message = await asyncio.gather(merging, lasting.begin_send(BOB, ME, "between", T + 20))
        assert len(await lasting.conversation(ANN, limit=2000)) == 1002
        assert len(merged) >= 900
    assert await lasting.mend()
    assert len(await lasting.conversation(ANN, limit=2000)) == 1002
    assert (await lasting.settle(message.id, Delivery.SENT)).text == "between"


async def test_a_cancelled_write_is_done_in_memory_all_the_same(lasting: Archive, path: Path) -> None:
    with locked(path):
        writing = asyncio.ensure_future(lasting.save_draft(ANN, "typed"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        await lasting.newest_id()  # comes after it
        assert (await lasting.contacts([ANN]))[ANN].draft == "typed"


async def test_it_starts_in_memory_when_the_file_is_locked(path: Path) -> None:
    before = Archive(path)
    await before.open()
    await before.close()
    with locked(path, "EXCLUSIVE"):
        archive = Archive(path, wall=lambda: NOW, busy_seconds=0.05)
        await archive.open_anyhow()
        await archive.begin_send(ANN, ME, "hello", T)

        assert archive.trouble is not None
        assert archive.trouble.is_older_missing
    assert await archive.mend()
    await archive.close()
    assert (await contents(path))[ANN] == [("hello", Delivery.SENDING)]


async def test_a_newer_versions_file_is_neither_read_nor_touched(path: Path) -> None:
    before = Archive(path)
    await before.open()
    await before.close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    was = content(path)

    archive = Archive(path, wall=lambda: NOW)
    await archive.open_anyhow()
    await archive.begin_send(ANN, ME, "hello", T)

    assert archive.trouble is not None
    assert "newer kfconsole" in archive.trouble.message
    assert "Update" in archive.trouble.hint
    assert not await archive.mend()
    assert texts(await archive.conversation(ANN)) == ["hello"]
    await archive.close()
    assert content(path) == was
    assert archive.unkept.sends == 1


async def test_a_file_in_the_folders_place_is_lived_with(path: Path) -> None:
    put_file(path.parent)
    archive = Archive(path, wall=lambda: NOW)
    await archive.open_anyhow()
    await archive.save_draft(ANN, "typed")

    assert archive.trouble is not None
    remove(path.parent)
    assert await archive.mend()
    assert (await archive.contacts([ANN]))[ANN].draft == "typed"
    await archive.close()


async def test_a_file_that_never_held_anything_is_not_missed(path: Path) -> None:
    put_empty_file(path)
    for how in (Archive.open_to_read, Archive.open_anyhow):
        archive = Archive(path, wall=lambda: NOW, busy_seconds=0.05)
        with locked(path):
            await how(archive)

            assert archive.trouble is not None
            assert not archive.trouble.is_older_missing
        await archive.close()


async def test_an_archive_that_a_link_no_longer_leads_to_is_missed(path: Path) -> None:
    put_link_to_nowhere(path)
    with pytest.raises(ArchiveError):
        await Archive(path, busy_seconds=0.05).open_to_read()
    archive = Archive(path, busy_seconds=0.05)

    await archive.open_anyhow()

    assert archive.trouble is not None
    assert archive.trouble.is_older_missing
    await archive.close()


async def test_a_new_file_in_the_old_ones_place_gets_all_of_the_memory(lasting: Archive, path: Path) -> None:
    with locked(path):
        await lasting.begin_send(ANN, ME, "new", T + 20)
    move_away(path)

    assert await lasting.mend()

    assert texts(await lasting.conversation(ANN)) == ["hi", "hello", "new"]
    assert (await lasting.contacts([BOB]))[BOB].draft == "half a sen"


async def test_a_command_that_reads_lives_with_a_file_it_cannot_write_and_keeps_nothing(
    lasting: Archive, path: Path
) -> None:
    reading = Archive(path, wall=lambda: NOW, busy_seconds=0.05)
    await reading.open_to_read()
    with locked(path):
        await reading.merge_records([received("seen", T + 30)], T, T + 40)

        assert texts(await reading.conversation(ANN)) == ["hi", "hello", "seen"]
    await reading.close()
    assert texts(await lasting.conversation(ANN)) == ["hi", "hello"]


async def test_a_command_that_writes_lives_with_nothing(lasting: Archive, path: Path) -> None:
    writing = Archive(path, wall=lambda: NOW, busy_seconds=0.05)
    await writing.open()
    with locked(path), pytest.raises(ArchiveError, match="locked"):
        await writing.begin_send(ANN, ME, "never begun", T + 20)
    await writing.close()
    assert texts(await lasting.conversation(ANN)) == ["hi", "hello"]
