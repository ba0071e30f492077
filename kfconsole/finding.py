"""Whether a text is found by what somebody typed: its words, their pinyin, or the initials of that.

Any room that shows lists to choose from may import it; it knows nothing of what is in them.
"""

from collections.abc import Sequence

from kfconsole.text import clean, folded


def words_of(typed: str) -> tuple[str, ...]:
    """Return the words of a filter, as `matches` wants them."""
    return tuple(folded(clean(typed)).split())


def matches(text: str, wanted: Sequence[str]) -> bool:
    """Whether a text holds every one of some folded words."""
    haystack = folded(text)
    return all(word in haystack for word in wanted)
