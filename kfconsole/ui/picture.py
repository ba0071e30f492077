"""SVG pictures in which every character stands in its cell: the exporter counts characters and squashes 汉字. Pure."""

import html
import re
from collections.abc import Callable, Iterator
from itertools import groupby

from kfconsole.text import width_cells

_CELL = 12.2  # the exporter's width of one cell, in pixels
_LATIN = "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas"  # first: in Chinese fonts even ─ is two cells wide
_CHINESE = "'Noto Sans Mono CJK SC', 'Sarasa Mono SC', 'PingFang SC', 'Microsoft YaHei'"
_FONT_FAMILY = "font-family: Fira Code, monospace;"
_TEXT = re.compile(r'<text class="([^"]+)" x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+" ([^>]*)>([^<]*)</text>')
_BLANK = " \N{NO-BREAK SPACE}"

Split = Callable[[str], Iterator[str]]
"""Cuts a run of text into pieces that are placed one by one."""


def by_width(said: str) -> Iterator[str]:
    """Cut where the width of the characters changes: browsers stretch a piece of one width to its `textLength`."""
    for _width, characters in groupby(said, key=width_cells):
        yield "".join(characters)


def placed(svg: str, split: Split = by_width) -> str:
    """Give every piece of text the place of its cells, whatever fonts the viewer has."""

    def place(found: re.Match[str]) -> str:
        look, x, y, rest, said = found.groups()
        left, pieces = float(x), []
        for piece in split(html.unescape(said)):
            length = width_cells(piece.replace("\N{NO-BREAK SPACE}", " ")) * _CELL
            if piece.strip(_BLANK):
                words = html.escape(piece, quote=False).replace(" ", "&#160;")
                pieces.append(
                    f'<text class="{look}" x="{left:.1f}" y="{y}" textLength="{length:.1f}" {rest}>{words}</text>'
                )
            left += length
        return "".join(pieces)

    return _TEXT.sub(place, svg.replace(_FONT_FAMILY, f"font-family: {_LATIN}, {_CHINESE}, monospace;"))
