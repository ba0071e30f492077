"""Whatever text comes from outside: shown as it is, or as a visible stand-in, and never obeyed."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from kfconsole.model import CustomerId
from kfconsole.simulator import World
from kfconsole.simulator import records as book
from tests.conftest import HOSTILE
from tests.ui.console import CLOSE, COLLEAGUE, ME, QUEUE, SEND, Console, running, waiting

STRINGS = {
    "house": HOSTILE,
    "clipboard": "\x1b]52;c;aGVsbG8=\x07 after",
    "c1": "\x9b31mred\x9c \x90q\x84",
    "nul": "a\x00b\x7fc\x08d",
    "bidi": "\u202eabc\u202c \u2066x\u2069 \u200f \u061c",
    "markup": "[b]bold[/b] [/ [/] [@click=app.quit]x[/] $x {name} %s [a={'b[0]'}]",
    "media": "[image]",
    "surrogate": "half \ud83d of a pair",
    "long": "长" * 5000 + "x" * 5000,
    "lines": "one\ntwo\r\nthree\rfour\u2028five\x0bsix\x0cseven\teight",
    "rtl": "שלום عليكم",
    "joined": "👨‍👩‍👧‍👦 ❤️ 🇨🇳 e\u0301\u0302\u0303 \u200d\u200d 👍🏽",
    "wide": "１２３ﾊﾝｶｸ㍿",
}
WORST = ("house", "long")  # for what takes longer to look at
ALLOWED_FORMAT = "\u200d\u200c\ufeff\u00ad\u2060\u200b\u180e"  # joiners and blanks that take no cell and steer nothing


def over_the_wire(text: str) -> str:
    """JSON in UTF-8 cannot carry half a pair."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def assert_harmless(console: Console) -> None:
    """No character that steers a terminal, and every line exactly as wide as the screen."""
    width = console.app.size.width
    for strip in console.app.screen._compositor.render_strips():
        for segment in strip:
            for character in segment.text:
                category = unicodedata.category(character)
                assert category not in ("Cc", "Cs"), ascii(segment.text)
                assert category != "Cf" or character in ALLOWED_FORMAT, ascii(segment.text)
        assert strip.cell_length == width
        assert cell_len(strip.text) == width, ascii(strip.text)


async def look_around(console: Console) -> None:
    """Look at every pane and dialog."""
    assert_harmless(console)
    for key in ("1", "2", "3", "4", "question_mark", "escape", "ctrl+p", "escape", "h", "escape"):
        await console.press(key)
        assert_harmless(console)


async def test_customers_may_write_anything(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        customers = dict(zip(STRINGS, waiting(world, len(STRINGS)), strict=True))
        for name, customer in customers.items():
            world.accept(ME, customer)
            world.say(customer, over_the_wire(STRINGS[name]))
            world.say(customer, "[b]literal[/b]")
        sessions = console.desk_screen.sessions
        await console.until(lambda: len(sessions.rows) == len(STRINGS))
        await console.until(lambda: all(row.contact and row.contact.last_message for row in sessions.rows))
        for size in ((120, 40), (80, 24)):
            await console.pilot.resize_terminal(*size)
            await console.until(lambda: console.app.screen.size.width == size[0])  # noqa: B023  # awaited here
            for customer in customers.values():
                await console.open(customer)
                await console.sees("[b]literal[/b]")
                assert_harmless(console)
            await look_around(console)


async def test_agents_may_be_called_anything(tmp_path: Path, world: World) -> None:
    world.agents[COLLEAGUE].nickname = "[b]Tom[/b]"
    world.add_agent("kf2005@lehuo", "")
    async with running(tmp_path, world) as console:
        customer, other = waiting(world, 2)
        await console.serve(customer, "hi")
        await console.serve(other, "hi", agent=COLLEAGUE)
        await console.sees("[b]Tom")
        await console.open(customer)
        for name, text in STRINGS.items():
            await rename(console, text)
            if name in WORST:
                await look_around(console)
            await console.choose(customer)
            await console.press("x")
            await console.sees("Cancel")
            assert_harmless(console)
            await console.press("escape")


async def rename(console: Console, text: str) -> None:
    """Give this console's agent another name, and wait until the desk knows."""
    before = console.desk.agents
    console.world.agents[ME].nickname = over_the_wire(text)
    console.app.poller.wake()
    await console.until(lambda: console.desk.agents is not before)


async def test_the_picker_shows_any_name(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world, me="") as console:
        await console.sees("online 2/3")
        for text in STRINGS.values():
            await rename(console, text)
            await console.choose(customer)
            await console.press("a")
            await console.sees("Who serves")
            assert_harmless(console)
            await console.press("escape")
        await console.press("a")
        await console.sees("Who serves")
        await console.press("enter")
        await console.until(lambda: world.holder(customer) == ME)
        assert_harmless(console)


async def test_errors_may_say_anything(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        for number, (name, text) in enumerate(STRINGS.items(), 1):
            console.faults.clear()
            console.arm(QUEUE, "errcode", code=99999, errmsg=over_the_wire(text), count=None)
            console.arm(SEND, "errcode", code=88888, errmsg=over_the_wire(text))
            console.arm(CLOSE, "errcode", code=77777, errmsg=over_the_wire(text))
            console.app.poller.wake()
            await console.sees("99999")
            await console.open(customer)
            await console.press("r")
            await console.until(lambda: console.is_writing)
            await console.type("x")
            await console.press("enter", "escape")
            if console.app.screen is not console.desk_screen:
                await console.press("s")
            await console.until(lambda: console.contact(customer).undelivered == number)  # noqa: B023  # awaited here
            assert_harmless(console)
            if name in WORST:
                await console.choose(customer)
                await console.press("x")
                await console.sees("Cancel")
                await console.press("y")
                await console.quiet()
                assert_harmless(console)


async def test_anything_can_be_pasted_and_is_sent_as_shown(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        for name, text in STRINGS.items():
            world.clock.advance(2)  # records carry whole seconds
            world.say(customer, "go on")
            await console.until(lambda: console.contact(customer).windows[0].sent == 0)
            before = len(console.sent)
            await console.paste(text)
            assert_harmless(console)
            shown = console.composer
            await console.press("enter")
            await console.quiet()
            assert_harmless(console)
            if name == "long":
                await console.sees("A long reply to")
                await console.until(lambda: getattr(console.app.screen, "is_open", False))
                await console.press("escape")
                await console.until(lambda: console.is_writing)
                assert console.composer == shown
                await console.press("f7", "delete")
                await console.until(lambda: console.composer == "")
            else:
                await console.until(lambda: console.sent[before:] == [(customer, shown)])  # noqa: B023  # awaited here


async def test_anything_can_be_pasted_into_filter_and_dialogs(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        sessions = console.desk_screen.sessions
        for text in STRINGS.values():
            await console.choose(customer)
            await console.press("slash")
            await console.paste(text)
            assert_harmless(console)
            await console.press("enter")
            assert_harmless(console)
            await console.press("escape")
            await console.until(lambda: len(sessions.rows) == 1)
            await console.press("ctrl+p")
            await console.sees("Commands")
            await console.paste(text)
            assert_harmless(console)
            await console.press("escape")
            await console.choose(customer)
            await console.press("h")
            await console.sees("History")
            await console.press("d")
            await console.sees("Jump")
            await console.paste(text)
            await console.press("enter")
            assert_harmless(console)
            await console.press("escape", "escape")
            await console.until(lambda: console.app.screen is console.desk_screen)


@pytest.mark.parametrize("openid", ["[b]bold[/b]", "\x1b[31mred", "\u202eabc", "短", "x", "💥" * 40, "a b\nc"])
async def test_openids_may_be_anything(tmp_path: Path, world: World, openid: str) -> None:
    world.add_customer(openid)
    world.say(openid, "hi")
    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.press("a")
        await console.quiet()
        await look_around(console)
        if openid in world.queue:  # WeChat never makes such openids, and does not know the one that was cleaned
            world.accept(ME, openid)
        await console.until(lambda: bool(console.desk_screen.sessions.rows))
        await console.press("2", "g", "x")
        await console.sees("Cancel")
        assert_harmless(console)


async def test_a_picture_is_told_from_the_word_for_it(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "[image]", "look: [image]")
        await console.open(customer)
        await console.sees("mpkf.weixin.qq.com", "look: [image]")


async def test_history_shows_any_text(tmp_path: Path, world: World) -> None:
    customer = world.add_customer().openid
    yesterday = world.clock.now() - 86_400
    rows = [
        (
            customer,
            book.AGENT_RECEIVED,
            yesterday,
            ME,
            text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        )
        for text in STRINGS.values()
    ]
    world.write_records(rows)
    async with running(tmp_path, world, size=(80, 24)) as console:
        await console.serve(customer, "hi")
        await console.open(customer)
        await console.press("h")
        await console.sees("History")
        await console.press("left")
        await console.until(lambda: len(talk_items(console)) >= len(STRINGS))
        for key in ("g", "pagedown", "pagedown", "G", "pageup"):
            await console.press(key)
            assert_harmless(console)


def talk_items(console: Console) -> tuple[Any, ...]:
    items: tuple[Any, ...] = getattr(console.app.screen, "talk").items  # noqa: B009  # the history's, not the desk's
    return items


async def test_a_draft_of_a_half_character_is_no_crash(tmp_path: Path, world: World) -> None:
    """Terminals hand over a lone surrogate when a pair is torn."""
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.paste("\ud83d")
        await console.press("escape")
        await console.until(lambda: console.contact(CustomerId(customer)).draft != "")
        assert_harmless(console)
