"""Who serves whom: one call an agent, so only those agents are asked whose answer may have changed."""

import asyncio
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import SessionsSeen
from kfconsole.desk.store import Store
from kfconsole.errors import KfError, Rejected
from kfconsole.model import Agent, AgentId, Session
from kfconsole.wechat.codes import CODE

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient

MAX_IN_FLIGHT = 4
SWEEP_SECONDS = 60.0
"""Everybody who serves is asked at least so often: customers may change while their number stays."""
NO_SUCH_AGENT_CODES = frozenset({CODE.NO_SUCH_AGENT, CODE.AGENT_NOT_BOUND})
"""The account is gone or not bound: it serves nobody."""

Load = tuple[bool, int]
"""Whether an agent is online, and how many customers WeChat counts."""


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

    def focus(self, agent: AgentId | None) -> bool:
        """Ask for this agent first and every time; return whether that makes somebody due."""
        is_new = agent is not None and agent != self._focused
        self._focused = agent
        return is_new

    def touch(self, agent: AgentId) -> None:
        """Ask for this agent next time: an act of ours changed whom they serve."""
        self._touched.add(agent)

    def touch_all(self) -> None:
        """Ask for everybody who serves next time."""
        self._touched |= {agent.id for agent in self._store.desk.agents if self._serves(agent)}

    def has_changes(self) -> bool:
        """Whether some agent's load changed since it was asked."""
        return any(self._is_changed(agent) for agent in self._store.desk.agents)

    async def ask(self, *, is_probe: bool = False) -> None:
        """Ask for all agents that are due, a few at a time, and tell the store of each at once.

        Args:
            is_probe: Ask for one agent first, and for the others only if that is answered.

        Raises:
            ApiError: The first failure; a refusal of one agent's list does not keep the others from being asked.
        """
        remaining = iter(self.due())
        failures: list[KfError] = []
        if is_probe and (first := next(remaining, None)) is not None:
            await self._ask_one(first)
        async with asyncio.TaskGroup() as group:
            for _worker in range(MAX_IN_FLIGHT):
                group.create_task(self._ask_each(remaining, failures))
        if failures:
            raise failures[0]

    async def _ask_each(self, remaining: Iterator[AgentId], failures: list[KfError]) -> None:
        for agent in remaining:
            try:
                await self._ask_one(agent)
            except KfError as error:
                failures.append(error)
            if not all(isinstance(failure, Rejected) for failure in failures):
                return

    async def _ask_one(self, agent: AgentId) -> None:
        asked_mono = self._clock.monotonic()
        load = next((_load(known) for known in self._store.desk.agents if known.id == agent), (False, 0))
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
        self._store.apply(SessionsSeen(agent, sessions, asked_mono))

    async def _sessions_of(self, agent: AgentId) -> tuple[Session, ...]:
        try:
            return await self._client.sessions(agent)
        except Rejected as error:
            if error.code in NO_SUCH_AGENT_CODES:
                return ()
            raise

    def due(self) -> tuple[AgentId, ...]:
        """Return whom to ask now: the focused agent, ourselves, the changed ones, a share of the sweep."""
        desk = self._store.desk
        first = [agent for agent in (self._focused, desk.me) if agent is not None]
        changed = [agent.id for agent in desk.agents if agent.id in self._touched or self._is_changed(agent)]
        return tuple(dict.fromkeys((*first, *changed, *self._sweep())))

    def _sweep(self) -> list[AgentId]:
        """Return the agents longest unasked, so few that the whole round takes the sweep's time."""
        candidates = [agent.id for agent in self._store.desk.agents if self._serves(agent) or self._is_unknown(agent)]
        share = math.ceil(len(candidates) * self._interval / SWEEP_SECONDS)
        now = self._clock.monotonic()
        stale = [agent for agent in candidates if now - self._last_asked(agent) >= SWEEP_SECONDS]
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
