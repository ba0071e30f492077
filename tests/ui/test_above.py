"""What holds for every screen above the desk: its top line, the palette, the way back, the notes and the marks."""

from pathlib import Path

import pytest

from kfconsole.model import CustomerId, Session, Waiting
from kfconsole.simulator import World
from kfconsole.ui.accounts import AccountsScreen
from kfconsole.ui.acting import ActingScreen
from kfconsole.ui.board import BoardScreen
from kfconsole.ui.dialogs import Picker
from kfconsole.ui.history import HistoryScreen
from kfconsole.ui.owed import OwedScreen
from kfconsole.ui.palette import offered
from kfconsole.ui.plan_dialog import Page
from kfconsole.ui.quota import QuotaScreen
from kfconsole.ui.report import ReportScreen
from kfconsole.ui.search import SearchScreen
from tests.ui.console import ME, Console, running, short
from tests.ui.test_replay import replaying
from tests.ui.test_report import ANN, LI, fill, open_report

SIZES = [(120, 40), (80, 24)]
KEYS: dict[str, type[ActingScreen]] = {
    "p": ReportScreen,
    "Q": QuotaScreen,
    "H": SearchScreen,
    "h": HistoryScreen,
    "o": OwedScreen,
    "m": AccountsScreen,
    "b": BoardScreen,
}


async def visit(console: Console, key: str) -> ActingScreen:
    """Go to another screen by its key."""
    await console.press(key)
    await console.until(lambda: type(console.app.screen) is KEYS[key])
    assert isinstance(console.app.screen, ActingScreen)
    return console.app.screen


async def pick_command(console: Console, words: str) -> None:
    """Run a command by the palette."""
    await console.press("ctrl+p")
    await console.until(lambda: isinstance(console.app.screen, Picker))
    palette = console.app.screen
    await console.type(words)
    await console.press("enter")
    await console.until(lambda: console.app.screen is not palette)


async def on_the_desk(console: Console, openid: CustomerId) -> None:
    """Wait until a conversation is open on the desk, and the keys are for it."""
    desk_screen = console.desk_screen
    await console.until(lambda: console.opened == openid and console.app.focused is desk_screen.talk)


@pytest.mark.parametrize("size", SIZES)
async def test_each_screen_says_at_its_top_what_kind_of_console_it_is_and_how_fresh(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size, sections={"me": {"read_only": True}}) as console:
        ann = world.add_customer().openid
        await console.serve(ann, "hello")
        await console.choose(ann)
        for key in KEYS:
            await visit(console, key)
            await console.until(lambda: "read-only" in console.text().splitlines()[0])
            await console.until(lambda: "waiting 0" in console.text().splitlines()[0])
            await console.until(lambda: "<5 s" in console.text().splitlines()[0])
            await console.press("escape", "escape")
            await console.until(lambda: console.app.screen is console.desk_screen)


@pytest.mark.parametrize("key", KEYS)
async def test_who_leaves_a_screen_lets_nothing_more_begin_on_it(tmp_path: Path, world: World, key: str) -> None:
    async with running(tmp_path, world) as console:
        ann = world.add_customer().openid
        await console.serve(ann, "hello")
        await console.choose(ann)
        before = len(console.app.store._subscribers)
        screen = await visit(console, key)
        for _again in ("before it is gone", "as what takes it away may come twice"):
            screen.let_go()
            assert len(console.app.store._subscribers) == before
        await console.press("escape", "escape")
        await console.until(lambda: console.app.screen is console.desk_screen)


async def test_the_top_line_of_a_screen_above_follows_a_replay(tmp_path: Path) -> None:
    async with replaying(tmp_path, start="+5m") as console:
        for key in ("p", "Q", "H"):
            await visit(console, key)
            await console.until(lambda: "replay 23:1" in console.text().splitlines()[0])
            await console.press("escape", "escape")
            await console.until(lambda: console.app.screen is console.desk_screen)
        await visit(console, "p")
        await console.press("P")
        await console.until(lambda: "paused" in console.text().splitlines()[0])


@pytest.mark.parametrize("size", SIZES)
async def test_the_palette_works_on_every_screen_and_leads_back_there(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        ann = world.add_customer().openid
        await console.serve(ann, "hello")
        await console.choose(ann)
        for key in KEYS:
            screen = await visit(console, key)
            commands = offered(screen)
            for row in commands:
                actor = console.app if row.scope else screen
                assert hasattr(actor, "action_" + row.action.removeprefix("app.").partition("(")[0]), row.id
            ids = {row.id for row in commands}
            assert {"theme", "read_only", "assign_plan", "quit", "refresh", "help"} <= ids
            assert not ids & {"palette", "next_pane", "typing", "replay_pause"}
            await console.press("ctrl+p")
            await console.until(lambda: isinstance(console.app.screen, Picker))
            await console.press("escape")
            await console.until(lambda: not isinstance(console.app.screen, Picker))
            assert console.app.screen is screen
            await console.press("escape", "escape")
            await console.until(lambda: console.app.screen is console.desk_screen)


async def test_commands_run_from_the_palette_of_the_board_and_of_a_report(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        ann = world.add_customer().openid
        await console.serve(ann, "hello")
        board = await visit(console, "b")
        assert isinstance(board, BoardScreen)
        await console.until(lambda: board.customers.current_id == ann)
        await pick_command(console, "Mark the session")
        await console.until(lambda: board.marked() == (ann,))
        await pick_command(console, "rules for automatic")
        await console.until(lambda: console.app.screen is board)  # there are no rules, as is told
        # Its long path wraps anywhere in the note.
        await console.until(lambda: any("assign.toml" in note.message for note in console.app._notifications))
        (tmp_path / "assign.toml").write_text('[[rule]]\nname = "all"\n')
        await pick_command(console, "rules for automatic")
        await console.until(lambda: isinstance(console.app.screen, Page))
        await console.press("escape")
        await pick_command(console, "Report how long")
        await console.until(lambda: isinstance(console.app.screen, ReportScreen))
        await pick_command(console, "Report of another span")
        await console.sees("Report of which span?")
        await console.press("escape")
        await pick_command(console, "Change nothing any more")
        await console.sees("Change nothing any more from this console?")
        await console.press("y")
        await console.until(lambda: "read-only" in console.text().splitlines()[0])
        await console.press("escape")
        await console.until(lambda: console.app.screen is board)


@pytest.mark.parametrize("size", SIZES)
async def test_from_the_board_one_reports_and_comes_back(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    async with running(tmp_path, world, size=size) as console:
        board = await visit(console, "b")
        await visit(console, "p")
        await console.press("escape")
        await console.until(lambda: console.app.screen is board)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("through", ["", "b"])
async def test_from_a_conversation_behind_a_number_one_comes_back_to_where_one_stood(
    tmp_path: Path, world: World, size: tuple[int, int], through: str
) -> None:
    async with running(tmp_path, world, size=size) as console:
        await fill(console)
        bob = await note_another(console)
        if through:
            await visit(console, through)
        await open_report(console)
        await console.press("enter", "j", "enter")  # waits
        await console.sees("length", ANN[-6:], short(bob))
        for openid, words in ((ANN, "I look it up"), (bob, "")):
            report = console.app.screen
            assert isinstance(report, ReportScreen)
            assert report.subject() == openid
            await console.press("enter")
            await on_the_desk(console, openid)
            await console.sees(words)
            await console.press("escape")
            await console.until(lambda: isinstance(console.app.screen, ReportScreen))
            await console.sees("length", ANN[-6:], short(bob))
            again = console.app.screen
            assert isinstance(again, ReportScreen)
            assert again.subject() == openid
            await console.press("j")
        for _step in ("the numbers", "the rows", "out"):
            await console.press("escape")
        base = BoardScreen if through else type(console.desk_screen)
        await console.until(lambda: type(console.app.screen) is base)


async def test_who_went_on_from_such_a_conversation_is_not_led_back(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await fill(console)
        await open_report(console)
        await console.press("enter", "j", "enter")
        await console.sees("length", ANN[-6:])
        await console.press("enter")
        await on_the_desk(console, ANN)
        await console.press("2", "4", "escape")
        await console.settle()
        assert console.app.screen is console.desk_screen


async def note_another(console: Console) -> CustomerId:
    """Let another customer have waited, a little shorter; nothing they said is kept."""
    bob = CustomerId("oLh7e5reported0000000000Bob")
    at = int(console.app.clock.now()) - 2000
    await console.archive.note_waits([Waiting(bob, at, at, True)], at + 50)
    await console.archive.note_sessions([Session(bob, LI, at + 60)], at + 61)
    await console.archive.end_session(Session(bob, LI, at + 60), at + 200)
    return bob


async def test_a_note_that_is_over_leaves_also_from_under_a_question(tmp_path: Path, world: World) -> None:
    world.add_agent("kf2009@lehuo", "Tim")
    async with running(tmp_path, world) as console:
        screen = await visit(console, "m")
        assert isinstance(screen, AccountsScreen)
        await console.until(lambda: screen.accounts.select("kf2009@lehuo"))
        await console.press("D")
        await console.sees("Remove Tim kf2009@lehuo?")
        await console.press("y")
        await console.sees("Removed Tim kf2009@lehuo.")
        await console.sees_no("Asking WeChat whom", within=2.0)  # by itself it would leave later


async def test_what_is_marked_on_the_desk_is_marked_on_the_board_and_the_other_way(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        ann, bob = [world.add_customer().openid for _number in range(2)]
        for openid in (ann, bob):
            await console.serve(openid)
        await console.choose(ann)
        await console.press("v")
        board = await visit(console, "b")
        assert isinstance(board, BoardScreen)
        assert board.marked() == (ann,)
        await console.until(lambda: board.customers.select(bob))
        await console.press("v")
        await console.press("x")
        await console.sees("Close 2 sessions", short(ann), short(bob))
        await console.press("escape")
        await console.press("escape")
        await console.until(lambda: console.app.screen is console.desk_screen)
        await console.press("2")
        assert console.desk_screen.marked() == (ann, bob)
        assert console.row_of(bob)[2] == "v"
        world.close(ME, ann)
        await console.until(lambda: console.desk_screen.marked() == (bob,))
        await visit(console, "b")
        await console.press("V", "escape")
        await console.until(lambda: console.app.screen is console.desk_screen)
        assert console.row_of(bob)[2] == " "


@pytest.mark.parametrize("size", SIZES)
async def test_the_line_of_keys_of_the_desk_names_the_board_behind_the_way_out(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        keys = console.text().splitlines()[-1]
        assert "? help" in keys
        assert "q quit" in keys
        assert "b board" in keys or size[0] == 80
