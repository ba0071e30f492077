"""The desk's one clock: WeChat's time, learned from the `Date` header of its answers.

Hosts are often wrong, and every age and deadline on screen is reckoned in WeChat's time. It knows no screen, no
socket and no file.
"""

from collections.abc import Callable

CLOCK_SHIFT_SECONDS = 2.0
"""When an answer moves our clock by more, what was taken for now was not."""
DATE_RESOLUTION_SECONDS = 1.0
"""A `Date` header names a whole second: the server's clock stood anywhere inside it."""


class ServerClock:
    """Tells WeChat's time by this host's monotonic clock and a learned offset.

    Before the first answer it follows the wall clock. An answer only moves it as far as that answer demands, so
    the time shown does not jump for the noise of a header without fractions. Time runs ahead at once, as after a host
    slept. It goes back by much only when a second answer agrees: a wait that began in a moment gone back to would stay
    too long for good.
    """

    def __init__(self, monotonic: Callable[[], float], wall: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._offset = wall() - monotonic()
        self._bounds: tuple[float, float] | None = None
        self._doubted: tuple[float, float] | None = None
        """What an answer said by which time would go back; the next one tells whether it is so."""

    def now(self) -> float:
        """Return the Unix seconds of WeChat's clock."""
        return self._monotonic() + self._offset

    def monotonic(self) -> float:
        """Return the seconds of this host's monotonic clock."""
        return self._monotonic()

    @property
    def offset(self) -> float:
        """How far WeChat's clock is ahead of this host's monotonic one."""
        return self.now() - self.monotonic()

    def at(self, mono: float) -> float:
        """Return WeChat's time of a moment of this host's monotonic clock."""
        return self.offset + mono

    def learn(self, date: float, before_mono: float, after_mono: float) -> None:
        """Narrow the offset by one answer.

        Args:
            date: The answer's `Date` header in Unix seconds.
            before_mono: When the question left.
            after_mono: When the answer was there.
        """
        low, high = date - after_mono, date + DATE_RESOLUTION_SECONDS - before_mono
        if self._bounds is not None:
            kept_low, kept_high = max(low, self._bounds[0]), min(high, self._bounds[1])
            # No offset fits all answers once a clock was set, or two have drifted apart: believe the newest one.
            if kept_low <= kept_high:
                low, high = kept_low, kept_high
            elif high < self._bounds[0] - CLOCK_SHIFT_SECONDS and not self._is_agreed(low, high):
                self._doubted = (low, high)
                return
        self._bounds, self._doubted = (low, high), None
        self._offset = min(max(self._offset, low), high)

    def _is_agreed(self, low: float, high: float) -> bool:
        """Whether the answer before this one said the same of a time we did not believe."""
        if self._doubted is None:
            return False
        return max(low, self._doubted[0]) <= min(high, self._doubted[1]) + CLOCK_SHIFT_SECONDS
