"""Who was handed back and is owed an answer, until somebody accepts them."""

from collections.abc import Sequence

from msgspec import Struct
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical

from kfconsole import text
from kfconsole.desk import rules
from kfconsole.desk.owing import unanswered
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Desk, Feed, Owed
from kfconsole.ui.above import AboveScreen
from kfconsole.ui.commands import Place
from kfconsole.ui.plain import plain
from kfconsole.ui.tones import Tones, tones_of
from kfconsole.ui.widgets.bar import Hints
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.strips import Part

AGE_CELLS = 8
NAME_CELLS = 18
AGENT_CELLS = 9
STATE_CELLS = 12
ROOMY_CELLS = 90  # from here on there is room for who handed them back


class OwedRow(Struct, frozen=True):
    """One customer who is owed an answer."""

    owed: Owed
    customer: str
    agent: str
    state: str
    """Whether they wait, or are still with somebody."""

    @property
    def id(self) -> str:
        """The customer."""
        return self.owed.openid


class OwedScreen(AboveScreen):
    """The list, the longest owed first; it leads to the conversation, and to whoever accepts."""

    CHOOSE = "owed_open"

    def __init__(self) -> None:
        super().__init__()
        self.bind_commands(self.app.keymap, Place.OWED)
        self.list = LineList[OwedRow](self._draw, empty=_("Nobody is owed an answer."), id="owed-rows")
        self._frame, self._hints = Vertical(id="owed"), Hints(id="hints")

    def compose(self) -> ComposeResult:
        """Lay out the bars, the list and the keys."""
        yield self.top
        with self._frame:
            yield self.list
        yield self._hints

    def on_mount(self) -> None:
        """Show who is owed an answer now, and follow it."""
        self.list.focus()
        names = ("owed_open", "owed_accept", "owed_remove", "owed_back", "help", "undo")
        self._hints.show_keys(self.app.keymap.hints(names))
        self._show(self.desk)
        self.follow_desk(self._show)

    def subject(self) -> CustomerId | None:
        """The customer of the selected row."""
        return CustomerId(self.list.current_id) if self.list.current_id is not None else None

    def tick(self) -> None:
        """Let the clocks go on."""
        super().tick()
        self.list.refresh_visible()

    def paint_frame(self) -> None:
        """Say how many there are, and where the list is stale."""
        is_stale = self.is_stale(Feed.QUEUE, Feed.SESSIONS)
        said = [_("Owed an answer {count}").format(count=len(self.list.rows)), *([_("stale")] if is_stale else [])]
        self._frame.border_title = plain("   ".join(said))
        self.list.set_class(is_stale, "-stale")

    def _show(self, desk: Desk) -> None:
        rows = [self._row(desk, owed) for owed in unanswered(desk)]
        self.list.show(rows)
        self.paint_bars()

    def _row(self, desk: Desk, owed: Owed) -> OwedRow:
        holder = rules.who_serves(desk, owed.openid)
        if holder is not None:
            state = _("with {agent}").format(agent=self.agent_name(holder))
        else:
            state = _("waiting") if rules.is_waiting(desk, owed.openid) else ""
        return OwedRow(owed, self.customer_name(owed.openid), self.agent_name(owed.agent), state)

    def _draw(self, row: OwedRow, width: int, is_current: bool) -> Sequence[Part]:
        tones: Tones = tones_of(self.list)
        age = text.clock_span(self.app.clock.now() - row.owed.at)
        parts: list[Part] = [
            (">" if is_current else " ", tones.accent),
            (text.fit(age, AGE_CELLS, align_right=True), tones.text),
            ("  " + text.fit(row.customer, NAME_CELLS), tones.strong),
            (" " + text.fit(row.agent, AGENT_CELLS), tones.muted),
            (" " + text.fit(row.state, STATE_CELLS), tones.accent),
        ]
        if width >= ROOMY_CELLS:
            parts.append((" " + text.fit(row.owed.user, AGENT_CELLS), tones.muted))
        parts.append((" " + text.one_line(row.owed.note), tones.text))
        return parts

    # -- acts ------------------------------------------------------------------------------------------------------

    @on(LineList.Chosen)
    def open_chosen(self, event: LineList.Chosen) -> None:
        """Open the conversation of the chosen customer."""
        if event.row_id is None:
            self.tell(_("This customer has just left the list."), is_bad=True)
        else:
            self._go_to(CustomerId(event.row_id))

    def action_owed_open(self) -> None:
        """Open the conversation of the subject."""
        if (openid := self.need_subject()) is not None:
            self._go_to(openid)

    def _go_to(self, openid: CustomerId) -> None:
        self.app.return_to_desk()
        desk = self.app.get_default_screen()
        desk.asks(desk.open_and_read(openid))  # keys behind this one are about whom it opens, not about a row there

    def action_owed_accept(self) -> None:
        """Accept the subject, on the desk."""
        if (openid := self.need_subject()) is not None:
            self.app.return_to_desk()
            desk = self.app.get_default_screen()
            desk.accept_customer(openid, is_alone=True)

    def action_undo(self) -> None:
        """Take back the last close or hand back, on the desk."""
        self.app.return_to_desk()
        self.app.get_default_screen().action_undo()

    def action_owed_remove(self) -> None:
        """Take the subject off the list, after asking."""
        if (openid := self.need_subject()) is not None:
            self.asks(self.remove_subject(openid))

    @work(group="owed")
    async def remove_subject(self, openid: CustomerId) -> None:
        """Ask, and take off the list."""
        question = _("Take {customer} off the list of those owed an answer?").format(
            customer=self.customer_apart(openid)
        )
        consequence = _("Nobody is reminded of them any more.")
        if not await self.sure(_("Owed an answer"), question, consequence, _("Take off")):
            return
        if await self.attempt(self.app.actions.forget_owed(openid)):
            self.tell(_("{customer} is off the list.").format(customer=self.customer_name(openid)))

    def action_owed_back(self) -> None:
        """Return to where the list was opened."""
        self.leave()
