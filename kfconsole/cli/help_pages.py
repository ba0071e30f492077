"""How help is laid out: lines as wide as the terminal in cells, since Chinese takes two of them a character."""

from collections.abc import Iterable

import click

from kfconsole.i18n import _
from kfconsole.text import fit, width_cells, wrap

UNTOUCHED = "\b"
"""The command-line library's mark before a paragraph whose lines stay as they are."""
LEAST_USAGE_CELLS = 20
"""What follows a command begins a line of its own where less is left."""


class CellFormatter(click.HelpFormatter):
    """Breaks lines by cells and between Chinese characters, and writes colons as the language does."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:  # noqa: ARG002  # click's
        """Write how a command is called."""
        word = _("Usage:")
        blank = " " if width_cells(word[-1]) == 1 else ""  # a full-width colon has one of its own
        head = f"{word}{blank}{prog} "
        hanging = " " * width_cells(head)
        if self.width - len(hanging) < LEAST_USAGE_CELLS:
            hanging = " " * 4
            head = head.rstrip() + "\n" + hanging
        lines = wrap(args, self.width - len(hanging))
        self.write((head + f"\n{hanging}".join(lines)).rstrip() + "\n")

    def write_heading(self, heading: str) -> None:
        """Write the title of a section."""
        self.write(" " * self.current_indent + _("{title}:").format(title=heading) + "\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs, which are parted by empty lines."""
        indent = " " * self.current_indent
        for position, paragraph in enumerate(text.split("\n\n")):
            if position:
                self.write("\n")
            first, _line_end, rest = paragraph.partition("\n")
            if first.strip(" ") == UNTOUCHED:
                lines = rest.split("\n")
            else:
                lines = wrap(" ".join(paragraph.split()), self.width - self.current_indent)
            self.write("".join(f"{indent}{line}".rstrip() + "\n" for line in lines))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms beside their meanings; a term wider than the column gets a line of its own."""
        rows = list(rows)
        column = min(max(width_cells(term) for term, _meaning in rows), col_max)
        indent, hanging = " " * self.current_indent, " " * (self.current_indent + column + col_spacing)
        for term, meaning in rows:
            lines = wrap(" ".join(meaning.split()), max(self.width - len(hanging), 10)) if meaning else []
            if lines and width_cells(term) <= column:
                term = fit(term, column + col_spacing) + lines.pop(0)
            self.write(indent + term + "\n")
            self.write("".join(f"{hanging}{line}\n" for line in lines))
