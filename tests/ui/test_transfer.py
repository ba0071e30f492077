"""Giving customers to others by keys, and taking a close back: always with the name of whom it is about."""

import asyncio
import threading
from pathlib import Path

import pytest

from kfconsole import finding
from kfconsole.desk.undoing import UNDO_SECONDS
from kfconsole.model import CustomerId
from kfconsole.simulator import World
from kfconsole.ui.agent_picker import AgentPicker
from tests.ui.console import (
    CLOSE,
    COLLEAGUE,
    CREATE,
    ME,
    OFFLINE,
    ONLINE,
    WITHIN_SECONDS,
    Console,
    running,
    short,
    waiting,
)
from tests.ui.steps import told

BUSY, UNBOUND = "kf2005@lehuo", "kf2006@lehuo"
SIZES = [(120, 40), (80, 24)]


@pytest.fixture(autouse=True)
def staff(world: World) -> None:
    world.add_agent(BUSY, "阿强")
    world.add_agent(UNBOUND, "小周", bound=False)


async def picking(console: Console, key: str) -> None:
    await console.press(key)
    await console.until(lambda: isinstance(console.app.screen, AgentPicker))


async def hears(console: Console, *words: str) -> None:
    await console.until(lambda: all(word in told(console) for word in words) and "▌" in console.text())


def offered(console: Console) -> list[str]:
    """The rows of the picker, as they read, from the first agent on."""
    lines = [line.partition("│  ")[2].partition("│")[0].strip() for line in console.text().splitlines()]
    names = ("晓雯", "Tom", "小美", "阿强", "小周")
    return [" ".join(line.split()) for line in lines if line.startswith(names)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"], indirect=True)
async def test_a_served_customer_is_handed_to_the_agent_picked(
    tmp_path: Path, world: World, size: tuple[int, int], language: str
) -> None:
    async with running(tmp_path, world, size=size) as console:
        (ann,) = waiting(world)
        await console.serve(ann, "hi")
        await console.open(ann)
        await picking(console, "t")
        assert short(ann) in console.text()
        await console.type("tom")
        await console.press("enter")
        await console.until(lambda: world.holder(ann) == COLLEAGUE)
        await console.quiet()

        await console.sees("…" + short(ann), "Tom")
        assert console.writes() == [(CLOSE, ann), (CREATE, ann)]
        assert [row.session.agent for row in console.desk_screen.sessions.rows] == [COLLEAGUE]
        assert console.opened == ann
        if language == "en":
            await hears(console, "is now with Tom.")


@pytest.mark.parametrize("size", SIZES)
async def test_a_waiting_customer_is_assigned_and_the_next_one_is_at_hand(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    first, second = waiting(world, 2)
    async with running(tmp_path, world, size=size) as console:
        await console.sees("waiting 2", "online 3/5")
        await console.choose(first)
        await picking(console, "A")
        await console.sees("Who serves …" + short(first))
        await console.type("kf2005")
        await console.press("enter")
        await console.until(lambda: world.holder(first) == BUSY)
        await console.quiet()
        await hears(console, "is now with 阿强")

        assert console.app.focused is console.desk_screen.queue
        assert console.desk_screen.subject() is None  # nobody else's row comes under a second key by itself
        await console.press("j")
        assert console.desk_screen.subject() == second
        assert console.opened is None


async def test_questions_tell_customers_of_one_name_apart(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        ann, bob = waiting(world, 2)
        await console.serve(ann)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 1)
        await console.app.actions.describe(CustomerId(ann), alias="王女士", tags=[])
        await console.choose(ann)
        await console.press("t")
        await console.sees("Transfer 王女士 to whom?")
        await console.press("escape")

        await console.app.actions.describe(CustomerId(bob), alias="王女士", tags=[])
        await console.press("t")
        await console.sees(f"Transfer 王女士 …{short(ann)} to whom?")
        await console.press("escape", "x")
        await console.sees(f"Close the session of 王女士 …{short(ann)} with")


async def test_agents_are_listed_by_load_with_why_some_cannot_be_picked(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        ann, bob, eve = waiting(world, 3)
        await console.serve(ann)
        await console.serve(bob, agent=COLLEAGUE)
        await console.serve(eve, agent=COLLEAGUE)
        await console.choose(ann)
        await picking(console, "t")

        assert offered(console) == [
            "阿强 0 in session",
            "Tom 2 in session",
            "小美 offline",
            "小周 not bound",
            "晓雯 has the customer now me",
        ]
        for name in ("小美", "小周", "晓雯"):
            await console.type(name)
            await console.press("enter", *["backspace"] * len(name))
        assert isinstance(console.app.screen, AgentPicker)
        await console.press("escape")
        await console.quiet()
        assert console.writes() == []


async def test_the_list_follows_the_desk_and_nobody_else_comes_under_the_highlight(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        ann, bob = waiting(world, 2)
        await console.serve(ann)
        await console.choose(ann)
        await picking(console, "t")
        assert offered(console)[:2] == ["Tom 0 in session", "阿强 0 in session"]

        world.accept(COLLEAGUE, bob)
        await console.until(lambda: offered(console)[0] == "Tom 1 in session")
        world.go_online(COLLEAGUE, False)
        await console.until(lambda: offered(console)[0] == "Tom offline")
        await console.press("enter")
        await console.settle()
        assert isinstance(console.app.screen, AgentPicker)
        assert console.writes() == []

        world.go_online(COLLEAGUE)
        await console.until(lambda: offered(console)[0].startswith("Tom 1"))
        await console.press("enter")
        await console.until(lambda: world.holder(ann) == COLLEAGUE)


async def test_an_agent_who_goes_offline_at_the_moment_of_enter_gets_nobody(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, interval=60) as console:
        (ann,) = waiting(world)
        world.accept(ME, ann)
        console.app.poller.wake()
        await console.until(lambda: ann in console.desk.session_by_customer)
        await console.choose(ann)
        await picking(console, "t")
        asked = console.requests.calls[ONLINE]
        world.go_online(COLLEAGUE, False)
        await console.type("tom")
        await console.press("enter")
        await hears(console, "with 晓雯")

        assert world.holder(ann) == ME
        assert console.requests.calls[ONLINE] >= asked
        # How old the desk's word was when Enter came decides where it is noticed.
        await hears(console, "still with 晓雯" if not console.writes() else "is back with 晓雯")


async def test_the_customer_is_the_one_of_the_key_whatever_moves_meanwhile(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        ann, bob = waiting(world, 2)
        await console.serve(ann)
        await console.serve(bob)
        await console.choose(ann)
        console.strike("t", "x", "y", "a", "enter")  # what is typed behind it is for the question
        await console.sees("Nothing matches.")
        await console.press("escape")
        await console.quiet()
        assert console.writes() == []

        await console.choose(ann)
        await picking(console, "t")
        world.transfer(ME, BUSY, ann)
        await console.type("tom")
        await console.press("enter")
        await hears(console, "not transferred", "阿强")
        await console.quiet()

        assert (world.holder(ann), world.holder(bob)) == (BUSY, ME)


async def test_a_name_typed_right_behind_the_key_picks_that_agent_and_no_other(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = waiting(world)
        await console.serve(ann)
        await console.choose(ann)
        console.strike("t", *"kf2005", "enter")
        await hears(console, "is now with 阿强")
        assert world.holder(ann) == BUSY
        await console.choose(ann)
        console.strike("t", "down", "escape", "j")
        await console.settle()
        await console.until(lambda: console.app.screen is console.desk_screen and not console.desk_screen.is_asking)
        await console.choose(ann)
        console.strike("t", "down", "enter")  # nobody has read yet who that is
        await console.until(lambda: isinstance(console.app.screen, AgentPicker) and console.app.focused is not None)
        await console.settle()
        assert world.holder(ann) == BUSY
        await console.press("enter")
        await console.until(lambda: world.holder(ann) == COLLEAGUE)


async def test_keys_that_make_no_sense_say_which_would(tmp_path: Path, world: World) -> None:
    (queued,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 1")
        await console.choose(queued)
        await console.press("t")
        await hears(console, "has no session to transfer; A gives them to an agent.")
        (served,) = waiting(world)
        await console.serve(served)
        await console.choose(served)
        await console.press("A")
        await hears(console, "is with 晓雯 already; t transfers them.")
        assert console.app.screen is console.desk_screen
        assert console.writes() == []


async def test_a_slow_transfer_shows_its_steps(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = waiting(world)
        await console.serve(ann)
        await console.choose(ann)
        for path, step in ((CLOSE, "2/3 closing the session with 晓雯"), (CREATE, "3/3 beginning one with Tom")):
            console.faults.hold(path)
            if path == CLOSE:
                await picking(console, "t")
                await console.type("tom")
                await console.press("enter")
            await console.sees(f"Transferring …{short(ann)}: {step}")
            if path == CLOSE:
                console.faults.hold(CREATE)
            console.faults.release(path)
        await hears(console, "is now with Tom.")
        await console.sees_no("Transferring …")


@pytest.mark.parametrize("size", SIZES)
async def test_a_customer_left_with_nobody_stays_on_screen_until_somebody_has_them(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        ann, bob = waiting(world, 2)
        await console.serve(ann, "hi")
        await console.serve(bob)
        await console.choose(ann)
        console.arm(CREATE, "errcode", code=65415, count=2)
        await picking(console, "t")
        await console.type("tom")
        await console.press("enter")
        await console.sees("is with nobody now", "A from")
        await console.until(lambda: console.opened == ann)
        assert world.holder(ann) == ""

        await console.press("escape")
        await console.choose(bob)
        await console.press("u")
        await console.until(lambda: world.holder(ann) == ME)
        await console.until(lambda: not console.desk_screen.session_notices())
        await hears(console, "is with 晓雯 again")
        await console.sees_no("is with nobody now", within=4)
        assert world.holder(bob) == ME


async def test_a_failed_transfer_gives_the_customer_back_and_says_so(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = waiting(world)
        await console.serve(ann)
        await console.choose(ann)
        console.arm(CREATE, "errcode", code=65415)
        await picking(console, "t")
        await console.type("tom")
        await console.press("enter")
        await hears(console, f"…{short(ann)} was not transferred and is back with 晓雯")

        assert world.holder(ann) == ME
        assert console.desk_screen.session_notices() == []


async def test_what_the_last_run_left_with_nobody_is_said_at_the_next_start(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = waiting(world)
        await console.serve(ann)
        await console.choose(ann)
        console.arm(CREATE, "errcode", code=65415, count=2)
        await picking(console, "t")
        await console.type("tom")
        await console.press("enter")
        await console.sees("is with nobody now")
    async with running(tmp_path, world) as console:
        await console.sees(f"…{short(ann)} is with nobody: ", "A from")
        await console.press("u")
        await console.until(lambda: world.holder(ann) == ME)
        await console.until(lambda: not console.desk_screen.session_notices())
    async with running(tmp_path, world) as console:
        await console.sees("in session 1")
        assert "with nobody" not in console.text()


async def test_leaving_in_the_middle_waits_until_somebody_has_them_and_tells_the_shell(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = waiting(world)
        await console.serve(ann)
        await console.choose(ann)
        console.faults.hold(CREATE)
        await picking(console, "t")
        await console.type("tom")
        await console.press("enter")
        await console.until(lambda: console.faults.waiting.get(CREATE, 0) == 1)
        asyncio.get_running_loop().call_later(0.2, console.faults.release)
        console.app.exit(0)
    app = console.app

    assert world.holder(ann) == COLLEAGUE
    assert app.last_words == [f"…{short(ann)} is now with Tom."]


# -- undoing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_close_is_taken_back_for_whom_it_was_whoever_is_selected(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        ann, bob = waiting(world, 2)
        await console.serve(ann)
        await console.serve(bob)
        await console.choose(ann)
        await console.press("x")
        await console.sees("Close the session of …" + short(ann))
        await console.press("y")
        await hears(console, f"u undoes it ({int(UNDO_SECONDS)} s)")
        await console.choose(bob)
        await console.press("u")
        await console.until(lambda: world.holder(ann) == ME)
        await console.quiet()

        await hears(console, f"…{short(ann)} is with 晓雯 again.")
        await console.sees_no("undoes it", within=UNDO_SECONDS / 2)
        assert console.writes() == [(CLOSE, ann), (CREATE, ann)]
        await console.press("u")
        await hears(console, "There is nothing to undo.")


async def test_an_accept_says_why_it_cannot_be_undone(tmp_path: Path, world: World) -> None:
    (ann,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.press("a")
        await console.until(lambda: world.holder(ann) == ME)
        await console.quiet()
        await console.press("u")
        await hears(console, "does not go back to the queue")

        assert world.holder(ann) == ME


async def test_undoing_late_is_refused(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = waiting(world)
        await console.serve(ann)
        await console.choose(ann)
        await console.press("x")
        await console.sees("Close the session of")
        await console.press("y")
        await console.until(lambda: world.holder(ann) == "")
        await console.quiet()
        undoing = console.app.actions._undoing
        (ended,) = undoing._ended
        undoing._ended[:] = [type(ended)(ended.openid, ended.agent, ended.mono - UNDO_SECONDS - 1)]
        await console.press("u")
        await hears(console, "It is too late to undo that", short(ann))

        assert world.holder(ann) == ""


async def test_read_only_asks_nobody_and_hands_nobody_over(tmp_path: Path, world: World) -> None:
    queued, served = waiting(world, 2)
    world.accept(ME, served)
    async with running(tmp_path, world, sections={"me": {"read_only": True}}) as console:
        await console.sees("in session 1")
        for openid, key in ((queued, "A"), (served, "t"), (served, "u")):
            await console.choose(openid)
            await console.press(key)
            await console.quiet()
            assert console.app.screen is console.desk_screen
        await hears(console, "This console is read-only.")

        assert console.writes() == []


async def test_a_console_of_nobody_hands_over_all_the_same(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, me="") as console:
        (ann,) = waiting(world)
        await console.serve(ann, agent=BUSY)
        await console.choose(ann)
        await picking(console, "t")
        assert OFFLINE not in console.text()
        await console.type("xiaowen")
        await console.until(lambda: offered(console) == ["晓雯 0 in session"])
        await console.press("enter")
        await console.until(lambda: world.holder(ann) == ME)


async def test_enter_behind_a_name_in_pinyin_waits_until_pinyin_is_known(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (openid,) = waiting(world)
    is_read, readings = threading.Event(), finding._Readings()
    load = readings.load
    monkeypatch.setattr(readings, "load", lambda: is_read.wait(WITHIN_SECONDS) and load())
    monkeypatch.setattr(finding, "_READINGS", readings)
    async with running(tmp_path, world) as console:
        await console.sees(short(openid))
        await console.choose(openid)
        await console.press("A")
        await console.type("xw")
        await console.press("enter")
        await console.sees("Nothing matches.")
        is_read.set()
        await console.until(lambda: openid in world.sessions and world.sessions[openid].kf_account == ME)
