"""A full disk and files nobody may write, in processes of their own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfconsole.archive import Archive
from kfconsole.model import Delivery
from tests.archive.world import ANN, BOB, T, received, sent, texts

ROOT = Path(__file__).parents[2]


def fare(path: Path, how: str) -> dict[str, Any]:
    """Let a console of its own work on a file; return how it fared."""
    command = [sys.executable, "-m", "tests.archive.faults_child", str(path), how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="kfconsole-test-"))
    folder.chmod(0o755)
    yield folder
    for place in (folder, *(inner for inner in folder.rglob("*") if inner.is_dir())):
        place.chmod(0o700)
    shutil.rmtree(folder)


def close_to_all(path: Path, *, folder_too: bool) -> None:
    """Let nobody write a file; for root, who may all the same, the child becomes another user."""
    is_root = os.geteuid() == 0
    path.chmod(0o444 if is_root else 0o400)
    if folder_too or is_root:
        path.parent.chmod(0o555)
    else:
        path.parent.chmod(0o755)


async def filled(path: Path) -> None:
    archive = Archive(path, wall=lambda: T + 600)
    await archive.open()
    await archive.merge_records([received("hi", T), sent("hello", T + 1)], T, T + 10)
    await archive.close()


async def test_while_the_disk_is_full_all_goes_on_and_nothing_is_lost_or_doubled(path: Path) -> None:
    await filled(path)

    fared = fare(path, "full")

    assert fared["troubles"] != []
    assert not fared["was_mended_early"]
    assert fared["is_mended"]
    assert (fared["seen"], fared["lost"]) == (122, 0)
    archive = Archive(path, wall=lambda: T + 600)
    await archive.open()
    messages = await archive.conversation(ANN)
    assert len(messages) == 122
    assert len(set(texts(messages))) == 122
    assert sum(message.delivery is Delivery.SENT for message in messages) == 60
    assert (await archive.contacts([BOB]))[BOB].draft == "draft 59"
    await archive.close()


@pytest.mark.parametrize("folder_too", [False, True], ids=["file", "folder"])
@pytest.mark.parametrize("how", ["read-only", "reading"])
async def test_a_file_nobody_may_write_is_read_and_nothing_more(shared: Path, how: str, folder_too: bool) -> None:
    path = shared / "data" / "archive.sqlite3"
    await filled(path)
    close_to_all(path, folder_too=folder_too)
    was = file_content(path)

    fared = fare(path, how)

    assert fared["found"] == ["hi", "hello"]
    assert fared["after"] == ["hi", "hello", "new"]
    assert "cannot be" in fared["trouble"]
    assert fared["lost"] == (1 if how == "read-only" else 0)
    assert file_content(path) == was


def file_content(path: Path) -> bytes:
    return path.read_bytes()


@pytest.mark.parametrize("closed", ["home", "home/data"])
async def test_an_archive_that_cannot_be_reached_is_not_taken_for_none(shared: Path, closed: str) -> None:
    path = shared / "home/data/wx1.db"
    await filled(path)
    path.parents[1].chmod(0o755)
    (shared / closed).chmod(0o000)

    fared = fare(path, "outside")

    assert "cannot be" in fared["refusal"]
    assert fared["is_older_missing"]
    assert fared["doctor"] == {"data folder": "fail", "archive": "fail"}
