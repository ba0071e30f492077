"""Automatic assignment against the simulator: checked right before, told, noted, and never twice."""

import asyncio
from pathlib import Path

from kfconsole.config.assigning import AssignRule
from kfconsole.desk.assign_rules import Verdict
from kfconsole.desk.auto_assign import FRESH_SECONDS, REST_SECONDS, AutoAssign
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, START, House, customer, opened, until

ANN, BOB = customer(1), customer(2)
ALL = [AssignRule("all")]


def automatic(house: House, rules: list[AssignRule] = ALL) -> tuple[AutoAssign, list[Verdict]]:
    told: list[Verdict] = []
    made = AutoAssign(
        rules, house.actions, house.store, house.clock, zone=None, tell=told.append, sleep=house.time.sleep
    )
    return made, told


async def test_who_waits_is_given_away_told_and_noted(house: House) -> None:
    house.world.say(ANN, "hello")
    house.world.say(BOB, "hello")
    async with house.polling():
        auto, told = automatic(house)
        assert [(row.openid, row.agent) for row in auto.plan()] == [(ANN, LI), (BOB, ME)]
        assert house.calls(at.CREATE) == 0
        running = asyncio.ensure_future(auto.run())
        await until(lambda: len(told) == 2)
        running.cancel()
        await house.actions.finish()

        assert (house.world.holder(ANN), house.world.holder(BOB)) == (LI, ME)
        deeds = await house.archive.deeds(0, START * 2)
        assert [(deed.act, deed.openid, deed.details) for deed in deeds] == [
            ("auto_assign", ANN, f"{LI} all"),
            ("auto_assign", BOB, f"{ME} all"),
        ]


async def test_of_two_consoles_each_customer_is_given_away_once(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        auto, told = automatic(house)
        house.world.accept(ME, ANN)  # the other console, unseen here
        assert await auto.assign_one()
        assert house.calls(at.CREATE) == 0

        house.world.close(ME, ANN)
        house.world.say(BOB, "hello")
        house.poller.wake()
        await until(lambda: BOB in house.waiting())
        house.wire.meanwhile[at.CREATE] = lambda: house.world.accept(ME, BOB)
        await auto.assign_one()

        assert told == []
        assert house.world.holder(BOB) == ME


async def test_whom_wechat_refused_rests(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        auto, told = automatic(house)
        house.app.state.faults.arm(Fault(at.CREATE, "errcode", code=65407))
        assert not await auto.assign_one()
        assert not await auto.assign_one()
        assert house.calls(at.CREATE) == 1

        await house.time.advance(REST_SECONDS + 1)
        assert await auto.assign_one()
        assert [verdict.openid for verdict in told] == [ANN]


async def test_by_an_old_list_nobody_is_given_away(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        auto, told = automatic(house)
        house.time.sim.advance(FRESH_SECONDS + 1)
        assert not await auto.assign_one()

    assert house.calls(at.CREATE) == 0
    assert told == []


async def test_a_read_only_console_gives_nobody_away(tmp_path: Path) -> None:
    async with opened(tmp_path, read_only=True) as house:
        house.world.say(ANN, "hello")
        async with house.polling():
            auto, _told = automatic(house)
            assert not await auto.assign_one()

        assert house.calls(at.CREATE) == 0
