"""What whoever watches the floor does by keys: always a plan or a question first that names everybody."""

from pathlib import Path

import pytest

from kfconsole.model import CustomerId
from kfconsole.simulator import World
from kfconsole.ui.board import BoardScreen
from kfconsole.ui.owed import OwedScreen
from kfconsole.ui.plan_dialog import Page, PlanDialog
from tests.ui.console import CLOSE, COLLEAGUE, CREATE, ME, Console, running, short, waiting
from tests.ui.steps import told

SIZES = [(120, 40), (80, 24)]


async def hears(console: Console, *words: str) -> None:
    await console.until(lambda: all(word in told(console) for word in words))


async def serve_all(console: Console, count: int, agent: str = ME) -> list[str]:
    customers = waiting(console.world, count)
    for openid in customers:
        await console.serve(openid, agent=agent)
    return customers


@pytest.mark.parametrize("size", SIZES)
async def test_the_longest_waiting_is_assigned_by_a_plan(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    first, second = waiting(world, 2)
    async with running(tmp_path, world, size=size) as console:
        await console.sees("waiting 2", "online 2/3")
        await console.choose(second)
        await console.press("L")
        await console.sees("…" + short(first), "to Tom?", "They wait longest of 2. Tom has 0 in session")
        await console.press("escape")
        await console.quiet()
        assert console.writes() == []

        await console.press("L")
        await console.sees("to Tom?")
        await console.press("y")
        await console.until(lambda: world.holder(first) == COLLEAGUE)
        await hears(console, short(first), "is now with Tom")

        assert console.desk_screen.subject() == second


async def test_a_plan_that_no_longer_holds_is_not_carried_out(tmp_path: Path, world: World) -> None:
    (ann,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 1", "online 2/3")
        await console.press("L")
        await console.sees("to Tom?")
        world.accept(ME, ann)
        await console.until(lambda: not console.desk.queue)
        await console.press("y")
        await hears(console, "is not waiting any more; nothing was done")

        assert console.writes() == []
        await console.press("L")
        await hears(console, "Nobody is waiting")


@pytest.mark.parametrize("size", SIZES)
async def test_a_colleagues_customer_is_taken_over(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    async with running(tmp_path, world, size=size) as console:
        (ann,) = await serve_all(console, 1, COLLEAGUE)
        await console.choose(ann)
        await console.press("T")
        await console.sees("Take …" + short(ann), "from Tom (0 min)?")
        await console.press("enter")
        await console.quiet()
        assert console.writes() == []
        await console.press("T")
        await console.sees("from Tom")
        await console.press("y")
        await console.until(lambda: world.holder(ann) == ME and console.opened == ann)
        await console.quiet()

        assert console.writes() == [(CLOSE, ann), (CREATE, ann)]
        await console.press("T")
        await hears(console, "is already with you")


async def test_without_an_agent_of_its_own_a_console_takes_nobody_over(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, me="") as console:
        (ann,) = await serve_all(console, 1, COLLEAGUE)
        await console.choose(ann)
        await console.press("T")
        await hears(console, "answers as nobody")


@pytest.mark.parametrize("size", SIZES)
async def test_who_is_handed_back_stays_on_the_list_until_somebody_accepts_them(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        (ann,) = await serve_all(console, 1)
        await console.choose(ann)
        await console.press("B")
        await console.sees("Hand …" + short(ann), "The session is closed, and they stay")
        await console.press("n")
        await console.sees("Note about")
        await console.type("发票 wanted")
        await console.press("enter")
        await console.until(lambda: not world.holder(ann))
        await console.sees("owed 1")
        assert [(row.openid, row.note) for row in await console.archive.owed()] == [(ann, "发票 wanted")]

        await console.press("o")
        await console.until(lambda: isinstance(console.app.screen, OwedScreen))
        await console.sees("Owed an answer 1", short(ann), "晓雯", "发票 wanted")
        await console.press("a")
        await console.until(lambda: world.holder(ann) == ME)
        await console.sees_no("owed 1")
        await console.quiet()
        assert await console.archive.owed() == ()


async def test_a_note_survives_a_refused_hand_back_and_is_offered_again(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = await serve_all(console, 1)
        console.arm(CLOSE, "errcode", code=65401)
        await console.choose(ann)
        for typed in ("call her", ""):
            await console.press("B")
            await console.sees("Hand …" + short(ann))
            await console.press("n")
            await console.sees("Note about")
            if not typed:
                await console.sees("call her")
            await console.type(typed)
            await console.press("enter")
            await console.quiet()
        await console.until(lambda: not world.holder(ann))

        assert [row.note for row in await console.archive.owed()] == ["call her"]


async def test_another_consoles_accept_takes_them_off_the_list_here(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = await serve_all(console, 1)
        await console.choose(ann)
        await console.press("B")
        await console.sees("Hand …" + short(ann))
        await console.press("y")
        await console.sees("owed 1")
        await console.press("o", "enter")
        await console.until(lambda: console.opened == ann)
        world.clock.advance(60)
        world.say(ann, "hello?")
        world.accept(COLLEAGUE, ann)
        await console.sees_no("owed 1")


async def test_a_row_is_taken_off_the_list_after_asking(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (ann,) = await serve_all(console, 1)
        await console.app.actions.hand_back(CustomerId(ann))
        await console.press("o")
        await console.sees("Owed an answer 1")
        await console.press("D")
        await console.sees("off the list of those")
        await console.press("enter", "D")
        await console.sees("off the list of those")
        assert len(await console.archive.owed()) == 1
        await console.press("y")
        await console.sees("Owed an answer 0", "Nobody is owed an answer.")
        await console.press("escape")
        await console.until(lambda: console.app.screen is console.desk_screen)
        assert await console.archive.owed() == ()


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_those_owed_an_answer_says_what_kind_of_console_it_is_and_how_fresh(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size, sections={"me": {"read_only": True}}) as console:
        await console.press("o")
        await console.until(lambda: isinstance(console.app.screen, OwedScreen))
        await console.sees("Nobody is owed an answer.", "read-only", "waiting 0", "<5 s")


@pytest.mark.parametrize("size", SIZES)
async def test_marked_sessions_are_closed_by_one_plan_row_by_row(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        ann, bob, eve, joe = await serve_all(console, 4)
        for openid in (eve, ann, bob):
            await console.choose(openid)
            await console.press("v")
        assert console.row_of(ann)[2] == console.row_of(eve)[2] == "v"
        assert console.row_of(joe)[2] == " "
        await console.press("x")
        await console.until(lambda: isinstance(console.app.screen, PlanDialog))
        await console.sees("Close 3 sessions", short(ann), short(bob), short(eve))
        await console.press("enter")
        await console.quiet()
        assert console.writes() == []
        assert console.row_of(ann)[2] == "v"

        await console.press("x")
        await console.sees("Close 3 sessions")
        world.close(ME, bob)
        await console.press("y")
        await console.sees("2 of 3 done.", "over already")
        assert world.holder(joe) == ME
        assert {who for path, who in console.writes() if path == CLOSE} <= {ann, bob, eve}
        await console.press("enter")
        await console.until(lambda: console.app.screen is console.desk_screen)
        assert console.desk_screen.marks == {}


async def test_several_are_handed_back_and_stopped_between_two_rows(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        ann, bob, eve = await serve_all(console, 3)
        for openid in (ann, bob, eve):
            await console.choose(openid)
            await console.press("v")
        console.faults.hold(CLOSE)
        await console.press("B")
        await console.sees("Hand back 3 customers")
        await console.press("y")
        await console.sees("under way…", "Stop (Esc)")
        await console.press("escape")
        await console.sees("Stopping behind")
        console.faults.release()
        await console.sees("1 of 3 done.", "not begun")

        (owed,) = await console.archive.owed()
        assert [openid for openid in (ann, bob, eve) if not world.holder(openid)] == [owed.openid]


async def test_marks_go_with_their_rows_or_all_at_once(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        ann, bob = await serve_all(console, 2)
        for openid in (ann, bob):
            await console.choose(openid)
            await console.press("v")
        assert console.desk_screen.marked() == (ann, bob)
        world.close(ME, ann)
        await console.until(lambda: console.desk_screen.marked() == (bob,))
        await console.press("v")
        assert console.desk_screen.marked() == ()
        await console.press("v", "V")
        assert console.desk_screen.marked() == ()
        assert console.row_of(bob)[2] == " "


async def test_a_read_only_console_only_says_so(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, sections={"me": {"read_only": True}}) as console:
        (ann,) = await serve_all(console, 1, COLLEAGUE)
        waiting(world)
        await console.sees("waiting 1")
        await console.choose(ann)
        for key in ("L", "T", "B"):
            await console.press(key)
            await console.settle()
            assert console.app.screen is console.desk_screen
        await console.press("v", "x")
        await hears(console, "read-only")
        assert console.writes() == []


RULES = '[[rule]]\nname = "all"\nagents = ["kf2002@lehuo"]\n'


async def test_automatic_assignment_is_seen_told_and_noted(tmp_path: Path, world: World) -> None:
    (tmp_path / "assign.toml").write_text(RULES)
    async with running(tmp_path, world, sections={"assign": {"automatic": True}}) as console:
        (ann,) = waiting(world)
        await console.until(lambda: world.holder(ann) == COLLEAGUE)
        await console.sees("auto-assign")
        await hears(console, short(ann), "to Tom, by the rule all.")


async def test_rules_with_a_mistake_assign_nobody_and_it_stays_on_screen(tmp_path: Path, world: World) -> None:
    (tmp_path / "assign.toml").write_text('[[rule]]\nname = "all"\nmax_sesions = 3\n')
    waiting(world)
    async with running(tmp_path, world, sections={"assign": {"automatic": True}}) as console:
        await console.sees("Automatic assignment is off", "max_sesions", "waiting 1")
        await console.sees_no("auto-assign")
        assert console.writes() == []


async def test_what_the_rules_would_do_is_shown_and_nothing_done(tmp_path: Path, world: World) -> None:
    ann, bob = waiting(world, 2)
    (tmp_path / "assign.toml").write_text(RULES + "max_sessions = 1\n")
    async with running(tmp_path, world) as console:
        await console.sees("waiting 2", "online 2/3")
        console.app.action_assign_plan()
        await console.until(lambda: isinstance(console.app.screen, Page))
        await console.sees("would do now", short(ann), "to Tom, by the rule all.", short(bob), "to nobody")
        await console.press("escape")
        await console.until(lambda: console.app.screen is console.desk_screen)

        assert console.writes() == []


@pytest.mark.parametrize("where", ["desk", "board", "owed"])
async def test_who_was_handed_back_by_mistake_is_taken_back_and_selected(
    tmp_path: Path, world: World, where: str
) -> None:
    async with running(tmp_path, world) as console:
        ann, bob = await serve_all(console, 2)
        await console.choose(ann)
        if where == "board":
            await console.press("b")
            await console.until(lambda: isinstance(console.app.screen, BoardScreen))
            assert isinstance(console.app.screen, BoardScreen)
            customers = console.app.screen.customers
            await console.until(lambda: customers.select(ann))
        await console.press("B")
        await console.sees("Hand …" + short(ann))
        await console.press("y")
        await console.until(lambda: not world.holder(ann))
        await hears(console, "undoes it")
        if where == "owed":
            await console.press("o")
            await console.until(lambda: isinstance(console.app.screen, OwedScreen))
        await console.press("u")
        await console.until(lambda: world.holder(ann) == ME)
        if where == "board":
            await console.until(lambda: customers.current_id == ann)
        else:
            await console.until(lambda: console.desk_screen.sessions.current_id == ann)
        assert world.holder(bob) == ME
