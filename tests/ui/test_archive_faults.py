"""When the archive on disk fails: the console goes on, says what is wrong, and brings back what happened meanwhile."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.config import from_values
from kfconsole.model import CustomerId, Delivery
from kfconsole.simulator import World
from tests.damage import locked, put
from tests.ui.console import SEND, Console, running, waiting

LOST_WITH_THE_END = "ending the console loses it"


def archive_path(tmp_path: Path, world: World) -> Path:
    values: dict[str, dict[str, object]] = {"account": {"app_id": world.app_id, "app_secret": world.app_secret}}
    return from_values(values, path=tmp_path / "config.toml", folder=tmp_path).archive_path


def flowing(console: Console) -> str:
    """The screen as one line, as its sentences are broken anywhere."""
    return " ".join(console.text().replace("│", " ").split())


async def sees(console: Console, *words: str) -> None:
    await console.until(lambda: all(word in flowing(console) for word in words))


async def sees_no(console: Console, *words: str) -> None:
    await console.until(lambda: not any(word in flowing(console) for word in words))


async def serving(console: Console, world: World) -> CustomerId:
    """Serve a customer and open the conversation."""
    customer = CustomerId(world.add_customer().openid)
    await console.serve(customer, "where is my parcel?")
    await console.open(customer)
    return customer


async def reply(console: Console, text: str) -> None:
    await console.press("r")
    await console.until(lambda: console.is_writing)
    await console.type(text)
    await console.press("enter", "escape")


async def test_a_day_goes_on_while_the_file_is_locked_and_comes_back_whole(tmp_path: Path, world: World) -> None:
    path = archive_path(tmp_path, world)
    async with running(tmp_path, world, busy_seconds=0.05) as console:
        customer = await serving(console, world)
        await reply(console, "one moment")
        await console.until(lambda: console.sent == [(customer, "one moment")])
        with locked(path):
            await reply(console, "it left yesterday")
            await console.until(lambda: len(console.sent) == 2)
            await sees(console, "locked by another program", LOST_WITH_THE_END, "it left yesterday")
            world.say(customer, "thank you")
            await sees(console, "thank you")
            await console.press("R")
            assert all(health.error is None for health in console.desk.health.values())
        await console.press("R")
        await sees(console, "The archive can be written again")
        await sees_no(console, LOST_WITH_THE_END)
        await reply(console, "you are welcome")
        await console.until(lambda: len(console.sent) == 3)

    archive = Archive(path)
    await archive.open()
    kept = [message.text for message in await archive.conversation(customer) if message.delivery is not None]
    assert kept == ["one moment", "it left yesterday", "you are welcome"]
    await archive.close()


async def test_a_send_on_its_way_while_the_archive_comes_back_is_settled_once(tmp_path: Path, world: World) -> None:
    path = archive_path(tmp_path, world)
    async with running(tmp_path, world, busy_seconds=0.05) as console:
        customer = await serving(console, world)
        console.faults.hold(SEND)
        with locked(path):
            await reply(console, "on its way")
            await console.until(lambda: console.faults.waiting.get(SEND) == 1)
            await sees(console, LOST_WITH_THE_END)
        await console.press("R")
        await sees_no(console, LOST_WITH_THE_END)
        console.faults.release(SEND)
        await console.until(lambda: console.sent == [(customer, "on its way")])
        await sees_no(console, "sending")
        assert console.desk.open is not None
        assert [message.text for message in console.desk.open.messages] == ["where is my parcel?", "on its way"]
        messages = await console.archive.conversation(customer)
        assert [message.delivery for message in messages if message.delivery is not None] in (
            [Delivery.SENT],
            [Delivery.CONFIRMED],
        )


async def test_a_damaged_file_is_kept_aside_and_named(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    path = archive_path(tmp_path, world)
    put(path, b"no archive at all" * 1000)
    async with running(tmp_path, world) as console:
        await console.until(lambda: [row.id for row in console.desk_screen.queue.rows] == [customer])
        await sees(console, "The archive was damaged: it is kept as", ".damaged-", "a new one is begun")
        await console.press("R")
        await sees_no(console, "The archive was damaged")
    assert sum(".damaged-" in file.name for file in path.parent.iterdir()) == 1


async def test_a_newer_versions_archive_is_left_alone_and_the_console_works(tmp_path: Path, world: World) -> None:
    path = archive_path(tmp_path, world)
    async with running(tmp_path, world):
        pass
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    was = path.read_bytes()
    async with running(tmp_path, world) as console:
        await sees(console, "was written by a newer kfconsole", LOST_WITH_THE_END, "Update kfconsole")
        customer = await serving(console, world)
        await reply(console, "hello")
        await console.until(lambda: console.sent == [(customer, "hello")])
    assert path.read_bytes() == was
    assert console.archive.unkept.sends == 1


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_notice_leaves_room_to_work(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    path = archive_path(tmp_path, world)
    async with running(tmp_path, world, size=size, busy_seconds=0.05) as console:
        customers = waiting(world, 3)
        with locked(path):
            await console.archive.save_draft(CustomerId(customers[0]), "x")
            await sees(console, LOST_WITH_THE_END)
            await console.until(lambda: len(console.desk_screen.queue.rows) == 3)
            assert all(console.row_of(customer) for customer in customers)
