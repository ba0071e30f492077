"""The days beside the demo's: a lunch hour, a crowd, a storm."""

import asyncio
import json
import random
from collections import Counter

import httpx
import pytest

from kfconsole.simulator import SCENARIOS, SimClock, World, create_app, prepare, staff
from kfconsole.simulator.crowd import AGENTS, SESSIONS, WAITING, Crowd
from kfconsole.simulator.faults import WITHOUT_ACTING, Fault, Faults
from kfconsole.simulator.storm import GUSTS, next_fault
from tests.simulator.conftest import NOON, WEN
from tests.simulator.stage import Stage


@pytest.mark.parametrize("name", ["shop", "rush", "storm"])
async def test_the_same_seed_brings_the_same_people(name: str) -> None:
    first, second = Stage(name, seed=7), Stage(name, seed=7)

    assert await first.run(120) == await second.run(120)
    assert [fault.as_json() for fault in first.faults.armed] == [fault.as_json() for fault in second.faults.armed]


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_at_the_start_somebody_waits_and_the_agent_of_the_console_is_online(name: str) -> None:
    stage = Stage(name)

    assert stage.world.queue
    assert stage.world.agents[stage.kf_account].is_online


async def test_the_rush_comes_and_goes_within_six_minutes() -> None:
    stage = Stage("rush")
    waiting: list[int] = []
    for _half_minute in range(12):
        await stage.run(30)
        waiting.append(len(stage.world.queue))
    joined = Counter(int((event.at - NOON) // 60) for event in stage.world.events if event.kind == "queued")

    assert max(joined.values()) > 60, "ten times an ordinary rush of one customer in ten seconds"
    assert joined[2] > 2 * joined[0]
    assert joined[2] > 2 * joined[5]
    assert max(waiting) > 100, "more than the hundred WeChat names"
    assert sum(event.kind == "accepted" for event in stage.world.events) > 100


async def test_the_rush_bends_no_timestamps() -> None:
    stage = Stage("rush")
    await stage.run(60)

    assert all(event.at <= NOON + 61 for event in stage.world.events)
    assert all(NOON <= waiting.latest_at or waiting.since_at < NOON for waiting in stage.world.queue.values())


@pytest.mark.parametrize("is_added_again", [False, True])
async def test_an_agent_removed_in_the_middle_of_the_day_does_not_end_it(is_added_again: bool) -> None:
    stage = Stage("rush")
    await stage.run(30)
    for kf_account in [account for account in stage.world.agents if account != WEN]:
        staff.remove(stage.world, kf_account)
        if is_added_again:
            staff.add(stage.world, kf_account, "新")  # nobody is bound to it now
    await stage.run(600)

    assert stage.world.queue
    assert max(event.at for event in stage.world.events) > NOON + 500


@pytest.fixture(scope="module")
def crowd() -> tuple[World, Crowd]:
    world = World(clock=SimClock(start=NOON, frozen=True), rng=random.Random(1))
    crowd = Crowd(world, random.Random(1), speed=1.0)
    crowd.gather()
    return world, crowd


def test_the_crowd_is_as_large_as_it_says_and_stays_so(crowd: tuple[World, Crowd]) -> None:
    world, moving = crowd

    assert (len(world.agents), len(world.sessions), len(world.queue)) == (AGENTS, SESSIONS, WAITING)
    assert (AGENTS, SESSIONS, WAITING) == (2_000, 20_000, 10_000)

    seen = set(world.queue)
    for _step in range(3000):
        world.clock.advance(0.2)
        moving.move_on()

    assert (len(world.agents), len(world.sessions), len(world.queue)) == (AGENTS, SESSIONS, WAITING)
    assert 3_000 < len(set(world.queue) - seen) < 10_000, "within ten minutes many came, and not all changed"


def test_the_crowd_waits_in_the_order_it_came(crowd: tuple[World, Crowd]) -> None:
    world, _moving = crowd
    since = [waiting.since_at for waiting in world.queue.values()]

    assert since == sorted(since)
    assert all(len(world.sessions_of(agent)) < 20 for agent in world.agents.values())


async def test_a_crowd_survives_that_everybody_goes_home() -> None:
    stage = Stage("big")
    for kf_account in list(stage.world.agents):
        stage.world.go_online(kf_account, False)
    stage.world.clock.advance(1800)
    await stage.run(1)

    assert not stage.world.sessions
    assert len(stage.world.queue) == WAITING


async def test_records_of_the_crowd_are_read_page_by_page_without_gap_or_repeat(crowd: tuple[World, Crowd]) -> None:
    world, _moving = crowd
    now = int(world.clock.now())
    body = {"starttime": now - 3600, "endtime": now, "msgid": 1, "number": 10_000}
    times: list[int] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(world)), base_url="http://sim") as http:
        query = {"access_token": world.tokens.stable(now).value}
        while True:
            answer = await http.post(
                "/customservice/msgrecord/getmsglist", params=query, content=json.dumps(body).encode()
            )
            page = answer.json()
            times += [row["time"] for row in page["recordlist"]]
            if page["number"] < 10_000:
                break
            body["msgid"] = page["msgid"]

    shown = [record for record in world.events if record.kind == "replied"]
    assert len(times) > 40_000
    assert len(shown) <= len(times)
    assert max(times) <= now


def test_every_gust_of_the_storm_is_a_fault_that_ends() -> None:
    rng = random.Random(3)
    faults = [next_fault(rng) for _number in range(2000)]

    assert {fault.kind for fault in faults} == {gust.kind for gust in GUSTS}
    assert all(fault.count is not None and 1 <= fault.count <= 5 for fault in faults)
    assert any(fault.kind in WITHOUT_ACTING for fault in faults)
    assert sum(gust.weight for gust in GUSTS) == 100


async def test_the_storm_blows_at_the_server_it_was_given_and_the_shop_goes_on() -> None:
    stage = Stage("storm", seed=2)
    events = await stage.run(300)

    assert stage.faults.armed
    assert any(event.kind == "queued" for event in events)
    assert any(event.kind == "accepted" for event in events)


async def test_spent_faults_are_forgotten_when_the_next_one_comes() -> None:
    faults = Faults()
    faults.arm(Fault("*", "empty", count=1))
    faults.arm(Fault("*", "empty", count=None))
    faults.strike("/x")
    faults.strike("/x")
    faults.forget_spent()

    assert [fault.count for fault in faults.armed] == [None]


async def test_a_scenario_is_cancelled_as_a_whole() -> None:
    world = World(rng=random.Random(1))
    _account, play = prepare("storm", world, faults=Faults())
    playing = asyncio.ensure_future(play())
    await asyncio.sleep(0)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing

    assert len(asyncio.all_tasks()) == 1
