"""Calm nights: all but the queue is asked for more rarely, until somebody comes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kfconsole.desk import Intervals, Store
from kfconsole.desk.gauges import Pace
from kfconsole.desk.night import CALM_SECONDS, Night
from kfconsole.model import Feed
from kfconsole.wechat import paths
from tests.desk import house as at
from tests.desk.house import ME, House, customer, opened
from tests.desk.test_budget import MIDNIGHT, NOON, calls_in

EVENING = MIDNIGHT - 3600
FACTOR = 6.0
RARE = Intervals(queue=10, agents=20, sessions=20, messages=20, night_factor=FACTOR)


def is_night(moment: float) -> bool:
    return EVENING <= moment < MIDNIGHT + 8 * 3600


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[House]:
    """A house late in the evening."""
    async with opened(tmp_path, intervals=RARE, is_night=is_night) as house:
        house.time.sim.set(EVENING)
        yield house


async def test_once_a_night_is_calm_all_but_the_queue_is_asked_for_more_rarely(night: House) -> None:
    async with night.polling():
        assert await calls_in(night, at.RECORDS, 60) == 3
        await night.time.advance(CALM_SECONDS)

        assert await calls_in(night, at.WAITING, 360) == 36
        assert await calls_in(night, at.RECORDS, 360) == 3
        assert await calls_in(night, at.ONLINE, 360) == 3
        assert await calls_in(night, at.SESSIONS, 360) == 3
        gauges = {gauge.path: gauge for gauge in night.poller.gauges()}
        assert (gauges[at.WAITING].pace, gauges[at.RECORDS].pace) == (Pace.SETTINGS, Pace.NIGHT)
        assert gauges[at.RECORDS].interval_seconds == 120
        assert night.desk.health[Feed.MESSAGES].slow_seconds == 120
        assert night.desk.health[Feed.QUEUE].slow_seconds is None


async def test_who_comes_at_night_ends_the_calm_at_once(night: House) -> None:
    async with night.polling():
        await night.time.advance(CALM_SECONDS + 60)
        before = night.calls(at.RECORDS), night.calls(at.ONLINE)
        night.world.say(customer(1), "anybody there?")
        await night.time.advance(10)
        assert (night.calls(at.RECORDS), night.calls(at.ONLINE)) == (before[0] + 1, before[1] + 1)

        night.world.accept(ME, customer(1))
        await night.time.advance(20)
        assert night.served() == {customer(1): ME}
        assert await calls_in(night, at.RECORDS, 60) == 3


async def test_without_hours_there_is_no_night(tmp_path: Path) -> None:
    async with opened(tmp_path, intervals=RARE) as house:
        house.time.sim.set(EVENING)
        async with house.polling():
            await house.time.advance(CALM_SECONDS + 10)
            assert await calls_in(house, at.RECORDS, 60) == 3


def test_the_hours_of_a_night_count_less_of_the_day_for_all_but_the_queue(house: House) -> None:
    night = Night(Store(None), house.clock, is_night, FACTOR)

    assert night.seconds_to_midnight(Feed.QUEUE, NOON) == 12 * 3600
    assert night.seconds_to_midnight(Feed.MESSAGES, NOON) == pytest.approx(11 * 3600 + 600)


def test_every_polled_path_has_a_gauge() -> None:
    assert {paths.QUEUE, paths.SESSIONS, paths.RECORDS, paths.AGENTS, paths.ONLINE_AGENTS} <= set(paths.ALL_DAY)
