"""Who serves whom: one call an agent, so only those agents are asked whose answer may have changed."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import SessionsSeen
from kfconsole.desk.parts import let_keys_pass
from kfconsole.desk.store import Store
from kfconsole.errors import KfError, Rejected
from kfconsole.model import Agent, AgentId, Message, Session
from kfconsole.wechat.codes import CODE

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient

MAX_IN_FLIGHT = 8
SWEEP_SECONDS = 60.0
"""Everybody who serves is asked at least so often: customers may change while their number stays."""
MANY_AGENTS = 24
"""From so many on, answers are told in parts: what each changes among 20,000 sessions takes longer than to ask."""
PART_SECONDS = 0.25
PART_MESSAGES = 5_000
"""So many are looked through in 2 ms; the first answer may hold a day of 20,000 customers."""
NO_SUCH_AGENT_CODES = frozenset({CODE.NO_SUCH_AGENT, CODE.AGENT_NOT_BOUND})
"""The account is gone or not bound: it serves nobody."""

Load = tuple[bool, int]
"""Whether an agent is online, and how many customers WeChat counts."""


class Idle(Struct, frozen=True):
    """How many of the calls are for agents of whom nothing is known to have changed."""

    calls_per_second: float
    """All of them, as often as the settings say."""
    share: float


class _Round:
    """The agents one question is about; who becomes urgent meanwhile comes next."""

    def __init__(self, due: tuple[AgentId, ...], urgent: dict[AgentId, None]) -> None:
        self._remaining = dict.fromkeys(due)
        self._urgent = urgent
        self.is_long = len(due) >= MANY_AGENTS

    def take(self) -> AgentId | None:
        """Return whom to ask next; None: nobody is left."""
        agents = self._urgent or self._remaining
        if not agents:
            return None
        agent = next(iter(agents))
        self._urgent.pop(agent, None)
        self._remaining.pop(agent, None)
        return agent


class SessionsFeed:
    """Asks for the sessions of the focused agent and our own each time, of others when their load changed."""

    def __init__(self, client: "KfClient", store: Store, clock: ServerClock, interval: float) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._interval = interval
        self._focused: AgentId | None = None
        self._asked_load: dict[AgentId, Load] = {}
        self._asked_mono: dict[AgentId, float] = {}
        self._touched: set[AgentId] = set()
        self._urgent: dict[AgentId, None] = {}
        self._answers: list[SessionsSeen] = []
        self._told_mono = 0.0
        self._loads: tuple[tuple[Agent, ...], Mapping[AgentId, Load]] = ((), {})

    def focus(self, agent: AgentId | None) -> bool:
        """Ask for this agent first and every time; return whether that makes somebody due."""
        is_new = agent is not None and agent != self._focused
        self._focused = agent
        if is_new and agent is not None:
            self._urgent[agent] = None
        return is_new

    def touch(self, agent: AgentId) -> None:
        """Ask for this agent next time: an act of ours changed whom they serve."""
        self._touched.add(agent)
        self._urgent[agent] = None

    async def touch_unseen(self, messages: Sequence[Message]) -> bool:
        """Ask next time for who spoke with customers that their list lacked before; return whether that is anybody.

        Who ends one session and begins another between two looks serves as many as before.
        """
        served = self._store.desk.session_by_customer
        offset = self._clock.offset
        unseen = set[AgentId]()
        for place, message in enumerate(messages):
            if place % PART_MESSAGES == PART_MESSAGES - 1:
                await let_keys_pass()
            session = served.get(message.openid)
            asked_mono = self._asked_mono.get(message.agent)
            if asked_mono is None or (session is not None and session.agent == message.agent):
                continue
            if message.delivery is None and int(offset + asked_mono) <= message.at:
                unseen.add(message.agent)
        self._touched |= unseen
        return bool(unseen)

    def touch_all(self) -> None:
        """Ask for everybody who serves next time."""
        self._touched |= {agent.id for agent in self._store.desk.agents if self._serves(agent)}

    def has_changes(self) -> bool:
        """Whether some agent's load changed since it was asked."""
        return any(self._is_changed(agent) for agent in self._store.desk.agents)

    def idle(self) -> Idle:
        """Return what the calls are for, as often as the settings say."""
        agents = self._store.desk.agents
        idle_rate = sum(self._serves(agent) for agent in agents) / SWEEP_SECONDS
        rate = idle_rate + len(self._first()) / self._interval
        return Idle(rate, idle_rate / rate) if rate else Idle(1 / self._interval, 0.0)

    async def ask(
        self,
        *,
        is_probe: bool = False,
        interval_seconds: float | None = None,
        idle_seconds: float = SWEEP_SECONDS,
    ) -> None:
        """Ask for all agents that are due, some at a time, and tell the store of each at once, or of many in parts.

        Args:
            is_probe: Ask for one agent first, and for the others only if that is answered.
            interval_seconds: How far questions lie apart now; as the settings say by default.
            idle_seconds: How often agents are asked of whom nothing is known to have changed.

        Raises:
            ApiError: The first failure; a refusal of one agent's list does not keep the others from being asked.
        """
        due = self.due(self._interval if interval_seconds is None else interval_seconds, idle_seconds)
        self._urgent.clear()
        asked, failures = _Round(due, self._urgent), list[KfError]()
        self._told_mono = self._clock.monotonic()
        try:
            if is_probe and (first := asked.take()) is not None:
                await self._ask_one(first, asked)
            async with asyncio.TaskGroup() as group:
                for _worker in range(MAX_IN_FLIGHT):
                    group.create_task(self._ask_each(asked, failures))
        finally:
            self._tell()
        if failures:
            raise failures[0]

    async def _ask_each(self, asked: _Round, failures: list[KfError]) -> None:
        while (agent := asked.take()) is not None:
            try:
                await self._ask_one(agent, asked)
            except KfError as error:
                failures.append(error)
            if not all(isinstance(failure, Rejected) for failure in failures):
                return

    async def _ask_one(self, agent: AgentId, asked: _Round) -> None:
        asked_mono = self._clock.monotonic()
        load = self._load_of(agent)
        was_touched = agent in self._touched
        self._touched.discard(agent)
        try:
            sessions = await self._sessions_of(agent)
        except KfError:
            if was_touched:
                self._touched.add(agent)
            raise
        self._asked_load[agent] = load
        self._asked_mono[agent] = asked_mono
        self._answers.append(SessionsSeen(agent, sessions, asked_mono))
        is_awaited = was_touched or agent in self._first()
        is_part = len(self._answers) >= MANY_AGENTS or self._clock.monotonic() - self._told_mono >= PART_SECONDS
        if is_awaited or is_part or not asked.is_long:
            self._tell()

    def _tell(self) -> None:
        answers, self._answers = self._answers, []
        self._told_mono = self._clock.monotonic()
        self._store.apply(*answers)

    def _load_of(self, agent: AgentId) -> Load:
        """Return the load of one agent, without looking through 2,000 of them for each."""
        agents = self._store.desk.agents
        if self._loads[0] is not agents:
            self._loads = (agents, {known.id: _load(known) for known in agents})
        return self._loads[1].get(agent, (False, 0))

    async def _sessions_of(self, agent: AgentId) -> tuple[Session, ...]:
        try:
            return await self._client.sessions(agent)
        except Rejected as error:
            if error.code in NO_SUCH_AGENT_CODES:
                return ()
            raise

    def due(self, interval_seconds: float, idle_seconds: float = SWEEP_SECONDS) -> tuple[AgentId, ...]:
        """Return whom to ask now: the focused agent, ourselves, the changed ones, a share of the sweep."""
        changed = [
            agent.id for agent in self._store.desk.agents if agent.id in self._touched or self._is_changed(agent)
        ]
        return tuple(dict.fromkeys((*self._first(), *changed, *self._sweep(interval_seconds, idle_seconds))))

    def _first(self) -> list[AgentId]:
        me = self._store.desk.me
        return list(dict.fromkeys(agent for agent in (self._focused, me) if agent is not None))

    def _sweep(self, interval_seconds: float, idle_seconds: float) -> list[AgentId]:
        """Return the agents longest unasked, so few that the whole round takes the sweep's time."""
        candidates = [agent.id for agent in self._store.desk.agents if self._serves(agent) or self._is_unknown(agent)]
        share = math.ceil(len(candidates) * interval_seconds / idle_seconds)
        now = self._clock.monotonic()
        stale = [agent for agent in candidates if now - self._last_asked(agent) >= idle_seconds]
        return sorted(stale, key=self._last_asked)[:share]

    def _last_asked(self, agent: AgentId) -> float:
        return self._asked_mono.get(agent, -math.inf)

    def _serves(self, agent: Agent) -> bool:
        return agent.session_count > 0 or self._store.serves_anybody(agent.id)

    def _is_unknown(self, agent: Agent) -> bool:
        """Whether an offline agent may still serve somebody from before we looked."""
        return agent.is_bound and not agent.is_online and agent.id not in self._asked_mono

    def _is_changed(self, agent: Agent) -> bool:
        asked = self._asked_load.get(agent.id)
        return self._serves(agent) and asked != _load(agent)


def _load(agent: Agent) -> Load:
    return agent.is_online, agent.session_count
