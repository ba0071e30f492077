"""What the poller does when WeChat has had enough: of one call for a minute or a day, or of the account."""

import asyncio
from itertools import pairwise

import pytest

from kfconsole.desk import pacing
from kfconsole.errors import AuthError, RateLimited
from kfconsole.model import Feed
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, START, House, customer, until

TOKEN = "/cgi-bin/stable_token"
TO_NEXT_MINUTE = 60 - START % 60
JITTER = pacing.JITTER_SECONDS / 2  # the house's dice always show the middle


async def asked_at(house: House, path: str, seconds: int) -> list[float]:
    """Let time pass and return when a path was asked, in seconds from now."""
    began, moments = house.time.sim.now(), list[float]()
    for _second in range(seconds):
        before = house.calls(path)
        await house.time.advance(1)
        moments += [house.time.sim.now() - began] * (house.calls(path) - before)
    return moments


async def test_after_the_minute_limit_a_call_waits_for_the_next_minute_of_wechats_clock(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=45011))
        asked = await asked_at(house, at.WAITING, 40)

        assert asked[0] == 2
        assert TO_NEXT_MINUTE < asked[1] <= TO_NEXT_MINUTE + JITTER + 1
        assert house.desk.health[Feed.QUEUE].error is None


async def test_consoles_refused_in_one_minute_do_not_come_back_together() -> None:
    error = RateLimited("too many", retry_after_seconds=60, code=45011)
    rests = [pacing.limit_rest_seconds(error, START, chance / 10) for chance in range(11)]

    assert len(set(rests)) == 11
    assert min(rests) == TO_NEXT_MINUTE
    assert max(rests) == TO_NEXT_MINUTE + pacing.JITTER_SECONDS


async def test_after_the_daily_limit_a_call_is_tried_once_a_minute_and_the_others_go_on(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=45009, count=None))
        await house.time.advance(2)
        others = house.calls(at.RECORDS)
        gaps = [later - earlier for earlier, later in pairwise(await asked_at(house, at.WAITING, 300))]

        assert gaps
        assert all(60 <= gap <= 60 + pacing.JITTER_SECONDS + 1 for gap in gaps)
        assert house.calls(at.RECORDS) - others == 100
        assert pacing.is_day_limit(house.desk.health[Feed.QUEUE].error)


async def test_a_probe_that_is_answered_ends_the_slowness(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=45009))
        await house.time.advance(2)
        await house.time.advance(63)
        assert house.desk.health[Feed.QUEUE].error is None

        assert await asked_at(house, at.WAITING, 10) == [2, 4, 6, 8, 10]


@pytest.mark.parametrize("code", [45009, 45011])
async def test_told_to_ask_a_limited_call_is_asked_at_once(house: House, code: int) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=code))
        await house.time.advance(2)
        asked = house.calls(at.WAITING)
        house.poller.wake()
        await house.time.settle(4)

        assert house.calls(at.WAITING) == asked + 1
        assert house.desk.health[Feed.QUEUE].error is None


async def test_told_to_ask_in_vain_the_call_rests_again(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=45009, count=None))
        await house.time.advance(2)
        house.poller.wake()
        await house.time.settle(4)
        asked = house.calls(at.WAITING)

        await house.time.advance(59)
        assert house.calls(at.WAITING) == asked


async def test_an_act_of_ours_does_not_wake_a_limited_call(house: House) -> None:
    house.world.say(customer(1), "hello")
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=45009, count=None))
        await house.time.advance(2)
        asked = house.calls(at.WAITING)
        await house.actions.accept(customer(1))
        await house.time.settle(4)

        assert house.calls(at.WAITING) == asked
        assert house.served() == {customer(1): ME}


async def test_an_act_while_the_limit_is_being_learned_does_not_ask_once_more(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.WAITING, "errcode", code=45009, count=None))
        house.app.state.faults.hold(at.WAITING)
        house.poller.wake(Feed.QUEUE)
        await until(lambda: house.app.state.faults.waiting.get(at.WAITING, 0) == 1)
        asked = house.calls(at.WAITING)
        house.poller.acted(ME)
        house.app.state.faults.release()
        await house.time.settle(4)

        assert house.calls(at.WAITING) == asked


async def test_fifty_agents_are_not_tried_one_after_the_other_when_their_lists_are_used_up(house: House) -> None:
    for number in range(50):
        house.world.add_agent(f"a{number}@shop", "A")
        house.world.say(customer(number), "hello")
        house.world.accept(f"a{number}@shop", customer(number))
    async with house.polling():
        assert len(house.served()) == 50
        house.app.state.faults.arm(Fault(at.SESSIONS, "errcode", code=45009, count=None))
        await house.time.advance(6)
        asked = house.calls(at.SESSIONS)
        for number in range(50):  # everybody is due
            house.world.close(f"a{number}@shop", customer(number))
        await house.time.advance(190)
        assert house.calls(at.SESSIONS) - asked == 3

        house.app.state.faults.clear()
        await house.time.advance(66)
        assert house.served() == {}


async def test_the_limit_of_the_list_of_agents_leaves_who_is_online_alone(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.AGENTS, "errcode", code=45009, count=None))
        listed = house.calls(at.AGENTS)
        house.world.go_online(LI, False)
        house.world.add_agent("new@shop", "New")  # an account the list does not have yet
        await house.time.advance(66)

        assert {agent.id: agent.is_online for agent in house.desk.agents} == {ME: True, LI: False, "new@shop": True}
        health = house.desk.health[Feed.AGENTS]
        assert pacing.is_day_limit(health.error)
        assert health.succeeded_mono is not None
        assert house.time.monotonic() - health.succeeded_mono <= 5
        asked = house.calls(at.AGENTS)
        assert asked <= listed + 2
        await house.time.advance(180)
        assert house.calls(at.AGENTS) == asked + 3

        house.app.state.faults.clear()
        house.poller.wake()
        await house.time.settle(4)
        assert "New" in [agent.nick for agent in house.desk.agents]
        assert house.desk.health[Feed.AGENTS].error is None


async def test_without_any_list_of_agents_its_limit_is_the_feeds(house: House) -> None:
    house.app.state.faults.arm(Fault(at.AGENTS, "errcode", code=45009))
    async with house.polling():
        assert pacing.is_day_limit(house.desk.health[Feed.AGENTS].error)
        assert house.calls(at.ONLINE) == 0

        await house.time.advance(64)
        assert house.desk.health[Feed.AGENTS].error is None
        assert len(house.desk.agents) == 2


async def test_feeds_that_all_lack_a_token_ask_for_it_together(house: House) -> None:
    async with house.polling():
        house.world.tokens.revoke_all()
        house.app.state.faults.arm(Fault(TOKEN, "errcode", code=45009, count=None))
        await house.time.advance(10)
        assert all(pacing.is_day_limit(health.error) for health in house.desk.health.values())
        asked = house.calls(TOKEN)
        house.app.state.faults.hold(TOKEN)
        await house.time.advance(60 + pacing.JITTER_SECONDS, resting=0)
        for _look in range(10):  # the feed of messages looks into the archive before it asks
            await house.archive.newest_id()
        house.app.state.faults.release()
        await house.time.settle(4)

        assert house.calls(TOKEN) == asked + 1


async def test_a_call_the_account_may_not_make_stops_its_own_feed_only(house: House) -> None:
    async with house.polling():
        house.app.state.faults.arm(Fault(at.RECORDS, "errcode", code=48001))
        await house.time.advance(2)
        await house.time.advance(1, resting=3)
        await until(lambda: isinstance(house.desk.health[Feed.MESSAGES].error, AuthError))
        assert house.desk.health[Feed.MESSAGES].retry_mono is None
        assert [feed for feed in Feed if house.desk.health[feed].error] == [Feed.MESSAGES]

        asked, others = house.calls(at.RECORDS), house.calls(at.WAITING)
        house.poller.wake(Feed.MESSAGES)
        for _turn in range(50):
            await asyncio.sleep(0)
        assert house.calls(at.RECORDS) == asked
        house.poller.wake(Feed.QUEUE)
        await until(lambda: house.calls(at.WAITING) == others + 1)

        house.poller.wake()
        await house.time.settle(4)
        assert house.calls(at.RECORDS) == asked + 1
        assert house.desk.health[Feed.MESSAGES].error is None
