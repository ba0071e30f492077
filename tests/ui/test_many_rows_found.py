"""A filter among thousands: looked for a part at a time, and no key acts on a row that is not what was typed."""

import asyncio
from pathlib import Path

from msgspec import Struct
from textual.app import App, ComposeResult

from kfconsole import finding
from kfconsole.desk.parts import MANY
from kfconsole.simulator import World
from kfconsole.ui import panes
from kfconsole.ui.panes import PART_ROWS, FilterList
from kfconsole.ui.widgets.strips import Part
from tests.ui.console import running, short, waiting


class Named(Struct, frozen=True):
    id: str
    name: str


ROWS = [Named(f"c{number}", f"{'odd' if number % 2 else 'even'} {number}") for number in range(MANY * 2)]
ODD = [row for row in ROWS if row.name.startswith("odd")]


class Stage(App[None]):
    looked_at = 0

    def compose(self) -> ComposeResult:
        self.rows = FilterList[Named](self._draw, self._sought, empty="", id="rows")
        yield self.rows

    def _draw(self, row: Named, _width: int, _is_current: bool) -> list[Part]:
        return [(row.name, self.rows.rich_style)]

    def _sought(self, row: Named) -> finding.Sought:
        self.looked_at += 1
        return finding.sought(row.name)


async def settled(stage: Stage) -> None:
    while stage.rows._looking is not None:
        await stage.workers.wait_for_complete()


async def test_no_part_is_large_and_all_that_match_are_found() -> None:
    stage = Stage()
    async with stage.run_test():
        stage.rows.show_rows(ROWS, "Rows", str(len(ROWS)))
        stage.rows.narrow("odd")
        parts = []
        while stage.rows._looking is not None:
            before = stage.looked_at
            await asyncio.sleep(0)
            parts.append(stage.looked_at - before)

        assert max(parts) <= PART_ROWS
        assert stage.looked_at == len(ROWS)
        assert list(stage.rows.rows) == ODD


async def test_until_it_is_found_only_the_current_row_stays_and_only_if_it_matches() -> None:
    stage = Stage()
    async with stage.run_test():
        stage.rows.show_rows(ROWS, "Rows", str(len(ROWS)))
        assert stage.rows.select("c3")
        stage.rows.narrow("odd")
        assert [row.id for row in stage.rows.rows] == ["c3"]
        await settled(stage)
        assert stage.rows.current_id == "c3"

        stage.rows.forget_filter()
        stage.rows.narrow("even")
        assert stage.rows.rows == ()
        stage.rows.take_first()
        assert stage.rows.current_id is None
        await settled(stage)
        assert stage.rows.current_id == "c0"


async def test_what_is_typed_on_or_taken_away_meanwhile_is_what_counts() -> None:
    stage = Stage()
    async with stage.run_test():
        stage.rows.show_rows(ROWS, "Rows", str(len(ROWS)))
        stage.rows.narrow("o")
        await asyncio.sleep(0)
        stage.rows.narrow("odd 1")
        await settled(stage)
        assert list(stage.rows.rows) == [row for row in ODD if "1" in row.name]

        stage.rows.narrow("ev")
        stage.rows.narrow("")
        await settled(stage)
        assert list(stage.rows.rows) == ROWS


async def test_rows_that_change_meanwhile_are_looked_through_next() -> None:
    stage = Stage()
    async with stage.run_test():
        stage.rows.show_rows(ROWS, "Rows", str(len(ROWS)))
        stage.rows.narrow("odd")
        await asyncio.sleep(0)
        fewer = ROWS[: MANY + 10]
        stage.rows.show_rows(fewer, "Rows", str(len(fewer)))
        await settled(stage)

        assert list(stage.rows.rows) == [row for row in fewer if row.name.startswith("odd")]


def test_few_are_looked_through_at_once() -> None:
    assert panes.PART_ROWS < MANY


async def test_a_filter_typed_right_behind_the_key_of_a_pane_is_that_panes(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = waiting(world)
        await console.serve(ann)
        console.strike("1", "2", "slash", *short(ann))
        await console.settle()

        assert console.desk_screen.sessions.filter == short(ann)
        assert console.desk_screen.queue.filter == ""
