"""Hours in which hardly anybody comes: while nothing stirs then, all but the queue is asked for more rarely.

Whoever begins to wait, writes or is accepted ends it at once, for a while.
"""

import math
from collections.abc import Callable

from kfconsole.desk import pacing
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.store import Store
from kfconsole.model import Desk, Feed

CALM_SECONDS = 300.0
"""So long nothing may have happened."""
STEP_SECONDS = 600.0
"""How finely the hours until midnight are told apart."""

IsNight = Callable[[float], bool]
"""Whether a moment, in Unix seconds, lies in the night."""


class Night:
    """Knows whether it is a calm night."""

    def __init__(self, store: Store, clock: ServerClock, is_night: IsNight | None, factor: float) -> None:
        """Begin as if something had just happened.

        Args:
            store: Where something happens.
            clock: Whose time it is.
            is_night: None: there are no such hours.
            factor: How many times more rarely feeds are asked on a calm night.
        """
        self._store = store
        self._clock = clock
        self._is_night = is_night
        self._factor = factor
        self._looked_at: Desk | None = None
        self._stirred_mono = clock.monotonic()

    def note(self) -> bool:
        """Look at the desk as an answer has left it; return whether that ends the calm of a night."""
        was_calm = self.is_calm
        desk, before = self._store.desk, self._looked_at
        self._looked_at = desk
        is_same = before is not None and desk.sessions is before.sessions and desk.contacts is before.contacts
        if desk.queue_total or not is_same:
            self._stirred_mono = self._clock.monotonic()
        return was_calm and not self.is_calm

    @property
    def is_calm(self) -> bool:
        """Whether it is night, and nothing happens."""
        if self._is_night is None or not self._is_night(self._clock.now()):
            return False
        return self._clock.monotonic() - self._stirred_mono >= CALM_SECONDS

    def factor(self, feed: Feed) -> float:
        """Return how many times more rarely a feed is asked now; the queue never is."""
        return self._factor if feed is not Feed.QUEUE and self.is_calm else 1.0

    def seconds_to_midnight(self, feed: Feed, at: float) -> float:
        """Return how long WeChat's day still lasts for a feed, counted in seconds at the pace of the day."""
        whole_seconds = pacing.seconds_to_midnight(at)
        if self._is_night is None or feed is Feed.QUEUE:
            return whole_seconds
        steps = max(1, math.ceil(whole_seconds / STEP_SECONDS))
        step_seconds = whole_seconds / steps
        nights = sum(self._is_night(at + (number + 0.5) * step_seconds) for number in range(steps))
        return step_seconds * (steps - nights + nights / self._factor)
