"""What all forms have in common, tried on every kind: hostile text, long text, bursts, and whose a form is."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from kfconsole.canned import read
from kfconsole.simulator import World
from kfconsole.ui.accounts import AccountsScreen
from kfconsole.ui.canned import CannedPicker
from kfconsole.ui.forms import Form
from tests.conftest import HOSTILE
from tests.ui.console import ME, Console, running, waiting

SIZES = [(120, 40), (80, 24)]
REMARK, RENAME = "/cgi-bin/user/info/updateremark", "/customservice/kfaccount/update"
REPLIES = '[[reply]]\nname = "问候"\nkey = "1"\ntext = "您好"\n'


def form(console: Console) -> Form[Any]:
    """The form, once it takes keys."""
    screen = console.app.screen
    assert isinstance(screen, Form), console.text()
    return screen


async def opened(console: Console) -> None:
    """Wait until a form has brought back what was kept, and has its keys."""
    await console.until(lambda: isinstance(console.app.screen, Form) and console.app.screen.focused is not None)


async def of_names(console: Console) -> None:
    await console.press("e")
    await opened(console)


async def of_a_reply(console: Console) -> None:
    await console.press("ctrl+r")
    await console.until(lambda: isinstance(console.app.screen, CannedPicker) and bool(console.app.screen.focused))
    await console.press("ctrl+n")
    await opened(console)


async def of_a_nickname(console: Console) -> None:
    await console.until(lambda: any(agent.id == ME and agent.kf_id for agent in console.desk.agents))
    await console.press("m")
    await console.until(lambda: isinstance(console.app.screen, AccountsScreen))
    await console.sees("> 晓雯")
    await console.press("e")
    await opened(console)


async def of_a_card(console: Console) -> None:
    await console.press("f")
    await console.sees("What to send")
    await console.type("web page")
    await console.press("enter")
    await opened(console)


Opening = Callable[[Console], Awaitable[None]]
FORMS = [of_names, of_a_reply, of_a_nickname, of_a_card]


async def served(console: Console, count: int = 1) -> list[str]:
    """Customers of ours, the first of them selected."""
    customers = waiting(console.world, count)
    for customer in customers:
        await console.serve(customer, "hi")
    await console.choose(customers[0])
    return customers


@pytest.fixture(autouse=True)
def replies(tmp_path: Path) -> Path:
    """A file of canned replies."""
    path = tmp_path / "replies.toml"
    path.write_text(REPLIES, encoding="utf-8")
    return path


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("open_form", FORMS)
async def test_what_is_pasted_is_text_however_hostile_or_long_and_changes_nothing_by_itself(
    tmp_path: Path, world: World, open_form: Opening, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        await served(console)
        await open_form(console)
        for name in list(form(console).values()):
            await console.paste(HOSTILE + "\x9b31m\r\n" + "长" * 10_000)
            await console.until(lambda name=name: "长" * 1_000 in form(console).values()[name])  # type: ignore[misc]  # of this line
            await console.press("tab")
        painted, held = console.text(), "".join(form(console).values().values())
        asked = [*console.writes()]

        for bad in ("\x1b", "\x07", "\x9b", "\u202e", "\r"):
            assert bad not in painted + held
        assert "[@click=app.quit]" in held
        await console.press("ctrl+s")
        await console.until(lambda: not form(console).is_busy)
        await console.settle()
        assert [*console.writes()] == asked
        assert console.requests.calls[REMARK] == console.requests.calls[RENAME] == 0
        assert (tmp_path / "replies.toml").read_text("utf-8") == REPLIES


@pytest.mark.parametrize("open_form", FORMS)
async def test_escape_by_mistake_asks_and_what_was_typed_stays(
    tmp_path: Path, world: World, open_form: Opening
) -> None:
    async with running(tmp_path, world) as console:
        await served(console)
        await open_form(console)
        before = form(console)
        await console.type("新")
        typed = before.values()
        await console.press("escape")
        await console.sees("Throw away what was typed?")
        await console.press("escape")
        await console.until(lambda: console.app.screen is before and not before.is_busy)
        assert before.values() == typed
        assert "新" in "".join(typed.values())
        await console.press("escape")
        await console.sees("Throw away what was typed?")
        await console.press("y")
        await console.until(lambda: not isinstance(console.app.screen, Form))


@pytest.mark.parametrize("open_form", [of_names, of_a_card])
async def test_a_form_for_one_customer_never_shows_for_another(
    tmp_path: Path, world: World, open_form: Opening
) -> None:
    async with running(tmp_path, world) as console:
        first, second = await served(console, 2)
        await open_form(console)
        await console.type("张女士的")
        console.strike("ctrl+q")
        await console.until(lambda: console.app.is_leaving)

    async with running(tmp_path, world) as console:
        await console.until(lambda: len(console.desk_screen.sessions.rows) == 2)
        await console.choose(second)
        await open_form(console)
        assert not any(form(console).values().values())
        await console.press("escape")
        await console.until(lambda: console.app.screen is console.desk_screen)
        await console.choose(first)
        await open_form(console)
        assert "张女士的" in form(console).values().values()


async def test_an_input_methods_burst_with_the_key_behind_it_is_kept_whole(
    tmp_path: Path, world: World, replies: Path
) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = await served(console)
        console.strike("e", *"王姐１２３", "enter")
        await console.until(lambda: console.contact(customer).alias == "王姐１２３")

        console.strike("ctrl+r")
        await console.until(lambda: isinstance(console.app.screen, CannedPicker) and bool(console.app.screen.focused))
        console.strike("ctrl+n", *"1号", "tab", "２", "tab", "tab", *"亲，", "enter", *"在的", "ctrl+s")
        await console.until(lambda: len(read(replies).replies) == 2)
        new = read(replies).replies[-1]
        assert (new.name, new.key, new.text) == ("1号", "２", "亲，\n在的")
        await console.until(lambda: isinstance(console.app.screen, CannedPicker))
        await console.press("escape", "escape")
        assert console.composer == ""


async def test_a_reply_half_written_comes_back_for_what_it_was_made_of(
    tmp_path: Path, world: World, replies: Path
) -> None:
    async with running(tmp_path, world) as console:
        await served(console)
        await of_a_reply(console)
        await console.type("发货")
        console.strike("ctrl+q")
        await console.until(lambda: console.app.is_leaving)

    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.sessions.rows))
        await console.press("2", "r")
        await console.until(lambda: console.is_writing)
        await console.type("您的包裹已发出")
        await console.press("ctrl+r")
        await console.until(lambda: isinstance(console.app.screen, CannedPicker) and bool(console.app.screen.focused))
        await console.press("ctrl+s")
        await opened(console)
        assert form(console).values() == {"name": "", "key": "", "folder": "", "text": "您的包裹已发出"}
        await console.press("escape")
        await console.until(lambda: isinstance(console.app.screen, CannedPicker))
        await console.press("ctrl+n")
        await opened(console)
        assert form(console).values()["name"] == "发货"
        await console.press("tab", "tab", "tab")
        await console.type("x")
        await console.press("ctrl+s")
        await console.until(lambda: len(read(replies).replies) == 2)
        await console.until(lambda: isinstance(console.app.screen, CannedPicker))
        await console.press("ctrl+n")
        await opened(console)
        assert not any(form(console).values().values()), "what was kept in the file is kept as a form no longer"


async def test_a_line_only_emptied_and_left_is_as_it_was(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = await served(console)
        await console.app.actions.describe(customer, alias="王姐")  # type: ignore[arg-type]  # a customer's id
        for _time in range(2):
            await of_names(console)
            assert form(console).values()["alias"] == "王姐"
            await console.press("ctrl+u", "escape")
            await console.until(lambda: console.app.screen is console.desk_screen)
            await console.quiet()
        assert console.contact(customer).alias == "王姐"
