"""Variables in canned replies."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.canned import Values, fill, find_unresolved
from kfconsole.canned.filling import escaped, unknown_variables

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
ALL = Values(customer="王姐", agent="晓雯", at=AT)


def test_each_variable_stands_for_what_is_known_in_both_languages() -> None:
    assert fill("{customer}，{greeting}，我是{agent}，现在{time}", ALL).text == "王姐，下午好，我是晓雯，现在14:05"
    assert fill("{顾客} {问候} {客服} {时间}", ALL).text == "王姐 下午好 晓雯 14:05"
    assert fill("{greeting}, this is {agent}", ALL).text == "Good afternoon, this is 晓雯"


@pytest.mark.parametrize(
    ("hour", "chinese", "english"),
    [
        (0, "晚上好", "Good evening"),
        (5, "早上好", "Good morning"),
        (9, "上午好", "Good morning"),
        (11, "中午好", "Good afternoon"),
        (13, "下午好", "Good afternoon"),
        (18, "晚上好", "Good evening"),
    ],
)
def test_the_greeting_follows_the_hour_and_the_language_of_the_reply(hour: int, chinese: str, english: str) -> None:
    values = Values(at=AT.replace(hour=hour))

    assert fill("{greeting}！", values).text == f"{chinese}！"
    assert fill("{greeting}!", values).text == f"{chinese}!"
    assert fill("{greeting}, dear", values).text == f"{english}, dear"


def test_what_is_not_known_stays_and_is_found() -> None:
    filled = fill("{time} {customer}您好 {agent}", Values(at=AT))

    assert filled.text == "14:05 {customer}您好 {agent}"
    assert [filled.text[start:end] for start, end in filled.unresolved] == ["{customer}", "{agent}"]
    assert find_unresolved(filled.text) == filled.unresolved[0]
    assert find_unresolved("王姐您好 {微笑} {}") is None


def test_braces_that_are_meant_are_doubled_and_others_are_left_alone() -> None:
    assert fill("{{time}} { } {0} {a b} }", ALL).text == "{time} { } {0} {a b} }"
    assert unknown_variables("{{x}} {y} {微笑} {customer}") == ("y", "微笑")


def test_a_value_is_never_looked_through_for_variables() -> None:
    filled = fill("{customer}，{agent}", Values(customer="{agent}{{", agent="{time}", at=AT))

    assert filled.text == "{agent}{{，{time}"
    assert filled.unresolved == ()


@given(st.text(alphabet="{}ab好 \n"))
def test_a_text_written_by_hand_and_kept_says_the_same(text: str) -> None:
    assert fill(escaped(text), ALL).text == text
    assert unknown_variables(escaped(text)) == ()


def test_a_variable_written_by_hand_stays_one() -> None:
    assert escaped("{customer} {x} {{") == "{customer} {{x}} {{{{"
