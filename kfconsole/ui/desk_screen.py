"""The desk: three lists on the left, the open conversation and the composer on the right."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from kfconsole.desk import rules
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Desk, Feed, MessageId
from kfconsole.ui import rows, status
from kfconsole.ui.acting import ActingScreen
from kfconsole.ui.commands import Place, hints
from kfconsole.ui.panes import Pane
from kfconsole.ui.rows import AgentRow, Look, QueueRow, SessionRow
from kfconsole.ui.talk import Talk
from kfconsole.ui.tones import Tones
from kfconsole.ui.widgets.bar import Bar, Piece
from kfconsole.ui.widgets.composer import Composer
from kfconsole.ui.widgets.line_list import LineList

TICK_SECONDS = 1.0


class DeskScreen(ActingScreen):
    """Everything at a glance; the keys act on the selected row or the open conversation."""

    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (40, "-narrow"), (100, "-wide")]  # noqa: RUF012  # Textual types it so
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-tall")]  # noqa: RUF012  # likewise
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear_filter", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self.bind_commands(Place.ANYWHERE, Place.CONVERSATION)
        self._painted: Desk | None = None
        self._is_paint_due = False
        self._last_list: Widget | None = None
        self._last_focused: Widget | None = None
        self._rung: frozenset[CustomerId] = frozenset()
        self._shown_openid: CustomerId | None = None
        self._left_openid: CustomerId | None = None

    def compose(self) -> ComposeResult:
        """Lay out bars, lists, conversation and composer."""
        yield Bar(id="status")
        yield Static(id="notice", markup=False)
        with Horizontal(id="desk"):
            with Vertical(id="lists"):
                yield Pane[QueueRow](rows.draw_queue, self.look, empty=_("Nobody is waiting."), id="queue")
                yield Pane[SessionRow](rows.draw_session, self.look, empty=_("No sessions."), id="sessions")
                yield Pane[AgentRow](rows.draw_agent, self.look, empty=_("No agents."), id="agents")
                yield Input(id="filter", compact=True)
            with Vertical(id="conversation"):
                yield Static(id="standing", markup=False)
                yield Talk(id="transcript")
                yield Bar(id="edge")
                yield Composer(placeholder=_("r to write a reply"), id="composer")
        yield Static(id="too-small", markup=False)
        yield Bar(id="hints")

    def on_mount(self) -> None:
        """Paint what is known, and go on painting what changes."""
        self.queue = self.query_one("#queue", Pane)
        self.sessions = self.query_one("#sessions", Pane)
        self.agents = self.query_one("#agents", Pane)
        self.talk = self.query_one(Talk)
        self.composer = self.query_one(Composer)
        # Kept rather than looked up: while the program ends, what is painted last may already have left the screen.
        self._status, self._edge, self._hints = (
            self.query_one(f"#{name}", Bar) for name in ("status", "edge", "hints")
        )
        self._notice, self._standing = (self.query_one(f"#{name}", Static) for name in ("notice", "standing"))
        self._frame = self.query_one("#conversation")
        self.query_one("#filter", Input).placeholder = _("Filter: name, agent or text")
        self.query_one("#too-small", Static).update(Content(_("The window is too small: 40×12 at least.")))
        self.queue.focus()
        self._unsubscribe = self.app.store.subscribe(self._note_change)
        self.paint(self.desk)
        self.set_interval(TICK_SECONDS, self.tick)

    def on_unmount(self) -> None:
        """Stop listening."""
        self._unsubscribe()

    # -- painting --------------------------------------------------------------------------------------------------

    def look(self, tones: Tones) -> Look:
        """What the rows need to be drawn now."""
        alerts = self.app.settings.alerts
        return Look(self.app.clock.now(), alerts.warn_after, alerts.late_after, tones, self.app.glyphs)

    def _note_change(self, _desk: Desk) -> None:
        # Several facts of one answer become one paint.
        if not self._is_paint_due:
            self._is_paint_due = True
            self.call_next(self._paint_due)

    def _paint_due(self) -> None:
        self._is_paint_due = False
        if self.is_attached:
            self.paint(self.desk)

    def paint(self, desk: Desk) -> None:
        """Show a desk; only what differs from the painted one is touched."""
        before, self._painted = self._painted, desk
        names_changed = before is None or desk.agents is not before.agents
        people_changed = before is None or desk.contacts is not before.contacts
        if people_changed or before is None or desk.queue is not before.queue or desk.queue_total != before.queue_total:
            waiting = len(desk.queue)
            cut = _("{shown} of {total}").format(shown=waiting, total=desk.queue_total)
            self.queue.show_rows(
                rows.queue_rows(desk), "1 " + _("Queue"), str(waiting) if waiting >= desk.queue_total else cut
            )
        if names_changed or people_changed or before is None or desk.sessions is not before.sessions:
            self.sessions.show_rows(rows.session_rows(desk), "2 " + _("Sessions"), str(len(desk.sessions)))
        if names_changed:
            online = sum(agent.is_online for agent in desk.agents)
            self.agents.show_rows(rows.agent_rows(desk), "3 " + _("Agents"), f"{online}/{len(desk.agents)}")
        if before is None or desk.open is not before.open or names_changed:
            self._paint_conversation(desk)
        self._paint_bars(desk)

    def _paint_conversation(self, desk: Desk) -> None:
        opened = desk.open.openid if desk.open else None
        if opened != self._shown_openid:
            self._shown_openid = opened
            self._load_composer(opened)
        self.app.poller.focus(rules.who_serves(desk, opened) if opened else None)
        self.talk.show_conversation(desk)
        self._paint_hints()

    def _load_composer(self, openid: CustomerId | None) -> None:
        if openid != self.composer.openid:
            contact = self.desk.contacts.get(openid) if openid else None
            self.composer.load(openid, contact.draft if contact else "")

    def _paint_bars(self, desk: Desk) -> None:
        now, mono = self.app.clock.now(), self.app.clock.monotonic()
        is_wide = self.has_class("-wide")
        self._status.show(*status.status_line(desk, self.app.station, now, mono, is_wide=is_wide))
        _show_text(self._notice, "\n".join(status.notices(desk, now, mono)))
        _show_text(self._standing, status.standing(desk))
        for feed, pane in ((Feed.QUEUE, self.queue), (Feed.SESSIONS, self.sessions), (Feed.AGENTS, self.agents)):
            pane.set_class(status.is_stale(feed, desk.health.get(feed), mono, self.app.station), "-stale")
        openid = desk.open.openid if desk.open else None
        title = status.conversation_title(desk, self.app.station, now) if openid else _("Conversation")
        titled = Content(f"4 {title}")
        if self._frame.border_title != titled.plain:
            self._frame.border_title = titled
        self._paint_edge(desk)

    def _paint_edge(self, desk: Desk) -> None:
        edge = status.compose_edge(
            desk, self.app.station, self.app.clock.now(), self.composer.text, self._problem(desk)
        )
        self._edge.show(*edge)

    def _problem(self, desk: Desk) -> str:
        problem = self.reply_problem(desk.open.openid) if desk.open else None
        return problem[0] if problem else ""

    def tick(self) -> None:
        """Let the clocks of the visible rows go on, and ring for who became late."""
        if self.app.screen is not self:
            self._ring_for_late(self.desk)
            return
        self.queue.refresh_visible()
        self.sessions.refresh_visible()
        self._paint_bars(self.desk)
        self._ring_for_late(self.desk)

    def _ring_for_late(self, desk: Desk) -> None:
        alerts, now = self.app.settings.alerts, self.app.clock.now()
        late = frozenset(row.openid for row in desk.queue if rules.wait_seconds(row, now) >= alerts.late_after)
        if late - self._rung and alerts.bell:
            self.app.bell()
        self._rung = late

    def on_resize(self) -> None:
        """Fit the bars to the new width, and give the focus back that a window too small took away."""
        self._painted = None
        if self.is_mounted:
            self.call_after_refresh(self._paint_due)  # the desk of then, not of now
            self.call_after_refresh(self._leave_if_hidden)
            if self.focused is None and self._last_focused is not None:
                self.call_after_refresh(self._last_focused.focus)

    def check_action(self, _action: str, _parameters: tuple[object, ...]) -> bool:
        """Let no key act while a question is on its way to the screen, or in a window too small to see on what."""
        return not (self.is_asking or self.has_class("-tiny") or self.has_class("-flat"))

    # -- the subject -----------------------------------------------------------------------------------------------

    def subject(self) -> CustomerId | None:
        """The selected row of a list in focus, else the open conversation."""
        if self.focused in (self.queue, self.sessions):
            chosen = self.focused.current_id
            return CustomerId(chosen) if chosen else None
        if self.focused is self.agents:
            return None
        return self.desk.open.openid if self.desk.open else None

    def on_descendant_focus(self) -> None:
        """Remember the list to come back to, and hint at the keys that matter here."""
        self._last_focused = self.focused
        if self.focused in (self.queue, self.sessions, self.agents):
            self._last_list = self.focused
        self._paint_hints()

    def _paint_hints(self) -> None:
        decide = ("resend", "dismiss_message") if self.talk.undelivered() else ()
        shown: dict[str | None, tuple[str, ...]] = {
            "queue": ("accept", "accept_next", "open", "reply", "history", "filter", "help", "quit"),
            "sessions": ("open", "reply", "close_session", "history", "filter", "help", "quit"),
            "agents": ("accept_next", "filter", "help", "quit"),
            "transcript": (*decide, "reply", "close_session", "history", "leave", "help", "quit"),
            "composer": ("send", "newline", "typing", "leave"),
            "filter": (),
        }
        pieces: list[Piece] = []
        for key, label in hints(shown.get(self.focused.id, ()) if self.focused else ()):
            pieces += [(f" {key}", "accent"), (f" {label} ", "muted")]
        self._hints.show(pieces)

    # -- moving about ----------------------------------------------------------------------------------------------

    def action_pane(self, name: str) -> None:
        """Focus a pane; in a narrow window it comes to the front."""
        is_talking = name == "transcript"
        self.set_class(is_talking, "-talking")
        self.set_focus(self.query_one(f"#{name}"))  # at once: the next key may be here already, and acts on this pane
        if is_talking and self.desk.open is None and self._left_openid is not None:
            self.open_and_read(self._left_openid)
        self._leave_if_hidden()

    def _leave_if_hidden(self) -> None:
        # What comes while nobody looks is unread.
        if self.has_class("-narrow") and not self.has_class("-talking") and self.desk.open is not None:
            self._left_openid = self.desk.open.openid
            self.app.actions.left(self.desk.open.openid)
            self.leave_conversation()

    @work(group="open", exclusive=True)
    async def leave_conversation(self) -> None:
        """Take the conversation off the screen."""
        await self.app.actions.leave()

    @on(LineList.Chosen)
    def open_chosen(self, event: LineList.Chosen) -> None:
        """Open the conversation of a chosen customer."""
        if event.row_id is None:
            self.tell(_("This customer has just left the list."), is_bad=True)
        elif event.control is not self.agents:
            self.open_and_read(CustomerId(event.row_id))

    @work(group="open", exclusive=True)
    async def open_and_read(self, openid: CustomerId) -> None:
        """Open a conversation and put the focus there."""
        await self.open_conversation(openid)
        if self.focused is not self.composer:  # the user may be ahead, and write already
            self.action_pane("transcript")

    async def open_conversation(self, openid: CustomerId) -> None:
        """Put a conversation on screen, beside the lists or, in a narrow window, before them."""
        if self.desk.open is None or self.desk.open.openid != openid:
            await self.attempt(self.app.actions.open(openid))
        self.paint(self.desk)
        self.add_class("-talking")

    def may_turn_to(self, openid: CustomerId) -> bool:
        """Whether nobody writes to another customer just now."""
        return self.focused is not self.composer or self.composer.openid == openid

    def show_accepted(self, openid: CustomerId) -> None:
        """Select the accepted customer among the sessions."""
        self.paint(self.desk)
        self.sessions.select(openid)
        if self.focused in (self.queue, self.agents, None):
            self.sessions.focus()

    @on(Talk.Left)
    def back_to_list(self) -> None:
        """Return to the list the conversation was opened from."""
        self.remove_class("-talking")
        self.set_focus(self._last_list or self.queue)
        self._leave_if_hidden()

    @on(Talk.NewBelow)
    def tell_new_below(self, event: Talk.NewBelow) -> None:
        """Say that messages came while the view stands further up."""
        below = _("{count} new below, press G").format(count=event.count)
        self._frame.border_subtitle = Content(below if event.count else "")

    @on(Talk.TopReached)
    @work(group="older", exclusive=True)
    async def load_older(self) -> None:
        """Read older messages of the open conversation."""
        await self.attempt(self.app.actions.load_older())

    # -- filter ----------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Filter the list in focus, or the one that was last."""
        pane = self._last_list or self.queue
        line = self.query_one("#filter", Input)
        line.value = pane.filter if isinstance(pane, Pane) else ""
        self.remove_class("-talking")
        line.display = True
        line.focus()

    @on(Input.Changed, "#filter")
    def narrow(self, event: Input.Changed) -> None:
        """Narrow the list while typing."""
        pane = self._last_list or self.queue
        if isinstance(pane, Pane):
            pane.filter = event.value.strip()
            self._painted = None
            self.paint(self.desk)

    @on(Input.Submitted, "#filter")
    def end_filter(self) -> None:
        """Go back to the list; the filter stays."""
        self.query_one("#filter", Input).display = False
        (self._last_list or self.queue).focus()

    def action_clear_filter(self) -> None:
        """Leave the filter line, or take a filter away."""
        line = self.query_one("#filter", Input)
        line.value = ""
        self.narrow(Input.Changed(line, ""))
        self.end_filter()

    # -- writing ---------------------------------------------------------------------------------------------------

    def action_reply(self) -> None:
        """Write to the subject, after a question where one is due."""
        if (openid := self.need_subject()) is None:
            return
        problem = self.reply_problem(openid)
        is_free = problem is None or self.app.accepted_problems.get(openid) == problem
        if is_at_once := is_free and openid in self.desk.contacts:
            # At once: over a slow line the first words of the reply come in one piece with the r.
            self._load_composer(openid)
            self.add_class("-talking")
            self.set_focus(self.composer)
        else:
            self.is_asking = True
        self.start_reply(openid, is_at_once=is_at_once)

    @work(group="reply", exclusive=True)
    async def start_reply(self, openid: CustomerId, *, is_at_once: bool) -> None:
        """Open the conversation and put the cursor into the composer, unless that is done and the user moved on."""
        try:
            await self.open_conversation(openid)
            self._load_composer(self._shown_openid)  # another customer's, if this one could not be opened
            if self.composer.openid != openid:
                if self.focused is self.composer:
                    self.set_focus(self.talk)
            elif not is_at_once and await self.may_reply(openid) and self.composer.openid == openid:
                self.composer.focus()
        finally:
            self.is_asking = False

    @on(Composer.Submitted)
    def submit(self, event: Composer.Submitted) -> None:
        """Send what was written, or ask first with the text back in the composer."""
        problem = self.reply_problem(event.openid)
        if problem is None or self.app.accepted_problems.get(event.openid) == problem:
            self.send_reply(event.openid, event.text)
            return
        self.give_back(event.openid, event.text)
        self.ask_and_send(event.openid)

    @work(group="reply", exclusive=True)
    async def ask_and_send(self, openid: CustomerId) -> None:
        """Ask whether to send, then send what the composer holds for this customer."""
        if await self.may_reply(openid) and self.composer.openid == openid and self.composer.text.strip():
            self.send_reply(openid, self.composer.take())

    def unsent(self) -> tuple[CustomerId, str] | None:
        """What stands in the composer, and for whom."""
        composer: Composer | None = getattr(self, "composer", None)  # asked last when no widget is in the tree any more
        return (composer.openid, composer.text) if composer is not None and composer.openid is not None else None

    def give_back(self, openid: CustomerId, text: str) -> None:
        """Put an unsent text back into the composer."""
        self.composer.give_back(openid, text)

    @on(Composer.Edited)
    def note_writing(self, event: Composer.Edited) -> None:
        """Let the customer see that somebody writes, and count the bytes."""
        if event.text.strip():
            self.app.actions.writing(event.openid)
        else:
            self.app.actions.emptied(event.openid)
        self._paint_edge(self.desk)

    @on(Composer.Paused)
    def keep_draft(self, event: Composer.Paused) -> None:
        """Keep the draft on disk."""
        self.app.keep_draft(event.openid, event.text)

    @on(Composer.Left)
    def leave_composer(self) -> None:
        """Go back to the conversation."""
        if self.composer.openid is not None:
            self.app.actions.left(self.composer.openid)
        self.talk.focus()

    @on(Composer.TypingAsked)
    @work(group="typing")
    async def ask_typing(self, event: Composer.TypingAsked) -> None:
        """Show the typing state, and say why when WeChat refuses."""
        if await self.attempt(self.app.actions.set_typing(event.openid)):
            self.tell(_("{customer} sees that you are typing.").format(customer=self.customer_name(event.openid)))

    # -- messages that did not arrive ------------------------------------------------------------------------------

    def action_resend(self) -> None:
        """Send the selected message again."""
        if (message_id := self._undelivered()) is not None:
            self.resend(message_id)

    @work(group="send")
    async def resend(self, message_id: MessageId) -> None:
        """Send again."""
        try:
            message = await self.app.actions.resend(message_id)
        except KfError as error:
            self.tell_error(error)
            return
        self.report_sent(message)

    def action_dismiss_message(self) -> None:
        """Leave the selected message unsent."""
        if (message_id := self._undelivered()) is not None:
            self.dismiss_message(message_id)

    @work(group="send")
    async def dismiss_message(self, message_id: MessageId) -> None:
        """Take the mark away."""
        await self.attempt(self.app.actions.dismiss(message_id))

    def _undelivered(self) -> MessageId | None:
        if self.desk.open is not None and self.subject() != self.desk.open.openid:
            self.tell(_("Open the conversation first: S and D act on its messages."), is_bad=True)
            return None
        message = self.talk.undelivered()
        if message is None:
            self.tell(_("No message here waits for a decision."), is_bad=True)
        return message.id if message else None


def _show_text(line: Static, words_said: str) -> None:
    if str(line.content) != words_said:
        line.update(Content(words_said))
        line.display = bool(words_said)
