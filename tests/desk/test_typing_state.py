import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kfconsole.errors import Rejected
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import ME, House, customer, until

ANN = customer(1)


@asynccontextmanager
async def writing_to_ann(house: House) -> AsyncIterator[None]:
    """Ann has just written, and the calls nobody waits for are made."""
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    house.world.say(ANN, "are you there?")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(house.actions.run())
        async with house.polling():
            yield
        task.cancel()


def commands(house: House) -> list[str]:
    return [json.loads(request.body)["command"] for request in house.app.state.requests.of(at.TYPING)]


async def test_writing_is_shown_once_in_15_seconds(house: House) -> None:
    async with writing_to_ann(house):
        house.actions.writing(ANN)
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 1)
        await house.time.advance(14)
        house.actions.writing(ANN)
        await house.time.advance(1.5)
        assert commands(house) == ["Typing"]

        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 2)
        assert house.app.state.requests.of(at.TYPING)[-1].code == 0


async def test_writing_is_not_shown_when_nothing_passed_for_30_seconds(house: House) -> None:
    async with writing_to_ann(house):
        await house.time.advance(31)
        house.actions.writing(ANN)
        await house.time.settle(4)

        assert commands(house) == []


@pytest.mark.parametrize("report", ["emptied", "left"])
async def test_typing_ends_when_nothing_is_being_written(house: House, report: str) -> None:
    async with writing_to_ann(house):
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 1)
        getattr(house.actions, report)(ANN)
        getattr(house.actions, report)(ANN)
        await until(lambda: len(commands(house)) == 2)
        await house.time.settle(4)

        assert commands(house) == ["Typing", "CancelTyping"]


async def test_what_was_never_shown_is_not_cancelled(house: House) -> None:
    async with writing_to_ann(house):
        house.actions.left(ANN)
        await house.time.settle(4)
        assert commands(house) == []

        house.actions.writing(ANN)
        await house.time.advance(16)
        house.actions.left(ANN)
        await house.time.settle(4)
        assert commands(house) == ["Typing"]


async def test_a_send_ends_typing_by_itself(house: House) -> None:
    async with writing_to_ann(house):
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 1)
        await house.actions.send(ANN, "yes")
        house.actions.left(ANN)
        await house.time.settle(4)

        assert commands(house) == ["Typing"]


async def test_automatic_typing_fails_quietly_and_goes_on(house: House) -> None:
    async with writing_to_ann(house):
        for code in (45080, 45081, 48001):
            house.app.state.faults.arm(Fault(at.TYPING, "errcode", code=code))
            house.actions.writing(ANN)
            await until(lambda: house.app.state.faults.armed[-1].struck == 1)
            house.actions.left(ANN)
            await house.time.advance(15)
            house.world.say(ANN, "hm?")
            await house.time.advance(4)
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 4)

        assert commands(house) == ["Typing"] * 4


async def test_typing_asked_for_by_hand_says_what_wechat_says(house: House) -> None:
    async with writing_to_ann(house):
        await house.actions.set_typing(ANN)
        assert commands(house) == ["Typing"]

        with pytest.raises(Rejected) as refused:
            await house.actions.set_typing(ANN)
        assert refused.value.code == 45081


async def test_typing_can_be_ended_by_hand_and_is_not_ended_twice(house: House) -> None:
    async with writing_to_ann(house):
        await house.actions.set_typing(ANN)
        await house.actions.set_typing(ANN, cancel=True)
        house.actions.left(ANN)
        await house.time.settle(4)

        assert commands(house) == ["Typing", "CancelTyping"]


async def test_a_typing_state_that_comes_too_late_is_not_shown(house: House) -> None:
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    house.world.say(ANN, "are you there?")
    async with house.polling():
        house.actions.writing(ANN)
        house.time.sim.advance(6)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(house.actions.run())
            await house.time.settle(4)
            task.cancel()

    assert commands(house) == []


async def test_without_the_secret_writing_is_not_shown_and_nothing_ends(house: House) -> None:
    async with writing_to_ann(house):
        house.lose_the_secret(at.TYPING)
        house.actions.writing(ANN)
        await house.find_the_secret()
        await house.time.advance(16)
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 2)
