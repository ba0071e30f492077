"""What can go wrong with a transfer, on the wire and among the people."""

import asyncio
import math
from collections.abc import Callable

from kfconsole.desk.feeds.agents import AgentsFeed
from kfconsole.model import AgentId, Deed
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import ME, House, customer

ANN = customer(1)
WU = AgentId("wu@shop")
Happening = Callable[[House], object]


async def prepare(house: House) -> House:
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

    house.actions._transfers._transferring._sleep = pass_by


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
