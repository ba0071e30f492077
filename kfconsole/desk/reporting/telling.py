"""How the numbers of a report are written, the same on screen, in a table and on paper."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from kfconsole.desk.reporting.figures import By, Figures, Metric, Order
from kfconsole.desk.words import full_day
from kfconsole.i18n import _

NOTHING: Final = "–"
MEASURED: Final = (Metric.WAITS, Metric.FIRST_RESPONSE, Metric.RESPONSE, Metric.HANDLING)
"""What takes time, in the order it happens to a customer."""


def clock(seconds: int | None) -> str:
    """Write a length of time as a clock does; nothing was measured: a dash."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def row_name(figures: Figures, order: Order, nicks: Mapping[str, str], *, is_total: bool = False) -> str:
    """Name a row: whose it is, or which hour or day."""
    if is_total:
        return _("all")
    match order.by:
        case By.AGENT:
            return nicks.get(figures.key) or figures.key or _("nobody")
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
