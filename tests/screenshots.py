"""Make `screenshots/` anew from the demo: `python -m tests.screenshots`."""

import html
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from kfconsole.text import width_cells
from tests.terminal.program import KFCONSOLE

FOLDER = Path(__file__).parents[1] / "screenshots"
SEED = "1"
PICTURES = {
    "desk": ("en", "120x40"),
    "desk-80x24": ("en", "80x24"),
    "desk-zh": ("zh", "120x40"),
    "desk-zh-80x24": ("zh", "80x24"),
}

_CELL = 12.2  # the exporter's width of one cell, in pixels
_LATIN = "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas"  # first: in Chinese fonts even ─ is two cells wide
_CHINESE = "'Noto Sans Mono CJK SC', 'Sarasa Mono SC', 'PingFang SC', 'Microsoft YaHei'"
_FONT_FAMILY = "font-family: Fira Code, monospace;"
_TEXT = re.compile(r'<text class="([^"]+)" x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+" ([^>]*)>([^<]*)</text>')
_BLANK = " \N{NO-BREAK SPACE}"
_CONVERTER = "rsvg-convert"
_MISSING = "Pictures need a converter and a Chinese font: apt-get install librsvg2-bin fonts-noto-cjk"

Split = Callable[[str], Iterator[str]]
"""Cuts a run of text into pieces that are placed one by one."""


def main() -> int:
    """Make every picture, as SVG and PNG."""
    if shutil.which(_CONVERTER) is None:
        sys.stderr.write(_MISSING + "\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        raw = Path(name, "raw.svg")
        for title, (language, size) in PICTURES.items():
            demo: list[str | Path] = [
                KFCONSOLE,
                "demo",
                "--seed",
                SEED,
                "--language",
                language,
                "--size",
                size,
                "--screenshot",
                raw,
            ]
            subprocess.run(demo, check=True)
            picture = FOLDER / f"{title}.svg"
            drawn = _with_fonts(raw.read_text("utf-8"))
            picture.write_text(_placed(drawn, _by_width), "utf-8")
            _convert(_placed(drawn, iter), picture.with_suffix(".png"))
            sys.stdout.write(f"{picture.relative_to(FOLDER.parent)}\n")
    return 0


def _convert(svg: str, png: Path) -> None:
    subprocess.run([_CONVERTER, "--output", png, "/dev/stdin"], input=svg.encode(), check=True)


def _with_fonts(svg: str) -> str:
    if _FONT_FAMILY not in svg:
        raise ValueError(f"the exporter no longer writes {_FONT_FAMILY!r}")
    return svg.replace(_FONT_FAMILY, f"font-family: {_LATIN}, {_CHINESE}, monospace;")


def _placed(svg: str, split: Split) -> str:
    """Give every piece of text the place of its cells, whatever the widths of the viewer's fonts.

    Browsers stretch a piece to its `textLength`, so a piece holds only characters of one width; the converter
    ignores the length, so there each character is a piece.
    """

    def place(found: re.Match[str]) -> str:
        look, x, y, rest, said = found.groups()
        left, placed = float(x), []
        for piece in split(html.unescape(said)):
            length = width_cells(piece.replace("\N{NO-BREAK SPACE}", " ")) * _CELL
            if piece.strip(_BLANK):
                words = html.escape(piece, quote=False).replace(" ", "&#160;")
                placed.append(
                    f'<text class="{look}" x="{left:.1f}" y="{y}" textLength="{length:.1f}" {rest}>{words}</text>'
                )
            left += length
        return "".join(placed)

    return _TEXT.sub(place, svg)


def _by_width(said: str) -> Iterator[str]:
    for _width, characters in groupby(said, key=width_cells):
        yield "".join(characters)


if __name__ == "__main__":
    sys.exit(main())
