"""Dates people type."""

from datetime import UTC, datetime

import pytest

from kfconsole import dates

WEDNESDAY = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 29, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "words", "month_day_hour"),
    [
        (WEDNESDAY, "上周一", (11, 16, 0)),
        (WEDNESDAY, "上周一 9:00", (11, 16, 9)),
        (WEDNESDAY, "上周五", (11, 20, 0)),
        (WEDNESDAY, "上星期三", (11, 18, 0)),
        (SUNDAY, "上周日", (11, 22, 0)),
        (SUNDAY, "上周一", (11, 16, 0)),
        (WEDNESDAY, "本周一", (11, 23, 0)),
        (WEDNESDAY, "这周三 9:00", (11, 25, 9)),
        (SUNDAY, "本周一", (11, 23, 0)),
        (WEDNESDAY, "周一", (11, 23, 0)),
        (WEDNESDAY, "周五", (11, 20, 0)),
        (WEDNESDAY, "last monday 9:00", (11, 23, 9)),
    ],
)
def test_a_weekday_lies_in_the_week_that_is_named(
    now: datetime, words: str, month_day_hour: tuple[int, int, int]
) -> None:
    found = dates.parse(words, now)

    assert (found.month, found.day, found.hour) == month_day_hour


@pytest.mark.parametrize(
    ("words", "days"), [("三天前", 3), ("两天前", 2), ("一周前", 7), ("十天前", 10), ("3 天前", 3), ("两个星期前", 14)]
)
def test_a_number_may_be_written_in_chinese(words: str, days: int) -> None:
    assert (WEDNESDAY - dates.parse(words, WEDNESDAY)).days == days


@pytest.mark.parametrize("words", ["上今天", "last 昨天", "本周", "上周八", "天前", "上"])
def test_what_makes_no_sense_is_not_understood(words: str) -> None:
    with pytest.raises(ValueError, match="Not understood"):
        dates.parse(words, WEDNESDAY)
