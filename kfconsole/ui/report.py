"""How long customers waited and were served: from a number to the conversations behind it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from kfconsole import dates, text
from kfconsole.desk.reporting import (
    LISTED,
    By,
    Case,
    Excluded,
    Figures,
    Metric,
    Order,
    Report,
    definition_lines,
    excluded_words,
    exclusions,
    metric_title,
    reckon,
)
from kfconsole.desk.reporting.telling import SHOWN, by_title, clock, number_cells, row_cells, row_name
from kfconsole.errors import KfError
from kfconsole.i18n import _, ngettext, sentences
from kfconsole.model import CustomerId
from kfconsole.ui.above import AboveScreen
from kfconsole.ui.commands import Place
from kfconsole.ui.dialogs import Choice, Picker, Prompt
from kfconsole.ui.plain import plain
from kfconsole.ui.search_rows import when
from kfconsole.ui.tones import tones_of
from kfconsole.ui.widgets.bar import Hints
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.prose import Prose
from kfconsole.ui.widgets.strips import Part

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp

NAME_CELLS = 16
NARROW_NAME_CELLS = 14
COUNT_CELLS = 9
SPAN_CELLS = 7
WIDE_CELLS = 110  # from here on there is room for p50 and p90
WHEN_CELLS = 11
CUSTOMER_CELLS = 24
DAY = timedelta(days=1)


class ReportRow(Struct, frozen=True):
    """A line of the list: an agent, hour or day; a number of it; or a conversation behind that."""

    id: str
    cells: tuple[str, ...]
    figures: Figures | None = None
    what: Metric | Excluded | None = None
    case: Case | None = None


class ReportPlace(Struct, frozen=True):
    """Where somebody stood in a report when they went to a conversation."""

    report: Report | None
    start: datetime
    end: datetime
    figures: Figures | None
    what: Metric | Excluded | None
    row_id: str | None
    is_above_board: bool
    """The report was opened from the board."""


class ReportScreen(AboveScreen):
    """Three steps deep: rows of a report, the numbers of a row, the conversations behind a number.

    Args:
        place: Where to go on; None: with the report of today.
    """

    CHOOSE = "report_open"

    def __init__(self, place: ReportPlace | None = None) -> None:
        super().__init__()
        self.bind_commands(self.app.keymap, Place.REPORT)
        self.list = LineList[ReportRow](self._draw, empty="", id="report-rows")
        self._heads, self._note = Static(id="report-heads", markup=False), Prose(id="report-note")
        self._frame, self._hints = Vertical(id="report"), Hints(id="hints")
        now = self._now()
        self._start, self._end = self._midnight(now), now
        self._by = By.AGENT
        self._report: Report | None = None
        self._figures: Figures | None = None
        self._what: Metric | Excluded | None = None
        self._row_id: str | None = None
        if place is not None and place.report is not None:
            self._report, self._figures, self._what = place.report, place.figures, place.what
            self._start, self._end, self._by = place.start, place.end, place.report.order.by
            self._row_id = place.row_id
        self._shows_meanings = False

    def compose(self) -> ComposeResult:
        """Lay out the top line, the heads, the rows, what is in no number, and the keys."""
        yield self.top
        with self._frame:
            yield self._heads
            yield self.list
            yield self._note
        yield self._hints

    def on_mount(self) -> None:
        """Report of today, or go on where somebody stood."""
        self.list.focus()
        names = ("report_open", "report_span", "report_by", "report_meanings", "report_back", "help")
        self._hints.show_keys(self.app.keymap.hints(names))
        if self._report is None:
            self.reckon_anew()
        else:
            self._paint(self._row_id)

    def subject(self) -> CustomerId | None:
        """The customer of the selected conversation."""
        row = self.list.current
        return row.case.openid if row is not None and row.case is not None else None

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.app.clock.now(), self.app.zone).astimezone(self.app.zone)

    @staticmethod
    def _midnight(moment: datetime) -> datetime:
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)

    # -- reckoning -------------------------------------------------------------------------------------------------

    @work(group="report", exclusive=True)
    async def reckon_anew(self) -> None:
        """Reckon the report of the span, a slice at a time."""
        self._report = self._figures = self._what = None
        self._paint()
        self._note.update(plain(_("Reckoning…")))
        order = Order(self._start.timestamp(), self._end.timestamp(), self._by, self.app.zone)
        try:
            self._report = await reckon(self.app.archive, order, self.app.clock.now())
        except KfError as error:
            self._note.update(plain(sentences(error.message, error.hint)))
            return
        self._paint()

    # -- showing ---------------------------------------------------------------------------------------------------

    def _paint(self, select: str | None = None) -> None:
        report = self._report
        self._title()
        heads: tuple[str, ...] = ()
        rows: tuple[ReportRow, ...] = ()
        if report is None:
            pass
        elif self._what is not None and self._figures is not None:
            heads, rows = self._case_rows(self._figures, self._what)
        elif self._figures is not None:
            heads, rows = self._number_rows(self._figures)
        else:
            heads, rows = self._report_rows(report)
        self._heads.update(plain(self._line_of(heads)))
        self.list.show(())
        self.list.show(rows)
        if rows:
            self.list.select(select if select in {row.id for row in rows} else rows[0].id)
        self._tell_excluded()

    def _title(self) -> None:
        spans = _("{start} to {end}").format(start=f"{self._start:%Y-%m-%d %H:%M}", end=f"{self._end:%Y-%m-%d %H:%M}")
        steps = [_("Report"), spans]
        if self._figures is not None and self._report is not None:
            steps.append(self._called(self._figures))
        if self._what is not None:
            steps.append(self._what_title(self._what))
        self._frame.border_title = plain("   ".join(steps))

    def _called(self, figures: Figures) -> str:
        assert self._report is not None
        is_total = figures is self._report.total
        nicks = {str(agent.id): agent.nick for agent in self.desk.agents}
        return row_name(figures, self._report.order, nicks, is_total=is_total)

    def _what_title(self, what: Metric | Excluded) -> str:
        if isinstance(what, Metric):
            return metric_title(what)
        return excluded_words(what, self._figures.excluded.get(what, 0) if self._figures else 0)

    def _report_rows(self, report: Report) -> tuple[tuple[str, ...], tuple[ReportRow, ...]]:
        titles = (_("wait"), _("1st"), _("resp."), _("handled"))
        is_wide = self._is_wide
        rows_title = by_title(report.order.by) if is_wide else _("{rows}, p50").format(rows=by_title(report.order.by))
        heads = (
            rows_title,
            *map(metric_title, SHOWN),
            *(head for title in titles for head in ((title, "p90") if is_wide else (title,))),
        )
        rows = tuple(
            ReportRow(str(number), (self._called(figures), *row_cells(figures, has_p90=is_wide)), figures)
            for number, figures in enumerate((report.total, *report.rows))
        )
        return heads, rows

    @property
    def _is_wide(self) -> bool:
        return self.size.width >= WIDE_CELLS

    def on_resize(self) -> None:
        """Show as many columns as there is room for."""
        if self._report is not None and self._figures is None:
            self._paint(self.list.current_id)

    def _number_rows(self, figures: Figures) -> tuple[tuple[str, ...], tuple[ReportRow, ...]]:
        heads = ("", _("count"), "p50", "p90", _("longest"))
        rows = [
            ReportRow(metric.value, (metric_title(metric), *number_cells(figures, metric)), figures, metric)
            for metric in Metric
        ]
        rows += [
            ReportRow(what.value, (excluded_words(what, count),), figures, what)
            for what in Excluded
            if (count := figures.excluded.get(what, 0))
        ]
        return heads, tuple(rows)

    def _case_rows(self, figures: Figures, what: Metric | Excluded) -> tuple[tuple[str, ...], tuple[ReportRow, ...]]:
        today = self._now().date()
        rows = tuple(
            ReportRow(
                f"{number}",
                (
                    when(case.at, self.app.zone, today),
                    clock(case.seconds) if what not in (Metric.CUSTOMERS,) else "",
                    self.customer_name(case.openid),
                    self.agent_name(case.agent) if case.agent else "",
                ),
                figures,
                what,
                case,
            )
            for number, case in enumerate(figures.cases.get(what, ()))
        )
        return (_("began"), _("length"), _("customer"), _("agent")), rows

    def _tell_excluded(self) -> None:
        report = self._report
        if report is None:
            return
        if self._shows_meanings:
            lines = list(definition_lines())
        elif self._what is not None and self._figures is not None:
            count = len(self._figures.cases.get(self._what, ()))
            words = ngettext("The {count} longest.", "The {count} longest.", count)
            lines = [words.format(count=count)] if count >= LISTED else []
        else:
            figures = self._figures or report.total
            lines = [_("Excluded: {what}").format(what=line) for line in exclusions(figures)]
        self._note.update(plain("\n".join(lines)))
        self._note.display = bool(lines)

    def _line_of(self, cells: Sequence[str]) -> str:
        return " " + "".join(
            text.fit(cell, width, align_right=is_right) + " " for cell, width, is_right in self._laid(cells)
        )

    def _laid(self, cells: Sequence[str]) -> list[tuple[str, int, bool]]:
        if len(cells) == 1:
            return [(cells[0], max(NAME_CELLS, text.width_cells(cells[0])), False)]
        if self._what is not None:
            widths = (WHEN_CELLS, SPAN_CELLS, CUSTOMER_CELLS, NAME_CELLS)
            return [(cell, width, place < 2) for place, (cell, width) in enumerate(zip(cells, widths, strict=True))]
        counts = 1 if self._figures is not None else 3
        name_cells = NAME_CELLS if self._figures is not None or self._is_wide else NARROW_NAME_CELLS
        return [
            (cell, name_cells if place == 0 else COUNT_CELLS if place <= counts else SPAN_CELLS, place > 0)
            for place, cell in enumerate(cells)
        ]

    def _draw(self, row: ReportRow, _width: int, is_current: bool) -> Sequence[Part]:
        tones = tones_of(self.list)
        return [(">" if is_current else " ", tones.accent), (self._line_of(row.cells)[1:], tones.text)]

    # -- acts ------------------------------------------------------------------------------------------------------

    @on(LineList.Chosen)
    def open_chosen(self) -> None:
        """Go a step deeper: to the numbers of a row, the conversations of a number, a conversation."""
        self.action_report_open()

    def action_report_open(self) -> None:
        """Go a step deeper."""
        row = self.list.current
        if row is None or row.figures is None:
            return
        if row.case is not None:
            self.open_case(row.case)
        elif row.what is None:
            self._figures = row.figures
            self._paint()
        elif row.figures.cases.get(row.what):
            self._what = row.what
            self._paint()
        else:
            self.tell(_("No conversations are kept behind this number."), is_bad=True)

    @work(group="open", exclusive=True)
    async def open_case(self, case: Case) -> None:
        """Open the conversation where something began."""
        try:
            found = await self.app.archive.between(
                case.openid, case.at - DAY.total_seconds(), case.at + DAY.total_seconds()
            )
        except KfError as error:
            self.tell_error(error)
            return
        desk, way_back = self.app.get_default_screen(), self._way_back()
        if found:
            self.app.open_message(min(found, key=lambda message: (abs(message.at - case.at), message.at)), way_back)
            return
        self.app.return_to_desk()
        desk.asks(desk.open_and_read(case.openid, way_back))

    def _way_back(self) -> Callable[[], None]:
        """Return what shows this list again: one goes through its conversations, one after the other."""
        is_above_board = self.app.get_default_screen() is not self.app.screen_stack[-2]
        place = ReportPlace(
            self._report, self._start, self._end, self._figures, self._what, self.list.current_id, is_above_board
        )
        return partial(_show_again, self.app, place)

    def action_report_back(self) -> None:
        """Go a step back, in the end to where the report was opened."""
        if self._shows_meanings:
            self.action_report_meanings()
        elif self._what is not None:
            before, self._what = self._what, None
            self._paint(before.value)
        elif self._figures is not None and self._report is not None:
            place = next(
                (place for place, row in enumerate((self._report.total, *self._report.rows)) if row is self._figures), 0
            )
            self._figures = None
            self._paint(str(place))
        else:
            self.leave()

    def action_report_meanings(self) -> None:
        """Show what the numbers mean, or no longer."""
        self._shows_meanings = not self._shows_meanings
        self.list.display = not self._shows_meanings
        self._heads.display = not self._shows_meanings
        self._note.set_class(self._shows_meanings, "-meanings")
        self._tell_excluded()

    def action_report_by(self) -> None:
        """Let the rows be agents, hours or days, one after the other."""
        kinds = tuple(By)
        self._by = kinds[(kinds.index(self._by) + 1) % len(kinds)]
        self.reckon_anew()

    def action_report_span(self) -> None:
        """Ask of which span to report."""
        self.asks(self.ask_span())

    @work(group="span", exclusive=True)
    async def ask_span(self) -> None:
        """Ask of which span to report, and reckon it."""
        now = self._now()
        midnight = self._midnight(now)
        spans = {"today": (midnight, now), "yesterday": (midnight - DAY, midnight), "week": (midnight - 6 * DAY, now)}
        choices = [
            Choice("today", _("today"), also="today 今天"),
            Choice("yesterday", _("yesterday"), also="yesterday 昨天"),
            Choice("week", _("7 days, today included"), also="7 week 周"),
            Choice("typed", _("since when…"), also="since"),
        ]
        chosen = await self.app.push_screen_wait(Picker(_("Report of which span?"), choices, _("type to find")))
        if chosen == "typed":
            placeholder = _("yesterday, 3 days ago, last monday, 2026-11-20")
            typed = await self.app.push_screen_wait(Prompt(_("Report since when?"), placeholder, self._echo))
            if typed is None:
                return
            self._start, self._end = self._read(typed), self._now()
        elif chosen is not None:
            self._start, self._end = spans[chosen]
        else:
            return
        self.reckon_anew()

    def _read(self, typed: str) -> datetime:
        now = self._now()
        found = dates.parse(typed, now)
        if found >= now:
            raise ValueError(_("That is still to come."))
        return found

    def _echo(self, typed: str) -> str:
        return f"{self._read(typed):%Y-%m-%d %H:%M}"


def _show_again(app: "KfApp", place: ReportPlace) -> None:
    if place.is_above_board:
        app.get_default_screen().action_board()
    app.push_screen(ReportScreen(place))
