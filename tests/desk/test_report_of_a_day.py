"""A report says what happened, by the simulator's own log: to the second where all was seen, else it says what was not.

The numbers are reckoned twice: by the report from what the console saw, and here from the log.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kfconsole.desk import Intervals
from kfconsole.desk.reporting import LISTED, By, Excluded, Figures, Metric, Order, Report, reckon
from kfconsole.simulator.switches import changed
from tests.desk.house import START, House, opened
from tests.desk.reported_day import WEI, Day, Span, Truth, begun_again, by_agent

EUCLA, SHANGHAI = ZoneInfo("Australia/Eucla"), ZoneInfo("Asia/Shanghai")
"""In the one a day ends some minutes after the beginning."""
INTERVALS = Intervals(queue=4, agents=4, sessions=4, messages=20)
NOTICED_SECONDS = 10
"""How late the end of a session may be noticed by lists asked for so often."""
UNCHANGED_SECONDS = 60
"""How much later, while the agent serves as many as before: then nobody asks whom."""
UNSEEN = {Excluded.WAIT_BEGAN_UNSEEN, Excluded.WAIT_ENDED_UNSEEN, Excluded.WAIT_UNSEEN, Excluded.SESSION_ENDED_UNSEEN}


async def report_of(
    house: House, by: By = By.AGENT, start_at: float = START - 60, zone: ZoneInfo | None = None
) -> Report:
    now = house.clock.now()
    return await reckon(house.archive, Order(start_at, now + 60, by, zone), now)


def cases(figures: Figures, what: Metric | Excluded) -> Counter[Span]:
    found = figures.cases.get(what, ())
    assert len(found) < LISTED
    return Counter((case.openid, case.agent, int(case.at), case.seconds) for case in found)


def percentile(values: Iterable[int], share: float) -> int:
    """By its definition: the smallest value that at least that share of the values do not exceed."""
    known = sorted(values)
    return next(value for value in known if sum(other <= value for other in known) >= share * len(known))


def without(figures: Figures, metric: Metric, spans: Iterable[Span]) -> Counter[Span]:
    return Counter(spans) - cases(figures, metric)


def check_spread(figures: Figures, metric: Metric, seconds: list[int]) -> None:
    spread = figures.spread(metric)
    assert spread.count == len(seconds)
    if seconds:
        assert (spread.p50_seconds, spread.p90_seconds, spread.longest_seconds) == (
            percentile(seconds, 0.5),
            percentile(seconds, 0.9),
            max(seconds),
        )


async def check_watched_day(folder: Path, seed: int, *, shows_events: bool, seconds: float = 900) -> None:
    async with opened(folder, intervals=INTERVALS) as house:
        house.world.add_agent(WEI, "Wei")
        house.world.switches = changed(house.world.switches, {"records_show_events": shows_events})
        day = Day(house, seed)
        async with house.polling():
            await day.run(seconds)
            await house.time.advance(180)  # records of the last two minutes may still come, and sessions end by time
            truth = day.truth
            report = await report_of(house)
            for by, zone in product((By.HOUR, By.DAY), (EUCLA, SHANGHAI)):
                check_rows(await report_of(house, by, zone=zone), report, truth, zone)
        check(report, truth, is_end_exact=shows_events)


def check_rows(report: Report, by_agent: Report, truth: Truth, zone: ZoneInfo) -> None:
    """Hours and days are those of the zone, and all of them together are what all agents are."""
    form = "%H" if report.order.by is By.HOUR else "%Y-%m-%d"
    rows = {row.key: row for row in report.rows}
    told = ((Metric.WAITS, truth.waits), (Metric.FIRST_RESPONSE, truth.first), (Metric.RESPONSE, truth.responses))
    for metric, spans in told:
        found: dict[str, list[int]] = defaultdict(list)
        for _openid, _agent, at, seconds in spans:
            found[f"{datetime.fromtimestamp(at, zone):{form}}"].append(seconds)
        for key, row in rows.items():
            check_spread(row, metric, sorted(found.get(key, [])))
        assert found.keys() <= rows.keys()
    assert report.total.counts == by_agent.total.counts  # each customer once, however many agents or days they had
    assert (report.total.spreads, report.total.excluded) == (by_agent.total.spreads, by_agent.total.excluded)
    for what in (Metric.SESSIONS, Metric.ABANDONED, Metric.SENT, Metric.RECEIVED):
        assert sum(row.count(what) for row in report.rows) == report.total.count(what)


def check(report: Report, truth: Truth, *, is_end_exact: bool) -> None:
    total = report.total
    assert cases(total, Metric.WAITS) == Counter(truth.waits)
    assert cases(total, Metric.FIRST_RESPONSE) == Counter(truth.first)
    assert cases(total, Metric.RESPONSE) == Counter(truth.responses)
    assert total.count(Metric.ABANDONED) == len(truth.left)
    assert {case.openid for case in total.cases[Metric.CUSTOMERS]} == truth.customers
    assert Counter((case.openid, case.agent, int(case.at)) for case in total.cases[Metric.SESSIONS]) == Counter(
        truth.sessions
    )
    assert total.count(Metric.SENT) == truth.sent
    assert not any(total.excluded.get(what) for what in (*UNSEEN - {Excluded.SESSION_ENDED_UNSEEN},))
    check_ends(total, truth, is_end_exact=is_end_exact)
    for metric, spans in (
        (Metric.WAITS, truth.waits),
        (Metric.FIRST_RESPONSE, truth.first),
        (Metric.RESPONSE, truth.responses),
    ):
        check_spread(total, metric, [seconds for *_who, seconds in spans])
        known = by_agent(spans)
        for row in report.rows:
            check_spread(row, metric, known.get(row.key, []))


def check_ends(total: Figures, truth: Truth, *, is_end_exact: bool) -> None:
    if is_end_exact:
        assert cases(total, Metric.HANDLING) == Counter(truth.handling)
        return
    true_ends = {(openid, agent, at): seconds for openid, agent, at, seconds in truth.handling}
    found = {(openid, agent, at): seconds for openid, agent, at, seconds in cases(total, Metric.HANDLING)}
    assert found.keys() == true_ends.keys()
    for which in found:
        late, (_openid, agent, began_at) = found[which] - true_ends[which], which
        ended_at = began_at + true_ends[which]
        is_replaced = any(
            other == agent and abs(at - ended_at) <= NOTICED_SECONDS for _openid, other, at in truth.sessions
        )
        assert 0 <= late <= NOTICED_SECONDS + is_replaced * UNCHANGED_SECONDS


@pytest.mark.parametrize("seed", range(2))
async def test_a_watched_day_is_reported_to_the_second(tmp_path: Path, seed: int) -> None:
    await check_watched_day(tmp_path, seed, shows_events=bool(seed % 2))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 140))
async def test_many_watched_days_are_reported_to_the_second(tmp_path: Path, seed: int) -> None:
    await check_watched_day(tmp_path, seed, shows_events=bool(seed % 2), seconds=3600)


async def check_day_with_an_hour_unseen(folder: Path, seed: int) -> None:
    async with opened(folder, intervals=INTERVALS) as first:
        first.world.add_agent(WEI, "Wei")
        day = Day(first, seed)
        async with first.polling():
            await day.run(400)
    off_at = first.time.sim.now()
    await day.run(3600, is_polled=False)
    on_at = first.time.sim.now()
    async with begun_again(folder, first, INTERVALS) as house, house.polling():
        day.house = house
        await day.run(400)
        await house.time.advance(180)
        truth = day.truth
        report = await report_of(house)
    total = report.total
    assert abs(total.unwatched_seconds - 60 - (on_at - off_at)) <= 30

    def is_watched(span: Span) -> bool:
        _openid, _agent, at, seconds = span
        return at + seconds < off_at - NOTICED_SECONDS or at > on_at + NOTICED_SECONDS

    # What is told is true to the second, and whatever was seen as a whole is told.
    assert not cases(total, Metric.WAITS) - Counter(truth.waits)
    assert not without(total, Metric.WAITS, filter(is_watched, truth.waits))
    assert not cases(total, Metric.FIRST_RESPONSE) - Counter(truth.first)
    assert not without(total, Metric.FIRST_RESPONSE, filter(is_watched, truth.first))
    assert not cases(total, Metric.RESPONSE) - Counter(truth.responses)
    untold = without(total, Metric.RESPONSE, filter(is_watched, truth.responses))
    assert not untold - cases(total, Excluded.TURN_UNSEEN)  # in sessions that may go on with another nobody saw
    assert sum(total.excluded.get(what, 0) for what in UNSEEN) > 0
    true_ends = {(openid, agent, at): seconds for openid, agent, at, seconds in truth.handling}
    for openid, agent, at, seconds in cases(total, Metric.HANDLING):
        assert 0 <= seconds - true_ends[openid, agent, at] <= NOTICED_SECONDS


async def test_what_nobody_saw_for_an_hour_is_in_no_number_and_is_counted(tmp_path: Path) -> None:
    await check_day_with_an_hour_unseen(tmp_path, 1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 140))
async def test_many_days_with_an_hour_unseen(tmp_path: Path, seed: int) -> None:
    await check_day_with_an_hour_unseen(tmp_path, seed)


async def check_purged_day(folder: Path, seed: int, seconds: float = 900) -> None:
    async with opened(folder, intervals=INTERVALS) as house:
        house.world.add_agent(WEI, "Wei")
        day = Day(house, seed)
        async with house.polling():
            await day.run(seconds)
            purged_at = house.clock.now() - seconds / 2
            await house.archive.purge_older_than(purged_at)
            await day.run(200)
            await house.time.advance(180)
            truth = day.truth
            report = await report_of(house)
        total = report.total
        told = ((Metric.WAITS, truth.waits), (Metric.FIRST_RESPONSE, truth.first), (Metric.RESPONSE, truth.responses))
        for metric, spans in told:
            assert not cases(total, metric) - Counter(spans)
            # Whoever was in a session then may go on in it: what is known of them begins with their next wait.
            later = [
                span
                for span in spans
                if any(
                    who == span[0] and purged_at + NOTICED_SECONDS < at <= span[2] for who, _to, at, _s in truth.waits
                )
            ]
            untold = without(total, metric, later)
            assert not untold - cases(total, Excluded.TURN_UNSEEN)
        assert {(case.openid, int(case.at)) for case in total.cases.get(Metric.ABANDONED, ())} <= set(truth.left)
        assert total.unwatched_seconds >= seconds / 2 - NOTICED_SECONDS
        assert total.records_missing_seconds >= seconds / 2 - NOTICED_SECONDS


async def test_what_was_purged_is_in_no_number_and_counts_as_unseen(tmp_path: Path) -> None:
    await check_purged_day(tmp_path, 3)
