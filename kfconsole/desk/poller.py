"""Asks WeChat again and again, each feed at its own pace, and tells the store what it saw.

The next question follows the last answer by the interval. A failed question is never repeated at once: the next
one is its repetition, later and later while failures last.
"""

import asyncio
import random as standard_random
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import FeedFailed, FeedSucceeded
from kfconsole.desk.feeds.agents import AgentsFeed
from kfconsole.desk.feeds.messages import MessagesFeed
from kfconsole.desk.feeds.queue import QueueFeed
from kfconsole.desk.feeds.sessions import SessionsFeed
from kfconsole.desk.keeper import Keeper
from kfconsole.desk.people import People
from kfconsole.desk.store import Store
from kfconsole.desk.waking import Bell, Sleep
from kfconsole.errors import ArchiveError, AuthError, ConfigError, KfError, RateLimited
from kfconsole.model import AgentId, Feed

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

MAX_BACKOFF_SECONDS = 60.0
JITTER = 0.2
"""Several consoles that failed together must not come back together."""
MAX_DOUBLINGS = 10


class Intervals(Struct, frozen=True):
    """Seconds between the end of one answer and the next question."""

    queue: float = 2.0
    agents: float = 5.0
    sessions: float = 5.0
    messages: float = 3.0

    def of(self, feed: Feed) -> float:
        """Return the interval of one feed."""
        match feed:
            case Feed.QUEUE:
                return self.queue
            case Feed.AGENTS:
                return self.agents
            case Feed.SESSIONS:
                return self.sessions
            case Feed.MESSAGES:
                return self.messages


class Poller:
    """Keeps the desk fresh until `run` is cancelled."""

    def __init__(
        self,
        client: "KfClient",
        archive: "Archive",
        store: Store,
        clock: ServerClock,
        *,
        intervals: Intervals = Intervals(),  # noqa: B008  # frozen
        sleep: Sleep = asyncio.sleep,
        random: Callable[[], float] = standard_random.random,
    ) -> None:
        self._store = store
        self._clock = clock
        self._intervals = intervals
        self._random = random
        self._queue = QueueFeed(client, clock)
        self._agents = AgentsFeed(client, clock)
        self._sessions = SessionsFeed(client, store, clock, intervals.sessions)
        self._messages = MessagesFeed(client, archive, store, clock)
        self._people = People(archive, store)
        self._keeper = Keeper(archive, store, clock)
        self._bells = {feed: Bell(sleep) for feed in Feed}
        self._stopped_by: AuthError | ConfigError | None = None
        self._times_mended = 0

    async def remember(self) -> None:
        """Show the lists of the last run; await it before `run`.

        Raises:
            ArchiveError: They cannot be read.
        """
        await self._keeper.remember()

    async def run(self) -> None:
        """Ask until cancelled, and save the lists at the end."""
        try:
            async with asyncio.TaskGroup() as group:
                for feed in Feed:
                    group.create_task(self._poll(feed), name=f"poll {feed}")
        finally:
            with suppress(ArchiveError):  # the feeds have shown it, and nobody is left to tell
                await self.save()

    async def save(self) -> None:
        """Save the lists for the next start, if they changed.

        Raises:
            ArchiveError: They cannot be written.
        """
        await self._keeper.save(is_last=True)

    def wake(self, *feeds: Feed) -> None:
        """Ask these feeds now, and once more if a question is under way; without any, all, also stopped ones."""
        if not feeds:
            self._stopped_by = None
            self._times_mended += 1
            self._agents.ask_for_the_list()
            self._sessions.touch_all()
        for feed in feeds or Feed:
            self._bells[feed].ring()

    def focus(self, agent: AgentId | None) -> None:
        """Keep this agent's sessions as fresh as our own; None: nobody's."""
        if self._sessions.focus(agent):
            self._nudge(Feed.SESSIONS)

    def acted(self, agent: AgentId) -> None:
        """Ask for all that an act of ours on this agent's sessions may have changed."""
        self._sessions.touch(agent)
        self.wake(Feed.QUEUE, Feed.AGENTS, Feed.SESSIONS)

    async def _poll(self, feed: Feed) -> None:
        failures = 0
        bell = self._bells[feed]
        while True:
            bell.silence()
            times_mended = self._times_mended
            try:
                await self._ask(feed)
            except KfError as error:
                failures += 1
                rest_seconds = self._after_failure(feed, error, failures, was_mended=times_mended < self._times_mended)
            else:
                failures = 0
                rest_seconds = self._intervals.of(feed)
                self._tell_if_stopped(feed)
            await bell.wait(rest_seconds)
            while self._stopped_by is not None:
                bell.silence()
                await bell.wait(None)

    async def _ask(self, feed: Feed) -> None:
        match feed:
            case Feed.QUEUE:
                self._store.apply(await self._queue.ask(), self._succeeded(feed))
            case Feed.AGENTS:
                self._store.apply(await self._agents.ask(), self._succeeded(feed))
                if self._sessions.has_changes():
                    self._nudge(Feed.SESSIONS)
            case Feed.SESSIONS:
                await self._sessions.ask()
                self._store.apply(self._succeeded(feed))
            case Feed.MESSAGES:
                await self._messages.ask()
                self._store.apply(self._succeeded(feed))
        await self._people.load_missing()
        await self._keeper.save()

    def _succeeded(self, feed: Feed) -> FeedSucceeded:
        return FeedSucceeded(feed, self._clock.monotonic())

    def _after_failure(self, feed: Feed, error: KfError, failures: int, *, was_mended: bool) -> float | None:
        """Tell the store, and return how long to rest; None: until woken."""
        mono = self._clock.monotonic()
        if isinstance(error, AuthError | ConfigError) and not was_mended:
            self._stopped_by = error
            self._store.apply(*(FeedFailed(stopped, error, mono, None) for stopped in Feed))
            for bell in self._bells.values():
                bell.ring()
            return None
        if self._stopped_by is not None:
            self._tell_if_stopped(feed)
            return None
        rest_seconds = self._backoff_seconds(feed, error, failures)
        self._store.apply(FeedFailed(feed, error, mono, mono + rest_seconds))
        return rest_seconds

    def _tell_if_stopped(self, feed: Feed) -> None:
        """A question that was under way when all feeds stopped was this feed's last one, too."""
        if self._stopped_by is not None:
            self._store.apply(FeedFailed(feed, self._stopped_by, self._clock.monotonic(), None))

    def _backoff_seconds(self, feed: Feed, error: KfError, failures: int) -> float:
        if isinstance(error, RateLimited):
            return error.retry_after_seconds
        seconds: float = min(self._intervals.of(feed) * 2 ** min(failures, MAX_DOUBLINGS), MAX_BACKOFF_SECONDS)
        return seconds * (1 - JITTER + 2 * JITTER * self._random())

    def _nudge(self, feed: Feed) -> None:
        """End a feed's ordinary rest; one that backs off is left alone."""
        health = self._store.desk.health.get(feed)
        if health is None or health.error is None:
            self._bells[feed].ring()
