"""Everything on screen, at one moment."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property

from msgspec import Struct, field

from kfconsole.errors import KfError
from kfconsole.model.contacts import Contact, Conversation
from kfconsole.model.history import ArchiveTrouble, Owed
from kfconsole.model.people import Agent, AgentId, CustomerId, Session, Waiting


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
    slow_seconds: float | None = None
    """How rarely it is asked now on purpose; None: as often as the settings say."""


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
    owed: tuple[Owed, ...] = ()
    """Who was handed back and is owed an answer, the longest first."""

    def seen_mono(self, feed: Feed) -> float | None:
        """When a feed was last answered; None: not since the start, and what is shown of it is remembered at best."""
        health = self.health.get(feed)
        return None if health is None else health.succeeded_mono

    def is_known(self, *feeds: Feed) -> bool:
        """Whether WeChat itself has answered these feeds."""
        return all(self.seen_mono(feed) is not None for feed in feeds)

    @cached_property
    def session_by_customer(self) -> Mapping[CustomerId, Session]:
        """The sessions by customer: nobody looks through 20,000 of them for one."""
        return {session.openid: session for session in self.sessions}
