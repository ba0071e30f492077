"""What is risky asks first; what cannot be done says so and does nothing."""

from pathlib import Path

import pytest

from kfconsole.simulator import World
from tests.ui.console import (
    CLOSE,
    COLLEAGUE,
    CREATE,
    ME,
    ONLINE,
    RECORDS,
    SEND,
    SESSIONS,
    Console,
    running,
    short,
    waiting,
)


async def replying_to_a_waiting_customer(console: Console, customer: str) -> None:
    await console.until(lambda: bool(console.desk_screen.queue.rows))
    await console.choose(customer)
    await console.press("r")
    await console.sees("waiting", "Cancel", "Accept first", "Send anyway", short(customer))


async def test_replying_to_a_waiting_customer_can_accept_first(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await replying_to_a_waiting_customer(console, customer)
        await console.press("a")
        await console.until(lambda: world.holder(customer) == ME and console.is_writing)
        await console.type("welcome")
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "welcome")])


async def test_replying_to_a_waiting_customer_can_send_anyway(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await replying_to_a_waiting_customer(console, customer)
        await console.press("s")
        await console.until(lambda: console.is_writing)
        await console.type("one moment")
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "one moment")])

        assert world.holder(customer) == ""
        assert console.requests.calls[CREATE] == 0


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_replying_to_a_waiting_customer_can_be_cancelled(tmp_path: Path, world: World, key: str) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await replying_to_a_waiting_customer(console, customer)
        await console.press(key)
        await console.quiet()

        assert not console.is_writing
        assert console.writes() == []


async def test_closing_ends_the_session_that_was_asked_about_and_no_colleagues(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer)
        await console.choose(customer)
        await console.press("x")
        await console.sees("Cancel", short(customer))
        world.close(ME, customer)
        await console.serve(customer, agent=COLLEAGUE)
        await console.press("y")
        await console.until(lambda: console.writes() == [(CLOSE, customer)])
        await console.quiet()

        assert world.holder(customer) == COLLEAGUE


async def test_replying_to_a_colleagues_customer_asks(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi", agent=COLLEAGUE)
        await console.choose(customer)
        await console.press("r")
        await console.sees("Tom", "Cancel", "Send anyway")
        assert "Accept first" not in console.text()

        await console.press("enter")
        await console.quiet()
        assert not console.is_writing

        await console.press("r")
        await console.sees("Send anyway")
        await console.press("s")
        await console.until(lambda: console.is_writing)
        await console.type("excuse me")
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "excuse me")])


async def test_enter_asks_again_when_a_colleague_took_over_meanwhile(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.choose(customer)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("almost done")
        world.transfer(ME, COLLEAGUE, customer)
        await console.asked_again(ONLINE, SESSIONS)
        await console.until(lambda: [row.session.agent for row in console.desk_screen.sessions.rows] == [COLLEAGUE])
        await console.press("enter")
        await console.sees("Tom", "Cancel")
        await console.until(lambda: getattr(console.app.screen, "is_open", False))
        await console.press("enter")
        await console.quiet()

        assert console.sent == []
        assert console.composer == "almost done"

        await console.press("enter")
        await console.sees("Cancel")
        await console.until(lambda: getattr(console.app.screen, "is_open", False))
        await console.press("s")
        await console.until(lambda: console.sent == [(customer, "almost done")])


async def test_a_closed_window_asks_about_the_reply_and_not_before_one_is_written(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        for _day in range(3):  # no longer than WeChat's records reach: else the customer may have written unseen
            world.clock.advance(17 * 3600)
            await console.asked_again(RECORDS)
        await console.sees("48 hours")
        await console.press("r")
        await console.type("for later")
        assert console.composer == "for later"
        await console.press("enter")
        await console.sees("48 hours", "Cancel")
        await console.press("enter")
        await console.quiet()

        assert console.composer == "for later"
        assert console.requests.calls[SEND] == 0


async def test_without_an_agent_accepting_asks_for_one(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world, me="") as console:
        await console.sees("online 2/3")
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.press("a")
        await console.sees("Who serves", "晓雯", "Tom", "小美", "offline")
        await console.type("小美")
        await console.press("enter")
        await console.quiet()
        assert world.sessions == {}

        await console.press(*["backspace"] * 2)
        await console.type("tom")
        await console.press("enter")
        await console.until(lambda: world.holder(customer) == COLLEAGUE)


async def test_without_an_agent_nothing_is_sent_in_nobodys_name(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, me="") as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        await console.press("r")
        await console.quiet()
        if console.app.screen is not console.desk_screen:
            await console.press("s")
            await console.quiet()
        if console.is_writing:
            await console.type("who am I?")
            await console.press("enter")
            await console.quiet()
            assert console.composer == "who am I?"

        assert console.requests.calls[SEND] == 0


@pytest.mark.parametrize("state", ["offline", "unbound", "unknown"])
async def test_an_agent_who_cannot_accept_is_told_before_any_key(tmp_path: Path, world: World, state: str) -> None:
    (customer,) = waiting(world)
    me = {"offline": "kf2003@lehuo", "unbound": "kf2004@lehuo", "unknown": "kf9999@lehuo"}[state]
    world.add_agent("kf2004@lehuo", "小周", bound=False)
    async with running(tmp_path, world, me=me) as console:
        await console.sees({"offline": "mpkf.weixin.qq.com", "unbound": "agents invite", "unknown": me}[state])
        await console.press("a")
        await console.quiet()

        assert world.holder(customer) == ""
        assert console.requests.calls[CREATE] == 0


async def test_the_next_one_is_whom_the_question_named_or_nobody(tmp_path: Path, world: World) -> None:
    first, second = waiting(world, 2)
    async with running(tmp_path, world, me="") as console:
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        await console.press("n")
        await console.sees("Who serves", short(first), "Tom")
        world.accept(COLLEAGUE, first)
        await console.press("enter")
        await console.sees("is being served by")

        assert world.holder(second) == ""
