"""Who acts when: a heap of things to do, on the world's clock.

Knows nothing of the shop.
"""

import heapq
from collections.abc import Awaitable, Callable
from itertools import count

from kfconsole.simulator.clock import SimClock

_LONGEST_NAP = 0.25  # seconds; replies and control paths add things to do while the driver sleeps


class Agenda:
    """Things people will do; `speed` shortens their delays and leaves the clock alone."""

    def __init__(self, clock: SimClock, speed: float) -> None:
        self._clock = clock
        self._speed = speed
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = count()
        self._acting_at: float | None = None

    @property
    def now(self) -> float:
        """When the thing being done was due, so that a late driver does not delay what follows."""
        return self._clock.now() if self._acting_at is None else self._acting_at

    def waited(self, since_at: float) -> float:
        """Return how long somebody feels to have waited."""
        return (self.now - since_at) * self._speed

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` after so many seconds of people's time."""
        heapq.heappush(self._due, (self.now + seconds / self._speed, next(self._serial), action))

    def run_due(self) -> None:
        """Do everything that is due, in order."""
        while self._due and self._due[0][0] <= self._clock.now():
            self._acting_at, _serial, action = heapq.heappop(self._due)
            try:
                action()
            finally:
                self._acting_at = None

    async def play(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Do what is due, forever."""
        while True:
            self.run_due()
            gap = self._due[0][0] - self._clock.now() if self._due else _LONGEST_NAP
            await sleep(min(max(gap, 0.0), _LONGEST_NAP))
