"""Before a reply leaves the console looks once more, and asks where something speaks against it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kfconsole.model import CustomerId, Delivery, MessageKind
from kfconsole.simulator import World
from kfconsole.ui.late_question import LateQuestion
from tests.ui import console as consoles
from tests.ui.console import (
    COLLEAGUE,
    ME,
    ONLINE,
    QUEUE,
    RECORDS,
    SEND,
    SESSIONS,
    TYPING,
    Console,
    running,
    short,
    waiting,
)

SESSION = "/customservice/kfsession/getsession"
SIZES = [(120, 40), (80, 24)]


class Hours:
    """The console's time and WeChat's: they go on by themselves, and by as much as a test says."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ahead_seconds = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead_seconds

    def wall(self) -> float:
        return time.time() + self._ahead_seconds

    def go(self, seconds: float) -> None:
        self._ahead_seconds += seconds
        self._world.clock.advance(seconds)


@asynccontextmanager
async def talking(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> AsyncIterator[tuple[Console, str, Hours]]:
    """A console that asks by itself no more, the cursor in the composer of a customer it serves."""
    hours = Hours(world)
    async with running(
        tmp_path, world, interval=3600, monotonic=hours.monotonic, wall=hours.wall, **options
    ) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.choose(customer)
        await console.press("r")
        await console.until(lambda: console.is_writing and console.opened == customer)
        before = {path: console.requests.calls[path] for path in (QUEUE, ONLINE, SESSIONS, RECORDS)}
        monkeypatch.setattr(consoles, "LONGEST_SLEEP_SECONDS", 3600)
        console.app.poller.wake()  # a question under way already would not be followed by another
        await console.until(lambda: all(console.requests.calls[path] > count for path, count in before.items()))
        yield console, customer, hours


def ours(console: Console) -> list[tuple[str, Delivery | None, bool]]:
    assert console.desk.open is not None
    return [
        (message.text, message.delivery, message.is_dismissed)
        for message in console.desk.open.messages
        if message.kind is MessageKind.SENT and message.delivery is not None
    ]


def other_customer(world: World) -> str:
    """Another customer we serve, of whom the console has not heard yet."""
    (customer,) = waiting(world)
    world.accept(ME, customer)
    return customer


def colleague_answers(world: World, customer: str, text: str) -> None:
    """A colleague takes the customer, answers, and gives them back."""
    world.transfer(ME, COLLEAGUE, customer)
    world.reply(COLLEAGUE, customer, text)
    world.transfer(COLLEAGUE, ME, customer)


async def asked(console: Console, *words: str) -> LateQuestion:
    """Wait for a question nobody asked for, until it takes an answer."""
    await console.sees("Cancel", *words)
    question = console.app.screen
    assert isinstance(question, LateQuestion)
    await console.until(lambda: question.is_open)
    return question


@pytest.mark.parametrize("size", SIZES)
async def test_a_colleague_who_answered_meanwhile_is_shown_before_the_reply_leaves(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with talking(tmp_path, world, monkeypatch, size=size) as (console, customer, hours):
        await console.type("the same again")
        hours.go(20)
        colleague_answers(world, customer, "已经退款了")
        await console.press("enter")
        await asked(console, short(customer), "Tom", "已经退款了", "the same again", "Send anyway")
        assert ours(console) == [("the same again", Delivery.PREPARED, False)]
        assert console.sent == []

        await console.press("enter")  # Cancel is first
        await console.until(lambda: console.composer == "the same again")
        await console.quiet()
        assert console.sent == []
        assert ours(console) == [("the same again", Delivery.REFUSED, True)]
        assert console.contact(customer).draft == "the same again"

        await console.until(lambda: console.is_writing)
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "the same again")])
        await console.quiet()
        assert console.composer == ""
        assert console.contact(customer).draft == ""


async def test_who_sends_anyway_is_not_asked_the_same_again(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, customer, hours):
        await console.type("one")
        hours.go(5)
        world.transfer(ME, COLLEAGUE, customer)
        await console.press("enter")
        await asked(console, "is being served by Tom", short(customer))
        await console.press("s")
        await console.until(lambda: console.sent == [(customer, "one")])
        hours.go(5)
        await console.type("two")
        await console.press("enter")
        await console.until(lambda: console.sent[1:] == [(customer, "two")])


async def test_a_look_that_failed_says_why_and_asks(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, customer, hours):
        await console.type("now?")
        hours.go(5)
        console.faults.hold(SESSION)
        await console.press("enter")
        await console.sees("waiting to go")
        await asked(console, "could not be checked", "1 s", short(customer))
        console.faults.release()
        await console.press("s")
        await console.until(lambda: console.sent == [(customer, "now?")])


async def test_keys_typed_while_the_question_comes_up_stay_where_they_were_meant(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, customer, hours):
        console.app.rest_seconds = 1.0
        await console.type("first")
        hours.go(5)
        world.transfer(ME, COLLEAGUE, customer)
        await console.press("enter")
        await console.sees("Cancel", "is being served by Tom")
        await console.type("yes, sssecond ")
        await console.paste("pasted")
        assert isinstance(console.app.screen, LateQuestion)
        assert console.sent == []
        await console.until(lambda: console.composer == "yes, sssecond pasted")

        await asked(console)
        await console.press("escape")
        await console.until(lambda: console.composer == "first\nyes, sssecond pasted")
        assert console.sent == []


@pytest.mark.parametrize("words", ["请稍等", "ok, sure"])
async def test_who_goes_on_writing_under_the_question_loses_no_word_and_answers_nothing(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, customer, hours):
        await console.type("first")
        hours.go(5)
        world.transfer(ME, COLLEAGUE, customer)
        await console.press("enter")
        question = await asked(console, "is being served by Tom")
        console.app.rest_seconds = question._rest_seconds = 1.0
        await console.type(words)
        assert console.app.screen is question
        assert not question.is_open
        await console.until(lambda: console.composer == words)

        await asked(console)
        await console.paste("!")
        await console.until(lambda: console.composer == words + "!")
        await asked(console)
        await console.press("enter")
        await console.until(lambda: console.composer == f"first\n{words}!")
        assert console.sent == []


async def test_who_writes_on_behind_enter_answers_no_question_and_sends_nothing_of_it(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A colleague has the customer by now, which the console knows: Enter asks, and the next word begins with s."""
    async with talking(tmp_path, world, monkeypatch) as (console, customer, _hours):
        await console.type("thank you")
        world.transfer(ME, COLLEAGUE, customer)
        console.app.poller.wake()
        await console.until(lambda: console.desk.session_by_customer[CustomerId(customer)].agent == COLLEAGUE)
        for key in ("enter", *"so sorry"):
            await console.press("space" if key == " " else key)
        await asked(console, "Tom", "Send anyway")
        assert console.sent == []
        assert console.composer == "thank you\nso sorry"

        await console.press("s")
        await console.until(lambda: console.sent == [(customer, "thank you")])
        assert console.composer == "so sorry"


async def test_who_writes_on_behind_a_text_that_is_too_long_sends_no_part_of_it(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, _customer, _hours):
        await console.paste("很长的话。" * 200)
        for key in ("enter", *"so"):
            await console.press(key)
        await asked(console, "Send 2 messages")
        assert console.sent == []

        await console.press("s")
        await console.until(lambda: len(console.sent) == 2)
        assert console.composer == "so"


async def test_a_question_waits_for_the_one_before_and_each_names_its_customer(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, first, hours):
        second = CustomerId(other_customer(world))
        hours.go(5)
        for customer in (first, second):
            world.transfer(ME, COLLEAGUE, customer)
        for customer in (CustomerId(first), second):
            console.desk_screen.send_out(customer, (f"for {customer}",))
        await asked(console, short(first))
        await console.press("escape")
        await console.until(lambda: short(second) in console.text() and "Your reply waits" in console.text())
        await asked(console, f"for {second}"[:10])
        await console.press("s")
        await console.until(lambda: console.sent == [(second, f"for {second}")])


async def test_quitting_with_a_question_open_takes_the_text_back(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, customer, hours):
        await console.type("not yet")
        hours.go(5)
        world.transfer(ME, COLLEAGUE, customer)
        await console.press("enter")
        await asked(console, short(customer))
        before = time.monotonic()
        await console.press("ctrl+q")
        await console.until(lambda: not console.app.is_running)
        assert time.monotonic() - before < 2.5

    assert not world.sent
    async with running(tmp_path, world) as console:
        await console.until(lambda: console.contact(customer).draft == "not yet")
        assert console.contact(customer).undelivered == 0


@pytest.mark.parametrize("size", SIZES)
async def test_parts_behind_one_that_was_refused_stay_and_are_sent_again_in_order(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with talking(tmp_path, world, monkeypatch, size=size) as (console, customer, _hours):
        console.arm(SEND, "errcode", code=48001)
        console.desk_screen.send_out(CustomerId(customer), ("one", "two", "three"))
        await console.sees("message before it was not", "refused")
        assert [delivery for _text, delivery, _dismissed in ours(console)] == [Delivery.REFUSED] * 3

        await console.press("escape")
        for number in range(3):
            await console.press("S")
            await console.until(lambda: len(console.sent) == number + 1)  # noqa: B023  # awaited here
        assert [text for _openid, text in console.sent] == ["one", "two", "three"]


async def test_typing_is_shown_while_writing_and_taken_back_when_leaving(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, customer, _hours):
        await console.type("h")
        await console.until(lambda: console.requests.calls[TYPING] == 1)
        await console.press("ctrl+t")
        await console.sees("sees for", short(customer))
        assert console.requests.calls[TYPING] == 1
        await console.press("escape")
        await console.until(lambda: console.requests.calls[TYPING] == 2)
        assert world.customers[customer].typing_until == 0


async def test_typing_asked_for_says_why_wechat_refuses(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, _customer, hours):
        hours.go(40)
        await console.press("ctrl+t")
        await console.sees("30 s")


async def test_nobody_is_asked_again_for_what_is_fresh(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, world, monkeypatch) as (console, customer, hours):
        hours.go(5)
        before = console.requests.calls[SESSION], console.requests.calls[RECORDS]
        for number in range(3):
            await console.type(str(number))
            await console.press("enter")
            await console.until(lambda: len(console.sent) == number + 1)  # noqa: B023  # awaited here
        assert (console.requests.calls[SESSION], console.requests.calls[RECORDS]) == (before[0] + 1, before[1] + 1)
        assert console.sent == [(customer, str(number)) for number in range(3)]
