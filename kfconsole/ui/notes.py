"""Notes: what is said for a moment, in a corner above whatever is on the screen."""

from collections.abc import Iterable

from rich.cells import split_graphemes
from rich.segment import Segment
from textual.app import App
from textual.content import Content
from textual.geometry import Size
from textual.notifications import SeverityLevel
from textual.strip import Strip
from textual.widgets import _toast

from kfconsole import text
from kfconsole.ui.plain import plain

SPARE_CELLS = 2  # at the end of each line, for the blanks that come into it


class Note(_toast.Toast):
    """A note whose lines are wrapped as Chinese is, and lose no character where a widget below begins or ends."""

    def _lines(self, width: int) -> list[str]:
        return text.wrap(self._notification.message, width - SPARE_CELLS)

    def get_content_width(self, _container: Size, _viewport: Size) -> int:
        """Return how wide it is where nothing has to be wrapped."""
        return max(map(text.width_cells, self._notification.message.split("\n"))) + SPARE_CELLS

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """Return how many lines it takes."""
        return len(self._lines(width))

    def render(self) -> Content:
        """Return the lines."""
        return plain("\n".join(self._lines(self.size.width)))

    def render_line(self, y: int) -> Strip:
        """Draw a line; Textual paints it in pieces, and blanks both halves of a character that is in two of them."""
        strip, region, width = super().render_line(y), self.content_region, self.size.width
        cuts = self.screen._compositor.cuts
        if not 0 <= region.y + y < len(cuts):
            return strip
        said = whole_at([cut - region.x for cut in cuts[region.y + y]], strip.text)
        if said == strip.text:
            return strip
        style = next((segment.style for segment in strip), None)
        return Strip([Segment(text.fit(said, width), style)], width)


def whole_at(cuts: Iterable[int], said: str) -> str:
    """Return a line with a blank before each character that would stand on both sides of a cut."""
    for cut in sorted(cuts):
        end = 0
        for start, _stop, width in split_graphemes(said)[0]:
            if end < cut < end + width:
                said = f"{said[:start]} {said[start:]}"
                break
            end += width
    return said


class NotingApp(App[int]):
    """An app whose notes are harmless, and few: they would hide the screen."""

    _news = ""

    def __init__(self) -> None:
        super().__init__()
        _toast.Toast = Note  # type: ignore[misc]  # the rack makes them by this name, and takes no other class

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a note, in which text from outside is neither markup nor a control sequence.

        Good news takes the place of the good news before, and what is said again that of what was said before.
        """
        message = text.clean(message)
        self.take_note_away(message)
        if severity == "information":
            self.take_note_away(self._news)
            self._news = message
        super().notify(message, title=text.clean(title), severity=severity, timeout=timeout, markup=markup)

    def _refresh_notifications(self) -> None:
        # Textual lays out every screen anew that comes up, for notes that nobody has written.
        if self._notifications or (self.screen_stack and self.screen.query(Note)):
            super()._refresh_notifications()

    def take_note_away(self, message: str) -> None:
        """Take a note away that is true no longer, or hides what matters more."""
        self._take_shown(text.clean(message))
        self.call_later(self._take_shown, text.clean(message))  # it may be on its way to the screen

    def _take_shown(self, said: str) -> None:
        for note in tuple(self._notifications):
            if note.message == said:
                self._unnotify(note, refresh=False)
        toasts = [toast for screen in self.screen_stack for toast in screen.query(Note)]  # also below a question
        for toast in toasts:
            if toast._notification.message == said:
                toast._expire()  # with what holds it: left behind, it pushes every later note a line further down
