"""The past of one customer, day by day."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from kfconsole.model import AgentId, CustomerId, MessageKind, Record
from kfconsole.simulator import World
from kfconsole.ui.history import HistoryScreen
from tests.ui.console import ME, RECORDS, Console, running, waiting

SHANGHAI = ZoneInfo("Asia/Shanghai")


def days_ago(console: Console, days: int, hour: int = 12) -> int:
    """A moment of an earlier day."""
    now = datetime.fromtimestamp(console.app.clock.now(), SHANGHAI)
    return int((now.replace(hour=hour, minute=0, second=0) - timedelta(days=days)).timestamp())


def spoken(openid: str, text: str, at: int) -> Record:
    """What a customer said."""
    return Record(CustomerId(openid), AgentId(ME), MessageKind.RECEIVED, text, at)


def history_of(console: Console) -> HistoryScreen:
    """The history on screen."""
    assert isinstance(console.app.screen, HistoryScreen)
    return console.app.screen


async def test_what_is_kept_is_shown_while_wechat_is_asked(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "today's words")
        at = days_ago(console, 3)
        await console.archive.merge_records([spoken(customer, "kept here", at)], at, at + 60)
        world.write_records([(customer, 2003, at + 3600, ME, "only WeChat has it")])
        console.arm(RECORDS, "delay", delay_seconds=30, count=None)
        await console.open(customer)
        await console.press("h", "d")
        await console.type("3 days ago")
        await console.press("enter")
        await console.sees("kept here", "asking WeChat…")
        assert "only WeChat has it" not in console.text()

        console.faults.clear()
        await console.press("left", "right")
        await console.sees("kept here", "only WeChat has it")
        await console.sees_no("asking WeChat…")


async def test_without_network_what_is_kept_can_be_read(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "today's words")
        at = days_ago(console, 1)
        await console.archive.merge_records([spoken(customer, "kept here", at)], at, at + 60)
        await console.open(customer)
        console.arm("*", "cut_before", count=None)
        await console.press("h", "left")
        await console.sees("kept here", "Not complete")
        await console.press("right")
        await console.sees("today's words")


async def test_enter_goes_to_the_message_in_the_conversation(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "today's words")
        start = days_ago(console, 2, hour=9)
        records = [spoken(customer, f"line <{number}>", start + number) for number in range(600)]
        await console.archive.merge_records(records, start, start + 600)
        await console.open(customer)
        await console.press("h", "enter")
        await console.sees("Select a message first")
        await console.press("d")
        await console.type("2 days ago")
        await console.press("enter")
        await console.sees("line <599>")
        await console.sees_no("asking WeChat…")  # then no gap stands above the first line any more
        await console.press("g", "j", "j", "enter")
        await console.until(lambda: console.app.screen is console.desk_screen)
        talk = console.desk_screen.talk
        await console.until(lambda: talk.selected is not None)
        assert talk.selected is not None
        assert talk.selected.text == "line <2>"
        await console.sees("line <1>", "line <2>", "line <3>")
        await console.press("G")
        await console.sees("today's words")


async def test_new_messages_below_an_old_one_are_announced(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "today's words")
        start = days_ago(console, 2, hour=9)
        records = [spoken(customer, f"line <{number}>", start + number) for number in range(100)]
        await console.archive.merge_records(records, start, start + 600)
        world.clock.advance(2)  # what is as old as the archive itself is history
        world.say(customer, "hello?")
        await console.sees("hello?")
        await console.until(lambda: console.contact(customer).unread > 0)
        await console.choose(customer)
        await console.press("h", "d")
        await console.type("2 days ago")
        await console.press("enter")
        await console.sees("line <99>")
        await console.press("g", "j", "enter")
        await console.until(lambda: console.app.screen is console.desk_screen)
        await console.sees("new below, press G")
        await console.until(lambda: console.contact(customer).unread == 0)
        before = int(console.line_of("new below").split()[0])
        world.say(customer, "are you there?")
        await console.sees(f"{before + 1} new below, press G")
        await console.press("G")
        await console.sees("are you there?")
        await console.sees_no("new below")


async def test_what_is_said_meanwhile_appears_in_the_day_on_screen(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "today's words")
        await console.open(customer)
        await console.press("h")
        await console.sees("History", "today's words")
        world.say(customer, "one more thing")
        await console.sees("one more thing")
        await console.press("left")
        await console.sees("Yesterday")
        world.say(customer, "and another")
        await console.until(lambda: console.contact(customer).last_message.text == "and another")  # type: ignore[union-attr]
        assert "and another" not in console.text()


async def test_midnight_belongs_to_the_day_that_begins(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "today's words")
        midnight = days_ago(console, 1, hour=0)
        records = [spoken(customer, "just in time", midnight - 1), spoken(customer, "at midnight", midnight)]
        await console.archive.merge_records(records, midnight - 60, midnight + 60)
        await console.choose(customer)
        await console.press("h", "left")
        await console.sees("Yesterday", "at midnight")
        assert "just in time" not in console.text()
        await console.press("left")
        await console.sees("just in time")
        assert "at midnight" not in console.text()


async def test_leaving_while_messages_come_is_no_crash(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        for number in range(40):
            console.strike("h")
            await console.until(lambda: isinstance(console.app.screen, HistoryScreen))
            world.say(customer, f"again {number}")
            console.app.poller.wake()
            for _step in range(number * 5):
                await asyncio.sleep(0)
            console.strike("escape")
            await console.until(lambda: console.app.screen is console.desk_screen)
        assert console.app.crash is None
