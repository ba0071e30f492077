"""Watches what is left of WeChat's daily limits, and slows feeds down before they reach them.

WeChat is asked rarely, and never at the start of a run. Where it does not tell, nothing is slowed.

Each call has a limit of its own: what one feed saves helps no other. So a calm night slows all but the queue, idle
agents are asked more rarely before those who are busy or looked at, and the queue is slowed by its own limit alone.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.desk import pacing
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import BudgetSeen
from kfconsole.desk.feeds.sessions import SWEEP_SECONDS, Idle
from kfconsole.desk.gauges import Gauge, Pace
from kfconsole.desk.night import Night
from kfconsole.desk.pacing import Reading
from kfconsole.desk.store import Store
from kfconsole.errors import ApiError, ConfigError, KfError, Rejected
from kfconsole.model import Budget, Feed, Quota
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
LEAST_SECONDS = 45.0
"""Between two readings nearer to each other, chance decides how many calls fall: they tell no pace."""
SPREAD = 0.2
"""Consoles that started together, and paths asked together, drift apart."""


LOOK_SECONDS = 60.0
"""Who opens the page of gauges twice a minute sees the same numbers twice."""
LOOKS_AT_ONCE = 4
LONGEST_IDLE_SECONDS = 3600.0
"""However little is left, an agent who serves anybody is asked for so often."""
FEED_OF = {path: feed for feed, polled in PATHS.items() for path in polled}


class _Known(Struct, frozen=True):
    """What was learned of one path, and what followed from it."""

    reading: Reading
    stretch: float = 1.0
    rate: float = 0.0
    """Calls a second the account makes from now on, as far as one knows."""
    base: Reading | None = None
    """From which the next pace is reckoned; None: from the reading itself."""


class _Rests:
    """How much longer the rests between calls were than the settings say, since the last reading."""

    def __init__(self) -> None:
        self._rested_seconds = self._usual_seconds = 0.0

    def add(self, seconds: float, usual_seconds: float) -> None:
        """Count a rest."""
        self._rested_seconds += seconds
        self._usual_seconds += usual_seconds

    def take(self, otherwise: float) -> float:
        """Return how many times longer they were, and begin anew."""
        times = self._rested_seconds / self._usual_seconds if self._usual_seconds else otherwise
        self._rested_seconds = self._usual_seconds = 0.0
        return times


class BudgetKeeper:
    """Asks for the quota of each polled path; tells the store, and the poller how long to rest."""

    def __init__(
        self,
        client: "KfClient",
        store: Store,
        clock: ServerClock,
        intervals: Mapping[str, float],
        random: Callable[[], float],
        *,
        night: Night,
        idle: Callable[[], Idle],
    ) -> None:
        """Begin knowing nothing.

        Args:
            client: Whom to ask.
            store: Whom to tell.
            clock: Its time decides when WeChat's day ends.
            intervals: Seconds between two calls of each path, by the settings.
            random: Anything from 0 to 1.
            night: When feeds are slowed without need.
            idle: What the calls for sessions are for.
        """
        self._client = client
        self._store = store
        self._clock = clock
        self._intervals = intervals
        self._random = random
        self._night = night
        self._idle = idle
        self._known: dict[str, _Known] = {}
        self._rests = {path: _Rests() for path in intervals}
        self._problems: dict[str, KfError] = {}
        self._due_mono: dict[str, float] = {}
        self._looked_mono: float | None = None
        self._day = pacing.day_of(clock.now())

    def interval_seconds(self, path: str) -> float:
        """Return how far two calls of a path lie apart."""
        usual_seconds = self._intervals[path]
        return min(usual_seconds * self._pressing(path) * self._night_factor(path), self._longest_seconds(path))

    @property
    def idle_seconds(self) -> float:
        """How far two calls for the sessions of one idle agent lie apart."""
        shared, _others = self._shared()
        return min(SWEEP_SECONDS * shared * self._night_factor(paths.SESSIONS), LONGEST_IDLE_SECONDS)

    def rest_seconds(self, path: str) -> float:
        """Return how long to rest now: a path that is slowed down is asked again when the next day begins."""
        to_midnight_seconds = pacing.seconds_to_midnight(self._clock.now())
        rest_seconds = min(self.interval_seconds(path), max(self._intervals[path], to_midnight_seconds))
        self._rests[path].add(rest_seconds, self._intervals[path])
        return rest_seconds

    def slow_seconds(self, path: str) -> float | None:
        """Return how far two calls of a path lie apart where that is more than the settings say, else None."""
        seconds = self.interval_seconds(path)
        return seconds if seconds > self._intervals[path] else None

    def is_slowed(self, path: str) -> bool:
        """Whether a path has to be asked more rarely than the settings say."""
        return self._pressing(path) > 1.0

    def _stretch(self, path: str) -> float:
        return self._known[path].stretch if path in self._known else 1.0

    def _pressing(self, path: str) -> float:
        """Return by what the interval is multiplied so that the day's calls last."""
        return self._shared()[1] if path == paths.SESSIONS else self._stretch(path)

    def _shared(self) -> tuple[float, float]:
        return pacing.shared_out(
            self._stretch(paths.SESSIONS), self._idle().share, most_idle=LONGEST_IDLE_SECONDS / SWEEP_SECONDS
        )

    def _night_factor(self, path: str) -> float:
        return self._night.factor(FEED_OF[path])

    def _longest_seconds(self, path: str) -> float:
        return max(pacing.LONGEST_SECONDS, self._intervals[path])

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
        self._rests = {path: _Rests() for path in self._intervals}
        self._problems.clear()
        self._looked_mono = None
        self._store.apply(*(BudgetSeen(feed, None) for feed in Feed))

    async def ask(self, feed: Feed, path: str) -> None:
        """Learn what is left of one path; a refusal, or no answer, teaches nothing and is nobody's concern."""
        quota = await self._quota(path)
        if quota is None or quota.daily_limit <= 0:
            return
        reading = self._reading(quota)
        before = self._known.get(path)
        base = (before.base or before.reading) if before else None
        if before is not None and base is not None and _tells_no_pace(base, reading):
            self._known[path] = replace(before, reading=reading, base=base)
            self._ask_again_in(path, SOON_SECONDS)
            self._store.apply(BudgetSeen(feed, self._budget_of(feed)))
            return
        rate = pacing.used_rate(reading, base, self._own_rate(path))
        allowed = pacing.allowed_rate(
            reading,
            reserve=pacing.QUEUE_RESERVE if feed is Feed.QUEUE else pacing.RESERVE,
            seconds=self._night.seconds_to_midnight(feed, reading.at),
        )
        current = self._slowed_so_far(path)
        stretch = pacing.stretch(rate, allowed, current=current, most=self._most(path))
        self._known[path] = known = _Known(reading, stretch, rate * current / (stretch * self._night_factor(path)))
        # A first reading does not show how fast others are.
        if (
            before is None
            or known.stretch > 1.0
            or rate * 2 > allowed
            or pacing.is_scarce(reading.remaining, reading.daily_limit)
        ):
            self._ask_again_in(path, SOON_SECONDS)
        self._store.apply(BudgetSeen(feed, self._budget_of(feed)))

    def _most(self, path: str) -> float:
        """Return by what an interval is multiplied at most."""
        most = max(1.0, self._longest_seconds(path) / self._intervals[path])
        return max(most, LONGEST_IDLE_SECONDS / SWEEP_SECONDS) if path == paths.SESSIONS else most

    def _own_rate(self, path: str) -> float:
        return self._idle().calls_per_second if path == paths.SESSIONS else 1 / self._intervals[path]

    def _slowed_so_far(self, path: str) -> float:
        """Return how many times fewer calls were made since the last reading than the settings say."""
        slowed = self._stretch(path) * self._night_factor(path)
        rested = self._rests[path].take(slowed)
        # The rests tell nothing of how many agents were asked for between two of them.
        return slowed if path == paths.SESSIONS else rested

    def _reading(self, quota: Quota) -> Reading:
        return Reading(self._clock.now(), quota.daily_limit, quota.used, max(0, quota.remaining))

    async def _quota(self, path: str) -> Quota | None:
        try:
            quota = await self._client.quota(path)
        except (ApiError, ConfigError) as error:
            self._problems[path] = error
            return None
        self._problems.pop(path, None)
        return quota

    async def look(self) -> None:
        """Ask for the quota of every call of a working day, for somebody who wants to see them; once a minute."""
        self._note_day()
        mono = self._clock.monotonic()
        if self._looked_mono is not None and mono - self._looked_mono < LOOK_SECONDS:
            return
        self._looked_mono = mono
        remaining = iter(paths.ALL_DAY)
        async with asyncio.TaskGroup() as group:
            for _worker in range(LOOKS_AT_ONCE):
                group.create_task(self._look_at_each(remaining))

    async def _look_at_each(self, remaining: Iterator[str]) -> None:
        for path in remaining:
            if path in FEED_OF:
                await self.ask(FEED_OF[path], path)
            elif (quota := await self._quota(path)) is not None and quota.daily_limit > 0:
                before = self._known.get(path)
                reading = self._reading(quota)
                rate = pacing.used_rate(reading, before.reading if before else None, 0.0)
                self._known[path] = _Known(reading, rate=rate)

    def gauges(self) -> tuple[Gauge, ...]:
        """Return what is known of every call of a working day; `look` learns it."""
        return tuple(self._gauge(path) for path in paths.ALL_DAY)

    def _gauge(self, path: str) -> Gauge:
        known, problem = self._known.get(path), self._problems.get(path)
        feed = FEED_OF.get(path)
        is_polled = path in self._intervals
        return Gauge(
            path=path,
            feed=feed,
            interval_seconds=self.interval_seconds(path) if is_polled else None,
            idle_seconds=self.idle_seconds if path == paths.SESSIONS else None,
            pace=self._pace(path) if is_polled else Pace.ON_DEMAND,
            reading=known.reading if known else None,
            rate=known.rate if known else None,
            runs_out_at=pacing.runs_out_at(known.reading, known.rate) if known else None,
            is_told=not isinstance(problem, Rejected),
        )

    def _pace(self, path: str) -> Pace:
        known = self._known.get(path)
        if known is not None and known.reading.remaining <= 0:
            return Pace.USED_UP
        if self._stretch(path) > 1.0:
            return Pace.TO_LAST
        return Pace.NIGHT if self._night_factor(path) > 1.0 else Pace.SETTINGS

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


def _tells_no_pace(before: Reading, reading: Reading) -> bool:
    """Whether two readings of one day and one limit are too near to each other, and there is something left."""
    is_same_count = before.daily_limit == reading.daily_limit and before.used <= reading.used
    is_same_day = pacing.day_of(before.at) == pacing.day_of(reading.at)
    return reading.remaining > 0 and is_same_count and is_same_day and reading.at - before.at < LEAST_SECONDS
