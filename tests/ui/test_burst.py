"""What is typed in one burst behind a key that opens something is for that: a lagging line brings it in one piece."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.screen import Screen
from textual.widgets import Input

from kfconsole.simulator import World
from kfconsole.ui.board import BoardScreen
from kfconsole.ui.board_columns import BoardColumns
from kfconsole.ui.commands import COMMANDS
from kfconsole.ui.dialogs import Picker, Prompt, Question
from kfconsole.ui.help import HelpScreen
from kfconsole.ui.owed import OwedScreen
from kfconsole.ui.plan_dialog import PlanDialog
from tests.ui.console import COLLEAGUE, CREATE, ME, SEND, Console, running, short, waiting
from tests.ui.test_replay import replaying

SIZES = [(120, 40), (80, 24)]
WORDS = "aax"  # three commands that act on somebody, two of them at once
WITH_A_LINE: dict[str, tuple[str, ...]] = {
    "palette": ("ctrl+p",),
    "palette of the board": ("b", "ctrl+p"),
    "palette of the owed": ("o", "ctrl+p"),
    "palette of the accounts": ("m", "ctrl+p"),
    "palette of the report": ("p", "ctrl+p"),
    "palette of the limits": ("Q", "ctrl+p"),
    "palette of the history": ("h", "ctrl+p"),
    "palette of the search": ("H", "ctrl+p"),
    "assign": ("A",),
    "transfer": ("2", "t"),
    "send_other": ("2", "f"),
    "send_other from the composer": ("2", "r", "ctrl+o"),
    "palette from the composer": ("2", "r", "ctrl+p"),
    "palette from the filter": ("slash", "ctrl+p"),
    "canned from the composer": ("2", "r", "ctrl+r"),
    "edit_customer": ("e",),
    "board_order": ("b", "S"),
    "report_span": ("p", "d"),
    "jump": ("h", "d"),
    "search_customer": ("Q", "escape", "3", "H", "f2"),
    "search_agent": ("H", "f4"),
    "search_days": ("H", "f5"),
    "account_add": ("m", "n"),
    "account_rename": ("m", "e"),
    "search": ("H",),
    "filter": ("slash",),
    "filter of the board": ("b", "slash"),
}
WITH_AN_ANSWER: dict[str, tuple[str, ...]] = {
    "close_session": ("2", "x"),
    "take_over": ("2", "j", "T"),
    "hand_back": ("2", "B"),
    "assign_longest": ("L",),
    "reply to who waits": ("1", "r"),
    "send_other to who waits": ("1", "f"),
    "close_session of the board": ("b", "j", "x"),
    "board_columns": ("b", "C"),
    "several": ("2", "v", "x"),
    "help": ("question_mark",),
    "account_remove": ("m", "D"),
}


@asynccontextmanager
async def floor(tmp_path: Path, world: World, *, size: tuple[int, int]) -> AsyncIterator[Console]:
    """A console with two who wait, one served here and one by a colleague."""
    async with running(tmp_path, world, size=size) as console:
        mine, hers = waiting(world, 2)
        await console.serve(mine, "hello")
        await console.serve(hers, "hello", agent=COLLEAGUE)
        waiting(world, 2)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        await console.press("2", "g", "1", "g")
        yield console


async def lead_to(console: Console, keys: tuple[str, ...]) -> None:
    """Press all keys but the last, each once what the one before opened is there."""
    for key in keys[:-1]:
        await console.press(key)
        await console.quiet()
        if isinstance(console.app.screen, BoardScreen):
            await console.until(partial(has_rows, console.app.screen))
    await console.until(lambda: console.is_writing or console.app.screen.focused is not None)


def has_rows(board: BoardScreen) -> bool:
    """Whether the board shows its customers by now."""
    return board.customers.current_id is not None


def line_of(screen: Screen[Any]) -> str:
    """What stands in the line in focus."""
    return screen.focused.value if isinstance(screen.focused, Input) else ""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", WITH_A_LINE)
async def test_words_behind_the_key_stand_in_the_line_and_no_letter_is_a_command(
    tmp_path: Path, world: World, name: str, size: tuple[int, int]
) -> None:
    async with floor(tmp_path, world, size=size) as console:
        keys = WITH_A_LINE[name]
        await lead_to(console, keys)
        before = console.writes()
        console.strike(keys[-1], *WORDS)
        await console.until(lambda: line_of(console.app.screen).endswith(WORDS))  # behind a name to be changed

        assert console.composer == ""
        assert console.writes() == before


@pytest.mark.parametrize("name", [*WITH_A_LINE, "reply"])
async def test_what_is_pasted_behind_the_key_stands_in_the_line(tmp_path: Path, world: World, name: str) -> None:
    async with floor(tmp_path, world, size=(80, 24)) as console:
        keys = WITH_A_LINE.get(name, ("2", "r"))
        await lead_to(console, keys)
        console.strike(keys[-1], "a", events.Paste("张三"), "b")
        await console.until(lambda: (console.composer or line_of(console.app.screen)).endswith("a张三b"))

        assert (console.composer == "") is (name != "reply")


@pytest.mark.parametrize("keys", [("2", "x"), ("1", "r"), ("2",), ("4",), ("2", "r", "escape")])
async def test_of_what_is_pasted_where_nothing_takes_it_that_is_said(
    tmp_path: Path, world: World, keys: tuple[str, ...]
) -> None:
    async with floor(tmp_path, world, size=(80, 24)) as console:
        await lead_to(console, keys)
        console.strike(keys[-1], events.Paste("张三"))
        await console.until(lambda: bool(console.app._notifications))
        if isinstance(console.app.screen, Question):  # no note hides what it asks
            await console.press("escape")
        await console.sees("What was pasted is nowhere")

        assert console.composer == ""


async def test_what_is_pasted_behind_the_canned_reply_that_was_picked_is_of_the_reply(
    tmp_path: Path, world: World
) -> None:
    (tmp_path / "replies.toml").write_text('[[reply]]\nname = "hello"\ntext = "你好"\n', encoding="utf-8")
    async with floor(tmp_path, world, size=(80, 24)) as console:
        await lead_to(console, ("2", "r", "ctrl+r"))
        console.strike("ctrl+r", *"hel", "enter", events.Paste("张三"), "b")
        await console.until(lambda: console.is_writing and console.composer == "你好张三b")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", WITH_AN_ANSWER)
async def test_nothing_is_answered_that_nobody_could_read(
    tmp_path: Path, world: World, name: str, size: tuple[int, int]
) -> None:
    async with floor(tmp_path, world, size=size) as console:
        keys = WITH_AN_ANSWER[name]
        await lead_to(console, keys)
        below, before = console.app.screen, console.writes()
        console.strike(keys[-1], *"yaaxs", "enter", "space", "n")
        await console.until(lambda: isinstance(console.app.screen, (Question, PlanDialog, BoardColumns, HelpScreen)))
        await console.until(lambda: console.app.focused is not None)
        await console.settle()
        assert isinstance(console.app.screen, (Question, PlanDialog, BoardColumns, HelpScreen))
        assert console.writes() == before
        await console.press("escape")
        await console.until(lambda: console.app.screen is below)

        console.strike(keys[-1], "escape", *WORDS)
        await console.until(lambda: console.app.screen is below and console.app.focused is not None)
        await console.quiet()
        assert console.writes() == before
        assert console.app.screen is below


@pytest.mark.parametrize(("typed", "picks"), [("tom", True), ("o", False), ("", False)])
async def test_enter_in_the_burst_takes_whom_the_words_name_and_else_nobody(
    tmp_path: Path, world: World, typed: str, *, picks: bool
) -> None:
    world.add_agent("kf2009@lehuo", "Bob")
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.sees("online 3/4")
        await console.choose(customer)
        console.strike("A", *typed, "enter", "a")
        if picks:
            await console.until(lambda: world.holder(customer) == COLLEAGUE)
        else:
            await console.until(lambda: isinstance(console.app.screen, Picker) and line_of(console.app.screen) == typed)
            await console.settle()
            assert isinstance(console.app.screen, Picker)
            assert console.writes() == []


async def test_a_command_named_in_one_burst_with_the_palette_is_run(tmp_path: Path, world: World) -> None:
    async with floor(tmp_path, world, size=(120, 40)) as console:
        console.strike("ctrl+p", *"who is owed", "enter")
        await console.until(lambda: isinstance(console.app.screen, OwedScreen))


async def test_what_is_typed_behind_a_reply_from_the_board_is_the_reply(tmp_path: Path, world: World) -> None:
    async with floor(tmp_path, world, size=(120, 40)) as console:
        mine = next(openid for openid in world.sessions if world.holder(openid) == ME)
        await console.press("b")
        board = console.app.screen
        assert isinstance(board, BoardScreen)
        await console.until(lambda: board.customers.select(mine))
        console.strike("r", *WORDS)
        await console.until(lambda: console.is_writing and console.composer == WORDS)
        assert console.desk_screen.composer.openid == mine


async def test_what_is_typed_behind_an_answer_goes_where_the_answer_leads(tmp_path: Path, world: World) -> None:
    async with floor(tmp_path, world, size=(120, 40)) as console:
        openid = console.desk_screen.queue.current_id
        before = len(console.writes())
        await console.press("r")
        await console.sees("Send anyway")
        console.strike("s", *WORDS)
        await console.until(lambda: console.is_writing and console.composer == WORDS)
        assert console.desk_screen.composer.openid == openid
        assert [path for path, _openid in console.writes()[before:] if path in (CREATE, SEND)] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("opens", ["enter", "space"])
async def test_what_is_typed_behind_the_key_that_opens_a_conversation_is_the_reply(
    tmp_path: Path, world: World, opens: str, size: tuple[int, int]
) -> None:
    async with floor(tmp_path, world, size=size) as console:
        mine = next(openid for openid in world.sessions if world.holder(openid) == ME)
        await console.choose(mine)
        before = len(console.writes())
        console.strike(opens)
        for _turn in range(10_000):
            if not console.desk_screen.lists.has(console.app.focused):  # in a narrow window it goes before that is open
                break
            await asyncio.sleep(0)
        console.strike("r", *WORDS)
        await console.until(lambda: console.composer == WORDS)

        assert console.desk_screen.composer.openid == mine
        assert [path for path, _openid in console.writes()[before:] if path in (CREATE, SEND)] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pane", ["1", "2", "4"])
async def test_what_is_typed_behind_accepting_the_next_is_for_whom_that_is(
    tmp_path: Path, world: World, pane: str, size: tuple[int, int]
) -> None:
    async with floor(tmp_path, world, size=size) as console:
        longest = console.desk_screen.queue.rows[0].id
        await console.press("1", "j")
        await console.press(pane)
        console.strike("n", "r", *WORDS)
        await console.until(lambda: console.composer == WORDS)

        assert console.desk_screen.composer.openid == longest
        assert world.holder(longest) == ME


async def test_keys_held_for_an_answer_that_is_slow_to_come_do_nothing_and_that_is_said(
    tmp_path: Path, world: World
) -> None:
    async with floor(tmp_path, world, size=(120, 40)) as console:
        before = len(console.writes())
        console.faults.hold(CREATE)
        console.strike("n", "r", *WORDS)
        await console.sees("what was typed meanwhile did nothing")
        await console.press("3")

        assert console.app.focused is console.desk_screen.agents
        assert len(console.writes()[before:]) <= 1
        assert console.composer == ""


@pytest.mark.parametrize("burst", [("enter", "a"), ("a", "a")])
async def test_keys_behind_one_that_leaves_the_owed_list_act_on_nobody_else(
    tmp_path: Path, world: World, burst: tuple[str, str]
) -> None:
    async with floor(tmp_path, world, size=(120, 40)) as console:
        mine = next(openid for openid in world.sessions if world.holder(openid) == ME)
        await console.choose(mine)
        await console.press("B")
        await console.sees("Hand back")
        await console.press("y")
        await console.until(lambda: world.holder(mine) == "")
        await console.press("1", "o")
        await console.until(lambda: isinstance(console.app.screen, OwedScreen))
        await console.sees(short(mine))
        before = len(console.writes())
        console.strike(*burst)
        await console.until(lambda: console.app.screen is console.desk_screen)
        await console.quiet()

        assert {openid for _path, openid in console.writes()[before:]} <= {mine}


async def test_a_list_that_just_comes_up_accepts_nobody(tmp_path: Path, world: World) -> None:
    async with floor(tmp_path, world, size=(120, 40)) as console:
        mine = next(openid for openid in world.sessions if world.holder(openid) == ME)
        await console.choose(mine)
        await console.press("B")
        await console.sees("Hand back")
        await console.press("y")
        await console.until(lambda: world.holder(mine) == "")
        await console.press("1")
        before = console.writes()
        console.strike("o", *WORDS)
        await console.until(lambda: isinstance(console.app.screen, OwedScreen))
        await console.quiet()

        assert console.writes() == before
        assert isinstance(console.app.screen, OwedScreen)


async def test_in_a_replay_a_time_typed_behind_the_key_is_jumped_to(tmp_path: Path) -> None:
    async with replaying(tmp_path, start="+5m") as console:
        console.strike("J", *"+1")
        await console.until(lambda: isinstance(console.app.screen, Prompt) and line_of(console.app.screen) == "+1")


def test_every_command_that_asks_is_among_those_tried() -> None:
    tried = {name.partition(" ")[0] for name in (*WITH_A_LINE, *WITH_AN_ANSWER)}
    asks = {row.id for row in COMMANDS if "asks first" in row.description or "shows the plan" in row.description}
    assert asks - {"canned_delete", "owed_remove"} <= tried
