"""A transfer is two calls with nobody's customer between them: whatever fails where, someone has them or it is said."""

import pytest

from kfconsole.desk.transferring import RECOVERY_SECONDS, Outcome, Step
from kfconsole.errors import AuthError, ConfigError, KfError, NotPossible, RateLimited, Rejected, Unavailable
from kfconsole.model import AgentId
from tests.desk import house as at
from tests.desk.house import LI, ME, House
from tests.desk.mishaps import (
    ANN,
    WU,
    Happening,
    after_the_close,
    before_the_close,
    both,
    deeds,
    errcode,
    grabbed_by,
    lose,
    never_arrives,
    offline,
    prepare,
    spoil,
)


@pytest.fixture
async def shop(house: House) -> House:
    return await prepare(house)


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
