"""How long the queue was over the last hours, and how long people waited in it, as a row of small bars. Pure."""

import math
from collections.abc import Sequence

from msgspec import Struct

from kfconsole.model import Wait

BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.:-=+*#"
"""For terminals that draw the blocks two cells wide."""
UNSEEN = " "
"""Nobody looked: that is no empty queue, which has a bar of its own."""


class Column(Struct, frozen=True):
    """One stretch of time, as far as somebody looked."""

    length: int
    """How many waited at the same time, at most."""
    wait_seconds: float
    """How long the one had waited who waited longest."""
    is_exact: bool = True
    """False: at least one wait in it began unseen, so the longest is at least so long."""


def columns(
    waits: Sequence[Wait],
    watched: Sequence[tuple[float, float]],
    start_at: float,
    end_at: float,
    count: int,
) -> tuple[Column | None, ...]:
    """Cut a span into columns; None where nobody looked.

    Args:
        waits: Those who waited at any time of the span, in any order.
        watched: When the queue was looked at, oldest first.
        start_at: Of the span.
        end_at: Of the span: now.
        count: How many columns.
    """
    if count <= 0 or end_at <= start_at:
        return ()
    step = (end_at - start_at) / count
    is_seen = [False] * count
    for from_at, until_at in watched:
        for place in _places(from_at, until_at, start_at, step, count):
            is_seen[place] = True
    longest, are_exact = [0.0] * count, [True] * count
    events: list[tuple[float, int]] = []
    for wait in waits:
        ended_at = end_at if wait.ended_at is None else min(wait.ended_at, end_at)
        if ended_at <= start_at or wait.since_at >= end_at:
            continue
        events += ((max(start_at, wait.since_at), 1), (ended_at, -1))
        for place in _places(wait.since_at, ended_at, start_at, step, count):
            seconds = min(ended_at, start_at + (place + 1) * step) - wait.since_at
            if seconds > longest[place]:
                longest[place], are_exact[place] = seconds, wait.is_exact
    lengths = _lengths(events, start_at, step, count)
    return tuple(
        Column(lengths[place], longest[place], are_exact[place]) if is_seen[place] else None for place in range(count)
    )


def with_now(
    cut: Sequence[Column | None], length: int, wait_seconds: float, *, is_exact: bool
) -> tuple[Column | None, ...]:
    """Let the last column know who waits at this moment: what was kept is a little older."""
    if not cut:
        return ()
    last = cut[-1] or Column(0, 0.0)
    if wait_seconds < last.wait_seconds:
        wait_seconds, is_exact = last.wait_seconds, last.is_exact
    return (*cut[:-1], Column(max(last.length, length), wait_seconds, is_exact))


def _places(from_at: float, until_at: float, start_at: float, step: float, count: int) -> range:
    first = max(0, math.floor((from_at - start_at) / step))
    last = min(count - 1, math.ceil((until_at - start_at) / step) - 1)
    return range(first, last + 1)


def _lengths(events: list[tuple[float, int]], start_at: float, step: float, count: int) -> list[int]:
    """Return the longest the queue was in each column; who leaves at the moment another comes was not beside them."""
    events.sort()
    lengths, present, reached = [0] * count, 0, 0
    for at, change in events:
        place = min(count - 1, int((at - start_at) / step))
        for between in range(reached, place + 1):
            lengths[between] = max(lengths[between], present)
        reached, present = place, present + change
        lengths[place] = max(lengths[place], present)
    for between in range(reached, count):
        lengths[between] = max(lengths[between], present)
    return lengths


def bars(values: Sequence[float | None], *, is_ascii: bool = False) -> str:
    """Draw values as bars, the highest as high as can be; nothing at all is a line at the bottom, unseen a blank."""
    glyphs = ASCII_BARS if is_ascii else BARS
    top = max((value for value in values if value is not None), default=0.0)
    steps = len(glyphs) - 1
    return "".join(
        UNSEEN if value is None else glyphs[math.ceil(value / top * steps) if top and value > 0 else 0]
        for value in values
    )
