"""What was said: WeChat's records, and messages as the archive holds them."""

from enum import StrEnum

from msgspec import Struct

from kfconsole.content import Content
from kfconsole.model.people import AgentId, CustomerId, MessageId


class MessageKind(StrEnum):
    """What a line of a conversation is."""

    RECEIVED = "received"
    SENT = "sent"
    QUEUED = "queued"
    ACCEPTED = "accepted"
    STARTED = "started"
    TRANSFERRED = "transferred"
    CLOSED = "closed"
    TAKEN_OVER = "taken_over"
    OTHER = "other"


class Delivery(StrEnum):
    """How far a message of ours got."""

    PREPARED = "prepared"
    """Stored, and certainly not given to WeChat yet."""
    SENDING = "sending"
    SENT = "sent"
    """WeChat answered ok."""
    CONFIRMED = "confirmed"
    """Seen in WeChat's own records."""
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The answer was lost: it may or may not have arrived."""


class Record(Struct, frozen=True, gc=False):
    """One chat record as WeChat answers it; it has no id."""

    openid: CustomerId
    agent: AgentId
    kind: MessageKind
    text: str
    at: int


class RecordPage(Struct, frozen=True):
    """One page of chat records and the cursor of the next."""

    records: tuple[Record, ...]
    cursor: int


MEDIA_WORDS = frozenset({"[image]", "[voice]", "[video]"})
"""What WeChat's records hold in place of pictures, voice and video."""


class Message(Struct, frozen=True, gc=False):
    """One line of a conversation, as the archive holds it."""

    id: MessageId
    openid: CustomerId
    agent: AgentId
    kind: MessageKind
    text: str
    at: float
    delivery: Delivery | None = None
    """None for messages that were not sent from a console of ours."""
    reason: str = ""
    """Why it was refused, or what was lost."""
    is_dismissed: bool = False
    """Not delivered, and somebody decided to leave it, or sent it again as a new message."""
    content: Content | None = None
    """What a send of ours held beside words; None for texts, and for what others sent."""
    is_ai: bool = False
    """Whether the customer is told that a machine wrote it."""
    position: int = 0
    """WeChat's order within one second; sends of ours stand behind."""

    @property
    def place(self) -> tuple[float, int, int]:
        """Where it stands in its conversation: what sorts messages, here as in the archive."""
        return self.at, self.position, self.id

    @property
    def is_media(self) -> bool:
        """Whether a picture, voice or video stands here in WeChat's own clients."""
        return self.delivery is None and self.text in MEDIA_WORDS

    @property
    def needs_decision(self) -> bool:
        """Whether it did not (surely) arrive and waits for resend or dismiss."""
        return self.delivery in (Delivery.REFUSED, Delivery.UNKNOWN) and not self.is_dismissed
