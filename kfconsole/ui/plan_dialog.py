"""A plan of several acts: shown first, then carried out one after the other, with what came of each beside it."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button

from kfconsole import text
from kfconsole.desk.supervising import Ending, Planned, Result
from kfconsole.errors import KfError
from kfconsole.i18n import N_, _, ngettext
from kfconsole.ui import words
from kfconsole.ui.early import ReadFirst
from kfconsole.ui.plain import plain
from kfconsole.ui.widgets.prose import Prose

if TYPE_CHECKING:
    from kfconsole.desk.actions import Actions

RESULT_WORDS = {
    Result.DONE: N_("done"),
    Result.OVER: N_("over already, nothing was done"),
    Result.REFUSED: N_("not done: {reason}"),
    Result.UNKNOWN: N_("not known: {reason}"),
}
MARKS = {Result.DONE: "+", Result.OVER: "-", Result.REFUSED: "!", Result.UNKNOWN: "?"}
NAME_CELLS = 20
AGENT_CELLS = 10


class PlanRow(Struct, frozen=True):
    """A session of the plan, and how both are called."""

    planned: Planned
    customer: str
    agent: str


class _Stage(Enum):
    ASKING = auto()
    RUNNING = auto()
    STOPPING = auto()
    OVER = auto()


class PlanDialog(ReadFirst, ModalScreen[None]):
    """Ask once for all rows, Cancel first and focused; then end one session after the other until all are, or Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("y", "begin", show=False),
        Binding("left,h", "app.focus_previous", show=False),
        Binding("right,l", "app.focus_next", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
    ]

    def __init__(self, rows: Sequence[PlanRow], actions: "Actions", *, hands_back: bool) -> None:
        super().__init__()
        self._rows = tuple(rows)
        self._actions = actions
        self._hands_back = hands_back
        self._endings: dict[int, Ending] = {}
        self._stage = _Stage.ASKING
        # Kept rather than looked up: what comes of a row may come when the dialog is being taken away.
        self._list, self._said = Prose(id="plan-rows"), Prose(classes="consequence")
        self._cancel = Button(plain(_("Cancel")), id="cancel", compact=True)
        self._begin = Button(plain(self._begin_label()), id="begin", compact=True)

    def compose(self) -> ComposeResult:
        """Draw the rows, what follows, and the answers."""
        with Vertical(classes="dialog plan") as box:
            count = len(self._rows)
            if self._hands_back:
                title = ngettext("Hand back {count} customer", "Hand back {count} customers", count)
            else:
                title = ngettext("Close {count} session", "Close {count} sessions", count)
            box.border_title = plain(title.format(count=count))
            with VerticalScroll(can_focus=False):
                yield self._list
            yield self._said
            with Horizontal(classes="answers"):
                yield self._cancel
                yield self._begin

    def on_mount(self) -> None:
        """Put the focus on the harmless answer."""
        self.begin_at(self._cancel)
        self._paint()

    def _begin_label(self) -> str:
        return (_("Hand back") if self._hands_back else _("Close")) + " (y)"

    @on(Button.Pressed, "#cancel")
    def action_back(self) -> None:
        """Leave; while rows are being done, stop behind the one under way."""
        if self._stage is _Stage.RUNNING:
            self._stage = _Stage.STOPPING
            self._paint()
        elif self._stage is not _Stage.STOPPING:
            self.dismiss(None)

    @on(Button.Pressed, "#begin")
    def action_begin(self) -> None:
        """Do what was planned, once."""
        if self._stage is _Stage.ASKING and self._rows:
            self._stage = _Stage.RUNNING
            self._begin.display = False
            self._cancel.focus()
            self._paint()
            self.carry_out()

    def action_scroll(self, lines: int) -> None:
        """Look at other rows."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    @work(group="plan")
    async def carry_out(self) -> None:
        """End one session after the other."""
        for number, row in enumerate(self._rows):
            if self._stage is _Stage.STOPPING:
                break
            try:
                ending = await self._actions.end_planned(row.planned, hands_back=self._hands_back)
            except KfError as error:
                ending = Ending(Result.REFUSED, error.message)
            self._endings[number] = ending
            self._paint()
        self._stage = _Stage.OVER
        self._paint()

    def _paint(self) -> None:
        self._list.update(plain("\n".join(map(self._line, range(len(self._rows))))))
        self._said.update(plain(self._sentence()))
        is_over = self._stage is _Stage.OVER
        label = plain(_("Cancel") if self._stage is _Stage.ASKING else _("OK") if is_over else _("Stop (Esc)"))
        if self._cancel.label != label:
            self._cancel.label = label
            self._cancel.refresh(layout=True)  # a label alone keeps the width of the one before

    def _line(self, number: int) -> str:
        row, ending = self._rows[number], self._endings.get(number)
        is_next = number == len(self._endings) and self._stage in (_Stage.RUNNING, _Stage.STOPPING)
        if ending is not None:
            mark, said = MARKS[ending.result], _(RESULT_WORDS[ending.result]).format(reason=ending.said)
        elif is_next:
            mark, said = ">", _("under way…")
        elif self._stage is _Stage.OVER:
            mark, said = " ", _("not begun")
        else:
            mark, said = " ", _("{minutes} min").format(minutes=int(row.planned.age_seconds // 60))
        customer, agent = text.fit(row.customer, NAME_CELLS), text.fit(row.agent, AGENT_CELLS)
        return f"{mark} {customer} {agent} {said}"

    def _sentence(self) -> str:
        match self._stage:
            case _Stage.ASKING if self._hands_back:
                return _(words.HANDED_BACK)
            case _Stage.ASKING:
                return _(words.CLOSED)
            case _Stage.RUNNING:
                return _("One after the other; Esc stops behind the one under way.")
            case _Stage.STOPPING:
                return _("Stopping behind the one under way…")
            case _Stage.OVER:
                done = sum(ending.result is Result.DONE for ending in self._endings.values())
                return _("{done} of {count} done.").format(done=done, count=len(self._rows))


class Page(ReadFirst, ModalScreen[None]):
    """Some lines to be read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "back", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._title, self._lines = title, tuple(lines)

    def compose(self) -> ComposeResult:
        """Draw the lines."""
        with Vertical(classes="dialog plan") as box:
            box.border_title = plain(self._title)
            with VerticalScroll(can_focus=False):
                yield Prose(plain("\n".join(self._lines)), id="plan-rows")
            with Horizontal(classes="answers"):
                yield Button(plain(_("OK")), compact=True)

    def on_mount(self) -> None:
        """Put the focus on the one answer."""
        self.begin_at(self.query_one(Button))

    @on(Button.Pressed)
    def action_back(self) -> None:
        """Leave."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Read on."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
