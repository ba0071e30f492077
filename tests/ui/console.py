"""The real console on a simulated WeChat, in one process: nothing is patched, only the transport is in memory."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from inspect import getsource
from pathlib import Path

import httpx
from textual.pilot import Pilot

from kfconsole import config
from kfconsole.archive import Archive
from kfconsole.desk import Actions, Intervals, Poller, ServerClock, Store
from kfconsole.model import AgentId
from kfconsole.simulator import World, create_app
from kfconsole.ui.app import KfApp
from kfconsole.ui.desk_screen import DeskScreen
from kfconsole.wechat import KfClient

ME = AgentId("kf2001@lehuo")
COLLEAGUE = AgentId("kf2002@lehuo")
WITHIN_SECONDS = 8.0


@dataclass
class Console:
    """A running console and the world it talks to."""

    app: KfApp
    pilot: Pilot[int]
    world: World

    @property
    def desk_screen(self) -> DeskScreen:
        """The desk, whatever lies above it."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, DeskScreen))

    def text(self) -> str:
        """What a person sees, line by line."""
        return screen_text(self.app)

    async def until(self, condition: Callable[[], bool], within: float = WITHIN_SECONDS) -> None:
        """Pump the app until the condition holds; fail with its source and the screen when it does not."""
        end = time.monotonic() + within
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not within {within} s: {getsource(condition).strip()}\n{self.text()}")
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def sees(self, words: str, within: float = WITHIN_SECONDS) -> None:
        """Wait until the words stand on the screen."""
        await self.until(lambda: words in self.text(), within)

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def type(self, words: str) -> None:
        """Type a text, any script."""
        for character in words:
            await self.pilot.press("space" if character == " " else character)


def screen_text(app: KfApp) -> str:
    """Return the text of every line on screen, toasts and dialogs included."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def small_shop(world: World) -> None:
    """Two agents online, one offline; nobody waits yet."""
    world.add_agent(ME, "晓雯")
    world.add_agent(COLLEAGUE, "Tom")
    world.add_agent("kf2003@lehuo", "小美", online=False)


@asynccontextmanager
async def running(
    tmp_path: Path,
    world: World,
    *,
    size: tuple[int, int] = (120, 40),
    me: str = ME,
    sections: dict[str, dict[str, object]] | None = None,
    interval: float = 0.05,
) -> AsyncIterator[Console]:
    """Run the console against the world."""
    values: dict[str, dict[str, object]] = {
        "account": {"app_id": world.app_id, "app_secret": world.app_secret, "base_url": "http://127.0.0.1:1"},
        "me": {"kf_account": me},
    }
    for name, section in (sections or {}).items():
        values.setdefault(name, {}).update(section)
    settings = config.from_values(values, path=tmp_path / "config.toml", folder=tmp_path)
    clock = ServerClock(time.monotonic, time.time)
    client = KfClient(
        base_url=settings.account.base_url,
        app_id=settings.account.app_id,
        app_secret=settings.account.app_secret,
        transport=httpx.ASGITransport(create_app(world)),
        on_date=clock.learn,
    )
    archive = Archive(settings.archive_path)
    agent = AgentId(me) if me else None
    store = Store(agent)
    poller = Poller(client, archive, store, clock, intervals=Intervals(interval, interval, interval, interval))
    actions = Actions(client, archive, store, clock, me=agent, poller=poller, read_only=settings.me.read_only)
    app = KfApp(
        settings=settings, archive=archive, client=client, store=store, poller=poller, actions=actions, clock=clock
    )
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        yield Console(app, pilot, world)
    await archive.close()
    await client.aclose()
