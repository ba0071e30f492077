"""The demo's day: seeded, alive, and made of real-looking people."""

import ast
import asyncio
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

import kfconsole.simulator
from kfconsole.simulator import SimClock, World, prepare
from kfconsole.simulator.records import AGENT_RECEIVED
from kfconsole.simulator.sending import send
from kfconsole.simulator.shop import SHOP_AGENT
from tests.simulator.conftest import NOON, WEN
from tests.simulator.stage import Stage


async def test_the_same_seed_gives_the_same_day() -> None:
    first, second, other = Stage(seed=7), Stage(seed=7), Stage(seed=8)

    assert await first.run(1200) == await second.run(1200)
    assert list(first.world.events) != await other.run(1200)


def test_the_shop_opens_in_the_middle_of_a_working_day() -> None:
    world = Stage().world
    nicknames = [(agent.nickname, agent.is_bound, agent.is_online) for agent in world.agents.values()]
    waits = [NOON - waiting.since_at for waiting in world.queue.values()]
    served = {account: len(world.sessions_of(agent)) for account, agent in world.agents.items()}

    assert SHOP_AGENT == WEN
    assert nicknames == [
        ("晓雯", True, True),
        ("Tom", True, True),
        ("小美", True, True),
        ("阿强", True, False),
        ("新人小周", False, False),
    ]
    assert waits == pytest.approx([720, 265, 96, 27, 3])
    assert list(served.values()) == [2, 2, 1, 0, 0]
    assert world.clock.now() == NOON


def test_there_is_history_to_read_also_of_those_in_session() -> None:
    world = Stage().world
    everything = [
        world.records.page(start, start + 86400, 1, 10000, now=NOON, switches=world.switches).records
        for start in (int(NOON) - 2 * 86400, int(NOON) - 86400)
    ]
    yesterday, today = everything
    texts = "\n".join(record.text for record in today)
    known = {record.openid for record in yesterday} | {record.openid for record in today if record.time < NOON - 3600}

    assert len(yesterday) > 5
    assert len(today) > 30
    assert known & set(world.sessions)
    for odd in ("[image]", "[voice]", "[b]不要[/b]", "[/\n", "７７１９", "https://", "👨‍👩‍👧‍👦", "\n2. 发顺丰"):
        assert odd in texts
    assert any(len(record.text) >= 280 for record in today if record.opercode == AGENT_RECEIVED)


def test_openids_look_real() -> None:
    world = Stage().world

    assert all(re.fullmatch(r"o[A-Za-z0-9_-]{27}", openid) for openid in world.customers)


async def test_people_come_wait_write_again_give_up_and_are_served() -> None:
    events = await Stage(seed=2).run(3600)
    kinds = {event.kind for event in events if event.at > NOON}
    takers = {event.kf_account for event in events if event.at > NOON and event.kind == "accepted"}

    assert kinds >= {"said", "queued", "left", "accepted", "replied", "closed", "online", "offline"}
    assert SHOP_AGENT not in takers
    assert len(takers) >= 2


async def test_nobody_takes_a_customer_before_a_learner_could() -> None:
    events = await Stage(seed=3).run(1800)
    queued_at: dict[str, float] = {}
    waits: list[float] = []
    for event in events:
        if event.kind == "queued":
            queued_at[event.openid] = event.at
        elif event.kind == "accepted" and event.at > NOON:
            waits.append(event.at - queued_at[event.openid])

    assert min(waits) >= 90


async def test_a_reply_over_the_api_is_answered_within_seconds_until_they_thank() -> None:
    stage = Stage(seed=4)
    world = stage.world
    openid = next(row.openid for row in world.sessions_of(world.agents[SHOP_AGENT]))
    answers = 0
    for _ in range(5):
        send(world, {"touser": openid, "msgtype": "text", "text": {"content": "好的，已经为您处理"}})
        sent_at = world.clock.now()
        events = await stage.run(30)
        answers += any(event.kind == "said" and event.openid == openid and event.at >= sent_at for event in events)
        if answers and not world.customers[openid].windows.replies_left(world.clock.now()):
            break

    assert answers >= 2


async def test_speed_makes_people_faster_and_leaves_the_clock_alone() -> None:
    slow, fast = Stage(seed=5), Stage(seed=5, speed=10.0)
    slow_events, fast_events = await slow.run(300), await fast.run(300)
    arrivals = [sum(event.kind == "queued" and event.at > NOON for event in day) for day in (slow_events, fast_events)]

    assert arrivals[1] > 4 * arrivals[0]
    assert fast.world.clock.now() == pytest.approx(NOON + 300, abs=1)


async def test_a_frozen_clock_stops_everybody() -> None:
    stage = Stage(seed=6)
    before = len(stage.world.events)
    naps = 0

    async def nap(_seconds: float) -> None:
        nonlocal naps
        naps += 1
        if naps == 50:
            raise asyncio.CancelledError

    world = World(clock=SimClock(start=NOON, frozen=True), rng=random.Random(6))
    _account, play = prepare("shop", world, seed=6, sleep=nap)
    with pytest.raises(asyncio.CancelledError):
        await play()

    assert len(world.events) == before


async def test_in_the_quiet_scenario_nothing_moves_by_itself() -> None:
    world = World(clock=SimClock(start=NOON, frozen=True))
    kf_account, play = prepare("quiet", world)
    before = list(world.events)
    await play()

    assert list(world.events) == before
    assert len(world.queue) == 1
    assert world.agents[kf_account].is_online


async def test_the_shop_survives_switches_and_closed_sessions() -> None:
    stage = Stage(seed=9, speed=5.0)
    stage.world.switches = replace(stage.world.switches, session_minutes=0.5, web_replies_count=True)

    assert any(event.kind == "expired" for event in await stage.run(900))


def test_the_simulator_imports_nothing_of_the_console() -> None:
    root = Path(kfconsole.simulator.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith("kfconsole") or name.startswith("kfconsole.simulator"), path
