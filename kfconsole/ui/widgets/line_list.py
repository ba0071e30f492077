"""A list of rows drawn by line, whose cursor stands on an id and never on a position."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from kfconsole.i18n import N_
from kfconsole.ui.widgets.line_view import LineView
from kfconsole.ui.widgets.snapshots import HasId, gap_after
from kfconsole.ui.widgets.strips import Part, strip_of

RowT = TypeVar("RowT", bound=HasId)

MAX_DRAWN = 1_000  # rows whose strip is kept; some screenfuls, at about 2 kB each


class _OfRow(Message):
    """Tells of a row of a list."""

    def __init__(self, line_list: "LineList[Any]", row_id: str | None) -> None:
        super().__init__()
        self.line_list = line_list
        self.row_id = row_id

    @property
    def control(self) -> "LineList[Any]":
        """The list, for `@on` selectors."""
        return self.line_list


class LineList(LineView, Generic[RowT]):
    """Rows of one line each.

    The cursor stays on its row wherever that row moves. When the row disappears nothing is current until the
    user moves: a key pressed in that moment must not act on the neighbour.

    Args:
        draw: Draws one row from row, width in cells and whether it is current.
        empty: What is said while there are no rows.
    """

    PREFIX = "line-list"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-list--current", "line-list--current-focused", "line-list--empty"}
    DEFAULT_CSS = """
    LineList { scrollbar-gutter: auto; }
    LineList > .line-list--current { background: $block-cursor-blurred-background; }
    LineList > .line-list--current-focused {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
        text-style: $block-cursor-text-style;
    }
    LineList > .line-list--empty { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k,up", "step(-1)", N_("Up"), id="list.up", show=False),
        Binding("j,down", "step(1)", N_("Down"), id="list.down", show=False),
        Binding("g,home", "first", N_("First"), id="list.first", show=False),
        Binding("G,end", "last", N_("Last"), id="list.last", show=False),
        Binding("pageup", "page(-1)", N_("Page up"), id="list.page-up", show=False),
        Binding("pagedown", "page(1)", N_("Page down"), id="list.page-down", show=False),
        Binding("enter", "choose", N_("Open"), id="list.choose", show=False),
    ]

    STAYS_AT_TOP: ClassVar[bool] = False
    """The view does not follow a first row nobody chose when it moves down: that is current no more, instead."""

    class Moved(_OfRow):
        """The user made another row current."""

    class Chosen(_OfRow):
        """The user chose the current row by Enter or a click on it; without an id when it has left the list."""

    class CurrentGone(_OfRow):
        """The current row left the list; nothing is current now."""

    def __init__(
        self,
        draw: Callable[[RowT, int, bool], Sequence[Part]],
        *,
        empty: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(empty=empty, id=id, classes=classes)
        self._draw = draw
        self._rows: tuple[RowT, ...] = ()
        self._current_id: str | None = None
        self._cursor = 0  # where the current row stands; with none current, the gap between rows it left
        self._had_current = False
        self._is_untouched = True
        self._drawn: dict[str, tuple[RowT, int, bool, Strip]] = {}

    @property
    def rows(self) -> tuple[RowT, ...]:
        """What is shown."""
        return self._rows

    @property
    def current_id(self) -> str | None:
        """The id of the current row; None before the first row and after the current row left."""
        return self._current_id

    @property
    def current(self) -> RowT | None:
        """The current row."""
        return self._rows[self._cursor] if self._current_id is not None else None

    def show(self, rows: Sequence[RowT]) -> None:
        """Show other rows. The first row ever shown becomes current."""
        self.sync_view()
        before, places = self._rows, {row.id: place for place, row in enumerate(rows)}
        top = self._top_among(places)
        self._rows = tuple(rows)
        gone_id = None
        if self.STAYS_AT_TOP and self._is_untouched and self.top == 0 < top:
            gone_id, self._current_id, self._cursor, top = self._current_id, None, 0, 0
        elif self._current_id in places:
            self._cursor = places[self._current_id]
        elif rows and not self._had_current:
            self._set_current(0)
        else:
            gone_id, self._current_id = self._current_id, None
            self._cursor = gap_after(places, before, self._cursor)
        self.reshape(len(rows), top)
        if gone_id is not None:
            self.post_message(self.CurrentGone(self, gone_id))

    @property
    def has_lost_first(self) -> bool:
        """Whether the row this list began with has left, and nobody ever chose another."""
        return self._is_untouched and self._had_current and self._current_id is None

    def begin_anew(self) -> None:
        """Stand on the first row, when the one this list began with has left and nobody ever chose another."""
        if self.has_lost_first:
            self._had_current = False
            self.show(self._rows)

    def select(self, row_id: str) -> bool:
        """Make a row current and visible, without a message; return whether it is in the list."""
        for place, row in enumerate(self._rows):
            if row.id == row_id:
                self._is_untouched = False
                self._set_current(place)
                self._bring_into_view()
                return True
        return False

    def refresh_visible(self) -> None:
        """Redraw the visible rows because time passed; send only what looks different."""
        self._drawn.clear()
        self.repaint()

    # Keys and mouse

    def action_step(self, steps: int) -> None:
        """Move up or down; from the gap a row left, to the rows beside it."""
        is_in_gap = self._current_id is None and steps > 0
        self._move_to(self._cursor + steps - is_in_gap)

    def action_page(self, pages: int) -> None:
        """Move by screenfuls."""
        self.action_step(pages * max(1, self.view_size.height - 1))

    def action_first(self) -> None:
        """Move to the first row."""
        self._move_to(0)

    def action_last(self) -> None:
        """Move to the last row."""
        self._move_to(len(self._rows) - 1)

    def action_choose(self) -> None:
        """Choose the current row."""
        if self._rows:
            self.post_message(self.Chosen(self, self._current_id))

    def on_click(self, event: events.Click) -> None:
        """Make the clicked row current, or choose it when it is."""
        offset = event.get_content_offset(self)
        if offset is None or not 0 <= (place := self.top + offset.y) < len(self._rows):
            return
        event.stop()
        if self._rows[place].id == self._current_id:
            self.action_choose()
        else:
            self._move_to(place)

    def _move_to(self, place: int) -> None:
        if not self._rows:
            return
        before = self._current_id
        self._is_untouched = False
        self._set_current(max(0, min(place, len(self._rows) - 1)))
        self._bring_into_view()
        if self._current_id is not None and self._current_id != before:
            self.post_message(self.Moved(self, self._current_id))

    def _set_current(self, place: int) -> None:
        self._had_current = True
        self._cursor = place
        self._current_id = self._rows[place].id

    def _bring_into_view(self) -> None:
        height = self.view_size.height
        top = max(min(self.top, self._cursor), self._cursor - height + 1)
        self.reshape(len(self._rows), min(top, max(0, len(self._rows) - height)))

    # Drawing

    def draw_line(self, line: int, width: int) -> Strip:
        """Draw the row at a line, or take its strip when an equal row was drawn before."""
        row = self._rows[line]
        is_current = line == self._cursor and self._current_id is not None
        drawn = self._drawn.get(row.id)
        if drawn is not None and drawn[1:3] == (width, is_current) and (drawn[0] is row or drawn[0] == row):
            strip = drawn[3]
        else:
            strip = strip_of(self._draw(row, width, is_current), width, self.base_style)
            if len(self._drawn) >= MAX_DRAWN:
                self._drawn.clear()
            self._drawn[row.id] = (row, width, is_current, strip)
        return self.with_highlight(strip) if is_current else strip

    def forget_drawn(self) -> None:
        """Drop the strips."""
        self._drawn.clear()

    def view_resized(self) -> None:
        """Keep the current row in view."""
        if self._current_id is not None:
            self._bring_into_view()
        else:
            self.reshape(len(self._rows), min(self.top, max(0, len(self._rows) - self.view_size.height)))

    def _top_among(self, places: Mapping[str, int]) -> int:
        """Return the top line at which what the user looks at stands still among the new places."""
        top, height = self.top, self.view_size.height
        last_top = max(0, len(places) - height)
        visible = range(top, min(top + height, len(self._rows)))
        has_visible_current = self._current_id is not None and self._cursor in visible
        if top == 0:
            place = places.get(self._current_id or "", 0) if has_visible_current else 0
            if place < height:
                return 0
        for old in chain([self._cursor] if has_visible_current else [], visible):
            if (place_now := places.get(self._rows[old].id)) is not None:
                return max(0, min(place_now - (old - top), last_top))
        return min(top, last_top)
