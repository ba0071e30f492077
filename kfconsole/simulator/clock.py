"""The simulated clock: it runs with the host's, can be moved, and can stand still.

Imports nothing of the simulator.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class SimClock:
    """Unix seconds that run with `wall` plus an offset, or stand still while frozen."""

    def __init__(self, wall: Callable[[], float] = time.time, *, start: float | None = None, frozen: bool = False):
        self._wall = wall
        self._offset = 0.0 if start is None else start - wall()
        self._frozen_at: float | None = None
        if frozen:
            self._frozen_at = wall() if start is None else start

    @property
    def is_frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen_at is not None

    def now(self) -> float:
        """Return the simulated time in Unix seconds."""
        return self._wall() + self._offset if self._frozen_at is None else self._frozen_at

    def advance(self, seconds: float) -> None:
        """Move the clock by `seconds`; negative moves it back."""
        self.set(self.now() + seconds)

    def set(self, now: float) -> None:
        """Make it `now`; a frozen clock stays frozen there."""
        self._offset = now - self._wall()
        if self._frozen_at is not None:
            self._frozen_at = now

    def freeze(self, frozen: bool = True) -> None:
        """Stop the clock where it is, or let it run on from there."""
        now = self.now()
        self._frozen_at = now if frozen else None
        self._offset = now - self._wall()

    @contextmanager
    def moved(self, seconds: float) -> Iterator[None]:
        """Let everything inside happen `seconds` later, or earlier when negative; time runs on unharmed."""
        self._move(seconds)
        try:
            yield
        finally:
            self._move(-seconds)

    def _move(self, seconds: float) -> None:
        self._offset += seconds
        if self._frozen_at is not None:
            self._frozen_at += seconds
