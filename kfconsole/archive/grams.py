"""Text as the index of words holds it: every two neighbouring characters are one entry, and the last one alone.

So a word of two characters is one entry, one character is the beginning of an entry, and a longer word is found where
all its entries are and then looked at. Nothing is known of languages: Chinese has no blanks between its words, and the
middle of an order number is looked for as often as its beginning. Where one character is repeated, all of it is an
entry too: a laugh of five would else be looked for in every laugh of two.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from kfconsole.text import clean, folded

_WIDE: Final = 0xFEE0  # from an ASCII character to its wide twin
# The index takes letters and digits of ASCII for parts of words and nothing else of ASCII: the rest goes in as wide.
_INDEXED: Final = {code: code + _WIDE for code in range(0x21, 0x7F) if not chr(code).isalnum()}
_MARK: Final = "\x80"  # no cleaned text holds it
_REPEATED: Final = re.compile(r"(\S)\1{2,}")
_REPEATED_AT_MOST: Final = 8
_PARTS_AT_MOST: Final = 12  # what has so many entries of a long word is worth a look


def entries(text: str, *marks: str) -> str:
    """Return what the index holds of a text, separated by blanks, and of what else is known of it."""
    found: list[str] = []
    indexed = folded(text).translate(_INDEXED)
    for word in indexed.split():
        found.extend(map(str.__add__, word, word[1:]))
        found.append(word[-1])
    for repeated in _REPEATED.finditer(indexed):
        length = min(len(repeated[0]), _REPEATED_AT_MOST)
        found.extend(repeated[1] * count for count in range(3, length + 1))
    found.extend(_MARK + mark for mark in marks)
    return " ".join(found)


def split(words: str) -> tuple[str, ...]:
    """Return the words that are looked for, each once: the longest first, as most texts lack it."""
    return tuple(sorted(set(folded(clean(words)).split()), key=lambda word: (-len(word), word)))


def wanted(words: Sequence[str], marks: Iterable[str] = ()) -> str:
    """Return the index's own query for a text that may hold all the words, as `split`; empty: it asks for nothing.

    The text has to be looked at: three characters may all stand in it and yet not together, and of very many words
    not all are asked for.
    """
    parts = dict.fromkeys(f'"{_MARK}{mark}"' for mark in marks)
    for word in words:
        if len(parts) >= _PARTS_AT_MOST:
            break
        indexed = word[: _PARTS_AT_MOST + 1].translate(_INDEXED)
        found = [repeated[0][:_REPEATED_AT_MOST] for repeated in _REPEATED.finditer(indexed)]
        found.extend(map(str.__add__, indexed, indexed[1:]))
        parts.update(dict.fromkeys(f'"{part}"' for part in found))
        if len(word) == 1:
            parts[f'"{indexed}"*'] = None
    return " AND ".join(parts)
