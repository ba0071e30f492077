"""The composer's editing keys, alone on a screen."""

import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message

from kfconsole.model import CustomerId
from kfconsole.ui.keymap import DEFAULT
from kfconsole.ui.widgets.composer import Composer
from tests.ui.console import key_event

ANN, BEN = CustomerId("oAnn"), CustomerId("oBen")
FAMILY, FLAG = "👨‍👩‍👧‍👦", "🇨🇳"


class Desk(App[None]):
    """One composer, and what it said."""

    CSS = "Composer { height: auto; max-height: 6; }"
    keymap = DEFAULT

    def __init__(self) -> None:
        super().__init__()
        self.composer = Composer(placeholder="", id="composer")
        self.said: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.composer

    def on_composer_submitted(self, message: Composer.Submitted) -> None:
        self.said.append(message)

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(said.openid, said.text) for said in self.said if isinstance(said, Composer.Submitted)]


class Hand:
    """Types into the composer."""

    def __init__(self, app: Desk, pause: Callable[[float], Any]) -> None:
        self.app, self.composer, self._pause = app, app.composer, pause

    async def press(self, *keys: str) -> None:
        """Press keys in one burst, as a lagging line hands them over."""
        for key in keys:
            self.app.post_message(key_event(key))
        for _round in range(4):
            await self._pause(0)

    async def paste(self, text: str) -> None:
        self.app.post_message(events.Paste(text))
        for _round in range(4):
            await self._pause(0)

    @property
    def text(self) -> str:
        return self.composer.text


@asynccontextmanager
async def writing(text: str = "") -> AsyncIterator[Hand]:
    """A composer with the cursor behind a draft of Ann's."""
    app = Desk()
    async with app.run_test(size=(60, 20)) as pilot:
        app.composer.load(ANN, text)
        app.composer.focus()
        await pilot.pause()
        yield Hand(app, pilot.pause)


# -- bursts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["a", "b", "backspace", "c"], "ac"),
        (["a", "left", "b", "right", "c"], "bac"),
        (["a", "b", "home", "x", "end", "y"], "xaby"),
        ([*"one two", "ctrl+w", *"six"], "one six"),
        (["a", "ctrl+j", "b", "up", "c"], "ac\nb"),
        (["a", "alt+enter", "b", "ctrl+u", "c"], "a\nc"),
        ([*"ab", "left", "delete", "c"], "ac"),
        ([*"ab", "left", "ctrl+k", "c"], "ac"),
        (["你", "backspace", "好", "left", "您"], "您好"),
        ([*"ab", "shift+left", "c"], "ac"),
    ],
)
async def test_editing_keys_in_a_burst_keep_their_order(keys: list[str], text: str) -> None:
    async with writing() as hand:
        await hand.press(*keys)
        assert hand.text == text


async def test_what_is_typed_behind_enter_is_no_part_of_the_message() -> None:
    async with writing() as hand:
        await hand.press(*"hi", "backspace", "o", "enter", *"next", "backspace", "enter")
        assert hand.app.sent == [(ANN, "ho"), (ANN, "nex")]
        assert hand.text == ""


async def test_a_commit_of_an_input_method_arrives_whole() -> None:
    async with writing() as hand:
        await hand.press(*"您好请问您的订单号是多少我马上帮您查一下", "enter")
        assert hand.app.sent == [(ANN, "您好请问您的订单号是多少我马上帮您查一下")]


# -- characters and words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("character", [FAMILY, FLAG, "❤️", "👍🏽", "e\u0301", "1️⃣", "汉", "a"])
async def test_backspace_and_delete_take_what_is_seen_as_one_character(character: str) -> None:
    async with writing(f"x{character}{character}") as hand:
        await hand.press("backspace")
        assert hand.text == f"x{character}"
        await hand.press("left", "y", "delete")
        assert hand.text == "xy"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("您好，订单8842已发出", ["您好，订单8842", "您好，订单", "您好，", "您好", ""]),
        ("see you tomorrow", ["see you ", "see ", ""]),
        ("第一行\n第二行", ["第一行\n", "第一行", ""]),
    ],
)
async def test_words_end_where_the_script_changes(text: str, left: list[str]) -> None:
    async with writing(text) as hand:
        for expected in left:
            await hand.press("ctrl+w")
            assert hand.text == expected
        await hand.press("ctrl+w")
        assert hand.text == ""


async def test_moving_by_words_comes_back() -> None:
    async with writing("您好，订单8842 ok") as hand:
        await hand.press("home", "ctrl+right", "ctrl+right", "ctrl+right", "-", "ctrl+left", "ctrl+left", "+")
        assert hand.text == "您好，+订单-8842 ok"


# -- undo --------------------------------------------------------------------------------------------------------------


async def test_undo_and_redo() -> None:
    async with writing() as hand:
        await hand.press(*"good")
        await hand.press("ctrl+w", "ctrl+z")
        assert hand.text == "good"
        await hand.press("ctrl+y")
        assert hand.text == ""


async def test_undo_of_many_lines_finds_its_cursor() -> None:
    async with writing() as hand:
        await hand.press(*"ab", *["ctrl+j"] * 9, "c")
        await hand.press(*["ctrl+z"] * 12)
        assert hand.text == ""
        await hand.press(*["ctrl+y"] * 12, "d")
        assert hand.text == "ab" + "\n" * 9 + "cd"
        await hand.paste("\n" * 30)
        await hand.press("ctrl+z", "e")
        assert hand.text == "ab" + "\n" * 9 + "cde"


async def test_undo_never_brings_back_what_was_sent_or_what_belongs_to_another() -> None:
    async with writing() as hand:
        await hand.press(*"for ann", "enter")
        await hand.press(*["ctrl+z"] * 3, *["ctrl+y"] * 3)
        assert hand.text == ""

        await hand.press(*"ann again")
        hand.composer.load(BEN, "bens draft")
        await hand.press(*["ctrl+z"] * 3, *["ctrl+y"] * 3)
        assert hand.text == "bens draft"

        hand.composer.give_back(BEN, "refused")
        await hand.press(*["ctrl+z"] * 3)
        assert hand.text == "refused\nbens draft"


EDITS = (" ", "ctrl+j", "backspace", "delete", "left", "right", "up", "ctrl+w", "ctrl+u", "ctrl+k", "home", "end")
UNDOES = ("ctrl+z", "ctrl+y", "enter")


async def test_no_keys_carry_a_text_to_another_customer() -> None:
    """Ann's texts are in letters, Ben's in capitals: whatever is undone or sent, they never mix."""
    chance = random.Random(5)
    async with writing() as hand:
        for round_number in range(80):
            openid, letters = ((ANN, "ab汉"), (BEN, "AB字"))[round_number % 2]
            hand.composer.load(openid, "")
            await hand.press(*chance.choices([*letters, *EDITS, *UNDOES], k=chance.randint(1, 12)))
            assert not set(hand.text) - set(letters) - {" ", "\n"}
            assert hand.composer.wrapped_document.height == hand.text.count("\n") + 1
        for owner, text in hand.app.sent:
            assert not set(text) & set("AB字" if owner == ANN else "ab汉")
        assert len(hand.app.sent) > 10


# -- texts that come back ----------------------------------------------------------------------------------------------


async def test_a_text_that_comes_back_has_its_cursor_where_it_was() -> None:
    async with writing("one two three") as hand:
        await hand.press("ctrl+left", "enter")
        hand.composer.give_back(ANN, "one two three")
        await hand.press("X")
        assert hand.text == "one two Xthree"


async def test_a_text_is_withdrawn_only_as_it_was() -> None:
    async with writing("long") as hand:
        assert not hand.composer.withdraw(ANN, "other")
        assert not hand.composer.withdraw(BEN, "long")
        assert hand.text == "long"
        await hand.press("ctrl+j", *"newer")
        assert hand.composer.withdraw(ANN, "long")
        assert hand.text == "newer"
        await hand.press("ctrl+z")
        assert hand.text == "newer"


async def test_a_text_of_a_customer_who_is_not_on_screen_is_withdrawn() -> None:
    async with writing("long") as hand:
        hand.composer.give_back(BEN, "for ben")
        assert hand.composer.withdraw(BEN, "for ben")
        hand.composer.load(BEN, "old draft")
        assert hand.text == ""


# -- paste -------------------------------------------------------------------------------------------------------------


async def test_what_is_pasted_is_clean_and_sends_nothing() -> None:
    async with writing("<>") as hand:
        await hand.press("left")
        await hand.paste("\x1b[31m a\r\nb\rc\x9b \u202e\x07\ttab")
        assert hand.text == "<␛[31m a\nb\nc␦ ␦␇\ttab>"
        await hand.press("!")
        assert hand.text.endswith("tab!>")
        assert hand.app.sent == []


async def test_a_paste_replaces_what_is_selected_and_is_undone_at_once() -> None:
    async with writing("one two") as hand:
        await hand.press("ctrl+shift+left")
        await hand.paste("2\n3")
        assert hand.text == "one 2\n3"
        await hand.press("ctrl+z")
        assert hand.text == "one two"


async def test_ten_thousand_lines_are_pasted_in_reasonable_time() -> None:
    async with writing() as hand:
        began = time.process_time()
        await hand.paste("您的订单 8842 已经发出。\r\n" * 10_000)
        assert time.process_time() - began < 4
        assert hand.text.count("\n") == 10_000
        began = time.process_time()
        await hand.press("x")
        assert time.process_time() - began < 0.5
        assert hand.composer.size.height == 6


async def test_it_grows_to_six_lines_and_scrolls() -> None:
    async with writing() as hand:
        for lines in range(1, 9):
            assert hand.composer.size.height == min(lines, 6)
            await hand.press(str(lines), "ctrl+j")
        await hand.press("enter")
        await hand.press("a")
        assert hand.composer.size.height == 1
