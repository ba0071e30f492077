"""The line above the composer tells before anything is typed; long texts go in parts, after a question."""

from pathlib import Path

import pytest

from kfconsole.desk import splitting
from kfconsole.i18n import _, ngettext
from kfconsole.simulator import World
from kfconsole.text import width_cells
from tests.ui.console import COLLEAGUE, QUEUE, RECORDS, SEND, TYPING, Console, running, short, waiting
from tests.ui.steps import talking, write_to

SIZES = [(120, 40), (80, 24)]
PARAGRAPH = "您好，这是退货的说明，请您先看一下，有问题随时告诉我。" * 12
LONG = "\n\n".join(f"第{number}段。{PARAGRAPH}" for number in "一二三四")


def edge(console: Console) -> str:
    """The line above the composer, as it stands on the screen."""
    row = console.desk_screen.composer.region.y - 1
    return console.text().splitlines()[row].rpartition("│")[2]


async def question(console: Console) -> None:
    await console.until(lambda: len(console.app.screen_stack) == 2 and getattr(console.app.screen, "is_open", True))
    await console.settle()


# -- the line ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("size", SIZES)
async def test_it_tells_replies_time_bytes_and_what_the_customer_sees(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with talking(tmp_path, world, size=size) as (console, customer):
        await console.until(lambda: "5/5" in edge(console) and "47:59" in edge(console))
        assert "0/2048" in edge(console)
        assert "晓雯" in edge(console)
        assert _("Reply to {customer}").format(customer="…" + short(customer)) in console.text()

        await console.type("您好a")
        await console.until(lambda: "7/2048" in edge(console))
        # The customer wrote just now: WeChat shows that somebody types.
        await console.until(lambda: console.requests.calls[TYPING] == 1)
        await console.until(lambda: _("typing shown") in edge(console), within=4)
        assert width_cells(edge(console)) <= size[0]

        await console.press("enter")
        await console.until(lambda: "4/5" in edge(console))
        assert "0/2048" in edge(console)


@pytest.mark.parametrize("size", SIZES)
async def test_the_window_closes_before_ones_eyes(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    async with talking(tmp_path, world, size=size) as (console, customer):
        await console.until(lambda: "47:59" in edge(console))
        for hours in (23, 23, 1.5):  # the records of a day are read anew: with a longer gap nothing would be certain
            world.clock.advance(hours * 3600)
            await console.asked_again(QUEUE, RECORDS)
        closing = _("closes in {time}").format(time=_("{count} min").format(count=29))
        await console.until(lambda: closing in edge(console))

        world.clock.advance(3600)
        await console.asked_again(QUEUE, RECORDS)
        over = _("{why}: {fix}").format(why=_("the time to reply is over"), fix=_("wait until the customer writes"))
        await console.until(lambda: edge(console).strip().startswith(over))
        assert console.composer == ""

        world.say(customer, "in time again")
        await console.until(lambda: "5/5" in edge(console))


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("size", SIZES)
async def test_what_stands_in_the_way_is_told_before_anything_is_typed(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.choose(customer)
        await console.press("enter")
        await console.until(lambda: _("accept first") in edge(console) or "接入" in edge(console))

        world.accept(COLLEAGUE, customer)
        await console.until(lambda: "Tom" in edge(console))
        assert _("{agent} serves this customer: ask {agent} first").format(agent="Tom") in edge(console) or (
            _("with {agent}: ask first").format(agent="Tom") in edge(console)
        )
        asks = _("{key} asks before it sends: two people would be answering the customer.").format(key="Enter")
        assert asks in console.text()


async def test_read_only_says_so(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, sections={"me": {"read_only": True}}) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        await console.until(lambda: "read-only: nothing is sent" in edge(console))


# -- long texts --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("size", SIZES)
async def test_a_long_text_goes_in_parts_after_a_question(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    parts = splitting.split(LONG)
    async with talking(tmp_path, world, size=size) as (console, customer):
        await console.paste(LONG)
        messages = ngettext("{count} message", "{count} messages", 2).format(count=len(parts))
        await console.until(lambda: _("goes as {messages}").format(messages=messages) in edge(console))
        await console.press("enter")
        await question(console)
        assert console.composer == LONG
        cost = _("It takes {count} of the {left} replies left.").format(count=len(parts), left="≤5")
        assert cost in console.text()
        for number in range(len(parts)):
            assert f"{number + 1}  第" in console.text()

        await console.press("s")
        await console.until(lambda: [text for _customer, text in console.sent] == list(parts))
        assert {openid for openid, _text in console.sent} == {customer}
        assert console.composer == ""
        await console.until(lambda: f"{5 - len(parts)}/5" in edge(console))
        await console.until(lambda: console.contact(customer).draft == "")
    assert splitting.text_bytes(LONG) > splitting.MAX_TEXT_BYTES


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_cancel_comes_first_and_leaves_the_text_and_the_cursor(tmp_path: Path, world: World, key: str) -> None:
    async with talking(tmp_path, world) as (console, _customer):
        await console.paste(LONG)
        await console.press("up", "up", "home", "enter")
        await question(console)
        await console.press(key)
        await console.until(lambda: console.is_writing)
        assert console.composer == LONG
        assert console.requests.calls[SEND] == 0
        await console.type("X")
        lines = LONG.split("\n")
        assert console.composer.split("\n")[-3] == "X" + lines[-3] or "X" in console.composer.split("\n")[-1][1:]
        assert len(console.composer) == len(LONG) + 1


async def test_the_question_warns_when_not_all_parts_may_arrive(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        for number in range(4):
            await console.type(f"reply {number}")
            await console.press("enter")
            await console.until(lambda: len(console.sent) == number + 1)  # noqa: B023
        await console.until(lambda: "last reply ≤1/5" in edge(console))
        await console.paste(LONG)
        await console.until(lambda: "only 1 reply left" in edge(console))
        await console.press("enter")
        await question(console)
        assert "Only 1 reply is left" in console.text()
        await console.press("escape")
        await console.until(lambda: console.is_writing)
        assert len(console.sent) == 4
        assert console.opened == customer


async def test_a_link_longer_than_a_message_is_refused_with_words(tmp_path: Path, world: World) -> None:
    link = f'<a href="https://lehuo.example/?{"x" * 2_100}">这里</a>'
    async with talking(tmp_path, world) as (console, _customer):
        await console.paste(f"请看{link}")
        await console.until(lambda: "link too long" in edge(console))
        await console.press("enter")
        await console.sees("A link of the text is longer than one message")
        assert console.composer == f"请看{link}"
        assert console.requests.calls[SEND] == 0


async def test_a_long_text_survives_the_question_and_a_restart(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        await console.paste(LONG)
        await console.press("enter")
        await question(console)
        await console.until(lambda: console.contact(customer).draft == LONG)
    async with running(tmp_path, world) as console:
        await console.until(lambda: any(row.id == customer for row in console.desk_screen.sessions.rows))
        await write_to(console, customer)
        assert console.composer == LONG
        assert console.sent == []


async def test_a_customer_who_is_left_meanwhile_gets_the_parts_and_nobody_else(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        (other,) = waiting(world)
        await console.serve(other, "hi")
        await write_to(console, customer)
        await console.paste(LONG)
        console.strike("enter", "escape", "1", "2", "s")
        await question(console)
        assert "A long reply to …" + short(customer) in console.text()
        await console.press("s")
        await console.until(lambda: len(console.sent) == len(splitting.split(LONG)))
        assert {openid for openid, _text in console.sent} == {customer}


# -- the composer on the desk ------------------------------------------------------------------------------------------


async def test_at_80_by_24_the_messages_stay_readable_above_six_lines(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world, size=(80, 24)) as (console, customer):
        world.say(customer, "the newest words")
        await console.sees("the newest words")
        for number in range(8):
            await console.type(f"line {number}")
            await console.press("ctrl+j")
        assert console.desk_screen.composer.size.height == 6
        assert console.desk_screen.talk.size.height >= 10
        await console.sees("the newest words", "line 7")


async def test_an_undo_behind_enter_does_not_bring_back_what_is_on_its_way(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        console.strike(*"for you", "enter", "ctrl+z", "ctrl+z", *"more", "enter")
        await console.until(lambda: console.sent == [(customer, "for you"), (customer, "more")])
        await console.press("ctrl+z", "ctrl+z")
        assert console.composer == ""


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
async def test_lines_that_are_pasted_stay_lines_however_a_terminal_ends_them(
    tmp_path: Path, world: World, end: str
) -> None:
    async with talking(tmp_path, world) as (console, _customer):
        await console.paste(f"第一行{end}第二行{end}\x1b")
        assert console.composer == "第一行\n第二行\n␛"
        assert console.sent == []
