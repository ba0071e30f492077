"""A day's work, key by key."""

from asyncio import sleep
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from textual.events import Resize
from textual.geometry import Size

from kfconsole.model import CustomerId
from kfconsole.simulator import World
from kfconsole.simulator import records as book
from tests.ui.console import CLOSE, COLLEAGUE, ME, QUEUE, RECORDS, Console, running, short, waiting

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def test_waits_seen_from_the_start_are_bounds_and_later_ones_exact(tmp_path: Path, world: World) -> None:
    (early,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 1")
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        (late,) = waiting(world)
        await console.sees("waiting 2")

        assert "≥" in console.row_of(early)
        assert "≥" not in console.row_of(late)
        assert "≥×2" not in console.row_of(late)

        world.clock.advance(1)
        world.say(late, "are you there?")
        await console.until(lambda: "≥×2" in console.row_of(late))


async def test_accepting_leaves_the_customer_open_and_selected(tmp_path: Path, world: World) -> None:
    first, second = waiting(world, 2)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 2")
        await console.choose(second)
        await console.press("a")
        await console.until(lambda: world.holder(second) == ME)
        await console.quiet()

        assert console.opened == second
        assert console.app.focused is console.desk_screen.sessions
        assert console.desk_screen.sessions.current_id == second
        assert world.holder(first) == ""
        await console.sees("waiting 1")


async def test_next_takes_who_waits_longest(tmp_path: Path, world: World) -> None:
    longest, other = waiting(world, 2)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 2")
        await console.choose(other)
        await console.press("n")
        await console.until(lambda: world.holder(longest) == ME)
        await console.quiet()

        assert console.opened == longest
        assert console.desk_screen.subject() == longest
        assert world.holder(other) == ""


async def test_a_reply_reaches_the_customer_as_typed(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 1")
        await console.press("a")
        await console.until(lambda: world.holder(customer) == ME)
        world.say(customer, "我想退货")
        await console.sees("我想退货")
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("您好，马上为您办理 :)")
        await console.until(lambda: world.customers[customer].typing_until > world.clock.now())
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "您好，马上为您办理 :)")])
        await console.sees("sent")

        assert world.sent[-1].kf_account == ME
        assert console.composer == ""
        assert console.is_writing
        assert world.customers[customer].typing_until == 0


async def test_a_new_line_is_part_of_the_text(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("one")
        await console.press("ctrl+j")
        await console.type("two")
        await console.press("alt+enter")
        await console.type("three")
        await console.press("enter")

        await console.until(lambda: console.sent == [(customer, "one\ntwo\nthree")])


async def test_unread_messages_count_until_the_conversation_is_opened(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        first, second = waiting(world, 2)
        await console.serve(first, "from the first")
        await console.serve(second, "from the second")
        await console.open(second)
        await console.until(lambda: console.contact(second).unread == 0)
        unread = console.contact(first).unread
        world.clock.advance(2)  # what is as old as the archive itself is history
        world.say(first, "still there?")
        await console.until(lambda: console.contact(first).unread == unread + 1)
        await console.sees(f"{unread + 1} new")
        world.say(second, "read at once")
        await console.sees("read at once")

        assert "new" not in console.row_of(second)

        await console.open(first)
        await console.until(lambda: console.contact(first).unread == 0)
        await console.sees("still there?")
        await console.sees_no(" new")


async def test_closing_asks_and_enter_does_not_close(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer)
        await console.choose(customer)
        await console.press("x")
        await console.sees("Cancel", short(customer), "晓雯", "min)?")
        await console.press("enter")
        await console.quiet()

        assert console.app.screen is console.desk_screen
        assert world.holder(customer) == ME

        await console.press("x")
        await console.sees("Cancel")
        await console.press("y")
        await console.until(lambda: world.holder(customer) == "")
        await console.sees("Sessions 0")

        assert console.writes() == [(CLOSE, customer)]


async def test_closing_whom_nobody_serves_asks_nothing(tmp_path: Path, world: World) -> None:
    waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 1")
        await console.press("x")
        await console.sees("no session")

        assert console.app.screen is console.desk_screen
        assert console.writes() == []


async def test_history_fetches_a_day_from_wechat(tmp_path: Path, world: World) -> None:
    customer = world.add_customer().openid
    now = datetime.fromtimestamp(world.clock.now(), SHANGHAI)
    past = [
        (customer, book.AGENT_RECEIVED, (now - timedelta(days=days)).timestamp(), ME, f"{days} days ago")
        for days in (1, 4)
    ]
    world.write_records(past)
    async with running(tmp_path, world) as console:
        await console.serve(customer, "today's words")
        await console.open(customer)
        await console.press("h")
        await console.sees("History", "today's words")
        await console.press("left")
        await console.sees("Yesterday", "1 days ago")
        await console.press("d")
        await console.type("4 days ago")
        await console.sees(f"{(now - timedelta(days=4)).date()}")
        calls = console.requests.calls[RECORDS]
        await console.press("enter")
        await console.until(lambda: "4 days ago" in console.text() and "Jump" not in console.text())

        assert console.requests.calls[RECORDS] > calls

        await console.press("d")
        await console.type("next year")
        await console.press("enter")
        await console.sees("Jump")
        await console.press("escape", "escape")
        await console.sees("Queue")

        assert console.opened == customer


async def test_history_keeps_what_it_has_when_wechat_fails(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "today's words")
        await console.open(customer)
        await console.press("h")
        await console.sees("History", "today's words")
        console.arm(RECORDS, "status", count=None)
        await console.press("left")
        await console.sees("Not complete")


async def test_leaving_history_before_wechat_answers_is_no_crash(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        for number in range(40):
            console.strike("h")
            await console.until(lambda: console.app.screen is not console.desk_screen)
            console.strike("left", "escape")
            await sleep(number * 0.0005)
            await console.until(lambda: console.app.screen is console.desk_screen)
        assert console.app.crash is None


async def test_filter_narrows_and_escape_takes_it_away(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        first, second = waiting(world, 2)
        await console.serve(first, "about shoes")
        await console.serve(second, "about hats")
        await console.choose(first)
        await console.press("slash")
        await console.type("HATS")
        await console.until(lambda: [row.id for row in console.desk_screen.sessions.rows] == [second])
        await console.press("enter")

        assert console.app.focused is console.desk_screen.sessions
        await console.sees("HATS")

        await console.press("slash")
        await console.press("escape")
        await console.until(lambda: len(console.desk_screen.sessions.rows) == 2)
        assert console.app.focused is console.desk_screen.sessions


async def test_a_filter_never_leaves_a_hidden_customer_as_subject(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        first, second = waiting(world, 2)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        await console.choose(first)
        await console.press("slash")
        await console.type(short(second))
        await console.until(lambda: [row.id for row in console.desk_screen.queue.rows] == [second])
        await console.press("enter", "a")
        await console.until(lambda: world.holder(second) == ME)

        assert world.holder(first) == ""


async def test_a_filter_that_finds_nobody_selects_nobody_and_hides_them_by_saying_so(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        first, _second = waiting(world, 2)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        await console.choose(first)
        await console.press("slash")
        await console.type("nobody-is-called-so")
        await console.sees("None of 2 found; Esc shows all.")
        await console.sees_no("Nobody is waiting.")
        await console.press("enter", "a")
        await console.sees("No customer")

        assert world.sessions == {}

        await console.press("escape")
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        assert console.desk_screen.queue.current_id == first


async def test_a_filtered_list_of_agents_counts_those_found(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        await console.press("3", "slash")
        await console.type("xiaowen")
        await console.sees("Agents 1/3  / xiaowen")


async def test_the_palette_finds_a_command_by_the_word_in_the_line_of_keys(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await console.sees("q quit")
        await console.press("ctrl+p")
        await console.sees("Commands")
        await console.type("quit")
        await console.sees("Leave kfconsole")


async def test_palette_runs_a_command_by_name(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.press("ctrl+p")
        await console.sees("Commands")
        await console.type("accept selected")
        await console.press("enter")

        await console.until(lambda: world.holder(customer) == ME)


async def test_help_and_theme(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await console.press("question_mark")
        await console.sees("Keys and marks", "Ctrl+P")
        await console.press("escape")
        await console.sees_no("Keys and marks")
        await console.press("ctrl+p")
        await console.sees("Commands")
        await console.type("colours")
        await console.press("enter")
        await console.sees("Colours")
        await console.type("nord")
        await console.press("enter")

        await console.until(lambda: console.app.theme == "nord")


async def test_in_80_columns_lists_and_conversation_take_turns(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hello from the small window")
        assert "replies left" not in console.text()

        await console.choose(customer)
        await console.press("enter")
        await console.until(lambda: console.app.focused is console.desk_screen.talk)
        await console.sees("hello from the small window", "replies left")
        assert "Queue" not in console.text()

        await console.press("escape")
        await console.sees("1 Queue", "3 Agents")
        assert console.app.focused is console.desk_screen.sessions

        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("ok")
        await console.press("escape", "escape")
        await console.sees("1 Queue", "draft")
        assert all(len(line) <= 80 for line in console.text().splitlines())


async def test_resizing_while_writing_keeps_text_and_focus(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        for number, size in enumerate(((80, 24), (40, 12), (30, 8), (200, 60), (100, 12), (120, 40))):
            await console.type(str(number))
            await console.pilot.resize_terminal(*size)
            await console.settle()
            await console.type("x")
            assert console.app.screen is console.desk_screen
            assert console.is_writing == (size != (30, 8))
        await console.sees("0x1x2x4x5x")
        await console.press("enter")

        await console.until(lambda: console.sent == [(customer, "0x1x2x4x5x")])


@pytest.mark.parametrize("keys", [("q",), ("ctrl+q",)])
async def test_leaving_returns_0(tmp_path: Path, world: World, keys: tuple[str, ...]) -> None:
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        await console.press(*keys)
        await console.until(lambda: not console.app.is_running or console.app.return_value is not None)

    assert console.app.return_value == 0
    assert console.app.return_code == 0


async def test_a_resize_never_brings_back_an_older_desk(tmp_path: Path, world: World) -> None:
    """Painted from a desk of before, the queue would lose its selection, and a key its subject."""
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        (customer,) = waiting(world)
        for width in (119, 121) * 4:
            console.app.post_message(Resize(Size(width, 40), Size(width, 40)))
            await console.asked_again(QUEUE)
            assert console.desk_screen.queue.current_id == customer


async def test_keys_pressed_while_leaving_are_no_crash(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        console.app.exit(0)
        for _round in range(50):
            console.strike("escape", "j")
            await sleep(0)


async def test_leaving_amid_answers_is_no_crash(tmp_path: Path, world: World) -> None:
    for number, key in enumerate(("enter", "h", "n", "a", "r", "x")):
        async with running(tmp_path, world, interval=0.001) as console:
            waiting(world, 3)
            await console.until(lambda: bool(console.desk_screen.queue.rows))
            console.strike(key)
            await sleep(number * 0.001)
            console.app.exit(0)


@pytest.mark.parametrize("turns", range(0, 60, 4))
async def test_leaving_while_a_screen_opens_is_no_crash(tmp_path: Path, world: World, turns: int) -> None:
    async with running(tmp_path, world) as console:
        waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        console.strike("h")
        for _turn in range(turns):
            await sleep(0)
        console.app.exit(0)


async def test_the_day_of_a_busy_agent(tmp_path: Path, world: World) -> None:
    """Everything in one sitting, colleagues included; at the end WeChat holds what was typed, and nothing else."""
    async with running(tmp_path, world) as console:
        said: list[tuple[str, str]] = []
        for number in range(4):
            customers = waiting(world, 2, "hello")
            await console.until(lambda: len(console.desk_screen.queue.rows) == 2)  # awaited here
            await console.press("1", "n")
            await console.until(lambda: world.holder(customers[0]) == ME)  # noqa: B023  # awaited here
            world.accept(COLLEAGUE, customers[1])
            await console.quiet()
            await reply(console, CustomerId(customers[0]), f"回复 {number}")
            said.append((customers[0], f"回复 {number}"))
            await console.until(lambda: console.sent == said)
            await console.press("escape", "x")
            await console.sees("Cancel")
            await console.press("y")
            await console.until(lambda: world.holder(customers[0]) == "")  # noqa: B023  # awaited here
            await console.sees("waiting 0")

        assert console.sent == said
        assert {customer for path, customer in console.writes() if path == CLOSE} == {to for to, _text in said}


async def reply(console: Console, customer: CustomerId, text: str) -> None:
    await console.press("r")
    await console.until(lambda: console.is_writing and console.opened == customer)
    await console.type(text)
    await console.press("enter")
