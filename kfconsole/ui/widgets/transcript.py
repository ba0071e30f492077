"""A conversation drawn by line: items of any height, laid out only when they come into view."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from kfconsole.i18n import N_
from kfconsole.ui.widgets.heights import Heights
from kfconsole.ui.widgets.line_view import LineView
from kfconsole.ui.widgets.snapshots import Change, HasId
from kfconsole.ui.widgets.strips import Part, strip_of

ItemT = TypeVar("ItemT", bound=HasId)

MAX_DRAWN = 500  # items whose strips are kept; some screenfuls


class _OfTranscript(Message):
    """Tells of a transcript."""

    def __init__(self, transcript: "Transcript[Any]") -> None:
        super().__init__()
        self.transcript = transcript

    @property
    def control(self) -> "Transcript[Any]":
        """The transcript, for `@on` selectors."""
        return self.transcript


class Transcript(LineView, Generic[ItemT]):
    """Items of one or more lines, newest at the bottom, where the view stays as long as it is there.

    Scrolled up, the view stands still whatever is added, changed or laid out above and below. Nothing is current
    until the user moves to an item, and nothing is current that is not on screen.

    Args:
        draw: Draws the lines of one item from the item, the one before it (None for the first) and the width.
        empty: What is said while there are no items.
    """

    PREFIX = "transcript"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"transcript--current", "transcript--current-focused", "transcript--empty"}
    DEFAULT_CSS = """
    Transcript > .transcript--current, Transcript > .transcript--current-focused {
        background: $block-cursor-blurred-background;
    }
    Transcript > .transcript--empty { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k,up", "step(-1)", N_("Up"), id="transcript.up", show=False),
        Binding("j,down", "step(1)", N_("Down"), id="transcript.down", show=False),
        Binding("g,home", "first", N_("First"), id="transcript.first", show=False),
        Binding("G,end", "last", N_("Last"), id="transcript.last", show=False),
        Binding("pageup", "page(-1)", N_("Page up"), id="transcript.page-up", show=False),
        Binding("pagedown", "page(1)", N_("Page down"), id="transcript.page-down", show=False),
    ]

    class Moved(_OfTranscript):
        """Another item is current; none when the current one left the screen."""

        def __init__(self, transcript: "Transcript[Any]", item_id: str | None) -> None:
            super().__init__(transcript)
            self.item_id = item_id

    class NewBelow(_OfTranscript):
        """So many items came below the view since it left the bottom; 0 when it is back."""

        def __init__(self, transcript: "Transcript[Any]", count: int) -> None:
            super().__init__(transcript)
            self.count = count

    class TopReached(_OfTranscript):
        """The user is at the first line, or wants to go beyond it."""

    def __init__(
        self,
        draw: Callable[[ItemT, ItemT | None, int], Sequence[Sequence[Part]]],
        *,
        empty: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(empty=empty, id=id, classes=classes)
        self._draw = draw
        self._items: tuple[ItemT, ...] = ()
        self._heights = Heights()
        self._drawn: dict[str, tuple[ItemT, ItemT | None, tuple[Strip, ...]]] = {}
        self._cursor: int | None = None
        self._is_at_end = True
        self._new_below = 0
        self._awaited: tuple[str, int] | None = None

    @property
    def items(self) -> tuple[ItemT, ...]:
        """What is shown."""
        return self._items

    @property
    def current(self) -> ItemT | None:
        """The current item; always on screen."""
        return None if self._cursor is None else self._items[self._cursor]

    @property
    def current_id(self) -> str | None:
        """The id of the current item."""
        return None if self.current is None else self.current.id

    @property
    def is_at_end(self) -> bool:
        """Whether the view is at the bottom and stays there."""
        return self._is_at_end

    def show(self, items: Sequence[ItemT]) -> None:
        """Show other items.

        When none of them was shown before they are another conversation, which opens at the bottom.
        """
        self.sync_view()
        change = Change.between(self._items, tuple(items))
        anchor, rest = self._anchor() if self._items else (-1, 0)
        had_current = self._cursor is not None
        self._items = change.after
        if is_replaced := change.is_replacement:
            self._heights.replace(0, len(change.before), len(items))
            self._drawn.clear()
            self._cursor, self._is_at_end = None, True
        else:
            self._follow_heights(change)
            self._cursor = None if self._cursor is None else change.place_of(self._cursor)
            anchor = change.nearest_place_of(anchor) if anchor >= 0 else anchor
        if had_current and self._cursor is None:
            self.post_message(self.Moved(self, None))
        self._settle(None if self._is_at_end else anchor, rest)
        self._count_below(0 if is_replaced else change.added_at_end)

    def go_to(self, item_id: str, *, new_items: int = 0) -> bool:
        """Make an item current, in the middle of the view; return whether it is there.

        Args:
            item_id: The item.
            new_items: How many of the items, the last ones, nobody has seen yet.
        """
        self.sync_view()
        self._awaited = None
        place = next((place for place, item in enumerate(self._items) if item.id == item_id), None)
        if place is None:
            return False
        if not self.view_size:
            self._awaited = item_id, new_items  # hidden, and never seen before: there is no middle yet
            return True
        self._measure(place)
        start, end = self._heights.end_of(place - 1), self._heights.end_of(place)
        self._cursor = place
        self._settle(place, max(end - start, (self.view_size.height + end - start) // 2))
        self._count_below(min(new_items, len(self._items) - 1 - place - self._new_below))
        self.post_message(self.Moved(self, item_id))
        return True

    def is_steady(self, _item: ItemT) -> bool:
        """Whether the view may stand still by an item: not by one that moves among the others."""
        return True

    def seen_items(self) -> tuple[ItemT, ...]:
        """Return the items of which a line is on screen."""
        return tuple(self._items[place] for place in self._visible_items()) if self._items else ()

    def scroll_to_end(self) -> None:
        """Show the newest items."""
        self._settle(None)

    def redraw(self) -> None:
        """Lay everything out anew, because what lines say depends on more than the items (a new day)."""
        self._drawn.clear()
        self._lay_out_anew()

    # Keys and mouse

    def action_step(self, steps: int) -> None:
        """Make the item above or below current; without a current one, the outermost on screen."""
        if not self._items:
            return
        if self._cursor is None:
            seen = self._visible_items()
            self._move_to(seen[-1] if steps < 0 else seen[0])
        else:
            if self._cursor + steps < 0:
                self._report_top()
            self._move_to(self._cursor + steps)

    def action_first(self) -> None:
        """Make the first item current."""
        if self._items:
            if self.top == 0:
                self._report_top()
            self._move_to(0)

    def action_last(self) -> None:
        """Make the last item current, with all its lines, at the bottom."""
        if self._items:
            self._move_to(len(self._items) - 1)
            self._settle(None)

    def action_page(self, pages: int) -> None:
        """Scroll by screenfuls; a current item goes along."""
        if not self._items:
            return
        if pages < 0 and self.top == 0:
            self._report_top()
        had_current, self._cursor = self._cursor is not None, None
        before = self.top
        self._scroll_by(pages * max(1, self.view_size.height - 1), before)
        if had_current:
            seen = self._visible_items()
            self._move_to(seen[0] if pages < 0 else seen[-1])

    def on_mouse_scroll_up(self) -> None:
        """Tell that the user wants to go beyond the first line."""
        if self.top == 0:
            self._report_top()

    def on_click(self, event: events.Click) -> None:
        """Make the clicked item current."""
        offset = event.get_content_offset(self)
        if offset is not None and 0 <= (line := self.top + offset.y) < self._heights.total:
            event.stop()
            self._move_to(self._heights.item_at(line))

    def scrolled(self, before: int, after: int) -> None:
        """Follow a scroll by the user: short ways line by line over what was seen, long ways to the place itself."""
        if abs(after - before) <= 2 * self.view_size.height:
            self._scroll_by(after - before, before)
        elif after >= self._heights.total - self.view_size.height:
            self._settle(None)
        else:
            self._settle(self._heights.item_at(after) - 1)
            if after == 0:
                self._report_top()

    def _scroll_by(self, lines: int, before: int) -> None:
        # Heights above the view are estimates: only a line that was on screen says where the view goes.
        item = self._heights.item_at(before)
        self._settle(item, self._heights.end_of(item) - before - lines)
        if self.top == 0 < before:
            self._report_top()

    def _move_to(self, place: int) -> None:
        place = max(0, min(place, len(self._items) - 1))
        before, self._cursor = self._cursor, place
        anchor, rest = self._anchor()
        self._measure(place)
        height, top = self.view_size.height, self._heights.end_of(anchor) - rest
        start, end = self._heights.end_of(place - 1), self._heights.end_of(place)
        was_top = self.top
        if start < top or end - start > height:
            self._settle(place - 1)
        elif end > top + height:
            self._settle(place, height)
        else:
            self._settle(anchor, rest)
        if self.top == 0 < was_top:
            self._report_top()
        if self._cursor != before:
            self.post_message(self.Moved(self, self.current_id))

    def _report_top(self) -> None:
        self.post_message(self.TopReached(self))

    # Where things stand

    def _anchor(self) -> tuple[int, int]:
        """Return the topmost steady item, and how many lines are on screen from the top to its end.

        Counted from the end, because what comes before an item decides on lines at its start.
        """
        seen = self._visible_items()
        item = next((place for place in seen if self.is_steady(self._items[place])), seen[0])
        return item, self._heights.end_of(item) - self.top

    def _visible_items(self) -> range:
        """Return the items of which a line is on screen."""
        last = self._heights.item_at(max(self.top, self.top + self.view_size.height - 1))
        return range(self._heights.item_at(self.top), last + 1)

    def _settle(self, end_of: int | None, rest: int = 0) -> None:
        """Put the view `rest` lines above the end of an item (None: at the bottom) and lay out what it shows.

        Laying out corrects estimates, which moves the goal: repeated until all on screen is measured.
        """
        while True:
            last_top = max(0, self._heights.total - self.view_size.height)
            top = last_top if end_of is None else max(0, min(self._heights.end_of(end_of) - rest, last_top))
            if not self._lay_out(top):
                break
        self._is_at_end = top >= last_top
        lines = self._heights.total
        if self._cursor is not None and not self._is_seen(self._cursor, top):
            self._cursor = None
            self.post_message(self.Moved(self, None))
        self.reshape(lines, top)
        self._count_below(0)

    def _is_seen(self, place: int, top: int) -> bool:
        return self._heights.end_of(place) > top and self._heights.end_of(place - 1) < top + self.view_size.height

    def _lay_out(self, top: int) -> bool:
        """Measure the items a view from `top` shows; return whether any was only estimated."""
        if not self._items or not self.view_size:
            return False
        shown = range(self._heights.item_at(top), self._heights.item_at(top + self.view_size.height - 1) + 1)
        unknown = [place for place in shown if not self._heights.is_known(place)]
        for place in unknown:
            self._measure(place)
        return bool(unknown)

    def _measure(self, place: int) -> None:
        if not self._heights.is_known(place):
            self._heights.learn(place, len(self._strips_of(place)))

    def _follow_heights(self, change: Change[ItemT]) -> None:
        """Forget the heights of what changed, and of what follows it."""
        start, stop = change.changed.start, change.changed.stop
        if len(change.before) != len(change.after):
            self._heights.replace(start, len(change.before) - change.tail, stop - start)
            self._heights.forget(stop, stop + 1)
            return
        for place in change.changed:
            if change.before[place] != change.after[place]:
                self._heights.forget(place, place + 2)

    def _lay_out_anew(self) -> None:
        if not self._items:
            self.reshape(0, 0)
            return
        anchor, rest = self._anchor()
        self._heights.forget(0, len(self._items))
        self._settle(None if self._is_at_end else anchor, rest)

    def _count_below(self, added: int) -> None:
        before = self._new_below
        self._new_below = 0 if self._is_at_end else before + added
        if self._new_below != before:
            self.post_message(self.NewBelow(self, self._new_below))

    # Drawing

    def draw_line(self, line: int, width: int) -> Strip:
        """Draw one line of the item that stands there."""
        place = self._heights.item_at(line)
        strips = self._strips_of(place)
        offset = line - self._heights.end_of(place - 1)
        strip = strips[offset] if offset < len(strips) else Strip.blank(width, self.base_style)
        return self.with_highlight(strip) if place == self._cursor else strip

    def forget_drawn(self) -> None:
        """Drop the strips; heights do not depend on styles."""
        self._drawn.clear()

    def view_resized(self) -> None:
        """Wrap what is on screen anew."""
        self._drawn.clear()
        self._lay_out_anew()
        if self._awaited is not None:
            item_id, new_items = self._awaited
            self.go_to(item_id, new_items=new_items)

    def _strips_of(self, place: int) -> tuple[Strip, ...]:
        item, previous = self._items[place], self._items[place - 1] if place else None
        drawn = self._drawn.get(item.id)
        if drawn is not None and drawn[0] == item and drawn[1] == previous:
            return drawn[2]
        width = self.view_size.width
        strips = tuple(strip_of(parts, width, self.base_style) for parts in self._draw(item, previous, width))
        if len(self._drawn) >= MAX_DRAWN:
            self._drawn.clear()
        self._drawn[item.id] = (item, previous, strips)
        return strips
