"""Sentences on the screen: wrapped where Chinese may be, which a `Static` of Textual's does not know."""

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from kfconsole.text import width_cells, wrap
from kfconsole.ui.plain import plain


class Prose(Static):
    """Plain text in lines as wide as the widget: none begins with a full stop, none ends early before a number."""

    def __init__(self, said: Content | str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(said, markup=False, id=id, classes=classes)

    def get_content_width(self, _container: Size, _viewport: Size) -> int:
        """Return how wide it is where nothing has to be wrapped."""
        return max(map(width_cells, str(self.content).split("\n")))

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """Return how many lines it takes."""
        return len(wrap(str(self.content), width)) if width else 0

    def render(self) -> RenderResult:
        """Return the lines."""
        return plain("\n".join(wrap(str(self.content), width))) if (width := self.size.width) else self.visual
