"""How the numbers of a report are written, the same on screen, in a table and on paper."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Final

from kfconsole.desk.reporting.figures import By, Figures, Metric, Order
from kfconsole.desk.words import full_day
from kfconsole.i18n import _

NOTHING: Final = "–"
MEASURED: Final = (Metric.WAITS, Metric.FIRST_RESPONSE, Metric.RESPONSE, Metric.HANDLING)
"""What takes time, in the order it happens to a customer."""
SHOWN: Final = (Metric.CUSTOMERS, Metric.SESSIONS, Metric.ABANDONED)
"""What is only counted, as far as a terminal has room for it."""
COUNTED: Final = (*SHOWN, Metric.RECEIVED, Metric.SENT, Metric.SENT_BY_MACHINE)
"""Likewise, all of it."""


def clock(seconds: int | None) -> str:
    """Write a length of time as a clock does; nothing was measured: a dash."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def span(seconds: float) -> str:
    """Say how long something took, in minutes rounded up."""
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    if not hours:
        return _("{count} min").format(count=minutes)
    words = _("{hours} h {minutes} min") if minutes else _("{hours} h")
    return words.format(hours=hours, minutes=minutes)


def row_cells(figures: Figures, *, has_p90: bool = True) -> tuple[str, ...]:
    """Write the numbers of a row as a terminal shows them: what is counted, and how long each thing took."""
    cells = [str(figures.count(metric)) for metric in SHOWN]
    for spread in map(figures.spread, MEASURED):
        cells += map(clock, (spread.p50_seconds, spread.p90_seconds)[: 1 + has_p90])
    return tuple(cells)


def number_cells(figures: Figures, metric: Metric) -> tuple[str, ...]:
    """Write one number of a row: how many, and how long they took if that is measured."""
    count = str(figures.count(metric))
    if metric not in MEASURED:
        return (count, "", "", "")
    spread = figures.spread(metric)
    return (count, *map(clock, (spread.p50_seconds, spread.p90_seconds, spread.longest_seconds)))


def row_name(figures: Figures, order: Order, nicks: Mapping[str, str], *, is_total: bool = False) -> str:
    """Name a row: whose it is, or which hour or day."""
    if is_total:
        return _("all")
    match order.by:
        case By.AGENT:
            return nicks.get(figures.key) or figures.key or _("no agent")
        case By.HOUR:
            return f"{figures.key}:00"
        case By.DAY:
            return full_day(date.fromisoformat(figures.key))


def by_title(by: By) -> str:
    """Say what the rows are."""
    match by:
        case By.AGENT:
            return _("agent")
        case By.HOUR:
            return _("hour")
        case By.DAY:
            return _("day")
