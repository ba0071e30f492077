"""What changed between two desks, as events that can be told one by one. Pure: no screen, no socket, no file.

The feeds answer at different times: a customer who has left the queue turns up with an agent seconds later, and a
transfer may look like an end first. So an end is told only when nobody seems to have taken the customer over. Where
one session ended and another began between two looks, counts show nothing: then the chat records name the agent.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from kfconsole.desk.rules import longest_waiting
from kfconsole.desk.waits import Urgency, urgency, wait_seconds
from kfconsole.model import Agent, AgentId, CustomerId, Desk, Feed, Health, MessageKind, Session, Waiting

AGENTS_ANSWERS = 2
"""The first answer after an end may belong to a question asked before it; the second cannot."""
SESSIONS_ANSWERS = 6
"""After so many, counts that never match hide no transfer."""
_LISTS = (Feed.QUEUE, Feed.AGENTS, Feed.SESSIONS)
_LEVELS: dict[Urgency, Literal["warn", "late"]] = {Urgency.WARN: "warn", Urgency.LATE: "late"}


class Event(Struct, frozen=True, tag_field="type"):
    """Something that happened at the desk."""

    at: float
    """Unix seconds of WeChat's clock: when it happened, or was noticed where WeChat does not tell."""


class Present(Event, frozen=True, tag="present"):
    """How the desk stands when the watch begins; one `waiting` for each customer of the queue follows."""

    queue_total: int
    """Customers who wait; WeChat names at most 100 of them."""
    longest_wait_seconds: int
    """0 when nobody waits."""
    longest_wait_is_exact: bool
    """False: it is at least as long."""
    sessions: int
    """Customers being served."""
    agents_online: int
    agents_total: int


class Arrived(Event, frozen=True, tag="waiting"):
    """A customer waits; `at` is since when."""

    openid: CustomerId
    is_exact: bool
    """False: at least since then."""
    name: str = ""
    """What the customer is called; filled in by who tells it."""


class Accepted(Event, frozen=True, tag="accepted"):
    """An agent began to serve a customer; `at` is WeChat's time of it, or when the customer was gone from the queue."""

    openid: CustomerId
    agent: AgentId
    wait_seconds: int | None
    """None when the customer was not seen waiting."""
    wait_is_exact: bool
    """False: it was at least as long."""
    name: str = ""
    """What the customer is called; filled in by who tells it."""


class Transferred(Event, frozen=True, tag="transferred"):
    """A customer went from one agent to another."""

    openid: CustomerId
    from_agent: AgentId
    to_agent: AgentId
    name: str = ""
    """What the customer is called; filled in by who tells it."""


class Left(Event, frozen=True, tag="left"):
    """A customer left the queue and nobody is seen serving them; an `accepted` may still follow."""

    openid: CustomerId
    wait_seconds: int
    wait_is_exact: bool
    """False: it was at least as long."""
    name: str = ""
    """What the customer is called; filled in by who tells it."""


class Closed(Event, frozen=True, tag="closed"):
    """A session ended."""

    openid: CustomerId
    agent: AgentId
    name: str = ""
    """What the customer is called; filled in by who tells it."""


class Online(Event, frozen=True, tag="online"):
    """An agent went online."""

    agent: AgentId


class Offline(Event, frozen=True, tag="offline"):
    """An agent went offline."""

    agent: AgentId


class Overdue(Event, frozen=True, tag="late"):
    """A wait passed a threshold of [alerts]."""

    openid: CustomerId
    level: Literal["warn", "late"]
    """`warn` after warn_after, `late` after late_after."""
    wait_seconds: int
    is_exact: bool
    """False: it is at least as long."""
    name: str = ""
    """What the customer is called; filled in by who tells it."""


class Trouble(Event, frozen=True, tag="trouble"):
    """WeChat cannot be asked; what is told after it may be old."""

    feed: Feed
    message: str
    hint: str
    code: int | None
    """WeChat's error code, where it answered one."""


class Recovered(Event, frozen=True, tag="recovered"):
    """Every question is answered again."""

    failed_seconds: int


Change = (
    Present
    | Arrived
    | Accepted
    | Transferred
    | Left
    | Closed
    | Online
    | Offline
    | Overdue
    | Trouble
    | Recovered
)  # fmt: skip


class _End(Struct):
    """A queue row or session that is gone, until it is sure that nobody has the customer."""

    change: Left | Closed
    session: Session | None = None
    """The session that ended; None: a place in the queue."""
    agents_answers: int = 0
    sessions_answers: int = 0


class Changes:
    """Compares each desk with the one before; from the first that comes from WeChat alone."""

    def __init__(self, *, warn_after: float, late_after: float) -> None:
        self._warn_after = warn_after
        self._late_after = late_after
        self._began_at: int | None = None
        self._queue: tuple[Waiting, ...] = ()
        self._waiting: dict[CustomerId, Waiting] = {}
        self._is_expecting = False
        self._sessions: tuple[Session, ...] = ()
        self._served: Mapping[CustomerId, Session] = {}
        self._agents: dict[AgentId, Agent] = {}
        self._listed: tuple[Agent, ...] = ()
        self._health: dict[Feed, Health] = {}
        self._ends: dict[CustomerId, _End] = {}
        self._presumed: dict[CustomerId, AgentId] = {}
        self._told: dict[CustomerId, Urgency] = {}
        self._messages: set[str] = set()
        self._failing_since: float | None = None

    def limit(self, *, warn_after: float, late_after: float) -> None:
        """From now on, let waits be long after other seconds: limits may depend on the hour."""
        self._warn_after, self._late_after = warn_after, late_after

    @property
    def began_at(self) -> int | None:
        """Since when changes are told, whole Unix seconds; None: the desk is not there yet."""
        return self._began_at

    def expect(self, waiting: Iterable[Waiting]) -> None:
        """Count customers as waiting of whom that is known from elsewhere: those gone by the next desk have left."""
        unknown = [row for row in waiting if row.openid not in self._waiting]
        self._waiting.update((row.openid, row) for row in unknown)
        self._is_expecting = self._is_expecting or bool(unknown)

    def between(self, desk: Desk, now: float) -> tuple[Change, ...]:
        """Return what is new on a desk, and what time alone has made late.

        Args:
            desk: As it is now; the same one again is fine.
            now: WeChat's time.
        """
        return tuple(self._all(desk, now))

    def next_late_at(self, desk: Desk) -> float | None:
        """Return when the next wait passes a threshold; None: not by time alone."""
        if self._began_at is None or not self._is_fresh(desk):
            return None
        moments = (self._next_threshold_at(row) for row in desk.queue if row.openid not in self._served)
        return min((moment for moment in moments if moment is not None), default=None)

    def _all(self, desk: Desk, now: float) -> Iterator[Change]:
        yield from self._troubles(desk, now)
        if self._began_at is None:
            if not _is_live(desk):
                return
            self._began_at = int(now)
            yield _present(desk, now)
            self._agents, self._listed = {agent.id: agent for agent in desk.agents}, desk.agents
            self._served = desk.session_by_customer
        ends_before = tuple(self._ends)
        yield from self._agents_changes(desk, now)
        if desk.queue is not self._queue or desk.sessions is not self._sessions or self._is_expecting:
            yield from self._sessions_changes(desk, now)
            yield from self._queue_changes(desk, now)
            self._queue, self._sessions, self._is_expecting = desk.queue, desk.sessions, False
        yield from self._ends_settled(desk, ends_before, now)
        yield from self._overdue(desk, now)
        self._health = dict(desk.health)

    def _troubles(self, desk: Desk, now: float) -> Iterator[Change]:
        failing = {feed: health for feed, health in desk.health.items() if health.error is not None}
        for feed, health in failing.items():
            error = health.error
            if error is not None and error.message not in self._messages:
                self._messages.add(error.message)
                yield Trouble(now, feed, error.message, error.hint, error.code)
        if failing and self._failing_since is None:
            self._failing_since = now
        elif self._failing_since is not None and not failing:
            yield Recovered(now, int(now - self._failing_since))
            self._failing_since = None
            self._messages.clear()

    def _agents_changes(self, desk: Desk, now: float) -> Iterator[Change]:
        if desk.agents is self._listed:
            return
        self._listed = desk.agents
        agents = {agent.id: agent for agent in desk.agents}
        for agent in (self._agents | agents).values():
            was_online = agent.id in self._agents and self._agents[agent.id].is_online
            is_online = agent.id in agents and agent.is_online
            if is_online and not was_online:
                yield Online(now, agent.id)
            elif was_online and not is_online:
                yield Offline(now, agent.id)
        self._agents = agents

    def _sessions_changes(self, desk: Desk, now: float) -> Iterator[Change]:
        before, self._served = self._served, desk.session_by_customer
        if self._served is before:
            return
        for openid, session in self._served.items():
            if (known := before.get(openid)) is not session and known != session:
                end = self._ends.pop(openid, None)
                yield from self._session_change(session, before.get(openid) or (end.session if end else None))
        for openid, session in before.items():
            if openid not in self._served:
                self._ends[openid] = _End(Closed(now, openid, session.agent), session)

    def _session_change(self, session: Session, known: Session | None) -> Iterator[Change]:
        if known == session:
            return  # one answer lacked it
        if self._presumed.pop(session.openid, None) == session.agent:
            return
        if known is not None and known.agent != session.agent:
            yield Transferred(float(session.started_at), session.openid, known.agent, session.agent)
            return
        if known is not None:
            yield Closed(float(session.started_at), session.openid, session.agent)
        # An older one was there before the watch began, and is only seen now.
        if self._began_at is not None and session.started_at >= self._began_at:
            yield self._accepted(session)

    def _accepted(self, session: Session) -> Accepted:
        row = self._waiting.pop(session.openid, None)
        seconds = int(max(0.0, session.started_at - row.since_at)) if row else None
        is_exact = row is None or row.is_exact
        return Accepted(float(session.started_at), session.openid, session.agent, seconds, is_exact)

    def _queue_changes(self, desk: Desk, now: float) -> Iterator[Change]:
        rows = {row.openid: row for row in desk.queue}
        for openid, row in self._waiting.items():
            if openid not in rows and openid not in self._served and openid not in self._ends:
                self._ends[openid] = _End(Left(now, openid, int(wait_seconds(row, now)), row.is_exact))
        for openid, row in rows.items():
            if openid in self._served:
                continue
            known = self._waiting.get(openid)
            end = self._ends.pop(openid, None)
            if end is not None and (known is None or known.since_at != row.since_at):
                yield end.change
                known = None
            if known is None:
                self._presumed.pop(openid, None)
                yield Arrived(row.since_at, openid, row.is_exact)
        kept = {openid: row for openid, row in self._waiting.items() if openid in self._ends}
        self._waiting = kept | {openid: row for openid, row in rows.items() if openid not in self._served}
        self._told = {openid: level for openid, level in self._told.items() if openid in self._waiting}

    def _ends_settled(self, desk: Desk, openids: tuple[CustomerId, ...], now: float) -> Iterator[Change]:
        has_agents, has_sessions = self._is_answered(desk, Feed.AGENTS), self._is_answered(desk, Feed.SESSIONS)
        if not openids or not (has_agents or has_sessions):
            return
        is_complete = _is_complete(desk)
        for openid in openids:
            end = self._ends.get(openid)
            if end is None:
                continue
            end.agents_answers += has_agents
            end.sessions_answers += has_sessions
            if end.agents_answers >= AGENTS_ANSWERS and (is_complete or end.sessions_answers >= SESSIONS_ANSWERS):
                del self._ends[openid]
                row = self._waiting.pop(openid, None)
                agent = _agent_in_records(desk, row) if row is not None else None
                if isinstance(end.change, Left) and agent is not None:
                    self._presumed[openid] = agent
                    self._ends[openid] = _End(Closed(now, openid, agent))  # unless a list still shows it
                    yield Accepted(end.change.at, openid, agent, end.change.wait_seconds, end.change.wait_is_exact)
                else:
                    self._presumed.pop(openid, None)
                    yield end.change

    def _overdue(self, desk: Desk, now: float) -> Iterator[Change]:
        if not self._is_fresh(desk):
            return
        for row in desk.queue:
            level = urgency(row, now, warn_after=self._warn_after, late_after=self._late_after)
            is_told = self._told.get(row.openid) in (level, Urgency.LATE)
            if level in _LEVELS and not is_told and row.openid not in self._served:
                self._told[row.openid] = level
                yield Overdue(now, row.openid, _LEVELS[level], int(wait_seconds(row, now)), row.is_exact)

    def _next_threshold_at(self, row: Waiting) -> float | None:
        match self._told.get(row.openid):
            case None:
                return row.since_at + self._warn_after
            case Urgency.WARN:
                return row.since_at + self._late_after
        return None

    def _is_answered(self, desk: Desk, feed: Feed) -> bool:
        """Whether a good answer came since the desk before."""
        return desk.seen_mono(feed) != self._health.get(feed, Health()).succeeded_mono

    def _is_fresh(self, desk: Desk) -> bool:
        """Whether the queue is known as of now: an old one makes nobody late."""
        return desk.health.get(Feed.QUEUE, Health()).error is None


def _is_live(desk: Desk) -> bool:
    """Whether every list comes from WeChat."""
    return desk.is_known(*_LISTS) and desk.remembered_at is None


def _is_complete(desk: Desk) -> bool:
    """Whether no agent serves more customers than are seen."""
    seen = Counter(session.agent for session in desk.sessions)
    return all(agent.session_count <= seen[agent.id] for agent in desk.agents)


def _agent_in_records(desk: Desk, row: Waiting) -> AgentId | None:
    """Return who wrote with a customer since they began to wait, by WeChat's records: not what was sent from here."""
    contact = desk.contacts.get(row.openid)
    last = contact.newest if contact else None
    if last is None or not last.agent or last.delivery is not None or last.at < int(row.since_at):
        return None
    return None if last.kind in (MessageKind.QUEUED, MessageKind.CLOSED) else last.agent


def _present(desk: Desk, now: float) -> Present:
    longest = longest_waiting(desk)
    return Present(
        at=now,
        queue_total=desk.queue_total,
        longest_wait_seconds=int(wait_seconds(longest, now)) if longest else 0,
        longest_wait_is_exact=longest.is_exact if longest else True,
        sessions=sum(agent.session_count for agent in desk.agents),
        agents_online=sum(agent.is_online for agent in desk.agents),
        agents_total=len(desk.agents),
    )
