"""A damaged file is kept aside, what can be read of it goes on in a new one, and nobody else's file is moved."""

import asyncio
import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.archive.schema import MIGRATIONS
from kfconsole.errors import ArchiveError
from kfconsole.model import ArchiveTrouble, Delivery
from tests.archive.world import ANN, BOB, ME, T, received, texts
from tests.damage import put

NOW = T + 600
PAGE = 4096
ROOT = Path(__file__).parents[2]
HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
print(flush=True)
input()
"""


@contextmanager
def open_elsewhere(path: Path) -> Iterator[None]:
    """Let a process of its own have the file open."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate(b"\n")


async def filled(path: Path, messages: int = 300) -> None:
    """Leave a file with messages, a draft and a decision to be made."""
    archive = Archive(path, wall=lambda: NOW)
    await archive.open()
    await archive.merge_records([received(f"{number} " + "话" * 60, T + number) for number in range(messages)], T, NOW)
    unknown = await archive.begin_send(BOB, ME, "did it arrive?", T)
    await archive.settle(unknown.id, Delivery.UNKNOWN, "lost")
    await archive.save_draft(BOB, "half a sen")
    await archive.close()


async def opened(path: Path) -> Archive:
    archive = Archive(path, wall=lambda: NOW, busy_seconds=0.05)
    await archive.open_anyhow()
    return archive


def aside(path: Path) -> list[Path]:
    return sorted(file for file in path.parent.iterdir() if ".damaged-" in file.name)


def contents(files: list[Path]) -> list[bytes]:
    return [file.read_bytes() for file in files]


async def begun_anew_by_another(path: Path) -> Path:
    """Do what another console does with a damaged file; return its new name."""
    kept = path.with_name(f"{path.name}.damaged-20260101T000000")
    for ending in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + ending))
    other = Archive(path, wall=lambda: NOW)
    await other.open()
    await other.close()
    return kept


def pages_of(path: Path) -> int:
    return path.stat().st_size // PAGE


def overwrite(path: Path, start: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content)


def page_of(path: Path, name: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        page: int = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    return page


async def test_a_file_that_is_no_archive_is_kept_aside_and_a_new_one_begun(path: Path) -> None:
    content = b"this is no database, it only lies where one should be" * 100
    put(path, content)

    archive = await opened(path)
    await archive.begin_send(ANN, ME, "hello", T)

    assert contents(aside(path)) == [content]
    assert aside(path)[0].name == "archive.sqlite3.damaged-20231114T222500"
    assert archive.trouble is not None
    assert str(aside(path)[0]) in archive.trouble.message
    assert not archive.trouble.is_in_memory
    await archive.close()
    again = await opened(path)
    assert again.trouble is None
    assert texts(await again.conversation(ANN)) == ["hello"]
    await again.close()


async def test_another_programs_database_is_kept_aside_as_it_is(path: Path) -> None:
    put(path, b"")
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name)")
        other.commit()
    was = contents([path])

    archive = await opened(path)

    assert contents(aside(path)) == was
    await archive.close()


async def test_of_a_file_with_a_bad_page_the_rest_is_carried_over(path: Path) -> None:
    await filled(path)
    overwrite(path, (pages_of(path) * 3 // 4) * PAGE, random.Random(1).randbytes(PAGE))
    overwrite(path, (page_of(path, "messages_in_order") - 1) * PAGE, bytes(PAGE))  # surely met at the first look

    archive = await opened(path)
    carried = await archive.conversation(ANN, limit=1000)

    assert aside(path)
    assert len(carried) > 200
    assert texts(await archive.conversation(BOB)) == ["did it arrive?"]
    contact = (await archive.contacts([BOB]))[BOB]
    assert (contact.draft, contact.undelivered) == ("half a sen", 1)
    # What was lost is fetched again: nothing counts as fetched in the new file.
    assert await archive.gaps(T, NOW) == ((T, NOW),)
    # Numbers go on, so that what other consoles remember by them is not somebody else's.
    message = await archive.begin_send(BOB, ME, "new", NOW)
    assert message.id == 302
    await archive.close()


async def test_of_a_file_that_was_cut_off_the_rest_is_carried_over(path: Path) -> None:
    await filled(path)
    with path.open("r+b") as file:
        file.truncate((pages_of(path) - 1) * PAGE - 100)  # as a copy leaves it for which there was no room

    archive = await opened(path)

    assert aside(path)
    assert len(await archive.conversation(ANN, limit=1000)) > 200
    assert texts(await archive.conversation(BOB)) == ["did it arrive?"]
    assert (await archive.contacts([BOB]))[BOB].draft == "half a sen"
    await archive.close()


async def test_a_page_found_damaged_in_the_middle_of_a_day_stops_nobody(path: Path) -> None:
    await filled(path)
    archive = await opened(path)
    await archive.contacts()
    root = (page_of(path, "messages_in_order") - 1) * PAGE
    overwrite(path, root, b"\xff" * PAGE)
    with closing(sqlite3.connect(path)) as other:  # the page in the cache is no longer of today
        other.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        other.execute("INSERT INTO reads (customer_id, at, message_id) VALUES (2, 1, 1)")
        other.commit()

    messages = await archive.conversation(ANN, limit=1000)

    assert len(messages) == 300
    assert archive.trouble is not None
    assert aside(path)
    await archive.close()


async def test_consoles_that_meet_the_damage_together_begin_one_new_file(path: Path) -> None:
    await filled(path)
    overwrite(path, (page_of(path, "deliveries_sending") - 1) * PAGE, b"\xff" * PAGE)
    names = ["share one", "share two", "share three"]
    consoles = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.archive.faults_child", path, name, cwd=ROOT, stdout=subprocess.PIPE
        )
        for name in names
    ]
    async with asyncio.timeout(60):
        fared = [json.loads((await console.communicate())[0]) for console in consoles]

    assert len([file for file in aside(path) if not file.name.endswith(("-wal", "-shm"))]) == 1
    assert [done["lost"] for done in fared] == [0, 0, 0]
    archive = await opened(path)
    assert archive.trouble is None
    assert sorted(texts(await archive.conversation(ANN, limit=1000))[-3:]) == sorted(names)
    await archive.close()


async def test_a_damaged_file_that_others_have_open_stays_where_it_is(path: Path) -> None:
    await filled(path)
    overwrite(path, (page_of(path, "deliveries_sending") - 1) * PAGE, b"\xff" * PAGE)
    with open_elsewhere(path):
        archive = await opened(path)
        await archive.save_draft(ANN, "typed")

        assert aside(path) == []
        assert archive.trouble is not None
        assert archive.trouble.is_in_memory
        assert "end other consoles" in archive.trouble.hint
        assert not await archive.mend()

    assert await archive.mend()
    assert aside(path)
    assert (await archive.contacts([ANN]))[ANN].draft == "typed"
    await archive.close()


async def test_it_is_told_that_another_console_has_begun_anew_while_this_one_was_in_memory(path: Path) -> None:
    await filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        archive = await opened(path)
        await archive.save_draft(ANN, "typed")
        other.execute("ROLLBACK")
    kept = await begun_anew_by_another(path)

    assert await archive.mend()

    assert archive.trouble is not None
    assert str(kept) in archive.trouble.message
    assert not archive.trouble.is_in_memory
    assert (await archive.contacts([ANN]))[ANN].draft == "typed"
    await archive.close()


async def test_it_is_told_that_another_console_was_first_to_begin_anew(path: Path) -> None:
    await filled(path)
    archive = await opened(path)
    await archive.contacts()
    overwrite(path, (page_of(path, "messages_in_order") - 1) * PAGE, b"\xff" * PAGE)
    with closing(sqlite3.connect(path)) as other:  # the page in the cache is no longer of today
        other.execute("INSERT INTO reads (customer_id, at, message_id) VALUES (2, 1, 1)")
        other.commit()
    told: list[ArchiveTrouble | None] = []
    archive.subscribe(told.append)
    kept = await begun_anew_by_another(path)

    await archive.conversation(ANN, limit=1000)

    assert [trouble is not None and str(kept) in trouble.message for trouble in told] == [True]
    await archive.close()


async def test_a_kept_file_is_never_overwritten(path: Path) -> None:
    for content in (b"first " * 100, b"second " * 100):
        put(path, content)
        await (await opened(path)).close()

    assert [content[:6] for content in contents(aside(path))] == [b"first ", b"second"]


async def test_a_damaged_index_of_words_condemns_no_file(path: Path) -> None:
    await filled(path)
    archive = await opened(path)
    await archive.index_messages()
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE words_data SET block = x'ff'")
        other.commit()
    await archive.merge_records([received("new", T + 500)], T, NOW)

    await archive.index_messages()

    assert aside(path) == []
    assert archive.trouble is None
    assert len(await archive.conversation(ANN, limit=1000)) == 301
    await archive.close()


@pytest.mark.parametrize("how", [Archive.open, Archive.open_to_read])
async def test_commands_move_no_damaged_file(path: Path, how: Callable[[Archive], Awaitable[None]]) -> None:
    put(path, b"no archive" * 100)
    archive = Archive(path)

    with pytest.raises(ArchiveError, match="damaged") as caught:
        await how(archive)

    assert "console" in caught.value.hint
    assert aside(path) == []


def damage_somehow(path: Path, chance: random.Random) -> None:
    """Damage a file in one of the ways disks and people do."""
    size = path.stat().st_size
    for _time in range(chance.randrange(1, 4)):
        match chance.randrange(6):
            case 0:
                overwrite(path, 0, chance.randbytes(chance.choice([16, 100, PAGE])))
            case 1:
                content = chance.choice([bytes(PAGE), chance.randbytes(PAGE)])
                overwrite(path, chance.randrange(size // PAGE) * PAGE, content)
            case 2:
                overwrite(path, chance.randrange(size), chance.randbytes(chance.randrange(1, 64)))
            case 3:
                with path.open("r+b") as file:
                    file.truncate(chance.randrange(size))
            case 4:
                path.with_name(path.name + "-wal").write_bytes(chance.randbytes(chance.randrange(1, 3 * PAGE)))
            case 5:
                path.with_name(path.name + "-shm").write_bytes(chance.randbytes(8 * PAGE))


async def check_round(path: Path, chance: random.Random) -> None:
    """Whatever was damaged: what is done from now on is done, and is there after the next start."""
    await filled(path, chance.randrange(1, 400))
    damage_somehow(path, chance)
    archive = await opened(path)
    await archive.contacts()
    await archive.conversation(ANN)
    message = await archive.begin_send(ANN, ME, "hello", NOW)
    await archive.settle(message.id, Delivery.SENT)
    await archive.merge_records([received("good morning", NOW + 1)], T, NOW + 10)
    await archive.index_messages()
    await archive.save_draft(ANN, "typed")
    await archive.close()
    assert archive.unkept.sends == 0

    again = await opened(path)
    # In between there may be anything: SQLite has no checksums, and takes another number for a time.
    assert {"hello", "good morning"} <= set(texts(await again.conversation(ANN, limit=1000)))
    assert (await again.contacts([ANN]))[ANN].draft == "typed"
    await again.close()


@pytest.mark.parametrize("seed", range(20))
async def test_a_console_outlives_any_damage(path: Path, seed: int) -> None:
    await check_round(path, random.Random(seed))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1400))
async def test_a_console_outlives_any_damage_again_and_again(path: Path, seed: int) -> None:
    await check_round(path, random.Random(seed))
