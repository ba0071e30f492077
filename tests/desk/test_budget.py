"""What is left of WeChat's daily limits, asked rarely and quietly, and feeds that slow down so that it lasts."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kfconsole.desk import Intervals, pacing
from kfconsole.desk.budget import PATHS
from kfconsole.model import Feed
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, House, customer, opened

QUOTA = "/cgi-bin/openapi/quota/get"
MIDNIGHT = datetime(2025, 6, 17, tzinfo=timezone(timedelta(hours=8))).timestamp()
NOON = MIDNIGHT - 12 * 3600
CALM = Intervals(queue=10, agents=30, sessions=30, messages=30)
"""Hours pass in a test that asks rarely."""


@pytest.fixture
async def noon(tmp_path: Path) -> AsyncIterator[House]:
    """A calm house at noon in Beijing."""
    async with opened(tmp_path, intervals=CALM) as house:
        house.time.sim.set(NOON)
        yield house


def limit(house: House, path: str, daily_limit: int, used: int = 0) -> None:
    house.world.quotas.daily_limits[path] = daily_limit
    house.world.quotas.set_used(path, used, house.time.sim.now())


def left(house: House, path: str) -> int:
    use = house.world.quotas.use(path, house.time.sim.now(), house.world.switches)
    return use.daily_limit - use.used


async def calls_in(house: House, path: str, seconds: float) -> int:
    before = house.calls(path)
    await house.time.advance(seconds)
    return house.calls(path) - before


async def test_the_paths_watched_are_those_polled(noon: House) -> None:
    async with noon.polling():
        asked = {path for path in noon.app.state.requests.calls if "token" not in path}

    assert asked == {path for paths in PATHS.values() for path in paths}


async def test_no_quota_is_asked_for_in_the_first_minute_and_each_once_soon_after(noon: House) -> None:
    async with noon.polling():
        assert await calls_in(noon, QUOTA, 60) == 0
        assert await calls_in(noon, QUOTA, 60) == 5
        assert len(noon.desk.budgets) == 4


async def test_quotas_that_last_are_asked_for_hourly_and_slow_nothing(noon: House) -> None:
    async with noon.polling():
        await noon.time.advance(120)
        assert await calls_in(noon, QUOTA, 900) == 5  # once more, to see how fast they are used
        assert await calls_in(noon, QUOTA, 1.3 * 3600) == 5
        assert all(budget.interval_seconds is None for budget in noon.desk.budgets.values())


async def test_a_feed_slows_down_so_that_the_day_lasts_and_leaves_a_reserve(noon: House) -> None:
    noon.time.sim.set(MIDNIGHT - 7200)
    limit(noon, at.WAITING, 1_000, used=550)
    async with noon.polling():
        await noon.time.advance(120)
        budget = noon.desk.budgets[Feed.QUEUE]
        assert budget.daily_limit == 1_000
        assert budget.interval_seconds is not None
        assert 15 <= budget.interval_seconds <= 18  # 430 calls in two hours
        assert await calls_in(noon, at.RECORDS, 300) == 10

        await noon.time.advance(MIDNIGHT - noon.time.sim.now() - 10)
        assert 5 <= left(noon, at.WAITING) <= 40
        assert noon.desk.health[Feed.QUEUE].error is None


async def test_at_midnight_the_pace_is_as_before(noon: House) -> None:
    noon.time.sim.set(MIDNIGHT - 600)
    limit(noon, at.WAITING, 20_000, used=19_980)
    async with noon.polling():
        await noon.time.advance(120)
        slowed = noon.desk.budgets[Feed.QUEUE].interval_seconds
        assert slowed is not None
        assert slowed > 100

        await noon.time.advance(MIDNIGHT - noon.time.sim.now() - 1)
        assert await calls_in(noon, at.WAITING, 31) == 4
        assert Feed.QUEUE not in noon.desk.budgets
        await noon.time.advance(90)
        assert noon.desk.budgets[Feed.QUEUE].remaining > 19_000
        assert await calls_in(noon, at.WAITING, 60) == 6


async def test_what_others_use_counts(noon: House) -> None:
    """Another program asks once in five seconds: at our pace alone, all would last."""
    noon.time.sim.set(MIDNIGHT - 2 * 3600)
    limit(noon, at.WAITING, 2_500, used=400)
    async with noon.polling():
        await noon.time.advance(120)
        assert noon.desk.budgets[Feed.QUEUE].interval_seconds is None
        while noon.time.sim.now() < MIDNIGHT - 60:
            await noon.time.advance(60)
            limit(noon, at.WAITING, 2_500, used=2_500 - left(noon, at.WAITING) + 12)

        assert 20 <= left(noon, at.WAITING) <= 80
        assert noon.desk.budgets[Feed.QUEUE].interval_seconds is not None


async def test_another_console_that_uses_too_much_slows_us(noon: House) -> None:
    limit(noon, at.WAITING, 10_000)
    async with noon.polling():
        await noon.time.advance(120)
        assert noon.desk.budgets[Feed.QUEUE].interval_seconds is None
        for _minute in range(22):
            await noon.time.advance(60)
            limit(noon, at.WAITING, 10_000, used=10_000 - left(noon, at.WAITING) + 30)
            if noon.desk.budgets[Feed.QUEUE].interval_seconds is not None:
                break

        slowed = noon.desk.budgets[Feed.QUEUE].interval_seconds
        assert slowed is not None
        assert slowed > CALM.queue


async def test_two_readings_within_seconds_tell_no_pace(noon: House) -> None:
    limit(noon, at.WAITING, 20_000)
    async with noon.polling():
        while noon.calls(QUOTA) < 5:
            await noon.time.advance(1)
        limit(noon, at.WAITING, 20_000, used=20_000 - left(noon, at.WAITING) + 3)
        await noon.time.advance(2)
        await noon.poller.look_at_quotas()
        gauge = next(gauge for gauge in noon.poller.gauges() if gauge.path == at.WAITING)

        assert gauge.rate == pytest.approx(0.1, rel=0.2)
        assert noon.desk.budgets[Feed.QUEUE].interval_seconds is None
        assert gauge.reading is not None
        assert gauge.reading.remaining == left(noon, at.WAITING)
        assert await calls_in(noon, QUOTA, 900) >= 4  # soon again, to learn it


async def test_with_only_the_reserve_left_a_feed_still_asks_now_and_then(noon: House) -> None:
    limit(noon, at.RECORDS, 1_000, used=920)
    async with noon.polling():
        await noon.time.advance(120)
        budget = noon.desk.budgets[Feed.MESSAGES]
        assert budget.interval_seconds == pacing.LONGEST_SECONDS
        assert budget.remaining < 80
        assert await calls_in(noon, at.RECORDS, 1_230) == 2


async def test_a_feed_slowed_on_purpose_does_not_take_its_own_pace_for_a_gap(noon: House) -> None:
    limit(noon, at.RECORDS, 1_000, used=920)
    async with noon.polling():
        await noon.time.advance(1_400)
        first, *_others, last = noon.app.state.requests.of(at.RECORDS)

        assert span(first.body) == 24 * 3600
        assert span(last.body) == 600 + 120


def span(body: bytes) -> int:
    asked = json.loads(body)
    return int(asked["endtime"] - asked["starttime"])


async def test_a_slowed_feed_is_not_nudged_by_every_change_and_still_woken_by_people(noon: House) -> None:
    limit(noon, at.SESSIONS, 1_000, used=950)
    async with noon.polling():
        await noon.time.advance(160)
        assert noon.desk.budgets[Feed.SESSIONS].interval_seconds == pacing.LONGEST_SECONDS
        noon.world.say(customer(1), "hello")
        noon.world.accept(LI, customer(1))
        assert await calls_in(noon, at.SESSIONS, 90) == 0

        noon.poller.wake()
        await noon.time.settle(4)
        assert noon.served() == {customer(1): LI}


async def test_the_list_of_agents_becomes_rarer_and_who_is_online_does_not(noon: House) -> None:
    limit(noon, at.AGENTS, 100, used=85)
    async with noon.polling():
        await noon.time.advance(160)
        assert noon.desk.budgets[Feed.AGENTS].interval_seconds is None
        assert noon.desk.budgets[Feed.AGENTS].daily_limit == 100
        assert await calls_in(noon, at.AGENTS, 570) <= 1
        assert await calls_in(noon, at.ONLINE, 300) == 10


@pytest.mark.parametrize("code", [76021, 76022, 48001, 45009, 45011, 65400, -1])
async def test_where_wechat_does_not_tell_nothing_is_slowed_and_nobody_bothered(noon: House, code: int) -> None:
    noon.app.state.faults.arm(Fault(QUOTA, "errcode", code=code, count=None))
    async with noon.polling():
        await noon.time.advance(120)
        assert noon.calls(QUOTA) == 5
        assert await calls_in(noon, QUOTA, 600) == 0
        assert noon.desk.budgets == {}
        assert all(health.error is None for health in noon.desk.health.values())
        assert await calls_in(noon, at.WAITING, 60) == 6


async def test_a_quota_that_cannot_be_asked_for_without_the_secret_ends_nothing(noon: House) -> None:
    async with noon.polling():
        noon.lose_the_secret(QUOTA)
        assert await calls_in(noon, QUOTA, 75) == 1

        await noon.find_the_secret()
        assert await calls_in(noon, QUOTA, 75) > 0
        assert all(health.error is None for health in noon.desk.health.values())


async def test_a_limit_of_nothing_is_no_limit(noon: House) -> None:
    async with noon.polling():
        limit(noon, at.WAITING, 0)
        await noon.poller._budgets.ask(Feed.QUEUE, at.WAITING)

        assert Feed.QUEUE not in noon.desk.budgets


async def test_while_little_is_left_it_is_asked_for_sooner(noon: House) -> None:
    limit(noon, at.ONLINE, 1_000_000, used=950_000)
    async with noon.polling():
        await noon.time.advance(120)
        assert noon.desk.budgets[Feed.AGENTS].remaining < 50_000
        await noon.time.advance(800)
        noon.app.state.requests.clear()
        await noon.time.advance(1300)
        asked = [json.loads(request.body)["cgi_path"] for request in noon.app.state.requests.of(QUOTA)]
        assert asked.count(at.ONLINE) == 2


async def test_cleared_counters_end_the_slowness_at_once(noon: House) -> None:
    limit(noon, at.WAITING, 20_000, used=19_900)
    async with noon.polling():
        await noon.time.advance(120)
        assert noon.desk.budgets[Feed.QUEUE].interval_seconds == pacing.LONGEST_SECONDS

        await noon.actions.clear_quota(at.WAITING)
        await noon.time.settle(4)
        assert noon.desk.budgets == {}
        assert await calls_in(noon, at.WAITING, 60) == 6
        await noon.time.advance(70)
        assert noon.desk.budgets[Feed.QUEUE].remaining > 19_000


async def test_a_hanging_quota_call_holds_up_no_feed(noon: House) -> None:
    async with noon.polling():
        noon.app.state.faults.hold(QUOTA)
        await noon.time.advance(120)
        assert noon.app.state.faults.waiting[QUOTA] == 5
        assert await calls_in(noon, at.WAITING, 60) == 6

        noon.app.state.faults.release()
        await noon.time.settle(4)
        assert len(noon.desk.budgets) == 4


async def test_a_limit_nobody_foresaw_is_tried_once_a_minute(noon: House) -> None:
    noon.app.state.faults.arm(Fault(QUOTA, "errcode", code=76021, count=None))
    limit(noon, at.WAITING, 20)
    async with noon.polling():
        await noon.time.advance(300)
        assert pacing.is_day_limit(noon.desk.health[Feed.QUEUE].error)
        assert await calls_in(noon, at.WAITING, 195) == 3
