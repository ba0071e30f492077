"""The left side of the desk: who waits, who is served, who answers; and the line that filters them."""

import asyncio
from collections.abc import Collection
from itertools import chain
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input

from kfconsole.desk.parts import MANY, let_keys_pass
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Desk, Feed
from kfconsole.ui import rows, status
from kfconsole.ui.panes import Pane
from kfconsole.ui.rows import AgentRow, Look, QueueRow, SessionRow
from kfconsole.ui.tones import Tones
from kfconsole.ui.widgets.entry import Entry

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp

PART_ROWS = 2_000
REST_SECONDS = 0.25  # while answers come in by the dozen, the screen need not follow each
BEGIN_TICKS = 2  # a key on its way when a row of the last run left was meant for nobody else


class Lists(Vertical):
    """Three panes over each other; remembers which of them had the focus last."""

    app: "KfApp"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.queue = Pane[QueueRow](rows.draw_queue, self._look, empty=_("Nobody is waiting."), id="queue")
        self.sessions = Pane[SessionRow](rows.draw_session, self._look, empty=_("No sessions."), id="sessions")
        self.agents = Pane[AgentRow](rows.draw_agent, self._look, empty=_("No agents."), id="agents")
        self.last: Pane[QueueRow] | Pane[SessionRow] | Pane[AgentRow] = self.queue
        self._filter = Entry(placeholder=_("Filter: name, pinyin, tag, agent or text"), id="filter", compact=True)
        self._before_filter: str | None = None
        """Which row was current before it may have been hidden."""
        self._shown: Desk | None = None
        self._are_read: dict[Feed, bool] = {}
        self.marked: Collection[str] = ()
        """The customers whose sessions are marked."""
        self._session_rows = rows.NO_ROWS
        self._is_behind = False
        """The sessions shown are not those of the desk yet."""
        self._is_catching_up = False
        self._ticks_until_begun: dict[Feed, int] = {}
        """Since WeChat told who is there: the row of the last run that a list began with may have left then."""

    def compose(self) -> ComposeResult:
        """Lay out the panes, and the filter line below them."""
        yield self.queue
        yield self.sessions
        yield self.agents
        yield self._filter

    def _look(self, tones: Tones) -> Look:
        now = self.app.clock.now()
        limits = self.app.settings.limits_at(now)
        return Look(now, limits.warn_after, limits.late_after, tones, self.app.glyphs, self.marked)

    def show(self, desk: Desk, *, anew: bool = False) -> None:
        """Show the lists of a desk; only what differs from those shown is touched, or all when `anew`."""
        before, self._shown = None if anew else self._shown, desk
        names_changed = before is None or desk.agents is not before.agents
        people_changed = before is None or desk.contacts is not before.contacts
        are_read = {feed: desk.is_known(feed) for feed in (Feed.QUEUE, Feed.SESSIONS, Feed.AGENTS)}
        answered, self._are_read = [feed for feed in are_read if are_read[feed] != self._are_read.get(feed)], are_read
        queue_changed = before is None or desk.queue is not before.queue or desk.queue_total != before.queue_total
        if people_changed or queue_changed or Feed.QUEUE in answered:
            waiting = len(desk.queue)
            cut = _("{shown} of {total}").format(shown=waiting, total=desk.queue_total)
            count = str(waiting) if waiting >= desk.queue_total else cut
            title = self.app.keymap.prefix("pane_queue") + _("Queue")
            self.queue.show_rows(rows.queue_rows(desk), title, count, is_read=are_read[Feed.QUEUE])
        sessions_changed = before is None or desk.sessions is not before.sessions
        if names_changed or people_changed or sessions_changed or Feed.SESSIONS in answered:
            if before is None or len(desk.sessions) < MANY:
                self.catch_up()
            else:
                self._catch_up_soon()
        if names_changed or Feed.AGENTS in answered:
            online = sum(agent.is_online for agent in desk.agents)
            self.agents.show_rows(
                rows.agent_rows(desk),
                self.app.keymap.prefix("pane_agents") + _("Agents"),
                f"{online}/{len(desk.agents)}",
                is_read=are_read[Feed.AGENTS],
            )
        for feed, pane in ((Feed.QUEUE, self.queue), (Feed.SESSIONS, self.sessions)):
            if feed not in self._ticks_until_begun and desk.is_known(feed):
                self._ticks_until_begun[feed] = BEGIN_TICKS if pane.has_lost_first else 0

    # Sessions: of very many, the rows are made a part at a time, so that keys may come in between.

    def catch_up(self) -> None:
        """Show the sessions of the desk at once."""
        self._is_behind = False
        desk = self._shown
        if desk is not None:
            session_rows = rows.session_rows(desk, self._session_rows)
            self._session_rows = {row.id: row for row in session_rows}
            self._show_sessions(desk, session_rows, rows.unread_count(session_rows, is_anybody=desk.me is None))

    def _catch_up_soon(self) -> None:
        self._is_behind = True
        if not self._is_catching_up:
            self._is_catching_up = True
            # Never `exclusive`: what is cancelled keeps its rows, and the desk, until garbage is collected.
            self.run_worker(self._catch_up_in_parts(), group="rows")

    async def _catch_up_in_parts(self) -> None:
        try:
            await self._follow_in_parts()
        finally:
            self._is_catching_up = False

    async def _follow_in_parts(self) -> None:
        while self._is_behind and (desk := self._shown) is not None:
            parts = []
            by_id: dict[str, SessionRow] = {}
            for mine, others in rows.session_rows_in_parts(desk, self._session_rows, PART_ROWS):
                parts.append((mine, others))
                by_id.update((row.id, row) for row in chain(mine, others))
                await let_keys_pass()
            session_rows = rows.mine_first(parts)
            unread = rows.unread_count(session_rows, is_anybody=desk.me is None)
            await let_keys_pass()
            if not self._is_behind or not self.is_attached:
                return  # somebody could not wait
            self._is_behind = self._shown is not desk
            self._session_rows = by_id
            self._show_sessions(desk, session_rows, unread)
            await asyncio.sleep(REST_SECONDS)

    def _show_sessions(self, desk: Desk, session_rows: list[SessionRow], unread: int) -> None:
        count = str(len(desk.sessions))
        if unread:
            count = _("{count}, {unread} unread").format(count=count, unread=unread)
        title = self.app.keymap.prefix("pane_sessions") + _("Sessions")
        self.sessions.show_rows(session_rows, title, count, is_read=desk.is_known(Feed.SESSIONS))

    def mark_stale(self, desk: Desk) -> None:
        """Dim what WeChat has not confirmed for a while."""
        mono = self.app.clock.monotonic()
        for feed, pane in ((Feed.QUEUE, self.queue), (Feed.SESSIONS, self.sessions), (Feed.AGENTS, self.agents)):
            pane.set_class(status.is_stale(feed, desk, mono, self.app.station), "-stale")

    def tick(self) -> None:
        """Let the clocks of the visible rows go on."""
        for feed, pane in ((Feed.QUEUE, self.queue), (Feed.SESSIONS, self.sessions)):
            if (ticks := self._ticks_until_begun.get(feed, 0)) > 0:
                self._ticks_until_begun[feed] = ticks - 1
                if ticks == 1:
                    pane.begin_anew()
            pane.refresh_visible()

    def note_focus(self, focused: Widget | None) -> None:
        """Remember the pane to come back to."""
        if focused is self.queue:
            self.last = self.queue
        elif focused is self.sessions:
            self.last = self.sessions
        elif focused is self.agents:
            self.last = self.agents

    def selected_customer(self, focused: Widget | None) -> CustomerId | None:
        """The customer of the selected row in the pane in focus."""
        # Not `last`: that follows the focus a message later, and a key may be here already.
        for pane in (self.queue, self.sessions):
            if focused is pane and pane.current_id is not None:
                return CustomerId(pane.current_id)
        return None

    def has(self, focused: Widget | None) -> bool:
        """Whether one of the panes is in focus."""
        return focused in (self.queue, self.sessions, self.agents)

    # Filter

    def start_filter(self) -> None:
        """Ask for words to filter the last pane by."""
        self.note_focus(self.screen.focused)  # what tells of it may still be on its way, behind the key
        self._before_filter = self.last.current_id or self._before_filter
        self._filter.value = self.last.filter
        self._filter.display = True
        self.screen.set_focus(self._filter)  # at once: what is typed behind the key is no command
        self.last.prepare()

    @on(Input.Changed, "#filter")
    def narrow(self, event: Input.Changed) -> None:
        """Narrow the pane while typing."""
        event.stop()
        self.last.narrow(event.value)

    @on(Input.Submitted, "#filter")
    def end_filter(self) -> None:
        """Go back to the pane, to the first row found; the filter stays."""
        self.last.take_first()
        self._leave_line()

    def clear_filter(self) -> None:
        """Leave the filter line and take the filter away."""
        self._filter.value = ""
        self.last.forget_filter()
        if self.last.current_id is None and self._before_filter is not None:
            self.last.select(self._before_filter)
        self._before_filter = None
        self._leave_line()

    def _leave_line(self) -> None:
        self._filter.display = False
        self.last.focus()
