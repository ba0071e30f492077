"""Text as the index of words holds it: every two neighbouring characters are one entry, and the last one alone.

So a word of two characters is one entry, one character is the beginning of an entry, and a longer word is found where
all its entries are and then looked at. Nothing is known of languages: Chinese has no blanks between its words, and the
middle of an order number is looked for as often as its beginning.
"""

from typing import Final

_WIDE: Final = 0xFEE0  # from an ASCII character to its wide twin
_PLAIN: Final = range(0x21, 0x7F)
# The index takes letters and digits of ASCII for parts of words and nothing else of ASCII: the rest goes in as wide.
_FOLDED: Final = {
    (code + _WIDE if chr(code).isalnum() else code): (code if chr(code).isalnum() else code + _WIDE) for code in _PLAIN
}


def folded(text: str) -> str:
    """Return the text with capitals small and wide letters narrow; each character stays in its place."""
    lower = text.lower()
    if len(lower) != len(text):  # some capitals become two characters
        lower = "".join(small if len(small := character.lower()) == 1 else character for character in text)
    return lower.translate(_FOLDED)


def entries(text: str) -> str:
    """Return what the index holds of a text, separated by blanks."""
    found: list[str] = []
    for word in folded(text).split():
        found.extend(map(str.__add__, word, word[1:]))
        found.append(word[-1])
    return " ".join(found)


def wanted(words: str) -> str:
    """Return the index's own query for a text that holds all of some words, each somewhere."""
    parts: dict[str, None] = {}
    for word in folded(words).split():
        parts.update(dict.fromkeys(f'"{pair}"' for pair in map(str.__add__, word, word[1:])))
        if len(word) == 1:
            parts[f'"{word}"*'] = None
    return " AND ".join(parts)


def has_to_be_read(words: str) -> tuple[str, ...]:
    """Return the words that may be missing where all their entries are, folded."""
    return tuple(word for word in folded(words).split() if len(word) > 2)
