"""The file itself: who may read it, who else writes it, and what can be wrong with it."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.archive.connection import explained
from kfconsole.errors import ArchiveError
from tests.archive.world import ANN, BOB, ME, T, received, texts
from tests.damage import put


def open_to_all(path: Path) -> None:
    path.chmod(0o644)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def damage(path: Path, intact_bytes: int) -> None:
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:intact_bytes] + bytes(size - intact_bytes))


async def test_the_archive_is_for_its_owners_eyes_only_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "data" / "account" / "archive.sqlite3"
    archive = Archive(path)
    umask = os.umask(0)
    try:
        await archive.open()
        await archive.save_draft(ANN, "private")
    finally:
        os.umask(umask)

    assert {file.name: mode(file) for file in path.parent.iterdir()} == {
        "archive.sqlite3": 0o600,
        "archive.sqlite3-wal": 0o600,
        "archive.sqlite3-shm": 0o600,
    }
    assert [mode(path.parent), mode(path.parent.parent)] == [0o700, 0o700]
    await archive.close()


async def test_an_archive_that_others_could_read_is_closed_to_them(archive: Archive, path: Path) -> None:
    await archive.close()
    open_to_all(path)

    again = Archive(path)
    await again.open()

    assert mode(path) == 0o600
    await again.close()


async def test_closing_leaves_one_file(archive: Archive, path: Path) -> None:
    await archive.save_draft(ANN, "kept")
    await archive.close()

    assert list(path.parent.iterdir()) == [path]


async def test_two_consoles_share_one_file(archive: Archive, path: Path) -> None:
    other = Archive(path)
    await other.open()
    await archive.merge_records([received("hi", T)], T, T + 60)
    await other.merge_records([received("hi", T), received("again", T + 1)], T, T + 60)
    await other.begin_send(BOB, ME, "hello", T)

    assert texts(await archive.conversation(ANN)) == ["hi", "again"]
    assert texts(await archive.conversation(BOB)) == ["hello"]
    await other.close()

    await archive.save_draft(ANN, "still open")
    assert (await archive.contacts([ANN]))[ANN].draft == "still open"


async def test_an_archive_of_a_newer_version_is_refused_and_left_alone(archive: Archive, path: Path) -> None:
    await archive.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(ArchiveError, match="newer kfconsole") as caught:
        await Archive(path).open()

    assert "Update" in caught.value.hint


async def test_a_file_that_is_no_archive_is_named(path: Path) -> None:
    put(path, b"this is not a database, it only lies where one should be" * 100)

    with pytest.raises(ArchiveError, match="damaged or not an archive") as caught:
        await Archive(path).open()

    assert str(path) in caught.value.message


async def test_a_damaged_page_is_named_when_it_is_met(archive: Archive, path: Path) -> None:
    await archive.merge_records([received("x" * 500, T + second) for second in range(200)], T, T + 300)
    await archive.close()
    reader = Archive(path)
    await reader.open()
    damage(path, 20 * 4096)  # tables and the first messages are whole

    with pytest.raises(ArchiveError, match="damaged"):
        await reader.conversation(ANN)
    await reader.close()


async def test_a_file_that_another_program_holds_is_named(archive: Archive, path: Path) -> None:
    await archive.close()
    patient = Archive(path, busy_seconds=0.05)
    await patient.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(ArchiveError, match="locked") as caught:
        await patient.save_draft(ANN, "text")
    other.execute("ROLLBACK")
    other.close()
    await patient.save_draft(ANN, "text")

    assert "try again" in caught.value.hint
    assert (await patient.contacts([ANN]))[ANN].draft == "text"
    await patient.close()


async def test_a_file_locked_at_the_start_is_named(archive: Archive, path: Path) -> None:
    await archive.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(ArchiveError, match="locked"):
        await Archive(path, busy_seconds=0.05).open()

    other.close()


async def test_a_folder_in_the_files_place_is_named(path: Path) -> None:
    put(path / "file", b"")

    with pytest.raises(ArchiveError, match="cannot be") as caught:
        await Archive(path).open()

    assert "KFCONSOLE_DATA_DIR" in caught.value.hint


async def test_a_file_in_the_folders_place_is_named(path: Path) -> None:
    put(path.parent, b"not a folder")

    with pytest.raises(ArchiveError, match="cannot be opened"):
        await Archive(path).open()


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "full", isolation_level=None)
    connection.execute("CREATE TABLE t (x)")
    connection.execute("PRAGMA max_page_count = 2")  # SQLite's own way to run out of room

    with pytest.raises(ArchiveError, match="is full"), explained(tmp_path / "full"):
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    connection.close()


def test_a_read_only_file_is_named(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "file").close()
    connection = sqlite3.connect(f"file:{tmp_path / 'file'}?mode=ro", uri=True)

    with pytest.raises(ArchiveError, match="cannot be written"), explained(tmp_path / "file"):
        connection.execute("CREATE TABLE t (x)")
    connection.close()


def test_wrong_sql_is_a_crash_and_not_an_error_of_the_file(tmp_path: Path) -> None:
    connection = sqlite3.connect(":memory:")

    with pytest.raises(sqlite3.OperationalError, match="no such table"), explained(tmp_path):
        connection.execute("SELECT * FROM nowhere")
    connection.close()


def test_making_an_archive_imports_no_sqlite() -> None:
    program = "import sys, kfconsole.archive; sys.exit('sqlite3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[2])

    assert done.returncode == 0
