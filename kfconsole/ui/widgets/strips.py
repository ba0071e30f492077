"""Strips of an exact width from (text, style) parts: the only way foreign text gets into the drawn widgets."""

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from kfconsole.text import clean, clip, fit, width_cells, wrap

Part = tuple[str, Style]
"""A text and how it differs from the style beneath it."""

_FLAT = {ord("\n"): " ", ord("\t"): " "}  # cleaning keeps these two; inside one line they would break the screen


def strip_of(parts: Iterable[Part], width: int, base: Style) -> Strip:
    """Return a strip of exactly `width` cells: parts side by side on the base style, clipped or padded."""
    segments: list[Segment] = []
    room = width
    for text, style in parts:
        flat = clean(text).translate(_FLAT)
        cells = width_cells(flat)
        if cells > room:
            flat, cells = fit(flat, room), room
        if flat:
            segments.append(Segment(flat, base + style))
        room -= cells
    if room:
        segments.append(Segment(" " * room, base))
    return Strip(segments, width)


def highlighted(strip: Strip, style: Style) -> Strip:
    """Return the strip with the style over its own."""
    return Strip(Segment.apply_style(strip, post_style=style), strip.cell_length)


def notice_strips(text: str, width: int, style: Style) -> list[Strip]:
    """Return plain text as strips, wrapped and centred."""
    lines = (clip(line, width) for line in wrap(text, width))
    return [strip_of(((" " * ((width - width_cells(line)) // 2) + line, Style()),), width, style) for line in lines]


def changed_cells(before: Strip, after: Strip) -> int:
    """Return how many cells, from the left, hold everything that differs between two strips of one width."""
    cells = after.cell_length
    for old, new in zip(reversed(before), reversed(after), strict=False):
        if old != new:
            break
        cells -= new.cell_length
    return cells
