"""What supervisors change: given once, and after a lost answer WeChat is asked what is true."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kfconsole.errors import ApiError, NotPossible, Rejected, Unavailable
from kfconsole.model import AgentId, Feed, MediaKind
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, House, customer, opened
from tests.pictures import jpeg

NEW = AgentId("new@shop")
ANN = customer(1)

Act = Callable[[House, Path], Awaitable[object]]
ACTS: dict[str, tuple[str, Act]] = {
    "add": (at.ADD, lambda house, _file: house.actions.add_agent(NEW, "New")),
    "rename": (at.RENAME, lambda house, _file: house.actions.rename_agent(LI, "Lili")),
    "remove": (at.REMOVE, lambda house, _file: house.actions.remove_agent(LI)),
    "invite": (at.INVITE, lambda house, _file: house.actions.invite_agent(AgentId("free@shop"), "wx_zhao")),
    "picture": (at.PICTURE, lambda house, file: house.actions.set_agent_picture(LI, file)),
    "remark": (at.REMARK, lambda house, _file: house.actions.set_remark(ANN, "likes tea")),
}
"""Every order whose outcome a read can tell."""
LOOKS_FIRST = ("add", "invite")
"""Orders that are refused here by who the agents are."""


@pytest.fixture
async def shop(house: House) -> House:
    """Ann follows, one agent is free to be taken over, and the agents were seen."""
    house.world.say(ANN, "hello")
    house.world.add_agent("free@shop", "Free", bound=False)
    return house


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "face.jpg"
    file.write_bytes(jpeg())
    return file


def happened(house: House, name: str) -> bool:
    agents = house.world.agents
    match name:
        case "add":
            return NEW in agents and agents[NEW].nickname == "New"
        case "rename":
            return agents[LI].nickname == "Lili"
        case "remove":
            return LI not in agents
        case "invite":
            return agents["free@shop"].invite_wx == "wx_zhao"
        case "picture":
            return bool(agents[LI].picture)
    return house.world.customers[ANN].remark == "likes tea"


@pytest.mark.parametrize("name", ACTS)
async def test_an_order_is_carried_out_once(shop: House, file: Path, name: str) -> None:
    path, act = ACTS[name]
    await act(shop, file)

    assert happened(shop, name)
    assert shop.calls(path) == 1


@pytest.mark.parametrize("name", ACTS)
async def test_an_order_that_was_carried_out_although_its_answer_was_lost_counts(
    shop: House, file: Path, name: str
) -> None:
    path, act = ACTS[name]
    async with shop.polling():
        shop.wire.lost.append(path)
        await act(shop, file)

        assert happened(shop, name)
        assert shop.calls(path) == 1


@pytest.mark.parametrize("name", [name for name in ACTS if name != "picture"])
async def test_an_order_that_was_not_carried_out_is_told_and_can_be_given_again(
    shop: House, file: Path, name: str
) -> None:
    path, act = ACTS[name]
    shop.app.state.faults.arm(Fault(path, "status"))
    with pytest.raises(Unavailable, match="Nothing was changed") as failed:
        await act(shop, file)

    assert not failed.value.may_have_arrived
    assert failed.value.hint == "Try again."
    assert shop.calls(path) == 1
    await act(shop, file)
    assert happened(shop, name)


@pytest.mark.parametrize("name", ACTS)
async def test_when_the_truth_cannot_be_had_the_outcome_stays_unknown(shop: House, file: Path, name: str) -> None:
    path, act = ACTS[name]
    shop.wire.lost.append(path)
    shop.wire.unreachable += [at.AGENTS, at.AGENTS, at.USER]
    with pytest.raises(Unavailable, match=r"^Whether .+ is not known\. .+") as failed:
        await act(shop, file)

    assert failed.value.may_have_arrived
    assert shop.calls(path) == 1


@pytest.mark.parametrize("name", ACTS)
async def test_what_never_left_is_not_looked_up(shop: House, file: Path, name: str) -> None:
    path, act = ACTS[name]
    shop.wire.unreachable.append(path)
    with pytest.raises(Unavailable) as failed:
        await act(shop, file)

    assert not failed.value.may_have_arrived
    assert (shop.calls(at.AGENTS), shop.calls(at.USER)) == (int(name in LOOKS_FIRST), 0)


@pytest.mark.parametrize("name", ACTS)
async def test_a_refusal_is_told_with_wechats_reason(shop: House, file: Path, name: str) -> None:
    path, act = ACTS[name]
    shop.app.state.faults.arm(Fault(path, "errcode", code=65401))
    with pytest.raises(ApiError) as refused:
        await act(shop, file)

    assert refused.value.code == 65401
    assert shop.calls(path) == 1


async def test_an_agent_who_was_there_under_another_name_proves_nothing(shop: House) -> None:
    shop.wire.unreachable.append(at.AGENTS)  # when they are looked at first
    shop.app.state.faults.arm(Fault(at.ADD, "status"))
    with pytest.raises(Unavailable) as failed:
        await shop.actions.add_agent(LI, "Somebody else")

    assert failed.value.may_have_arrived


@pytest.mark.parametrize("name", ["rename", "invite"])
async def test_an_agent_who_is_gone_proves_nothing(shop: House, file: Path, name: str) -> None:
    path, act = ACTS[name]
    del shop.world.agents[LI], shop.world.agents["free@shop"]
    shop.app.state.faults.arm(Fault(path, "status"))
    with pytest.raises(Unavailable) as failed:
        await act(shop, file)

    assert failed.value.may_have_arrived


async def test_an_invitation_accepted_meanwhile_was_sent(shop: House) -> None:
    free = AgentId("free@shop")
    shop.wire.lost.append(at.INVITE)
    invited = shop.actions.invite_agent(free, "wx_zhao")

    def accepted() -> None:
        shop.world.agents[free].is_bound = True
        shop.world.agents[free].wechat_id = "wx_zhao"

    shop.wire.afterwards[at.INVITE] = accepted
    await invited

    assert shop.calls(at.INVITE) == 1
    assert shop.world.agents[free].is_bound


async def test_a_picture_whose_address_stayed_the_same_proves_nothing(shop: House, file: Path) -> None:
    async with shop.polling():
        shop.app.state.faults.arm(Fault(at.PICTURE, "status"))
        with pytest.raises(Unavailable) as failed:
            await shop.actions.set_agent_picture(LI, file)

        assert failed.value.may_have_arrived


async def test_a_picture_known_from_the_last_run_only_is_nothing_to_compare_with(tmp_path: Path, file: Path) -> None:
    async with opened(tmp_path) as house, house.polling():
        pass
    async with opened(tmp_path) as house:
        await house.poller.remember()
        house.world.agents[LI].picture = "another"
        house.app.state.faults.arm(Fault(at.PICTURE, "status"))
        with pytest.raises(Unavailable) as failed:
            await house.actions.set_agent_picture(LI, file)

        assert failed.value.may_have_arrived


async def test_the_remark_of_somebody_who_left_proves_nothing(shop: House) -> None:
    shop.world.customers[ANN].is_following = False
    shop.app.state.faults.arm(Fault(at.REMARK, "status"))
    with pytest.raises(Unavailable) as failed:
        await shop.actions.set_remark(ANN, "likes tea")

    assert failed.value.may_have_arrived


async def test_a_change_of_agents_is_on_the_desk_at_once(shop: House) -> None:
    async with shop.polling():
        await shop.actions.add_agent(NEW, "New")
        await shop.time.settle(4)
        assert NEW in [agent.id for agent in shop.desk.agents]

        await shop.actions.rename_agent(LI, "Lili")
        await shop.actions.remove_agent(NEW)
        await shop.time.settle(4)
        assert {agent.id: agent.nick for agent in shop.desk.agents} == {ME: "Me", LI: "Lili", "free@shop": "Free"}
        assert shop.desk.health[Feed.AGENTS].error is None


async def test_a_lost_answer_stays_lost_when_nobody_can_tell_the_secret_any_more(shop: House) -> None:
    await shop.client.queue()  # the token is there
    shop.wire.lost.append(at.ADD)
    shop.wire.unreachable.append(at.AGENTS)  # when they are looked at first
    shop.lose_the_secret(at.AGENTS)
    with pytest.raises(Unavailable) as failed:
        await shop.actions.add_agent(NEW, "New")

    assert failed.value.may_have_arrived


async def test_an_uploaded_file_can_be_named_and_a_lost_answer_is_unknown(shop: House, file: Path) -> None:
    media = await shop.actions.upload_media(MediaKind.IMAGE, file)
    assert media.media_id

    shop.wire.lost.append(at.UPLOAD)
    with pytest.raises(Unavailable) as failed:
        await shop.actions.upload_media(MediaKind.IMAGE, file)
    assert failed.value.may_have_arrived
    assert shop.calls(at.UPLOAD) == 2


async def test_counters_of_one_call_or_of_all_are_cleared(shop: House) -> None:
    now = shop.time.sim.now()
    for path in (at.WAITING, at.RECORDS):
        shop.world.quotas.set_used(path, 100, now)
    await shop.actions.clear_quota(at.WAITING)

    def used(path: str) -> int:
        return shop.world.quotas.use(path, now, shop.world.switches).used

    assert (used(at.WAITING), used(at.RECORDS)) == (0, 100)
    await shop.actions.clear_quota(None)
    assert used(at.RECORDS) == 0


async def test_a_read_only_console_manages_nothing(tmp_path: Path, file: Path) -> None:
    async with opened(tmp_path, read_only=True) as house:
        attempts = [act(house, file) for _path, act in ACTS.values()]
        attempts += [
            house.actions.upload_media(MediaKind.IMAGE, file),
            house.actions.clear_quota(None),
            house.actions.set_typing(ANN, cancel=True),
        ]
        for attempt in attempts:
            with pytest.raises(NotPossible, match="read-only"):
                await attempt

        assert house.all_calls() == 0


async def test_a_truth_that_takes_too_long_is_not_waited_for(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfconsole.desk.managing.TRUTH_SECONDS", 0.01)
    shop.wire.lost.append(at.ADD)
    shop.app.state.faults.hold(at.AGENTS)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable) as failed:
            await shop.actions.add_agent(NEW, "New")

    assert failed.value.may_have_arrived
    assert not isinstance(failed.value, Rejected)
