"""The plot above the board: how long the queue was over the last hours, and how long people waited. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from kfconsole.desk import queue_plot, rules
from kfconsole.desk.queue_plot import Column
from kfconsole.i18n import _
from kfconsole.model import Desk, Feed
from kfconsole.text import clock_span, fit, width_cells
from kfconsole.ui import status
from kfconsole.ui.widgets.bar import Piece
from kfconsole.ui.words import Glyphs

PLOT_HOURS = 6
LABEL_CELLS = 10
TOLD_CELLS = 40  # "now ≥1:04:10, most ≥1:04:10  !! late"
LEAST_COLUMNS = 12
HOUR_SECONDS = 3600.0


def column_count(width: int) -> int:
    """Return how many columns there is room for."""
    return max(LEAST_COLUMNS, width - LABEL_CELLS - TOLD_CELLS)


def length_line(columns: Sequence[Column | None], desk: Desk, *, is_ascii: bool) -> list[Piece]:
    """Return the line of how many waited."""
    lengths = [None if column is None else column.length for column in columns]
    is_seen = any(columns) or desk.is_known(Feed.QUEUE)
    most = max(desk.queue_total, *(length for length in lengths if length is not None), 0)
    told = _("now {now}, most {most}").format(
        now=status.counted(desk, Feed.QUEUE, desk.queue_total), most=most if most or is_seen else status.NOT_READ
    )
    return _line(_("queue"), queue_plot.bars(lengths, is_ascii=is_ascii), told, "text")


def wait_line(
    columns: Sequence[Column | None], desk: Desk, now: float, glyphs: Glyphs, *, late_after: float, is_ascii: bool
) -> list[Piece]:
    """Return the line of how long the one had waited who waited longest; late is a word, too."""
    seconds = [None if column is None else column.wait_seconds for column in columns]
    most = max((column for column in columns if column is not None), key=lambda one: one.wait_seconds, default=None)
    longest = rules.longest_waiting(desk)
    now_seconds = rules.wait_seconds(longest, now) if longest is not None else 0.0
    bound = glyphs.at_least if longest is not None and not longest.is_exact else ""
    shown = bound + clock_span(now_seconds) if longest is not None else status.NOT_READ
    most_seconds, most_bound = now_seconds, bound
    if most is not None and most.wait_seconds > now_seconds:
        most_seconds, most_bound = most.wait_seconds, "" if most.is_exact else glyphs.at_least
    is_seen = most is not None or longest is not None or desk.is_known(Feed.QUEUE)
    most_shown = most_bound + clock_span(most_seconds) if is_seen else status.NOT_READ
    told = _("now {now}, most {most}").format(now=shown, most=most_shown)
    is_late = longest is not None and now_seconds >= late_after
    if is_late:
        told += "  !! " + _("late")
    return _line(_("longest"), queue_plot.bars(seconds, is_ascii=is_ascii), told, "late" if is_late else "text")


def _line(label: str, bars: str, told: str, tone: str) -> list[Piece]:
    return [(fit(" " + label, LABEL_CELLS), "muted"), (bars, "accent"), ("  " + told, tone)]


def hours_line(start_at: float, end_at: float, count: int, zone: tzinfo | None) -> list[Piece]:
    """Return the line below: full hours where they are, as many as there is room for."""
    start = datetime.fromtimestamp(start_at, zone)
    hour = start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    said = ""
    while hour.timestamp() < end_at:
        place = int((hour.timestamp() - start_at) / (end_at - start_at) * count)
        label = hour.strftime("%H:%M")
        if place >= width_cells(said) + (2 if said else 0) and place + len(label) <= count:
            said += " " * (place - width_cells(said)) + label
        hour += timedelta(hours=1)
    return [(" " * LABEL_CELLS, "muted"), (said, "muted")]
