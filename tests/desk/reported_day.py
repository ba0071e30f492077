"""A random day at a desk, and what a report of it should say, reckoned from the simulator's log alone."""

import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Generator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import TypeVar

from kfconsole.desk import Intervals
from kfconsole.model import AgentId, CustomerId
from kfconsole.simulator import DayLog
from tests.desk.house import LI, ME, House, customer

WEI = AgentId("wei@shop")
T = TypeVar("T")

AGENTS = (ME, LI, WEI)
SEEN_SECONDS = 16
"""Whatever lasts so long is seen by a console that asks every few seconds."""

Span = tuple[str, str, int, int]
"""Customer, agent, when it began, how long it took."""


@dataclass
class Truth:
    """What happened, by WeChat's clock in whole seconds."""

    waits: list[Span] = field(default_factory=list)
    left: list[tuple[str, int]] = field(default_factory=list)
    handling: list[Span] = field(default_factory=list)
    first: list[Span] = field(default_factory=list)
    responses: list[Span] = field(default_factory=list)
    sessions: list[tuple[str, str, int]] = field(default_factory=list)
    received: int = 0
    sent: int = 0
    customers: set[str] = field(default_factory=set)


def truth_of(lines: Iterable[str]) -> Truth:
    """Read a log."""
    truth = Truth()
    queued: dict[str, int] = {}
    sessions: dict[str, tuple[str, int]] = {}
    unanswered: set[str] = set()
    turns: dict[str, int] = {}
    for line in map(json.loads, lines):
        at, what, openid, agent = int(line["at"]), line["what"], line.get("openid", ""), line.get("agent", "")
        if openid:
            truth.customers.add(openid)
        match what:
            case "queued":
                queued[openid] = at
            case "left_queue":
                truth.left.append((openid, queued.pop(openid)))
            case "accepted" | "transferred":
                if openid in queued:
                    since = queued.pop(openid)
                    truth.waits.append((openid, agent, since, at - since))
                if what == "transferred":
                    before, since = sessions[openid]
                    truth.handling.append((openid, before, since, at - since))
                sessions[openid] = (agent, at)
                truth.sessions.append((openid, agent, at))
                unanswered.add(openid)
            case "customer_wrote":
                if openid in sessions:
                    truth.received += 1
                    turns.setdefault(openid, at)
            case "agent_wrote" | "account_wrote":
                truth.sent += 1
                if openid in turns:
                    since = turns.pop(openid)
                    truth.responses.append((openid, agent, since, at - since))
                if openid in unanswered:
                    unanswered.discard(openid)
                    truth.first.append((openid, sessions[openid][0], sessions[openid][1], at - sessions[openid][1]))
            case "closed":
                before, since = sessions.pop(openid)
                truth.handling.append((openid, before, since, at - since))
                turns.pop(openid, None)
                unanswered.discard(openid)
    return truth


@asynccontextmanager
async def begun_again(folder: Path, before: House, intervals: Intervals) -> AsyncIterator[House]:
    """Another run of the console on the same archive."""
    house = House(folder, intervals=intervals, before=before)
    await house.archive.open()
    try:
        await house.poller.remember()
        yield house
    finally:
        await house.client.aclose()
        await house.archive.close()


class Day:
    """Customers and agents act at random; some of the replies are sent from this console."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.chance = random.Random(seed)
        self.log = StringIO()
        self.quiet_until: dict[CustomerId, float] = defaultdict(float)
        """Nothing happens to a customer before: it would be over before anybody looks."""
        self.people = [customer(number) for number in range(12)]
        house.world.watch(DayLog(self.log))

    @property
    def truth(self) -> Truth:
        """What happened so far."""
        return truth_of(self.log.getvalue().splitlines())

    async def run(self, seconds: float, *, is_polled: bool = True) -> None:
        """Let people act for a while, at whole seconds."""
        time = self.house.time
        end_at = time.sim.now() + seconds
        while time.sim.now() < end_at:
            pause = min(self.chance.randint(2, 14), end_at - time.sim.now())
            if is_polled:
                await time.advance(pause)
            else:
                time.sim.advance(pause)
            await self.happen(is_polled=is_polled)

    async def happen(self, *, is_polled: bool) -> None:
        """Let one thing happen."""
        world, chance = self.house.world, self.chance
        now = self.house.time.sim.now()
        ready = [openid for openid in self.people if self.quiet_until[openid] <= now]
        if not ready:
            return
        openid = chance.choice(ready)
        session = world.sessions.get(openid)
        if openid in world.queue:
            if chance.random() < 0.2:
                world.act(openid, "leave")
            elif chance.random() < 0.2:
                world.say(openid, "still there?")
                return
            else:
                world.accept(chance.choice(AGENTS), openid)
            self.quiet_until[openid] = now + SEEN_SECONDS
        elif session is None:
            world.say(openid, "hello")
            self.quiet_until[openid] = now + SEEN_SECONDS
        else:
            await self._talk(openid, AgentId(session.kf_account), now, is_polled=is_polled)

    async def _talk(self, openid: CustomerId, agent: AgentId, now: float, *, is_polled: bool) -> None:
        world, dice = self.house.world, self.chance.random()
        if dice < 0.35:
            world.say(openid, "and then?")
        elif dice < 0.75:
            allowed = self.house.desk.contacts.get(openid)
            if agent == ME and is_polled and allowed is not None and self.chance.random() < 0.5:
                await self.house.actions.send(openid, "from here", agent=agent)
            else:
                world.reply(agent, openid, "so it is")
        elif dice < 0.85:
            world.transfer(agent, self.chance.choice([other for other in AGENTS if other != agent]), openid)
            self.quiet_until[openid] = now + SEEN_SECONDS
        else:
            world.close(agent, openid)
            self.quiet_until[openid] = now + SEEN_SECONDS


def whole(steps: Generator[None, None, T]) -> T:
    """Take all steps of something, and return what comes of it."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: T = end.value
            return outcome


def by_agent(spans: Iterable[Span]) -> Mapping[str, list[int]]:
    """Return how long things took, by agent."""
    found: dict[str, list[int]] = defaultdict(list)
    for _openid, agent, _at, seconds in spans:
        found[agent].append(seconds)
    return {agent: sorted(seconds) for agent, seconds in found.items()}
