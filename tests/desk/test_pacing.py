"""The arithmetic of limits, without a console: what is left lasts until midnight in Beijing."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.desk import pacing
from kfconsole.desk.pacing import Reading
from kfconsole.errors import AuthError, RateLimited, Unavailable

BEIJING = timezone(timedelta(hours=8))
MORNING = datetime(2026, 11, 23, 0, 0, tzinfo=BEIJING).timestamp()
NOON = MORNING + 12 * 3600
NEXT_READING_SECONDS = 600


def test_wechats_day_ends_at_midnight_in_beijing() -> None:
    assert pacing.seconds_to_midnight(MORNING) == 24 * 3600
    assert pacing.seconds_to_midnight(NOON) == 12 * 3600
    assert pacing.seconds_to_midnight(MORNING - 1) == 1
    assert pacing.day_of(MORNING) == pacing.day_of(MORNING - 1) + 1 == pacing.day_of(MORNING + 86399)


def test_only_the_daily_limit_is_the_daily_limit() -> None:
    assert pacing.is_day_limit(RateLimited("", retry_after_seconds=60, code=45009))
    assert not pacing.is_day_limit(RateLimited("", retry_after_seconds=60, code=45011))
    assert not pacing.is_day_limit(Unavailable("", may_have_arrived=False))
    assert not pacing.is_day_limit(AuthError("", code=45009))
    assert not pacing.is_day_limit(None)


def test_what_is_left_but_the_reserve_is_spread_over_the_rest_of_the_day() -> None:
    assert pacing.allowed_rate(Reading(NOON, 100_000, 13_600, 86_400)) == pytest.approx((86_400 - 10_000) / 43_200)


def test_calls_that_only_polling_makes_leave_a_small_reserve() -> None:
    reading = Reading(NOON, 100_000, 95_000, 5_000)

    assert pacing.allowed_rate(reading, reserve=pacing.QUEUE_RESERVE) == pytest.approx(3_000 / 43_200)


def test_once_little_is_left_a_part_of_it_is_still_spent() -> None:
    assert pacing.allowed_rate(Reading(NOON, 100_000, 99_000, 1_000)) == pytest.approx(250 / 43_200)
    assert pacing.allowed_rate(Reading(NOON, 100_000, 100_000, 0)) == 0


def test_hours_that_are_slow_anyway_leave_more_to_the_others() -> None:
    reading = Reading(NOON, 100_000, 13_600, 86_400)

    assert pacing.allowed_rate(reading, seconds=21_600) == 2 * pacing.allowed_rate(reading)


def test_when_nothing_is_left_is_known_unless_it_is_after_midnight() -> None:
    reading = Reading(NOON, 1_000, 400, 600)

    assert pacing.runs_out_at(reading, 0.5) == NOON + 1_200
    assert pacing.runs_out_at(reading, 0.01) is None
    assert pacing.runs_out_at(reading, 0.0) is None
    assert pacing.runs_out_at(Reading(NOON, 1_000, 1_000, 0), 0.0) == NOON


@pytest.mark.parametrize(
    ("stretch", "idle_share", "expected"),
    [
        (1.0, 0.5, (1.0, 1.0)),
        (1.5, 0.5, (3.0, 1.0)),
        (4.0, 0.5, (60.0, 2.069)),
        (4.0, 0.0, (60.0, 4.0)),
        (1_000.0, 0.5, (60.0, 60_000.0)),
    ],
)
def test_idle_agents_are_asked_for_more_rarely_before_the_others_are(
    stretch: float, idle_share: float, expected: tuple[float, float]
) -> None:
    assert pacing.shared_out(stretch, idle_share, most_idle=60.0) == pytest.approx(expected, rel=1e-3)


@given(stretch=st.floats(1.0, 50.0), idle_share=st.floats(0.0, 0.95))
def test_what_is_saved_with_idle_agents_and_others_is_as_much_as_with_all(stretch: float, idle_share: float) -> None:
    idle, others = pacing.shared_out(stretch, idle_share, most_idle=60.0)

    assert idle_share / idle + (1 - idle_share) / others <= 1 / stretch + 1e-9


def test_the_rate_is_what_the_whole_account_used_since_the_last_reading() -> None:
    before, now = Reading(NOON, 1000, 100, 900), Reading(NOON + 600, 1000, 160, 840)

    assert pacing.used_rate(now, before, own_rate=5.0) == pytest.approx(0.1)


@pytest.mark.parametrize(
    "before",
    [
        None,
        Reading(NOON - 86_400, 1000, 100, 900),
        Reading(NOON + 1, 1000, 100, 900),
        Reading(NOON - 60, 100_000, 90_000, 10_000),
    ],
    ids=["none", "yesterday", "later", "counter cleared"],
)
def test_without_a_reading_to_compare_the_day_so_far_and_our_own_pace_count(before: Reading | None) -> None:
    now = Reading(NOON, 100_000, 86_400, 13_600)

    assert pacing.used_rate(now, before, own_rate=0.5) == pytest.approx(2.0)
    assert pacing.used_rate(now, before, own_rate=3.0) == 3.0


def test_a_minute_after_midnight_a_few_calls_are_no_trend() -> None:
    assert pacing.used_rate(Reading(MORNING + 60, 10_000, 60, 9_940), None, own_rate=0.01) == pytest.approx(0.1)


def test_an_interval_stays_as_it_is_while_all_lasts() -> None:
    assert pacing.stretch(0.5, 0.5, current=1.0, most=300) == 1.0
    assert pacing.stretch(0.0, 0.0, current=1.0, most=300) == 1.0
    assert pacing.stretch(0.1, 0.5, current=4.0, most=300) == 1.0


def test_an_interval_is_stretched_by_what_is_used_too_fast_and_never_beyond_all_sense() -> None:
    assert pacing.stretch(1.0, 0.25, current=1.0, most=300) == 4.0
    assert pacing.stretch(0.5, 0.25, current=4.0, most=300) == 8.0
    assert pacing.stretch(1.0, 0.0, current=1.0, most=300) == 300
    assert pacing.stretch(1.0, 0.000_001, current=1.0, most=300) == 300


@given(
    consoles=st.integers(1, 6),
    own_rate=st.floats(0.05, 1.0),
    others_rate=st.floats(0.0, 0.2),
    daily_limit=st.integers(30_000, 100_000),
)
def test_however_many_consoles_ask_the_day_ends_with_some_of_the_reserve_left(
    consoles: int, own_rate: float, others_rate: float, daily_limit: int
) -> None:
    """Consoles that slow down, and a program that does not; each reading comes ten minutes after the last."""
    at, used, current = MORNING, 0.0, 1.0
    before: Reading | None = None
    while at < MORNING + 86_400:
        reading = Reading(at, daily_limit, int(used), daily_limit - int(used))
        rate = pacing.used_rate(reading, before, own_rate)
        current = pacing.stretch(rate, pacing.allowed_rate(reading), current=current, most=1_000)
        before = reading
        used += (consoles * own_rate / current + others_rate) * NEXT_READING_SECONDS
        at += NEXT_READING_SECONDS
    wanted = (consoles * own_rate + others_rate) * 86_400

    # The first ten minutes pass at the pace of one console, as nobody knows of the others yet.
    unseen = (consoles - 1) * own_rate * NEXT_READING_SECONDS
    assert used <= max(daily_limit * 0.97, others_rate * 86_400) + unseen
    assert used >= min(wanted, daily_limit * 0.85) * 0.95


def test_little_is_left_below_a_tenth() -> None:
    assert not pacing.is_scarce(100, 1_000)
    assert pacing.is_scarce(99, 1_000)
