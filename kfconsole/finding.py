"""Whether a text is found by what somebody typed: its words, their pinyin, or the initials of that.

Any room that shows lists to choose from may import it; it knows nothing of what is in them. Nobody waits for the
dictionary of readings: until `prepare` has run, in a thread, texts are found by their own words alone.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import product

from kfconsole.text import clean, folded

MAX_VARIANTS = 64  # ways to read one text; where there are more, each reading of a character is in one of them
MAX_SPOKEN = 64  # characters whose sound is looked at: a name, or how a canned reply begins
MAX_KEPT = 100_000  # texts whose readings are kept, at about 200 B each
_START = "\n"  # before each syllable; in no syllable
_UNITS = re.compile(r"[a-z0-9]+|[^\W_]")  # words and numbers as a whole, everything else by character
_TYPED = re.compile(r"[a-z0-9]+")
_FIRST_HAN = "\u2e80"


def words_of(typed: str) -> tuple[str, ...]:
    """Return the words of a filter, as `matches` wants them."""
    return tuple(folded(clean(typed)).split())


def matches(text: str, wanted: Sequence[str], *, said: str = "") -> bool:
    """Whether each of some folded words is found in a text.

    A word is found as it stands; or, where characters are read, by the beginnings of syllables in a row: 张女士 by
    `zhangnvshi`, `zns`, `zhangn` and `nvs`, whichever reading of a character is meant.

    Args:
        text: A name, or what else people call the thing by.
        wanted: From `words_of`.
        said: What is looked through for the words as they stand only: by the initials of all they say, too many
            would be found.
    """
    return sought(text, said).holds(wanted)


class Sought:
    """A text made ready to be looked through many times."""

    __slots__ = ("_plain", "_spoken", "name")

    def __init__(self, name: str, plain: str) -> None:
        self.name = name
        self._plain = plain
        self._spoken = "" if name.isascii() else None
        """None: not known yet."""

    def holds(self, wanted: Sequence[str]) -> bool:
        """Whether each of some folded words is found."""
        for word in wanted:
            if word not in self._plain:
                spoken = self._spoken
                if spoken is None and (spoken := _READINGS.spoken(self.name)):
                    self._spoken = spoken
                if not spoken or _START + word[0] not in spoken or not _is_spoken(word, spoken):
                    return False
        return True

    def prepare(self) -> None:
        """Look up how it is read; the dictionary has to be there."""
        self.holds("\0")


def sought(text: str, said: str = "") -> Sought:
    """Make a text ready; see `matches`."""
    name = folded(text)
    return Sought(name, f"{name}\n{folded(said)}" if said else name)


def is_prepared() -> bool:
    """Whether pinyin is known already."""
    return _READINGS.is_loaded


def prepare() -> None:
    """Read the dictionary; call it in a thread, as it takes longer than a frame. Calling it again is cheap."""
    _READINGS.load()


def _is_spoken(word: str, spoken: str) -> bool:
    pattern = _pattern(word)
    return pattern is not None and pattern.search(spoken) is not None


@lru_cache(maxsize=64)
def _pattern(word: str) -> re.Pattern[str] | None:
    """Return what finds a word in a reading: after each letter the syllable goes on, or the next one begins."""
    if not _TYPED.fullmatch(word):
        return None
    return re.compile(_START + f"(?:[^{_START}]*{_START})?".join(word))


class _Readings:
    """How texts are read. It follows from the texts alone, so one will do for every desk of the process."""

    def __init__(self) -> None:
        self._look_up: Callable[[str], tuple[str, ...]] | None = None
        self._spoken: dict[str, str] = {}

    @property
    def is_loaded(self) -> bool:
        """Whether any is known."""
        return self._look_up is not None

    def load(self) -> None:
        """Read the dictionary."""
        if self._look_up is not None:
            return
        # Its phrases cost three times as much again and know few names; here any reading of a character counts.
        os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
        os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
        from pypinyin import Style, pinyin

        @cache
        def look_up(character: str) -> tuple[str, ...]:
            if character < _FIRST_HAN:
                return (character,)
            found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
            return tuple(dict.fromkeys(typed for reading in found[0] for typed in _as_typed(reading))) if found else ()

        self._look_up = look_up

    def spoken(self, text: str) -> str:
        """Return every way to read a folded text, syllable by syllable; empty while nothing is known."""
        if self._look_up is None:
            return ""
        known = self._spoken.get(text)
        if known is None:
            if len(self._spoken) >= MAX_KEPT:
                self._spoken.clear()
            known = self._spoken[text] = "".join(_ways(text[:MAX_SPOKEN], self._look_up))
        return known


def _as_typed(reading: str) -> tuple[str, ...]:
    """Return how a syllable is typed: ü has no key, and is v to one, u or yu to another."""
    return (reading, reading.replace("v", "u"), reading.replace("v", "yu")) if "v" in reading else (reading,)


def _ways(text: str, look_up: Callable[[str], tuple[str, ...]]) -> Iterator[str]:
    units = [look_up(unit) if unit >= _FIRST_HAN else (unit,) for unit in _UNITS.findall(text)]
    units = [readings or ("?",) for readings in units]  # what cannot be read ends a word, and is no blank
    count = 1
    for readings in units:
        count *= len(readings)
    ways: Iterable[Sequence[str]] = product(*units)
    if count > MAX_VARIANTS:
        ways = ([readings[number % len(readings)] for readings in units] for number in range(max(map(len, units))))
    # The empty syllable between two ways keeps a word from going across.
    return (_START + _START.join(way) + _START for way in ways)


_READINGS = _Readings()
