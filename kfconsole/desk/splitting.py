"""Writing a text that is too long for one message down as several. Pure.

As few parts as possible, because each costs a reply; then cut where a reader pauses, and about evenly. Whatever the
text: no part is longer than the limit, none lies in another order, nothing is lost but the blanks at the cuts, and no
cut falls into a link or into what is seen as one character.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator

from kfconsole.desk.rules import MAX_TEXT_BYTES, text_bytes
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.text import clip, one_line

__all__ = ["MAX_TEXT_BYTES", "is_inside_character", "split", "text_bytes"]

MAX_CODE_POINT_BYTES = 4
SMALLEST_SHARE = 0.25
"""A part that ends well is at least so much of an even share, where there is another good end."""
_LINK_CELLS = 40  # so much of a link tells it from others

# Compiled with the first text that is too long: it would take 3 % of the start.
_A_TAG = r"(?i)<a(?=[\s>])|</a\s*>"
_KEPT_WHOLE = (
    r"(?i)https?://[!-;=-Z^-~]+|/:(?:[!-.0-;=-Z^-~]|<(?!/?a[\s>])){1,9}|\[[^\[\]\n]{1,16}\]|[\U0001f1e6-\U0001f1ff]{2}"
)
"""Addresses; WeChat's codes of faces: `/::)`, `/:rose`, `[微笑]`, `[Let Down]`; flags, two characters each."""

_CLOSING = "”’\"'」』）)】》〉］\\]"
_PAUSE = r"\s+"
_SENTENCE_END = rf"[。！？…；｡][。！？…；｡!?.]*+[{_CLOSING}]*+|[.!?;]++[{_CLOSING}]*+(?=[\s\u2e80-\U0003ffff]|$)"
_CLAUSE_END = rf"[，、：—～]++[{_CLOSING}]*+|[,:]++[{_CLOSING}]*+(?=[\s\u2e80-\U0003ffff]|$)"
_HAN = "\u2e80-\u2fff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BESIDE_HAN = rf"(?<=[{_HAN}])(?=[{_HAN}\w])|(?<=[0-9A-Za-z])(?=[{_HAN}])"

_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Me", "Mc"})
_FLAGS = range(0x1F1E6, 0x1F200)
_SKINS = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FIRST_JAMO = range(0x1100, 0x1160)
_LATER_JAMO = range(0x1160, 0x1200)
_HANGUL = range(0xAC00, 0xD7B0)
_BEFORE_NUMBERS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd")
_VIRAMA_CLASS = 9


def split(text: str, limit_bytes: int = MAX_TEXT_BYTES) -> tuple[str, ...]:
    """Return the text in as few parts as possible, none longer than the limit in bytes of UTF-8.

    A text that fits is returned as it is; of a longer one blanks at the beginning, at the end and at the cuts go.

    Raises:
        NotPossible: A link alone is longer than the limit.
    """
    if limit_bytes < MAX_CODE_POINT_BYTES:
        raise ValueError(f"limit_bytes is {limit_bytes}: a character may take {MAX_CODE_POINT_BYTES}")
    if text_bytes(text) <= limit_bytes:
        return (text,)
    stripped = text.strip()
    return (stripped,) if text_bytes(stripped) <= limit_bytes else _Splitter(stripped, limit_bytes).parts()


class _Splitter:
    """One text and where it may be cut."""

    def __init__(self, text: str, limit_bytes: int) -> None:
        self._text = text
        self._limit_bytes = limit_bytes
        wholes = sorted(_wholes(text, limit_bytes))
        self._starts = [start for start, _end in wholes]
        self._ends = [end for _start, end in wholes]

    def parts(self) -> tuple[str, ...]:
        text = self._text
        latest = self._cuts_from_end()
        left_bytes = text_bytes(text)
        parts: list[str] = []
        start = 0
        while left_bytes > self._limit_bytes:
            parts_left = max(2, len(latest) + 1 - len(parts))
            earliest = latest[parts_left - 2] if parts_left - 2 < len(latest) else 0
            cut = self._best_cut(start, earliest, left_bytes // parts_left)
            parts.append(text[start:cut].rstrip())
            following = _past_blanks(text, cut)
            left_bytes -= text_bytes(text[start:following])
            start = following
        if start < len(text) or not parts:
            parts.append(text[start:])
        return tuple(parts)

    def _cuts_from_end(self) -> list[int]:
        """Return the earliest cut behind which one part is enough, two parts are, and so on."""
        cuts: list[int] = []
        end = len(self._text)
        while (start := self._earliest_start(end)) > 0:
            end = len(self._text[:start].rstrip()) if self._text[start - 1].isspace() else start
            cuts.append(end)
        return cuts

    def _earliest_start(self, end: int) -> int:
        """Return where the longest part begins that ends here."""
        before = self._text[max(0, end - self._limit_bytes) : end]
        raw = before.encode("utf-8", "surrogatepass")[-self._limit_bytes :]
        lost = next(index for index, byte in enumerate(raw) if byte & 0xC0 != 0x80)
        farthest = end - len(raw[lost:].decode("utf-8", "surrogatepass"))
        start = farthest
        while start < end and self._is_inside(start):
            start += 1
        return _past_blanks(self._text, start) if start < end else farthest

    def _latest_end(self, start: int) -> int:
        """Return where the longest part may end that begins here."""
        farthest = start + self._characters(start, self._limit_bytes)
        end = farthest
        while end > start and self._is_inside(end):
            whole = self._whole_around(end)
            end = self._starts[whole] if whole is not None else end - 1
        return end if end > start else farthest

    def _characters(self, start: int, size_bytes: int) -> int:
        """Return how many characters from here take at most so many bytes."""
        raw = self._text[start : start + size_bytes].encode("utf-8", "surrogatepass")
        size = min(len(raw), size_bytes)
        while size < len(raw) and raw[size] & 0xC0 == 0x80:
            size -= 1
        return len(raw[:size].decode("utf-8", "surrogatepass"))

    def _best_cut(self, start: int, earliest: int, share_bytes: int) -> int:
        """Return the cut closest to an even share among the best ones there are."""
        latest = self._latest_end(start)
        earliest = min(max(earliest, start + 1), latest)
        even = min(max(start + self._characters(start, share_bytes), earliest), latest)
        near = start + self._characters(start, int(share_bytes * SMALLEST_SHARE))
        for find in (_paragraphs, _sentences):
            if (cut := self._closest(find(self._text, max(near, earliest), latest), even)) is not None:
                return cut
        for find in (_paragraphs, _sentences, _clauses, _besides_han):
            if (cut := self._closest(find(self._text, earliest, latest), even)) is not None:
                return cut
        for distance in range(latest - earliest + 1):
            for cut in (even - distance, even + distance):
                if earliest <= cut <= latest and not self._is_inside(cut):
                    return cut
        return latest

    def _closest(self, cuts: Iterator[int], even: int) -> int | None:
        closest = None
        for cut in cuts:
            if closest is not None and abs(cut - even) >= abs(closest - even):
                if cut > even:
                    break  # they only go farther away
            elif not self._is_inside(cut):
                closest = cut
        return closest

    def _is_inside(self, index: int) -> bool:
        """Whether a cut here would break a link, a code or a character."""
        return self._whole_around(index) is not None or _is_joined(self._text, index)

    def _whole_around(self, index: int) -> int | None:
        found = bisect_right(self._starts, index) - 1
        return found if found >= 0 and self._starts[found] < index < self._ends[found] else None


def _wholes(text: str, limit_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield what is kept in one piece: start and end."""
    links = list(_links(text))
    for start, end in links:
        if text_bytes(text[start:end]) > limit_bytes:
            said = _("A link of the text is longer than one message, {limit} bytes: {link}")
            link = clip(one_line(text[start : start + limit_bytes]), _LINK_CELLS)
            raise NotPossible(
                said.format(limit=limit_bytes, link=link), hint=_("Shorten it: cut in two it would not be a link.")
            )
        yield start, end
    starts = [start for start, _end in links]
    for whole in re.finditer(_KEPT_WHOLE, text):
        nearest = bisect_right(starts, whole.end() - 1) - 1
        if (nearest < 0 or links[nearest][1] <= whole.start()) and text_bytes(whole[0]) <= limit_bytes:
            yield whole.span()


def _links(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each `<a …>…</a>` stands: start and end. One without its end is no link."""
    opened = -1
    for tag in re.finditer(_A_TAG, text):
        if tag[0][1] != "/":
            opened = tag.start()
        elif opened >= 0:
            if text.find(">", opened, tag.start()) >= 0:
                yield opened, tag.end()
            opened = -1


def _paragraphs(text: str, first: int, last: int) -> Iterator[int]:
    return (blanks.start() for blanks in re.compile(_PAUSE).finditer(text, first, last + 1) if "\n" in blanks[0])


def _sentences(text: str, first: int, last: int) -> Iterator[int]:
    return _ends(_SENTENCE_END, text, first, last)


def _clauses(text: str, first: int, last: int) -> Iterator[int]:
    yield from sorted(
        [
            *(blanks.start() for blanks in re.compile(_PAUSE).finditer(text, first, last + 1)),
            *_ends(_CLAUSE_END, text, first, last),
        ]
    )


def _besides_han(text: str, first: int, last: int) -> Iterator[int]:
    return _ends(_BESIDE_HAN, text, first, last)


def _ends(pattern: str, text: str, first: int, last: int) -> Iterator[int]:
    """Yield where matches end; the character behind the last place is looked at, too."""
    for found in re.compile(pattern).finditer(text, max(0, first - 1), last + 1):
        if first <= found.end() <= last:
            yield found.end()


def _past_blanks(text: str, index: int) -> int:
    found = re.compile(_PAUSE).match(text, index)
    return found.end() if found else index


def is_inside_character(text: str, index: int) -> bool:
    """Whether what is seen as one character lies on both sides of a place."""
    if _is_joined(text, index):
        return True
    flags = 0
    while 0 <= index - 1 - flags < index < len(text) and ord(text[index - 1 - flags]) in _FLAGS:
        flags += 1
    return flags % 2 == 1 and ord(text[index]) in _FLAGS


def _is_joined(text: str, index: int) -> bool:
    """The same without flags, which are kept whole otherwise: to tell them all before are counted."""
    if not 0 < index < len(text):
        return False
    before, behind = text[index - 1], text[index]
    if before.isascii() and behind.isascii():
        return before == "\r" and behind == "\n"
    if _JOINER in (before, behind) or behind == "\u200c" or unicodedata.category(behind) in _MARKS:
        return True
    first, second = ord(before), ord(behind)
    if second in _SKINS or second in _TAGS or before in _BEFORE_NUMBERS:
        return True
    if unicodedata.combining(before) == _VIRAMA_CLASS and behind.isalpha():
        return True
    if second in _LATER_JAMO:
        return first in _FIRST_JAMO or first in _LATER_JAMO or first in _HANGUL
    return first in _FIRST_JAMO and (second in _FIRST_JAMO or second in _HANGUL)
