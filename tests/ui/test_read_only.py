"""Switching to read-only while the console runs: asked first, seen at once, and there is no way back."""

import math
from pathlib import Path

import pytest

from kfconsole.simulator.world import World
from tests.ui.console import Console, running, waiting

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
