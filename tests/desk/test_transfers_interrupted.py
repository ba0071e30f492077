"""Transfers that are stopped, killed, raced, or met by several mishaps at once: what is told stays true."""

import asyncio
import random
from contextlib import suppress
from functools import partial

import pytest

from kfconsole.desk.deeds import Deeds
from kfconsole.desk.feeds.agents import AgentsFeed
from kfconsole.desk.transferring import Outcome, Transfer
from kfconsole.errors import KfError, NotPossible
from kfconsole.simulator.world import Impossible
from tests.desk import house as at
from tests.desk.house import LI, ME, House, opened, until
from tests.desk.mishaps import (
    ANN,
    WU,
    Happening,
    after_the_close,
    deeds,
    errcode,
    grabbed_by,
    offline,
    pass_time,
    prepare,
    spoil,
)


@pytest.fixture
async def shop(house: House) -> House:
    return await prepare(house)


def harm(house: House, rng: random.Random) -> None:
    """Let a few things go wrong at once, on the wire and among the people."""
    for _harm in range(rng.randint(1, 4)):
        path = rng.choice([at.CLOSE, at.CREATE, at.CREATE, at.SESSION, at.ONLINE])
        after, count = rng.randint(0, 2), rng.choice([1, 1, 2, 5, None])
        if rng.random() < 0.5:
            spoil(path, rng.choice(["cut_before", "cut_after", "status", "garbage"]), count, after)(house)
        else:
            errcode(path, rng.choice([-1, 40003, 45009, 45011, 48001, 65400, 65401, 65413, 65415]), count, after)(house)
    for _act in range(rng.randint(0, 2)):
        act = rng.choice([grabbed_by(WU), grabbed_by(LI), grabbed_by(ME), offline(LI), offline(ME), offline(LI, ME)])
        when = rng.choice([house.wire.afterwards, house.wire.meanwhile])
        when[at.CLOSE if when is house.wire.afterwards else at.CREATE] = partial(attempt, act, house)


def attempt(act: Happening, house: House) -> None:
    with suppress(Impossible):  # they are served, or the agent is offline
        act(house)


async def one_round(house: House, seed: int) -> Outcome | None:
    """Whatever goes wrong: what is told is true, and nobody gets the customer who was not named."""
    harm(house, random.Random(seed))
    closes = house.calls(at.CLOSE)
    said = ""
    try:
        done = await house.actions.transfer(ANN, LI, giver=ME)
    except KfError as error:
        said = error.message
    if said:
        assert house.world.holder(ANN) == ME or "still with Me" not in said, (seed, said)
        return None
    assert house.calls(at.CLOSE) == closes + 1, seed
    if done.outcome is not Outcome.UNKNOWN:
        assert (house.world.holder(ANN) or None) == done.agent, (seed, done.said)
    return done.outcome


async def rounds(house: House, seeds: range) -> set[Outcome | None]:
    outcomes = set()
    for seed in seeds:
        outcomes.add(await one_round(house, seed))
        house.app.state.faults.clear()
        house.wire.meanwhile.clear()
        house.wire.afterwards.clear()
        for agent in (ME, LI, WU):
            house.world.go_online(agent)
        house.time.sim.advance(600)  # what was asked too often may be asked again
        if holder := house.world.holder(ANN):
            house.world.close(holder, ANN)
        house.world.say(ANN, "again")
        house.world.accept(ME, ANN)
    return outcomes


async def test_whatever_goes_wrong_at_once_what_is_told_is_true(shop: House) -> None:
    assert {*Outcome, None} <= await rounds(shop, range(150))


@pytest.mark.soak
async def test_whatever_goes_wrong_in_many_rounds_what_is_told_is_true(shop: House) -> None:
    await rounds(shop, range(1_000, 4_000))


async def test_whoever_stops_waiting_for_it_does_not_stop_it(shop: House) -> None:
    house = shop
    house.app.state.faults.hold(at.CREATE)
    task = asyncio.create_task(house.actions.transfer(ANN, LI))
    await until(lambda: house.app.state.faults.waiting.get(at.CREATE, 0) == 1)
    assert house.actions.is_transferring
    task.cancel()
    finish = asyncio.create_task(house.actions.finish())
    await asyncio.sleep(0.01)
    assert not finish.done()
    house.app.state.faults.release()
    await finish
    with pytest.raises(asyncio.CancelledError):
        await task

    assert house.world.holder(ANN) == LI
    assert not house.actions.is_transferring
    assert [deed.result for deed in await deeds(house)] == ["begun", "done"]


async def killed_in_the_middle(house: House) -> None:
    """What a process leaves that ended between the two calls: the note before, and a customer with nobody."""
    note: Deeds = house.actions._deeds
    await note.note_now("transfer", ANN, f"{ME} {LI}", "begun")
    house.world.close(ME, ANN)


async def test_what_a_killed_process_left_behind_is_found_and_can_be_taken_back(shop: House) -> None:
    house = shop
    await killed_in_the_middle(house)
    assert house.actions.left_alone() == ()
    await house.actions._transfers.find_forgotten()

    (found,) = house.actions.left_alone()
    assert (found.openid, found.giver, found.target) == (ANN, ME, LI)
    assert found.said.endswith("is with nobody: handing them from Me to Li did not end.")
    assert (await house.actions.undo_close()).agent == ME
    assert house.actions.left_alone() == ()
    await house.actions._transfers.find_forgotten()
    assert house.actions.left_alone() == ()


async def test_what_is_found_before_the_agents_are_known_names_them_once_they_are(house: House) -> None:
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    await killed_in_the_middle(house)
    await house.actions._transfers.find_forgotten()
    assert f"from {ME} to {LI}" in house.actions.left_alone()[0].said

    house.store.apply(await AgentsFeed(house.client, house.clock).ask())

    assert "from Me to Li" in house.actions.left_alone()[0].said


async def test_what_somebody_took_care_of_since_is_not_told_again(shop: House) -> None:
    house = shop
    await killed_in_the_middle(house)
    house.world.say(ANN, "hello?")
    house.world.accept(WU, ANN)
    await house.actions._transfers.find_forgotten()
    assert house.actions.left_alone() == ()

    house.world.close(WU, ANN)
    await house.actions._transfers.find_forgotten()
    assert house.actions.left_alone() == ()


async def test_a_transfer_that_left_them_alone_is_told_after_the_next_start_too(shop: House) -> None:
    house = shop
    after_the_close(offline(LI, ME))(house)
    done = await house.actions.transfer(ANN, LI)
    assert done.is_left_alone
    house.actions._undoing._ended.clear()  # another run
    await house.actions._transfers.find_forgotten()

    assert [transfer.openid for transfer in house.actions.left_alone()] == [ANN]


async def test_who_was_found_again_in_the_queue_is_not_told_after_the_next_start(shop: House) -> None:
    house = shop
    after_the_close(offline(LI, ME))(house)
    await house.actions.transfer(ANN, LI)
    house.world.say(ANN, "hello?")
    async with house.polling():
        assert house.waiting() == [ANN]
        assert house.actions.left_alone() == ()
    house.world.accept(WU, ANN)
    house.world.close(WU, ANN)
    await house.actions._transfers.find_forgotten()

    assert house.actions.left_alone() == ()


async def test_finished_transfers_are_no_business_of_the_next_start(shop: House) -> None:
    house = shop
    await house.actions.transfer(ANN, LI)
    await house.actions.close(ANN)
    await house.actions._transfers.find_forgotten()

    assert house.actions.left_alone() == ()


async def test_even_a_task_that_is_stopped_the_hard_way_leaves_a_note(shop: House) -> None:
    house = shop
    house.app.state.faults.hold(at.CREATE)
    waiting = asyncio.create_task(house.actions.transfer(ANN, LI))
    await until(lambda: house.app.state.faults.waiting.get(at.CREATE, 0) == 1)
    (task,) = house.actions._transfers._under_way
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    house.app.state.faults.release()

    assert [deed.details for deed in await deeds(house, "left_alone")] == [f"{ME} {LI}"]


async def test_two_consoles_at_once_leave_one_agent_with_them_and_the_truth_on_both(
    shop: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    house = shop
    async with opened(tmp_path_factory.mktemp("other")) as other:
        pass_time(other)
        other.wire._inner = house.wire._inner  # the same WeChat
        ends = await asyncio.gather(
            house.actions.transfer(ANN, LI), other.actions.transfer(ANN, WU), return_exceptions=True
        )

    holder = house.world.holder(ANN)
    assert holder in (LI, WU)
    for end in ends:
        if isinstance(end, Transfer):
            assert end.agent in (LI, WU)
        else:
            assert isinstance(end, NotPossible)
    assert any(isinstance(end, Transfer) and end.agent == holder for end in ends)


async def test_the_same_customer_is_not_transferred_twice_at_once(shop: House) -> None:
    house = shop
    first, second = await asyncio.gather(
        house.actions.transfer(ANN, LI), house.actions.transfer(ANN, WU), return_exceptions=True
    )

    assert isinstance(first, Transfer)
    assert isinstance(second, NotPossible)
    assert "already" in second.message
    assert house.world.holder(ANN) == LI


async def test_read_only_hands_nobody_over(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with opened(tmp_path_factory.mktemp("read-only"), read_only=True) as house:
        with pytest.raises(NotPossible, match="read-only"):
            await house.actions.transfer(ANN, LI)
        with pytest.raises(NotPossible, match="read-only"):
            await house.actions.undo_close()
        assert house.all_calls() == 0
