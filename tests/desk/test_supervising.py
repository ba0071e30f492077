"""What whoever watches the floor does: planned first, looked at again, and never about anybody else."""

from pathlib import Path

import pytest

from kfconsole.desk import rules
from kfconsole.desk.owing import unanswered
from kfconsole.desk.supervising import Result, assignment, least_loaded, plan_of
from kfconsole.errors import NotPossible, Rejected, Unavailable
from kfconsole.model import Agent, AgentId, Desk, Feed, Health, Session, Waiting
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, START, House, customer, opened, until

ANN, BOB, EVE = customer(1), customer(2), customer(3)
JO = AgentId("jo@shop")
ANSWERED = dict.fromkeys(Feed, Health(succeeded_mono=1.0))


def agent(name: str, load: int = 0, *, online: bool = True, bound: bool = True) -> Agent:
    return Agent(AgentId(name), name, is_online=online, is_bound=bound, session_count=load)


def queue(*since: float) -> tuple[Waiting, ...]:
    return tuple(Waiting(customer(n + 1), int(at), at, is_exact=True) for n, at in enumerate(since))


def test_the_longest_waiting_goes_to_who_has_the_least_to_do() -> None:
    agents = (agent("busy", 3), agent("idle", 1), agent("off", 0, online=False), agent("unbound", 0, bound=False))
    plan = assignment(Desk(agents=agents, queue=queue(50.0, 20.0, 70.0), queue_total=140), 100.0, {})

    assert (plan.openid, plan.agent, plan.wait_seconds) == (BOB, "idle", 80.0)
    assert (plan.waiting, plan.load, plan.ready) == (140, 1, 2)


def test_of_two_with_as_much_to_do_it_is_the_turn_of_who_was_longest_without() -> None:
    agents = [agent("a"), agent("b"), agent("c")]

    assert least_loaded(agents, {}, {}) == agents[0]
    assert least_loaded(agents, {}, {AgentId("a"): 1}) == agents[1]
    assert least_loaded(agents, {}, {AgentId("a"): 1, AgentId("b"): 2, AgentId("c"): 3}) == agents[0]
    assert least_loaded([], {}, {}) is None


def test_sessions_seen_count_where_the_list_of_agents_is_behind() -> None:
    sessions = (Session(BOB, AgentId("a"), 5), Session(EVE, AgentId("a"), 6))
    desk = Desk(agents=(agent("a"), agent("b", 1)), queue=queue(1.0), sessions=sessions)

    assert assignment(desk, 9.0, {}).agent == "b"


@pytest.mark.parametrize(
    ("desk", "said"),
    [
        (Desk(agents=(agent("a"),), health=ANSWERED), "Nobody is waiting"),
        (Desk(agents=(agent("a"),)), "Who is waiting is not known yet"),
        (Desk(queue=queue(1.0), agents=(agent("a", online=False),), health=ANSWERED), "No agent is online"),
        (Desk(queue=queue(1.0), agents=(agent("a", online=False),)), "Who is online is not known yet"),
    ],
)
def test_without_anybody_there_is_no_plan(desk: Desk, said: str) -> None:
    with pytest.raises(NotPossible, match=said):
        assignment(desk, 9.0, {})


async def test_a_plan_is_carried_out_and_noted(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        plan = house.actions.plan_assignment()
        await house.actions.assign_planned(plan)
        await house.actions.finish()

        assert house.world.holder(ANN) == plan.agent == LI
        assert [(deed.act, deed.details) for deed in await house.archive.deeds(0, START * 2)] == [("assign", LI)]
        house.world.say(BOB, "hello")
        house.world.close(LI, ANN)
        house.poller.wake()
        await until(lambda: house.waiting() == [BOB] and not house.served())
        assert house.actions.plan_assignment().agent == ME


@pytest.mark.parametrize("what", ["left", "taken", "offline"])
async def test_what_changed_since_the_plan_is_said_and_nothing_done(house: House, what: str) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        plan = house.actions.plan_assignment()
        if what == "offline":
            house.world.go_online(LI, False)
        else:
            house.world.accept(ME, ANN)
            if what == "left":
                house.world.close(ME, ANN)
        house.poller.wake()
        await until(
            lambda: house.waiting() == [] or rules.refusal(house.desk, LI) is not None  # whichever it is
        )
        with pytest.raises(NotPossible):
            await house.actions.assign_planned(plan)

        assert house.calls(at.CREATE) == 0


async def test_who_is_handed_back_is_owed_an_answer_until_somebody_accepts_them(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.actions.accept(ANN)
        house.time.sim.advance(60)
        await house.actions.hand_back(ANN, ME, note="wants an invoice")

        assert house.world.holder(ANN) == ""
        assert [(row.openid, row.agent, row.note) for row in house.desk.owed] == [(ANN, ME, "wants an invoice")]
        assert unanswered(house.desk) == house.desk.owed
        house.time.sim.advance(60)
        house.world.say(ANN, "anybody?")
        house.world.accept(LI, ANN)
        house.poller.wake()
        await until(lambda: house.served() == {ANN: LI})
        assert unanswered(house.desk) == ()
        await house.poller.save()
        await house.actions._owing.look_again()
        assert house.desk.owed == ()


async def test_accepted_from_here_they_are_owed_nothing_at_once(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.actions.accept(ANN)
        house.time.sim.advance(5)
        await house.actions.hand_back(ANN)
        house.time.sim.advance(5)
        await house.actions.accept(ANN, LI)

        assert house.desk.owed == ()
        assert await house.archive.owed() == ()


@pytest.mark.parametrize("act", ["accept_next", "undo_close"])
async def test_every_way_to_accept_them_takes_them_off_the_list_at_once(house: House, act: str) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.actions.accept(ANN)
        house.time.sim.advance(5)
        await house.actions.hand_back(ANN)
        house.time.sim.advance(5)
        if act == "accept_next":
            house.world.say(ANN, "anybody?")
            house.poller.wake()
            await until(lambda: house.waiting() == [ANN])
        await getattr(house.actions, act)()

        assert house.desk.owed == ()
        assert await house.archive.owed() == ()


async def test_a_close_that_was_refused_owes_nothing_and_one_whose_answer_was_lost_does(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.actions.accept(ANN)
        house.app.state.faults.arm(Fault(at.CLOSE, "errcode", code=65401))
        with pytest.raises(Rejected):
            await house.actions.hand_back(ANN)
        assert house.world.holder(ANN) == ME
        assert await house.archive.owed() == ()

        house.wire.unreachable.append(at.CLOSE)
        with pytest.raises(Unavailable):
            await house.actions.hand_back(ANN)
        assert await house.archive.owed() == ()

        house.wire.lost.append(at.CLOSE)
        house.wire.afterwards[at.CLOSE] = lambda: house.wire.unreachable.append(at.SESSION)
        with pytest.raises(Unavailable):
            await house.actions.hand_back(ANN)
        assert house.world.holder(ANN) == ""
        assert [row.openid for row in await house.archive.owed()] == [ANN]


async def test_the_list_is_written_before_the_session_is_closed(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.actions.accept(ANN)
        written: list[int] = []

        def look() -> None:
            import sqlite3

            with sqlite3.connect(house.path) as connection:
                written.extend(connection.execute("SELECT count(*) FROM owed").fetchone())

        house.wire.meanwhile[at.CLOSE] = look
        await house.actions.hand_back(ANN)

        assert written == [1]


async def test_a_colleagues_customer_is_not_handed_back_in_anothers_name(house: House) -> None:
    house.world.say(ANN, "hello")
    house.world.accept(LI, ANN)
    async with house.polling():
        with pytest.raises(NotPossible, match="Li"):
            await house.actions.hand_back(ANN, ME)

        assert house.calls(at.CLOSE) == 0
        assert house.world.holder(ANN) == LI


async def test_only_the_sessions_of_the_plan_are_ended(house: House) -> None:
    for openid in (ANN, BOB, EVE):
        house.world.say(openid, "hello")
    async with house.polling():
        for openid in (ANN, BOB, EVE):
            await house.actions.accept(openid)
        plan = plan_of(house.desk, (ANN, customer(9), BOB, EVE), house.clock.now())
        assert [row.openid for row in plan] == [ANN, BOB, EVE]
        house.time.sim.advance(60)
        # Bob's session ended meanwhile and another began; Eve's ended unseen.
        house.world.close(ME, BOB)
        house.world.say(BOB, "again")
        house.world.accept(LI, BOB)
        house.poller.wake()
        await until(lambda: house.served().get(BOB) == LI)
        house.wire.meanwhile[at.CLOSE] = lambda: None
        ann = await house.actions.end_planned(plan[0])
        bob = await house.actions.end_planned(plan[1])
        house.wire.meanwhile[at.CLOSE] = lambda: house.world.close(ME, EVE)
        eve = await house.actions.end_planned(plan[2])

        assert [row.result for row in (ann, bob, eve)] == [Result.DONE, Result.OVER, Result.OVER]
        assert house.world.holder(BOB) == LI


@pytest.mark.parametrize("hands_back", [False, True])
async def test_a_session_that_began_unseen_since_the_plan_is_not_ended(house: House, hands_back: bool) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.actions.accept(ANN)
        (row,) = plan_of(house.desk, (ANN,), house.clock.now())
    house.time.sim.advance(60)
    # The same agent has her again, and no list has told it yet.
    house.world.close(ME, ANN)
    house.world.say(ANN, "again")
    house.world.accept(ME, ANN)

    ending = await house.actions.end_planned(row, hands_back=hands_back)

    assert ending.result is Result.OVER
    assert house.world.holder(ANN) == ME
    assert house.calls(at.CLOSE) == 0
    assert await house.archive.owed() == ()


async def test_a_row_of_a_plan_that_cannot_be_looked_at_is_left_alone(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.actions.accept(ANN)
        (row,) = plan_of(house.desk, (ANN,), house.clock.now())
        house.wire.lost.append(at.SESSION)
        ending = await house.actions.end_planned(row)

    assert ending.result is Result.REFUSED
    assert house.calls(at.CLOSE) == 0


async def test_a_read_only_console_does_nothing_of_it(tmp_path: Path) -> None:
    async with opened(tmp_path, read_only=True) as house:
        house.world.say(ANN, "hello")
        house.world.say(BOB, "hello")
        house.world.accept(ME, BOB)
        async with house.polling():
            (row,) = plan_of(house.desk, (BOB,), house.clock.now())
            for act in (
                lambda: house.actions.hand_back(BOB),
                lambda: house.actions.forget_owed(BOB),
                lambda: house.actions.end_planned(row),
                lambda: house.actions.assign_by_rule(ANN, LI, "rule"),
                lambda: house.actions.assign_planned(assignment(house.desk, START, {})),
            ):
                with pytest.raises(NotPossible, match="read-only"):
                    await act()
            with pytest.raises(NotPossible, match="read-only"):
                house.actions.plan_assignment()

        assert house.calls(at.CLOSE) == house.calls(at.CREATE) == 0
