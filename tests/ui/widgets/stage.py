"""A screen for one widget, with a record of what the widget said and drew."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.style import Style
from textual.app import App, ComposeResult
from textual.message import Message
from textual.strip import Strip

from kfconsole.ui.widgets import LineList, Part, Transcript

RED = Style(color="red")


@dataclass(frozen=True, slots=True)
class Row:
    """A row or an item, of as many lines as its text."""

    id: str
    text: str = ""


def rows(*ids: str | int) -> list[Row]:
    return [Row(str(id), f"row {id}") for id in ids]


class WatchedList(LineList[Row]):
    """A list that remembers which lines Textual asked for and which rows it had to draw."""

    def __init__(self, *, empty: str = "") -> None:
        super().__init__(self._draw_row, empty=empty)
        self.painted: list[int] = []
        self.drawn: list[str] = []
        self.suffix = ""

    def _draw_row(self, row: Row, _width: int, is_current: bool) -> list[Part]:
        self.drawn.append(row.id)
        return [(">" if is_current else " ", Style()), (row.text, RED), (self.suffix, Style())]

    def render_line(self, y: int) -> Strip:
        self.painted.append(y)
        return super().render_line(y)


class WatchedTranscript(Transcript[Row]):
    """A transcript of items `name/line`, with a line of its own before an item that follows another kind."""

    def __init__(self, *, empty: str = "") -> None:
        super().__init__(draw_item, empty=empty)
        self.painted: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.painted.append(y)
        return super().render_line(y)


def draw_item(item: Row, previous: Row | None, width: int) -> list[list[Part]]:
    """Draw the item's text in lines of at most half the width, after a line that says when the kind changes."""
    lines = [] if previous is not None and previous.id[0] == item.id[0] else [f"-- {item.id[0]} --"]
    step = max(1, width // 2)
    whole = f"{item.id}:{item.text}"
    lines.extend(whole[start : start + step] for start in range(0, len(whole), step))
    return [[(line, RED)] for line in lines]


class Stage(App[None]):
    """The screen; `said` holds the widget's own messages, oldest first."""

    def __init__(self, make: Callable[[], LineList[Row] | Transcript[Row]]) -> None:
        super().__init__()
        self.widget = make()
        self.said: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_line_list_moved(self, message: LineList.Moved) -> None:
        self.said.append(message)

    def on_line_list_chosen(self, message: LineList.Chosen) -> None:
        self.said.append(message)

    def on_line_list_current_gone(self, message: LineList.CurrentGone) -> None:
        self.said.append(message)

    def on_transcript_moved(self, message: Transcript.Moved) -> None:
        self.said.append(message)

    def on_transcript_new_below(self, message: Transcript.NewBelow) -> None:
        self.said.append(message)

    def on_transcript_top_reached(self, message: Transcript.TopReached) -> None:
        self.said.append(message)

    @property
    def strips(self) -> list[Strip]:
        """What is on screen."""
        return self.screen._compositor.render_strips()

    @property
    def texts(self) -> list[str]:
        """The lines on screen that are not blank, without the scrollbar."""
        width = self.widget.view_size.width
        texts = [strip.crop(0, width).text.rstrip() for strip in self.strips]
        return [text for text in texts if text]
