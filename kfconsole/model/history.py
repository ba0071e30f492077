"""What the archive tells beside conversations: what was found, waits and sessions gone by, deeds, its own state."""

from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from kfconsole.model.messages import Message, MessageKind
from kfconsole.model.people import AgentId, CustomerId


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


class Wait(Struct, frozen=True, gc=False):
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


class SessionSeen(Struct, frozen=True, gc=False):
    """One session, as far as it was seen."""

    openid: CustomerId
    agent: AgentId
    started_at: int
    first_seen_at: float
    ended_at: float | None = None
    """None: not seen to end."""


class Spoken(Struct, frozen=True, gc=False):
    """A line of a conversation as far as a report needs it: who, when, which way."""

    openid: CustomerId
    agent: AgentId
    """Empty: nobody's, such as what was written while waiting."""
    kind: MessageKind
    at: int
    """Unix seconds, the last whole one."""
    is_ai: bool = False
    """Whether the customer was told that a machine wrote it."""
    is_unknown: bool = False
    """A send of ours of which nobody knows whether it arrived."""


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
    source: str = ""
    """Where they came from, such as `ssh 10.0.0.7`; empty: from this host. Filled in by the archive."""
    number: int = 0
    """Its place among all deeds of the archive; 0: not kept yet."""
    key: bytes = b""
    """By what the archive knows that it was begun; empty: that was not kept before."""


class AuditFault(StrEnum):
    """How deeds are not what was noted."""

    CHANGED = "changed"
    """A row was changed, moved or put there by something else than kfconsole."""
    MISSING = "missing"
    """One or more rows before it are gone."""
    UNCHAINED = "unchained"
    """A row was added by something else."""
    CUT = "cut"
    """Rows at the end are gone."""
    REWRITTEN = "rewritten"
    """All rows fit together, but they are others than once were there."""
    HEADLESS = "headless"
    """The second file, which tells whether rows at the end are gone, was taken away or made anew."""
    BEGINNING = "beginning"
    """Rows at the beginning are gone, and no deed tells that they were deleted for their age."""
    ERASED = "erased"
    """Words of a row were erased, and no deed tells that it was on request."""
    GONE = "gone"
    """The table, or a column of it, is not there any more."""


class AuditCheck(Struct, frozen=True):
    """What a look at all deeds found."""

    chained: int
    """Deeds found to be as they were noted."""
    unprotected: int
    """Deeds from before there was a chain: whether they were changed nobody can tell."""
    erased: int
    """Of those chained, how many had a customer's data erased on request."""
    last_number: int
    """Of the last one looked at."""
    chain: str
    """Its chain, which stands for all before it."""
    fault: AuditFault | None = None
    """None: all is well."""
    number: int | None = None
    """The deed at which that shows."""


class Owed(Struct, frozen=True):
    """A customer who was handed back: owed an answer until somebody accepts them."""

    openid: CustomerId
    at: float
    """When."""
    agent: AgentId
    """Who had them."""
    user: str = ""
    """Who handed them back, by the host's name for them; filled in by the archive."""
    note: str = ""
    """What whoever comes next should know."""


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
