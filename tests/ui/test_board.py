"""The board, key by key: who stands where and why, looking on, and what somebody chose."""

from pathlib import Path

import pytest
from rich.style import Style

from kfconsole.archive import Archive
from kfconsole.desk.floor import Hand, Load
from kfconsole.model import Agent, AgentId, CustomerId, Desk
from kfconsole.simulator import World
from kfconsole.text import width_cells
from kfconsole.ui import board_rows, words
from kfconsole.ui.board import BoardScreen
from kfconsole.ui.board_columns import BoardColumns
from kfconsole.ui.board_rows import BoardLook
from kfconsole.ui.dialogs import Picker
from kfconsole.ui.tones import Tones
from kfconsole.ui.words import WIDE_GLYPHS
from tests.ui.console import COLLEAGUE, ME, RECORDS, SEND, TYPING, Console, running, short, waiting
from tests.ui.steps import messages_of
from tests.ui.test_hostile import STRINGS, assert_harmless

SIZES = [(120, 40), (80, 24)]
LATE_AT_ONCE = {"alerts": {"warn_after": 1, "late_after": 1}}


def board_of(console: Console) -> BoardScreen:
    """The board on screen."""
    assert isinstance(console.app.screen, BoardScreen)
    return console.app.screen


def listed(console: Console) -> list[str]:
    """The customers on the board, from the top."""
    return [row.id for row in board_of(console).customers.rows]


async def show_board(console: Console, count: int) -> BoardScreen:
    """Open the board, and wait until so many customers stand on it."""
    await console.press("b")
    await console.until(lambda: isinstance(console.app.screen, BoardScreen) and len(listed(console)) == count)
    return board_of(console)


async def look_on(console: Console, openid: str) -> None:
    """Look on at the conversation of a customer."""
    board = board_of(console)
    assert board.customers.select(openid)
    await console.press("enter")
    await console.until(lambda: board.watch_pane.openid == openid and console.app.focused is board.talk)


@pytest.mark.parametrize("size", SIZES)
async def test_who_cannot_wait_stands_first_with_a_mark_and_a_word(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size, sections=LATE_AT_ONCE) as console:
        served = world.add_customer().openid
        await console.serve(served, "在吗", agent=COLLEAGUE)
        first, second = waiting(world, 2)
        await show_board(console, 3)
        await console.until(lambda: set(listed(console)[:2]) == {first, second})
        await console.until(lambda: "!! late wait" in console.line_of(short(first)))
        await console.until(lambda: "!! late reply" in console.line_of(short(served)))

        assert listed(console)[2] == served
        row = console.line_of(short(served))
        assert "Tom" in row
        assert "customer" in row
        assert "≤5/5" in row
        await console.sees("Customers 3, 3 urgent", "Agents 2/3", "Last 6 hours", "█")
        assert "late" in console.line_of("longest   ")
        assert console.line_of("Tom   ")


@pytest.mark.parametrize("size", SIZES)
async def test_looking_on_is_live_and_leaves_no_trace_until_one_goes_to_the_desk_to_reply(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        openid = world.add_customer().openid
        await console.serve(openid, "我想退货", agent=COLLEAGUE)
        unread = console.contact(openid).unread
        board = await show_board(console, 1)
        await look_on(console, openid)
        await console.sees("Watching", "Looking on leaves no trace", "我想退货")
        world.clock.advance(2)  # records carry whole seconds: one of the archive's first second is not unread
        world.say(openid, "盒子压坏了")
        await console.until(lambda: "盒子压坏了" in messages_of(board.talk))
        await console.until(lambda: console.contact(openid).unread == unread + 1)

        assert console.opened is None
        assert console.requests.calls[TYPING] == console.requests.calls[SEND] == 0

        await console.press("escape")
        assert board.watch_pane.openid is None
        assert console.app.focused is board.customers
        await console.press("r")
        await console.sees("Tom serves")
        assert console.app.screen is not board
        assert console.opened == openid


async def test_what_comes_while_the_board_covers_the_desk_is_unread_and_the_conversation_comes_back(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        openid = world.add_customer().openid
        await console.serve(openid, "我想退货")
        await console.open(openid)
        await console.press("r")
        await console.type("马上")
        await console.press("escape")
        await show_board(console, 1)
        await console.until(lambda: console.opened is None)
        world.say(openid, "有人吗")
        await console.asked_again(RECORDS)
        await console.until(lambda: console.contact(openid).unread == 1)
        await console.press("escape")
        await console.until(lambda: console.opened == openid and console.contact(openid).unread == 0)

        assert console.app.screen is console.desk_screen
        assert console.composer == "马上"


@pytest.mark.parametrize("size", SIZES)
async def test_columns_and_order_are_chosen_by_keys_and_there_at_the_next_start(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        first, second = world.add_customer().openid, world.add_customer().openid
        await console.serve(first, agent=ME)
        await console.serve(second, agent=COLLEAGUE)
        await show_board(console, 2)
        await console.press("C")
        await console.until(lambda: isinstance(console.app.screen, BoardColumns))
        await console.press("J", "j", "space", "enter")  # why goes behind who; with goes
        await console.until(lambda: isinstance(console.app.screen, BoardScreen))
        assert board_of(console).columns[:3] == ("who", "need", "age")
        await console.until(lambda: "with" not in console.line_of(" routed"))
        await console.press("S")
        await console.until(lambda: isinstance(console.app.screen, Picker))
        await console.type("the agent")
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, BoardScreen))
        await console.until(lambda: listed(console) == [second, first])
        await console.press("S")
        await console.until(lambda: isinstance(console.app.screen, Picker))
        await console.type("the agent")
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, BoardScreen) and listed(console) == [first, second])
        await console.until(lambda: not [act for act in console.acts() if act == "choices"])
    async with running(tmp_path, world, size=size) as console:
        board = await show_board(console, 2)
        await console.until(lambda: listed(console) == [first, second])

        await console.until(lambda: board.columns[:3] == ("who", "need", "age"))


async def test_the_board_is_filtered_by_words_and_by_an_agent(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        mine, other = world.add_customer().openid, world.add_customer().openid
        await console.serve(mine, "你好")
        await console.serve(other, "退货", agent=COLLEAGUE)
        board = await show_board(console, 2)
        await console.press("slash")
        await console.type("退货")
        await console.until(lambda: listed(console) == [other])
        await console.press("enter")
        assert console.app.focused is board.customers
        assert board.subject() == other
        await console.press("escape")
        await console.until(lambda: len(listed(console)) == 2)
        await console.press("3")
        assert console.app.focused is board.hands
        assert board.subject() is None
        board.hands.select(COLLEAGUE)
        await console.press("enter")
        await console.until(lambda: listed(console) == [other] and console.app.focused is board.customers)
        await console.press("escape", "escape")
        await console.until(lambda: console.app.screen is console.desk_screen)


async def test_the_acts_of_the_desk_work_on_the_selected_row(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        first, second = waiting(world, 2)
        board = await show_board(console, 2)
        assert board.customers.select(second)
        await console.press("A")
        await console.until(lambda: isinstance(console.app.screen, Picker))
        await console.type("Tom")
        await console.press("enter")
        await console.until(lambda: world.holder(second) == COLLEAGUE)
        await console.until(lambda: "Tom" in console.line_of(short(second)))
        assert board.customers.current_id == second
        await console.press("v")
        await console.until(lambda: "v" in console.line_of(short(second))[:3])
        assert board.marked() == (CustomerId(second),)
        assert board.customers.select(first)
        await console.press("a")
        await console.until(lambda: world.holder(first) == ME)
        await console.until(
            lambda: console.line_of(f"Watching {short(first)}") != "" or board.watch_pane.openid == first
        )


async def test_a_board_of_a_console_that_may_change_nothing_says_so_and_changes_nothing(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world, sections={"me": {"read_only": True}}) as console:
        waiting(world)
        await show_board(console, 1)
        await console.sees("read-only")
        await console.press("a", "A", "x", "t")
        await console.settle()

        assert console.writes() == []


async def test_hostile_names_and_texts_are_shown_and_do_nothing(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        openid = world.add_customer().openid
        await console.serve(openid, *STRINGS.values())
        await console.app.actions.describe(CustomerId(openid), alias=next(iter(STRINGS.values())), tags=())
        await show_board(console, 1)
        await look_on(console, openid)
        await console.until(lambda: messages_of(board_of(console).talk) != [])

        assert_harmless(console)


async def test_a_choice_nobody_can_read_leaves_the_usual_columns(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        archive: Archive = console.archive
        await archive.choose("board.columns", ["nonsense", 7])
        await archive.choose("board.order", {"by": ["need"]})
        waiting(world)
        board = await show_board(console, 1)
        await console.quiet()

        assert board.columns[0] == "need"


@pytest.mark.parametrize("size", SIZES)
async def test_the_line_of_keys_says_how_to_get_help_and_back_however_narrow(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        openid = world.add_customer().openid
        await console.serve(openid, "退货", agent=COLLEAGUE)
        await show_board(console, 1)
        await console.sees("S order", "? help", "Esc back")
        await console.press("3")
        await console.sees("? help", "Esc back")
        await console.press("1")
        await look_on(console, openid)
        await console.sees("? help", "Esc back")


async def test_the_board_says_what_it_is_sorted_by_unless_by_need(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        waiting(world)
        await show_board(console, 1)
        await console.sees("Customers 1")
        assert "by the oldest" not in console.text()
        for said in ("Customers 1   by the oldest─", "Customers 1   by the oldest, turned round─"):
            await console.press("S")
            await console.until(lambda: isinstance(console.app.screen, Picker))
            await console.type("the oldest")
            await console.press("enter")
            await console.sees(said)


async def test_the_board_leads_to_accounts_and_limits_and_asks_wechat_now(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        waiting(world)
        board = await show_board(console, 1)
        for key, title in (("m", "Agents' accounts"), ("Q", "limits")):
            await console.press(key)
            await console.until(lambda: console.app.screen is not board)
            await console.sees(title)
            await console.press("escape")
            await console.until(lambda: console.app.screen is board)
        asked = console.requests.calls[RECORDS]
        await console.press("R")
        await console.until(lambda: console.requests.calls[RECORDS] > asked)


@pytest.mark.parametrize("count", [54, 56, 57, 58])
async def test_a_note_in_chinese_shows_its_last_word_wherever_its_line_ends(
    tmp_path: Path, world: World, count: int
) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        console.app.notify("好" * (count // 2 - 2) + "x" * (count % 2) + "完了", timeout=10)
        await console.sees("了")


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("seconds", [59, 59 * 60, 47 * 3600])
def test_how_long_nobody_has_spoken_fits_its_column_in_chinese(seconds: float) -> None:
    assert width_cells(words.age(seconds)) <= board_rows.COLUMNS["idle"].cells


async def test_who_spoke_last_is_the_customer_where_an_answer_is_owed(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        openid = waiting(world)[0]  # wrote before the session began
        await show_board(console, 1)
        await console.press("a")
        await console.until(lambda: openid in world.sessions)
        await console.until(lambda: "unanswered" in console.line_of(short(openid)))

        assert "customer" in console.line_of(short(openid))


@pytest.mark.parametrize("width", [31, 33, 78])
def test_an_agent_with_a_late_answer_has_mark_word_and_number_however_narrow(width: int) -> None:
    agent = Agent(AgentId(COLLEAGUE), "新人小周", is_online=True, session_count=12)
    row = Hand(agent, Load(sessions=12, unanswered=12, late=3, oldest_at=0.0))
    look = BoardLook(Desk(), 26 * 60.0, 0.0, Tones(**dict.fromkeys(Tones.__struct_fields__, Style())), WIDE_GLYPHS)
    said = "".join(words for words, _style in board_rows.draw_hand(row, width, is_current=True, look=look))
    assert width_cells(said) <= width
    assert said.startswith(">!! ")
    assert said.count("12") == 2
    assert "late" in said
    assert ("online" in said) is (width == 78)


async def test_in_a_narrow_window_the_keys_are_about_the_conversation_that_covers_the_lists(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        first, _second = waiting(world, 2)
        board = await show_board(console, 2)
        assert board.customers.select(first)
        await console.press("a")
        await console.until(lambda: world.holder(first) == ME and board.watch_pane.openid == first)
        await console.until(lambda: console.app.focused is board.talk)
        assert board.subject() == first
        await console.press("escape")
        assert console.app.focused is board.customers
        await console.press("r")
        await console.until(lambda: console.app.screen is console.desk_screen)


async def test_a_window_that_becomes_narrow_keeps_the_keys_where_one_looks(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (openid,) = waiting(world)
        board = await show_board(console, 1)
        await look_on(console, openid)
        await console.press(console.app.keymap.key_of("board_customers"))
        assert console.app.focused is board.customers
        await console.pilot.resize_terminal(80, 24)
        await console.until(lambda: console.app.focused is board.talk)
        assert board.subject() == openid


async def test_customers_nobody_told_of_make_the_count_of_the_board_a_bound(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, size=(80, 24), sections=LATE_AT_ONCE) as console:
        waiting(world, 103)
        await show_board(console, 100)
        await console.sees("Customers ≥100, ≥100 urgent")


async def test_who_chooses_a_column_there_is_no_room_for_is_told(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        waiting(world)
        await show_board(console, 1)
        await console.press("C")
        await console.until(lambda: isinstance(console.app.screen, BoardColumns))
        before = console.text().count("no room: ")
        await console.press("G", "space")
        await console.until(lambda: console.text().count("no room: ") == before + 1)
        await console.press("space")
        await console.until(lambda: console.text().count("no room: ") == before)
