"""The rows of the gauges: one a call, and what there is to say about the selected one. Pure."""

from collections.abc import Sequence
from datetime import tzinfo

from msgspec import Struct

from kfconsole import text
from kfconsole.desk import pacing
from kfconsole.desk.gauges import CALL_WORDS, Gauge, Pace
from kfconsole.i18n import _, sentences
from kfconsole.model import Feed
from kfconsole.ui import words
from kfconsole.ui.tones import Tones
from kfconsole.ui.widgets.strips import Part

WIDE_CELLS = 100
NUMBER_CELLS = 10
RATE_CELLS = 7
EVERY_CELLS = 7
MARK_CELLS = 2
MINUTE_SECONDS = 60.0
FEW_A_MINUTE = 10.0


class Marks(Struct, frozen=True):
    """What a bar is drawn with."""

    used: str = "█"
    left: str = "░"


ASCII_MARKS = Marks(used="#", left=".")


class QuotaRow(Struct, frozen=True):
    """One call."""

    gauge: Gauge

    @property
    def id(self) -> str:
        """The call's path."""
        return self.gauge.path


class QuotaLook(Struct, frozen=True):
    """What drawing needs besides the row."""

    tones: Tones
    marks: Marks
    zone: tzinfo | None


def call_name(path: str) -> str:
    """Say what a call is for."""
    return _(CALL_WORDS[path]) if path in CALL_WORDS else path


def head(width: int) -> str:
    """The line above the rows: what stands in which column."""
    name_cells, bar_cells, outlook_cells = _columns(width)
    numbers = (_("used"), _("remaining"), _("limit"))
    parts = [
        text.fit(_("call"), name_cells),
        " " * bar_cells,
        *(text.fit(said, NUMBER_CELLS, align_right=True) for said in numbers),
        text.fit(_("a min"), RATE_CELLS, align_right=True),
        text.fit(_("every"), EVERY_CELLS, align_right=True),
        "  " + text.fit(_("lasts"), outlook_cells),
    ]
    return text.clip(" " * MARK_CELLS + "".join(parts), width)


def draw(row: QuotaRow, width: int, is_current: bool, look: QuotaLook) -> Sequence[Part]:
    """`> chat records  ███░░░   31,000    69,000   100,000    20.0    3 s  until midnight`."""
    gauge, tones = row.gauge, look.tones
    name_cells, bar_cells, outlook_cells = _columns(width)
    tone = {"bad": tones.late, "warn": tones.warn}.get(_level(gauge), tones.text)
    return (
        ((">" if is_current else " ").ljust(MARK_CELLS), tones.accent),
        (text.fit(call_name(gauge.path), name_cells), tones.text),
        (bar(gauge, bar_cells - 1, look.marks).ljust(bar_cells), tone),
        *((_number(number).rjust(NUMBER_CELLS), tones.text) for number in _numbers(gauge)),
        (_rate(gauge).rjust(RATE_CELLS), tones.muted),
        (text.fit(_every(gauge), EVERY_CELLS, align_right=True), tones.muted if _is_usual(gauge) else tones.warn),
        ("  " + text.fit(outlook(gauge, look.zone), outlook_cells), tone),
    )


def _columns(width: int) -> tuple[int, int, int]:
    """Return the cells of name, bar and outlook."""
    fixed = MARK_CELLS + 3 * NUMBER_CELLS + RATE_CELLS + EVERY_CELLS + 2
    room = max(28, width - fixed)
    return (20, room - 40, 20) if width >= WIDE_CELLS else (16, 1 if room < 29 else room - 26, 10)


def bar(gauge: Gauge, cells: int, marks: Marks) -> str:
    """Draw how much is used; a call that is used at all shows it, and one that has any left shows that."""
    if cells <= 0 or not gauge.is_limited or gauge.reading is None:
        return " " * max(0, cells)
    used, limit = gauge.reading.daily_limit - gauge.reading.remaining, gauge.reading.daily_limit
    filled = round(cells * min(used, limit) / limit)
    if used > 0:
        filled = max(1, filled)
    if gauge.reading.remaining > 0:
        filled = min(cells - 1, filled)
    return marks.used * filled + marks.left * (cells - filled)


def outlook(gauge: Gauge, zone: tzinfo | None) -> str:
    """Say in a word or two how long the calls last."""
    if not gauge.is_told:
        return _("not told")
    if gauge.reading is None:
        return _("not known")
    if not gauge.is_limited:
        return _("no limit")
    if gauge.reading.remaining <= 0:
        return _("used up")
    if gauge.runs_out_at is not None:
        return _("till {time}").format(time=words.clock_time(gauge.runs_out_at, zone))
    match gauge.pace:
        case Pace.TO_LAST:
            return _("slowed")
        case Pace.NIGHT:
            return _("night pace")
    return _("all day")


def _level(gauge: Gauge) -> str:
    if gauge.reading is None or not gauge.is_limited:
        return ""
    if gauge.reading.remaining <= 0:
        return "bad"
    is_scarce = pacing.is_scarce(gauge.reading.remaining, gauge.reading.daily_limit)
    return "warn" if is_scarce or gauge.runs_out_at is not None else ""


def _is_usual(gauge: Gauge) -> bool:
    return gauge.pace in (Pace.SETTINGS, Pace.ON_DEMAND)


def _numbers(gauge: Gauge) -> tuple[int | None, ...]:
    """Return what is used, left and allowed; of a call without a limit only the first."""
    reading = gauge.reading
    if reading is None:
        return None, None, None
    return (reading.used, reading.remaining, reading.daily_limit) if gauge.is_limited else (reading.used, None, None)


def _number(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _rate(gauge: Gauge) -> str:
    if gauge.rate is None:
        return "-"
    a_minute = gauge.rate * MINUTE_SECONDS
    return f"{a_minute:,.0f}" if a_minute >= FEW_A_MINUTE else f"{a_minute:.1f}"


def _every(gauge: Gauge) -> str:
    if gauge.interval_seconds is None:
        return "-"
    return words.age(pacing.PROBE_SECONDS if gauge.pace is Pace.USED_UP else gauge.interval_seconds)


def explained(gauge: Gauge, now: float, zone: tzinfo | None) -> str:
    """Say about one call how often it is made and why, and how long it lasts."""
    return sentences(*filter(None, (_why(gauge), _idle_words(gauge), _lasting(gauge, now, zone))))


def _why(gauge: Gauge) -> str:
    if gauge.interval_seconds is None:
        return _("Made when somebody does something that needs it.")
    every = words.age(gauge.interval_seconds)
    match gauge.pace:
        case Pace.USED_UP:
            return _("The day's limit is reached: tried once a minute.")
        case Pace.NIGHT:
            return _("Asked every {age}: it is night and nothing happens.").format(age=every)
        case Pace.TO_LAST if gauge.feed is Feed.QUEUE:
            said = _("Asked every {age}, as its own limit leaves no more: what other calls save does not help it.")
            return said.format(age=every)
        case Pace.TO_LAST:
            return _("Asked every {age}, so that the day's calls last.").format(age=every)
    return _("Asked every {age}, as the settings say.").format(age=every)


def _idle_words(gauge: Gauge) -> str:
    if gauge.idle_seconds is None:
        return ""
    said = _(
        "Agents of whom nothing changes and at whom nobody looks are asked for every {age}; they are slowed first."
    )
    return said.format(age=words.age(gauge.idle_seconds))


def _lasting(gauge: Gauge, now: float, zone: tzinfo | None) -> str:
    if not gauge.is_told:
        return _("WeChat does not tell the limit of this call.")
    if gauge.reading is None:
        return _("WeChat has not told its limit yet.")
    said_at = words.age(now - gauge.reading.at)
    if not gauge.is_limited:
        return _("WeChat names no limit for it ({age} ago).").format(age=said_at)
    if gauge.pace is Pace.USED_UP and gauge.reading.remaining > 0:
        return ""  # WeChat refuses it all the same, and how long nobody knows
    midnight = words.clock_time(gauge.reading.at + pacing.seconds_to_midnight(gauge.reading.at), zone)
    if gauge.reading.remaining <= 0:
        return _("It is used up until {time} ({age} ago).").format(time=midnight, age=said_at)
    if gauge.runs_out_at is not None:
        said = _("At this rate nothing is left at {time}; counting begins anew at {midnight} (told {age} ago).")
        return said.format(time=words.clock_time(gauge.runs_out_at, zone), midnight=midnight, age=said_at)
    said = _("At this rate it lasts until counting begins anew at {midnight} (told {age} ago).")
    return said.format(midnight=midnight, age=said_at)
