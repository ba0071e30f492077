"""Older messages of one customer, day by day."""

import math
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical

from kfconsole import dates
from kfconsole.desk import HistoryDay
from kfconsole.errors import KfError
from kfconsole.i18n import _, sentences
from kfconsole.model import Conversation, CustomerId, Desk, Message
from kfconsole.ui import words
from kfconsole.ui.above import AboveScreen
from kfconsole.ui.acts.copying import Copy, CopyActs, message_at_hand, message_copy
from kfconsole.ui.commands import Place
from kfconsole.ui.dialogs import Prompt
from kfconsole.ui.plain import plain
from kfconsole.ui.talk import Talk
from kfconsole.ui.widgets.bar import Hints
from kfconsole.ui.widgets.prose import Prose


class HistoryScreen(CopyActs, AboveScreen):
    """One day of one customer; WeChat is asked for what the archive lacks.

    Args:
        openid: The customer.
        day: The day to begin with.
        message: A message of that day to begin at, if any.
    """

    def __init__(self, openid: CustomerId, day: date, message: Message | None = None) -> None:
        super().__init__()
        self.bind_commands(self.app.keymap, Place.HISTORY)
        self._openid = openid
        self._day = day
        self._awaited = message
        self._last_message: Message | None = None
        self.talk = Talk(id="transcript")
        self._frame, self._note = Vertical(id="history"), Prose(id="history-note")
        self._hints = Hints(id="hints")

    def compose(self) -> ComposeResult:
        """Lay out the top line, the messages, a note and the keys."""
        yield self.top
        with self._frame:
            yield self.talk
            yield self._note
        yield self._hints

    def on_mount(self) -> None:
        """Show the first day."""
        self.talk.focus()
        names = ("day_before", "day_after", "jump", "search_here", "open_here", "back")
        self._hints.show_keys(self.app.keymap.hints(names))
        self._note_change(self.desk)
        self.follow_desk(self._note_change)
        self.load_day(self._day)

    def subject(self) -> CustomerId | None:
        """The customer whose history this is."""
        return self._openid

    def copied(self) -> Copy | None:
        """The message at hand."""
        message = message_at_hand(self.talk)
        return None if message is None else message_copy(message)

    def shows(self, message: Message) -> bool:
        """Whether a message is on screen, or would be if one scrolled."""
        return any(item.id == str(message.id) for item in self.talk.items)

    @work(group="day", exclusive=True)
    async def load_day(self, day: date) -> None:
        """Show a day: at once what the archive has, then what WeChat adds."""
        self._day = day
        self._title("")
        self._tell("")
        self.talk.empty = ""
        try:
            kept = await self.app.actions.kept(self._openid, *self._span(day))
            self._show(kept)
            if kept.gaps:
                self._title(_("asking WeChat…"))
            found = await self.app.actions.history(self._openid, *self._span(day))
        except KfError as error:
            self._title("")
            self._tell(sentences(error.message, error.hint))
            return
        self._show(found)
        self._title("")
        if found.missing_error is not None:
            self._tell(_("Not complete: {reason}").format(reason=found.missing_error.message))
        elif not found.messages:
            self.talk.empty = _("Nothing was said on this day, as far as WeChat's records show.")

    def _span(self, day: date) -> tuple[float, float]:
        start = datetime.combine(day, time.min, self.app.zone).timestamp()
        end = datetime.combine(day + timedelta(days=1), time.min, self.app.zone).timestamp()
        return start, math.nextafter(end, start)  # both ends belong to a span: what is said at midnight, to the next

    def _note_change(self, desk: Desk) -> None:
        contact = desk.contacts.get(self._openid)
        last = contact.newest if contact else None
        if last != self._last_message:
            self._last_message = last
            if last is not None and words.day_of(last.at, self.app.zone) == self._day:
                self.read_again(self._day)

    @work(group="news", exclusive=True)
    async def read_again(self, day: date) -> None:
        """Show what was said on this day meanwhile."""
        with suppress(KfError):  # whatever is wrong with the archive, the desk says it
            found = await self.app.actions.kept(self._openid, *self._span(day))
            if day == self._day:
                self._show(found)

    def _show(self, found: HistoryDay) -> None:
        self.talk.show_messages(self.desk, Conversation(self._openid, found.messages, gaps=found.gaps))
        if self._awaited is not None and self.talk.go_to(str(self._awaited.id)):
            self._awaited = None

    def _title(self, doing: str) -> None:
        customer, today = _("History of {customer}").format(customer=self.customer_name(self._openid)), self._today()
        relative = words.day_words(self._day, today) if (today - self._day).days <= 1 else ""
        said = (customer, relative, words.full_day(self._day), doing)
        self._frame.border_title = plain("   ".join(filter(None, said)))

    def _tell(self, said: str) -> None:
        self._note.update(plain(said))
        self._note.display = bool(said)

    def _today(self) -> date:
        return words.day_of(self.app.clock.now(), self.app.zone)

    def action_day(self, days: int) -> None:
        """Go to the day before or after; not into the future."""
        day = self._day + timedelta(days=days)
        if day <= self._today():
            self.load_day(day)

    def action_jump(self) -> None:
        """Ask for a day and show it."""
        self.asks(self.jump())

    @work(group="jump", exclusive=True)
    async def jump(self) -> None:
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

    def action_search_here(self) -> None:
        """Search the customer's messages."""
        from kfconsole.ui.search import SearchScreen

        self.app.push_screen(SearchScreen(self._openid, is_everybody=False))

    def action_open_here(self) -> None:
        """Open the conversation at the selected message."""
        if (message := self.talk.selected) is None:
            said = _("Select a message first, by {down} and {up}.")
            self.tell(said.format(down=self.key_of("down"), up=self.key_of("up")), is_bad=True)
        else:
            self.app.open_message(message)

    @on(Talk.Left)
    def action_back(self) -> None:
        """Return to where the history was opened."""
        self.leave()
