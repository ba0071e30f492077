"""Commands on an archive that is damaged, newer, locked or nowhere: reading goes on, sending is refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Shop
from tests.damage import locked

NOWHERE = "/dev/null/data"
"""A folder that even root cannot make."""
KEEPS_NOTHING = "Nothing that is new here is kept"


@pytest.fixture
def archive(kf: Command, one_shop: Shop, home: Path) -> Path:
    """Make the archive of the shop's account."""
    assert kf("queue").code == 0
    return home / "data" / f"{one_shop.app_id}.db"


@pytest.mark.parametrize("command", [["queue"], ["status"], ["agents", "list"], ["sessions", "list"]])
def test_what_is_asked_of_wechat_is_answered_where_no_archive_can_be(
    kf: Command, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("KFCONSOLE_DATA_DIR", NOWHERE)

    done = kf(*command)

    assert done.code == 0
    assert done.err.count(KEEPS_NOTHING) == 1
    assert NOWHERE in done.err


def test_nothing_is_sent_that_cannot_be_kept(kf: Command, one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    openid = one_shop.customer("hello?")
    monkeypatch.setenv("KFCONSOLE_DATA_DIR", NOWHERE)

    done = kf("send", openid, "hello")

    assert done.code == 2
    assert NOWHERE in done.err
    assert "KFCONSOLE_DATA_DIR" in done.err
    assert all(message["text"] != "hello" for message in one_shop.state()["sent"])


def test_reading_goes_on_while_another_program_holds_the_archive(kf: Command, one_shop: Shop, archive: Path) -> None:
    openid = one_shop.customer("hello?")
    assert kf("send", openid, "good morning").code == 0
    with locked(archive):
        done = kf("history", "show", openid)

    assert done.code == 0
    assert "good morning" in done.out
    assert KEEPS_NOTHING in done.err
    assert "locked" in done.err


@pytest.mark.parametrize("command", [["queue"], ["send", "oSomebody", "hello"]])
def test_a_command_moves_no_damaged_archive_and_says_who_does(kf: Command, archive: Path, command: list[str]) -> None:
    archive.write_bytes(b"no archive" * 100)

    done = kf(*command)

    assert done.code == 2
    assert "damaged" in done.err
    assert "Start the console" in done.err
    assert [file.name for file in archive.parent.glob("*.db*")] == [archive.name]


def test_a_newer_archive_is_refused(kf: Command, archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as newer:
        newer.execute("PRAGMA user_version = 99")
    was = archive.read_bytes()

    done = kf("queue")

    assert done.code == 2
    assert "Update kfconsole" in done.err
    assert archive.read_bytes() == was


def test_doctor_finds_damage_that_no_command_has_met(kf: Command, archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'audit'").fetchone()
    with archive.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)

    assert f"{archive} is damaged" in kf("doctor").out


def test_doctor_finds_a_lock(kf: Command, archive: Path) -> None:
    with locked(archive):
        assert "locked by another program" in kf("doctor").out
