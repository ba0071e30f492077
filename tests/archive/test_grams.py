"""Text as the index of words holds it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.archive import grams
from kfconsole.text import clean, folded
from tests.conftest import HOSTILE

TEXTS = st.text().map(clean) | st.text(alphabet="aAß１!\"'*- 退款哈😀👨‍👩‍👧\n\t\u3000").map(clean)


def parts(query: str) -> list[str]:
    """Return the parts of a query, each a quoted entry, `*` behind the beginning of one."""
    return query.split(" AND ") if query else []


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("退款", "退款 款"),
        ("我要退款", "我要 要退 退款 款"),
        ("iPhone 15", "ip ph ho on ne e 15 5"),
        ("ＩＰ！", "ip p！ ！"),
        ("a-b", "a－ －b b"),
        ("哈哈", "哈哈 哈"),
        ("哈哈哈哈", "哈哈 哈哈 哈哈 哈 哈哈哈 哈哈哈哈"),
        ("😀", "😀"),
        (" \n\t\u3000", ""),
        ("", ""),
    ],
)
def test_the_index_holds_neighbours_and_the_last_character_of_each_word(text: str, held: str) -> None:
    assert grams.entries(text) == held


@given(TEXTS, st.data())
def test_a_text_has_every_entry_that_any_of_its_parts_asks_for(text: str, data: st.DataObject) -> None:
    words = []
    for _word in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        words.append(text[start : data.draw(st.integers(start, len(text)))])
    query = grams.wanted(grams.split(" ".join(words)))
    held = set(grams.entries(text).split(" "))

    for part in parts(query):
        if part.endswith("*"):
            assert any(entry.startswith(part[1:-2]) for entry in held)
        else:
            assert part[1:-1] in held


@given(st.text() | st.just(HOSTILE))
def test_whatever_is_typed_is_no_syntax_of_the_index(words: str) -> None:
    for part in parts(grams.wanted(grams.split(words))):
        assert re.fullmatch(r'"[a-z0-9\x80-\U0010ffff]{1,8}"\*?', part), part
        assert not re.search(r"[\x80-\x9f]|\s", part)


def test_a_query_is_short_however_much_is_typed() -> None:
    chinese = "".join(map(chr, range(0x4E00, 0x4E00 + 10_000)))

    assert len(parts(grams.wanted(grams.split(chinese)))) <= 13
    assert len(parts(grams.wanted(grams.split(" ".join(chinese))))) <= 13


def test_a_mark_is_no_entry_of_any_text() -> None:
    marked = set(grams.entries("", "a1").split())

    assert not marked & set(grams.entries(clean("\x80a1 \x80 a1")).split())
    assert parts(grams.wanted((), ["a1"])) == [f'"{entry}"' for entry in marked]


def test_words_are_each_looked_for_once_the_longest_first() -> None:
    assert grams.split(" b ABC  退款\u3000abc\nａ a ") == ("abc", "退款", "a", "b")


@given(st.text())
def test_words_are_folded_like_texts(words: str) -> None:
    assert all(word in folded(clean(words)) for word in grams.split(words))
