"""Whatever happens, the ledger says what the simulator's windows say, and never more where something was not seen."""

import asyncio
import math
import random
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.desk import rules
from kfconsole.model import AgentId, Allowance, CustomerAct, CustomerId, Delivery, MessageKind, Opening, Record
from kfconsole.simulator import SimClock, World
from kfconsole.simulator.codes import Refused
from kfconsole.simulator.sending import send
from kfconsole.simulator.windows import Window

START = 1_750_000_000
HOUR = 3600
ANN, ME = CustomerId("oLh7e5ann"), AgentId("me@shop")
ACTS = {
    "message": CustomerAct.MESSAGE,
    "click": CustomerAct.MENU,
    "follow": CustomerAct.FOLLOW,
    "scan": CustomerAct.SCAN,
    "pay": CustomerAct.PAY,
}
LIKELY = ["message"] * 4 + ["click", "scan", "follow"] * 2 + ["pay"] + ["send"] * 16
PAUSES = [1, 1, 2, 5, 30, 61, 5 * HOUR, 47 * HOUR]


@dataclass
class Shop:
    """One customer at a simulated WeChat, and the archive of one who looks on."""

    rng: random.Random
    archive: Archive
    world: World

    @property
    def now(self) -> float:
        return self.world.clock.now()

    def opened(self) -> list[Window]:
        windows = self.world.customers[ANN].windows.by_action.values()
        return [window for window in windows if self.now < window.closes_at]

    async def read_records(self, seconds: int = 49 * HOUR) -> None:
        """Read what was said lately."""
        until = int(self.now)
        since = until - seconds
        rows = [row for row in self.world.records._records if row.opercode == 2003 and since <= row.time <= until]
        records = [Record(ANN, ME, MessageKind.RECEIVED, row.text, row.time) for row in rows]
        await self.archive.merge_records(records, since, until)

    async def act(self, action: str) -> None:
        if action == "message":
            self.world.say(ANN, f"message {self.rng.random()}")
        else:
            self.world.act(ANN, action)
            await self.archive.note_openings([Opening(ANN, ACTS[action], self.now)])

    async def send(self, *, is_seen: bool = True) -> None:
        message = {"touser": ANN, "msgtype": "text", "text": {"content": "hello"}}
        begun = await self.archive.begin_send(ANN, ME, "hello", self.now) if is_seen else None
        try:
            send(self.world, message)
            outcome, is_out = Delivery.SENT, False
        except Refused:  # with 45015 or 45047
            outcome, is_out = Delivery.REFUSED, True
        if begun is not None:
            await self.archive.settle(begun.id, outcome, is_out_of_replies=is_out)

    async def allowance(self) -> Allowance | None:
        contact = (await self.archive.contacts((ANN,)))[ANN]
        return rules.allowance(contact, self.now)

    def truth(self) -> tuple[float, float]:
        """The replies left, and until when they are."""
        opened = self.opened()
        left = max((window.replies_left for window in opened), default=0)
        return left, max((window.closes_at for window in opened if window.replies_left == left), default=0.0)

    def latest(self) -> float:
        return max((window.closes_at for window in self.opened()), default=0.0)


@pytest.mark.parametrize("seed", range(5))
def test_when_everything_was_seen_count_and_deadline_are_wechats(seed: int) -> None:
    async def check(shop: Shop) -> None:
        await shop.act("message")
        for _step in range(60):
            shop.world.clock.advance(shop.rng.choice(PAUSES))
            what = shop.rng.choice(LIKELY)
            await (shop.send() if what == "send" else shop.act(what))
            shop.world.clock.advance(shop.rng.choice([0, 0, 1, 59, 60, 61]))
            await shop.read_records()

            found, (left, until_at) = await shop.allowance(), shop.truth()
            assert found is not None
            assert (math.inf if found.is_unlimited else found.left, found.is_exact) == (left, True)
            if left:
                assert found.until_at == until_at

    _with_shop(seed, check)


@pytest.mark.parametrize("seed", range(5))
def test_what_happens_within_one_second_leaves_an_upper_bound(seed: int) -> None:
    async def check(shop: Shop) -> None:
        await shop.act("message")
        for _step in range(60):
            shop.world.clock.advance(shop.rng.choice([0, 0.2, 0.5, *PAUSES]))
            what = shop.rng.choice(LIKELY)
            await (shop.send() if what == "send" else shop.act(what))
            await shop.read_records()

            await _promises_no_more_than_there_is(shop)

    _with_shop(seed, check)


@pytest.mark.parametrize("seed", range(10))
def test_where_something_was_not_seen_no_more_is_promised_than_there_is(seed: int) -> None:
    async def check(shop: Shop) -> None:
        await shop.act("message")
        for _step in range(60):
            shop.world.clock.advance(shop.rng.choice(PAUSES))
            what = shop.rng.choice(LIKELY)
            await (shop.send(is_seen=shop.rng.random() < 0.7) if what == "send" else shop.act(what))
            # What lies before is a gap, until it is read.
            await shop.read_records(shop.rng.choice([0, 0, 0, 10, HOUR, 10 * HOUR, 49 * HOUR]))

            await _promises_no_more_than_there_is(shop)

    _with_shop(seed, check, created_after=random.Random(seed).choice([0, 0, 10 * HOUR]))


async def _promises_no_more_than_there_is(shop: Shop) -> None:
    found, (left, _until_at) = await shop.allowance(), shop.truth()
    if found is None:
        return
    if found.is_unlimited:
        assert left == math.inf
    elif found.left is not None:
        assert left <= found.left
    if left and found.left != 0:
        assert found.until_at <= shop.latest()


def _with_shop(seed: int, check: Callable[[Shop], Awaitable[None]], *, created_after: float = 0.0) -> None:
    async def run() -> None:
        world = World(clock=SimClock(wall=lambda: 0.0, start=START, frozen=True))
        world.add_agent(ME, "Me")
        world.say(ANN, "hello")
        world.accept(ME, ANN)
        world.switches = type(world.switches)(session_minutes=0)
        world.clock.advance(60)
        with tempfile.TemporaryDirectory() as folder:
            archive = Archive(Path(folder) / "archive.db", wall=lambda: world.clock.now() + created_after)
            await archive.open()
            shop = Shop(random.Random(seed), archive, world)
            archive._wall = lambda: world.clock.now()
            try:
                await check(shop)
            finally:
                await archive.close()

    asyncio.run(run())
