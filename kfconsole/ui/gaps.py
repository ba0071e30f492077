"""What was never fetched, as lines of the transcript: a gap is no silence. Pure."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import tzinfo

from rich.style import Style

from kfconsole import text
from kfconsole.i18n import _, ngettext
from kfconsole.model import Conversation, GapFetch
from kfconsole.ui import words
from kfconsole.ui.lines import LINE, GapLine, Line, Page

TOP_ID = "gap-top"
Item = Line | GapLine
Span = tuple[float, float]


def with_gaps(lines: Sequence[Line], conversation: Conversation, *, is_part: bool) -> tuple[Item, ...]:
    """Put each gap where it begins; those with nothing between them are one.

    Args:
        lines: The messages, oldest first.
        conversation: What they are from.
        is_part: Whether these are some days of it, and what comes before is not asked for here.
    """
    by_place: defaultdict[int, list[Span]] = defaultdict(list)
    for gap in conversation.gaps:
        by_place[bisect_right(lines, gap[0], key=_moment)].append(gap)
    if lines and conversation.has_older:
        by_place[0] = [gap for gap in by_place[0] if gap[1] > lines[0].message.at]
    fetch = conversation.fetch
    if not by_place[0] and fetch is not None and fetch.is_at_limit and not conversation.has_older:
        by_place[0].append((fetch.start_at, fetch.end_at))
    items: list[Item] = list(lines)
    for place in sorted(by_place, reverse=True):
        if gaps := by_place[place]:
            before = lines[place - 1].message.at if place else None
            is_top = place == 0 and not (is_part or conversation.has_older)
            items.insert(place, _gap_line(gaps, before, fetch, is_top=is_top))
    return tuple(items)


def draw(line: GapLine, width: int, page: Page) -> list[LINE]:
    """Draw one gap: its span and what became of it, in the middle."""
    said, tone = _said(line, page)
    rule = page.glyphs.rule
    ruled = f"{rule} {said} {rule}"
    pieces = [ruled] if text.width_cells(ruled) <= width else text.wrap(said, max(8, width))
    return [_centred(piece, tone, width) for piece in pieces]


def _centred(piece: str, tone: Style, width: int) -> LINE:
    return ((" " * (max(0, width - text.width_cells(piece)) // 2), tone), (piece, tone))


def _moment(line: Line) -> float:
    return line.message.at


def _gap_line(gaps: list[Span], before_at: float | None, fetch: GapFetch | None, *, is_top: bool) -> GapLine:
    start_at, end_at = gaps[0][0], gaps[-1][1]
    is_meant = fetch is not None and fetch.start_at <= end_at and start_at <= fetch.end_at
    return GapLine(
        id=TOP_ID if is_top else f"gap-{start_at:.0f}",
        start_at=start_at,
        end_at=end_at,
        before_at=before_at,
        is_top=is_top,
        is_partial=len(gaps) > 1 and not is_top,
        fetch=fetch if is_meant else None,
    )


def _said(line: GapLine, page: Page) -> tuple[str, Style]:
    span, fetch, key = _span(line, page), line.fetch, page.keymap.key_of("refresh")
    if page.is_replay:
        return _("{span}: not in the recording").format(span=span), page.tones.muted
    if fetch is not None and fetch.is_at_limit:
        limit = _written(fetch.start_at, page)
        return _("Nothing older: what was said before {limit} is not kept").format(limit=limit), page.tones.muted
    if fetch is not None and fetch.error is not None:
        failed = _("{span}: could not be fetched: {reason} {key} tries again.")
        return failed.format(span=span, reason=fetch.error.message, key=key), page.tones.warn
    if fetch is not None and fetch.is_going_on:
        return _("{span}: asking WeChat…").format(span=span), page.tones.muted
    if fetch is not None and fetch.vain_days:
        vain = ngettext(
            "{span}: not fetched; {count} day without a word, {key} goes on",
            "{span}: not fetched; {count} days without a word, {key} goes on",
            fetch.vain_days,
        )
        return vain.format(span=span, count=fetch.vain_days, key=key), page.tones.muted
    if line.is_top:
        said = _("{span}: not fetched yet, {key} asks WeChat")
        return said.format(span=span, key=page.keymap.key_of("page_up")), page.tones.muted
    said = _("{span}: only partly fetched") if line.is_partial else _("{span}: not fetched yet")
    return said.format(span=span), page.tones.muted


def _span(line: GapLine, page: Page) -> str:
    if line.is_top and line.end_at == math.inf:
        return _("The past")
    if line.is_top:
        return _("{end} and earlier").format(end=_written(line.end_at, page))
    start = _written(line.start_at, page)
    if line.end_at == math.inf:
        return _("{start} and later").format(start=start)
    zone = page.zone
    is_one_day = words.day_of(line.start_at, zone) == words.day_of(line.end_at, zone)
    end = words.clock_time(line.end_at, zone) if is_one_day else _written(line.end_at, page)
    return f"{start} {page.glyphs.to} {end}"


def _written(at: float, page: Page) -> str:
    zone: tzinfo | None = page.zone
    return f"{words.day_words(words.day_of(at, zone), page.today)} {words.clock_time(at, zone)}"
