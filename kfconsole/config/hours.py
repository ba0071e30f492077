"""Times of the day as people write them in files, read in one place. Pure.

`9:05`, and `24:00` where something ends; spans as `22:00-08:00`, which may go over midnight. The wide signs of an input
method are as good, and so are the other dashes.
"""

import re
from datetime import datetime, tzinfo

from msgspec import Struct

DAY_MINUTES = 24 * 60
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])|24:00")
_DASH = re.compile(r"\s*[-–—~]\s*")


class DailySpan(Struct, frozen=True):
    """A span of every day, in minutes since midnight; one that ends before it starts goes over midnight."""

    start: int
    end: int
    """Not included."""

    def has(self, minute: int) -> bool:
        """Whether a minute of the day lies within it."""
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def holds(self, at: float, zone: tzinfo | None) -> bool:
        """Whether a moment lies within it, where the users live."""
        local = datetime.fromtimestamp(at, zone)
        return self.has(local.hour * 60 + local.minute)

    def __str__(self) -> str:
        return f"{clock(self.start)}-{clock(self.end)}"


def clock(minute: int) -> str:
    """Write a minute of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minute_of(written: str) -> int | None:
    """Return how many minutes after midnight a time of the day is; None: it is none."""
    found = _TIME.fullmatch(_narrow(written).strip())
    if found is None:
        return None
    return int(found[1]) * 60 + int(found[2]) if found[1] else DAY_MINUTES


def span_between(start: int | None, end: int | None) -> DailySpan | None:
    """Return the span between two minutes of the day; None: it would be no part of a day."""
    if start is None or end is None or start == DAY_MINUTES or start == end % DAY_MINUTES:
        return None
    return DailySpan(start, end)


def span_of(written: str) -> DailySpan | None:
    """Return the span of the day that is written; None: it is none."""
    ends = [minute_of(end) for end in _DASH.split(_narrow(written).strip())]
    return span_between(*ends) if len(ends) == 2 else None


def _narrow(written: str) -> str:
    if written.isascii():
        return written
    from kfconsole.text import folded

    return folded(written)
