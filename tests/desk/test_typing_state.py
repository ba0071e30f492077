import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfconsole.content import Text
from kfconsole.desk.facts import ContactsSeen
from kfconsole.errors import Rejected
from kfconsole.model import Contact, CustomerAct, CustomerId, Window
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import ME, House, customer, opened, until

ANN, BOB = customer(1), customer(2)
CALM_TURNS = 150
"""So many turns of the loop are more than a call to the simulator takes: nothing here waits for a disk."""


async def calm() -> None:
    for _turn in range(CALM_TURNS):
        await asyncio.sleep(0)


async def pass_time(house: House, seconds: float) -> None:
    """Let time go by, stopping wherever somebody wakes."""
    await calm()
    target = house.time.sim.now() + seconds
    while house.time.sleepers and (deadline := min(house.time.sleepers.values())) <= target:
        house.time.sim.set(max(deadline, house.time.sim.now()))
        for waiting, wakes_at in list(house.time.sleepers.items()):
            if wakes_at <= deadline and not waiting.done():
                waiting.set_result(None)
        await calm()
    house.time.sim.set(target)
    await calm()


def exchanged(house: House, openid: CustomerId) -> None:
    """The desk knows that the customer wrote just now."""
    window = Window(CustomerAct.MESSAGE, house.time.sim.now(), sent=0)
    house.store.apply(ContactsSeen({openid: Contact(openid, windows=(window,))}))


def say(house: House, openid: CustomerId, text: str = "hm?") -> None:
    house.world.say(openid, text)
    exchanged(house, openid)


@asynccontextmanager
async def writing_to(house: House, *customers: CustomerId) -> AsyncIterator[None]:
    """They have just written, and the calls nobody waits for are made."""
    for openid in customers:
        say(house, openid, "hello")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(house.actions._typing_state.run())
        yield
        task.cancel()


def commands(house: House, openid: str | None = None) -> list[str]:
    bodies = [json.loads(request.body) for request in house.app.state.requests.of(at.TYPING)]
    return [body["command"] for body in bodies if openid in (None, body["touser"])]


def codes(house: House) -> set[int | None]:
    return {request.code for request in house.app.state.requests.of(at.TYPING)}


async def test_writing_is_shown_at_once_and_once_in_15_seconds(house: House) -> None:
    async with writing_to(house, ANN):
        house.actions.writing(ANN)
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 1)
        await pass_time(house, 14.9)
        house.actions.writing(ANN)
        await calm()
        assert commands(house) == ["Typing"]
        assert house.actions.typing_seconds(ANN) == pytest.approx(0.1)


async def test_it_is_renewed_by_itself_while_writing_goes_on(house: House) -> None:
    async with writing_to(house, ANN):
        for _key in range(11):
            house.actions.writing(ANN)
            await pass_time(house, 2.5)
        assert commands(house) == ["Typing"] * 2
        assert codes(house) == {0}


async def test_who_pauses_is_not_shown_until_they_go_on(house: House) -> None:
    async with writing_to(house, ANN):
        house.actions.writing(ANN)
        await pass_time(house, 20)
        assert commands(house) == ["Typing"]
        assert house.actions.typing_seconds(ANN) == 0

        house.actions.writing(ANN)
        await calm()
        assert commands(house) == ["Typing"] * 2


async def test_writing_is_not_shown_when_nothing_passed_for_30_seconds(house: House) -> None:
    async with writing_to(house, ANN):
        await pass_time(house, 31)
        house.actions.writing(ANN)
        await calm()
        assert commands(house) == []

        say(house, ANN)
        house.actions.writing(ANN)
        await calm()
        assert commands(house) == ["Typing"]


@pytest.mark.parametrize("report", ["emptied", "left"])
async def test_typing_ends_when_nothing_is_being_written(house: House, report: str) -> None:
    async with writing_to(house, ANN):
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 1)
        getattr(house.actions, report)(ANN)
        getattr(house.actions, report)(ANN)
        await calm()
        assert commands(house) == ["Typing", "CancelTyping"]


async def test_what_was_deleted_at_once_is_not_shown_at_all(house: House) -> None:
    async with writing_to(house, ANN):
        house.actions.writing(ANN)
        house.actions.emptied(ANN)
        await calm()
        assert commands(house) == []


async def test_what_is_on_its_way_when_writing_ends_is_cancelled_behind_it(house: House) -> None:
    async with writing_to(house, ANN):
        house.app.state.faults.hold(at.TYPING)
        house.actions.writing(ANN)
        await until(lambda: house.app.state.faults.waiting.get(at.TYPING, 0) == 1)
        house.actions.left(ANN)
        await calm()
        house.app.state.faults.release()
        await calm()
        assert commands(house) == ["Typing", "CancelTyping"]


async def test_what_is_not_shown_or_over_is_not_cancelled(house: House) -> None:
    async with writing_to(house, ANN):
        house.actions.left(ANN)
        await calm()
        house.actions.writing(ANN)
        await pass_time(house, 16)
        house.actions.left(ANN)
        await calm()
        assert commands(house) == ["Typing"]


async def test_a_send_ends_typing_by_itself_and_the_next_is_shown_at_once(house: House) -> None:
    async with writing_to(house, ANN):
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 1)
        await house.actions.send(ANN, "yes")
        house.actions.left(ANN)
        await calm()
        assert commands(house) == ["Typing"]

        house.actions.writing(ANN)
        await calm()
        assert commands(house) == ["Typing"] * 2
        assert codes(house) == {0}


async def test_a_send_does_not_wait_for_typing_that_does_not_answer(house: House) -> None:
    async with writing_to(house, ANN, BOB):
        house.app.state.faults.hold(at.TYPING)
        house.actions.writing(ANN)
        house.actions.writing(BOB)
        await until(lambda: house.app.state.faults.waiting.get(at.TYPING, 0) == 2)
        await house.actions.send(ANN, "yes")
        assert [sent.text for sent in house.world.sent] == ["yes"]

        house.app.state.faults.release()
        await calm()
        # It may have come behind the message: nobody is writing, so it is taken away.
        assert commands(house, ANN) == ["Typing", "CancelTyping"]
        assert commands(house, BOB) == ["Typing"]


async def test_each_customer_has_a_state_of_their_own(house: House) -> None:
    async with writing_to(house, ANN, BOB):
        house.actions.writing(ANN)
        house.actions.writing(BOB)
        await calm()
        house.actions.left(ANN)
        await calm()
        assert commands(house, ANN) == ["Typing", "CancelTyping"]
        assert commands(house, BOB) == ["Typing"]


async def test_automatic_typing_fails_quietly_and_goes_on(house: House) -> None:
    async with writing_to(house, ANN):
        for code in (45080, 45081, 48001):
            house.app.state.faults.arm(Fault(at.TYPING, "errcode", code=code))
            house.actions.writing(ANN)
            await until(lambda: house.app.state.faults.armed[-1].struck == 1)
            house.actions.left(ANN)
            await pass_time(house, 15)
            say(house, ANN)
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 4)
        assert commands(house) == ["Typing"] * 4


async def test_typing_asked_for_by_hand_says_what_wechat_says(house: House) -> None:
    say(house, ANN)
    await house.actions.set_typing(ANN)
    assert house.actions.typing_seconds(ANN) == 15

    with pytest.raises(Rejected) as refused:
        await house.actions.set_typing(ANN)
    assert refused.value.code == 45081


async def test_it_is_asked_for_once_however_often_the_key_is_pressed(house: House) -> None:
    async with writing_to(house, ANN):
        await asyncio.gather(*(house.actions.set_typing(ANN) for _press in range(3)))
        assert commands(house) == ["Typing"]


async def test_what_is_asked_for_by_hand_and_by_writing_is_asked_for_once(house: House) -> None:
    async with writing_to(house, ANN, BOB):
        by_hand = asyncio.create_task(house.actions.set_typing(ANN))
        house.actions.writing(BOB)
        await asyncio.sleep(0)
        house.actions.writing(ANN)
        await house.actions.set_typing(BOB)
        await by_hand
        await calm()

        assert (commands(house, ANN), commands(house, BOB)) == (["Typing"], ["Typing"])


async def test_what_is_asked_for_by_hand_is_cancelled_behind_it_when_writing_ends(house: House) -> None:
    async with writing_to(house, ANN):
        by_hand = asyncio.create_task(house.actions.set_typing(ANN))
        await asyncio.sleep(0)
        house.actions.left(ANN)
        await by_hand
        await until(lambda: commands(house) == ["Typing", "CancelTyping"])


async def test_typing_can_be_ended_by_hand_and_is_not_ended_twice(house: House) -> None:
    async with writing_to(house, ANN):
        await house.actions.set_typing(ANN)
        await house.actions.set_typing(ANN, cancel=True)
        house.actions.left(ANN)
        await calm()
        assert commands(house) == ["Typing", "CancelTyping"]


async def test_nobody_is_left_waiting_for_words_of_a_console_that_ends(house: House) -> None:
    async with writing_to(house, ANN, BOB):
        house.actions.writing(ANN)
        await calm()
    await house.actions.stop_typing()
    assert commands(house) == ["Typing", "CancelTyping"]


async def test_a_typing_state_that_comes_too_late_is_not_shown(house: House) -> None:
    say(house, ANN)
    house.actions.writing(ANN)
    house.time.sim.advance(6)
    async with writing_to(house):
        await calm()
    assert commands(house) == []


async def test_without_the_secret_writing_is_not_shown_and_nothing_ends(house: House) -> None:
    await house.client.queue()
    async with writing_to(house, ANN):
        house.lose_the_secret(at.TYPING)
        house.actions.writing(ANN)
        await house.find_the_secret()
        await pass_time(house, 16)
        house.actions.writing(ANN)
        await until(lambda: len(commands(house)) == 2)
        assert house.app.state.requests.of(at.TYPING)[-1].code == 0


ACTS = st.sampled_from(("write",) * 8 + ("empty", "send", "say", "say"))
SECONDS = st.sampled_from((0.0, 0.3, 2.5, 2.5, 2.5, 4.0, 4.0, 14.4, 29.2))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(ACTS, st.booleans(), SECONDS), min_size=30, max_size=60))
def test_whatever_somebody_does_wechat_never_says_that_typing_came_at_a_wrong_time(
    acts: list[tuple[str, bool, float]],
) -> None:
    async def play() -> None:
        with TemporaryDirectory() as folder:
            async with opened(Path(folder)) as house, writing_to(house, ANN, BOB):
                for act, is_ann, seconds in acts:
                    await do(house, act, ANN if is_ann else BOB)
                    await pass_time(house, seconds)
                assert codes(house) <= {0}

    asyncio.run(play())


async def do(house: House, act: str, openid: CustomerId) -> None:
    typing_state = house.actions._typing_state
    match act:
        case "write":
            typing_state.writing(openid)
        case "empty":
            typing_state.stopped(openid)
        case "say":
            say(house, openid)
        case "send":  # as a send does, but for the archive
            typing_state.sending(openid)
            try:
                await house.client.send(openid, Text("yes"), ME)
            except Rejected:
                return
            typing_state.sent(openid)
            exchanged(house, openid)
