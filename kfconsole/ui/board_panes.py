"""Two parts of the board: the plot of the queue, and the conversation one looks on at."""

import asyncio
from typing import TYPE_CHECKING, Generic

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from kfconsole.desk import queue_plot, rules
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import Contact, CustomerId, Desk, Feed
from kfconsole.ui import board_plot, status
from kfconsole.ui.panes import AnyRowT, FilterList
from kfconsole.ui.plain import plain
from kfconsole.ui.talk import Talk
from kfconsole.ui.widgets.bar import Bar
from kfconsole.ui.widgets.prose import Prose

if TYPE_CHECKING:
    from kfconsole.desk.queue_plot import Column
    from kfconsole.ui.app import KfApp

PLOT_SECONDS = 30.0
DAY_SECONDS = 86_400.0  # who began to wait earlier, and still does, is among those in the queue
LIVE_SECONDS = 60.0  # that somebody looks is kept a little later
PAGE_MESSAGES = 200


class BoardList(FilterList[AnyRowT], Generic[AnyRowT]):
    """A list of the board below the titles of its columns; what holds both has the title."""

    STAYS_AT_TOP = True  # what needs attention stands there

    def entitle(self, title: str) -> None:
        """Say what is listed, and how many."""
        if isinstance(self.parent, Widget):
            self.parent.border_title = plain(title)


class QueuePlot(Vertical):
    """How long the queue was over the last hours, and how long people waited."""

    app: "KfApp"

    def __init__(self, *, id: str) -> None:  # Textual's name for it
        super().__init__(id=id)
        self._bars = Bar(id="plot-lengths"), Bar(id="plot-waits"), Bar(id="plot-hours")
        self._columns: tuple[Column | None, ...] = ()
        self._span = (0.0, 0.0)
        self._loaded_mono = 0.0

    def compose(self) -> ComposeResult:
        """Lay out the lines."""
        yield from self._bars

    def on_resize(self) -> None:
        """Draw as many columns as there is room for now."""
        self.load()

    def tick(self) -> None:
        """Read anew who waited, now and then."""
        if self.app.clock.monotonic() - self._loaded_mono >= PLOT_SECONDS:
            self.load()

    @work(group="plot", exclusive=True)
    async def load(self) -> None:
        """Read who waited over the last hours."""
        self._loaded_mono, now = self.app.clock.monotonic(), self.app.clock.now()
        start_at = now - board_plot.PLOT_HOURS * board_plot.HOUR_SECONDS
        try:
            waits = await self.app.archive.waits(start_at - DAY_SECONDS, now)
            looked_at = await self.app.archive.watched(Feed.QUEUE, start_at, now)
        except KfError:
            return  # whatever is wrong with the archive, the notice says it
        if self.app.store.desk.is_known(Feed.QUEUE):
            looked_at = (*looked_at, (max(start_at, now - LIVE_SECONDS), now))
        count = board_plot.column_count(self.size.width)
        self._columns = await asyncio.to_thread(queue_plot.columns, waits, looked_at, start_at, now, count)
        self._span = start_at, now
        if self.is_attached:
            self.paint(self.app.store.desk)

    def paint(self, desk: Desk) -> None:
        """Show it beside what is true now."""
        (lengths, waits, hours), columns, now = self._bars, self._columns, self.app.clock.now()
        if desk.is_known(Feed.QUEUE):
            longest = rules.longest_waiting(desk)
            seconds, is_exact = (0.0, True) if longest is None else (now - longest.since_at, longest.is_exact)
            columns = queue_plot.with_now(columns, desk.queue_total, seconds, is_exact=is_exact)
        is_ascii, late_after = self.app.settings.ui.ascii_borders, self.app.settings.limits_at(now).late_after
        lengths.show(board_plot.length_line(columns, desk, is_ascii=is_ascii))
        waits.show(board_plot.wait_line(columns, desk, now, self.app.glyphs, late_after=late_after, is_ascii=is_ascii))
        title = _("Last {count} hours")
        if columns:
            hours.show(board_plot.hours_line(*self._span, len(columns), self.app.zone))
            if None in columns:
                title = _("Last {count} hours; blank where nobody looked")
        self.border_title = plain(title.format(count=board_plot.PLOT_HOURS))


class WatchPane(Vertical):
    """A conversation somebody looks on at: live, and without a trace."""

    app: "KfApp"

    def __init__(self, *, id: str) -> None:  # Textual's name for it
        super().__init__(id=id)
        self.talk = Talk(id="watched")
        self.openid: CustomerId | None = None
        """Whose conversation it is."""
        self._note = Prose(id="watch-note")
        self._contact: Contact | None = None
        self._limit = PAGE_MESSAGES

    def compose(self) -> ComposeResult:
        """Lay out the note and the messages."""
        yield self._note
        yield self.talk

    def look_on(self, openid: CustomerId) -> None:
        """Show the conversation of a customer; nobody else notices."""
        if openid != self.openid:
            self.openid, self._limit = openid, PAGE_MESSAGES
            self.talk.show(())
            here = _("Looking on leaves no trace: nothing counts as read, and the customer sees nothing.")
            there = _("{key} goes to the desk to reply.").format(key=self.app.keymap.key_of("reply"))
            self._note.update(plain(f"{here} {there}"))
            self.app.poller.focus(rules.who_serves(self.app.store.desk, openid))
        self.paint(self.app.store.desk)
        self.load(openid)

    def look_away(self) -> None:
        """Look on no longer."""
        self.workers.cancel_group(self, "watch")
        self.openid, self._contact = None, None
        opened = self.app.store.desk.open
        self.app.poller.focus(rules.who_serves(self.app.store.desk, opened.openid) if opened else None)

    def follow(self, desk: Desk) -> None:
        """Show what is new about the customer."""
        if self.openid is not None and desk.contacts.get(self.openid) is not self._contact:
            self.load(self.openid)

    def paint(self, desk: Desk) -> None:
        """Say whose conversation it is, and how it stands with them."""
        if self.openid is not None:
            title = status.customer_title(desk, self.openid, self.app.station, self.app.clock.now())
            self.border_title = plain(_("Watching {customer}").format(customer=title))

    @work(group="watch", exclusive=True)
    async def load(self, openid: CustomerId) -> None:
        """Show what was said by now."""
        self._contact = self.app.store.desk.contacts.get(openid)
        try:
            conversation = await self.app.actions.look_on(openid, self._limit)
        except KfError as error:
            self._note.update(plain(error.message))
            return
        if openid == self.openid and self.is_attached:
            self.talk.empty = _(
                "No messages yet. What was written while waiting can only be read on mpkf.weixin.qq.com."
            )
            self.talk.show_messages(self.app.store.desk, conversation)

    @on(Talk.TopReached)
    def look_further_back(self) -> None:
        """Show what was said before."""
        if self.openid is not None and len(self.talk.items) >= self._limit:
            self._limit += PAGE_MESSAGES
            self.load(self.openid)
