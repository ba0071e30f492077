"""The cursor of a list stands on an id, and only what looks different is painted."""

import random
from collections.abc import AsyncIterator
from typing import cast

import pytest
from textual.message import Message
from textual.pilot import Pilot

from kfconsole.ui.widgets import LineList
from tests.ui.widgets.stage import Row, Stage, WatchedList, rows

HEIGHT = 10


@pytest.fixture
async def pilot() -> AsyncIterator[Pilot[None]]:
    async with Stage(lambda: WatchedList(empty="Nobody [b]waits[/b].")).run_test(size=(20, HEIGHT)) as pilot:
        await pilot.pause()
        yield pilot


@pytest.fixture
def stage(pilot: Pilot[None]) -> Stage:
    return cast(Stage, pilot.app)


@pytest.fixture
def line_list(stage: Stage) -> WatchedList:
    return cast(WatchedList, stage.widget)


def heard(stage: Stage) -> list[tuple[type[Message], str | None]]:
    """What the list told its owner: what kind of message, and of which row."""
    return [(type(said), getattr(said, "row_id", None)) for said in stage.said]


async def test_the_first_row_ever_shown_is_current(pilot: Pilot[None], stage: Stage, line_list: WatchedList) -> None:
    assert line_list.current_id is None
    line_list.show(rows(1, 2))
    await pilot.pause()

    assert line_list.current_id == "1"
    assert stage.texts == [">row 1", " row 2"]
    assert stage.said == []


async def test_the_cursor_stays_on_its_row_wherever_the_row_goes(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    line_list.show(rows(1, 2, 3))
    await pilot.press("j")
    line_list.show(rows(9, 8, 3, 1, 2))
    await pilot.pause()

    assert Row("2", "row 2") == line_list.current
    assert stage.texts == [" row 9", " row 8", " row 3", " row 1", ">row 2"]


@pytest.mark.parametrize("key", ["", "j"])
async def test_a_row_nobody_chose_takes_the_view_along_only_where_the_top_matters_less(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(WatchedList, "STAYS_AT_TOP", True)
    line_list.show(rows(*range(40)))
    await pilot.press(*filter(None, [key]))
    stage.said.clear()
    chosen = line_list.current_id
    line_list.show(rows(50, *range(40)))
    assert line_list.current_id == chosen
    line_list.show(rows(*range(50, 80), *range(40)))
    await pilot.pause()

    if key:
        assert (line_list.current_id, line_list.top > 0) == (chosen, True)
        return
    assert (line_list.current_id, line_list.top, heard(stage)) == (None, 0, [(LineList.CurrentGone, "0")])
    await pilot.press("j")
    assert line_list.current_id == "50"


@pytest.mark.parametrize(("key", "expected"), [("j", "3"), ("k", "1"), ("down", "3"), ("up", "1")])
async def test_when_the_current_row_leaves_nothing_is_current_until_the_user_moves(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList, key: str, expected: str
) -> None:
    line_list.show(rows(1, 2, 3))
    await pilot.press("j")
    stage.said.clear()
    line_list.show(rows(1, 3))
    await pilot.pause()

    assert line_list.current is None
    assert stage.texts == [" row 1", " row 3"]
    assert heard(stage) == [(LineList.CurrentGone, "2")]
    await pilot.press("enter")
    assert heard(stage)[-1:] == [(LineList.Chosen, None)]
    await pilot.press(key)
    assert heard(stage)[-1:] == [(LineList.Moved, expected)]
    assert expected == line_list.current_id


@pytest.mark.parametrize(
    ("later", "above", "below"),
    [
        (rows(1, 2, 5), "2", "5"),
        (rows(8, 9, 2, 1, 5), "1", "5"),
        (rows(1), "1", "1"),
        (rows(7, 6), "7", "7"),
    ],
)
async def test_the_gap_a_row_left_moves_with_the_rows_around_it(
    pilot: Pilot[None], line_list: WatchedList, later: list[Row], above: str, below: str
) -> None:
    found = []
    for key in ("k", "j"):
        line_list.show(rows(1, 2, 3, 4, 5))
        line_list.select("3")
        line_list.show(rows(1, 2, 4, 5))
        line_list.show(later)
        await pilot.press(key)
        found.append(line_list.current_id)

    assert [above, below] == found


async def test_a_row_that_comes_back_is_not_current_by_itself(pilot: Pilot[None], line_list: WatchedList) -> None:
    line_list.show(rows(1, 2))
    line_list.show(())
    line_list.show(rows(1, 2))
    await pilot.pause()

    assert line_list.current_id is None
    await pilot.press("j")
    assert line_list.current_id == "1"


async def test_keys_move_by_row_page_and_end(pilot: Pilot[None], stage: Stage, line_list: WatchedList) -> None:
    line_list.show(rows(*range(100)))
    seen = []
    for key in ("j", "down", "k", "G", "up", "g", "pagedown", "pagedown", "pageup", "end", "pagedown", "home", "k"):
        await pilot.press(key)
        seen.append(line_list.current_id)
        assert f">row {line_list.current_id}" in stage.texts

    assert seen == ["1", "2", "1", "99", "98", "0", "9", "18", "9", "99", "99", "0", "0"]
    moved = [message.row_id for message in stage.said if isinstance(message, LineList.Moved)]
    assert moved == ["1", "2", "1", "99", "98", "0", "9", "18", "9", "99", "0"]


async def test_enter_and_a_second_click_choose(pilot: Pilot[None], stage: Stage, line_list: WatchedList) -> None:
    line_list.show(rows(1, 2, 3))
    await pilot.pause()
    await pilot.press("enter")
    await pilot.click(WatchedList, offset=(2, 2))
    await pilot.click(WatchedList, offset=(2, 2))
    await pilot.click(WatchedList, offset=(2, 8))

    expected = [
        (LineList.Chosen, "1"),
        (LineList.Moved, "3"),
        (LineList.Chosen, "3"),
    ]
    assert expected == heard(stage)


async def test_the_owner_selects_without_hearing_of_it(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    line_list.show(rows(*range(100)))

    assert line_list.select("50")
    assert not line_list.select("nobody")
    await pilot.pause()
    assert ">row 50" in stage.texts
    assert stage.said == []


async def test_keys_do_nothing_in_an_empty_list(pilot: Pilot[None], stage: Stage, line_list: WatchedList) -> None:
    await pilot.press("j", "k", "g", "G", "pageup", "pagedown", "enter")
    await pilot.click(WatchedList, offset=(0, 0))

    assert line_list.current is None
    assert stage.said == []
    assert [text.strip() for text in stage.texts] == ["Nobody [b]waits[/b]."]


async def test_the_notice_of_an_empty_list_changes_at_once(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    line_list.empty = "[/b] 无人等待"
    await pilot.pause()

    assert [text.strip() for text in stage.texts] == ["[/b] 无人等待"]
    line_list.show(rows(1))
    line_list.show(())
    await pilot.pause()
    assert [text.strip() for text in stage.texts] == ["[/b] 无人等待"]


async def test_only_rows_that_changed_are_painted(pilot: Pilot[None], line_list: WatchedList) -> None:
    before = rows(*range(1000))
    line_list.show(before)
    await pilot.pause()
    line_list.painted.clear()
    line_list.drawn.clear()
    after = list(before)
    after[3] = Row("3", "changed")
    after[500] = Row("500", "changed, but far away")
    line_list.show(after)
    await pilot.pause()

    assert line_list.painted == [3]
    assert line_list.drawn == ["3"]


async def test_equal_rows_paint_nothing(pilot: Pilot[None], line_list: WatchedList) -> None:
    line_list.show(rows(*range(1000)))
    await pilot.pause()
    line_list.painted.clear()
    line_list.drawn.clear()
    line_list.show(rows(*range(1000)))
    await pilot.pause()

    assert line_list.painted == []
    assert line_list.drawn == []


async def test_rows_off_screen_are_not_drawn(pilot: Pilot[None], line_list: WatchedList) -> None:
    line_list.show(rows(*range(10_000)))
    await pilot.pause()

    assert {str(number) for number in range(HEIGHT)} == set(line_list.drawn)


async def test_moving_paints_two_rows(pilot: Pilot[None], line_list: WatchedList) -> None:
    line_list.show(rows(1, 2, 3, 4))
    await pilot.pause()
    line_list.painted.clear()
    await pilot.press("j")
    await pilot.pause()

    assert line_list.painted == [0, 1]


async def test_time_passing_paints_only_rows_that_look_different(pilot: Pilot[None], line_list: WatchedList) -> None:
    line_list.show(rows(1, 2, 3, 4))
    await pilot.pause()
    line_list.painted.clear()
    line_list.refresh_visible()
    await pilot.pause()
    assert line_list.painted == []

    line_list.suffix = " !"
    line_list.refresh_visible()
    await pilot.pause()
    assert line_list.painted == [0, 1, 2, 3]


async def test_at_the_top_new_rows_appear_above(pilot: Pilot[None], stage: Stage, line_list: WatchedList) -> None:
    line_list.show(rows(*range(20)))
    await pilot.press("j")
    line_list.show(rows("x", "y", *range(20)))
    await pilot.pause()

    assert stage.texts[:4] == [" row x", " row y", " row 0", ">row 1"]


async def test_further_down_rows_inserted_above_move_nothing_and_paint_nothing(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    line_list.show(rows(*range(60)))
    line_list.select("30")
    await pilot.pause()
    seen = stage.texts
    line_list.painted.clear()
    line_list.show(rows("x", "y", *range(60)))
    await pilot.pause()

    assert seen == stage.texts
    assert line_list.painted == []


async def test_scrolled_away_from_the_cursor_what_is_read_stands_still(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    line_list.show(rows(*range(60)))
    line_list.scroll_to(y=40)
    await pilot.pause()
    seen = stage.texts
    line_list.show(rows("x", *range(5, 60)))
    await pilot.pause()

    assert seen == stage.texts
    assert line_list.current_id is None


async def test_an_arrival_storm_does_not_push_the_current_row_off_screen(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    line_list.show(rows(*range(20)))
    await pilot.press("j")
    line_list.show(rows(*range(100, 200), *range(20)))
    await pilot.pause()

    assert stage.texts[1] == ">row 1"


async def test_a_resize_draws_at_the_new_width_and_keeps_the_cursor_in_view(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    line_list.show(rows(*range(50)))
    await pilot.press("end", "up")
    for width, height in ((12, 4), (30, 25), (20, 10)):
        await pilot.resize_terminal(width, height)
        await pilot.pause()

        assert ">row 48" in stage.texts
        assert [(width, height)] == [(stage.strips[0].cell_length, len(stage.texts))]
        assert not line_list.show_horizontal_scrollbar


async def test_hostile_and_wide_texts_keep_the_columns_aligned(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList, hostile: str
) -> None:
    line_list.suffix = "|"
    line_list.show(
        [Row("1", "你好"), Row("2", hostile), Row("3", "a\nb\tc"), Row("4", "👨‍👩‍👧👍🏽"), Row("5", "x" * 99)]
    )
    await pilot.pause()

    assert {20} == {sum(segment.cell_length for segment in strip) for strip in stage.strips}
    assert [stage.texts[0], stage.texts[2]] == [">你好|", " a b c|"]
    assert stage.texts[1].startswith(" [/b] [@click=app")


async def test_a_theme_change_redraws_in_the_new_styles(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    line_list.show(rows(1, 2))
    await pilot.pause()
    backgrounds = []
    for theme in ("textual-dark", "textual-light", "ansi-dark"):
        stage.theme = theme
        await pilot.pause()
        current, other = stage.strips[:2]
        assert ">row 1" in current.text
        backgrounds.append({segment.style.bgcolor for strip in (current, other) for segment in strip if segment.style})

    assert len(backgrounds[0]) == 2
    assert backgrounds[0].isdisjoint(backgrounds[1])
    assert backgrounds[1].isdisjoint(backgrounds[2])


async def test_the_highlight_reaches_to_the_edge_until_there_is_a_scrollbar(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    widths = []
    for count in (HEIGHT, HEIGHT + 1, HEIGHT):
        line_list.show(rows(*range(count)))
        await pilot.pause()
        first = stage.strips[0]
        background = next(segment.style.bgcolor for segment in first if segment.style)
        styled = [segment for segment in first if segment.style and segment.style.bgcolor == background]
        widths.append(sum(segment.cell_length for segment in styled))
        assert len(stage.texts) == HEIGHT

    assert widths == [20, 19, 20]


async def test_a_list_hidden_while_rows_changed_shows_them_when_it_is_back(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList
) -> None:
    line_list.show(rows(*range(30)))
    await pilot.pause()
    line_list.display = False
    await pilot.pause()
    line_list.show(rows(7, 8))
    await pilot.pause()
    assert stage.texts == []
    line_list.display = True
    await pilot.pause()

    assert stage.texts == [" row 7", " row 8"]


async def test_rows_shown_before_the_first_frame_are_in_it() -> None:
    def make() -> WatchedList:
        line_list = WatchedList()
        line_list.show(rows(1, 2))
        line_list.select("2")
        return line_list

    stage = Stage(make)
    async with stage.run_test(size=(20, HEIGHT)) as pilot:
        await pilot.pause()

        assert stage.texts == [" row 1", ">row 2"]


@pytest.mark.parametrize("seed", range(3))
async def test_through_any_changes_the_cursor_leaves_its_row_only_when_told_to(
    pilot: Pilot[None], stage: Stage, line_list: WatchedList, seed: int
) -> None:
    chance = random.Random(seed)
    ids: list[int] = []
    for step in range(120):
        before = line_list.current_id
        what = chance.choice(["insert", "insert", "remove", "sort", "storm", "clear", "key", "scroll", "change"])
        match what:
            case "insert":
                ids.insert(chance.randint(0, len(ids)), 1000 + step)
            case "remove":
                ids = [id for id in ids if chance.random() < 0.8]
            case "sort":
                chance.shuffle(ids)
            case "storm":
                ids = [*range(step * 10_000, step * 10_000 + chance.randint(1, 30)), *ids]
            case "clear" if chance.random() < 0.2:
                ids = []
            case "key":
                stage.simulate_key(chance.choice(["j", "k", "g", "G", "pageup", "pagedown"]))
                await pilot.pause()
            case "scroll":
                line_list.scroll_to(y=chance.randint(0, 60))
        line_list.show([Row(str(id), f"row {id} {step % 7}") for id in ids])
        if what in ("scroll", "key") or chance.random() < 0.3:
            await pilot.pause()
            _assert_on_screen(stage, line_list, ids)

        if what != "key" and before is not None:
            assert line_list.current_id == (before if before in {str(id) for id in ids} else None)
        if what == "key" and ids:
            assert line_list.current_id in {str(id) for id in ids}


def _assert_on_screen(stage: Stage, line_list: WatchedList, ids: list[int]) -> None:
    if not ids:
        assert [text.strip() for text in stage.texts] == ["Nobody [b]waits[/b]."]
        return
    top, current = line_list.top, line_list.current
    expected = [
        f"{'>' if row is current else ' '}{row.text}"[: line_list.view_size.width]
        for row in line_list.rows[top : top + HEIGHT]
    ]
    assert expected == stage.texts
    assert 0 <= top <= max(0, len(ids) - HEIGHT)
