"""Text from outside: cleaned, measured, clipped and wrapped in cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.text import clean, clip, fit, folded, found_spans, one_line, width_cells, wrap
from tests.conftest import HOSTILE

TEXTS = st.text() | st.text(alphabet="ab 你好，👨‍👩‍👧❤️\t\n\x1b\x07\x9b\u202e\ud800")
CLEAN_TEXTS = TEXTS.map(clean)
CELLS = st.integers(min_value=0, max_value=30)
BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]


@given(TEXTS)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(TEXTS)
def test_cleaning_deletes_nothing(text: str) -> None:
    assert len(clean(text)) == len(text)


@given(TEXTS)
def test_clean_text_steers_no_terminal_and_can_be_encoded(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")

    assert not any(ord(char) < 0x20 and char not in "\n\t" for char in cleaned)
    assert not any(0x7F <= ord(char) <= 0x9F or ord(char) in BIDI for char in cleaned)


@pytest.mark.parametrize("kept", ["plain", "汉字，。", "👨‍👩‍👧", "❤️", "a\nb\tc", "[b]x[/b]"])
def test_harmless_text_stays_as_it_is(kept: str) -> None:
    assert clean(kept) == kept


def test_each_control_character_has_its_own_picture() -> None:
    assert clean("\x00\x1b\x7f\r") == "␀␛␡␍"
    assert clean("\x9b\u202e\ud800") == "␦␦␦"


@given(TEXTS)
def test_one_line_has_no_line_end(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1 or "\x1b" not in clean(text)
    assert "\n" not in one_line(text)


@given(CLEAN_TEXTS, CELLS)
def test_clipped_text_is_never_wider(text: str, cells: int) -> None:
    assert width_cells(clip(text, cells)) <= cells


@given(CLEAN_TEXTS, CELLS)
def test_text_that_fits_is_not_clipped(text: str, cells: int) -> None:
    if width_cells(text) <= cells and cells:
        assert clip(text, cells) == text


@given(CLEAN_TEXTS, CELLS, st.booleans())
def test_fitted_text_is_exactly_as_wide_as_its_column(text: str, cells: int, align_right: bool) -> None:
    assert width_cells(fit(text, cells, align_right=align_right)) == cells


def test_two_cell_characters_are_cut_whole() -> None:
    assert clip("你好吗", 4) == "你…"
    assert fit("你好吗", 4) == "你… "
    assert clip("你好", 1) == "…"


def test_an_emoji_of_several_parts_is_cut_whole() -> None:
    assert clip("👨‍👩‍👧x" * 2, 4) == "👨‍👩‍👧x…"


@given(CLEAN_TEXTS, st.integers(min_value=2, max_value=30))
def test_wrapped_lines_are_never_wider(text: str, cells: int) -> None:
    assert all(width_cells(line) <= cells for line in wrap(text, cells))


@given(CLEAN_TEXTS, st.integers(min_value=2, max_value=30))
def test_wrapping_loses_nothing_but_blanks(text: str, cells: int) -> None:
    def solid(words: str) -> str:
        return "".join(char for char in words if char not in " \n\t")

    assert solid("".join(wrap(text, cells))) == solid(text)


def test_words_stay_whole_and_chinese_may_break_anywhere() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("退货地址在哪里", 6) == ["退货地", "址在哪", "里"]
    assert wrap("a\n\nb", 8) == ["a", "", "b"]
    assert wrap("", 8) == [""]


def test_hostile_text_is_harmless_on_one_line() -> None:
    line = one_line(clean(HOSTILE))

    assert line == "[/b] [@click=app.quit]x[/] ␛]0;t␇ ␦ 👨‍👩‍👧 你好"


@given(TEXTS | st.text(alphabet="aAİßΣςσǅＡ１！ﬁ退"))
def test_folding_leaves_every_character_in_its_place(text: str) -> None:
    assert [folded(character) for character in text] == list(folded(text))
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize("written", ["vip-88！", "VIP-88!", "ＶＩＰ－８８！", "ｖip－88!"])
def test_capitals_and_wide_letters_are_searched_as_small_ones(written: str) -> None:
    assert folded(written) == "vip-88!"


@pytest.mark.parametrize(
    ("text", "words", "spans"),
    [
        ("我要退款，退款！", "退款", [(2, 4), (5, 7)]),
        ("哈哈哈", "哈哈", [(0, 3)]),
        ("Order ＡＢ12", "ab 12 order", [(0, 5), (6, 10)]),
        ("Order AB12", "b1 rde", [(1, 4), (7, 9)]),
        ("nothing", "", []),
        ("nothing", " \t ", []),
        ("a␀b", "\x00", [(1, 2)]),
        ("lone ␦", "\ud800", [(5, 6)]),
        ("İi", "i", [(0, 2)]),
    ],
)
def test_words_are_marked_where_they_stand(text: str, words: str, spans: list[tuple[int, int]]) -> None:
    assert found_spans(text, words) == spans


@given(CLEAN_TEXTS, CLEAN_TEXTS)
def test_what_is_marked_is_in_order_and_inside_the_text(text: str, words: str) -> None:
    ends = [end for span in found_spans(text, words) for end in span]

    assert ends == sorted(set(ends))
    assert all(0 <= end <= len(text) for end in ends)
