"""When a wait is long, by the hour of the day. Pure."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from kfconsole.config.hours import DailySpan


class Limits(Struct, frozen=True):
    """When a wait is marked, and when it is late."""

    warn_after: int
    """Seconds of waiting until a customer is marked."""
    late_after: int
    """Seconds of waiting until a customer counts as late."""


class LimitHours(Struct, frozen=True):
    """Limits of their own for a span of every day."""

    start: int
    """Minutes since midnight."""
    end: int
    """Minutes since midnight, not included; before the start: on the next day."""
    limits: Limits

    def holds(self, minute: int) -> bool:
        """Whether a minute of the day lies within it."""
        return DailySpan(self.start, self.end).has(minute)

    def __str__(self) -> str:
        return f"{DailySpan(self.start, self.end)} {self.limits.warn_after} {self.limits.late_after}"


def limits_of(hours: Sequence[LimitHours], otherwise: Limits, moment: datetime) -> Limits:
    """Return the limits of a moment, on the clock of those who look."""
    minute = moment.hour * 60 + moment.minute
    return next((span.limits for span in hours if span.holds(minute)), otherwise)


def overlapping(hours: Sequence[LimitHours]) -> tuple[int, int] | None:
    """Return the places of two spans that share a minute, if there are any: nobody could tell which of them counts."""
    for place, span in enumerate(hours):
        for before, other in enumerate(hours[:place]):
            if span.holds(other.start) or other.holds(span.start):
                return before, place
    return None
