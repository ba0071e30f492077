"""Names of customers: typed at the desk, shown everywhere, found by pinyin."""

import time
from functools import partial
from pathlib import Path

import pytest

from kfconsole.desk.parts import MANY
from kfconsole.model import Contact, CustomerId, Desk, Session
from kfconsole.simulator import World
from kfconsole.text import width_cells
from kfconsole.ui.rows import session_rows
from tests.ui.console import ME, QUEUE, SESSIONS, Console, running, short, waiting

REMARK = "/cgi-bin/user/info/updateremark"
SIZES = [(120, 40), (80, 24)]
HOSTILE = ["[/b] [@click=app.quit]x[/] \x1b]0;t\x07", "\u202e 你好", "x", "长" * 20, "👨‍👩‍👧 张", "[/"]


async def edit(console: Console, openid: str) -> None:
    """Open the form of a customer, by keys."""
    await console.choose(openid)
    await console.press("e")
    await console.until(lambda: len(console.app.screen_stack) > 1)


def finds(console: Console, openid: str) -> bool:
    """Whether a customer is the only one in the queue."""
    return [row.id for row in console.desk_screen.queue.rows] == [openid]


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("size", SIZES)
async def test_a_customer_gets_alias_remark_and_tags(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    async with running(tmp_path, world, size=size) as console:
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await edit(console, customer)
        await console.type("王姐")
        await console.press("tab")
        await console.type("老客户")
        await console.sees("9/29")
        await console.press("tab")
        await console.type("VIP，急 VIP")
        await console.sees("2/10")
        await console.press("enter")
        await console.until(lambda: len(console.app.screen_stack) == 1)
        await console.sees("王姐")
        contact = console.contact(customer)

        assert (contact.alias, contact.remark, contact.tags) == ("王姐", "老客户", ("VIP", "急"))
        assert world.customers[customer].remark == "老客户"
        assert "王姐" in console.line_of(short(customer))

    async with running(tmp_path, world, size=size) as console:
        await console.sees("王姐")


async def test_the_remark_is_written_only_when_it_was_changed(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await edit(console, customer)
        await console.sees("Esc changes nothing")
        await console.type("王姐")
        await console.press("enter")
        await console.sees("Kept what 王姐 is called")
        await edit(console, customer)
        await console.press("tab", "x")
        await console.sees("writes the remark to WeChat")
        await console.press("escape")
        await console.settle()

        assert console.requests.calls[REMARK] == 0
        assert console.contact(customer).remark == ""


@pytest.mark.parametrize("size", SIZES)
async def test_what_wechat_refuses_is_explained_and_nothing_typed_is_lost(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await edit(console, customer)
        await console.type("王姐")
        await console.press("tab")
        await console.type("字" * 10)
        await console.press("enter")
        await console.sees("too long", "字" * 10)

        assert console.contact(customer).alias == ""  # nothing is half saved

        await console.press("backspace")
        console.arm(REMARK, "errcode", code=48001)
        await console.press("enter")
        await console.sees("no permission", "字" * 9)

        assert console.contact(customer).alias == "王姐"

        await console.press("enter")
        await console.until(lambda: world.customers[customer].remark == "字" * 9)
        await console.until(lambda: len(console.app.screen_stack) == 1)


async def test_why_an_enter_in_the_burst_of_the_last_words_saved_nothing_stays_in_sight(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await edit(console, customer)
        await console.press("tab")
        console.strike(*"字" * 10, "enter")
        await console.settle()
        await console.sees("too long")
        await console.press("backspace")
        await console.sees_no("too long")


async def test_of_keys_in_one_burst_those_before_enter_are_the_name_and_none_behind_it_a_command(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.choose(customer)
        console.strike("e", *"王姐", "tab", *"老客户", "shift+tab", *"!", "enter", "a", "x")
        await console.until(lambda: world.customers[customer].remark != "")
        await console.until(lambda: len(console.app.screen_stack) == 1)

        assert (console.contact(customer).alias, world.customers[customer].remark) == ("王姐!", "老客户")
        assert world.sessions == {}


async def test_a_read_only_console_changes_no_names(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world, sections={"me": {"read_only": True}}) as console:
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.choose(customer)
        await console.press("e")
        await console.sees("This console is read-only.")

        assert len(console.app.screen_stack) == 1
        assert console.requests.calls[REMARK] == 0


@pytest.mark.parametrize("size", SIZES)
async def test_the_filter_finds_by_alias_tag_pinyin_and_initials(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        first, second, _third = waiting(world, 3)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 3)
        await console.app.actions.describe(CustomerId(first), alias="张女士", tags=["VIP"])
        await console.app.actions.describe(CustomerId(second), alias="单乐")
        await console.until(lambda: console.contact(second).alias != "")

        for typed, found in (("zns", first), ("vip", first), ("shanyue", second), ("张女", first)):
            await console.press("1", "slash")
            await console.type(typed)
            await console.until(partial(finds, console, found))
            await console.press("escape")

        assert len(console.desk_screen.queue.rows) == 3


async def test_words_typed_in_one_piece_with_the_key_of_the_filter_are_no_commands(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        _first, second = waiting(world, 2)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        await console.app.actions.describe(CustomerId(second), alias="年轻人")  # n and a are commands
        console.strike("slash", *"nianq", "enter")
        await console.until(partial(finds, console, second))
        await console.quiet()

        assert world.sessions == {}
        assert console.app.focused is console.desk_screen.queue


async def test_among_very_many_nobody_is_shown_before_it_is_known_who_is_found(tmp_path: Path, world: World) -> None:
    openids = [CustomerId(f"oLh7e5many{number:018d}") for number in range(MANY + 1)]
    sessions = tuple(Session(openid, ME, 1_700_000_000 + number) for number, openid in enumerate(openids))
    desk = Desk(me=ME, sessions=sessions, contacts={openids[7]: Contact(openids[7], alias="张女士")})
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        pane = console.desk_screen.sessions
        pane.show_rows(session_rows(desk), "2 Sessions", str(len(sessions)))
        await console.press("2")
        pane.prepare()
        pane.narrow("zns")

        assert pane.rows == ()
        assert pane.current_id is None

        await console.until(lambda: [row.id for row in pane.rows] == [openids[7]])


async def test_names_are_seen_where_a_customer_is(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "退货地址")
        await console.app.actions.describe(CustomerId(customer), alias="张女士", tags=["VIP"])
        await console.open(customer)
        title = str(console.desk_screen.conversation.border_title)

        assert "张女士" in title
        assert short(customer) in title
        assert "VIP" in title
        assert "张女士" in console.row_of(customer) or "张女士" in console.text()

        await console.press("h")
        await console.sees("History of 张女士")
        await console.press("escape", "x")
        await console.sees("Close the session of 张女士")


async def test_search_names_customers_in_no_list(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "退货地址")
        await console.app.actions.describe(CustomerId(customer), alias="张女士")
        world.close(ME, customer)
        await console.asked_again(QUEUE, SESSIONS)

    async with running(tmp_path, world) as console:
        await console.until(lambda: not console.desk.sessions)
        await console.press("H")
        await console.type("退货")
        await console.sees("张女士")


@pytest.mark.parametrize("size", SIZES)
async def test_any_name_keeps_the_columns(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    async with running(tmp_path, world, size=size) as console:
        openids = waiting(world, len(HOSTILE))
        await console.until(lambda: len(console.desk_screen.queue.rows) == len(HOSTILE))
        for openid, alias in zip(openids, HOSTILE, strict=True):
            await console.app.actions.describe(CustomerId(openid), alias=alias, tags=[alias[:3]])
        for openid in openids:
            await edit(console, openid)
            await console.press("escape")
            await console.settle()
            text = console.text()

            assert "\x1b" not in text
            assert "\u202e" not in text
            assert not console.desk_screen.is_asking
        if size == SIZES[1]:
            cells = {width_cells(line.partition("last wrote")[0]) for line in text.splitlines() if "last wrote" in line}

            assert len(cells) == 1, text


async def test_remarks_of_mp_weixin_appear_by_themselves(tmp_path: Path, world: World) -> None:
    ahead = 0.0

    def monotonic() -> float:
        return time.monotonic() + ahead

    async with running(tmp_path, world, monotonic=monotonic) as console:
        (customer,) = waiting(world)
        world.customers[customer].remark = "老客户"
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        ahead = 5.0
        await console.sees("老客户")
