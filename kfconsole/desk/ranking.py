"""Who needs this console's agent, the most pressing first, and why. Pure.

late        waits in the queue, or for our answer, for longer than may be
closing     spoke last, and soon no reply can reach them any more
unanswered  spoke last; who has done so for longest comes first
undelivered something we wrote did not surely arrive, and nobody has decided on it
ending      WeChat soon stops routing what the customer writes to us
unread      has something we have not looked at
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from kfconsole.desk import rules
from kfconsole.model import (
    AgentId,
    Contact,
    CustomerId,
    Delivery,
    Desk,
    MessageId,
    MessageKind,
    Session,
)

CLOSING_SECONDS = 3600.0
"""A customer can be answered for 48 hours: in the last one, it is now or never."""
ENDING_SECONDS = 120.0
"""Time enough to say goodbye before WeChat stops routing."""


class Reason(StrEnum):
    """Why a customer needs us; in the order in which they matter.

    Another order than that of `floor`, which is for who looks after everybody: here one agent is sent to whoever an
    answer helps now, and a session whose routing ends comes late, as nothing is lost for a customer who has an answer.
    """

    LATE = "late"
    CLOSING = "closing"
    UNANSWERED = "unanswered"
    UNDELIVERED = "undelivered"
    ENDING = "ending"
    UNREAD = "unread"


_ORDER = tuple(Reason)


class Need(Struct, frozen=True):
    """One customer who needs us."""

    openid: CustomerId
    reason: Reason
    """The most pressing one."""
    since_at: float
    """Since when they wait, or since when it is so."""
    is_waiting: bool = False
    """Waits in the queue, and is nobody's yet."""
    is_exact: bool = True
    """False: they have waited at least so long."""
    left_seconds: float | None = None
    """How long a reply can still reach them; None: not known, or for long."""
    replies_left: int | None = None
    """None: not known, or any number."""
    last_message: MessageId | None = None

    @property
    def sort_key(self) -> tuple[int, float]:
        """What sorts the most pressing first."""
        return _ORDER.index(self.reason), self.since_at

    @property
    def mark(self) -> tuple[object, ...]:
        """What is the same as long as nothing has changed for who has just looked: looking reads what is unread."""
        is_pressing = self.reason in (Reason.LATE, Reason.CLOSING, Reason.ENDING)
        return self.last_message, self.is_waiting, self.reason if is_pressing else None


def mine(desk: Desk) -> tuple[Session, ...]:
    """Return the sessions of this console's agent."""
    return tuple(session for session in desk.sessions if session.agent == desk.me) if desk.me is not None else ()


def unanswered(
    desk: Desk, sessions: Sequence[Session], before: Mapping[CustomerId, float]
) -> Mapping[CustomerId, float]:
    """Return since when the customers of some sessions wait for our answer.

    The desk knows only the last message of each; of one who writes again and again, `before` knows the first.
    """
    found = {}
    for session in sessions:
        contact = desk.contacts.get(session.openid)
        if (since_at := unanswered_since(contact, session)) is not None:
            found[session.openid] = min(since_at, before.get(session.openid, since_at))
    return found


def unanswered_since(contact: Contact | None, session: Session) -> float | None:
    """Return since when a customer waits for an answer, by the last message alone; None: they do not."""
    last = contact.last_message if contact is not None else None
    began_at = float(session.started_at) if session.is_dated else None
    if last is None or last.at < session.started_at:
        # A customer comes by writing; WeChat shows nothing of that, so the wait begins with the session.
        is_answered = last is not None and last.kind is MessageKind.SENT and last.delivery is not Delivery.REFUSED
        return None if is_answered else began_at
    if last.kind is MessageKind.SENT and last.delivery is not Delivery.REFUSED:
        return None
    return last.at if last.kind is MessageKind.RECEIVED else began_at


def has_spoken_last(contact: Contact | None) -> bool:
    """Whether the newest message is the customer's."""
    return (
        contact is not None and contact.last_message is not None and contact.last_message.kind is MessageKind.RECEIVED
    )


def needs_me(
    desk: Desk,
    now: float,
    mono: float,
    *,
    late_after: float,
    unanswered_since: Mapping[CustomerId, float],
    may_accept: bool,
) -> tuple[Need, ...]:
    """Return who needs this console's agent, the most pressing first.

    Args:
        desk: As it is now.
        now: WeChat's time.
        mono: This host's monotonic clock.
        late_after: Seconds until a wait is late.
        unanswered_since: Of our own customers, see `unanswered`.
        may_accept: Whether waiting customers are any business of ours.
    """
    found: list[Need] = []
    if may_accept:
        found += _waiting(desk, now, late_after)
    ours = mine(desk)
    for session in ours:
        found += _served(desk, session, now, mono, late_after, unanswered_since.get(session.openid))
    served = {session.openid for session in ours}
    for contact in desk.contacts.values():
        # What a closed session left behind is still ours to decide; who serves them now sees it, too.
        if contact.undelivered and contact.openid not in served and rules.who_serves(desk, contact.openid) is None:
            found.append(_of(contact, Reason.UNDELIVERED, _last_at(contact, now)))
    return tuple(sorted(found, key=lambda need: need.sort_key))


def _waiting(desk: Desk, now: float, late_after: float) -> Iterator[Need]:
    served = desk.session_by_customer
    for row in desk.queue:
        if row.openid not in served and rules.wait_seconds(row, now) >= late_after:
            last = desk.contacts.get(row.openid)
            yield Need(
                row.openid,
                Reason.LATE,
                row.since_at,
                is_waiting=True,
                is_exact=row.is_exact,
                last_message=_last_id(last),
            )


def _served(
    desk: Desk, session: Session, now: float, mono: float, late_after: float, since_at: float | None
) -> Iterator[Need]:
    contact = desk.contacts.get(session.openid) or Contact(session.openid)
    allowance = rules.allowance_of(desk, session.openid, now, mono)
    left_seconds, replies = None, None
    if allowance is not None:
        left_seconds = allowance.until_at - now if allowance.is_exact else None
        replies = allowance.left
    is_closing = left_seconds is not None and 0 < left_seconds < CLOSING_SECONDS and replies != 0
    if since_at is not None and now - since_at >= late_after:
        reason: Reason | None = Reason.LATE
    elif since_at is not None:
        reason = Reason.CLOSING if is_closing else Reason.UNANSWERED
    elif contact.undelivered:
        reason = Reason.UNDELIVERED
    elif 0 < rules.route_ends_at(session) - now < ENDING_SECONDS:
        reason = Reason.ENDING
    else:
        reason = Reason.UNREAD if contact.unread else None
    if reason is not None:
        at = since_at if since_at is not None else _last_at(contact, float(session.started_at))
        shown_seconds = left_seconds if is_closing else None
        yield _of(contact, reason, at, left_seconds=shown_seconds, replies_left=replies)


def _of(
    contact: Contact,
    reason: Reason,
    since_at: float,
    *,
    left_seconds: float | None = None,
    replies_left: int | None = None,
) -> Need:
    return Need(
        contact.openid,
        reason,
        since_at,
        left_seconds=left_seconds,
        replies_left=replies_left,
        last_message=_last_id(contact),
    )


def _last_at(contact: Contact, otherwise: float) -> float:
    return contact.last_message.at if contact.last_message is not None else otherwise


def _last_id(contact: Contact | None) -> MessageId | None:
    return contact.last_message.id if contact is not None and contact.last_message is not None else None


def next_need(
    needs: Sequence[Need], visited: Mapping[CustomerId, tuple[object, ...]], current: CustomerId | None
) -> Need | None:
    """Return whom to go to: the most pressing one not looked at yet, else who was looked at longest ago.

    Args:
        needs: The most pressing first.
        visited: Marks of who was looked at, in that order.
        current: Whose conversation is open: only if nobody else needs us.
    """
    order = {openid: place for place, openid in enumerate(visited)}

    def turn(need: Need) -> tuple[bool, int]:
        is_seen = visited.get(need.openid) == need.mark
        return need.openid == current, order[need.openid] + 1 if is_seen else 0

    return min(needs, key=turn, default=None)


def may_accept(desk: Desk, agent: AgentId | None, *, is_read_only: bool) -> bool:
    """Whether a waiting customer is any business of this console; one without an agent assigns them to others."""
    return not is_read_only and rules.agent_state(desk, agent) in (rules.AgentState.READY, rules.AgentState.UNSET)
