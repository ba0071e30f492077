"""WeChat's daily limits: of each call how many are left, how fast they go, and how often this console asks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from kfconsole.i18n import _
from kfconsole.model import CustomerId
from kfconsole.ui import quota_rows
from kfconsole.ui.above import AboveScreen
from kfconsole.ui.commands import Place
from kfconsole.ui.plain import plain
from kfconsole.ui.quota_rows import QuotaLook, QuotaRow
from kfconsole.ui.tones import tones_of
from kfconsole.ui.widgets.bar import Hints
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.prose import Prose
from kfconsole.ui.widgets.strips import Part

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp

TICK_SECONDS = 2.0


class Gauges(LineList[QuotaRow]):
    """The calls of a working day."""

    app: "KfApp"

    def __init__(self, *, id: str) -> None:  # Textual's name for it
        super().__init__(self._draw_row, empty=_("Limits are not part of a recording."), id=id)

    def _draw_row(self, row: QuotaRow, width: int, is_current: bool) -> Sequence[Part]:
        marks = quota_rows.ASCII_MARKS if self.app.settings.ui.ascii_borders else quota_rows.Marks()
        return quota_rows.draw(row, width, is_current, QuotaLook(tones_of(self), marks, self.app.zone))


class QuotaScreen(AboveScreen):
    """A gauge for each call, and what there is to say about the selected one."""

    def __init__(self) -> None:
        super().__init__()
        self.bind_commands(self.app.keymap, Place.QUOTA)
        self.gauges = Gauges(id="gauges")
        self._frame = Vertical(id="quota")
        self._head, self._note = Static(id="quota-head", markup=False), Prose(id="quota-note")
        self._hints = Hints(id="hints")

    def compose(self) -> ComposeResult:
        """Lay out the top line, the gauges, what is said about one of them, and the keys."""
        yield self.top
        with self._frame:
            yield self._head
            yield self.gauges
            yield self._note
        yield self._hints

    def on_mount(self) -> None:
        """Show what is known, and ask for the rest."""
        self.gauges.focus()
        self._hints.show_keys(self.app.keymap.hints(("quota_back", "help")))
        self._paint()
        self.set_interval(TICK_SECONDS, self._paint)
        self.ask()

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self.call_after_refresh(self._paint)

    def subject(self) -> CustomerId | None:
        """Nobody: this is about calls."""
        return None

    @work(group="quota", exclusive=True)
    async def ask(self) -> None:
        """Learn what WeChat tells now."""
        self._title(_("asking WeChat…"))
        await self.app.poller.look_at_quotas()
        self._title("")
        self._paint()

    def _title(self, doing: str) -> None:
        title = _("WeChat's daily limits, each call with its own")
        self._frame.border_title = plain("   ".join(filter(None, (title, doing))))

    def _paint(self) -> None:
        if not self.is_attached or not self.app.is_running:
            return
        self.gauges.show([QuotaRow(gauge) for gauge in self.app.poller.gauges()])
        self._head.update(plain(quota_rows.head(self.gauges.view_size.width or self.app.size.width)))
        self._explain()

    @on(LineList.Moved)
    def _explain(self) -> None:
        row = self.gauges.current
        if row is not None:
            said = quota_rows.explained(row.gauge, self.app.clock.now(), self.app.zone)
            self._note.update(plain(f"{row.id}\n{said}"))

    def action_quota_back(self) -> None:
        """Go back to where one came from."""
        self.leave()
