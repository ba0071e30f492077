"""What the list and the transcript share: drawing by line, and repainting only what looks different.

Textual repaints a scrolled or resized `ScrollView` as a whole. Here every visible line is drawn, compared with
what is on screen, and only lines that differ are sent, up to their last changed cell.
"""

from typing import Any, ClassVar

from msgspec import Struct
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from kfconsole.ui.widgets.strips import changed_cells, highlighted, notice_strips


class _Look(Struct, frozen=True):
    """The styles of one widget, resolved from the stylesheet."""

    base: Style
    current: Style
    current_focused: Style
    empty: Style


class LineView(ScrollView, can_focus=True, inherit_bindings=False):
    """A scrolled column of strips; subclasses say what stands at each line.

    The styles are component classes named after `PREFIX`: `--current`, `--current-focused` and `--empty`.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    """
    PREFIX: ClassVar[str]

    def __init__(self, *, empty: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._empty = empty
        self._view = Size(0, 0)
        self._painted: dict[int, Strip] = {}
        self._look_cache: _Look | None = None

    @property
    def empty(self) -> str:
        """What is said, as plain text, while there is nothing to show."""
        return self._empty

    @empty.setter
    def empty(self, text: str) -> None:
        self._empty = text
        self.repaint()

    # What subclasses provide

    def draw_line(self, line: int, width: int) -> Strip:
        """Return what stands at a line of the content."""
        raise NotImplementedError

    def forget_drawn(self) -> None:
        """Drop what was drawn: styles, width or time changed."""
        raise NotImplementedError

    def view_resized(self) -> None:
        """Adapt to the new `view_size`."""
        raise NotImplementedError

    def scrolled(self, _before: int, _after: int) -> None:
        """Follow a scroll by the user, from one top line to another."""
        self.repaint()

    # What subclasses use

    @property
    def view_size(self) -> Size:
        """The cells for content; what they last were while the widget is hidden."""
        return self._view

    @property
    def top(self) -> int:
        """The content line at the top of the view."""
        return self.scroll_offset.y

    def sync_view(self) -> bool:
        """Notice a changed size before anything is measured by it; return whether it changed."""
        view = self.scrollable_size
        if not view or view == self._view:
            return False
        self._view = view
        self._painted.clear()
        self.view_resized()
        return True

    def reshape(self, lines: int, top: int) -> None:
        """Set the height of the content and the line at the top of the view, and repaint what that changes."""
        self.set_scroll(None, top)
        self.set_reactive(Widget.scroll_target_y, top)
        size = Size(self._view.width, lines)
        if size != self.virtual_size:
            if self.styles.auto_dimensions:
                self.virtual_size = size
            else:
                # Assigning it would lay out the whole screen, for a size that nobody else depends on. The private
                # call is what that layout would do to the scrollbar; recheck past textual 8.2.8.
                self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = top
        self.repaint()

    def repaint(self) -> None:
        """Send the visible lines that look different from what is on screen."""
        self.sync_view()
        if not self.scrollable_size:
            self.refresh()  # hidden: what Textual keeps of the lines must not come back later
            return
        regions = []
        for y, before in self._painted.items():
            after = self._draw_visible(y)
            if after is not before and (cells := changed_cells(before, after)):
                regions.append(Region(0, y, cells, 1))
        if regions:
            self.refresh(*regions)

    def with_highlight(self, strip: Strip) -> Strip:
        """Return the strip as part of the current item."""
        look = self._look()
        return highlighted(strip, look.current_focused if self.has_focus else look.current)

    @property
    def base_style(self) -> Style:
        """The style beneath everything: text and background of the widget."""
        return self._look().base

    # Textual's hooks

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the visible lines, after adapting to a new size: no frame shows the content of another width."""
        self.sync_view()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one visible line and remember it as what is on screen."""
        strip = self._draw_visible(y)
        self._painted[y] = strip
        return strip

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """Scroll at once: an animation repaints the view many times, and would work against corrected heights."""
        super().scroll_to(x, y, **{**options, "animate": False})

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Repaint by comparison instead of, as the base class does, everything."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        before, after = round(old_value), round(new_value)
        # Textual also clamps the scroll to a new size; then the view has just been put where it belongs.
        if not self.sync_view() and before != after:
            self.scrolled(before, after)

    def notify_style_update(self) -> None:
        """Drop everything that was drawn in other styles."""
        super().notify_style_update()
        self._look_cache = None
        self.forget_drawn()

    def _draw_visible(self, y: int) -> Strip:
        line, width = self.top + y, self._view.width
        if line < self.virtual_size.height:
            return self.draw_line(line, width)
        if self._empty and not self.virtual_size.height:
            notice = notice_strips(self._empty, width, self._look().empty)
            if y < len(notice):
                return notice[y]
        return Strip.blank(width, self._look().base)

    def _look(self) -> _Look:
        if self._look_cache is None:
            if not self.is_attached:
                return _Look(*[Style()] * 4)  # it has left its screen, and its styles with it: nobody sees it
            self._look_cache = _Look(
                base=self.rich_style,
                current=self._over("current"),
                current_focused=self._over("current-focused"),
                empty=self.get_component_rich_style(f"{self.PREFIX}--empty"),
            )
        return self._look_cache

    def _over(self, name: str) -> Style:
        """Return what a component class lays over a line: its background, and its colour only if it sets one."""
        styles = self.get_component_styles(f"{self.PREFIX}--{name}")
        resolved = self.get_component_rich_style(f"{self.PREFIX}--{name}")
        color = resolved.color if styles.has_rule("color") else None
        return Style(color=color, bgcolor=resolved.bgcolor) + styles.text_style
