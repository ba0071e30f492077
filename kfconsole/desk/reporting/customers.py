"""What is known of a customer at the moment that a report reckons. Pure.

A report has as many of them as there are customers. Holding no cycles, none is any of the collector's business.
"""

from msgspec import Struct

from kfconsole.model import AgentId, CustomerId, SessionSeen


class Session(Struct, gc=False):
    """One session, and what came of it."""

    seen: SessionSeen
    chain: int
    """When the customer's talk began that it goes on with, perhaps with another agent."""
    has_waited: bool
    """Whether a wait was seen that it ended."""
    is_begin_known: bool
    """Whether it surely goes on with nothing that nobody saw."""
    known_until: float
    """When it surely still went on: behind that, another may have begun that nobody saw."""
    ends_at: float
    """By WeChat's records, else as it was noticed; infinite: neither."""
    before: "Session | None" = None
    """The customer's one before, while it may still be heard of."""
    answered_at: int | None = None
    closed_at: int | None = None
    """By WeChat's records."""


class Turn(Struct, gc=False, frozen=True):
    """A customer waits for a reply within a session."""

    at: int
    chain: int
    agent: AgentId


class Customer(Struct, gc=False):
    """What is known of somebody at the moment that is reckoned."""

    openid: CustomerId
    last: Session | None = None
    """The session that began last."""
    turn: Turn | None = None
    replied_at: int = 0
    taken: tuple[tuple[int, bool], ...] = ()
    """When waits ended with an agent, as far as a session may still begin then, and whether that was seen: else others
    may have had the customer in between."""

    def session_at(self, at: int) -> Session | None:
        """Return the session that began last before a moment."""
        session = self.last
        while session is not None and session.seen.started_at > at:
            session = session.before
        return session

    def session_of(self, at: int) -> Session | None:
        """Return the session that they were in."""
        session = self.session_at(at)
        return session if session is not None and at <= session.ends_at else None


class Ended(Struct, gc=False, frozen=True):
    """A wait that a session ended which is not seen yet."""

    since_at: float
    seconds: int
