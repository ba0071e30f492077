"""What happened at the desk: frozen facts, in the past tense, for the store.

A fact says what happened and when, never which call told us, so that any other source can tell the same.
`asked_mono` is when a question left: its answer describes that moment or a later one, nothing before.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kfconsole.errors import KfError
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    Conversation,
    CustomerId,
    Desk,
    Feed,
    Message,
    QueueAnswer,
    Session,
)


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """The queue stood like this."""

    answer: QueueAnswer
    at: float
    asked_mono: float


@dataclass(frozen=True, slots=True)
class AgentsSeen:
    """These are all the agents there are."""

    agents: tuple[Agent, ...]
    asked_mono: float


@dataclass(frozen=True, slots=True)
class SessionsSeen:
    """One agent served exactly these customers."""

    agent: AgentId
    sessions: tuple[Session, ...]
    asked_mono: float


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A session was there at `mono`: our own act, or WeChat's word for this one customer."""

    session: Session
    mono: float


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """An agent's session with a customer was over at `mono`."""

    openid: CustomerId
    agent: AgentId
    mono: float


@dataclass(frozen=True, slots=True)
class ContactsSeen:
    """What the archive knows of these customers changed, or was read."""

    contacts: Mapping[CustomerId, Contact]


@dataclass(frozen=True, slots=True)
class ConversationOpened:
    """A conversation was put on screen."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class OlderLoaded:
    """Older messages of the open conversation were read."""

    openid: CustomerId
    messages: tuple[Message, ...]
    has_older: bool


@dataclass(frozen=True, slots=True)
class ConversationLeft:
    """No conversation is on screen any more."""


@dataclass(frozen=True, slots=True)
class MessagesSeen:
    """Messages came, or changed; of any customers, in any order."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class FeedFailed:
    """A question got no good answer."""

    feed: Feed
    error: KfError
    mono: float
    retry_mono: float | None
    """When it is asked again; None: only when told to."""


@dataclass(frozen=True, slots=True)
class FeedSucceeded:
    """A question was answered."""

    feed: Feed
    mono: float


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last run left these lists."""

    desk: Desk
    queue_is_complete: bool = False
    queue_at: float | None = None
    """When the remembered queue was answered."""


Fact = (
    QueueSeen
    | AgentsSeen
    | SessionsSeen
    | SessionOpened
    | SessionClosed
    | ContactsSeen
    | ConversationOpened
    | OlderLoaded
    | ConversationLeft
    | MessagesSeen
    | FeedFailed
    | FeedSucceeded
    | Remembered
)
