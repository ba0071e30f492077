"""Tables of text: a line of heads, then one line a row, in cells so that 汉字 line up."""

from collections.abc import Collection, Sequence

from kfconsole.cli.output import emit
from kfconsole.text import fit, one_line, width_cells

LONGEST_CELLS = 48
"""A text from outside does not push the columns behind it off the screen."""
GAP = "  "


def emit_table(
    heads: Sequence[str],
    rows: Collection[Sequence[str]],
    *,
    right: Collection[int] = (),
    whole: Collection[int] = (),
) -> None:
    """Print the rows under their heads, every cell on one line; nothing without rows.

    Args:
        heads: What each column is, in the user's language.
        rows: As many cells each as there are heads.
        right: The columns of numbers.
        whole: The columns that are not cut, however long.
    """
    if not rows:
        return
    lines = [tuple(map(one_line, row)) for row in (heads, *rows)]
    longest = [max(map(width_cells, column)) for column in zip(*lines, strict=True)]
    widths = [cells if number in whole else min(cells, LONGEST_CELLS) for number, cells in enumerate(longest)]
    for line in lines:
        cells = (
            fit(cell, width, align_right=number in right)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        emit(GAP.join(cells).rstrip())
