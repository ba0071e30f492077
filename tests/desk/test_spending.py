"""What is left of a day lasts until midnight, whoever asks, and the queue is asked all along: counted by the server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from kfconsole.desk import Intervals, pacing
from kfconsole.desk.feeds.sessions import MANY_AGENTS, SessionsFeed
from kfconsole.desk.gauges import Pace
from kfconsole.model import AgentId, Desk, Feed
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, House, customer, opened
from tests.desk.test_budget import MIDNIGHT, left, limit
from tests.desk.test_pacing import MORNING

EVENING = MIDNIGHT - 6 * 3600
RARE = Intervals(queue=30, agents=600, sessions=600, messages=600)
"""Hours pass in a test: only the queue is asked for often."""
IDLE = 48


async def pass_by(house: House, seconds: float, consoles: int = 1) -> None:
    await house.time.advance(seconds, resting=4 * consoles, asleep=4 * consoles)


@asynccontextmanager
async def consoles_of(tmp_path: Path, count: int) -> AsyncIterator[list[House]]:
    """Consoles of one account, polling; the first is `opened` and the others join it."""
    async with opened(tmp_path, intervals=RARE) as first, AsyncExitStack() as stack:
        first.time.sim.set(EVENING)
        houses = [first]
        for number in range(1, count):
            folder = tmp_path / f"console{number}"
            folder.mkdir()
            houses.append(other := House(folder, intervals=RARE, before=first))
            await other.archive.open()
            stack.push_async_callback(other.archive.close)
            stack.push_async_callback(other.client.aclose)
        async with asyncio.TaskGroup() as group:
            polls = [group.create_task(house.poller.run()) for house in houses]
            await first.time.settle(4 * count)
            yield houses
            for poll in polls:
                poll.cancel()


def longest_pause(moments: Sequence[float]) -> float:
    return max(later - earlier for earlier, later in pairwise(moments))


@pytest.mark.parametrize("count", [1, 2])
async def test_what_little_is_left_lasts_until_midnight_and_the_queue_is_asked_all_along(
    tmp_path: Path, count: int
) -> None:
    async with consoles_of(tmp_path, count) as houses:
        first = houses[0]
        limit(first, at.WAITING, 1_000, used=780)  # 720 each would like to make
        moments: list[float] = []
        while first.time.sim.now() < MIDNIGHT - 300:
            before = sum(house.calls(at.WAITING) for house in houses)
            await pass_by(first, 300, count)
            if sum(house.calls(at.WAITING) for house in houses) > before:
                moments.append(first.time.sim.now())

        assert 0 < left(first, at.WAITING) <= 100
        assert longest_pause(moments) <= pacing.LONGEST_SECONDS
        assert all(house.desk.health[Feed.QUEUE].error is None for house in houses)
        gauge = next(gauge for gauge in first.poller.gauges() if gauge.path == at.WAITING)
        assert gauge.pace is Pace.TO_LAST
        assert gauge.runs_out_at is None


async def idle_agents(house: House, count: int) -> list[AgentId]:
    agents = [AgentId(f"a{number:02}@shop") for number in range(count)]
    for number, agent in enumerate(agents):
        house.world.add_agent(agent, "A")
        house.world.say(customer(number), "hello")
        house.world.accept(agent, customer(number))
    return agents


async def test_a_call_wechat_refuses_for_its_limit_is_told_as_used_up_whatever_was_told_of_it(house: House) -> None:
    house.time.sim.set(MORNING)
    async with house.polling():
        limit(house, at.WAITING, 100_000)
        await house.poller.look_at_quotas()
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=45009, count=None))
        await pass_by(house, 40)
        gauges = {gauge.path: gauge for gauge in house.poller.gauges()}

    assert house.desk.health[Feed.QUEUE].error is not None
    assert gauges[at.WAITING].pace is Pace.USED_UP
    assert gauges[at.SESSIONS].pace is not Pace.USED_UP


async def test_idle_agents_are_asked_for_more_rarely_while_the_others_stay_fresh(house: House) -> None:
    house.time.sim.set(MORNING)
    await idle_agents(house, IDLE)
    async with house.polling():
        house.poller.focus(LI)
        limit(house, at.SESSIONS, 100_000)  # 105,000 would be needed
        await house.poller.look_at_quotas()
        gauge = next(gauge for gauge in house.poller.gauges() if gauge.path == at.SESSIONS)
        assert (gauge.pace, gauge.interval_seconds) == (Pace.TO_LAST, 5.0)
        assert gauge.idle_seconds is not None
        assert gauge.idle_seconds > 70
        assert house.desk.budgets[Feed.SESSIONS].interval_seconds is None

        await house.time.advance(10)
        house.app.state.requests.clear()
        await house.time.advance(60)
        asked = [request.query for request in house.app.state.requests.of(at.SESSIONS)]
        assert sum("li%40" in query or "li@" in query for query in asked) == 12
        assert len(asked) < 12 * 2 + IDLE

        # Apart from the count: news may come right behind a question of the same moment, and bring one more.
        house.world.close(AgentId("a07@shop"), customer(7))
        await house.time.advance(60)
        assert customer(7) not in house.served()


async def test_many_answers_are_told_in_parts_and_those_somebody_looks_at_at_once(house: House) -> None:
    """Nothing is timed: what holds the loop is how much is told between two turns of it."""
    agents = await idle_agents(house, 3 * MANY_AGENTS)
    told: list[Desk] = []
    await_all = SessionsFeed(house.client, house.store, house.clock, 5.0)
    async with house.polling():
        house.store.subscribe(told.append)
        await_all.focus(agents[-1])
        told.clear()
        await await_all.ask()

    assert house.served()[customer(len(agents) - 1)] == agents[-1]
    assert len(told) <= 6
    assert len(set(house.served().values())) == len(agents)


@pytest.mark.parametrize("looked_at", [ME, LI])
async def test_who_is_looked_at_while_all_are_asked_for_comes_next(house: House, looked_at: AgentId) -> None:
    await idle_agents(house, 2 * MANY_AGENTS)
    async with house.polling():
        feed = SessionsFeed(house.client, house.store, house.clock, 5.0)
        house.app.state.requests.clear()

        def look() -> None:
            feed.focus(None)
            feed.focus(looked_at)

        house.wire.afterwards[at.SESSIONS] = look
        await feed.ask()
        asked = [request.query for request in house.app.state.requests.of(at.SESSIONS)]

    name = looked_at.partition("@")[0]
    places = [place for place, query in enumerate(asked) if f"={name}" in query]
    assert places[-1] <= 10


@pytest.mark.soak
async def test_an_hour_of_fifty_quiet_agents_costs_a_quarter_of_asking_everybody(house: House) -> None:
    agents = await idle_agents(house, IDLE)
    async with house.polling():
        await house.time.advance(70)
        before = house.all_calls()
        for _quarter in range(4):
            await house.time.advance(900)
            for number, agent in enumerate(agents):  # WeChat ends each after half an hour
                if customer(number) not in house.world.sessions:
                    house.world.say(customer(number), "still here")
                    house.world.accept(agent, customer(number))
        rounds = 3_600 / 5
        assert (house.all_calls() - before) / rounds <= 0.25 * (2 + 50)

        house.world.close(agents[20], customer(20))
        await house.time.advance(5)
        assert customer(20) not in house.served()
