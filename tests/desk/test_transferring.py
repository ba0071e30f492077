"""A transfer is two calls with nobody's customer between them: whatever fails where, someone has them or it is said."""

import asyncio
import math
import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from kfconsole.desk.deeds import Deeds
from kfconsole.desk.feeds.agents import AgentsFeed
from kfconsole.desk.transferring import RECOVERY_SECONDS, Outcome, Step, Transfer
from kfconsole.errors import AuthError, ConfigError, KfError, NotPossible, RateLimited, Rejected, Unavailable
from kfconsole.model import AgentId, Deed
from kfconsole.simulator.faults import Fault
from kfconsole.simulator.world import Impossible
from tests.desk import house as at
from tests.desk.house import LI, ME, House, customer, opened, until

ANN, BOB = customer(1), customer(2)
WU = AgentId("wu@shop")
Happening = Callable[[House], object]


@pytest.fixture
async def shop(house: House) -> House:
    """Ann is ours; Li and Wu are online; waiting between tries takes no time."""
    house.world.add_agent(WU, "Wu")
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    house.store.apply(await AgentsFeed(house.client, house.clock).ask())
    pass_time(house)
    return house


def pass_time(house: House) -> None:
    async def pass_by(seconds: float) -> None:
        house.time.sim.advance(seconds)
        await asyncio.sleep(0)

    house.actions._handing._transferring._sleep = pass_by


def errcode(path: str, code: int, count: int | None = 1, after: int = 0) -> Happening:
    return lambda house: house.app.state.faults.arm(Fault(path, "errcode", code=code, count=count, after=after))


def spoil(path: str, kind: str, count: int | None = 1, after: int = 0) -> Happening:
    return lambda house: house.app.state.faults.arm(Fault(path, kind, count=count, after=after))


def lose(*paths: str) -> Happening:
    return lambda house: house.wire.lost.extend(paths)


def never_arrives(path: str, times: int) -> Happening:
    return lambda house: house.wire.unreachable.extend([path] * times)


def after_the_close(act: Happening) -> Happening:
    def arm(house: House) -> None:
        house.wire.afterwards[at.CLOSE] = lambda: act(house)

    return arm


def before_the_close(act: Happening) -> Happening:
    def arm(house: House) -> None:
        house.wire.meanwhile[at.CLOSE] = lambda: act(house)

    return arm


def grabbed_by(agent: AgentId) -> Happening:
    def grab(house: House) -> None:
        house.world.say(ANN, "anybody?")
        house.world.accept(agent, ANN)

    return grab


def offline(*agents: AgentId) -> Happening:
    def leave(house: House) -> None:
        for agent in agents:
            house.world.go_online(agent, False)

    return leave


def both(*acts: Happening) -> Happening:
    return lambda house: [act(house) for act in acts]


async def deeds(house: House, act: str = "transfer") -> list[Deed]:
    await house.actions.finish()
    return [deed for deed in await house.archive.deeds(0, math.inf) if deed.act == act]


async def test_a_customer_is_handed_over_step_by_step(shop: House) -> None:
    house = shop
    steps: list[Step] = []
    async with house.polling():
        served: list[dict[str, str]] = []
        house.store.subscribe(lambda _desk: served.append(house.served()))
        done = await house.actions.transfer(ANN, LI, giver=ME, tell=steps.append)

        assert (done.outcome, done.agent) == (Outcome.TRANSFERRED, LI)
        assert done.said.endswith("is now with Li.")
        assert house.world.holder(ANN) == LI
        assert house.served() == {ANN: LI}
        assert {} not in served, "the row came and went"
        assert house.waiting() == []
    assert steps == [Step.CHECKING, Step.CLOSING, Step.OPENING]
    assert (house.calls(at.CLOSE), house.calls(at.CREATE)) == (1, 1)
    assert [(deed.openid, deed.details, deed.result) for deed in await deeds(house)] == [
        (ANN, f"{ME} {LI}", "begun"),
        (ANN, LI, "done"),
    ]


async def test_a_colleagues_customer_is_handed_over_from_whoever_has_them(shop: House) -> None:
    house = shop
    house.world.transfer(ME, WU, ANN)
    done = await house.actions.transfer(ANN, LI)

    assert (done.giver, done.agent, house.world.holder(ANN)) == (WU, LI, LI)


# -- nothing was done --------------------------------------------------------------------------------------------------

KEPT: dict[str, tuple[Happening, type[KfError], str]] = {
    "the target is offline": (offline(LI), NotPossible, "still with Me: Li is offline"),
    "wechat does not say who has them": (never_arrives(at.SESSION, 1), Unavailable, "was not transferred: "),
    "nor answers in time": (spoil(at.SESSION, "status"), Unavailable, "was not transferred: "),
    "wechat does not say who is online": (never_arrives(at.ONLINE, 1), Unavailable, "still with Me: "),
    "the day's questions are used up": (errcode(at.SESSION, 45009), RateLimited, "was not transferred: "),
    "the close may not be made": (errcode(at.CLOSE, 48001), AuthError, "still with Me: "),
    "the close: customer service is off": (errcode(at.CLOSE, 65400), AuthError, "still with Me: "),
    "the close: no such agent": (errcode(at.CLOSE, 65401), Rejected, "still with Me: "),
    "the close: not bound": (errcode(at.CLOSE, 65402), Rejected, "still with Me: "),
    "the close: bad openid": (errcode(at.CLOSE, 40003), Rejected, "still with Me: "),
    "the close: busy": (errcode(at.CLOSE, -1), Unavailable, "still with Me: "),
    "the close: minute's limit": (errcode(at.CLOSE, 45011), RateLimited, "still with Me: "),
    "the close: day's limit": (errcode(at.CLOSE, 45009), RateLimited, "still with Me: "),
    "the close never arrives": (never_arrives(at.CLOSE, 1), Unavailable, "still with Me: "),
    "the close is lost on the way": (spoil(at.CLOSE, "status"), Unavailable, "still with Me: "),
    "the close: no session, though there is one": (errcode(at.CLOSE, 65413), NotPossible, "they are with Me now"),
}


@pytest.mark.parametrize("case", KEPT)
async def test_what_fails_before_the_close_leaves_them_where_they_were(shop: House, case: str) -> None:
    house = shop
    arm, kind, said = KEPT[case]
    arm(house)
    with pytest.raises(kind, match="was not transferred") as failed:
        await house.actions.transfer(ANN, LI, giver=ME)

    assert said in failed.value.message
    assert house.world.holder(ANN) == ME
    assert house.calls(at.CREATE) == 0
    assert not getattr(failed.value, "may_have_arrived", False)
    assert (await deeds(house))[-1].result.startswith(failed.value.message)
    assert house.actions.left_alone() == ()


@pytest.mark.parametrize("when", ["before the check", "before the close"])
async def test_a_customer_whom_the_giver_lost_meanwhile_is_not_touched(shop: House, when: str) -> None:
    house = shop
    taken: Happening = lambda house: house.world.transfer(ME, WU, ANN)  # noqa: E731
    (taken if when == "before the check" else before_the_close(taken))(house)
    with pytest.raises(NotPossible, match="not transferred: they are with Wu now"):
        await house.actions.transfer(ANN, LI, giver=ME)

    assert house.world.holder(ANN) == WU
    assert house.served() == {ANN: WU}


@pytest.mark.parametrize("when", ["before the check", "before the close"])
async def test_a_session_that_ended_meanwhile_is_not_begun_again(shop: House, when: str) -> None:
    house = shop
    ended: Happening = lambda house: house.world.close(ME, ANN)  # noqa: E731
    (ended if when == "before the check" else before_the_close(ended))(house)
    with pytest.raises(NotPossible, match="has no session any more"):
        await house.actions.transfer(ANN, LI, giver=ME)

    assert house.world.holder(ANN) == ""
    assert house.calls(at.CREATE) == 0
    assert house.served() == {}


@pytest.mark.parametrize("target", [ME, AgentId("nobody@shop"), AgentId("new@shop")])
async def test_an_agent_who_cannot_get_them_is_refused_with_the_reason(shop: House, target: AgentId) -> None:
    house = shop
    house.world.add_agent("new@shop", "New", bound=False)
    said = {ME: "is with Me already", "nobody@shop": "no agent nobody@shop", "new@shop": "New is not bound"}[target]
    with pytest.raises(NotPossible, match=said):
        await house.actions.transfer(ANN, target)

    assert house.calls(at.CLOSE) == 0


async def test_who_is_online_is_asked_again_only_when_the_answer_is_old(shop: House) -> None:
    house = shop
    async with house.polling():
        asked = house.calls(at.ONLINE)
        house.world.go_online(LI, False)
        with pytest.raises((NotPossible, Rejected)):
            await house.actions.accept(ANN, LI)
        assert house.calls(at.ONLINE) == asked

        house.time.sim.advance(4)
        with pytest.raises(NotPossible, match="Li is offline"):
            await house.actions.transfer(ANN, LI)
        assert house.calls(at.ONLINE) == asked + 1
        assert house.calls(at.CLOSE) == 0


async def test_at_the_days_limit_an_old_answer_about_who_is_online_will_do(shop: House) -> None:
    house = shop
    async with house.polling():
        house.time.sim.advance(4)
        errcode(at.ONLINE, 45009, None)(house)
        errcode(at.AGENTS, 45009, None)(house)
        assert (await house.actions.transfer(ANN, LI)).agent == LI


# -- after the close ---------------------------------------------------------------------------------------------------

ENDS: dict[str, tuple[Happening, Outcome, AgentId | None]] = {
    "the answer to the close is lost": (lose(at.CLOSE), Outcome.TRANSFERRED, LI),
    "that, and the first question after it": (
        both(lose(at.CLOSE), spoil(at.SESSION, "status", after=1)),
        Outcome.TRANSFERRED,
        LI,
    ),
    "the answer to the create is lost": (lose(at.CREATE), Outcome.TRANSFERRED, LI),
    "the create never arrives at first": (never_arrives(at.CREATE, 2), Outcome.TRANSFERRED, LI),
    "the create is lost on the way": (spoil(at.CREATE, "status"), Outcome.TRANSFERRED, LI),
    "wechat is busy for a moment": (errcode(at.CREATE, -1, 2), Outcome.TRANSFERRED, LI),
    "the target accepts them by themselves": (after_the_close(grabbed_by(LI)), Outcome.TRANSFERRED, LI),
    "busy for longer": (errcode(at.CREATE, -1, 4), Outcome.GIVEN_BACK, ME),
    "create: customer service is off": (errcode(at.CREATE, 65400), Outcome.GIVEN_BACK, ME),
    "create: no such agent": (errcode(at.CREATE, 65401), Outcome.GIVEN_BACK, ME),
    "create: not bound": (errcode(at.CREATE, 65402), Outcome.GIVEN_BACK, ME),
    "create: offline": (errcode(at.CREATE, 65415), Outcome.GIVEN_BACK, ME),
    "create: bad openid": (errcode(at.CREATE, 40003), Outcome.GIVEN_BACK, ME),
    "create: may not": (errcode(at.CREATE, 48001), Outcome.GIVEN_BACK, ME),
    "create: minute's limit": (errcode(at.CREATE, 45011), Outcome.GIVEN_BACK, ME),
    "create: day's limit": (errcode(at.CREATE, 45009), Outcome.GIVEN_BACK, ME),
    "the target goes offline": (after_the_close(offline(LI)), Outcome.GIVEN_BACK, ME),
    "that, and the answer to giving back is lost": (
        both(after_the_close(offline(LI)), spoil(at.CREATE, "cut_after", after=1)),
        Outcome.GIVEN_BACK,
        ME,
    ),
    "a third accepts them": (after_the_close(grabbed_by(WU)), Outcome.TAKEN, WU),
    "a third accepts them, and the answer is lost": (
        both(after_the_close(grabbed_by(WU)), lose(at.CREATE)),
        Outcome.TAKEN,
        WU,
    ),
    "the target goes offline, and the giver accepts them": (
        after_the_close(both(offline(LI), grabbed_by(ME))),
        Outcome.GIVEN_BACK,
        ME,
    ),
    "target and giver go offline, and a third accepts them": (
        after_the_close(both(offline(LI, ME), grabbed_by(WU))),
        Outcome.TAKEN,
        WU,
    ),
    "target and giver go offline": (after_the_close(offline(LI, ME)), Outcome.NOBODY, None),
    "nothing arrives any more": (never_arrives(at.CREATE, 99), Outcome.NOBODY, None),
    "the day's limit is reached": (errcode(at.CREATE, 45009, None), Outcome.NOBODY, None),
    "the right is taken away": (errcode(at.CREATE, 48001, None), Outcome.NOBODY, None),
    "every answer is lost after the close": (
        both(lose(at.CREATE), spoil(at.SESSION, "cut_before", None, after=1)),
        Outcome.UNKNOWN,
        None,
    ),
    "every answer is lost from the close on": (
        both(lose(at.CLOSE), spoil(at.SESSION, "cut_before", None, after=1)),
        Outcome.UNKNOWN,
        None,
    ),
}
WORDS = {
    Outcome.TRANSFERRED: "is now with Li.",
    Outcome.GIVEN_BACK: "is back with Me: ",
    Outcome.TAKEN: "is now with Wu, who accepted them meanwhile.",
    Outcome.NOBODY: "is with nobody now",
    Outcome.UNKNOWN: "is not known",
}


@pytest.mark.parametrize("case", ENDS)
async def test_after_the_close_someone_has_them_or_it_is_said(shop: House, case: str) -> None:
    house = shop
    arm, outcome, agent = ENDS[case]
    arm(house)
    done = await house.actions.transfer(ANN, LI, giver=ME)

    assert (done.outcome, done.agent) == (outcome, agent), done.said
    assert WORDS[outcome] in done.said
    if outcome is not Outcome.UNKNOWN:
        assert house.world.holder(ANN) == (agent or "")
        assert house.served() == ({ANN: agent} if agent else {})
    assert house.calls(at.CLOSE) == 1
    assert done.error is not None or outcome in (Outcome.TRANSFERRED, Outcome.TAKEN)
    noted = [deed.result for deed in await deeds(house)]
    assert noted == ["begun", "done" if outcome is Outcome.TRANSFERRED else done.said]
    alone = [transfer.openid for transfer in house.actions.left_alone()]
    assert alone == ([ANN] if agent is None else [])


async def test_trying_again_has_an_end(shop: House) -> None:
    house = shop
    never_arrives(at.CREATE, 10_000)(house)
    began_mono = house.time.monotonic()
    await house.actions.transfer(ANN, LI)

    assert house.time.monotonic() - began_mono < RECOVERY_SECONDS


async def test_a_secret_that_is_gone_after_the_close_is_told_with_where_they_are(shop: House) -> None:
    house = shop
    house.lose_the_secret(at.CREATE)
    done = await house.actions.transfer(ANN, LI)

    assert done.outcome is Outcome.UNKNOWN
    assert isinstance(done.error, ConfigError)
    await house.find_the_secret()


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


# -- stopping, killing, racing -----------------------------------------------------------------------------------------


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
    await house.actions._handing.find_forgotten()

    (found,) = house.actions.left_alone()
    assert (found.openid, found.giver, found.target) == (ANN, ME, LI)
    assert found.said.endswith("is with nobody: handing them from Me to Li did not end.")
    assert (await house.actions.undo_close()).agent == ME
    assert house.actions.left_alone() == ()
    await house.actions._handing.find_forgotten()
    assert house.actions.left_alone() == ()


async def test_what_somebody_took_care_of_since_is_not_told_again(shop: House) -> None:
    house = shop
    await killed_in_the_middle(house)
    house.world.say(ANN, "hello?")
    house.world.accept(WU, ANN)
    await house.actions._handing.find_forgotten()
    assert house.actions.left_alone() == ()

    house.world.close(WU, ANN)
    await house.actions._handing.find_forgotten()
    assert house.actions.left_alone() == ()


async def test_a_transfer_that_left_them_alone_is_told_after_the_next_start_too(shop: House) -> None:
    house = shop
    after_the_close(offline(LI, ME))(house)
    done = await house.actions.transfer(ANN, LI)
    assert done.is_left_alone
    house.actions._undoing._ended.clear()  # another run
    await house.actions._handing.find_forgotten()

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
    await house.actions._handing.find_forgotten()

    assert house.actions.left_alone() == ()


async def test_finished_transfers_are_no_business_of_the_next_start(shop: House) -> None:
    house = shop
    await house.actions.transfer(ANN, LI)
    await house.actions.close(ANN)
    await house.actions._handing.find_forgotten()

    assert house.actions.left_alone() == ()


async def test_even_a_task_that_is_stopped_the_hard_way_leaves_a_note(shop: House) -> None:
    house = shop
    house.app.state.faults.hold(at.CREATE)
    waiting = asyncio.create_task(house.actions.transfer(ANN, LI))
    await until(lambda: house.app.state.faults.waiting.get(at.CREATE, 0) == 1)
    (task,) = house.actions._handing._under_way
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
