"""The whole floor at a glance: which customers and agents need attention most, and why. Pure.

late wait     waits in the queue for longer than may be
ending        WeChat soon stops routing what the customer writes to the agent
closing       spoke last, and soon no reply can reach them any more
late answer   spoke last, and has had no answer for longer than may be
unanswered    spoke last
undelivered   something we wrote did not surely arrive, and nobody has decided on it
long wait     waits in the queue, and will soon be late
ended         WeChat routes nothing to the agent any more
waiting       waits in the queue, not for long
calm          nothing is wrong

There may be 20,000 sessions: what was found out about one is kept until something about it changes, or time alone
makes it another, and the work is done in slices.
"""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import Final

from msgspec import Struct

from kfconsole.desk import ranking, rules
from kfconsole.model import Agent, AgentId, Contact, CustomerId, Desk, Session, Waiting

SLICE_ROWS = 400
"""So many are looked at in about 4 ms when nothing is known of them yet."""


class Reason(StrEnum):
    """Why a customer needs attention; in the order in which it matters.

    Another order than that of `ranking`, which sends one agent to whoever can be helped by an answer now: here somebody
    looks after all of them, so that what only another person can mend (nobody accepts, routing ends) comes first.
    """

    LATE_WAIT = "late_wait"
    ENDING = "ending"
    CLOSING = "closing"
    LATE_ANSWER = "late_answer"
    UNANSWERED = "unanswered"
    UNDELIVERED = "undelivered"
    LONG_WAIT = "long_wait"
    ENDED = "ended"
    WAITING = "waiting"
    CALM = "calm"


URGENT = frozenset({Reason.LATE_WAIT, Reason.ENDING, Reason.CLOSING, Reason.LATE_ANSWER})
"""What cannot wait."""
_LATE_ANSWERS = frozenset({Reason.CLOSING, Reason.LATE_ANSWER})
_PLACES = {reason: place for place, reason in enumerate(Reason)}
_PLACE_SECONDS = 1e11
"""Farther apart than any two moments, so that one number sorts by reason first and by moment then."""


class Standing(Struct, frozen=True, gc=False):
    """How it stands with one customer."""

    id: CustomerId
    reason: Reason
    began_at: float
    """When the wait or the session began."""
    rank: float
    """What sorts the most pressing first."""
    until_at: float = math.inf
    """When time alone makes it another reason."""
    session: Session | None = None
    waiting: Waiting | None = None
    contact: Contact | None = None
    """None while nothing is known of the customer."""
    agent_name: str = ""
    is_mine: bool = False
    name: str = ""
    """What the customer is called; empty: nothing."""
    unanswered_since: float | None = None
    closes_at: float = math.inf
    """Until when a reply can reach them, as far as is known; it may be longer."""

    @property
    def last_at(self) -> float:
        """When something was said last, or else when it began."""
        last = self.contact.last_message if self.contact is not None else None
        return max(self.began_at, last.at) if last is not None and self.session is not None else self.began_at


class Load(Struct, frozen=True, gc=False):
    """What one agent has to do."""

    sessions: int = 0
    unanswered: int = 0
    late: int = 0
    """Of them, those who wait for an answer for too long."""
    oldest_at: float = math.inf
    """Since when the first of them waits for an answer."""


class Hand(Struct, frozen=True, gc=False):
    """One agent and what they have to do."""

    agent: Agent
    load: Load
    is_me: bool = False

    @property
    def id(self) -> str:
        """The agent's account."""
        return self.agent.id


class Floor(Struct, frozen=True):
    """How it stands with everybody."""

    standings: tuple[Standing, ...] = ()
    """In no order; see `ordered`."""
    by_id: Mapping[str, Standing] = {}
    hands: tuple[Hand, ...] = ()
    """The agents, who needs attention first."""
    warn_after: float = 0.0
    late_after: float = 0.0
    next_change_at: float = math.inf
    """When time alone changes something."""
    urgent_count: int = 0
    """How many customers cannot wait."""


EMPTY = Floor()


def assess(
    desk: Desk, before: Floor, now: float, *, warn_after: float, late_after: float
) -> Generator[None, None, Floor]:
    """Find out how it stands with everybody; between two slices others may go on.

    Args:
        desk: As it is now.
        before: What was found out before: who has not changed is taken from it as they are.
        now: WeChat's time.
        warn_after: Seconds until a wait is long.
        late_after: Seconds until a wait, for an agent or for an answer, is late.
    """
    is_same = (before.warn_after, before.late_after) == (warn_after, late_after)
    known = before.by_id
    names = {agent.id: agent.name for agent in desk.agents}
    found: dict[str, Standing] = {}
    served = desk.session_by_customer
    for row in desk.queue:
        if row.openid not in served:
            contact = desk.contacts.get(row.openid)
            one = known.get(row.openid)
            if (
                one is None
                or one.waiting is not row
                or one.contact is not contact
                or not is_same
                or now >= one.until_at
            ):
                one = _of_waiting(row, contact, now, warn_after, late_after)
            found[row.openid] = one
    urgent = sum(one.reason in URGENT for one in found.values())
    counts: dict[AgentId, list[float]] = {}
    contacts, next_at = desk.contacts, min((one.until_at for one in found.values()), default=math.inf)
    for place, session in enumerate(desk.sessions):
        if place % SLICE_ROWS == 0:
            yield
        openid, agent = session.openid, session.agent
        contact, name = contacts.get(openid), names.get(agent, agent)
        one = known.get(openid)
        if (
            one is None
            or one.session is not session
            or one.contact is not contact
            or not is_same
            or now >= one.until_at
            or one.agent_name != name
        ):
            one = _of_session(session, contact, one, name, agent == desk.me, now, late_after)
        found[openid] = one
        urgent += one.reason in URGENT
        if one.until_at < next_at:
            next_at = one.until_at
        count = counts.get(agent)
        if count is None:
            count = counts[agent] = [0, 0, 0, math.inf]
        count[0] += 1
        if one.unanswered_since is not None:
            count[1] += 1
            count[2] += one.reason in _LATE_ANSWERS or now - one.unanswered_since >= late_after
            count[3] = min(count[3], one.unanswered_since)
    yield
    hands: list[Hand] = []
    for place, one_agent in enumerate(desk.agents):
        if place % SLICE_ROWS == 0:
            yield
        hands.append(_hand(one_agent, desk.me, counts))
    yield
    hands.sort(key=_need_of)
    return Floor(tuple(found.values()), found, tuple(hands), warn_after, late_after, next_at, urgent)


def _hand(agent: Agent, me: AgentId | None, counts: Mapping[AgentId, Sequence[float]]) -> Hand:
    sessions, unanswered, late, oldest_at = counts.get(agent.id, (0, 0, 0, math.inf))
    return Hand(agent, Load(int(sessions), int(unanswered), int(late), oldest_at), agent.id == me)


def _need_of(hand: Hand) -> tuple[object, ...]:
    agent, load = hand.agent, hand.load
    count = rules.load_of(agent, load.sessions)
    is_away = not agent.is_online and count
    return (
        not load.late,
        not is_away,
        not agent.is_online,
        -load.late,
        -load.unanswered,
        -count,
        not agent.is_bound,
    )


def _of_waiting(row: Waiting, contact: Contact | None, now: float, warn_after: float, late_after: float) -> Standing:
    late_at, warn_at = row.since_at + late_after, row.since_at + warn_after
    if now >= late_at:
        reason, until_at = Reason.LATE_WAIT, math.inf
    elif now >= warn_at:
        reason, until_at = Reason.LONG_WAIT, late_at
    else:
        reason, until_at = Reason.WAITING, warn_at
    return Standing(
        row.openid,
        reason,
        row.since_at,
        _rank(reason, row.since_at),
        until_at,
        waiting=row,
        contact=contact,
        name=contact.name if contact is not None else "",
    )


def _of_session(
    session: Session,
    contact: Contact | None,
    before: Standing | None,
    agent_name: str,
    is_mine: bool,
    now: float,
    late_after: float,
) -> Standing:
    since_at = ranking.unanswered_since(contact, session)
    if since_at is not None and before is not None and before.session == session:
        # The desk knows only the last message; of one who writes again and again, the first is remembered.
        since_at = min(since_at, math.inf if before.unanswered_since is None else before.unanswered_since)
    allowance = rules.allowance(contact, now) if contact is not None else None
    closes_at = allowance.until_at if allowance is not None and allowance.left != 0 else math.inf
    ending_at, ended_at = rules.route_ends_at(session) - ranking.ENDING_SECONDS, rules.route_ends_at(session)
    closing_at = closes_at - ranking.CLOSING_SECONDS
    late_at = math.inf if since_at is None else since_at + late_after
    moments = [ending_at, ended_at, closing_at, closes_at, late_at]
    if ending_at <= now < ended_at:
        reason, at = Reason.ENDING, float(session.started_at)
    elif since_at is not None and closing_at <= now < closes_at:
        reason, at = Reason.CLOSING, closes_at
    elif since_at is not None:
        reason, at = (Reason.LATE_ANSWER if now >= late_at else Reason.UNANSWERED), since_at
    elif contact is not None and contact.undelivered:
        reason, at = Reason.UNDELIVERED, contact.last_message.at if contact.last_message else float(session.started_at)
    else:
        reason, at = (Reason.ENDED if now >= ended_at else Reason.CALM), float(session.started_at)
    return Standing(
        session.openid,
        reason,
        float(session.started_at),
        _rank(reason, at),
        min((moment for moment in moments if moment > now), default=math.inf),
        session=session,
        contact=contact,
        agent_name=agent_name,
        is_mine=is_mine,
        name=contact.name if contact is not None else "",
        unanswered_since=since_at,
        closes_at=closes_at,
    )


def _rank(reason: Reason, at: float) -> float:
    return _PLACES[reason] * _PLACE_SECONDS + at


LAST_NAME: Final = chr(0x10FFFF)
"""Who is called nothing stands behind all others."""


class Order(StrEnum):
    """What the customers are sorted by."""

    NEED = "need"
    AGE = "age"
    IDLE = "idle"
    LEFT = "left"
    AGENT = "agent"
    CUSTOMER = "customer"


def ordered(standings: Sequence[Standing], order: Order, *, is_reversed: bool = False) -> list[Standing]:
    """Sort: what is longest, soonest or first in the alphabet first; what is alike, by need."""
    found = sorted(standings, key=attrgetter("rank"))
    if order is Order.NEED:
        if is_reversed:
            found.reverse()
    else:
        # A pass of its own, as sorting keeps what is alike where it stands: pairs to sort by would take three times
        # as long as both passes, and hold the screen up.
        found.sort(key=_KEYS[order], reverse=is_reversed)
    return found


_KEYS: Mapping[Order, Callable[[Standing], float | str]] = {
    Order.AGE: attrgetter("began_at"),
    Order.IDLE: lambda one: one.last_at,
    Order.LEFT: attrgetter("closes_at"),
    Order.AGENT: attrgetter("agent_name"),
    Order.CUSTOMER: lambda one: one.name or LAST_NAME,
}
