"""One-line bars: the status at the top, the composer's edge, the hints at the bottom."""

from collections.abc import Sequence

from textual.strip import Strip
from textual.widget import Widget

from kfconsole import text
from kfconsole.ui.tones import tones_of
from kfconsole.ui.widgets.strips import strip_of

Piece = tuple[str, str]
"""A text and the name of its tone."""


class Bar(Widget):
    """A line of toned pieces; drawn again only when a piece changed."""

    DEFAULT_CSS = "Bar { height: 1; }"

    def __init__(self, *, id: str) -> None:  # Textual's name for it
        super().__init__(id=id)
        self._left: tuple[Piece, ...] = ()
        self._right: tuple[Piece, ...] = ()

    def show(self, left: Sequence[Piece], right: Sequence[Piece] = ()) -> None:
        """Show pieces from the left edge and, as many as there is room for, pieces that end at the right edge."""
        wanted = (tuple(left), tuple(right))
        if wanted != (self._left, self._right):
            self._left, self._right = wanted
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the only line, exactly as wide as the bar."""
        width, style = self.size.width, self.rich_style
        if y:
            return Strip.blank(width, style)
        right = list(self._right)
        while right and _cells(self._left) + _cells(right) > width:
            right.pop()  # the first ones matter most
        gap = width - _cells(self._left) - _cells(right)
        pieces = [*self._left, (" " * gap, "text"), *right]
        tones = tones_of(self)
        return strip_of([(words, getattr(tones, tone)) for words, tone in pieces], width, style)


def _cells(pieces: Sequence[Piece]) -> int:
    return sum(text.width_cells(words) for words, _tone in pieces)
