"""Switching to read-only while the console runs: asked first, seen at once, and there is no way back."""

import math
from pathlib import Path

import pytest

from kfconsole.simulator.world import World
from kfconsole.ui.acting import ActingScreen
from kfconsole.ui.board import BoardScreen
from kfconsole.ui.canned import CannedPicker
from kfconsole.ui.commands import CHANGING, COMMANDS, Place
from kfconsole.ui.owed import OwedScreen
from kfconsole.ui.palette import offered
from tests.ui.console import COLLEAGUE, ME, Console, running, waiting

SIZES = ((120, 40), (80, 24))
SEND = "/cgi-bin/message/custom/send"
CREATE = "/cgi-bin/customservice/kfsession/create"
CLOSE = "/cgi-bin/customservice/kfsession/close"
TYPING = "/cgi-bin/message/custom/typing"


async def switch(console: Console, answer: str) -> None:
    await console.press("ctrl+p")
    await console.type("change nothing")
    await console.press("enter")
    await console.sees("Change nothing any more from this console?")
    await console.press(answer)


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_switched_on_and_nothing_is_written_any_more(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        first, second = waiting(world, 2)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        await console.choose(first)
        await console.press("a")
        await console.until(lambda: first in world.sessions)
        await console.press("r")
        await console.type("half a sen")
        await console.press("escape")
        await switch(console, "y")
        await console.sees(" read-only ")
        await console.press("r")
        await console.sees("read-only: nothing is sent")
        before = dict(console.requests.calls)
        await console.type("tence")
        await console.press("enter")
        await console.sees("This console is read-only.")
        await console.press("escape")
        for key in ("x", "n", "A", "t", "u"):
            await console.press(key)
        await console.press("1")
        await console.choose(second)
        await console.press("a", "e")
        await console.until(lambda: console.contact(first).draft == "half a sentence")

        after = console.requests.calls
        assert {path: after[path] for path in (SEND, CREATE, CLOSE, TYPING)} == {
            path: before.get(path, 0) for path in (SEND, CREATE, CLOSE, TYPING)
        }
        assert set(world.sessions) == {first}
        await console.app.actions.finish()
        deeds = await console.app.archive.deeds(0, math.inf)
        assert [deed.act for deed in deeds] == ["start", "accept", "read_only"]


async def test_cancel_leaves_all_as_it_was_and_a_second_time_it_says_the_way_out(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await switch(console, "escape")
        assert console.app.actions.read_only is None
        await switch(console, "y")
        await console.until(lambda: console.app.actions.read_only is not None)
        await console.press("ctrl+p")
        await console.type("change nothing")
        await console.press("enter")
        await console.sees("start it again to write")

        assert len(console.app.screen_stack) == 1


WAYS = {"desk": (), "board": ("b",), "owed": ("o",), "accounts": ("m",), "report": ("p",), "limits": ("Q",)}
REFUSED = "This console is read-only."


async def is_refused(console: Console, name: str) -> None:
    """Wait until it is said, and see that nothing else came of it; then take the note away."""
    screens = len(console.app.screen_stack)
    await console.until(lambda: any(REFUSED in note.message for note in console.app._notifications))
    await console.quiet()
    assert len(console.app.screen_stack) == screens, name
    console.app.clear_notifications()
    await console.settle()


async def stand_still(console: Console, world: World) -> tuple[str, str, str]:
    """Let one wait, one be served here, one by a colleague; return them, and one who is owed an answer."""
    await console.sees("read-only", "online 2/3")
    mine, hers, waits = waiting(world, 3)
    await console.serve(mine, "hello")
    await console.serve(hers, "hello", agent=COLLEAGUE)
    await console.until(lambda: len(console.desk_screen.queue.rows) == 1)
    return mine, hers, waits


@pytest.mark.parametrize("where", WAYS)
async def test_nothing_that_changes_something_is_asked_about_anywhere(tmp_path: Path, world: World, where: str) -> None:
    async with running(tmp_path, world, sections={"me": {"read_only": True}}) as console:
        mine, hers, waits = await stand_still(console, world)
        await console.press(*WAYS[where])
        await console.quiet()
        screen = console.app.screen
        assert isinstance(screen, ActingScreen)
        lists = [pane for pane in (getattr(screen, name, None) for name in ("queue", "sessions", "customers")) if pane]
        if isinstance(screen, BoardScreen):
            await console.until(lambda: screen.customers.current_id is not None)
        commands = [row for row in offered(screen) if row.id in CHANGING and row.place is not Place.COMPOSER]
        assert bool(commands) == (where not in ("report", "limits"))
        for pane in lists or [None]:
            screen.set_focus(pane or screen.focused)
            for openid in (mine, hers, waits):
                if not (pane.select(openid) if pane else openid is waits):
                    continue
                for row in commands:
                    if row.keys and any(row.works_in(place) for place in screen.places):
                        await console.press(row.default_keys[0])
                        await is_refused(console, row.id)
                    if openid is waits or not row.keys:
                        await console.app.run_action(row.action, screen)  # as the palette does
                        await is_refused(console, row.id)
        assert console.writes() == []


async def test_who_reads_only_may_write_drafts_and_is_asked_nothing(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, sections={"me": {"read_only": True}}) as console:
        _mine, _hers, waits = await stand_still(console, world)
        await console.choose(waits)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("later")
        for key in ("enter", "ctrl+o", "ctrl+t"):
            await console.press(key)
            await is_refused(console, key)
            assert console.composer == "later"
        await console.press("ctrl+z")  # takes back what was typed, and no session
        assert console.composer == ""
        await console.press("ctrl+r")
        await console.until(lambda: isinstance(console.app.screen, CannedPicker) and console.app.focused is not None)
        await console.press("enter")  # there is no file yet, and none is written
        await is_refused(console, "enter")
        for key in ("ctrl+n", "ctrl+s"):
            await console.press(key)
            await is_refused(console, key)

        assert console.writes() == []


async def test_from_a_read_only_list_nobody_is_taken_off(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        mine, _hers = waiting(world, 2)
        await console.serve(mine, "hello")
        await console.choose(mine)
        await console.press("B")
        await console.sees("Hand back")
        await console.press("y")
        await console.until(lambda: world.holder(mine) == "")
        before = console.writes()
        await switch(console, "y")
        await console.until(lambda: console.app.actions.read_only is not None)
        await console.press("o")
        screen = console.app.screen
        assert isinstance(screen, OwedScreen)
        await console.until(lambda: screen.subject() == mine)
        for key in ("D", "a"):
            await console.press(key)
            await is_refused(console, key)
        assert console.app.screen is screen
        assert console.writes() == before
        assert world.holder(mine) != ME


def test_every_name_of_what_changes_something_is_a_command() -> None:
    assert {row.id for row in COMMANDS} >= CHANGING
