"""What is known of one customer: replies left, what is unread, and the conversation on screen."""

import math
from enum import StrEnum

from msgspec import Struct

from kfconsole.errors import KfError
from kfconsole.model.messages import Message
from kfconsole.model.people import CustomerId, MessageId
from kfconsole.text import one_line


class CustomerAct(StrEnum):
    """What a customer does to let us reply."""

    MESSAGE = "message"
    MENU = "menu"
    """Taps a button of the account's menu, or of a message menu."""
    FOLLOW = "follow"
    SCAN = "scan"
    PAY = "pay"


class Opening(Struct, frozen=True, gc=False):
    """A customer did something that lets us reply."""

    openid: CustomerId
    act: CustomerAct
    at: float


class Window(Struct, frozen=True, gc=False):
    """The newest of a customer's acts of one kind, and what was sent since."""

    act: CustomerAct
    opened_at: float
    sent: int = 0
    """Our own sends since then that WeChat took, or that are on their way."""
    is_used_up: bool = False
    """WeChat refused a send of ours since then, because no reply was left."""


class Allowance(Struct, frozen=True, gc=False):
    """Replies WeChat still accepts for a customer, as far as this archive saw."""

    left: int | None
    """At most so many, because sends by others are not seen; None: what came before was not seen, or no limit."""
    until_at: float
    """Until when; in the past once the time is over."""
    act: CustomerAct = CustomerAct.MESSAGE
    """After which act of the customer."""
    is_unlimited: bool = False
    is_exact: bool = True
    """False: it may be longer than `until_at`, as the customer may have written unseen."""
    is_refused: bool = False
    """WeChat itself said that nothing is left."""


class Contact(Struct, frozen=True, gc=False):
    """What the archive knows of one customer, for the lists and the compose line."""

    openid: CustomerId
    last_message: Message | None = None
    """The newest thing that either side said, and of ours none that was decided not to go."""
    windows: tuple[Window, ...] = ()
    """The customer's newest act of each kind that let us reply."""
    records_seen_since_at: float = math.inf
    """From when on everything was seen that WeChat's records show, up to the newest look at them."""
    sends_seen_since_at: float = math.inf
    """From when on all our own sends were seen: before that, this archive was not there."""
    refused_at: float | None = None
    """When WeChat said that no reply is left; None as well after it took a later one."""
    unread: int = 0
    draft: str = ""
    alias: str = ""
    """What we call the customer."""
    remark: str = ""
    """WeChat's note on the customer, as last seen."""
    tags: tuple[str, ...] = ()
    undelivered: int = 0
    """Messages refused or of unknown outcome that nobody has decided on."""
    unknown: int = 0
    """How many of those may have arrived."""
    last_event: Message | None = None
    """What WeChat's records tell of since, such as that somebody accepted them; None: nothing."""

    @property
    def name(self) -> str:
        """What the customer is called: the alias, else WeChat's remark; empty: neither is known."""
        return one_line(self.alias) or one_line(self.remark)

    @property
    def newest(self) -> Message | None:
        """The newest message or event, as far as is known."""
        if self.last_event is None or (self.last_message is not None and self.last_message.at > self.last_event.at):
            return self.last_message
        return self.last_event

    @property
    def last_received_at(self) -> float | None:
        """When the customer last wrote, as far as is known."""
        return next((window.opened_at for window in self.windows if window.act is CustomerAct.MESSAGE), None)


class News(Struct, frozen=True):
    """What any console of the archive has stored since a message."""

    messages: tuple[Message, ...]
    """In order of storing, with some others as they are now."""
    with_history: frozenset[CustomerId]
    """Customers of whom older messages were stored that are not among these."""
    until: MessageId
    """The last one looked at; there may be more."""


class GapFetch(Struct, frozen=True):
    """WeChat is asked for what a gap hides, or was asked and more is missing all the same."""

    start_at: float
    end_at: float
    is_going_on: bool = False
    vain_days: int = 0
    """So many days hold nothing of this customer; the days before them are left alone until somebody wants them."""
    error: KfError | None = None
    """Why it failed; nothing is asked again by itself."""
    is_at_limit: bool = False
    """Nothing is missing back to `start_at`, and what is older is not kept."""


class Conversation(Struct, frozen=True):
    """The open conversation: the newest messages, oldest first."""

    openid: CustomerId
    messages: tuple[Message, ...] = ()
    has_older: bool = False
    gaps: tuple[tuple[float, float], ...] = ()
    """Spans never fetched from WeChat, as far back as messages are kept, oldest first; an infinite end is now."""
    fetch: GapFetch | None = None
    """What became of the gap looked at last; None: it is filled, or none was."""
