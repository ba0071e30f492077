"""A desk with everything real but time and the wire: the simulator in process, the archive on disk."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from kfconsole.archive import Archive
from kfconsole.desk import Actions, Intervals, Poller, ServerClock, Store
from kfconsole.errors import ConfigError
from kfconsole.model import AgentId, CustomerId, Desk, Message
from kfconsole.simulator import DEFAULT_APP_ID, DEFAULT_APP_SECRET, SimClock, World, create_app
from kfconsole.simulator.faults import Fault
from kfconsole.wechat import KfClient

START = 1_750_000_000.0
ME, LI = AgentId("me@shop"), AgentId("li@shop")
WAITING = "/customservice/kfsession/getwaitcase"
AGENTS = "/cgi-bin/customservice/getkflist"
ONLINE = "/cgi-bin/customservice/getonlinekflist"
SESSIONS = "/customservice/kfsession/getsessionlist"
SESSION = "/customservice/kfsession/getsession"
CREATE = "/customservice/kfsession/create"
CLOSE = "/customservice/kfsession/close"
RECORDS = "/customservice/msgrecord/getmsglist"
SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"
ADD = "/customservice/kfaccount/add"
RENAME = "/customservice/kfaccount/update"
REMOVE = "/customservice/kfaccount/del"
INVITE = "/customservice/kfaccount/inviteworker"
PICTURE = "/customservice/kfaccount/uploadheadimg"
REMARK = "/cgi-bin/user/info/updateremark"
USER = "/cgi-bin/user/info"
UPLOAD = "/cgi-bin/media/upload"
CLEAR = "/cgi-bin/clear_quota"
CLEAR_ONE = "/cgi-bin/openapi/quota/clear"


CLOCK_SECONDS = 0.000_001
"""Who sleeps until the same moment wakes in the same turn of an event loop, whatever sums led there."""


class Time:
    """Time that moves only when a test says so; sleepers wake in the order of their deadlines."""

    def __init__(self) -> None:
        self.sim = SimClock(wall=lambda: 0.0, start=START, frozen=True)
        self.sleepers: dict[asyncio.Future[None], float] = {}

    def monotonic(self) -> float:
        return self.sim.now() - START + 1000

    def wall(self) -> float:
        return self.sim.now()

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers[waiting] = self.sim.now() + seconds
        try:
            await waiting
        finally:
            del self.sleepers[waiting]

    async def settle(self, resting: int) -> None:
        """Wait until so many sleep, and nothing stirs any more."""
        calm = 0
        limit = time.monotonic() + 10
        while calm < 30:
            calm = calm + 1 if len(self.sleepers) == resting else 0
            assert time.monotonic() < limit, f"{len(self.sleepers)} asleep, not {resting}"
            await asyncio.sleep(0)

    async def advance(self, seconds: float, *, resting: int = 4, asleep: int = 4) -> None:
        """Move time, stopping wherever somebody wakes until so many sleep again; at first others may be asleep."""
        target = self.sim.now() + seconds
        await self.settle(asleep)
        while (deadline := min(self.sleepers.values(), default=math.inf)) <= target:
            self.sim.set(max(deadline, self.sim.now()))
            for waiting in [waiting for waiting, at in self.sleepers.items() if at <= deadline + CLOCK_SECONDS]:
                waiting.set_result(None)
            await asyncio.sleep(0)
            await self.settle(resting)
        self.sim.set(target)


async def until(condition: Callable[[], bool]) -> None:
    """Let everything run until the condition holds."""
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        await asyncio.sleep(0)


class Wire(httpx.AsyncBaseTransport):
    """Carries calls to the simulator, and loses answers on demand."""

    def __init__(self, app_transport: httpx.ASGITransport) -> None:
        self._inner = app_transport
        self.lost: list[str] = []
        """Paths whose next answer is lost after WeChat acted."""
        self.unreachable: list[str] = []
        """Paths whose next call never arrives."""
        self.meanwhile: dict[str, Callable[[], object]] = {}
        """What happens at WeChat just before the next call of a path arrives."""
        self.afterwards: dict[str, Callable[[], object]] = {}
        """What happens while the next answer of a path is on its way."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path in self.unreachable:
            self.unreachable.remove(path)
            raise httpx.ConnectError("nobody there")
        if happening := self.meanwhile.pop(path, None):
            happening()
        response = await self._inner.handle_async_request(request)
        if happening := self.afterwards.pop(path, None):
            happening()
        if path in self.lost:
            self.lost.remove(path)
            raise httpx.ReadTimeout("no answer")
        return response


class House:
    """One desk, everything it talks to, and the time it lives in."""

    def __init__(
        self,
        folder: Path,
        me: AgentId | None = ME,
        *,
        read_only: bool = False,
        intervals: Intervals = Intervals(),  # noqa: B008  # frozen
        keep_days: float = 180,
        before: "House | None" = None,
        is_night: Callable[[float], bool] | None = None,
    ) -> None:
        """Put it together; with a house of before, that one's console is begun again in the same world."""
        self.time: Time = before.time if before else Time()
        self.world: World = before.world if before else World(clock=self.time.sim)
        self.app = create_app(self.world, sleep=self.time.sleep)
        self.wire = Wire(httpx.ASGITransport(self.app))
        self.clock = ServerClock(self.time.monotonic, self.time.wall)
        self.client = KfClient(
            base_url="http://127.0.0.1:9",
            app_id=DEFAULT_APP_ID,
            app_secret=DEFAULT_APP_SECRET,
            transport=self.wire,
            monotonic=self.time.monotonic,
            on_date=self.clock.learn,
        )
        self.path = folder / "archive.db"
        self.archive = Archive(self.path, wall=self.time.wall, busy_seconds=0.05)
        self.store = Store(me)
        self.poller = Poller(
            self.client,
            self.archive,
            self.store,
            self.clock,
            intervals=intervals,
            sleep=self.time.sleep,
            random=lambda: 0.5,
            keep_days=keep_days,
            is_night=is_night,
        )
        self.actions = Actions(
            self.client,
            self.archive,
            self.store,
            self.clock,
            me=me,
            poller=self.poller,
            read_only=read_only,
            keep_days=keep_days,
            sleep=self.time.sleep,
        )

    @property
    def desk(self) -> Desk:
        return self.store.desk

    def lose_the_secret(self, path: str) -> None:
        """At the next call of a path the token is dead, and the command that prints the secret fails by then."""

        def fail() -> str:
            raise ConfigError("account.app_secret_command: pass ended with code 1")

        self.client._gateway._app_secret = fail
        self.app.state.faults.arm(Fault(path, "errcode", code=42001))

    async def find_the_secret(self) -> None:
        """The command works again, once it has failed."""
        await until(lambda: self.client._gateway._tokens._failure is not None)
        self.client._gateway._app_secret = DEFAULT_APP_SECRET

    def calls(self, path: str) -> int:
        return int(self.app.state.requests.calls[path])

    def all_calls(self) -> int:
        return int(sum(self.app.state.requests.calls.values()))

    def waiting(self) -> list[str]:
        return [row.openid for row in self.desk.queue]

    def served(self) -> dict[str, str]:
        return {session.openid: session.agent for session in self.desk.sessions}

    def shown(self) -> tuple[Message, ...]:
        return self.desk.open.messages if self.desk.open else ()

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        """Poll while inside; at the start every feed has asked once."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.poller.run())
            await self.time.settle(4)
            yield
            task.cancel()


@asynccontextmanager
async def opened(
    folder: Path,
    me: AgentId | None = ME,
    *,
    read_only: bool = False,
    intervals: Intervals = Intervals(),  # noqa: B008  # frozen
    keep_days: float = 180,
    is_night: Callable[[float], bool] | None = None,
) -> AsyncIterator[House]:
    """A house with two agents online: this console's, and Li."""
    house = House(folder, me, read_only=read_only, intervals=intervals, keep_days=keep_days, is_night=is_night)
    house.world.add_agent(ME, "Me")
    house.world.add_agent(LI, "Li")
    await house.archive.open()
    try:
        yield house
    finally:
        await house.client.aclose()
        await house.archive.close()


def customer(number: int) -> CustomerId:
    """The openid of one of many customers."""
    return CustomerId(f"oLh7e5customer{number:014d}")
