"""The line to type into: what is typed right behind the key that opened it."""

from pathlib import Path

from kfconsole.simulator import World
from kfconsole.ui.widgets.entry import Entry
from tests.ui.console import running, waiting


async def test_what_is_typed_before_the_line_knows_of_its_focus_is_not_replaced_by_the_rest(
    tmp_path: Path, world: World
) -> None:
    waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 1")
        line = console.desk_screen.query_one("#filter", Entry)
        for _again in range(2):  # the second time the words of the first are there, to be replaced
            console.desk_screen.action_filter()
            line.insert_ahead("客")
            line.insert_ahead("服")
            await console.type("0042")
            assert line.value == "客服0042"
            await console.press("enter")

        await console.press("slash")
        await console.type("x")
        assert line.value == "x"
