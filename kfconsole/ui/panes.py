"""The three lists, on the line-drawn widget: rows from the desk, drawn by `rows`, narrowed by a filter."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from kfconsole.ui import rows
from kfconsole.ui.plain import plain
from kfconsole.ui.rows import AgentRow, Look, QueueRow, SessionRow
from kfconsole.ui.tones import Tones, tones_of
from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.strips import Part

RowT = TypeVar("RowT", bound=QueueRow | SessionRow | AgentRow)


class Pane(LineList[RowT], Generic[RowT]):
    """One list of the desk."""

    def __init__(
        self,
        draw: Callable[[RowT, int, bool, Look], Sequence[Part]],
        look: Callable[[Tones], Look],
        *,
        empty: str,
        id: str,  # Textual's name for it
    ) -> None:
        super().__init__(self._draw_row, empty=empty, id=id, classes="-stale")  # until WeChat has answered
        self._parts = draw
        self._look_now = look
        self.filter = ""

    def _draw_row(self, row: RowT, width: int, is_current: bool) -> Sequence[Part]:
        return self._parts(row, width, is_current, self._look_now(tones_of(self)))

    def show_rows(self, all_rows: Sequence[RowT], title: str, count: str) -> None:
        """Show the rows that match the filter, and the title with the count."""
        wanted = self.filter.casefold().split()
        shown = [row for row in all_rows if rows.matches(row, wanted)] if wanted else all_rows
        self.show(shown)
        self.border_title = plain(
            f"{title} {len(shown)}/{count}  / {self.filter}" if self.filter else f"{title} {count}"
        )
