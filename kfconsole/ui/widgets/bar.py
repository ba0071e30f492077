"""One-line bars: the status at the top, the composer's edge, the hints at the bottom."""

from collections.abc import Iterable, Sequence

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
        left, right = self._fitting(width), list(self._right)
        while right and _cells(left) + _cells(right) > width:
            right.pop()  # the first ones matter most
        gap = width - _cells(left) - _cells(right)
        pieces = [*left, (" " * gap, "text"), *right]
        tones = tones_of(self)
        return strip_of([(words, getattr(tones, tone)) for words, tone in pieces], width, style)

    def _fitting(self, _width: int) -> Sequence[Piece]:
        """Return what is shown from the left edge on."""
        return self._left


class Hints(Bar):
    """The line of keys at the bottom: as many as fit, the first ones matter most, and none of them cut in two."""

    PIECES = 2
    """Of each: its key, and what it does."""

    def show_keys(self, hints: Iterable[tuple[str, str]]) -> None:
        """Show keys with what they do, see `Keymap.hints`."""
        self.show([piece for key, label in hints for piece in ((f" {key}", "accent"), (f" {label} ", "muted"))])

    def _fitting(self, width: int) -> Sequence[Piece]:
        left = self._left
        while left and _cells(left) > width:
            left = left[: -self.PIECES]
        return left


def _cells(pieces: Sequence[Piece]) -> int:
    return sum(text.width_cells(words) for words, _tone in pieces)
