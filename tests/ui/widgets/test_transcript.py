"""A conversation stands still unless it is at its end, and only what is seen is laid out."""

import random
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import cast

import pytest
from textual import events
from textual.pilot import Pilot

from tests.ui.widgets.stage import Row, Stage, WatchedTranscript, draw_item

WIDTH, HEIGHT = 21, 10  # one column is the scrollbar's


def items(start: int, stop: int, lines: int = 1, kind: str = "m") -> list[Row]:
    return [Row(f"{kind}{number}", "x" * (10 * (lines - 1))) for number in range(start, stop)]


def all_lines(shown: Sequence[Row], width: int = WIDTH - 1) -> list[str]:
    """What the transcript would show on an endless screen."""
    pairs = zip(shown, [None, *shown], strict=False)
    return [line[0][0] for item, previous in pairs for line in draw_item(item, previous, width)]


def said(stage: Stage) -> list[tuple[str, object]]:
    return [
        (type(message).__name__, getattr(message, "count", getattr(message, "item_id", None))) for message in stage.said
    ]


@pytest.fixture
async def pilot() -> AsyncIterator[Pilot[None]]:
    async with Stage(lambda: WatchedTranscript(empty="No [b]messages[/b]")).run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        yield pilot


@pytest.fixture
def stage(pilot: Pilot[None]) -> Stage:
    return cast(Stage, pilot.app)


@pytest.fixture
def transcript(stage: Stage) -> WatchedTranscript:
    return cast(WatchedTranscript, stage.widget)


@pytest.fixture
def laid_out(transcript: WatchedTranscript, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the items the transcript asked its owner to lay out."""
    ids: list[str] = []
    draw = transcript._draw

    def watched(item: Row, previous: Row | None, width: int) -> object:
        ids.append(item.id)
        return draw(item, previous, width)

    monkeypatch.setattr(transcript, "_draw", watched)
    return ids


async def test_a_conversation_opens_at_its_end_and_lays_out_only_what_is_seen(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript, laid_out: list[str]
) -> None:
    transcript.show(items(0, 10_000, lines=2))
    await pilot.pause()

    assert all_lines(transcript.items)[-HEIGHT:] == stage.texts
    assert len(laid_out) <= HEIGHT
    assert transcript.is_at_end


async def test_a_short_conversation_stands_at_the_top(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    assert [text.strip() for text in stage.texts] == ["No [b]messages[/b]"]
    transcript.show(items(0, 1))
    await pilot.pause()

    assert stage.texts == ["-- m --", "m0:"]


async def test_at_the_end_the_view_follows_what_is_added(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    for count in range(1, 40):
        transcript.show(items(0, count, lines=3))
    await pilot.pause()

    assert all_lines(transcript.items)[-HEIGHT:] == stage.texts
    assert said(stage) == []


async def test_adding_one_lays_out_one(pilot: Pilot[None], transcript: WatchedTranscript, laid_out: list[str]) -> None:
    transcript.show(items(0, 1000))
    await pilot.pause()
    laid_out.clear()
    transcript.show(items(0, 1001))
    await pilot.pause()

    assert laid_out == ["m1000"]


async def test_scrolled_up_the_view_stands_still_and_tells_how_many_came_below(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 100))
    await pilot.press("pageup")
    seen = stage.texts
    transcript.painted.clear()
    transcript.show(items(0, 102))
    transcript.show(items(0, 103))
    await pilot.pause()

    assert seen == stage.texts
    assert transcript.painted == []
    assert said(stage) == [("NewBelow", 2), ("NewBelow", 3)]
    await pilot.press("pagedown", "pagedown")
    assert said(stage)[-1] == ("NewBelow", 0)
    assert all_lines(transcript.items)[-HEIGHT:] == stage.texts


async def test_older_items_put_before_leave_the_view_still(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(500, 600, lines=2))
    await pilot.press("home")
    seen = stage.texts
    assert ("TopReached", None) in said(stage)
    stage.said.clear()
    transcript.show([*items(0, 499, kind="o"), *items(499, 600, lines=2)])
    await pilot.pause()

    assert seen[1:] == stage.texts[1:]  # the line that began the conversation is no longer its first
    assert said(stage) == []
    await pilot.press("home")
    assert stage.texts[:2] == ["-- o --", "o0:"]
    assert ("TopReached", None) in said(stage)


async def test_a_changed_item_lays_out_itself_and_the_one_after(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript, laid_out: list[str]
) -> None:
    before = items(0, 100)
    transcript.show(before)
    await pilot.pause()
    laid_out.clear()
    transcript.painted.clear()
    after = [*before[:95], Row("m95", "sent"), *before[96:]]
    transcript.show(after)
    await pilot.pause()

    assert laid_out == ["m95", "m96"]
    assert transcript.painted == [5]
    assert all_lines(after)[-HEIGHT:] == stage.texts


async def test_a_change_above_the_view_does_not_move_it(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    before = items(0, 100)
    transcript.show(before)
    await pilot.press("home", "pagedown", "pagedown", "pagedown")
    seen = stage.texts
    transcript.show([Row("m0", "long " * 20), Row("m1", "long " * 20), *before[2:]])
    await pilot.pause()

    assert seen == stage.texts


async def test_equal_items_paint_and_lay_out_nothing(
    pilot: Pilot[None], transcript: WatchedTranscript, laid_out: list[str]
) -> None:
    transcript.show(items(0, 100))
    await pilot.pause()
    transcript.painted.clear()
    laid_out.clear()
    transcript.show(items(0, 100))
    await pilot.pause()

    assert transcript.painted == []
    assert laid_out == []


async def test_another_conversation_opens_at_its_end(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 100))
    await pilot.press("k", "pageup", "pageup")
    transcript.show(items(0, 101))
    await pilot.pause()
    stage.said.clear()
    transcript.show(items(0, 50, kind="o"))
    await pilot.pause()

    assert all_lines(transcript.items)[-HEIGHT:] == stage.texts
    assert transcript.current_id is None
    assert {("Moved", None), ("NewBelow", 0)} == set(said(stage))


async def test_keys_move_item_by_item_from_what_is_on_screen(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 100, lines=2))
    assert transcript.current is None
    seen = []
    for key in ("k", "k", "up", "j", "g", "j", "G", "k", "home", "end"):
        await pilot.press(key)
        seen.append(transcript.current_id)
        assert any(text.startswith(f"{transcript.current_id}:") for text in stage.texts)

    assert seen == ["m99", "m98", "m97", "m98", "m0", "m1", "m99", "m98", "m0", "m99"]
    assert transcript.is_at_end


async def test_every_line_of_the_current_item_is_highlighted(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 3, lines=2))
    await pilot.press("k")
    await pilot.pause()
    backgrounds = [next(segment.style.bgcolor for segment in strip if segment.style) for strip in stage.strips]

    assert [color != backgrounds[0] for color in backgrounds] == [False] * 5 + [True] * 2 + [False] * 3


async def test_a_page_takes_the_current_item_along(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 100))
    await pilot.press("k", "pageup")
    assert transcript.current_id == "m81"
    assert stage.texts[0] == "m81:"

    await pilot.press("pagedown")
    assert transcript.current_id == "m99"


async def test_what_leaves_the_screen_is_no_longer_current(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 100))
    await pilot.press("k")
    transcript.scroll_to(y=40)
    await pilot.pause()
    assert transcript.current_id is None
    assert said(stage) == [("Moved", "m99"), ("Moved", None)]

    await pilot.press("j")
    assert f"{transcript.current_id}:" == stage.texts[0]
    transcript.show(items(0, 30))
    await pilot.pause()
    assert transcript.current_id is None


async def test_a_click_makes_an_item_current(pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript) -> None:
    transcript.show(items(0, 3, lines=2))
    await pilot.pause()
    await pilot.click(WatchedTranscript, offset=(2, 4))
    await pilot.click(WatchedTranscript, offset=(2, 9))

    assert transcript.current_id == "m1"
    assert said(stage) == [("Moved", "m1")]


async def test_an_item_taller_than_the_screen_shows_its_start_and_can_be_read_through(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    tall = Row("m1", "".join(chr(0x4E00 + number) for number in range(150)))
    transcript.show([*items(0, 1), tall, *items(2, 3)])
    await pilot.press("k", "k")
    assert stage.texts[0].startswith("m1:")

    await pilot.press("pagedown")
    assert stage.texts[-1] == "m2:"


async def test_keys_do_nothing_in_an_empty_conversation(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    await pilot.press("j", "k", "g", "G", "pageup", "pagedown")
    await pilot.click(WatchedTranscript, offset=(1, 1))
    transcript.scroll_to_end()
    transcript.redraw()

    assert transcript.current is None
    assert stage.said == []


async def test_wanting_beyond_the_first_line_asks_for_more(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 3))
    for key in ("pageup", "g", "k"):
        stage.said.clear()
        await pilot.press(key)
        assert ("TopReached", None) in said(stage)


async def test_the_wheel_scrolls_line_by_line_and_asks_for_more_at_the_top(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    shown = items(0, 30)
    transcript.show(shown)
    await pilot.pause()
    tops = []
    while not stage.said:
        tops.append(all_lines(shown).index(stage.texts[0]))
        transcript.post_message(
            events.MouseScrollUp(
                transcript, x=1, y=1, delta_x=0, delta_y=0, button=0, shift=False, meta=False, ctrl=False
            )
        )
        await pilot.pause()

    assert said(stage) == [("TopReached", None)]
    assert stage.texts == all_lines(shown)[:HEIGHT]
    assert {before - after for before, after in pairwise(tops)} == {int(stage.scroll_sensitivity_y)}


async def test_a_resize_wraps_anew_what_is_seen_and_stays_at_the_end(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript, laid_out: list[str]
) -> None:
    transcript.show(items(0, 1000, lines=3))
    await pilot.pause()
    for width, height in ((13, 6), (13, 20), (33, 8)):
        laid_out.clear()
        await pilot.resize_terminal(width, height)
        await pilot.pause()

        assert all_lines(transcript.items, width - 1)[-height:] == stage.texts
        assert len(set(laid_out)) <= height


async def test_scrolled_up_a_resize_keeps_the_place(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 1000, lines=3))
    transcript.scroll_to(y=500)
    await pilot.pause()
    top_item = stage.texts[0].split(":")[0]
    await pilot.resize_terminal(33, 6)
    await pilot.pause()

    assert any(text.startswith(top_item) for text in stage.texts)
    assert not transcript.is_at_end


async def test_redrawing_asks_the_owner_again(
    pilot: Pilot[None], transcript: WatchedTranscript, laid_out: list[str]
) -> None:
    transcript.show(items(0, 100))
    await pilot.pause()
    laid_out.clear()
    transcript.painted.clear()
    transcript.redraw()
    await pilot.pause()

    assert len(set(laid_out)) == HEIGHT
    assert transcript.painted == []


async def test_a_theme_change_redraws_in_the_new_styles(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 100))
    await pilot.pause()
    backgrounds = set()
    for theme in ("textual-dark", "textual-light"):
        stage.theme = theme
        await pilot.pause()
        assert all_lines(transcript.items)[-HEIGHT:] == stage.texts
        backgrounds.add(next(segment.style.bgcolor for segment in stage.strips[0] if segment.style))

    assert len(backgrounds) == 2


async def test_a_conversation_that_grew_while_hidden_is_at_its_end_when_it_is_back(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 30))
    await pilot.pause()
    transcript.display = False
    await pilot.pause()
    transcript.show(items(0, 60, lines=2))
    await pilot.pause()
    transcript.display = True
    await pilot.pause()

    assert all_lines(transcript.items)[-HEIGHT:] == stage.texts


async def test_items_shown_before_the_first_frame_are_in_it() -> None:
    def make() -> WatchedTranscript:
        transcript = WatchedTranscript()
        transcript.show(items(0, 100, lines=2))
        return transcript

    stage = Stage(make)
    async with stage.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()

        assert all_lines(items(0, 100, lines=2))[-HEIGHT:] == stage.texts


async def test_hostile_and_wide_texts_fill_lines_exactly(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript, hostile: str
) -> None:
    transcript.show([Row("m1", hostile), Row("m2", "你好" * 9), Row("m3", "a\tb\nc")])
    await pilot.pause()

    assert {WIDTH} == {sum(segment.cell_length for segment in strip) for strip in stage.strips}
    assert stage.texts[1] == "m1:[/b] [@"


@pytest.mark.parametrize("seed", range(4))
async def test_through_any_changes_the_screen_is_a_piece_of_the_conversation_and_stands_still(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript, seed: int
) -> None:
    chance = random.Random(seed)
    shown = items(1000, 1000 + chance.randint(0, 60))
    transcript.show(shown)
    await pilot.pause()
    for step in range(80):
        was_at_end, seen = transcript.is_at_end, stage.texts
        what = chance.choice(["append", "append", "prepend", "change", "remove", "key", "scroll", "wheel", "resize"])
        match what:
            case "append":
                shown = [*shown, *_new(chance, step, "m")]
            case "prepend":
                shown = [*_new(chance, step, "o"), *shown]
            case "change" if shown:
                place = chance.randrange(len(shown))
                shown = [*shown[:place], Row(shown[place].id, "y" * chance.randint(0, 40)), *shown[place + 1 :]]
            case "remove":
                shown = [item for item in shown if chance.random() < 0.95]
            case "key":
                stage.simulate_key(chance.choice(["j", "k", "k", "g", "G", "pageup", "pagedown"]))
                await pilot.pause()
            case "scroll":
                transcript.scroll_to(y=chance.randint(0, 300))
            case "wheel":
                transcript.scroll_relative(y=chance.randint(-5, 5))
            case "resize":
                await pilot.resize_terminal(WIDTH, chance.randint(2, 30))
        transcript.show(shown)
        await pilot.pause()

        _assert_piece(stage, shown)
        if was_at_end and what in ("append", "prepend", "change", "resize"):
            assert transcript.is_at_end
        if not was_at_end and what == "append":
            assert seen == stage.texts
        if not was_at_end and what == "prepend":
            assert seen[1:] == stage.texts[1:]


def _new(chance: random.Random, step: int, kind: str) -> list[Row]:
    return [Row(f"{kind}{step}-{n}", "x" * chance.randint(0, 40)) for n in range(chance.randint(1, 12))]


def _assert_piece(stage: Stage, shown: list[Row]) -> None:
    if not shown:
        assert [text.strip() for text in stage.texts] == ["No [b]messages[/b]"]
        return
    lines, seen = all_lines(shown), stage.texts
    assert min(stage.size.height, len(lines)) == len(seen)
    assert any(lines[start : start + len(seen)] == seen for start in range(len(lines) - len(seen) + 1))


@pytest.mark.parametrize("place", [0, 1, 3, 50, 97, 99])
async def test_an_item_that_is_gone_to_is_current_and_in_the_middle_as_far_as_there_is_one(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript, place: int
) -> None:
    transcript.show(items(0, 100, lines=2))
    await pilot.pause()
    assert transcript.go_to(f"m{place}")
    await pilot.pause()

    assert transcript.current_id == f"m{place}"
    lines = all_lines(transcript.items)
    start = next(number for number, line in enumerate(lines) if line.startswith(f"m{place}:"))
    top = max(0, min(start - (HEIGHT - 2) // 2, len(lines) - HEIGHT))
    assert abs(lines.index(stage.texts[0]) - top) <= 1
    assert said(stage)[-1] == ("Moved", f"m{place}")


async def test_what_is_not_there_cannot_be_gone_to(pilot: Pilot[None], transcript: WatchedTranscript) -> None:
    transcript.show(items(0, 100))
    await pilot.pause()
    assert not transcript.go_to("m100")

    assert transcript.is_at_end
    assert transcript.current_id is None


async def test_new_items_are_counted_only_below_the_one_that_is_gone_to(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    transcript.show(items(0, 100))
    transcript.go_to("m10", new_items=3)
    transcript.show(items(0, 101))
    await pilot.pause()
    assert [found for found in said(stage) if found[0] == "NewBelow"] == [("NewBelow", 3), ("NewBelow", 4)]

    transcript.go_to("m80", new_items=50)
    await pilot.press("end")
    assert [found for found in said(stage) if found[0] == "NewBelow"][-2:] == [("NewBelow", 20), ("NewBelow", 0)]


async def test_hidden_it_goes_there_once_it_is_seen(
    pilot: Pilot[None], stage: Stage, transcript: WatchedTranscript
) -> None:
    fresh = WatchedTranscript()
    fresh.display = False
    await stage.mount(fresh, before=transcript)
    fresh.show(items(0, 100))
    assert fresh.go_to("m40")
    transcript.display, fresh.display = False, True
    await pilot.pause()

    assert fresh.current_id == "m40"
    assert any(text.startswith("m40") for text in stage.texts)


async def test_off_the_screen_it_takes_items_and_is_not_drawn(transcript: WatchedTranscript) -> None:
    transcript.show(items(0, 20))
    await transcript.remove()
    transcript.notify_style_update()  # nothing is kept of how it looked
    transcript.show(items(0, 40))
    transcript.go_to("m30")
    assert transcript.current_id == "m30"
    assert len(transcript.items) == 40
