"""Older messages of one customer, day by day."""

from datetime import date, datetime, time, timedelta
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from kfconsole import dates
from kfconsole.i18n import _
from kfconsole.model import Conversation, CustomerId
from kfconsole.ui import words
from kfconsole.ui.acting import ActingScreen
from kfconsole.ui.dialogs import Prompt
from kfconsole.ui.plain import plain
from kfconsole.ui.talk import Talk
from kfconsole.ui.widgets.bar import Bar


class HistoryScreen(ActingScreen):
    """One day of one customer; WeChat is asked for what the archive lacks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", show=False),
        Binding("left,p,left_square_bracket", "day(-1)", show=False),
        Binding("right,n,right_square_bracket", "day(1)", show=False),
        Binding("d,slash", "jump", show=False),
    ]

    def __init__(self, openid: CustomerId, day: date) -> None:
        super().__init__()
        self._openid = openid
        self._day = day

    def compose(self) -> ComposeResult:
        """Lay out the note, the messages and the keys."""
        with Vertical(id="history"):
            yield Static(id="history-note", markup=False)
            yield Talk(id="transcript")
        yield Bar(id="hints")

    def on_mount(self) -> None:
        """Show the first day."""
        self.talk = self.query_one(Talk)
        self.talk.focus()
        keys = (("←", _("day before")), ("→", _("day after")), ("d", _("jump to a day")), ("Esc", _("back")))
        pieces = [piece for key, label in keys for piece in ((f" {key}", "accent"), (f" {label} ", "muted"))]
        self.query_one("#hints", Bar).show(pieces)
        self.load_day(self._day)

    def subject(self) -> CustomerId | None:
        """The customer whose history this is."""
        return self._openid

    @work(group="day", exclusive=True)
    async def load_day(self, day: date) -> None:
        """Show a day: at once what the archive has, then what WeChat adds."""
        self._day = day
        zone, today = self.app.zone, self._today()
        start = datetime.combine(day, time.min, zone)
        end = datetime.combine(day + timedelta(days=1), time.min, zone)
        frame = self.query_one("#history")
        title = _("History of {customer}").format(customer=self.customer_name(self._openid))
        title += f"   {words.day_words(day, today)}  {words.full_day(day)}"
        frame.border_title = plain(title)
        self._note(_("Asking WeChat for this day…"))
        found = await self.app.actions.history(self._openid, start.timestamp(), end.timestamp())
        self.talk.show_messages(self.desk, Conversation(self._openid, found.messages))
        if found.missing_error is not None:
            self._note(_("Not complete: {reason}").format(reason=found.missing_error.message))
        else:
            self._note("" if found.messages else _("Nothing was said on this day, as far as WeChat's records show."))

    def _note(self, said: str) -> None:
        note = self.query_one("#history-note", Static)
        note.update(plain(said))
        note.display = bool(said)

    def _today(self) -> date:
        return words.day_of(self.app.clock.now(), self.app.zone)

    def action_day(self, days: int) -> None:
        """Go to the day before or after; not into the future."""
        day = self._day + timedelta(days=days)
        if day <= self._today():
            self.load_day(day)

    @work(group="jump", exclusive=True)
    async def action_jump(self) -> None:
        """Ask for a day and show it."""
        placeholder = _("yesterday, 3 days ago, last monday, 2026-11-20")
        typed = await self.app.push_screen_wait(Prompt(_("Jump to a day"), placeholder, self._echo))
        if typed is not None:
            self.load_day(self._read(typed))

    def _read(self, typed: str) -> date:
        day = dates.parse(typed, datetime.fromtimestamp(self.app.clock.now(), self.app.zone)).date()
        if day > self._today():
            raise ValueError(_("That day is still to come."))
        return day

    def _echo(self, typed: str) -> str:
        return words.full_day(self._read(typed))

    @on(Talk.Left)
    def action_back(self) -> None:
        """Return to the desk."""
        self.workers.cancel_node(self)  # an answer that comes while the screen goes finds nothing to be shown in
        self.dismiss(None)
