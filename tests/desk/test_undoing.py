"""A close can be taken back for a few seconds; everything else says why it cannot."""

import asyncio
import math

import pytest

from kfconsole.desk.undoing import UNDO_SECONDS
from kfconsole.errors import NotPossible, Rejected, Unavailable
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, House, customer

ANN, BOB = customer(1), customer(2)


@pytest.fixture
async def shop(house: House) -> House:
    for openid in (ANN, BOB):
        house.world.say(openid, "hello")
        house.world.accept(ME, openid)
    return house


async def test_a_close_is_taken_back_for_the_same_customer_and_agent(shop: House) -> None:
    house = shop
    house.world.transfer(ME, LI, ANN)
    async with house.polling():
        await house.actions.close(ANN)
        house.time.sim.advance(UNDO_SECONDS)
        session = await house.actions.undo_close()

        assert (session.openid, session.agent) == (ANN, LI)
        assert house.served() == {ANN: LI, BOB: ME}
        assert house.world.holder(ANN) == LI
    await house.actions.finish()
    noted = [(deed.act, deed.openid, deed.details, deed.result) for deed in await house.archive.deeds(0, math.inf)]
    assert noted[-1] == ("undo_close", ANN, LI, "done")


async def test_after_some_seconds_it_is_too_late(shop: House) -> None:
    house = shop
    await house.actions.close(ANN)
    house.time.sim.advance(UNDO_SECONDS + 0.1)
    with pytest.raises(NotPossible, match="too late"):
        await house.actions.undo_close()

    assert house.calls(at.CREATE) == 0


async def test_two_closes_are_taken_back_one_after_the_other(shop: House) -> None:
    house = shop
    await house.actions.close(ANN)
    await house.actions.close(BOB)

    assert (await house.actions.undo_close()).openid == BOB
    assert (await house.actions.undo_close()).openid == ANN
    with pytest.raises(NotPossible, match="nothing to undo"):
        await house.actions.undo_close()


async def test_pressed_twice_it_is_done_once(shop: House) -> None:
    house = shop
    await house.actions.close(ANN)
    first, second = await asyncio.gather(house.actions.undo_close(), house.actions.undo_close(), return_exceptions=True)

    assert not isinstance(first, BaseException)
    assert isinstance(second, NotPossible)
    assert house.calls(at.CREATE) == 1


async def test_with_nothing_done_there_is_nothing_to_undo(house: House) -> None:
    with pytest.raises(NotPossible, match="nothing to undo"):
        await house.actions.undo_close()

    assert house.all_calls() == 0


async def test_an_accept_says_why_it_cannot_be_undone(house: House) -> None:
    house.world.say(ANN, "hello")
    await house.actions.accept(ANN)
    with pytest.raises(NotPossible, match="does not go back to the queue"):
        await house.actions.undo_close()

    assert house.world.holder(ANN) == ME


async def test_a_close_before_an_accept_can_still_be_taken_back(shop: House) -> None:
    house = shop
    other = customer(3)
    house.world.say(other, "me too")
    await house.actions.close(ANN)
    await house.actions.accept(other)

    assert (await house.actions.undo_close()).openid == ANN


async def test_a_transfer_is_transferred_back_instead(shop: House) -> None:
    house = shop
    await house.actions.transfer(ANN, LI)
    with pytest.raises(NotPossible, match="transferred back"):
        await house.actions.undo_close()


async def test_a_transfer_that_was_none_leaves_nothing_to_undo(shop: House) -> None:
    house = shop
    house.app.state.faults.arm(Fault(at.CREATE, "errcode", code=65415))
    assert (await house.actions.transfer(ANN, LI)).agent == ME
    with pytest.raises(NotPossible, match="nothing to undo"):
        await house.actions.undo_close()


async def test_who_waits_again_is_left_in_the_queue(shop: House) -> None:
    house = shop
    async with house.polling():
        await house.actions.close(ANN)
        house.world.say(ANN, "one more thing")
        await house.time.advance(3)
        assert house.waiting() == [ANN]
        with pytest.raises(NotPossible, match="waiting in the queue"):
            await house.actions.undo_close()

        assert house.world.holder(ANN) == ""


async def test_who_was_taken_meanwhile_is_left_with_them(shop: House) -> None:
    house = shop
    await house.actions.close(ANN)
    house.world.say(ANN, "one more thing")
    house.world.accept(LI, ANN)
    with pytest.raises((Rejected, NotPossible), match=f"is being served by {LI}"):
        await house.actions.undo_close()

    assert house.world.holder(ANN) == LI


async def test_an_agent_who_went_offline_gets_nobody_back(shop: House) -> None:
    house = shop
    await house.actions.close(ANN)
    house.world.go_online(ME, False)
    async with house.polling():
        with pytest.raises(NotPossible, match="offline"):
            await house.actions.undo_close()

    assert house.world.holder(ANN) == ""


async def test_after_a_lost_answer_the_truth_counts(shop: House) -> None:
    house = shop
    await house.actions.close(ANN)
    house.wire.lost.append(at.CREATE)
    assert (await house.actions.undo_close()).agent == ME

    await house.actions.close(ANN)
    house.app.state.faults.arm(Fault(at.CREATE, "status"))
    with pytest.raises(Unavailable):
        await house.actions.undo_close()
    assert house.world.holder(ANN) == ""
    assert (await house.actions.undo_close()).openid == ANN
    assert house.world.holder(ANN) == ME


async def test_a_close_that_others_made_is_not_ours_to_undo(shop: House) -> None:
    house = shop
    async with house.polling():
        house.world.close(ME, ANN)
        with pytest.raises(NotPossible):
            await house.actions.close(ANN)
        with pytest.raises(NotPossible, match="nothing to undo"):
            await house.actions.undo_close()
