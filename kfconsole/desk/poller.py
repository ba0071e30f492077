"""Asks WeChat again and again, each feed at its own pace, and tells the store what it saw.

The next question follows the last answer by the interval, or by more where the day's calls have to last. A failed
question is never repeated at once: the next one is its repetition, later and later while failures last, in the next
minute after the minute's limit, and once a minute after the day's. What asking again cannot mend waits to be told.
"""

import asyncio
import random as standard_random
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.desk import pacing
from kfconsole.desk.budget import PATHS, BudgetKeeper
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import FeedFailed, FeedSucceeded
from kfconsole.desk.feeds.agents import LIST_SECONDS, AgentsFeed
from kfconsole.desk.feeds.messages import MessagesFeed
from kfconsole.desk.feeds.queue import QueueFeed
from kfconsole.desk.feeds.sessions import SessionsFeed
from kfconsole.desk.gaps import KEEP_DAYS
from kfconsole.desk.gauges import Gauge, Pace
from kfconsole.desk.keeper import Keeper
from kfconsole.desk.mending import Mending
from kfconsole.desk.night import IsNight, Night
from kfconsole.desk.people import People
from kfconsole.desk.remarks import Remarks
from kfconsole.desk.store import Store
from kfconsole.desk.waking import Bell, Sleep
from kfconsole.errors import ArchiveError, AuthError, ConfigError, KfError, RateLimited
from kfconsole.model import AgentId, Feed
from kfconsole.wechat import paths

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
    night_factor: float = 1.0
    """All but the queue is asked so many times more rarely while nothing happens at night."""

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
        keep_days: float = KEEP_DAYS,
        is_night: IsNight | None = None,
        keeper: Keeper | None = None,
        mending: Mending | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._intervals = intervals
        self._random = random
        self._queue = QueueFeed(client, clock)
        self._agents = AgentsFeed(client, clock)
        self._sessions = SessionsFeed(client, store, clock, intervals.sessions)
        self._messages = MessagesFeed(client, archive, store, clock, keep_days=keep_days)
        self._people = People(archive, store)
        self._remarks = Remarks(client, archive, store, clock, random)
        self._keeper = keeper or Keeper(archive, store, clock, {feed: intervals.of(feed) for feed in Feed})
        self._mending = mending or Mending(archive, store, sleep)
        by_path = {PATHS[feed][0]: intervals.of(feed) for feed in Feed}
        self._night = Night(store, clock, is_night, intervals.night_factor)
        self._budgets = BudgetKeeper(
            client,
            store,
            clock,
            {**by_path, paths.AGENTS: LIST_SECONDS},
            random,
            night=self._night,
            idle=self._sessions.idle,
        )
        self._bells = {feed: Bell(sleep) for feed in Feed}
        self._stopped_by: dict[Feed, AuthError | ConfigError] = {}
        self._limited: set[Feed] = set()
        """Feeds that rest because a limit is reached: our own acts do not wake them."""
        self._limited_until_mono: dict[str, float] = {}
        """By path: several feeds may need the same one, such as the token's."""
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
                    group.create_task(self._poll(feed, group), name=f"poll {feed}")
                group.create_task(self._mending.run(), name="mend the archive")
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
        """Ask these feeds now, and once more if a question is under way.

        Those that stopped, or rest because a limit is reached, are left alone. Without any named, all are asked.
        """
        if not feeds:
            self._stopped_by.clear()
            self._limited.clear()
            self._limited_until_mono.clear()
            self._times_mended += 1
            self._agents.ask_for_the_list()
            self._sessions.touch_all()
            self._mending.wake()
        for feed in feeds or Feed:
            if feed not in self._limited:
                self._bells[feed].ring()

    def focus(self, agent: AgentId | None) -> None:
        """Keep this agent's sessions as fresh as our own; None: nobody's."""
        if self._sessions.focus(agent):
            self._nudge(Feed.SESSIONS)

    def acted(self, agent: AgentId) -> None:
        """Ask for all that an act of ours on this agent's sessions may have changed."""
        self._sessions.touch(agent)
        self.wake(Feed.QUEUE, Feed.AGENTS, Feed.SESSIONS)

    def agents_changed(self) -> None:
        """Ask who the agents are: an act of ours changed them."""
        self._agents.ask_for_the_list()
        self.wake(Feed.AGENTS)

    def quota_cleared(self) -> None:
        """Ask all feeds again, as fast as before any limit was near."""
        self._budgets.forget()
        self.wake()

    async def look_at_quotas(self) -> None:
        """Learn what is left of every call of a working day, for somebody who looks at the gauges."""
        await self._budgets.look()

    def gauges(self) -> tuple[Gauge, ...]:
        """Return what is known of the day's limit of each call, and how fast it is used."""
        refused = {  # WeChat's word counts for more than what it told of the limit
            health.error.path
            for health in self._store.desk.health.values()
            if isinstance(health.error, RateLimited) and pacing.is_day_limit(health.error)
        }
        gauges = self._budgets.gauges()
        return tuple(replace(one, pace=Pace.USED_UP) if one.path in refused else one for one in gauges)

    async def _poll(self, feed: Feed, group: asyncio.TaskGroup) -> None:
        failures = 0
        rest_seconds: float | None
        bell = self._bells[feed]
        while True:
            bell.silence()
            times_mended = self._times_mended
            try:
                await self._ask(feed)
            except ArchiveError as error:  # WeChat has answered, so nothing is said of the feed
                failures += 1
                self._mending.note_failure(feed, error)
                rest_seconds = self._backoff_seconds(feed, failures)
            except KfError as error:
                failures += 1
                rest_seconds = self._after_failure(feed, error, failures, was_mended=times_mended < self._times_mended)
            else:
                failures = 0
                self._mending.note_success(feed)
                self._limited.discard(feed)
                self._tell_if_stopped(feed)
                for path in self._budgets.due(feed):
                    group.create_task(self._budgets.ask(feed, path), name=f"quota {path}")
                if self._remarks.is_due():
                    group.create_task(self._remarks.ask(), name="remarks")
                rest_seconds = self._budgets.rest_seconds(PATHS[feed][0])
            await bell.wait(rest_seconds)
            while feed in self._stopped_by:
                bell.silence()
                await bell.wait(None)

    async def _ask(self, feed: Feed) -> None:
        match feed:
            case Feed.QUEUE:
                self._store.apply(await self._queue.ask(), self._succeeded(feed))
            case Feed.AGENTS:
                seen = await self._agents.ask(self._budgets.interval_seconds(paths.AGENTS))
                self._store.apply(seen, self._succeeded(feed), *self._list_failure())
                if self._sessions.has_changes():
                    self._nudge(Feed.SESSIONS)
            case Feed.SESSIONS:
                health = self._store.desk.health.get(feed)
                is_probe = health is not None and isinstance(health.error, RateLimited)
                await self._sessions.ask(
                    is_probe=is_probe,
                    interval_seconds=self._budgets.interval_seconds(paths.SESSIONS),
                    idle_seconds=self._budgets.idle_seconds,
                )
                self._store.apply(self._succeeded(feed))
            case Feed.MESSAGES:
                await self._messages.ask(self._budgets.interval_seconds(paths.RECORDS))
                self._store.apply(self._succeeded(feed))
                if await self._sessions.touch_unseen(self._messages.just_merged):
                    self._nudge(Feed.SESSIONS)
        self._wake_by_night()
        await self._people.load_missing()
        await self._keeper.save()

    def _wake_by_night(self) -> None:
        """Ask all feeds as soon as something happens on a calm night."""
        if self._night.note():
            for feed in Feed:
                if feed is not Feed.QUEUE:
                    self._nudge(feed)

    def _succeeded(self, feed: Feed) -> FeedSucceeded:
        return FeedSucceeded(feed, self._clock.monotonic(), self._budgets.slow_seconds(PATHS[feed][0]))

    def _list_failure(self) -> tuple[FeedFailed, ...]:
        """The list of agents may reach its limit while who is online is still answered."""
        limit = self._agents.list_limit
        if limit is None:
            return ()
        return (FeedFailed(Feed.AGENTS, limit, self._clock.monotonic(), self._agents.list_retry_mono),)

    def _after_failure(self, feed: Feed, error: KfError, failures: int, *, was_mended: bool) -> float | None:
        """Tell the store, and return how long to rest; None: until woken."""
        if isinstance(error, AuthError | ConfigError) and not was_mended:
            is_whole_account = isinstance(error, ConfigError) or error.is_whole_account
            self._stop(tuple(Feed) if is_whole_account else (feed,), error)
            return None
        if feed in self._stopped_by:
            self._tell_if_stopped(feed)
            return None
        mono = self._clock.monotonic()
        if isinstance(error, RateLimited):
            retry_mono = self._retry_after_limit(feed, error, was_mended=was_mended)
        else:
            retry_mono = mono + self._backoff_seconds(feed, failures)
        self._store.apply(FeedFailed(feed, error, mono, retry_mono))
        return retry_mono - mono

    def _stop(self, feeds: tuple[Feed, ...], error: AuthError | ConfigError) -> None:
        mono = self._clock.monotonic()
        self._stopped_by.update(dict.fromkeys(feeds, error))
        self._store.apply(*(FeedFailed(feed, error, mono, None) for feed in feeds))
        for feed in feeds:
            self._bells[feed].ring()

    def _tell_if_stopped(self, feed: Feed) -> None:
        """A question that was under way when all feeds stopped was this feed's last one, too."""
        if (error := self._stopped_by.get(feed)) is not None:
            self._store.apply(FeedFailed(feed, error, self._clock.monotonic(), None))

    def _retry_after_limit(self, feed: Feed, error: RateLimited, *, was_mended: bool) -> float:
        """Return when to try a path again whose limit is reached; feeds that need the same path try it together."""
        mono = self._clock.monotonic()
        if not was_mended:
            self._limited.add(feed)
            self._bells[feed].silence()
        if self._limited_until_mono.get(error.path, mono) <= mono:
            rest_seconds = pacing.limit_rest_seconds(error, self._clock.now(), self._random())
            self._limited_until_mono[error.path] = mono + rest_seconds
        return self._limited_until_mono[error.path]

    def _backoff_seconds(self, feed: Feed, failures: int) -> float:
        seconds: float = min(self._intervals.of(feed) * 2 ** min(failures, MAX_DOUBLINGS), MAX_BACKOFF_SECONDS)
        return seconds * (1 - JITTER + 2 * JITTER * self._random())

    def _nudge(self, feed: Feed) -> None:
        """End a feed's ordinary rest; one that backs off, or has to save calls, is left alone."""
        health = self._store.desk.health.get(feed)
        if (health is None or health.error is None) and not self._budgets.is_slowed(PATHS[feed][0]):
            self._bells[feed].ring()
