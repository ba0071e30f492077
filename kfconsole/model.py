"""What the desk knows, frozen.

    Desk
    ├── agents      Agent       who may answer: bound, online, load
    ├── queue       Waiting     who waits, since when, exact or a lower bound
    ├── sessions    Session     who is being served by whom
    ├── contacts    Contact     last message, unread, draft, reply allowance of one customer
    ├── open        Conversation  the messages on screen
    ├── health      Health      how fresh each feed is
    └── budgets     Budget      how many calls of each feed are left today

Beside the desk stands what single questions answer: User, Media, Download, Quota and RequestInfo.

Times ending in `_at` are Unix seconds of WeChat's clock; those ending in `_mono` are seconds of this host's
monotonic clock. Texts are already cleaned. Imports only errors and content.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import NewType

from msgspec import Struct, field

from kfconsole.content import Content
from kfconsole.errors import KfError

AgentId = NewType("AgentId", str)
"""A kf_account, such as `kf2001@shop`."""
CustomerId = NewType("CustomerId", str)
"""An openid."""
MessageId = NewType("MessageId", int)
"""The row of a message in the archive."""


class Agent(Struct, frozen=True):
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


class Waiting(Struct, frozen=True):
    """One customer in the queue."""

    openid: CustomerId
    last_message_at: int
    since_at: float
    """When the wait began; the latest moment it can have begun when not exact."""
    is_exact: bool
    """False: the wait is at least as long as shown."""
    message_count: int = 1
    """Messages seen while waiting; always a lower bound."""


class WaitingRow(Struct, frozen=True):
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


class Session(Struct, frozen=True):
    """One customer being served."""

    openid: CustomerId
    agent: AgentId
    started_at: int


class SessionHolder(Struct, frozen=True):
    """Who serves a customer, by WeChat's answer for that customer."""

    agent: AgentId
    started_at: int


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

    SENDING = "sending"
    SENT = "sent"
    """WeChat answered ok."""
    CONFIRMED = "confirmed"
    """Seen in WeChat's own records."""
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The answer was lost: it may or may not have arrived."""


class Record(Struct, frozen=True):
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


class Message(Struct, frozen=True):
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


class CustomerAct(StrEnum):
    """What a customer does to let us reply."""

    MESSAGE = "message"
    MENU = "menu"
    """Taps a button of the account's menu, or of a message menu."""
    FOLLOW = "follow"
    SCAN = "scan"
    PAY = "pay"


class Opening(Struct, frozen=True):
    """A customer did something that lets us reply."""

    openid: CustomerId
    act: CustomerAct
    at: float


class Window(Struct, frozen=True):
    """The newest of a customer's acts of one kind, and what was sent since."""

    act: CustomerAct
    opened_at: float
    sent: int = 0
    """Our own sends since then that WeChat took, or that are on their way."""
    is_used_up: bool = False
    """WeChat refused a send of ours since then, because no reply was left."""


class Allowance(Struct, frozen=True):
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


class Contact(Struct, frozen=True):
    """What the archive knows of one customer, for the lists and the compose line."""

    openid: CustomerId
    last_message: Message | None = None
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


class SearchQuery(Struct, frozen=True):
    """Which messages are looked for; what is None or empty asks for nothing."""

    words: str = ""
    """Each word, separated by blanks, stands somewhere in the message; capitals and wide letters match small ones."""
    openid: CustomerId | None = None
    agent: AgentId | None = None
    kind: MessageKind | None = None
    """RECEIVED or SENT, for one direction."""
    start_at: float | None = None
    end_at: float | None = None
    """Not included itself."""


class SearchPage(Struct, frozen=True):
    """Messages found, the newest first."""

    messages: tuple[Message, ...]
    has_more: bool
    unsearched: int = 0
    """Messages that are not in the index yet, and so may be missing here."""


class WaitOutcome(StrEnum):
    """How a wait ended."""

    TAKEN = "taken"
    LEFT = "left"


class Wait(Struct, frozen=True):
    """One customer's wait, as far as it was seen."""

    openid: CustomerId
    since_at: float
    is_exact: bool
    """False: it began then or earlier."""
    first_seen_at: float
    last_seen_at: float
    """When they were seen waiting last; while nothing changes that is not kept, so perhaps also later."""
    last_message_at: int
    message_count: int
    """At least so many messages while waiting."""
    ended_at: float | None = None
    """When they were taken, or were noticed to be gone; None: not seen to end."""
    end_is_exact: bool = False
    """False: nobody watched, and it ended at some time since `last_seen_at`."""
    outcome: WaitOutcome | None = None
    agent: AgentId | None = None
    """Who took the customer."""


class SessionSeen(Struct, frozen=True):
    """One session, as far as it was seen."""

    openid: CustomerId
    agent: AgentId
    started_at: int
    first_seen_at: float
    ended_at: float | None = None
    """None: not seen to end."""


class Deed(Struct, frozen=True):
    """Something done from a console or a command: who, when, what, to whom, and what came of it."""

    at: float
    act: str
    """Such as `accept`; the same in every language."""
    agent: AgentId | None = None
    openid: CustomerId | None = None
    details: str = ""
    result: str = "done"
    """`done`, or why not."""
    user: str = ""
    """The person by the host's name for them; filled in by the archive."""


class ArchiveSizes(Struct, frozen=True):
    """How big an archive is."""

    messages: int
    customers: int
    oldest_at: float | None
    file_bytes: int
    """With the log of changes beside it."""
    index_bytes: int
    """Of it, what search needs."""
    free_bytes: int
    """Of it, what was deleted and can be given back."""
    unindexed: int


class ArchiveTrouble(Struct, frozen=True):
    """What is wrong with the archive on disk; the desk goes on."""

    message: str
    hint: str = ""
    is_in_memory: bool = True
    """What is stored from now on is lost with the end of the console, unless the file can be written before."""
    is_older_missing: bool = False
    """Nothing of the file can be read, so what was stored before is missing on screen."""


class Unkept(Struct, frozen=True):
    """What an archive in memory could not bring into its file."""

    sends: int
    """Messages of ours, whatever became of them."""
    drafts: tuple[tuple[CustomerId, str], ...]


class KnownCustomer(Struct, frozen=True):
    """How much an archive has of one customer."""

    is_known: bool
    messages: int
    oldest_at: float | None
    newest_at: float | None
    undecided: int
    """Messages refused or of unknown outcome that nobody has decided on."""
    has_draft: bool
    is_sending: bool
    """A message to them is on its way."""


class Purged(Struct, frozen=True):
    """What came of deleting a customer."""

    messages: int
    is_file_clean: bool = True
    """False: the file was not written anew, so copies of deleted bytes may be left in its unused parts."""
    is_log_clean: bool = True
    """False: other consoles read from the log of changes, which holds what was deleted until they end."""
    set_aside: tuple[Path, ...] = ()
    """Damaged archives kept in the same folder: what they tell of the customer is still there."""


class MediaKind(StrEnum):
    """What a file uploaded for messages is."""

    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    COVER = "thumb"
    """The small picture in front of a video, a piece of music or a mini program."""


class Media(Struct, frozen=True):
    """A file WeChat keeps for us, for 3 days."""

    media_id: str
    kind: MediaKind
    created_at: int


class Download(Struct, frozen=True):
    """A file fetched from WeChat; of a video only the address where it can be fetched."""

    file: Path | None
    """Where it was written; None when there is only an address."""
    url: str
    byte_count: int
    file_name: str
    """What WeChat calls it, for people to read; never a path to write to."""


class User(Struct, frozen=True):
    """What WeChat tells of a customer; names and pictures it keeps to itself."""

    openid: CustomerId
    is_following: bool
    """While False, WeChat tells nothing else."""
    remark: str
    """The account's own note."""
    tag_ids: tuple[int, ...]
    followed_at: int | None
    scene: str
    """How they came to follow, such as `ADD_SCENE_QR_CODE`."""
    union_id: str


class Quota(Struct, frozen=True):
    """How often one call may be made."""

    daily_limit: int
    used: int
    remaining: int
    burst_calls: int | None
    """So many calls within `burst_seconds`; None when WeChat does not say."""
    burst_seconds: int | None


class RequestInfo(Struct, frozen=True):
    """One call as WeChat saw it, without token and secret."""

    at: int
    cost_milliseconds: int
    url: str
    """The query, as a rule."""
    request: str
    response: str
    client_address: str


class Feed(StrEnum):
    """What is polled; each has its own freshness."""

    QUEUE = "queue"
    AGENTS = "agents"
    SESSIONS = "sessions"
    MESSAGES = "messages"


class Health(Struct, frozen=True):
    """How fresh one feed is."""

    succeeded_mono: float | None = None
    """When the last good answer came; None: not since the start."""
    error: KfError | None = None
    """Why the newest question failed; None while all is well."""
    failing_since_mono: float | None = None
    retry_mono: float | None = None
    """When it is asked again; None with an error set: only when told to (`R`)."""


class Budget(Struct, frozen=True):
    """What WeChat still answers a feed today, by the scarcest of its calls; other consoles use of it, too."""

    daily_limit: int
    remaining: int
    interval_seconds: float | None = None
    """How rarely the feed asks to make it last until midnight; None: as often as the settings say."""


class Desk(Struct, frozen=True, dict=True):
    """Everything on screen, at one moment."""

    me: AgentId | None = None
    agents: tuple[Agent, ...] = ()
    queue: tuple[Waiting, ...] = ()
    queue_total: int = 0
    sessions: tuple[Session, ...] = ()
    contacts: Mapping[CustomerId, Contact] = field(default_factory=dict)
    open: Conversation | None = None
    health: Mapping[Feed, Health] = field(default_factory=dict)
    budgets: Mapping[Feed, Budget] = field(default_factory=dict)
    """Of the feeds whose daily limit WeChat tells."""
    remembered_at: float | None = None
    """When the lists were saved, while they still come from the archive and not from WeChat."""
    archive_trouble: ArchiveTrouble | None = None
    """None while everything is kept on disk."""

    @cached_property
    def session_by_customer(self) -> Mapping[CustomerId, Session]:
        """The sessions by customer: nobody looks through 20,000 of them for one."""
        return {session.openid: session for session in self.sessions}
