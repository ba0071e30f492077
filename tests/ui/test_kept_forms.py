"""Forms left half filled in: kept on disk, brought back for the same customer, and never sent by themselves."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.model import CustomerId
from kfconsole.simulator import World
from kfconsole.ui.forms import Form
from tests.ui.console import SEND, Console, running
from tests.ui.test_other_messages import fill_in, form, gone, served, thrown_away

CARD = {"title": "新品", "url": "https://shop.example/new", "description": "", "picture": ""}
LINES = ("新品", "https://shop.example/new")


async def kept(console: Console, customer: str, name: str = "news") -> dict[str, str] | None:
    """What another console, started after this one was killed, would find on disk."""
    archive = Archive(console.app.settings.archive_path, process=console.archive._process)
    await archive.open()
    try:
        return await archive.take_form(CustomerId(customer), name)
    finally:
        await archive.close()


def on_disk(console: Console) -> list[dict[str, str]]:
    """The half-filled forms, as they would be found after a kill -9 by now."""
    with closing(sqlite3.connect(console.app.settings.archive_path)) as connection:
        return [json.loads(text) for (text,) in connection.execute("SELECT text FROM drafts WHERE form <> ''")]


async def test_a_half_filled_form_is_on_disk_soon_after_typing(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        customer = await served(console)
        await fill_in(console, "web page", *LINES)
        await console.until(lambda: form(console).values() == CARD)
        await console.until(lambda: on_disk(console) == [CARD])
        await thrown_away(console)
        await console.until(lambda: on_disk(console) == [])
        assert await kept(console, customer) is None


@pytest.mark.parametrize("is_at_once", [True, False])
async def test_a_half_filled_form_survives_leaving_and_is_sent_only_when_asked(
    tmp_path: Path, world: World, is_at_once: bool
) -> None:
    async with running(tmp_path, world) as console:
        customer = await served(console)
        await fill_in(console, "web page", *LINES)
        await console.until(lambda: form(console).values() == CARD)
        if not is_at_once:
            await console.until(lambda: on_disk(console) == [CARD])
        console.strike("ctrl+q")
        await console.until(lambda: console.app.is_leaving)

    async with running(tmp_path, world) as console:
        await console.until(lambda: any(row.id == customer for row in console.desk_screen.sessions.rows))
        await console.choose(customer)
        await fill_in(console, "menu", "?")
        await console.until(lambda: form(console).values()["head"] == "?")
        await thrown_away(console)
        await fill_in(console, "web page", "！")
        await console.until(lambda: form(console).values() == CARD | {"title": "新品！"})
        assert console.requests.calls[SEND] == 0

        await console.press("ctrl+s")
        await console.sees("[web page] 新品！")
        await gone(console)
        await console.quiet()
        assert await kept(console, customer) is None
        await fill_in(console, "web page")
        await console.quiet()
        assert not any(form(console).values().values())


async def test_a_form_left_as_it_was_brought_back_stays_kept(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        customer = await served(console)
        await console.archive.save_form(CustomerId(customer), "news", CARD)
        for _time in range(2):
            await fill_in(console, "web page")
            await console.until(lambda: form(console).values() == CARD)
            await console.press("escape")
            await console.until(lambda: not isinstance(console.app.screen, Form))
        assert await kept(console, customer) == CARD


async def call(console: Console, words: str, alias: str) -> None:
    """Open the dialog of names, type behind the key that opens it, and wait for what stands there."""
    console.strike("e", *words)
    await console.until(lambda: isinstance(console.app.screen, Form))
    screen = console.app.screen
    assert isinstance(screen, Form)
    await console.until(lambda: screen.values()["alias"] == alias)


async def test_what_a_customer_is_called_survives_leaving_half_typed(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        customer = await served(console)
        await call(console, "老客", "老客")
        console.strike("ctrl+q")
        await console.until(lambda: console.app.is_leaving)

    async with running(tmp_path, world) as console:
        await console.until(lambda: any(row.id == customer for row in console.desk_screen.sessions.rows))
        await console.choose(customer)
        assert console.contact(customer).alias == ""
        await call(console, "户", "老客户")
        await console.press("enter")
        await console.until(lambda: console.contact(customer).alias == "老客户")
        await console.quiet()
        assert await kept(console, customer, "customer") is None

        await call(console, "！", "老客户！")
        await thrown_away(console)
        await console.quiet()
        assert await kept(console, customer, "customer") is None
