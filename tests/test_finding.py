"""Finding by words, pinyin and initials."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole import finding
from kfconsole.text import folded

NAMES = st.text(st.sampled_from("张李王乐单吕行重女士先生 VIPé[]/＃1２😀"), max_size=12)


@pytest.fixture(autouse=True)
def _prepared() -> None:
    finding.prepare()


def found(text: str, typed: str) -> bool:
    return finding.matches(text, finding.words_of(typed))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("zhangnvshi", "张女士"),
        ("zns", "张女士"),
        ("ZNS", "张女士"),
        ("zhns", "张女士"),
        ("zhangn", "张女士"),
        ("nvs", "张女士"),
        ("女士", "张女士"),
        ("女 张", "张女士"),
        ("zns vip", "VIP 张女士"),
        ("vipz", "VIP 张女士"),
        ("leh", "乐活小店"),
        ("yueh", "乐活小店"),
        ("dan", "单先生"),
        ("shan", "单先生"),
        ("chan", "单先生"),
        ("lv", "吕姐"),
        ("lu", "吕姐"),
        ("lyu", "吕姐"),
        ("xian", "西安人"),
        ("z", "張先生"),
        ("lis", "李😀四"),
        ("ｚｎｓ", "张女士"),
        ("", "anything"),
        ("[/b]", "[/b] x"),
    ],
)
def test_a_name_is_found_by(typed: str, name: str) -> None:
    assert found(name, typed)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("hang", "张女士"),  # no syllable begins so
        ("zs", "张女士"),  # a character is passed over
        ("zhangx", "张女士"),
        ("zns li", "张女士"),
        ("xia n", "先"),
        ("z.s", "张女士"),
        ("女zhang", "张女士"),
    ],
)
def test_a_name_is_not_found_by(typed: str, name: str) -> None:
    assert not found(name, typed)


def test_what_somebody_said_is_looked_through_for_the_words_alone() -> None:
    assert finding.matches("张女士", finding.words_of("退货"), said="我想退货")
    assert not finding.matches("张女士", finding.words_of("xth"), said="我想退货")
    assert finding.matches("张女士", finding.words_of("zns 退货"), said="我想退货")


def test_a_name_that_can_be_read_in_very_many_ways_is_found_by_every_reading_of_a_character() -> None:
    name = "乐单行重朝曾" * 5

    assert found(name, "le")
    assert found(name, "yue")
    assert found(name, "chan")
    assert found(name, "ldxz")


@given(NAMES, st.data())
def test_every_part_of_a_text_finds_it(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name)))
    end = data.draw(st.integers(start, len(name)))

    assert found(name, name[start:end])


@given(NAMES, st.text(st.sampled_from("zhangnvslewu张. "), max_size=6))
def test_who_types_on_finds_no_more_than_before(name: str, typed: str) -> None:
    for end in range(len(typed)):
        if not found(name, typed[:end]):
            assert not found(name, typed[: end + 1])


@given(st.text(max_size=30), st.text(max_size=8))
def test_any_text_can_be_looked_through_for_any_other(text: str, typed: str) -> None:
    found(text, typed)

    assert all(word == folded(word) for word in finding.words_of(typed))


def test_until_pinyin_is_there_texts_are_found_by_their_words() -> None:
    program = (
        "import sys; from kfconsole import finding\n"
        "print(finding.is_prepared(), finding.matches('张女士', ['女士']), finding.matches('张女士', ['zns']))\n"
        "print('pypinyin' in sys.modules)\n"
        "finding.prepare()\n"
        "print(finding.is_prepared(), finding.matches('张女士', ['zns']), 'pypinyin.phrases_dict' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines() == ["False True False", "False", "True True False"]
