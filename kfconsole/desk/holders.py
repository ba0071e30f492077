"""Who has a customer: asked of WeChat where the desk's word is not enough, and told to the desk at once."""

import asyncio
from typing import TYPE_CHECKING

from kfconsole.desk import rules
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import SessionClosed, SessionOpened
from kfconsole.desk.store import Store
from kfconsole.errors import NotPossible, Unavailable
from kfconsole.i18n import _, sentences
from kfconsole.model import AgentId, CustomerId, Session, SessionHolder

if TYPE_CHECKING:
    from kfconsole.desk.poller import Poller
    from kfconsole.wechat import KfClient

TRUTH_SECONDS = 5.0
"""How long to ask what became of a lost answer: the user is waiting."""


def not_known(error: Unavailable, said: str) -> Unavailable:
    """Return a lost answer as what nobody knows for it; whoever raises it names the lost answer as its cause."""
    told = sentences(said, error.message)
    return Unavailable(told, may_have_arrived=True, hint=_("Look before you do it again."), path=error.path)


class Holders:
    """Knows who has whom, as far as anybody here can."""

    def __init__(self, client: "KfClient", store: Store, clock: ServerClock, poller: "Poller | None") -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._poller = poller

    async def ask(self, openid: CustomerId) -> SessionHolder | None:
        """Return who serves a customer by WeChat's word of this moment; the desk hears it, too.

        Raises:
            ApiError: WeChat cannot be asked.
            ConfigError: Likewise: the secret cannot be had.
        """
        asked_mono = self._clock.monotonic()
        holder = await self._client.session(openid)
        if holder is not None:
            self._store.apply(SessionOpened(Session(openid, holder.agent, holder.started_at), asked_mono))
        elif (believed := rules.who_serves(self._store.desk, openid)) is not None:
            self._store.apply(SessionClosed(openid, believed, asked_mono))
        return holder

    async def ask_soon(self, openid: CustomerId) -> SessionHolder | None:
        """Like `ask`, but never for long.

        Raises:
            ApiError: WeChat cannot be asked.
            ConfigError: Likewise: the secret cannot be had.
            TimeoutError: It did not answer in time.
        """
        async with asyncio.timeout(TRUTH_SECONDS):
            return await self.ask(openid)

    def opened(self, openid: CustomerId, agent: AgentId, started_at: int | None = None) -> Session:
        """An act of ours gave a customer to an agent: tell everybody, and return the session."""
        known = rules.session_of(self._store.desk, openid)
        if known is not None and known.agent == agent:
            started_at = known.started_at  # WeChat answers ok, too, when the agent had the session before
        session = Session(openid, agent, int(self._clock.now()) if started_at is None else started_at)
        self._store.apply(SessionOpened(session, self._clock.monotonic()))
        self.acted(agent)
        return session

    def closed(self, openid: CustomerId, agent: AgentId) -> None:
        """An agent's session with a customer is over, by an act of ours or as WeChat told one."""
        if rules.who_serves(self._store.desk, openid) in (None, agent):
            self._store.apply(SessionClosed(openid, agent, self._clock.monotonic()))
        self.acted(agent)

    def moved(self, openid: CustomerId, giver: AgentId, holder: SessionHolder) -> None:
        """An act of ours ended one session and another began: in one piece, so that no row comes and goes."""
        mono = self._clock.monotonic()
        session = Session(openid, holder.agent, holder.started_at)
        self._store.apply(SessionClosed(openid, giver, mono), SessionOpened(session, mono))
        for agent in {giver, holder.agent}:
            self.acted(agent)

    def acted(self, agent: AgentId) -> None:
        """Have WeChat asked for what an act of ours on an agent's sessions may have changed."""
        if self._poller:
            self._poller.acted(agent)

    def served_by(self, openid: CustomerId, agent: AgentId) -> str:
        """Say who serves a customer."""
        return _("{customer} is being served by {agent}.").format(
            customer=rules.customer_name(self._store.desk, openid), agent=rules.agent_name(self._store.desk, agent)
        )

    def not_served(self, openid: CustomerId) -> NotPossible:
        """Return that a customer has no session."""
        return NotPossible(
            _("{customer} has no session any more.").format(customer=rules.customer_name(self._store.desk, openid)),
            hint=_("Somebody closed it, or it never began."),
        )
