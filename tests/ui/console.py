"""The real console on a simulated WeChat, in one process: nothing is patched, only the transport is in memory."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from inspect import getsource
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen

from kfconsole import config
from kfconsole.archive import Archive, Process
from kfconsole.desk import Actions, Intervals, Poller, ServerClock, Store
from kfconsole.model import AgentId, Contact, CustomerId, Desk
from kfconsole.simulator import World, create_app
from kfconsole.simulator.faults import Fault, Faults
from kfconsole.simulator.requestlog import RequestLog
from kfconsole.ui.app import KfApp
from kfconsole.ui.desk_screen import DeskScreen
from kfconsole.ui.parts import Given
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.wechat import KfClient

ME = AgentId("kf2001@lehuo")
COLLEAGUE = AgentId("kf2002@lehuo")
OFFLINE = AgentId("kf2003@lehuo")
WITHIN_SECONDS = 30.0  # only what never comes takes it
LOOK_SECONDS = 0.02  # between two looks at what is waited for
SETTLE_ROUNDS = 3  # a key goes app, widget, screen, and what it posts goes the same way again
LONGEST_SLEEP_SECONDS = 0.2  # nobody waits a minute for a refused question to be asked again

QUEUE = "/customservice/kfsession/getwaitcase"
SESSIONS = "/customservice/kfsession/getsessionlist"
ONLINE = "/cgi-bin/customservice/getonlinekflist"
RECORDS = "/customservice/msgrecord/getmsglist"
CREATE = "/customservice/kfsession/create"
CLOSE = "/customservice/kfsession/close"
SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"
WRITES = (CREATE, CLOSE, SEND, TYPING)
LASTING_GROUPS = frozenset({"desk", "drafts", "forget"})


@dataclass
class Console:
    """A running console and the world it talks to."""

    app: KfApp
    pilot: Pilot[int]
    world: World
    server: Starlette
    paints: int = 0
    """How often something was painted."""
    _looked_at: tuple[Screen[Any], int] | None = None
    _looked: str = ""

    def __post_init__(self) -> None:
        display = self.app._display

        def counted(screen: Screen[Any], renderable: Any) -> None:
            self.paints += 1
            display(screen, renderable)

        self.app._display = counted  # type: ignore[method-assign]

    @property
    def archive(self) -> Archive:
        """The console's archive."""
        return self.app.archive

    @property
    def faults(self) -> Faults:
        """The faults of the wire."""
        faults: Faults = self.server.state.faults
        return faults

    @property
    def requests(self) -> RequestLog:
        """What the console asked."""
        requests: RequestLog = self.server.state.requests
        return requests

    @property
    def desk_screen(self) -> DeskScreen:
        """The desk, whatever lies above it."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, DeskScreen))

    @property
    def desk(self) -> Desk:
        """The desk as it is now."""
        return self.app.store.desk

    @property
    def opened(self) -> CustomerId | None:
        """Whose conversation is open."""
        return self.desk.open.openid if self.desk.open else None

    @property
    def composer(self) -> str:
        """What stands in the composer."""
        return self.desk_screen.composer.text

    @property
    def is_writing(self) -> bool:
        """Whether the composer has the focus."""
        return self.app.screen is self.desk_screen and self.app.focused is self.desk_screen.composer

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Every text WeChat took: customer and text, in order."""
        return [(message.openid, message.text) for message in self.world.sent]

    def contact(self, openid: str) -> Contact:
        """What the desk knows of a customer."""
        return self.desk.contacts[CustomerId(openid)]

    def text(self) -> str:
        """What a person sees, line by line."""
        return screen_text(self.app)

    def line_of(self, words: str) -> str:
        """The first line on screen that holds the words, else an empty one."""
        return next((line for line in self.text().splitlines() if words in line), "")

    def row_of(self, openid: str) -> str:
        """The row of a customer in the lists at the left, else an empty text."""
        rows = (line.partition("│")[0] for line in self.text().splitlines() if not line.startswith("─"))
        return next((row for row in rows if short(openid) in row), "")

    def writes(self) -> list[tuple[str, str]]:
        """Every request that asked WeChat to do something: path and customer."""
        return [(asked.path, customer_of(asked.body)) for asked in self.requests.of() if asked.path in WRITES]

    def arm(self, path: str, kind: str, **details: Any) -> None:
        """Let the next request of a path (count=None: all) go wrong."""
        self.faults.arm(Fault(path, kind, **details))

    async def until(self, condition: Callable[[], bool], within: float = WITHIN_SECONDS) -> None:
        """Let the app run until the condition holds; fail with its source and the screen when it does not."""
        end = time.monotonic() + within
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not within {within} s: {getsource(condition).strip()}\n{self.text()}")
            await asyncio.sleep(LOOK_SECONDS)  # the console runs and paints by itself meanwhile
        await self.settle()

    async def sees(self, *words: str, within: float = WITHIN_SECONDS) -> None:
        """Wait until the words stand on the screen."""
        await self.until(lambda: self._shows(words), within)

    def _shows(self, words: tuple[str, ...]) -> bool:
        """Whether the words stand on the screen; what was painted last is not drawn again to look at it."""
        if self._looked_at != (self.app.screen, self.paints):
            self._looked_at, self._looked = (self.app.screen, self.paints), self.text()
        return all(word in self._looked for word in words)

    async def sees_no(self, *words: str, within: float = WITHIN_SECONDS) -> None:
        """Wait until none of the words stands on the screen."""
        await self.until(lambda: not any(word in self.text() for word in words), within)

    async def settle(self) -> None:
        """Let what was posted be handled, without waiting for anything else."""
        for _round in range(SETTLE_ROUNDS):
            await self.pilot.pause(0)

    async def quiet(self, within: float = WITHIN_SECONDS) -> None:
        """Wait until no act is under way; one that asks a question waits for its answer and counts as done."""
        await self.settle()
        await self.until(lambda: len(self.app.screen_stack) > 1 or not self.acts(), within)

    def acts(self) -> list[str]:
        """The groups of the workers under way, apart from those that run as long as the console."""
        return [worker.group for worker in self.app.workers if worker.group not in LASTING_GROUPS | {"notify"}]

    async def asked_again(self, *paths: str) -> None:
        """Wait until each path was asked, and answered, from now on."""
        before = {path: self.requests.calls[path] for path in paths}
        self.app.poller.wake()
        # One may have been under way already: the second one was asked after now.
        await self.until(lambda: all(self.requests.calls[path] >= before[path] + 2 for path in paths))

    def strike(self, *keys: str | events.Paste) -> None:
        """Press keys, or paste, in one burst, as a terminal hands them over: nothing happens in between."""
        driver = self.app._driver
        assert driver is not None
        for key in keys:
            driver.send_message(key_event(key) if isinstance(key, str) else events.Paste(key.text))  # made in order

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.strike(key)
            await self.settle()

    async def type(self, words: str) -> None:
        """Type a text, any script, without a pause."""
        self.strike(*words)
        await self.settle()

    async def paste(self, words: str) -> None:
        """Paste a text from the terminal."""
        self.app.post_message(events.Paste(words))
        await self.settle()

    async def open(self, openid: str) -> None:
        """Open the conversation of a customer in one of the lists, by keys."""
        await self.choose(openid)
        await self.press("enter")
        talk, composer = self.desk_screen.talk, self.desk_screen.composer
        await self.until(lambda: self.opened == composer.openid == openid and self.app.focused is talk)

    async def choose(self, openid: str) -> None:
        """Make a customer current in the list that has them."""
        panes: dict[str, LineList[Any]] = {"1": self.desk_screen.queue, "2": self.desk_screen.sessions}

        def holding() -> list[str]:
            return [key for key, pane in panes.items() if any(row.id == openid for row in pane.rows)]

        # The sessions may be heard of before the queue: a row about to leave is none to stand on.
        await self.until(lambda: len(holding()) == 1)
        (key,) = holding()
        await self.press(key)
        assert panes[key].select(openid)
        await self.settle()

    async def serve(self, openid: str, *texts: str, agent: str = ME) -> None:
        """Let an agent accept a customer who then writes, and wait until the desk knows."""
        self.world.say(openid, "…")
        self.world.accept(agent, openid)
        for text in texts:
            self.world.say(openid, text)
        await self.asked_again(QUEUE, ONLINE, SESSIONS, RECORDS)
        await self.until(lambda: all(row.id != openid for row in self.desk_screen.queue.rows))
        await self.until(lambda: any(row.id == openid for row in self.desk_screen.sessions.rows))
        if texts:
            await self.until(lambda: self.contact(openid).last_received_at is not None)


def key_event(key: str) -> events.Key:
    """The event a terminal's key makes."""
    if len(key) > 1:
        characters = {"space": " ", "enter": "\r", "tab": "\t"}
        return events.Key(key, characters.get(key))
    return events.Key(_character_to_key(key), key)


def customer_of(body: bytes) -> str:
    """The customer a request is about."""
    fields = json.loads(body)
    return str(fields.get("openid") or fields.get("touser") or "")


def screen_text(app: KfApp) -> str:
    """Return the text of every line on screen, toasts and dialogs included."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def short(openid: str) -> str:
    """How the console names a customer."""
    return openid[-6:]


def small_shop(world: World) -> None:
    """Two agents online, one offline; nobody waits yet."""
    world.add_agent(ME, "晓雯")
    world.add_agent(COLLEAGUE, "Tom")
    world.add_agent(OFFLINE, "小美", online=False)


def waiting(world: World, count: int = 1, text: str = "hello?") -> list[str]:
    """Let customers come and wait; return them in order."""
    customers = [world.add_customer().openid for _number in range(count)]
    for openid in customers:
        world.say(openid, text)
    return customers


async def hurried(seconds: float) -> None:
    """Sleep as the poller does, but never for long."""
    await asyncio.sleep(min(seconds, LONGEST_SLEEP_SECONDS))


def assemble(
    tmp_path: Path,
    server: Starlette,
    *,
    me: str = ME,
    sections: dict[str, dict[str, object]] | None = None,
    interval: float = 0.1,
    monotonic: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
    busy_seconds: float = 5.0,
    process: Process | None = None,
) -> KfApp:
    """Put a console together that talks to the server, not yet running."""
    world: World = server.state.world
    values: dict[str, dict[str, object]] = {
        "account": {"app_id": world.app_id, "app_secret": world.app_secret, "base_url": "http://127.0.0.1:1"},
        "me": {"kf_account": me},
    }
    for name, section in (sections or {}).items():
        values.setdefault(name, {}).update(section)
    settings = config.from_values(values, path=tmp_path / "config.toml", folder=tmp_path)
    clock = ServerClock(monotonic, wall)
    client = KfClient(
        base_url=settings.account.base_url,
        app_id=settings.account.app_id,
        app_secret=settings.account.secret,
        transport=httpx.ASGITransport(server),
        monotonic=monotonic,
        on_date=clock.learn,
    )
    archive = Archive(settings.archive_path, wall=clock.now, busy_seconds=busy_seconds, process=process)
    agent = AgentId(me) if me else None
    store = Store(agent)
    intervals = Intervals(interval, interval, interval, interval)
    poller = Poller(client, archive, store, clock, intervals=intervals, sleep=hurried)
    actions = Actions(client, archive, store, clock, me=agent, poller=poller, read_only=settings.me.read_only)
    parts = Given(archive=archive, client=client, store=store, poller=poller, actions=actions, clock=clock)
    return KfApp(settings=settings, parts=parts)


@asynccontextmanager
async def running(
    tmp_path: Path, world: World, *, size: tuple[int, int] = (120, 40), **options: Any
) -> AsyncIterator[Console]:
    """Run the console against the world; two runs with one `tmp_path` share the archive."""
    server = create_app(world)
    app = assemble(tmp_path, server, **options)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        yield Console(app, pilot, world, server)
