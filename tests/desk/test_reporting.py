"""What the numbers of a report are, case by case."""

import asyncio
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfconsole.archive import Archive
from kfconsole.desk.reporting import By, Excluded, Metric, Order, Report, reckon
from kfconsole.desk.reporting.figures import LISTED, Tally
from kfconsole.desk.reporting.gathering import missing
from kfconsole.desk.reporting.reckoning import Reckoning
from kfconsole.model import (
    AgentId,
    CustomerId,
    Feed,
    MessageKind,
    Record,
    Session,
    SessionSeen,
    Spoken,
    Wait,
    Waiting,
    WaitOutcome,
)
from tests.desk.reported_day import whole

ANN, BOB = CustomerId("oLh7e5Ann"), CustomerId("oLh7e5Bob")
ME, LI = AgentId("me@shop"), AgentId("li@shop")
T = 1_750_000_000
RECEIVED, SENT, CLOSED = MessageKind.RECEIVED, MessageKind.SENT, MessageKind.CLOSED
ALWAYS = ((0.0, 9e12),)
NEVER: tuple[tuple[float, float], ...] = ()


def report_of(
    *said: tuple[MessageKind, int] | Spoken,
    sessions: tuple[SessionSeen, ...] = (SessionSeen(ANN, ME, T, T + 1, T + 900),),
    waits: tuple[Wait, ...] = (),
    gaps: tuple[tuple[float, float], ...] = (),
    watched: tuple[tuple[float, float], ...] = ALWAYS,
    by: By = By.AGENT,
) -> Report:
    order = Order(T - 100, T + 1000, by, ZoneInfo("Asia/Shanghai"))
    reckoning = Reckoning(order, waits, sessions, gaps, watched)
    whole(
        reckoning.hear([line if isinstance(line, Spoken) else Spoken(ANN, ME, line[0], T + line[1]) for line in said])
    )
    whole(reckoning.finish())
    return whole(reckoning.report(NEVER))


def seconds(report: Report, what: Metric | Excluded) -> list[int]:
    return [case.seconds for case in report.total.cases.get(what, ())]


def test_a_first_response_is_the_first_reply_that_a_person_wrote() -> None:
    machine = Spoken(ANN, ME, SENT, T + 5, is_ai=True)
    report = report_of(machine, (SENT, 20), (SENT, 30))

    assert seconds(report, Metric.FIRST_RESPONSE) == [20]
    assert (report.total.count(Metric.SENT), report.total.count(Metric.SENT_BY_MACHINE)) == (2, 1)


def test_a_response_is_from_the_first_message_since_the_last_reply() -> None:
    report = report_of((SENT, 10), (RECEIVED, 20), (RECEIVED, 50), (SENT, 60), (RECEIVED, 70), (SENT, 75), (SENT, 90))

    assert seconds(report, Metric.RESPONSE) == [40, 5]


def test_a_send_of_unknown_outcome_is_no_reply_and_is_counted() -> None:
    report = report_of(Spoken(ANN, ME, SENT, T + 5, is_unknown=True))

    assert (seconds(report, Metric.FIRST_RESPONSE), report.total.excluded) == (
        [],
        {Excluded.SEND_UNKNOWN: 1, Excluded.NOT_ANSWERED: 1, Excluded.WAIT_UNSEEN: 1},
    )


def test_what_lies_in_a_gap_of_the_records_is_in_no_number() -> None:
    report = report_of((SENT, 10), (RECEIVED, 20), (SENT, 60), (RECEIVED, 70), (SENT, 75), gaps=((T + 30, T + 40),))

    assert seconds(report, Metric.FIRST_RESPONSE) == [10]
    assert seconds(report, Metric.RESPONSE) == [5]
    assert report.total.excluded[Excluded.TURN_RECORDS_MISSING] == 1
    assert report.total.records_missing_seconds == 10


def test_an_end_is_what_the_records_say_before_what_the_console_noticed() -> None:
    assert seconds(report_of((CLOSED, 893)), Metric.HANDLING) == [893]
    assert seconds(report_of(), Metric.HANDLING) == [900]


@pytest.mark.parametrize("watched", [NEVER, ((T - 50.0, T + 500.0),), ((T + 895.0, T + 1000.0),)])
def test_an_end_that_nobody_watched_is_in_no_number(watched: tuple[tuple[float, float], ...]) -> None:
    report = report_of(watched=watched)

    assert seconds(report, Metric.HANDLING) == []
    assert report.total.excluded[Excluded.SESSION_ENDED_UNSEEN] == 1


def test_a_transfer_is_answered_by_whoever_replies_and_is_no_new_wait() -> None:
    sessions = (SessionSeen(ANN, ME, T, T, T + 100), SessionSeen(ANN, LI, T + 100, T + 101, T + 500))
    wait = Wait(ANN, T - 30, True, T - 30, T - 1, T - 30, 1, T, True, WaitOutcome.TAKEN, ME)
    reply = Spoken(ANN, LI, SENT, T + 130)
    report = report_of((SENT, 8), (RECEIVED, 90), reply, sessions=sessions, waits=(wait,))
    rows = {row.key: row for row in report.rows}

    assert (seconds(report, Metric.WAITS), seconds(report, Metric.HANDLING)) == ([30], [400, 100])
    assert seconds(report, Metric.FIRST_RESPONSE) == [30, 8]
    assert (rows[LI].spread(Metric.RESPONSE).p50_seconds, rows[ME].count(Metric.RESPONSE)) == (40, 0)
    assert Excluded.WAIT_UNSEEN not in report.total.excluded


@pytest.mark.parametrize(
    ("wait", "what"),
    [
        (Wait(ANN, T, True, T, T, T, 1, T + 9, True, WaitOutcome.TAKEN, ME), Metric.WAITS),
        (Wait(ANN, T, True, T, T, T, 1, T + 9, True, WaitOutcome.LEFT), Metric.ABANDONED),
        (Wait(ANN, T, False, T, T, T, 1, T + 9, True, WaitOutcome.TAKEN, ME), Excluded.WAIT_BEGAN_UNSEEN),
        (Wait(ANN, T, True, T, T, T, 1, T + 9, False, WaitOutcome.LEFT), Excluded.WAIT_ENDED_UNSEEN),
        (Wait(ANN, T, True, T, T + 9, T, 1), Excluded.WAIT_GOES_ON),
    ],
)
def test_a_wait_is_measured_or_counted_once(wait: Wait, what: Metric | Excluded) -> None:
    taken = (SessionSeen(ANN, ME, T + 9, T + 9, T + 900),) if wait.outcome is WaitOutcome.TAKEN else ()
    report = report_of(sessions=taken, waits=(wait,))

    assert seconds(report, what) == [9]
    counted = (*(report.total.count(metric) for metric in (Metric.WAITS, Metric.ABANDONED)), *excluded_waits(report))
    assert sum(counted) == 1


def excluded_waits(report: Report) -> list[int]:
    return [count for what, count in report.total.excluded.items() if what.startswith("wait_")]


def test_who_was_taken_by_a_session_nobody_saw_waited_until_nobody_knows_when() -> None:
    wait = Wait(ANN, T, True, T, T + 8, T, 1, T + 9, True, WaitOutcome.TAKEN, ME)
    report = report_of(sessions=(), waits=(wait,))

    assert report.total.count(Metric.WAITS) == 0
    assert report.total.excluded[Excluded.WAIT_ENDED_UNSEEN] == 1


def test_what_began_in_the_span_is_told_to_its_end_and_what_began_before_is_not_told() -> None:
    early, late = SessionSeen(ANN, ME, T - 200, T - 199, T - 60), SessionSeen(ANN, ME, T + 990, T + 991, T + 1500)
    wait = Wait(ANN, T + 980, True, T + 981, T + 989, T + 980, 1, T + 990, True, WaitOutcome.TAKEN, ME)
    before = ((RECEIVED, -110), (RECEIVED, -95), (SENT, -90))
    after = ((RECEIVED, 995), (SENT, 1010), (RECEIVED, 1020), (SENT, 1040))
    report = report_of(*before, *after, sessions=(early, late), waits=(wait,))

    assert (seconds(report, Metric.FIRST_RESPONSE), seconds(report, Metric.RESPONSE)) == ([20], [15])
    assert seconds(report, Metric.HANDLING) == [510]
    assert (report.total.count(Metric.RECEIVED), report.total.count(Metric.SENT)) == (2, 1)
    assert report.total.excluded == {}


def test_hours_are_those_of_the_zone() -> None:
    report = report_of(by=By.HOUR)

    assert [row.key for row in report.rows if row.count(Metric.SESSIONS)] == ["23"]  # 15:06 in Greenwich


def test_a_day_on_which_clocks_are_set_back_has_an_hour_twice_and_is_one_day() -> None:
    zone = ZoneInfo("America/New_York")
    midnight = datetime(2025, 11, 2, tzinfo=zone)
    start_at, end_at = midnight.timestamp(), datetime(2025, 11, 3, tzinfo=zone).timestamp()
    began_at = [int(start_at) + hours * 3600 for hours in (0, 1, 2, 24)]  # at midnight, at 1 twice, at 23
    sessions = [SessionSeen(ANN, ME, at, at, at + 60) for at in began_at]
    found: dict[By, dict[str, tuple[int, int]]] = {}
    for by in (By.HOUR, By.DAY):
        reckoning = Reckoning(Order(start_at, end_at, by, zone), (), sessions, (), ALWAYS)
        whole(reckoning.finish())
        report = whole(reckoning.report(((start_at, end_at),)))
        found[by] = {row.key: (row.count(Metric.SESSIONS), row.unwatched_seconds) for row in report.rows}

    assert found[By.DAY] == {"2025-11-02": (4, 25 * 3600)}
    assert {hour: told for hour, told in found[By.HOUR].items() if told != (0, 3600)} == {
        "00": (1, 3600),
        "01": (2, 7200),
        "23": (1, 3600),
    }
    assert len(found[By.HOUR]) == 24


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=300))
def test_percentiles_are_by_nearest_rank_and_the_longest_are_kept(values: list[int]) -> None:
    tally = Tally()
    for number, value in enumerate(values):
        tally.add(value, number, ANN, ME)
    ordered = sorted(values)
    spread = tally.spread()

    for share, found in ((0.5, spread.p50_seconds), (0.9, spread.p90_seconds)):
        assert found == next(one for one in ordered if sum(other <= one for other in ordered) >= share * len(ordered))
    assert [case.seconds for case in tally.cases()] == ordered[::-1][:LISTED]


def test_what_spans_leave_out_is_missing() -> None:
    assert missing([(2, 4), (6, 8)], 0, 10) == ((0, 2), (4, 6), (8, 10))
    assert missing([(0, 10)], 0, 10) == ()
    assert missing([], 5, 5) == ()


SESSION = st.tuples(
    st.sampled_from([ANN, BOB]), st.sampled_from([ME, LI]), st.integers(-3000, 3000), st.sampled_from([None, 0, 9, 700])
)
LINE = st.tuples(st.sampled_from([ANN, BOB]), st.sampled_from([RECEIVED, SENT, CLOSED]), st.integers(-3000, 3000))


@settings(max_examples=8, deadline=None)
@given(st.lists(SESSION, max_size=25), st.lists(LINE, max_size=60), st.lists(st.integers(-3000, 3000), max_size=9))
async def test_a_report_is_the_same_in_parts_of_any_size(
    sessions: list[tuple[CustomerId, AgentId, int, int | None]],
    lines: list[tuple[CustomerId, MessageKind, int]],
    left_at: list[int],
) -> None:
    now, order = T + 9000.0, Order(T - 2000, T + 2000, By.AGENT, None)
    with TemporaryDirectory() as folder:
        archive = Archive(Path(folder) / "archive.db", wall=lambda: now)
        await archive.open()
        await archive.note_watched(Feed.SESSIONS, T - 4000, T - 500)
        await archive.note_waits([Waiting(BOB, T + at, T + at, True) for at in left_at[:1]], T + 1)
        for openid, agent, at, lasted in sessions:
            session = Session(openid, agent, T + at)
            await archive.note_waits([Waiting(openid, T + at - 20, T + at - 20, True)], T + at - 5)
            await archive.note_sessions([session], T + at + 1)
            if lasted is not None:
                await archive.end_session(session, T + at + lasted)
        records = [Record(openid, ME, kind, f"{number}", T + at) for number, (openid, kind, at) in enumerate(lines)]
        await archive.merge_records(sorted(records, key=lambda record: record.at), T - 3000, T + 1500)
        whole_report = await reckon(archive, order, now)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("kfconsole.archive.reporting.PART_LINES", 2)
            patch.setattr("kfconsole.archive.reporting.PART_ROWS", 2)
            patch.setattr("kfconsole.desk.reporting.reckoning.SLICE", 1)
            patch.setattr("kfconsole.desk.reporting.figures.SLICE", 1)
            assert await reckon(archive, order, now) == whole_report
        await archive.close()


async def test_in_a_quiet_shop_what_was_said_is_heard_in_the_session_it_was_said_in(tmp_path: Path) -> None:
    now = T + 40_000.0
    archive = Archive(tmp_path / "archive.db", wall=lambda: now)
    await archive.open()
    await archive.note_watched(Feed.SESSIONS, T - 100, now)
    began_at = [T + hour * 3600 for hour in range(8)]
    for at in began_at:
        await archive.note_sessions([Session(ANN, ME, at)], at + 1)
        await archive.end_session(Session(ANN, ME, at), at + 600)
    said = [Record(ANN, ME, SENT, f"{at}", at + 30) for at in began_at]
    await archive.merge_records(said, T - 100, T + 40_000)
    report = await reckon(archive, Order(T - 100, now, By.HOUR, None), now)
    await archive.close()

    assert seconds(report, Metric.FIRST_RESPONSE) == [30] * len(began_at)


def test_a_session_after_a_wait_that_nobody_saw_end_may_go_on_with_another() -> None:
    wait = Wait(ANN, T - 90, True, T - 90, T - 80, T - 90, 1, T, False, WaitOutcome.TAKEN, ME)
    said = ((RECEIVED, 40), (SENT, 60), (RECEIVED, 70), (SENT, 75))
    watched = ((T - 100.0, T - 80.0), (T + 10.0, T + 1000.0))
    report = report_of(*said, waits=(wait,), watched=watched)

    assert seconds(report, Metric.RESPONSE) == [5]  # what was written before a reply that was seen is known
    assert (report.total.excluded[Excluded.TURN_UNSEEN], report.total.excluded[Excluded.WAIT_ENDED_UNSEEN]) == (1, 1)


async def test_a_report_nobody_waits_for_any_more_stops_and_leaves_the_archive_free(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db", wall=lambda: T + 9000.0)
    await archive.open()
    await archive.merge_records([Record(ANN, ME, SENT, f"{at}", T + at) for at in range(2000)], T, T + 3000)
    is_under_way, may_go_on = asyncio.Event(), asyncio.Event()
    rests = 0

    async def rest() -> None:
        nonlocal rests
        rests += 1
        is_under_way.set()
        await may_go_on.wait()

    order = Order(T - 100, T + 3000, By.DAY, None)
    reckoning = asyncio.ensure_future(reckon(archive, order, T + 9000.0, rest))
    await is_under_way.wait()
    rests_before = rests
    reckoning.cancel()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await reckoning

    assert rests - rests_before <= 3  # what was gathered is let go of, and nothing else is done
    assert len(await archive.between(ANN, T, T + 9)) == 10
    await archive.close()
