import asyncio
import math
from pathlib import Path

import pytest

from kfconsole.desk.rules import agent_name, customer_name, who_serves
from kfconsole.errors import NotPossible, Rejected, Unavailable
from kfconsole.model import AgentId, Session
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, START, House, customer, opened, until

ANN, BOB, EVE = customer(1), customer(2), customer(3)


@pytest.fixture
async def busy_house(house: House) -> House:
    """Ann waits longest, then Bob, then Eve."""
    for openid in (ANN, BOB, EVE):
        house.world.say(openid, "hello")
        house.time.sim.advance(10)
    return house


async def test_an_accepted_customer_is_ours_at_once(busy_house: House) -> None:
    house = busy_house
    async with house.polling():
        house.app.state.faults.hold(at.WAITING)
        house.app.state.faults.hold(at.SESSIONS)
        session = await house.actions.accept(ANN)

        assert session == Session(ANN, ME, int(START) + 30)
        assert house.served() == {ANN: ME}
        assert house.waiting() == [BOB, EVE]
        house.app.state.faults.release()
        await house.time.settle(4)
        assert house.served() == {ANN: ME}
        assert house.waiting() == [BOB, EVE]
        assert house.desk.agents[0].session_count == 1


async def test_a_customer_can_be_given_to_a_colleague(busy_house: House) -> None:
    house = busy_house
    async with house.polling():
        await house.actions.accept(ANN, LI)

        assert house.world.holder(ANN) == LI
        assert house.served() == {ANN: LI}


async def test_an_offline_agent_is_refused_before_wechat_is_asked(busy_house: House) -> None:
    house = busy_house
    house.world.go_online(ME, False)
    async with house.polling():
        with pytest.raises(NotPossible, match="offline") as refused:
            await house.actions.accept(ANN)

    assert "mpkf.weixin.qq.com" in refused.value.hint
    assert house.calls(at.CREATE) == 0


async def test_without_any_list_of_agents_wechat_decides(busy_house: House) -> None:
    house = busy_house
    await house.actions.accept(ANN)
    assert house.served() == {ANN: ME}

    house.world.go_online(ME, False)
    with pytest.raises(Rejected) as refused:
        await house.actions.accept(BOB)
    assert refused.value.code == 65415


async def test_a_console_of_nobody_has_to_choose_an_agent(tmp_path: Path) -> None:
    async with opened(tmp_path, me=None) as house:
        house.world.say(ANN, "hello")
        with pytest.raises(NotPossible, match="as nobody"):
            await house.actions.accept(ANN)
        assert house.all_calls() == 0

        assert (await house.actions.accept(ANN, LI)).agent == LI


async def test_a_colleagues_customer_is_refused_with_the_name(busy_house: House) -> None:
    house = busy_house
    house.world.accept(LI, ANN)
    async with house.polling():
        with pytest.raises(NotPossible, match="is being served by Li"):
            await house.actions.accept(ANN)

    assert house.calls(at.CREATE) == 0


async def test_a_customer_a_colleague_closed_meanwhile_can_be_accepted(busy_house: House) -> None:
    house = busy_house
    house.world.accept(LI, ANN)
    async with house.polling():
        house.world.close(LI, ANN)
        await house.actions.accept(ANN)

        assert house.served() == {ANN: ME}


async def test_a_customer_taken_in_between_is_refused_with_the_name(busy_house: House) -> None:
    house = busy_house
    async with house.polling():
        house.wire.meanwhile[at.CREATE] = lambda: house.world.accept(LI, ANN)
        with pytest.raises(Rejected, match="is being served by Li") as refused:
            await house.actions.accept(ANN)

        assert refused.value.code == 65414
        assert house.served() == {ANN: LI}
        assert house.waiting() == [BOB, EVE]


async def test_the_longest_waiting_is_accepted_next(busy_house: House) -> None:
    house = busy_house
    async with house.polling():
        session = await house.actions.accept_next()

        assert session.openid == ANN


async def test_next_goes_on_when_the_longest_waiting_was_just_taken(busy_house: House) -> None:
    house = busy_house
    async with house.polling():
        house.wire.meanwhile[at.CREATE] = lambda: house.world.accept(LI, ANN)
        session = await house.actions.accept_next()

        assert session == Session(BOB, ME, session.started_at)
        assert house.served() == {ANN: LI, BOB: ME}


async def test_next_says_when_all_were_just_taken(busy_house: House) -> None:
    house = busy_house
    async with house.polling():
        for openid in (ANN, BOB, EVE):
            house.world.accept(LI, openid)
        with pytest.raises(NotPossible, match="longest waiting were accepted"):
            await house.actions.accept_next()
        with pytest.raises(NotPossible, match="Nobody is waiting"):
            await house.actions.accept_next()


async def test_next_says_nobody_is_waiting_only_when_wechat_has_told(house: House) -> None:
    with pytest.raises(NotPossible, match="Who is waiting is not known yet"):
        await house.actions.accept_next()


async def test_accepting_pressed_three_times_is_ordered_and_noted_once(busy_house: House) -> None:
    house = busy_house
    done = await asyncio.gather(*(house.actions.accept(ANN) for _press in range(3)), return_exceptions=True)

    assert [type(one) for one in done] == [Session, NotPossible, NotPossible]
    assert house.calls(at.CREATE) == 1
    await house.actions.finish()
    assert [deed.act for deed in await house.archive.deeds(0, math.inf)] == ["accept"]
    assert await house.actions.accept(ANN) == done[0]


async def test_next_pressed_twice_takes_two_customers(busy_house: House) -> None:
    house = busy_house
    async with house.polling():
        sessions = await asyncio.gather(house.actions.accept_next(), house.actions.accept_next())

        assert {session.openid for session in sessions} == {ANN, BOB}


async def test_after_a_lost_answer_an_accept_that_worked_counts(busy_house: House) -> None:
    house = busy_house
    house.wire.lost.append(at.CREATE)
    session = await house.actions.accept(ANN)

    assert session.agent == ME
    assert house.served() == {ANN: ME}
    assert house.calls(at.CREATE) == 1


async def test_after_a_lost_answer_an_accept_that_did_not_work_is_told(busy_house: House) -> None:
    house = busy_house
    house.app.state.faults.arm(Fault(at.CREATE, "status"))
    with pytest.raises(Unavailable, match="not accepted") as failed:
        await house.actions.accept(ANN)

    assert not failed.value.may_have_arrived
    assert house.served() == {}


async def test_when_the_truth_cannot_be_had_the_outcome_stays_unknown(busy_house: House) -> None:
    house = busy_house
    house.wire.lost += [at.CREATE, at.SESSION]
    with pytest.raises(Unavailable) as failed:
        await house.actions.accept(ANN)

    assert failed.value.may_have_arrived
    assert failed.value.message.startswith(
        f"Whether {agent_name(house.desk, ME)} serves {customer_name(house.desk, ANN)} now is not known. "
    )
    assert house.calls(at.SESSION) == 1


@pytest.mark.parametrize("act", ["close", "hand_back"])
async def test_a_close_of_which_nobody_knows_says_whose_session_it_is_about(busy_house: House, act: str) -> None:
    house = busy_house
    house.world.accept(ME, BOB)
    async with house.polling():
        await until(lambda: who_serves(house.desk, BOB) == ME)
        house.wire.lost.append(at.CLOSE)
        house.wire.meanwhile[at.CLOSE] = lambda: house.wire.unreachable.append(at.SESSION)
        with pytest.raises(Unavailable) as failed:
            await (house.actions.close(BOB) if act == "close" else house.actions.hand_back(BOB))

    name = customer_name(house.desk, BOB)
    assert failed.value.may_have_arrived
    assert failed.value.message.startswith(
        f"Whether the session of {name} with {agent_name(house.desk, ME)} was closed is not known. "
    )
    await house.actions.finish()
    (deed,) = await house.archive.deeds(0, math.inf)
    assert isinstance(failed.value.__cause__, Unavailable)
    assert (deed.act, deed.result) == (act, f"Outcome unknown: {failed.value.__cause__.message}")


async def test_an_outcome_stays_unknown_when_nobody_can_tell_the_secret_any_more(busy_house: House) -> None:
    house = busy_house
    house.world.accept(ME, BOB)
    await house.actions.accept(ANN)
    for path, act in ((at.CREATE, house.actions.accept(EVE)), (at.CLOSE, house.actions.close(BOB, ME))):
        await house.client.queue()  # the token is there
        house.wire.lost.append(path)
        house.lose_the_secret(at.SESSION)
        with pytest.raises(Unavailable) as failed:
            await act

        assert failed.value.may_have_arrived
        await house.find_the_secret()


async def test_a_closed_session_is_gone_at_once(busy_house: House) -> None:
    house = busy_house
    house.world.accept(LI, ANN)
    async with house.polling():
        await house.actions.close(ANN)

        assert house.world.holder(ANN) == ""
        assert house.served() == {}
        await house.time.settle(4)
        assert house.served() == {}


async def test_an_older_list_under_way_does_not_bring_back_a_closed_session(busy_house: House) -> None:
    house = busy_house
    house.world.accept(ME, ANN)
    async with house.polling():
        house.app.state.faults.hold(at.SESSIONS, "after")
        house.poller.wake()
        await until(lambda: house.app.state.faults.waiting.get(at.SESSIONS, 0) == 1)
        house.time.sim.advance(0.5)
        await house.actions.close(ANN)
        told: list[int] = []
        house.store.subscribe(lambda desk: told.append(len(desk.sessions)))
        house.app.state.faults.release()
        await house.time.settle(4)

        assert max(told) == 0


async def test_closing_what_is_closed_says_so_and_corrects_the_desk(busy_house: House) -> None:
    house = busy_house
    house.world.accept(ME, ANN)
    async with house.polling():
        house.world.close(ME, ANN)
        with pytest.raises(NotPossible, match="no session any more"):
            await house.actions.close(ANN)

        assert house.served() == {}


async def test_a_customer_the_desk_knows_nothing_of_can_be_closed(busy_house: House) -> None:
    house = busy_house
    house.world.accept(LI, ANN)
    await house.actions.close(ANN)
    assert house.world.holder(ANN) == ""

    with pytest.raises(NotPossible):
        await house.actions.close(BOB)


async def test_the_session_of_a_named_agent_is_closed_and_no_other(busy_house: House) -> None:
    house = busy_house
    house.world.accept(LI, ANN)
    with pytest.raises(Rejected, match="is being served by"):
        await house.actions.close(ANN, ME)
    assert house.world.holder(ANN) == LI

    await house.actions.close(ANN, LI)
    assert house.world.holder(ANN) == ""
    with pytest.raises(NotPossible, match="no session any more"):
        await house.actions.close(ANN, LI)


async def test_closing_a_session_that_went_to_a_colleague_names_them(busy_house: House) -> None:
    house = busy_house
    house.world.accept(ME, ANN)
    async with house.polling():
        house.world.transfer(ME, LI, ANN)
        with pytest.raises(Rejected, match="is being served by Li"):
            await house.actions.close(ANN)

        assert house.served() == {ANN: LI}


async def test_after_a_lost_answer_a_close_that_worked_counts(busy_house: House) -> None:
    house = busy_house
    house.world.accept(ME, ANN)
    async with house.polling():
        house.wire.lost.append(at.CLOSE)
        await house.actions.close(ANN)

        assert house.served() == {}


async def test_after_a_lost_answer_a_close_that_did_not_work_is_told(busy_house: House) -> None:
    house = busy_house
    house.world.accept(ME, ANN)
    async with house.polling():
        house.app.state.faults.arm(Fault(at.CLOSE, "status"))
        with pytest.raises(Unavailable, match="not closed"):
            await house.actions.close(ANN)

        assert house.served() == {ANN: ME}


async def test_an_unknown_agent_is_refused(busy_house: House) -> None:
    house = busy_house
    async with house.polling():
        with pytest.raises(NotPossible, match="no agent nobody@shop"):
            await house.actions.accept(ANN, AgentId("nobody@shop"))
