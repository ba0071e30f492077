"""The desk: three lists on the left, the open conversation and the composer on the right."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from kfconsole.desk import rules
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Desk, Message
from kfconsole.ui import status, words
from kfconsole.ui.acts.canned import CannedActs
from kfconsole.ui.acts.contents import ContentActs
from kfconsole.ui.acts.copying import Copy, CopyActs, conversation_copy, id_copy, message_at_hand, message_copy
from kfconsole.ui.acts.needing import NeedActs
from kfconsole.ui.acts.people import PeopleActs
from kfconsole.ui.acts.replying import ReplyActs
from kfconsole.ui.acts.supervising import SupervisingActs
from kfconsole.ui.acts.visiting import VisitActs
from kfconsole.ui.commands import Place
from kfconsole.ui.conversation import ConversationView, show_text
from kfconsole.ui.keymap import Keymap
from kfconsole.ui.lines import Line
from kfconsole.ui.lists import Lists
from kfconsole.ui.plain import plain
from kfconsole.ui.talk import Talk
from kfconsole.ui.widgets.bar import Bar, Hints
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.prose import Prose

TICK_SECONDS = 1.0


class DeskScreen(CopyActs, CannedActs, ContentActs, ReplyActs, NeedActs, PeopleActs, SupervisingActs, VisitActs):
    """Everything at a glance; the keys act on the selected row or the open conversation."""

    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (40, "-narrow"), (100, "-wide")]  # noqa: RUF012  # Textual types it so
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-tall")]  # noqa: RUF012  # likewise
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear_filter", show=False)]

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self.bind_commands(keymap, Place.ANYWHERE, Place.CONVERSATION)
        # Kept rather than looked up: while the program ends, what is painted last may already have left the screen.
        self.lists = Lists(id="lists")
        self.queue, self.sessions, self.agents = self.lists.queue, self.lists.sessions, self.lists.agents
        self.conversation = ConversationView(id="conversation")
        self.talk, self.composer = self.conversation.talk, self.conversation.composer
        self._status, self._hints = Bar(id="status"), Hints(id="hints")
        self._notice = Prose(id="notice")
        self._painted: Desk | None = None
        self._is_paint_due = self._is_fit_due = False
        self._last_focused: Widget | None = None
        self._left_openid: CustomerId | None = None
        self._way_back: tuple[CustomerId, Callable[[], None]] | None = None
        """Whose conversation was opened from another screen, and what shows that screen again."""

    def compose(self) -> ComposeResult:
        """Lay out bars, lists and conversation."""
        size = self.app.size  # else all is styled anew when the screen is told it
        wide = self._get_breakpoint_classes(size.width, self.HORIZONTAL_BREAKPOINTS)
        tall = self._get_breakpoint_classes(size.height, self.VERTICAL_BREAKPOINTS)
        self.add_class(*wide, *tall, update=False)
        yield self._status
        yield self._notice
        with Horizontal(id="desk"):
            yield self.lists
            yield self.conversation
        yield Static(plain(_("The window is too small: 40×12 at least.")), id="too-small")
        yield self._hints

    def on_mount(self) -> None:
        """Paint what is known, and go on painting what changes."""
        self.queue.focus()
        self.follow_desk(self._note_change)
        self.paint(self.desk)
        self.set_interval(TICK_SECONDS, self.tick)

    # -- painting --------------------------------------------------------------------------------------------------

    def _note_change(self, _desk: Desk) -> None:
        # Several facts of one answer become one paint.
        if not self._is_paint_due:
            self._is_paint_due = True
            self.call_next(self._paint_due)

    def _paint_due(self) -> None:
        self._is_paint_due = False
        if self.is_attached and self.app.is_running:  # while it ends, widgets lose their styles one by one
            self.paint(self.desk)

    def _paint_anew(self) -> None:
        if self.is_attached:
            self.paint(self.desk, anew=True)

    def paint(self, desk: Desk, *, anew: bool = False) -> None:
        """Show a desk; only what differs from the painted one is touched, or all when `anew`."""
        before, self._painted = None if anew else self._painted, desk
        self.lists.show(desk, anew=anew)
        if before is None or desk.open is not before.open or not self.talk.shows_names_of(desk):
            self.conversation.show(desk)
            if before is not None or desk.open is not None:
                self.app.poller.focus(rules.who_serves(desk, desk.open.openid) if desk.open else None)
            self._paint_hints()
        self._paint_bars(desk)

    def _paint_bars(self, desk: Desk) -> None:
        now, mono = self.app.clock.now(), self.app.clock.monotonic()
        self._status.show(*status.status_line(desk, self.app.station, now, mono, width=self.app.size.width))
        notices = [*self.session_notices(), *status.notices(desk, self.app.station, now, mono)]
        show_text(self._notice, "\n".join(notices))
        self.lists.mark_stale(desk)
        self.conversation.paint(desk)

    def paint_bars(self) -> None:
        """Show what the bars say now, unless the program ends."""
        if self.is_attached and self.app.is_running and not self.app.is_leaving:
            self._paint_bars(self.desk)

    def tick(self) -> None:
        """Let the clocks of the visible rows go on, and give signs where some are due."""
        self.app.alerting.tick(self.desk)
        if self.app.screen is self:
            self.lists.tick()
            self._paint_bars(self.desk)

    def on_resize(self) -> None:
        """Fit the bars to the new width, and give the focus back that a window too small took away."""
        if self.is_mounted:
            if not self._is_fit_due:  # several come at the start
                self._is_fit_due = True
                self.call_after_refresh(self._fit)
            if self.focused is None and self._last_focused is not None:
                self.call_after_refresh(self._last_focused.focus)

    def _fit(self) -> None:
        self._is_fit_due = False
        self._paint_anew()
        self._leave_if_hidden()
        self._focus_what_is_seen()

    def check_action(self, _action: str, _parameters: tuple[object, ...]) -> bool:
        """Let no key act while a question is on its way to the screen, or in a window too small to see on what."""
        return not (self.is_asking or self.has_class("-tiny") or self.has_class("-flat"))

    # -- the subject -----------------------------------------------------------------------------------------------

    def subject(self) -> CustomerId | None:
        """The selected row of a list in focus, else the open conversation."""
        if self.lists.has(self.focused):
            return self.lists.selected_customer(self.focused)
        return self.desk.open.openid if self.desk.open else None

    def marked(self) -> tuple[CustomerId, ...]:
        """The marked sessions, unless a key acts on the conversation."""
        return super().marked() if self.lists.has(self.focused) else ()

    def show_marks(self) -> None:
        """Show which sessions are marked."""
        self.lists.marked = frozenset(self.marks)
        self.sessions.refresh_visible()

    def copied(self) -> Copy | None:
        """The id of the selected row of a list, else the message at hand."""
        if self.lists.has(self.focused):
            row_id = self.agents.current_id if self.focused is self.agents else self.subject()
            return None if row_id is None else id_copy(row_id)
        message = message_at_hand(self.talk)
        return None if message is None else message_copy(message)

    @work(group="copy", exclusive=True)
    async def action_copy_conversation(self) -> None:
        """Copy the messages of the open conversation."""
        if lines := [item for item in self.talk.items if isinstance(item, Line)]:
            # There may be thousands.
            self.app.copy(await asyncio.to_thread(conversation_copy, lines, self.app.zone))
        else:
            self.tell(_("There is nothing here to copy."), is_bad=True)

    def on_descendant_focus(self) -> None:
        """Remember where the focus is, and hint at the keys that matter there."""
        self._last_focused = self.focused
        if self.lists.has(self.focused):
            self._way_back = None  # they went on from here
        self.lists.note_focus(self.focused)
        self._paint_hints()

    def _paint_hints(self) -> None:
        decide = ("resend", "dismiss_message") if self.talk.undelivered() else ()
        listed, floor = ("history", "filter", "help", "quit", "board"), ("assign_longest", "owed")
        shown: dict[str | None, tuple[str, ...]] = {
            "queue": ("accept", "accept_next", "open", "reply", *listed, "assign", "needs_me", "search", *floor),
            "sessions": ("open", "reply", "close_session", *listed, "transfer", "send_other", "needs_me", "search"),
            "agents": ("accept_next", "filter", "help", "quit", "board", "search", *floor),
            "transcript": (
                *decide,
                *(
                    "reply",
                    "close_session",
                    "history",
                    "leave",
                    "help",
                    "quit",
                    "board",
                    "transfer",
                    "send_other",
                    "needs_me",
                    "search",
                    "copy",
                ),
            ),
            "composer": ("send", "newline", "leave", "canned", "attach", "typing"),
            "filter": (),
        }
        self._hints.show_keys(self.app.keymap.hints(shown.get(self.focused.id, ()) if self.focused else ()))

    # -- moving about ----------------------------------------------------------------------------------------------

    def action_pane(self, name: str) -> None:
        """Focus a pane; in a narrow window it comes to the front."""
        is_talking = name == "transcript"
        self.bring_conversation(is_talking)
        self.set_focus(self.query_one(f"#{name}"))  # at once: the next key may be here already, and acts on this pane
        if is_talking and self.desk.open is None and self._left_openid is not None:
            self.asks(self.open_and_read(self._left_openid))
        self._leave_if_hidden()

    def bring_conversation(self, is_wanted: bool) -> None:
        """Bring the conversation, or else the lists, to the front of a window too narrow for both."""
        # In a wide one it changes nothing yet, and styling the whole screen anew takes longer than a frame.
        self.set_class(is_wanted, "-talking", update=self.has_class("-narrow"))
        self._focus_what_is_seen()

    def _focus_what_is_seen(self) -> None:
        # A key must not act on a row behind the conversation.
        if self.has_class("-narrow") and self.has_class("-talking") and self.lists.has(self.focused):
            self.set_focus(self.talk)

    def _leave_if_hidden(self) -> None:
        # What comes while nobody looks is unread.
        if self.has_class("-narrow") and not self.has_class("-talking") and self.desk.open is not None:
            self._left_openid = self.desk.open.openid
            self.app.actions.left(self.desk.open.openid)
            self.leave_conversation()

    @work(group="open", exclusive=True)
    async def leave_conversation(self) -> None:
        """Take the conversation off the screen, unless a key right behind the one that left brought it back."""
        if not self.has_class("-talking"):
            await self.app.actions.leave()

    @on(LineList.Chosen)
    def open_chosen(self, event: LineList.Chosen) -> None:
        """Open the conversation of a chosen customer."""
        if event.row_id is None:
            self.tell(_("This customer has just left the list."), is_bad=True)
        elif event.control is not self.agents:
            self.asks(self.open_and_read(CustomerId(event.row_id)))  # the keys behind are for that conversation

    @work(group="open", exclusive=True)
    async def open_and_read(self, openid: CustomerId, way_back: Callable[[], None] | None = None) -> None:
        """Open a conversation and put the focus there."""
        await self.open_conversation(openid)
        if self.focused is not self.composer:  # the user may be ahead, and write already
            self.action_pane("transcript")
        self.give_held(self.focused)
        self._lead_back(openid, way_back)

    def _lead_back(self, openid: CustomerId, way_back: Callable[[], None] | None) -> None:
        self._way_back = None if way_back is None else (openid, way_back)

    async def open_conversation(self, openid: CustomerId) -> None:
        """Put a conversation on screen, beside the lists or, in a narrow window, before them."""
        self.bring_conversation(True)
        if self.desk.open is None or self.desk.open.openid != openid:
            await self.attempt(self.app.actions.open(openid))
        self.paint(self.desk)
        self._leave_if_hidden()  # the user may have gone back meanwhile

    @work(group="open", exclusive=True)
    async def open_at(self, message: Message, way_back: Callable[[], None] | None = None) -> None:
        """Come to the front with a conversation at a message, or else show the day of the message."""
        contact = self.desk.contacts.get(message.openid)
        unread = contact.unread if contact else 0
        try:
            is_open = await self.app.actions.open_at(message)
        except KfError as error:
            self.tell_error(error)
            return
        if not is_open:
            self._show_day_of(message)
            return
        self.app.return_to_desk()
        self.bring_conversation(True)
        self.paint(self.desk)
        self.talk.go_to(str(message.id), new_items=unread)
        self.set_focus(self.talk)
        self._lead_back(message.openid, way_back)
        self._tell_day(words.day_of(message.at, self.app.zone))
        await self.attempt(self.app.actions.count_as_read(message.openid))

    def _tell_day(self, day: date) -> None:
        """Say which day is on screen, unless it is today or the line that says it is on screen, too."""
        top = next((item for item in self.talk.seen_items() if isinstance(item, Line)), None)
        zone = self.app.zone
        is_today = day == words.day_of(self.app.clock.now(), zone)
        if not is_today and top is not None and day == words.day_of(top.message.at, zone):
            said = _("This is {day}; {key} goes to the newest message.")
            self.tell(said.format(day=words.full_day(day), key=self.key_of("last")))

    def _show_day_of(self, message: Message) -> None:
        from kfconsole.ui.history import HistoryScreen

        if isinstance(screen := self.app.screen, HistoryScreen) and screen.shows(message):
            screen.tell(_("Too much was said since: the conversation cannot be opened so far back."), is_bad=True)
        else:
            self.app.push_screen(HistoryScreen(message.openid, words.day_of(message.at, self.app.zone), message))

    def may_turn_to(self, openid: CustomerId) -> bool:
        """Whether nobody writes to another customer just now."""
        return self.focused is not self.composer or self.composer.openid == openid

    def show_accepted(self, openid: CustomerId) -> None:
        """Select the accepted customer among the sessions."""
        self.paint(self.desk)
        self.lists.catch_up()
        self.sessions.select(openid)
        if self.focused in (self.queue, self.agents, None):
            self.set_focus(self.sessions)  # at once: whoever replies next has the last word
        elif self.has_class("-narrow"):
            self.lists.note_focus(self.sessions)

    def show_reopened(self, openid: CustomerId) -> None:
        """Select the customer among the sessions, where nobody is."""
        self.paint(self.desk)
        self.lists.catch_up()
        if self.sessions.current_id is None:
            self.sessions.select(openid)

    @on(Talk.Left)
    def back_to_list(self) -> None:
        """Return to the list the conversation was opened from, or to the screen above."""
        way_back, opened = self._way_back, self.desk.open
        self.bring_conversation(False)
        self.set_focus(self.lists.last)
        self._leave_if_hidden()
        if way_back is not None and opened is not None and opened.openid == way_back[0]:
            way_back[1]()

    @on(Talk.TopReached)
    @work(group="older")
    async def load_older(self) -> None:
        """Read older messages of the open conversation; asked again meanwhile, what is under way goes on."""
        await self.attempt(self.app.actions.load_older())

    @on(Talk.GapSeen)
    @work(group="gap")
    async def look_at_gap(self, event: Talk.GapSeen) -> None:
        """Fill what is missing where somebody looks."""
        await self.attempt(self.app.actions.look_at_gap(event.gap))

    @work(group="gap")
    async def fill_gap_again(self) -> None:
        """Fill what is missing where that failed, or found nothing for days."""
        await self.attempt(self.app.actions.fill_gap_again())

    def action_filter(self) -> None:
        """Filter the list in focus, or the one that was last."""
        self.bring_conversation(False)
        self.lists.start_filter()

    def action_clear_filter(self) -> None:
        """Leave the filter line, or take a filter away."""
        self.lists.clear_filter()
