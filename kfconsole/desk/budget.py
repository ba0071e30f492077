"""Watches what is left of WeChat's daily limits, and slows feeds down before they reach them.

WeChat is asked rarely, and never at the start of a run. Where it does not tell, nothing is slowed.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk import pacing
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import BudgetSeen
from kfconsole.desk.pacing import Reading
from kfconsole.desk.store import Store
from kfconsole.errors import ApiError, ConfigError
from kfconsole.model import Budget, Feed
from kfconsole.wechat import paths

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient

PATHS: Mapping[Feed, tuple[str, ...]] = {
    Feed.QUEUE: (paths.QUEUE,),
    Feed.AGENTS: (paths.ONLINE_AGENTS, paths.AGENTS),
    Feed.SESSIONS: (paths.SESSIONS,),
    Feed.MESSAGES: (paths.RECORDS,),
}
"""What each feed asks, first that which its interval is for."""
FIRST_SECONDS = 60.0
"""The start of a run has other things to ask."""
RARELY_SECONDS = 3600.0
SOON_SECONDS = 600.0
"""While little is left, or what is used might not last, or nobody knows yet how fast that is."""
SPREAD = 0.2
"""Consoles that started together, and paths asked together, drift apart."""


class _Known(Struct, frozen=True):
    """What was learned of one path, and what followed from it."""

    reading: Reading
    stretch: float


class BudgetKeeper:
    """Asks for the quota of each polled path; tells the store, and the poller how long to rest."""

    def __init__(
        self,
        client: "KfClient",
        store: Store,
        clock: ServerClock,
        intervals: Mapping[str, float],
        random: Callable[[], float],
    ) -> None:
        """Begin knowing nothing.

        Args:
            client: Whom to ask.
            store: Whom to tell.
            clock: Its time decides when WeChat's day ends.
            intervals: Seconds between two calls of each path, by the settings.
            random: Anything from 0 to 1.
        """
        self._client = client
        self._store = store
        self._clock = clock
        self._intervals = intervals
        self._random = random
        self._known: dict[str, _Known] = {}
        self._due_mono: dict[str, float] = {}
        self._day = pacing.day_of(clock.now())

    def interval_seconds(self, path: str) -> float:
        """Return how far two calls of a path lie apart."""
        known = self._known.get(path)
        return self._intervals[path] * (known.stretch if known else 1.0)

    def rest_seconds(self, path: str) -> float:
        """Return how long to rest now: a path that is slowed down is asked again when the next day begins."""
        to_midnight_seconds = pacing.seconds_to_midnight(self._clock.now())
        return min(self.interval_seconds(path), max(self._intervals[path], to_midnight_seconds))

    def is_slowed(self, path: str) -> bool:
        """Whether a path has to be asked more rarely than the settings say."""
        return path in self._known and self._known[path].stretch > 1.0

    def due(self, feed: Feed) -> tuple[str, ...]:
        """Return the paths of an answered feed whose quota should be asked for now; each is returned once."""
        self._note_day()
        mono = self._clock.monotonic()
        for path in PATHS[feed]:
            self._due_mono.setdefault(path, mono + self._spread(FIRST_SECONDS))
        due = tuple(path for path in PATHS[feed] if self._due_mono[path] <= mono)
        for path in due:
            self._ask_again_in(path, RARELY_SECONDS)
        return due

    def forget(self) -> None:
        """Count what is known as void: somebody cleared the counters, or they started anew."""
        mono = self._clock.monotonic()
        for path in self._known:
            self._due_mono[path] = mono + self._spread(FIRST_SECONDS)
        self._known.clear()
        self._store.apply(*(BudgetSeen(feed, None) for feed in Feed))

    async def ask(self, feed: Feed, path: str) -> None:
        """Learn what is left of one path; a refusal, or no answer, teaches nothing and is nobody's concern."""
        try:
            quota = await self._client.quota(path)
        except (ApiError, ConfigError):
            return
        if quota.daily_limit <= 0:
            return
        reading = Reading(self._clock.now(), quota.daily_limit, quota.used, max(0, quota.remaining))
        interval = self._intervals[path]
        before = self._known.get(path)
        rate = pacing.used_rate(reading, before.reading if before else None, 1 / interval)
        allowed = pacing.allowed_rate(reading)
        current = before.stretch if before else 1.0
        most = max(1.0, pacing.LONGEST_SECONDS / interval)
        known = _Known(reading, pacing.stretch(rate, allowed, current=current, most=most))
        self._known[path] = known
        # A first reading does not show how fast others are.
        if (
            before is None
            or known.stretch > 1.0
            or rate * 2 > allowed
            or pacing.is_scarce(reading.remaining, reading.daily_limit)
        ):
            self._ask_again_in(path, SOON_SECONDS)
        self._store.apply(BudgetSeen(feed, self._budget_of(feed)))

    def _budget_of(self, feed: Feed) -> Budget:
        """Return what is left for a feed, by its scarcest path."""
        main = PATHS[feed][0]
        readings = [self._known[path].reading for path in PATHS[feed] if path in self._known]
        scarcest = min(readings, key=lambda reading: reading.remaining / reading.daily_limit)
        interval_seconds = self.interval_seconds(main) if self.is_slowed(main) else None
        return Budget(scarcest.daily_limit, scarcest.remaining, interval_seconds)

    def _note_day(self) -> None:
        day = pacing.day_of(self._clock.now())
        if day != self._day:
            self._day = day
            self.forget()

    def _ask_again_in(self, path: str, seconds: float) -> None:
        self._due_mono[path] = self._clock.monotonic() + self._spread(seconds)

    def _spread(self, seconds: float) -> float:
        return seconds * (1 + SPREAD * self._random())
