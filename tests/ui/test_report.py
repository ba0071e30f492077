"""The report on screen: from a number to its conversations, at any size."""

from pathlib import Path

import pytest

from kfconsole.model import AgentId, CustomerId, Feed, MessageKind, Record, Session, Waiting
from kfconsole.simulator import World
from kfconsole.ui.report import ReportScreen
from tests.ui.console import Console, running, waiting

LI = AgentId("kf2002@lehuo")
ANN = CustomerId("oLh7e5reported0000000000Ann")


async def fill(console: Console) -> int:
    """Let a customer have waited 75 s, and been answered 10 s after; return when it began."""
    at = int(console.app.clock.now()) - 3000
    archive = console.archive
    await archive.note_watched(Feed.QUEUE, at - 60, at + 2000)
    await archive.note_watched(Feed.SESSIONS, at - 60, at + 2000)
    await archive.note_waits([Waiting(ANN, at, at, True)], at + 70)
    session = Session(ANN, LI, at + 75)
    await archive.note_sessions([session], at + 76)
    await archive.end_session(session, at + 400)
    said = [
        (MessageKind.SENT, 85, "I look it up"),
        (MessageKind.RECEIVED, 100, "thanks [/b]"),
        (MessageKind.SENT, 140, "?"),
    ]
    records = [Record(ANN, LI, kind, text, at + seconds) for kind, seconds, text in said]
    await archive.merge_records(records, at - 90_000, at + 3000)
    return at


async def open_report(console: Console) -> None:
    """Open it, of a span that holds what was filled in whatever the time of day."""
    await console.press("p")
    await console.sees("Report")
    await console.press("d")
    await console.type("7 days")
    await console.press("enter")
    await console.sees("all")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_from_a_number_to_its_conversation(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    async with running(tmp_path, world, size=size) as console:
        await fill(console)
        await open_report(console)
        await console.sees("01:15")
        await console.press("enter")
        await console.sees("first response", "longest", "00:10")
        await console.press("j", "enter")  # waits
        await console.sees("01:15", "length", ANN[-6:])
        await console.press("enter")
        await console.sees("I look it up", "thanks [/b]")
        assert not isinstance(console.app.screen, ReportScreen)


async def test_each_step_leads_back_to_where_it_was_taken(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await fill(console)
        await open_report(console)
        await console.press("j", "enter", "j", "enter")
        await console.sees("length")
        await console.press("escape")
        await console.sees("handling time")
        report = console.app.screen
        assert isinstance(report, ReportScreen)
        assert report.list.current_id == "waits"
        await console.press("escape")
        await console.until(lambda: report.list.current_id == "1")
        await console.press("escape")
        await console.until(lambda: console.app.screen is not report)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_definitions_are_a_key_away_and_rows_can_be_hours_and_days(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        await fill(console)
        await open_report(console)
        await console.sees("nobody watched the queue")
        await console.press("i")
        await console.sees("From the beginning of a session")
        await console.press("i", "b")
        await console.sees("23:00" if size[1] > 30 else "02:00")
        await console.press("b")
        await console.sees("-", "day")
        await console.press("d")
        await console.type("since")
        await console.press("enter")
        await console.type("next week")
        await console.press("enter")
        await console.sees("Not understood")


async def test_an_empty_report_says_what_nobody_saw(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        assert waiting(world)
        await console.press("p", "d")
        await console.type("yesterday")
        await console.press("enter")
        await console.sees("24 h in which nobody watched the queue")
        await console.press("enter", "j", "enter")
        await console.sees("No conversations are kept")
