"""Progress bars on stderr; nothing where nobody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

CELLS = 36


class Bar:
    """How far something has come."""

    def __init__(self, draw: Callable[[int, int | None], object] | None = None) -> None:
        self._draw = draw
        self._place = 0

    def reach(self, place: int, item: int | None = None) -> None:
        """Show that so much is done, and at what; it never goes back."""
        if self._draw is not None:
            steps = max(0, place - self._place)
            self._place += steps
            self._draw(steps, item)

    def end_line(self) -> None:
        """Let what is said next begin a line of its own."""
        if self._draw is not None:
            click.echo(err=True)


@contextmanager
def progress(
    length: int, label: str, *, cells: int = CELLS, told: Callable[[int], str] = lambda _item: ""
) -> Iterator[Bar]:
    """Show a bar until the block ends.

    Args:
        length: Where it ends; nothing is shown where there is nothing to do.
        label: What is done.
        cells: How wide it may be.
        told: What is said behind it of the item it is at.
    """
    if not (length > 0 and sys.stderr.isatty()):
        yield Bar()
        return

    def say(item: int | None) -> str | None:
        return None if item is None else told(item)

    with click.progressbar(length=length, label=label, width=cells, file=sys.stderr, item_show_func=say) as shown:
        yield Bar(shown.update)
