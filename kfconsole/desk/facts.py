"""What happened at the desk: frozen facts, in the past tense, for the store.

A fact says what happened and when, never which call told us, so that any other source can tell the same.
`asked_mono` is when a question left: its answer describes that moment or a later one, nothing before.
"""

from collections.abc import Mapping

from msgspec import Struct

from kfconsole.errors import KfError
from kfconsole.model import (
    Agent,
    AgentId,
    ArchiveTrouble,
    Budget,
    Contact,
    Conversation,
    CustomerId,
    Desk,
    Feed,
    GapFetch,
    Message,
    Owed,
    QueueAnswer,
    Session,
    Waiting,
)


class QueueSeen(Struct, frozen=True):
    """The queue stood like this."""

    answer: QueueAnswer
    at: float
    asked_mono: float


class AgentsSeen(Struct, frozen=True):
    """These are all the agents there are."""

    agents: tuple[Agent, ...]
    asked_mono: float


class SessionsSeen(Struct, frozen=True):
    """One agent served exactly these customers."""

    agent: AgentId
    sessions: tuple[Session, ...]
    asked_mono: float


class SessionOpened(Struct, frozen=True):
    """A session was there at `mono`: our own act, or WeChat's word for this one customer."""

    session: Session
    mono: float


class SessionClosed(Struct, frozen=True):
    """An agent's session with a customer was over at `mono`."""

    openid: CustomerId
    agent: AgentId
    mono: float


class ContactsSeen(Struct, frozen=True):
    """What the archive knows of these customers changed, or was read."""

    contacts: Mapping[CustomerId, Contact]


class ConversationOpened(Struct, frozen=True):
    """A conversation was put on screen."""

    conversation: Conversation


class OlderLoaded(Struct, frozen=True):
    """Older messages of the open conversation were read."""

    openid: CustomerId
    messages: tuple[Message, ...]
    has_older: bool


class ConversationLeft(Struct, frozen=True):
    """No conversation is on screen any more."""


class GapsSeen(Struct, frozen=True):
    """These spans were never fetched from WeChat."""

    gaps: tuple[tuple[float, float], ...]


class GapAsked(Struct, frozen=True):
    """WeChat is being asked for what a gap of a conversation hides, or was; None: there is nothing to say of it."""

    openid: CustomerId
    fetch: GapFetch | None


class MessagesSeen(Struct, frozen=True):
    """Messages came, or changed; of any customers, in any order."""

    messages: tuple[Message, ...]


class RecordsSeen(Struct, frozen=True):
    """The archive holds all that WeChat showed of the newest messages, and the desk was told."""

    asked_mono: float


class FeedFailed(Struct, frozen=True):
    """A question got no good answer."""

    feed: Feed
    error: KfError
    mono: float
    retry_mono: float | None
    """When it is asked again; None: only when told to."""


class FeedSucceeded(Struct, frozen=True):
    """A question was answered."""

    feed: Feed
    mono: float
    slow_seconds: float | None = None
    """When the next one follows, where that is later than the settings say."""


class BudgetSeen(Struct, frozen=True):
    """So many calls of a feed are left today; None: nobody knows."""

    feed: Feed
    budget: Budget | None


class ArchiveSeen(Struct, frozen=True):
    """Something is wrong with the archive on disk, or nothing is any more."""

    trouble: ArchiveTrouble | None


class OwedSeen(Struct, frozen=True):
    """These are owed an answer."""

    owed: tuple[Owed, ...]


class Remembered(Struct, frozen=True):
    """The last run left these lists."""

    desk: Desk
    queue_is_complete: bool = False
    queue_at: float | None = None
    """When the remembered queue was answered."""
    waiting_elsewhere: tuple[Waiting, ...] = ()
    """Who was waiting, too, but not in that answer: beyond its rows, or seen by another console."""


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
    | GapsSeen
    | GapAsked
    | MessagesSeen
    | RecordsSeen
    | FeedFailed
    | FeedSucceeded
    | BudgetSeen
    | ArchiveSeen
    | OwedSeen
    | Remembered
)
