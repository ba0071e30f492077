"""Clean, measure and clip text from outside, in terminal cells.

Any room may import it; it knows nothing of customers, widgets or WeChat.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len, split_graphemes

_JOINER = "\u200d"
STAND_IN = "␦"  # U+2426, one cell in every terminal, unlike the ambiguous U+FFFD

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}\ud800-\udfff]")
_BLANK = re.compile(r"[\s\u2028\u2029]+")
_NEVER_FIRST = frozenset("，。！？；：、）》」』】〉〕”’…～,.!?;:)]}")  # no line starts with these
_NEVER_LAST = frozenset("（《「『【〈〔“‘([{")  # no line ends with these
_BEFORE_SHARE = 4  # what was found stands behind at most this part of an excerpt, where the rest is long
_SPARE_CHARACTERS = 50  # so many cells show hardly more characters than cells, joined ones apart
_PLAIN = range(0x21, 0x7F)
_WIDE = 0xFEE0  # from an ASCII character to its wide twin
_FOLDED = {code + _WIDE: code for code in _PLAIN} | {ord("ς"): ord("σ")}  # lower() makes one of both, by its place
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}


def clean(text: str) -> str:
    """Replace what could steer a terminal by visible stand-ins; delete nothing.

    Covers C0 except newline and tab, DEL, C1, bidi controls and lone surrogates. Idempotent; joiners and
    variation selectors stay.
    """
    if text.isprintable():  # so is none of those; a tenth of the time, and there are thousands of ids and names
        return text
    return _UNSAFE.sub(lambda found: _PICTURES.get(ord(found[0]), STAND_IN), text)


def one_line(text: str) -> str:
    """Fold all blanks, line ends included, so that the text fits one row of a list."""
    if text.isprintable() and "  " not in text:  # of all blanks, only the plain one is printable
        return text.strip()
    return _BLANK.sub(" ", text).strip()


def folded(text: str) -> str:
    """Return the text with capitals small and wide letters narrow, as it is searched; all stays in its place."""
    return text.replace("İ", "i").lower().translate(_FOLDED)  # no other capital becomes two characters


def found_spans(text: str, words: str) -> list[tuple[int, int]]:
    """Return where any of some words, separated by blanks, stands: start and end of each place, none touching."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(_places(folded(text), frozenset(folded(clean(words)).split()))):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _places(text: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    for word in words:
        start = text.find(word)
        while start >= 0:
            yield start, start + len(word)
            start = text.find(word, start + 1)


def width_cells(text: str) -> int:
    """Return how many terminal cells the text takes."""
    return cell_len(text)


def clock_span(seconds: float, *, is_exact: bool = True) -> str:
    """Write a length of time as `04:10`, or `1:04:10` from an hour on; `≥` before a lower bound."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    span = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
    return span if is_exact else f"≥{span}"


def clip(text: str, cells: int, *, tail: str = "…") -> str:
    """Cut the text to at most `cells` cells, at a whole character, ending in `tail` when something was cut."""
    if cells <= 0:
        return ""
    if cell_len(text) <= cells:
        return text
    room = cells - cell_len(tail)
    if room < 0:
        return clip(text, cells, tail="")
    kept = 0
    for _start, end, width in split_graphemes(text)[0]:
        if width > room:
            break
        room -= width
        kept = end
    return text[:kept] + tail


def fit(text: str, cells: int, *, align_right: bool = False) -> str:
    """Clip or pad the text to exactly `cells` cells."""
    clipped = clip(text, cells).rstrip(_JOINER)  # one at the end would swallow the padding
    padding = " " * (cells - cell_len(clipped))
    return padding + clipped if align_right else clipped + padding


def wrap(text: str, cells: int) -> list[str]:
    """Break the text into lines of at most `cells` cells, at blanks where there are any; at least one line."""
    lines: list[str] = []
    for paragraph in text.expandtabs(4).split("\n"):
        lines.extend(_wrap_paragraph(paragraph, max(cells, 2)))
    return lines


def _wrap_paragraph(paragraph: str, cells: int) -> list[str]:
    lines: list[str] = []
    start, used, last_break = 0, 0, 0
    for begin, end, width in split_graphemes(paragraph)[0]:
        is_blank = paragraph[begin] == " "
        # Chinese has no blanks: a line may also end beside any two-cell character.
        if width == 2 and begin > start and _may_break(paragraph, begin):
            last_break = begin
        while used + width > cells and begin > start and not is_blank:
            cut = last_break if last_break > start else begin
            lines.append(paragraph[start:cut].rstrip(" "))
            start = cut
            used = cell_len(paragraph[cut:begin])
        used += width
        if is_blank or (width == 2 and _may_break(paragraph, end)):
            last_break = end
    last = paragraph[start:]
    lines.append(last.rstrip(" ") if lines or cell_len(last) > cells else last)
    return lines


def _may_break(paragraph: str, index: int) -> bool:
    return paragraph[index - 1] not in _NEVER_LAST and paragraph[index : index + 1] not in _NEVER_FIRST


def excerpt(said: str, spans: Sequence[tuple[int, int]], cells: int, cut: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a part of at most `cells` cells in which the first span is seen: text, and whether found."""
    first, last = spans[0] if spans else (0, 0)
    # Of a very long message only the surroundings are looked at closely.
    near, far = max(0, first - cells - _SPARE_CHARACTERS), min(len(said), first + cells + _SPARE_CHARACTERS)
    graphemes, total = split_graphemes(said[near:far])
    is_whole = (near, far) == (0, len(said)) and total <= cells
    cut_cells = width_cells(cut)
    start = near
    if near or not (is_whole or width_cells(said[:last]) <= cells - cut_cells):
        after = width_cells(said[first:far])
        start = near + _start_before(graphemes, first - near, max(cells // _BEFORE_SHARE, cells - cut_cells - after))
    room = cells - cut_cells * (start > 0)
    if start:
        yield cut, False
    shown = [(near + begin, near + end, width) for begin, end, width in graphemes if near + begin >= start]
    is_cut = far < len(said) or sum(width for _begin, _end, width in shown) > room
    yield from _marked(said, spans, shown, room - cut_cells * is_cut)
    if is_cut:
        yield cut, False


def _start_before(graphemes: Sequence[tuple[int, int, int]], place: int, cells_before: int) -> int:
    """Return where the character begins that stands so many cells before a place."""
    start = place
    for begin, end, width in reversed(graphemes):
        if end > place:
            start = min(start, begin)  # the place may lie within a character
            continue
        cells_before -= width
        if cells_before < 0:
            break
        start = begin
    return start


def _marked(
    said: str, spans: Sequence[tuple[int, int]], graphemes: Sequence[tuple[int, int, int]], room: int
) -> Iterator[tuple[str, bool]]:
    """Yield as much as there is room for; a character and what is joined to it stay in one piece."""
    piece, is_found = "", False
    for begin, end, width in graphemes:
        room -= width
        if room < 0:
            break
        is_in_span = any(begin < span_end and span_start < end for span_start, span_end in spans)
        if piece and is_in_span != is_found:
            yield piece, is_found
            piece = ""
        piece, is_found = piece + said[begin:end], is_in_span
    if piece:
        yield piece, is_found
