"""What it looks like, in both languages and both sizes. Review the report before updating: `pytest --snapshot-update`.

Time stands still for the simulator and the console, so that every age is the same in each run.
"""

import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from textual.pilot import Pilot

from kfconsole import i18n
from kfconsole.model import Feed
from kfconsole.simulator import SimClock, World, create_app
from tests.ui.console import COLLEAGUE, ME, Console, assemble, small_shop

NOW = 1_795_399_200.0  # 2026-11-22 22:00 in Shanghai
Prepare = Callable[[World], None]
Act = Callable[[Console], Awaitable[None]]


class SnapCompare(Protocol):
    """The fixture of pytest-textual-snapshot."""

    def __call__(
        self, app: object, *, terminal_size: tuple[int, int], run_before: Callable[[Pilot[Any]], Awaitable[None]]
    ) -> bool:
        """Run the app, take its picture, and compare it."""


def busy(world: World) -> None:
    """A shop with customers who wait, two of ours and one of a colleague."""
    small_shop(world)
    for seconds, text in ((760, "在吗？"), (250, "有人吗"), (65, "你好"), (3, "hello")):
        with world.clock.moved(-seconds):
            world.say(world.add_customer().openid, text)
    for seconds, agent in ((1740, ME), (420, COLLEAGUE), (600, ME)):
        customer = world.add_customer().openid
        with world.clock.moved(-seconds):
            world.say(customer, "你好，我想退货")
            world.accept(agent, customer)
        with world.clock.moved(60 - seconds):
            world.say(customer, "订单 8842-1107，盒子压坏了。It arrived like this, 可以换一件吗？")
        with world.clock.moved(90 - seconds):
            world.reply(agent, customer, "您好，请稍等，我看一下。")
        with world.clock.moved(120 - seconds):
            world.say(customer, "[image]")


async def with_a_conversation(console: Console) -> None:
    """Open the newest of our conversations, with a reply sent and one begun."""
    await console.until(lambda: len(console.desk_screen.sessions.rows) == 3)
    await console.until(lambda: len(console.desk_screen.queue.rows) == 4)
    customer = console.desk_screen.sessions.rows[1].id
    await records_seen(console)
    await console.open(customer)
    await console.press("r")
    await console.until(lambda: console.is_writing)
    await console.type("马上帮您登记")
    await console.press("enter")
    await console.until(lambda: len(console.sent) == 1)
    await console.quiet()
    await console.type("换一件新的寄过去可以吗？")
    await console.until(lambda: console.contact(customer).draft != "")


async def records_seen(console: Console) -> None:
    """Wait for what was said."""
    sessions = console.desk_screen.sessions
    await console.until(lambda: all(row.contact and row.contact.last_message for row in sessions.rows))


async def empty(console: Console) -> None:
    """Wait for the first answers."""
    await console.until(lambda: len(console.desk_screen.agents.rows) == 3)


async def failing(console: Console) -> None:
    """The queue was seen, and cannot be asked any more."""
    await console.until(lambda: len(console.desk_screen.queue.rows) == 4 and len(console.desk.sessions) == 3)
    console.world.tokens.revoke_all()
    console.arm("/cgi-bin/stable_token", "errcode", code=40164, count=None)
    await console.until(lambda: all(health.error for health in console.desk.health.values()))
    await console.quiet()


async def asking(console: Console) -> None:
    """The dialog before a session is closed."""
    await console.until(lambda: len(console.desk_screen.sessions.rows) == 3)
    await console.until(lambda: len(console.desk_screen.queue.rows) == 4)
    await records_seen(console)
    await console.press("2", "g", "x")
    await console.until(lambda: console.app.screen is not console.desk_screen)
    await console.settle()


async def helping(console: Console) -> None:
    """Keys and marks."""
    await empty(console)
    await console.press("question_mark")
    await console.settle()


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("prepare", "act"),
    [
        pytest.param(busy, with_a_conversation, id="conversation"),
        pytest.param(small_shop, empty, id="empty"),
        pytest.param(busy, failing, id="error"),
        pytest.param(busy, asking, id="dialog"),
        pytest.param(small_shop, helping, id="help"),
    ],
)
def test_looks(
    tmp_path: Path, snap_compare: SnapCompare, prepare: Prepare, act: Act, language: str, size: tuple[int, int]
) -> None:
    i18n.use(language)
    world = World(rng=random.Random(11), clock=SimClock(wall=lambda: NOW, frozen=True))
    prepare(world)
    server = create_app(world)
    app = assemble(tmp_path, server, monotonic=lambda: 1000.0, wall=lambda: NOW)

    async def run_before(pilot: Pilot[Any]) -> None:
        console = Console(app, pilot, world, server)
        # A picture is taken of an app that may still be starting.
        await console.until(lambda: app.focused is not None and len(console.desk.health) == len(Feed))
        await act(console)

    assert snap_compare(app, terminal_size=size, run_before=run_before)
