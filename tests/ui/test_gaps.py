"""Gaps in the transcript: where they stand, what they say, and that looking at them fills them."""

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.style import Style

from kfconsole import text
from kfconsole.errors import KfError
from kfconsole.model import AgentId, Conversation, CustomerId, GapFetch, Message, MessageId, MessageKind, Record
from kfconsole.simulator import World
from kfconsole.ui import gaps, lines
from kfconsole.ui.gaps import with_gaps
from kfconsole.ui.lines import GapLine, Line, Page
from kfconsole.ui.tones import Tones
from kfconsole.ui.words import ASCII_GLYPHS, WIDE_GLYPHS, Glyphs
from tests.conftest import HOSTILE
from tests.ui.console import ME, RECORDS, Console, running, short, waiting

ANN = CustomerId("oAnn")
DAY = 24 * 3600
T = 1_795_406_400
"""Noon in Shanghai, on 2026-11-23."""
SHANGHAI = ZoneInfo("Asia/Shanghai")


def line(number: int, at: float) -> Line:
    return Line(Message(MessageId(number), ANN, AgentId("kf@shop"), MessageKind.RECEIVED, str(number), at), "Ann")


def placed(
    ats: Sequence[float],
    missing: tuple[tuple[float, float], ...],
    *,
    has_older: bool = False,
    fetch: GapFetch | None = None,
    is_part: bool = False,
) -> list[str]:
    """Put gaps between messages of these moments; return the ids of all lines."""
    conversation = Conversation(ANN, has_older=has_older, gaps=missing, fetch=fetch)
    shown = [line(number, at) for number, at in enumerate(ats)]
    return [item.id for item in with_gaps(shown, conversation, is_part=is_part)]


def said(gap: GapLine, width: int = 100, glyphs: Glyphs = WIDE_GLYPHS) -> list[str]:
    page = Page(Tones(*[Style()] * 7), glyphs, SHANGHAI, date(2026, 11, 23))
    return ["".join(words for words, _tone in parts).strip() for parts in gaps.draw(gap, width, page)]


def gap(start: float, end: float, **more: Any) -> GapLine:
    return GapLine("gap", start, end, None, **more)


def test_a_gap_stands_before_the_first_message_after_it_began() -> None:
    ats = [T, T + 100, T + 200]

    assert placed(ats, ((T + 10, T + 90),)) == ["0", f"gap-{T + 10}", "1", "2"]
    assert placed(ats, ((T, T + 90),)) == ["0", f"gap-{T}", "1", "2"]
    assert placed(ats, ((T + 50, T + 150),)) == ["0", f"gap-{T + 50}", "1", "2"]
    assert placed(ats, ((T + 250, math.inf),)) == ["0", "1", "2", f"gap-{T + 250}"]


def test_gaps_with_nothing_between_them_are_one_line() -> None:
    missing = tuple((T + 10.0 * number, T + 10.0 * number + 5) for number in range(9))

    assert placed([T - 1, T + 1000], missing) == ["0", f"gap-{T}", "1"]
    assert placed([T + 1000], missing) == ["gap-top", "0"]
    assert placed([], missing) == ["gap-top"]


def test_what_comes_before_messages_that_are_not_loaded_is_not_drawn() -> None:
    missing = ((T - 500.0, T - 400.0), (T - 50.0, T + 50.0))

    assert placed([T, T + 100], missing, has_older=True) == [f"gap-{T - 50}", "0", "1"]
    assert placed([T, T + 100], missing[:1], has_older=True) == ["0", "1"]


def test_a_day_names_its_own_gaps_alone() -> None:
    assert placed([T], ((T - 500.0, T - 400.0),), is_part=True) == [f"gap-{T - 500}", "0"]


def test_the_end_of_what_is_kept_is_said_where_nothing_older_is() -> None:
    at_limit = GapFetch(T - DAY, T - DAY, is_at_limit=True)

    assert placed([T], (), fetch=at_limit) == ["gap-top", "0"]
    assert placed([T], (), fetch=at_limit, has_older=True) == ["0"]
    assert placed([T], ((T + 5.0, T + 50.0),), fetch=at_limit) == ["gap-top", "0", f"gap-{T + 5}"]


def test_a_gap_says_from_when_to_when() -> None:
    assert said(gap(T - 2 * DAY, T - DAY)) == ["── 11/21 Sat 12:00 – Yesterday 12:00: not fetched yet ──"]
    assert said(gap(T - DAY, T - DAY + 3600)) == ["── Yesterday 12:00 – 13:00: not fetched yet ──"]
    assert said(gap(T - DAY, math.inf)) == ["── Yesterday 12:00 and later: not fetched yet ──"]
    assert said(gap(T - DAY, T, is_partial=True)) == ["── Yesterday 12:00 – Today 12:00: only partly fetched ──"]
    assert said(gap(0, T, is_top=True)) == ["── Today 12:00 and earlier: not fetched yet, PgUp asks WeChat ──"]
    assert said(gap(0, math.inf, is_top=True)) == ["── The past: not fetched yet, PgUp asks WeChat ──"]
    assert said(gap(T - DAY, T), glyphs=ASCII_GLYPHS) == ["-- Yesterday 12:00 - Today 12:00: not fetched yet --"]


def test_a_gap_says_what_became_of_it() -> None:
    span = (T - DAY, T)
    fetches = [
        GapFetch(*span, is_going_on=True),
        GapFetch(*span, vain_days=7),
        GapFetch(*span, error=KfError("No connection to WeChat.")),
    ]

    assert [said(gap(*span, fetch=fetch)) for fetch in fetches] == [
        ["── Yesterday 12:00 – Today 12:00: asking WeChat… ──"],
        ["── Yesterday 12:00 – Today 12:00: not fetched; 7 days without a word, R goes on ──"],
        ["── Yesterday 12:00 – Today 12:00: could not be fetched: No connection to WeChat. R tries again. ──"],
    ]
    assert said(gap(*span, fetch=fetches[-1]), width=60) == [
        "Yesterday 12:00 – Today 12:00: could not be fetched: No",
        "connection to WeChat. R tries again.",
    ]
    limit = gap(T, T, is_top=True, fetch=GapFetch(T, T, is_at_limit=True))
    assert said(limit) == ["── Nothing older: what was said before Today 12:00 is not kept ──"]


@pytest.mark.parametrize("width", [1, 8, 20, 33, 76, 120])
def test_no_line_is_wider_than_its_place(width: int) -> None:
    error = GapFetch(T - DAY, T, error=KfError(text.clean(HOSTILE) * 3))
    page = Page(Tones(*[Style()] * 7), WIDE_GLYPHS, SHANGHAI, date(2026, 11, 23))
    drawn = gaps.draw(gap(T - DAY, T, fetch=error), width, page)

    assert max(sum(text.width_cells(words) for words, _tone in parts) for parts in drawn) <= max(8, width)


def test_the_message_behind_a_gap_has_its_time_and_name_but_no_second_day_line() -> None:
    page = Page(Tones(*[Style()] * 7), WIDE_GLYPHS, SHANGHAI, date(2026, 11, 23))
    between = GapLine("gap", T + 10, T + 20, T)

    assert len(lines.draw(line(1, T + 30), line(0, T), 80, page)) == 1
    (drawn,) = lines.draw(line(1, T + 30), between, 80, page)
    assert "".join(words for words, _tone in drawn).startswith("12:00  Ann")
    assert len(lines.draw(line(1, T + 30), GapLine("gap", T - DAY, T, None), 80, page)) == 2


async def fetched(console: Console, begin: float, end: float, *records: Record) -> None:
    """Let a span count as fetched, in days before now, with these records in it."""
    now = int(console.app.clock.now())
    await console.archive.merge_records(records, now - int(begin * DAY), now - int(end * DAY))


def record(console: Console, openid: str, age: float, said: str) -> Record:
    at = int(console.app.clock.now() - age * DAY)
    return Record(CustomerId(openid), ME, MessageKind.RECEIVED, said, at)


def wrote(world: World, openid: str, *ages: float) -> None:
    now = int(world.clock.now())
    world.write_records([(openid, 2003, now - int(age * DAY), ME, f"{age} days ago") for age in ages])


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_gap_in_view_is_filled_and_its_line_goes(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    (first,) = waiting(world)
    wrote(world, first, 2.5, 1.5)
    async with running(tmp_path, world, size=size) as console:
        await console.sees(short(first))
        await fetched(console, 4, 3, record(console, first, 3.5, "long ago"))
        await console.serve(first, "today")
        await console.open(first)
        await console.sees("long ago", "2.5 days ago", "1.5 days ago", "today", "not fetched yet, PgUp asks WeChat")
        await console.quiet()

        assert console.text().count("not fetched") == 1
        assert len(await console.archive.conversation(CustomerId(first))) >= 4


async def test_what_cannot_be_fetched_is_said_in_its_line_and_r_tries_again(tmp_path: Path, world: World) -> None:
    (first,) = waiting(world)
    wrote(world, first, 1.5)
    async with running(tmp_path, world, interval=30.0) as console:
        await console.sees(short(first))
        await fetched(console, 4, 3, record(console, first, 3.5, "long ago"))
        console.arm(RECORDS, "status", count=None)  # the feed asks the same path, and must not take the only fault
        await console.open(first)
        await console.sees("could not be fetched: ", "R tries again.")
        console.faults.clear()
        await console.press("k", "j", "k")
        await console.asked_again(RECORDS)
        assert "R tries again." in console.text()

        await console.press("R")
        await console.sees("1.5 days ago")
        await console.sees_no("could not be fetched")


async def test_the_top_asks_for_older_days_and_the_view_stands_still(tmp_path: Path, world: World) -> None:
    (first,) = waiting(world)
    wrote(world, first, *(1.2 + number / 200 for number in range(60)))
    async with running(tmp_path, world, size=(80, 24)) as console:
        await console.serve(first, "today")
        await console.open(first)
        await console.sees("PgUp asks WeChat", "today")
        talk = console.desk_screen.talk
        await console.press("pageup")
        await console.until(lambda: len(talk.items) > 30)
        await console.quiet()
        await console.sees("today", "1.2 days ago")

        await console.press("g")
        await console.quiet()
        await console.sees("without a word, R goes on")


async def test_a_gap_is_no_message_to_act_on(tmp_path: Path, world: World) -> None:
    (first,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.serve(first, "today")
        await console.open(first)
        await console.sees("PgUp asks WeChat")
        await console.press("k", "k", "k")
        assert console.desk_screen.talk.current_id == gaps.TOP_ID
        assert console.desk_screen.talk.selected is None
        await console.press("S")
        await console.sees("No message here waits for a decision.")


async def test_keys_are_taken_while_a_gap_is_filled(tmp_path: Path, world: World) -> None:
    (first,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.serve(first, "today")
        await fetched(console, 4, 3, record(console, first, 3.5, "long ago"))
        console.faults.hold(RECORDS)
        await console.open(first)
        await console.sees("asking WeChat…")
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("hello")
        assert console.composer == "hello"
        console.faults.release(RECORDS)
        await console.sees_no("asking WeChat…")
