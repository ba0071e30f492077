"""All sessions in the order they began, kept so that one agent's change costs little among 20,000.

Only `store` uses it.
"""

from bisect import bisect_left
from collections.abc import Mapping

from kfconsole.model import AgentId, CustomerId, Session


class SessionIndex:
    """The sessions of all agents; of a customer two agents claim, the session that began later counts."""

    def __init__(self) -> None:
        self._by_agent: dict[AgentId, tuple[Session, ...]] = {}
        self._rivals: dict[CustomerId, dict[AgentId, Session]] = {}
        """Of customers whom several agents claim: all of their sessions."""
        self._shown: dict[CustomerId, Session] = {}
        self._ordered: list[Session] = []
        self._snapshot: tuple[Session, ...] | None = ()
        self._by_customer: dict[CustomerId, Session] | None = {}

    @property
    def ordered(self) -> tuple[Session, ...]:
        """All sessions, the oldest first; the same tuple until something changes."""
        if self._snapshot is None:
            self._snapshot = tuple(self._ordered)
        return self._snapshot

    @property
    def by_customer(self) -> Mapping[CustomerId, Session]:
        """All sessions by customer: copied here, which takes a tenth of the time of making it anew."""
        if self._by_customer is None:
            self._by_customer = dict(self._shown)
        return self._by_customer

    @property
    def agents(self) -> frozenset[AgentId]:
        """The agents who serve anybody."""
        return frozenset(self._by_agent)

    def of_agent(self, agent: AgentId) -> tuple[Session, ...]:
        """Return the sessions of one agent."""
        return self._by_agent.get(agent, ())

    def replace(self, agent: AgentId, sessions: tuple[Session, ...]) -> None:
        """Set all sessions of one agent."""
        before = {session.openid: session for session in self.of_agent(agent)}
        after = {session.openid: _known_or_new(before, session) for session in sessions}
        if before == after:
            return
        for openid in before.keys() - after.keys():
            claims = self._claims_of(openid)
            del claims[agent]
            self._show_latest(openid, claims)
        for openid, session in after.items():
            if session is not before.get(openid):
                self._show_latest(openid, {**self._claims_of(openid), agent: session})
        if after:
            self._by_agent[agent] = tuple(after.values())
        else:
            self._by_agent.pop(agent, None)

    def put(self, session: Session) -> None:
        """Set the one session of a customer; whoever else claimed the customer no longer does."""
        for agent in self._claims_of(session.openid):
            if agent != session.agent:
                self.replace(agent, tuple(kept for kept in self.of_agent(agent) if kept.openid != session.openid))
        others = (kept for kept in self.of_agent(session.agent) if kept.openid != session.openid)
        self.replace(session.agent, (*others, session))

    def _claims_of(self, openid: CustomerId) -> dict[AgentId, Session]:
        if (rivals := self._rivals.get(openid)) is not None:
            return dict(rivals)
        shown = self._shown.get(openid)
        return {} if shown is None else {shown.agent: shown}

    def _show_latest(self, openid: CustomerId, claims: dict[AgentId, Session]) -> None:
        latest = max(claims.values(), key=lambda session: session.started_at, default=None)
        if len(claims) > 1:
            self._rivals[openid] = claims
        else:
            self._rivals.pop(openid, None)
        shown = self._shown.get(openid)
        if latest is shown:
            return
        self._snapshot = self._by_customer = None
        if shown is not None:
            del self._ordered[self._position(shown)]
            del self._shown[openid]
        if latest is not None:
            self._ordered.insert(self._position(latest), latest)
            self._shown[openid] = latest

    def _position(self, session: Session) -> int:
        return bisect_left(self._ordered, _order(session), key=_order)


def _known_or_new(before: dict[CustomerId, Session], session: Session) -> Session:
    """Return the session object already known when it is equal, so that rows keep their identity."""
    known = before.get(session.openid)
    return known if known == session else session


def _order(session: Session) -> tuple[int, CustomerId]:
    return session.started_at, session.openid
