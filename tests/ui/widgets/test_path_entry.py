"""A line for a path: completed as a shell does, and what is dropped onto the terminal becomes a path."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events, on
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from kfconsole.ui.disk import Disk
from kfconsole.ui.widgets import path_entry
from kfconsole.ui.widgets.path_entry import Completion, PathEntry, completed, dropped_path, path_of
from tests.ui.console import key_event

NAMES = (
    "退货 单.png",
    "退货 箱.png",
    "notes.txt",
    "Invoice.PNG",
    "invoice2.jpg",
    ".secret.png",
    "a\nb.png",
    "a\x1bc.png",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path = tmp_path / "files"
    tmp_path.mkdir()
    for name in NAMES:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "我的 图片").mkdir()
    (tmp_path / "我的 图片" / "only.mp4").write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "path", "names"),
    [
        ("退", "退货 ", ("退货 单.png", "退货 箱.png")),
        ("退货 单", "退货 单.png", ("退货 单.png",)),
        ("我", "我的 图片/", ("我的 图片/",)),
        ("我的 图片/", "我的 图片/only.mp4", ("only.mp4",)),
        ("inv", "invoice2.jpg", ("invoice2.jpg",)),
        ("INV", "INV", ("Invoice.PNG", "invoice2.jpg")),
        ("notes", "notes.txt", ("notes.txt",)),
        ("", "", ("Invoice.PNG", "invoice2.jpg", "我的 图片/", "退货 单.png", "退货 箱.png")),
        (".", ".secret.png", (".secret.png",)),
        ("a", "a", ()),
        ("nothing", "nothing", ()),
        ("no folder/x", "no folder/x", ()),
        ("notes.txt/", "notes.txt/", ()),
    ],
)
def test_a_path_is_completed_as_far_as_it_is_certain(
    folder: Path, typed: str, path: str, names: tuple[str, ...]
) -> None:
    found = completed(f"{folder}/{typed}", ("png", "jpg"))

    assert found == Completion(f"{folder}/{path}", names)


def test_a_home_is_a_folder_like_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(folder / "我的 图片")

    assert completed("~").path == "~/"
    assert completed("~/退货 单").path == "~/退货 单.png"
    assert completed("~nobody-of-that-name").path == "~nobody-of-that-name"
    assert completed("on").path == "only.mp4"
    assert path_of("~/notes.txt") == folder / "notes.txt"


@pytest.mark.parametrize(
    ("pasted", "path"),
    [
        ("/home/x/a b.png", "/home/x/a b.png"),
        ("'/home/x/a b.png' ", "/home/x/a b.png"),
        ("'/home/x/it'\\''s.png'", "/home/x/it's.png"),
        ('"/home/x/退货 单.png"', "/home/x/退货 单.png"),
        ("/home/x/a\\ b\\(1\\).png ", "/home/x/a b(1).png"),
        ("~/a\\ b.png", "~/a b.png"),
        ("file:///home/x/a%20b.png\r\n", "/home/x/a b.png"),
        ("file://host/home/x/%E9%80%80%E8%B4%A7.png", "/home/x/退货.png"),
        ("FILE:///home/x/a%23b.png", "/home/x/a#b.png"),
        ("file:///a.png\nfile:///b.png", "/a.png"),
        ("'/a b.png' '/c d.png'", "/a b.png"),
        ("\n\n  /a  b.png", "/a  b.png"),
        ("C:\\Users\\x.png", "C:\\Users\\x.png"),
        ("'/home/x/half", "'/home/x/half"),
        ("it's.png", "it's.png"),
        ("file://", ""),
        ("", ""),
    ],
)
def test_what_a_terminal_pastes_for_a_dropped_file_is_its_path(pasted: str, path: str) -> None:
    assert dropped_path(pasted) == path


@given(st.text(max_size=60))
def test_any_paste_becomes_one_line(pasted: str) -> None:
    assert len(dropped_path(pasted).splitlines()) <= 1


def test_what_was_typed_is_taken_as_it_stands_where_such_a_file_is(folder: Path) -> None:
    (folder / "'quoted'").write_bytes(b"x")

    assert path_of(f"{folder}/'quoted'") == folder / "'quoted'"
    assert path_of(f"'{folder}/退货 单.png'") == folder / "退货 单.png"
    assert path_of(f"file://{folder}/notes.txt") == folder / "notes.txt"
    assert path_of(f" {folder}/gone ") == folder / "gone"
    assert not path_of("/" + "x" * 5000).parent.name


class Watched(PathEntry):
    """Counts how often one goes on from it."""

    finished = 0

    def go_on(self) -> None:
        self.finished += 1


class Stage(App[None]):
    """One line, and what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.entry = Watched(disk=Disk(), endings=("png",))
        self.offered: list[tuple[str, ...]] = []

    def compose(self) -> ComposeResult:
        yield self.entry

    @on(PathEntry.Completed)
    def note_names(self, event: PathEntry.Completed) -> None:
        self.offered.append(event.names)


@asynccontextmanager
async def stage() -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    app = Stage()
    async with app.run_test() as pilot:
        yield app, pilot


def strike(app: Stage, *keys: str) -> None:
    assert app._driver is not None
    for key in keys:
        app._driver.send_message(key_event(key))


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        await pilot.pause(0.01)


async def test_keys_pressed_behind_a_tab_stand_behind_what_it_adds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path_entry, "PATIENCE_SECONDS", 20.0)
    async with stage() as (app, pilot):
        strike(app, *f"{folder}/退", "tab", *"单", "tab")
        await until(pilot, lambda: app.entry.value == f"{folder}/退货 单.png")


async def test_a_tab_offers_names_and_the_next_one_goes_on(folder: Path) -> None:
    async with stage() as (app, pilot):
        strike(app, *f"{folder}/退货 ", "tab")
        await until(pilot, lambda: app.offered == [("退货 单.png", "退货 箱.png")])
        assert app.entry.finished == 0
        strike(app, "tab")
        await until(pilot, lambda: app.entry.finished == 1)
        strike(app, *"单.png", "tab")
        await until(pilot, lambda: app.entry.finished == 2)


async def test_a_dropped_file_takes_the_place_of_what_was_there(folder: Path) -> None:
    async with stage() as (app, pilot):
        strike(app, *"abc")
        await until(pilot, lambda: app.entry.value == "abc")
        app.post_message(events.Paste(f"'{folder}/a  b.png'\r\n"))
        await until(pilot, lambda: app.entry.value == f"{folder}/a  b.png")
        app.entry.value = "/x/"
        app.entry.cursor_position = 3
        app.post_message(events.Paste("a b.png"))
        await until(pilot, lambda: app.entry.value == "/x/a b.png")


async def test_a_dead_mount_holds_up_neither_the_line_nor_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    never, asked = threading.Event(), threading.Event()

    def dead(_typed: str, _endings: object) -> Completion:
        asked.set()
        never.wait(20)
        return Completion("/mnt/dead/late")

    monkeypatch.setattr(path_entry, "completed", dead)
    monkeypatch.setattr(path_entry, "PATIENCE_SECONDS", 0.01)
    async with stage() as (app, pilot):
        strike(app, *"/mnt/dead/", "tab", *"abc", "tab", "tab", *"d")
        await until(pilot, lambda: app.entry.value == "/mnt/dead/abcd")
        assert asked.is_set()
        assert sum(thread.name == "disk" for thread in threading.enumerate()) == 1
    never.set()


async def test_one_question_waits_for_the_one_before(folder: Path) -> None:
    disk, at_once = Disk(), 0

    def look() -> int:
        nonlocal at_once
        at_once += 1
        most = at_once
        os.scandir(folder).close()
        at_once -= 1
        return most

    assert await asyncio.gather(*(disk.ask(look) for _time in range(20))) == [1] * 20
