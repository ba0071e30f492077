"""Who the agents are, who is online and how many customers each serves."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import AgentsSeen
from kfconsole.errors import RateLimited
from kfconsole.model import Agent, AgentId
from kfconsole.wechat import paths

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient

LIST_SECONDS = 60.0
"""Accounts are added or renamed rarely; who is online changes all the time."""


class AgentsFeed:
    """Asks who is online every time, and for the whole list when it may have changed."""

    def __init__(self, client: "KfClient", clock: ServerClock) -> None:
        self._client = client
        self._clock = clock
        self._listed: tuple[Agent, ...] | None = None
        self._asked_list_mono = -math.inf
        self._strangers: frozenset[AgentId] = frozenset()
        self.list_limit: RateLimited | None = None
        """Why the known list could not be asked for anew; who is online is asked all the same."""
        self.list_retry_mono = 0.0

    def ask_for_the_list(self) -> None:
        """Ask for the whole list next time, however new the known one is."""
        self._asked_list_mono = -math.inf

    async def ask(self, list_seconds: float = LIST_SECONDS) -> AgentsSeen:
        """Return all agents with their load; the whole list is asked for once in `list_seconds`."""
        asked_mono = self._clock.monotonic()
        if asked_mono - self._asked_list_mono >= list_seconds:
            await self._ask_list(asked_mono)
            self.list_retry_mono = asked_mono + list_seconds
        online = await self._client.online_agents()
        if self._strangers_among(online) - self._strangers and self.list_limit is None:
            await self._ask_list(asked_mono)
        self._strangers = self._strangers_among(online)
        return AgentsSeen(_with_load(self._listed or (), online, self._strangers), asked_mono)

    async def _ask_list(self, asked_mono: float) -> None:
        try:
            self._listed = await self._client.agents()
        except RateLimited as error:
            if self._listed is None or error.path != paths.AGENTS:  # another: that of the token
                raise
            self.list_limit = error
        else:
            self.list_limit = None
        self._asked_list_mono = asked_mono

    def _strangers_among(self, online: Mapping[AgentId, int]) -> frozenset[AgentId]:
        return frozenset(online) - {agent.id for agent in self._listed or ()}


def _with_load(
    listed: tuple[Agent, ...], online: Mapping[AgentId, int], strangers: frozenset[AgentId]
) -> tuple[Agent, ...]:
    """Join the two answers in WeChat's order; an account only seen online comes last, so that its load shows."""
    everybody = (*listed, *(Agent(id=agent, nick="") for agent in sorted(strangers)))
    return tuple(
        replace(agent, is_online=agent.id in online, session_count=online.get(agent.id, 0)) for agent in everybody
    )
