"""Choosing the columns of the board: which ones, and in which order."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from kfconsole.i18n import _
from kfconsole.text import fit
from kfconsole.ui.board_rows import COLUMNS, DEFAULT_COLUMNS, placed
from kfconsole.ui.early import ReadFirst
from kfconsole.ui.plain import plain
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.prose import Prose
from kfconsole.ui.widgets.strips import Part


class ColumnRow(Struct, frozen=True):
    """One column, shown or not."""

    id: str
    is_shown: bool
    has_room: bool = True
    """Whether it can be seen in a window this wide, beside those before it."""


class BoardColumns(ReadFirst, ModalScreen[tuple[str, ...] | None]):
    """Choose columns and their order. Returns their ids, or None when all stays as it is.

    Args:
        columns: What is shown now.
        width: How many cells there are for them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("space", "show_or_hide", show=False),
        Binding("J,shift+j,shift+down", "move(1)", show=False),
        Binding("K,shift+k,shift+up", "move(-1)", show=False),
        Binding("d", "default", show=False),
    ]

    def __init__(self, columns: Sequence[str], width: int) -> None:
        super().__init__()
        self._rows = _rows_of(columns)
        self._width = width
        self._list: LineList[ColumnRow] = LineList(_draw, id="columns")
        self._note = Prose(classes="consequence")

    def compose(self) -> ComposeResult:
        """Draw the columns and how to choose."""
        with Vertical(classes="dialog columns") as box:
            box.border_title = plain(_("Columns"))
            yield self._note
            yield self._list

    def on_mount(self) -> None:
        """Begin with what is shown now."""
        self._note.update(plain(_("Space shows or hides, J and K move, d takes the usual ones, Enter keeps it.")))
        self._show()
        self._list.styles.height = len(self._rows)
        self.begin_at(self._list)

    def action_show_or_hide(self) -> None:
        """Show or hide the current column."""
        self._rows = [ColumnRow(row.id, row.is_shown != (row.id == self._list.current_id)) for row in self._rows]
        self._show()

    def action_move(self, step: int) -> None:
        """Move the current column."""
        place = next((place for place, row in enumerate(self._rows) if row.id == self._list.current_id), None)
        if place is not None and 0 <= place + step < len(self._rows):
            self._rows.insert(place + step, self._rows.pop(place))
            self._show()

    def action_default(self) -> None:
        """Take the columns of everybody."""
        self._rows = _rows_of(DEFAULT_COLUMNS)
        self._show()

    def _show(self) -> None:
        seen = {name for name, _cells in placed([row.id for row in self._rows if row.is_shown], self._width)}
        self._list.show([ColumnRow(row.id, row.is_shown, not row.is_shown or row.id in seen) for row in self._rows])

    @on(LineList.Chosen)
    def keep(self) -> None:
        """Return what is shown; of nothing, one could see nothing."""
        chosen = tuple(row.id for row in self._rows if row.is_shown)
        if chosen:
            self.dismiss(chosen)
        else:
            self._note.update(plain(_("Show one column at least.")))

    def action_cancel(self) -> None:
        """Return nothing."""
        self.dismiss(None)


def _rows_of(columns: Sequence[str]) -> list[ColumnRow]:
    hidden = [name for name in COLUMNS if name not in columns]
    return [ColumnRow(name, is_shown=True) for name in columns] + [ColumnRow(name, is_shown=False) for name in hidden]


def _draw(row: ColumnRow, _width: int, is_current: bool) -> list[Part]:
    column, style = COLUMNS[row.id], Style(dim=not row.is_shown)
    return [
        (">" if is_current else " ", Style()),
        (" [x] " if row.is_shown else " [ ] ", style),
        (fit(_(column.title), 11), style),
        (_(column.description) if row.has_room else _("no room: {what}").format(what=_(column.description)), style),
    ]
