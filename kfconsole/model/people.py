"""Who is at the desk: agents, customers who wait, and sessions."""

from typing import NewType

from msgspec import Struct

from kfconsole.text import one_line

# gc=False, here and wherever there are thousands: nothing frozen leads back to itself, and a collection that walks
# 20,000 of each holds the screen up longer than a frame.

AgentId = NewType("AgentId", str)
"""A kf_account, such as `kf2001@shop`."""

CustomerId = NewType("CustomerId", str)
"""An openid."""

NOBODY = CustomerId("")
"""Stands where a customer would, of what is kept and is about none: a half-filled form about an agent."""

MessageId = NewType("MessageId", int)
"""The row of a message in the archive."""


SAME_SESSION_SECONDS = 10
"""When a session of our own began is guessed until WeChat tells it, late by as long as the answer took: two of a
customer and an agent that began so near are one."""


class Agent(Struct, frozen=True, gc=False):
    """One customer-service account."""

    id: AgentId
    nick: str
    kf_id: str = ""
    is_bound: bool = True
    """Whether a WeChat user accepted the invitation; only bound agents can serve."""
    invite_status: str = ""
    """`waiting`, `rejected`, `expired` or empty."""
    is_online: bool = False
    session_count: int = 0
    """Sessions being served now, by WeChat's count (accepted_case)."""
    picture_url: str = ""
    wechat_id: str = ""
    """The WeChat user who serves; empty while nobody has accepted."""
    invited_wechat_id: str = ""
    """The WeChat user who was invited; only while nobody is bound."""
    invite_expires_at: int | None = None

    @property
    def name(self) -> str:
        """What the agent is called, on one line: the nick, else the account."""
        return one_line(self.nick) or self.id

    @property
    def apart(self) -> str:
        """The nick and the account, so that no other agent can be meant."""
        return f"{one_line(self.nick)} {self.id}".strip()


class Waiting(Struct, frozen=True, gc=False):
    """One customer in the queue."""

    openid: CustomerId
    last_message_at: int
    since_at: float
    """When the wait began; the latest moment it can have begun when not exact."""
    is_exact: bool
    """False: the wait is at least as long as shown."""
    message_count: int = 1
    """Messages seen while waiting; always a lower bound."""


class WaitingRow(Struct, frozen=True, gc=False):
    """One row of WeChat's queue answer."""

    openid: CustomerId
    last_message_at: int


class QueueAnswer(Struct, frozen=True):
    """WeChat's queue answer: at most 100 rows in arrival order, and the total."""

    total: int
    rows: tuple[WaitingRow, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the rows are all there are."""
        return self.total <= len(self.rows)


class Session(Struct, frozen=True, gc=False):
    """One customer being served."""

    openid: CustomerId
    agent: AgentId
    started_at: int

    @property
    def is_dated(self) -> bool:
        """Whether WeChat tells when it began: 0 is no time."""
        return self.started_at > 0


class SessionHolder(Struct, frozen=True, gc=False):
    """Who serves a customer, by WeChat's answer for that customer."""

    agent: AgentId
    started_at: int
