"""A queue as it really is, and consoles that look at it, each at its own moments and by a clock of its own."""

import math
import random
from dataclasses import dataclass, field
from pathlib import Path

from kfconsole.archive import Archive
from kfconsole.desk import ServerClock, Store, facts
from kfconsole.desk.chronicle import GONE_SECONDS
from kfconsole.desk.keeper import Keeper
from kfconsole.model import (
    Agent,
    AgentId,
    CustomerId,
    Feed,
    QueueAnswer,
    Session,
    Wait,
    WaitingRow,
    WaitOutcome,
)

AGENTS = (AgentId("a@shop"), AgentId("b@shop"))
PEOPLE = tuple(map(CustomerId, "uvwxyz"))
SLOWEST_SECONDS = 4.0
"""No answer takes longer."""
TOLERANCE_SECONDS = 16.0
"""What counts as exact may be wrong by 10 seconds and a slow answer, clocks and whole seconds by 2."""


@dataclass(eq=False)
class TrueWait:
    """A wait as it really was."""

    openid: CustomerId
    began_at: float
    last_at: int
    ended_at: float | None = None
    agent: AgentId | None = None
    was_seen: bool = False


class Truth:
    """Who really waits and is served; time passes when a test says so."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.now = 1_000_000.0
        self.queue: dict[CustomerId, TrueWait] = {}
        self.sessions: dict[CustomerId, Session] = {}
        self.waits: list[TrueWait] = []
        self.all_sessions: list[Session] = []

    def say(self, openid: CustomerId) -> None:
        """A customer writes, and waits unless somebody serves them."""
        if openid in self.sessions:
            return
        if openid not in self.queue:
            self.queue[openid] = TrueWait(openid, self.now, int(self.now))
            self.waits.append(self.queue[openid])
        self.queue[openid].last_at = int(self.now)

    def leave(self, openid: CustomerId) -> None:
        """A customer waits no more."""
        if (wait := self.queue.pop(openid, None)) is not None:
            wait.ended_at = self.now

    def accept(self, openid: CustomerId) -> Session | None:
        """An agent takes a customer, unless one did before."""
        if openid in self.sessions:
            return None
        agent = self.chance.choice(AGENTS)
        session = self.sessions[openid] = Session(openid, agent, int(self.now))
        self.all_sessions.append(session)
        if openid in self.queue:
            self.queue[openid].agent = agent
            self.leave(openid)
        return session

    def close(self, openid: CustomerId) -> None:
        """A session ends."""
        self.sessions.pop(openid, None)


@dataclass(frozen=True)
class Look:
    """A list that held everybody, as a console that knew of some saw it."""

    at: float
    known: dict[CustomerId, int]


@dataclass
class Console:
    """A console without a screen: what it sees goes through store, keeper and archive."""

    truth: Truth
    path: Path
    skew_seconds: float
    looks: list[Look] = field(default_factory=list)
    _asked: tuple[float, float, list[TrueWait]] | None = None

    def __post_init__(self) -> None:
        self.clock = ServerClock(lambda: self.truth.now - 5000, lambda: self.truth.now + self.skew_seconds)

    async def start(self) -> None:
        """Begin with what the archive has."""
        self.archive = Archive(self.path, wall=self.clock.now)
        await self.archive.open()
        self.store = Store(AGENTS[0])
        self.keeper = Keeper(self.archive, self.store, self.clock)
        await self.keeper.remember()
        self._asked = None

    async def kill(self) -> None:
        """Lose what is not in the archive, and start again."""
        self.looks = [look for look in self.looks if look.at < self.truth.now - 30]  # what was not settled is forgotten
        await self.archive.close()
        await self.start()

    async def quit(self) -> None:
        """End in order, and start again."""
        await self.keeper.save(is_last=True)
        await self.kill()

    def ask(self) -> None:
        """Ask for the queue; the answer comes later."""
        self._asked = (self.truth.now, self.clock.monotonic(), list(self.truth.queue.values()))
        self._rows = tuple(WaitingRow(wait.openid, wait.last_at) for wait in self._asked[2])

    async def see_queue(self, *, saves: bool = True) -> None:
        """Get the answer."""
        if self._asked is None or self.truth.now - self._asked[0] > SLOWEST_SECONDS:
            self.ask()
        assert self._asked is not None
        asked_at, asked_mono, waits = self._asked
        self._asked = None
        if self.is_live:
            known = {openid: row.last_message_at for openid, row in self.keeper._chronicle._waiting.items()}
            self.looks.append(Look(asked_at, known))
        for wait in waits:
            wait.was_seen = True
        answer = QueueAnswer(len(self._rows), self._rows)
        self.store.apply(facts.QueueSeen(answer, self.clock.now(), asked_mono))
        await self._answered(Feed.QUEUE, saves=saves)

    async def see_sessions(self) -> None:
        """See who is served."""
        for agent in AGENTS:
            sessions = tuple(session for session in self.truth.sessions.values() if session.agent == agent)
            self.store.apply(facts.SessionsSeen(agent, sessions, self.clock.monotonic()))
        await self._answered(Feed.SESSIONS)

    async def see_agents(self) -> None:
        """See how many each serves."""
        served = [session.agent for session in self.truth.sessions.values()]
        agents = tuple(Agent(agent, agent, is_online=True, session_count=served.count(agent)) for agent in AGENTS)
        self.store.apply(facts.AgentsSeen(agents, self.clock.monotonic()))
        await self._answered(Feed.AGENTS)

    async def see_all(self) -> None:
        """See everything as it is now."""
        self._asked = None
        await self.see_queue()
        await self.see_agents()
        await self.see_sessions()

    async def accept(self, openid: CustomerId) -> None:
        """Take a customer; when that was WeChat tells only later."""
        session = self.truth.accept(openid)
        if session is not None:
            opened = Session(openid, session.agent, int(self.clock.now()))
            self.store.apply(facts.SessionOpened(opened, self.clock.monotonic()))
            await self.keeper.save()  # as each act has all lists asked at once

    @property
    def is_live(self) -> bool:
        return self.keeper._chronicle._changes.began_at is not None

    async def _answered(self, feed: Feed, *, saves: bool = True) -> None:
        self.store.apply(facts.FeedSucceeded(feed, self.clock.monotonic()))
        if saves:
            await self.keeper.save()


class Story:
    """A random day of several consoles on one archive, and what they should have kept of it."""

    def __init__(self, seed: int, path: Path, consoles: int = 2) -> None:
        self.chance = random.Random(seed)
        self.truth = Truth(self.chance)
        self.consoles = [Console(self.truth, path, self.chance.uniform(-0.9, 0.9)) for _ in range(consoles)]

    async def run(self, steps: int) -> None:
        """Let things happen, then let everybody see how it ended."""
        for console in self.consoles:
            await console.start()
        for _step in range(steps):
            self.truth.now += self.chance.choice([0.3, 0.7, 1.1, 2.3])
            await self._step()
        for _round in range(10):
            for console in self.consoles:
                self.truth.now += 1.3
                await console.see_all()

    async def _step(self) -> None:
        console, openid = self.chance.choice(self.consoles), self.chance.choice(PEOPLE)
        happening, see = self.truth, self.chance.random
        event = self.chance.choices(
            ["say", "leave", "accept", "own", "close", "queue", "ask", "sessions", "agents", "unsaved", "end", "pause"],
            [14, 4, 4, 4, 6, 20, 5, 14, 14, 3, 1, 0.5],
        )[0]
        match event:
            case "say":
                happening.say(openid)
            case "leave":
                happening.leave(openid)
            case "accept":
                happening.accept(openid)
            case "close":
                happening.close(openid)
            case "own":
                await console.accept(openid)
            case "queue" | "unsaved":
                await console.see_queue(saves=event == "queue")
            case "ask":
                console.ask()
            case "sessions":
                await console.see_sessions()
            case "agents":
                await console.see_agents()
            case "end":
                await (console.kill() if see() < 0.5 else console.quit())
            case "pause":
                happening.now += self.chance.choice([20, 200])

    async def close(self) -> None:
        """Let go of the archive."""
        for console in self.consoles:
            await console.archive.close()

    def _watched(self, start_at: float, end_at: float, wait: TrueWait) -> bool:
        """Whether somebody who knew of a wait saw a list without the customer in a span."""
        return any(
            start_at <= look.at <= end_at and look.known.get(wait.openid, 0) >= int(wait.began_at)
            for console in self.consoles
            for look in console.looks
        )

    def _told_apart(self, wait: TrueWait) -> list[TrueWait]:
        """Return a wait with those before it that nobody can have told from it."""
        earlier = [other for other in self.truth.waits if other.openid == wait.openid]
        group = [wait]
        # Who is taken so soon after being gone counts as taken from there.
        surely_at = math.inf if wait.agent is None or wait.ended_at is None else wait.ended_at - GONE_SECONDS
        for other in reversed(earlier[: earlier.index(wait)]):
            if self._watched(other.ended_at or 0, min(group[0].began_at, surely_at), other):
                break
            group.insert(0, other)
        return group

    async def check(self) -> None:
        """Hold what is kept against the truth."""
        waits = await self.consoles[0].archive.waits(0, 9e12)
        sessions = await self.consoles[0].archive.sessions_seen(0, 9e12)
        taken = {(session.openid, session.agent, session.started_at) for session in sessions}
        about: list[TrueWait] = []
        for wait in waits:
            true = self._true(wait)
            assert true not in about, f"kept twice: {wait}"
            about.append(true)
            self._check_wait(wait, true, taken)
        going_on = {wait.openid for wait in waits if wait.ended_at is None}
        assert going_on == set(self.truth.queue), "who waits at the end"
        for openid in PEOPLE:
            seen = [(session.agent, session.started_at) for session in sessions if session.openid == openid]
            real = [
                (session.agent, session.started_at) for session in self.truth.all_sessions if session.openid == openid
            ]
            assert len(seen) == len(set(seen)) <= len(real)
            assert all(any(agent == other and abs(at - true_at) <= 1 for other, true_at in real) for agent, at in seen)

    def _true(self, wait: Wait) -> TrueWait:
        found = [
            true
            for true in self.truth.waits
            if true.openid == wait.openid and int(true.began_at) <= wait.last_message_at <= (true.ended_at or 9e12)
        ]
        assert found, f"never was: {wait}"
        return found[-1]

    def _check_wait(self, wait: Wait, true: TrueWait, taken: set[tuple[CustomerId, AgentId, int]]) -> None:
        group = self._told_apart(true)
        assert wait.since_at >= int(group[0].began_at) - 1, f"too long: {wait} {true}"
        if wait.is_exact:
            assert any(abs(wait.since_at - each.began_at) <= TOLERANCE_SECONDS for each in group), f"not exact: {wait}"
        if true.ended_at is None:
            return
        assert wait.ended_at is not None, f"ended: {wait}"
        if true.agent is not None and any(
            (true.openid, true.agent, int(true.ended_at) + guess) in taken for guess in (-1, 0, 1)
        ):
            assert (wait.outcome, wait.agent) == (WaitOutcome.TAKEN, true.agent), f"not by them: {wait} {true}"
            assert abs(wait.ended_at - true.ended_at) <= 2, f"not then: {wait} {true}"
        if wait.outcome is WaitOutcome.LEFT:
            assert wait.ended_at >= true.ended_at - SLOWEST_SECONDS - 1, f"left later: {wait}"
