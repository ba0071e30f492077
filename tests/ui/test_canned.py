"""Canned replies: found, filled in and put where the cursor is; nothing is ever sent by them."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kfconsole import i18n
from kfconsole.canned import read
from kfconsole.model import CustomerId
from kfconsole.simulator import World
from kfconsole.ui.canned import CannedPicker
from kfconsole.ui.forms import Form
from tests.conftest import HOSTILE
from tests.ui.console import COLLEAGUE, Console, running, waiting

SIZES = [(120, 40), (80, 24)]
REPLIES = """\
# ours
[[reply]]
name = "问候"
key = "1"
text = "您好，我是{agent}。"

[[reply]]
name = "退款进度"
folder = "售后"
text = \"\"\"
{customer}您好，
退款 1 到 3 天到账。\"\"\"

[[reply]]
name = "请稍等"
key = "2"
text = "好的，请稍等。"
"""


@asynccontextmanager
async def writing(
    tmp_path: Path, world: World, *, replies: str | None = REPLIES, size: tuple[int, int] = SIZES[0], **options: Any
) -> AsyncIterator[tuple[Console, str]]:
    """A console whose user writes to a customer they serve."""
    if replies is not None:
        (tmp_path / "replies.toml").write_text(replies, encoding="utf-8")
    (customer,) = waiting(world)
    async with running(tmp_path, world, size=size, **options) as console:
        await console.serve(customer, "退款到哪了？")
        await console.open(customer)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        yield console, customer


def picker_of(console: Console) -> CannedPicker:
    """The picker, once it takes keys."""
    screen = console.app.screen
    assert isinstance(screen, CannedPicker), screen
    return screen


async def offered(console: Console) -> CannedPicker:
    """Press the key, and wait until the file is read."""
    await console.press("ctrl+r")
    await console.until(lambda: console.app.focused is not None and console.app.focused is picker_of(console).line)
    return picker_of(console)


def names(picker: CannedPicker) -> list[str]:
    return [reply.name for reply in picker._shown.values()]


@pytest.mark.parametrize("size", SIZES)
async def test_a_row_takes_the_room_there_is_however_often_the_picker_is_opened(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    long = "麻烦您提供一下订单号，我来为您查询。" * 9
    async with writing(tmp_path, world, size=size, replies=f'[[reply]]\nname = "订单"\ntext = "{long}"\n') as (
        console,
        _,
    ):
        for _time in range(3):
            await offered(console)
            await console.sees("麻烦您提供一下订单号，我来为您查询。麻" + ("…" if size[0] == 80 else "烦您提供一下"))
            await console.press("escape")
            await console.until(lambda: console.is_writing)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_replies_are_found_previewed_stacked_where_the_cursor_is_and_sent_by_enter_alone(
    tmp_path: Path, world: World, size: tuple[int, int], language: str
) -> None:
    i18n.use(language)
    async with writing(tmp_path, world, size=size) as (console, customer):
        await console.app.actions.describe(CustomerId(customer), alias="王姐{time}")
        await console.type("嗯！")
        await console.press("left")

        picker = await offered(console)
        assert names(picker) == ["问候", "退款进度", "请稍等"]
        await console.sees("您好，我是晓雯。", "24", "30")
        await console.type("qsd")
        await console.until(lambda: names(picker) == ["请稍等"])
        await console.sees("好的，请稍等。")
        await console.press("ctrl+a", "ctrl+k")
        await console.type("tkjd")
        await console.sees("王姐{time}您好，")
        await console.press("ctrl+a", "ctrl+k")
        await console.type("请稍")
        await console.press("enter")
        await console.until(lambda: console.is_writing)
        assert console.composer == "嗯好的，请稍等。！"

        await offered(console)
        await console.type("1")
        await console.until(lambda: console.is_writing)
        assert console.composer == "嗯好的，请稍等。您好，我是晓雯。！"
        assert console.sent == []
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "嗯好的，请稍等。您好，我是晓雯。！")])


async def test_a_quick_reply_takes_two_keys_in_whatever_pieces_they_arrive(tmp_path: Path, world: World) -> None:
    rng = random.Random(11)
    keys = ("嗯", "ctrl+r", "2", "a", "ctrl+r", "escape", "b", "ctrl+r", "1", "!", "enter")
    async with writing(tmp_path, world) as (console, customer):
        for number in range(1, 6):
            world.say(customer, "?")
            for key in keys:
                console.strike(key)
                for _moment in range(rng.choice((0, 0, 0, 1, 3))):
                    await asyncio.sleep(0)
            await console.until(lambda number=number: len(console.sent) == number)  # type: ignore[misc]  # of this round
            await console.until(lambda: console.is_writing and not console.composer)
            await console.quiet()

        assert console.sent == [(customer, "嗯好的，请稍等。ab您好，我是晓雯。!")] * 5


async def test_on_the_desk_the_key_goes_to_the_composer_first_and_loses_none_typed_behind(
    tmp_path: Path, world: World
) -> None:
    async with writing(tmp_path, world) as (console, customer):
        await console.press("escape", "2")
        console.strike("ctrl+r", "1")
        await console.until(lambda: console.composer == "您好，我是晓雯。")

        assert console.is_writing
        assert console.opened == customer
        assert console.sent == []


async def test_on_somebody_elses_customer_it_asks_first_as_a_reply_does(tmp_path: Path, world: World) -> None:
    async with writing(tmp_path, world) as (console, _customer):
        other = world.add_customer().openid
        await console.serve(other, "有人吗", agent=COLLEAGUE)
        await console.press("escape")
        await console.choose(other)
        await console.press("ctrl+r")
        await console.sees("is being served by Tom")
        await console.press("s")
        await console.until(lambda: isinstance(console.app.screen, CannedPicker))
        await console.press("escape")
        await console.until(lambda: console.is_writing)

        assert console.desk_screen.composer.openid == other


async def test_escape_leaves_the_composer_as_it_was(tmp_path: Path, world: World) -> None:
    async with writing(tmp_path, world) as (console, _customer):
        await console.type("abc")
        await console.press("shift+left")
        await offered(console)
        await console.type("xyz")
        console.strike("escape", "d")
        await console.until(lambda: console.is_writing and console.composer == "abd")


async def test_what_is_selected_is_written_over_and_undo_brings_it_back(tmp_path: Path, world: World) -> None:
    async with writing(tmp_path, world) as (console, _customer):
        await console.type("abc")
        await console.press("shift+left", "shift+left")
        console.strike("ctrl+r", "2")
        await console.until(lambda: console.composer == "a好的，请稍等。")
        await console.press("ctrl+z")
        await console.until(lambda: console.composer == "abc")


@pytest.mark.parametrize("size", SIZES)
async def test_a_variable_nothing_is_known_for_is_selected_and_never_sent(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with writing(tmp_path, world, size=size) as (console, customer):
        await console.type("x")
        await console.press("ctrl+j")
        await offered(console)
        await console.type("退款")
        await console.sees("Nothing is known for {customer}.")
        await console.press("enter")
        await console.until(lambda: console.is_writing)
        assert console.desk_screen.composer.selected_text == "{customer}"

        await console.press("end", "enter")
        await console.sees("Not sent: {customer}")
        assert console.sent == []
        assert console.desk_screen.composer.selected_text == "{customer}"
        await console.type("王姐")
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "x\n王姐您好，\n退款 1 到 3 天到账。")])


async def test_what_was_used_last_comes_first_and_a_changed_file_is_read_again(tmp_path: Path, world: World) -> None:
    async with writing(tmp_path, world) as (console, _customer):
        console.strike("ctrl+r", "2")
        await console.until(lambda: console.is_writing and console.composer != "")
        picker = await offered(console)
        assert names(picker) == ["请稍等", "问候", "退款进度"]
        await console.press("escape")

        (tmp_path / "replies.toml").write_text(REPLIES + '[[reply]]\nname = "新"\ntext = "x"\n', encoding="utf-8")
        picker = await offered(console)
        assert names(picker) == ["请稍等", "问候", "退款进度", "新"]


@pytest.mark.parametrize("size", SIZES)
async def test_a_broken_entry_is_named_with_its_line_and_the_others_work(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    broken = '[[reply]]\nname = "坏"\ntext = "no end\n\n' + REPLIES + '[[reply]]\nname = "x"\ntext = "{custmer}"\n'
    async with writing(tmp_path, world, size=size, replies=broken) as (console, _customer):
        await offered(console)
        await console.sees("line 3", "more problem)")
        await console.type("x")
        await console.sees("there is no variable {custmer}. Did you mean {customer}?")
        await console.press("enter")
        assert isinstance(console.app.screen, CannedPicker)
        await console.press("backspace")
        await console.type("2")
        await console.until(lambda: console.composer == "好的，请稍等。")


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_without_a_file_one_is_offered_in_the_language_of_the_console(
    tmp_path: Path, world: World, language: str, request: pytest.FixtureRequest
) -> None:
    i18n.use(language)
    request.addfinalizer(lambda: i18n.use("en"))
    async with writing(tmp_path, world, replies=None) as (console, _customer):
        picker = await offered(console)
        await console.until(lambda: "replies.toml" in str(picker._text.content))  # a long path is broken anywhere
        await console.press("enter")
        await console.until(lambda: len(names(picker)) > 5)
        assert ("问候" in names(picker)) == (language == "zh")
        await console.type("2")
        await console.until(lambda: console.is_writing and console.composer != "")


@pytest.mark.parametrize("size", SIZES)
async def test_replies_are_made_changed_and_deleted_in_the_console(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    path = tmp_path / "replies.toml"
    async with writing(tmp_path, world, size=size) as (console, _customer):
        picker = await offered(console)
        await console.press("ctrl+n")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.sees("New canned reply", "Ctrl+S saves, Esc cancels")
        assert "is empty" not in console.text()
        await console.press("ctrl+s")
        await console.sees("Name is empty.", "Text is empty.")
        await console.type("发货")
        await console.press("enter")
        await console.type("3")
        await console.press("enter", "enter")
        await console.type("今天")
        await console.press("enter")
        await console.type("发货")
        await console.press("ctrl+s")
        await console.until(lambda: "发货" in names(picker) and console.app.screen is picker)
        assert picker.current is not None
        assert picker.current.text == "今天\n发货"

        await console.press("ctrl+e")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.type("！")
        await console.press("ctrl+s")
        await console.until(lambda: picker.current is not None and picker.current.text == "今天\n发货！")
        assert path.read_text().startswith(REPLIES)

        await console.press("ctrl+d")
        await console.sees("Delete the canned reply 发货?")
        await console.press("y")
        await console.until(lambda: "发货" not in names(picker))
        assert path.read_text() == REPLIES
        await console.press("escape")
        assert console.composer == ""


async def test_a_read_only_console_leaves_the_file_as_it_is(tmp_path: Path, world: World) -> None:
    path = tmp_path / "replies.toml"
    async with writing(tmp_path, world) as (console, _customer):
        picker = await offered(console)
        await console.press("ctrl+n")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.type("新")
        await console.press("tab", "tab", "tab")
        await console.type("x")
        console.app.actions.become_read_only()  # as with the form open
        await console.press("ctrl+s")
        await console.sees("This console is read-only.")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.press("escape")
        await console.sees("Throw away what was typed?")
        await console.press("y")
        await console.until(lambda: console.app.screen is picker)
        for key in ("ctrl+n", "ctrl+e", "ctrl+d"):
            await console.press(key)
            assert console.app.screen is picker
        assert path.read_text() == REPLIES


async def test_what_stands_in_the_composer_is_kept_as_a_reply_that_says_the_same(tmp_path: Path, world: World) -> None:
    async with writing(tmp_path, world) as (console, _customer):
        await console.type("{微笑} 好的")
        picker = await offered(console)
        await console.press("ctrl+s")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.type("笑")
        await console.press("ctrl+s")
        await console.until(lambda: "笑" in names(picker))

        assert read(tmp_path / "replies.toml").replies[-1].text == "{{微笑}} 好的"
        await console.press("enter")
        await console.until(lambda: console.composer == "{微笑} 好的" * 2)


async def test_a_file_somebody_changed_meanwhile_is_read_again_and_what_was_written_stays(
    tmp_path: Path, world: World
) -> None:
    path = tmp_path / "replies.toml"
    async with writing(tmp_path, world) as (console, _customer):
        picker = await offered(console)
        await console.press("ctrl+n")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.type("新")
        await console.press("tab", "tab", "tab")
        await console.type("x")
        path.write_text(REPLIES + '[[reply]]\nname = "同事的"\ntext = "y"\n', encoding="utf-8")
        await console.press("ctrl+s")
        await console.sees("meanwhile")  # the words before wrap with the path
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.press("ctrl+s")
        await console.until(lambda: names(picker)[-2:] == ["同事的", "新"])


async def test_a_form_that_was_filled_in_is_left_only_after_a_question(tmp_path: Path, world: World) -> None:
    async with writing(tmp_path, world) as (console, _customer):
        picker = await offered(console)
        await console.press("ctrl+n")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.type("新")
        await console.press("escape")
        await console.sees("Throw away what was typed?")
        await console.press("escape")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.press("escape")
        await console.sees("Throw away what was typed?")
        await console.press("y")
        await console.until(lambda: console.app.screen is picker)


async def test_the_reply_goes_to_nobody_else_when_another_conversation_came_up(tmp_path: Path, world: World) -> None:
    async with writing(tmp_path, world) as (console, _customer):
        other = world.add_customer().openid
        await console.serve(other, "在吗")
        await offered(console)
        await console.desk_screen.open_conversation(CustomerId(other))
        await console.type("2")
        await console.sees("Another conversation is open now")

        assert console.composer == ""


async def test_hostile_replies_are_shown_as_text(tmp_path: Path, world: World) -> None:
    written = HOSTILE.replace("\x1b", "\\u001b").replace("\x07", "\\u0007")
    source = f'[[reply]]\nname = "{written}"\nkey = "1"\ntext = "{written}"\n"{written}" = 1\n'
    async with writing(tmp_path, world, replies=source) as (console, _customer):
        await offered(console)
        await console.sees("[/b] [@click=app.quit]x[/] ␛]0;t␇", "nothing")
        await console.type("1")
        await console.until(lambda: console.composer.startswith("[/b] [@click=app.quit]x[/] ␛]0;t␇"))


async def test_the_palette_knows_canned_replies(tmp_path: Path, world: World) -> None:
    async with writing(tmp_path, world) as (console, _customer):
        await console.press("escape", "ctrl+p")
        await console.type("canned")
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, CannedPicker))


@pytest.mark.parametrize("size", SIZES)
async def test_a_long_reply_is_read_to_its_end_and_tells_how_many_messages_it_takes(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    source = '[[reply]]\nname = "长"\ntext = """\n' + f"{'很长的一句话。' * 20}\n" * 12 + '最后一句。"""\n'
    async with writing(tmp_path, world, size=size, replies=source) as (console, _customer):
        picker = await offered(console)
        await console.sees("3 replies of the ≤5 left", "Ctrl+↓ more")
        while picker._scroll.scroll_y < picker._scroll.max_scroll_y:
            await console.press("ctrl+down")
        await console.sees("最后一句。")
