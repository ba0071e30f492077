"""When it rings, when it rings again, and when it stops."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfconsole.config.hours import DailySpan
from kfconsole.desk import alerts
from kfconsole.desk.alerts import MERGE_SECONDS, Alert, Cause, Memory, Overdue
from kfconsole.model import (
    AgentId,
    Contact,
    CustomerId,
    Desk,
    Feed,
    Health,
    Session,
    Waiting,
)

ANN, BOB, CAT = CustomerId("oAnn"), CustomerId("oBob"), CustomerId("oCat")
ME, LI = AgentId("me@shop"), AgentId("li@shop")
ALIVE = {feed: Health(succeeded_mono=1.0) for feed in Feed}
LATE_AFTER = 180.0
REPEAT_AFTER = 30.0


def waits(openid: CustomerId, since_at: float = 0.0) -> Overdue:
    return Overdue(openid, Cause.WAITS, since_at)


def unanswered(openid: CustomerId, since_at: float = 0.0) -> Overdue:
    return Overdue(openid, Cause.UNANSWERED, since_at)


def rung(*steps: tuple[float, Sequence[Overdue]], repeat_after: float = REPEAT_AFTER) -> list[tuple[float, Alert]]:
    """Go through moments, each with who is overdue then; return when it rang, and for whom."""
    memory, found = Memory(), []
    for now, present in steps:
        memory, alert = alerts.after(memory, present, now, repeat_after=repeat_after)
        if alert is not None:
            found.append((now, alert))
    return found


def times(*steps: tuple[float, Sequence[Overdue]], repeat_after: float = REPEAT_AFTER) -> list[float]:
    return [now for now, _alert in rung(*steps, repeat_after=repeat_after)]


def test_it_rings_at_once_and_then_ever_more_rarely_until_somebody_takes_the_customer() -> None:
    every_second = [(float(second), [waits(ANN)]) for second in range(3000)]
    taken: list[tuple[float, list[Overdue]]] = [(3000.0 + second, []) for second in range(2000)]

    assert times(*every_second, *taken) == [0, 30, 90, 210, 450, 930, 1530, 2130, 2730]


def test_it_rings_only_once_when_told_so() -> None:
    assert times(*[(float(second), [waits(ANN)]) for second in range(2000)], repeat_after=0) == [0]


def test_many_at_once_are_one_alert_that_names_the_worst() -> None:
    found = rung((0.0, [waits(BOB, -300), waits(ANN, -200), waits(CAT, -190)]))

    assert found == [(0.0, Alert(waits(BOB, -300), 3))]


def test_who_follows_closely_rings_with_the_next_alert() -> None:
    steps = [(float(second), [waits(ANN), waits(BOB, 1)] if second >= 4 else [waits(ANN)]) for second in range(60)]

    assert times(*steps) == [0, MERGE_SECONDS, MERGE_SECONDS + REPEAT_AFTER]


def test_somebody_new_rings_at_once_and_begins_the_pauses_anew() -> None:
    steps = [(float(second), [waits(ANN), waits(BOB, 1)] if second >= 100 else [waits(ANN)]) for second in range(200)]

    assert times(*steps) == [0, 30, 90, 100, 130, 190]


def test_who_came_back_is_new() -> None:
    assert times((0, [waits(ANN)]), (20, []), (40, [waits(ANN, 30)])) == [0, 40]


def test_our_own_customer_rings_once_and_is_not_repeated() -> None:
    steps = [(float(second), [unanswered(ANN)]) for second in range(2000)]

    assert times(*steps) == [0]


def test_a_repeat_is_about_those_who_wait_and_nobody_else() -> None:
    found = rung((0.0, [unanswered(ANN, -9), waits(BOB)]), (30.0, [unanswered(ANN, -9), waits(BOB)]))

    assert [alert for _at, alert in found] == [Alert(unanswered(ANN, -9), 2), Alert(waits(BOB), 1, is_repeat=True)]


def test_a_clock_set_back_does_not_silence_it() -> None:
    steps = [(100_000.0, [waits(ANN)]), *[(float(second), [waits(ANN)]) for second in range(100)]]

    assert times(*steps) == [100_000.0, 30, 90]


def test_in_quiet_hours_nothing_rings_and_afterwards_who_is_late_does() -> None:
    memory, quiet = alerts.after(Memory(), [waits(ANN)], 0.0, repeat_after=REPEAT_AFTER, is_quiet=True)
    still, none = alerts.after(memory, [waits(ANN), waits(BOB, 5)], 600.0, repeat_after=REPEAT_AFTER, is_quiet=True)
    _after, alert = alerts.after(still, [waits(ANN), waits(BOB, 5)], 1200.0, repeat_after=REPEAT_AFTER)

    assert (quiet, none) == (None, None)
    assert alert == Alert(waits(ANN), 2)


@pytest.mark.parametrize(
    ("span", "clock", "expected"),
    [
        (DailySpan(22 * 60, 8 * 60), "21:59", False),
        (DailySpan(22 * 60, 8 * 60), "22:00", True),
        (DailySpan(22 * 60, 8 * 60), "03:00", True),
        (DailySpan(22 * 60, 8 * 60), "07:59", True),
        (DailySpan(22 * 60, 8 * 60), "08:00", False),
        (DailySpan(12 * 60, 13 * 60 + 30), "12:00", True),
        (DailySpan(12 * 60, 13 * 60 + 30), "13:30", False),
        (DailySpan(12 * 60, 13 * 60 + 30), "00:00", False),
    ],
)
def test_quiet_hours_are_those_of_the_shop(span: DailySpan, clock: str, expected: bool) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    local = datetime(2026, 3, 9, int(clock[:2]), int(clock[3:]), 30, tzinfo=zone)

    assert span.holds(local.timestamp(), zone) is expected


@settings(max_examples=150, deadline=None)
@given(
    moments=st.lists(
        st.tuples(st.integers(1, 40), st.frozensets(st.sampled_from([ANN, BOB, CAT]))), min_size=1, max_size=60
    ),
    repeat_after=st.sampled_from([0, 5, 30, 700]),
)
def test_never_twice_within_a_pause_and_never_for_nobody(
    moments: list[tuple[int, frozenset[CustomerId]]], repeat_after: int
) -> None:
    memory, now = Memory(), 0.0
    rang_at, heard, repeats = -1e9, set[CustomerId](), 0
    for step, present in moments:
        now += step
        before = heard & present
        memory, alert = alerts.after(
            memory, [waits(openid) for openid in sorted(present)], now, repeat_after=repeat_after
        )
        if alert is None:
            heard = set(before)
            # Silence has a reason: nobody is overdue, or it rang a moment ago, or nobody is new and the pause lasts.
            is_new = bool(present - before)
            pause = MERGE_SECONDS if is_new else alerts.pause_seconds(repeats, repeat_after)
            assert not present or now - rang_at < pause
            continue
        assert present
        assert alert.count == len(present)
        assert now - rang_at >= MERGE_SECONDS
        if alert.is_repeat:
            assert present <= before
            assert now - rang_at >= alerts.pause_seconds(repeats, repeat_after)
        repeats = repeats + 1 if alert.is_repeat else 0
        rang_at, heard = now, set(present)


def desk(*, health: dict[Feed, Health] = ALIVE) -> Desk:
    return Desk(
        me=ME,
        queue=(Waiting(ANN, 900, 800.0, is_exact=False), Waiting(BOB, 990, 990.0, is_exact=True)),
        sessions=(Session(CAT, ME, 700),),
        contacts={CAT: Contact(CAT, unread=2)},
        health=health,
    )


def test_overdue_is_who_waits_or_goes_unanswered_for_too_long() -> None:
    found = alerts.overdue(desk(), 1000.0, late_after=LATE_AFTER, unanswered_since={CAT: 700.0})

    assert found == (Overdue(CAT, Cause.UNANSWERED, 700.0), Overdue(ANN, Cause.WAITS, 800.0, is_exact=False))


def test_what_is_remembered_from_the_last_run_rings_for_nobody() -> None:
    assert alerts.overdue(desk(health={}), 1000.0, late_after=LATE_AFTER, unanswered_since={CAT: 700.0}) == ()


def test_the_title_counts_who_is_late_and_what_is_unread_with_us() -> None:
    mine = (Session(CAT, ME, 700),)

    assert alerts.asking_count(desk(), mine, 1000.0, late_after=LATE_AFTER) == 2
    assert alerts.asking_count(desk(), (), 1000.0, late_after=LATE_AFTER) == 1
    assert alerts.asking_count(desk(health={}), mine, 1000.0, late_after=LATE_AFTER) == 1
    assert alerts.asking_count(desk(), mine, 1500.0, late_after=LATE_AFTER) == 3


def test_who_is_taken_by_any_agent_is_no_longer_overdue() -> None:
    taken = Desk(me=ME, queue=desk().queue, sessions=(Session(ANN, LI, 950),), health=ALIVE)

    assert alerts.overdue(taken, 1000.0, late_after=LATE_AFTER, unanswered_since={}) == ()
    assert alerts.asking_count(taken, (), 1000.0, late_after=LATE_AFTER) == 0
