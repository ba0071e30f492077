"""The scenarios by name: who is there at the start, and what people do by themselves.

A scenario sets its world up and returns the driver that plays it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kfconsole.simulator.shop import SHOP_AGENT, open_shop
from kfconsole.simulator.world import World

Sleep = Callable[[float], Awaitable[None]]
Driver = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One named beginning."""

    kf_account: str
    """The agent a console is meant to answer as."""
    prepare: Callable[[World, int, float, Sleep], Driver]
    """Takes world, seed, speed and sleep; returns what plays on until it is cancelled."""


def prepare(
    name: str, world: World, *, seed: int = 1, speed: float = 1.0, sleep: Sleep = asyncio.sleep
) -> tuple[str, Driver]:
    """Set the scenario up in the world; return the kf_account to answer as, and its driver.

    Raises:
        KeyError: There is no scenario of this name.
    """
    scenario = SCENARIOS[name]
    return scenario.kf_account, scenario.prepare(world, seed, speed, sleep)


def _quiet(world: World, _seed: int, _speed: float, _sleep: Sleep) -> Driver:
    world.add_agent(SHOP_AGENT, "晓雯")
    world.add_agent("kf2002@lehuo", "Tom")
    world.add_agent("kf2003@lehuo", "小美", online=False)
    world.add_agent("kf2004@lehuo", "新人小周", bound=False, invite_wx="zhou_2026")
    world.say(world.add_customer().openid, "你好，请问在吗？")
    return _nothing


async def _nothing() -> None:
    """Play nothing: the world moves only when it is told to."""


def _shop(world: World, seed: int, speed: float, sleep: Sleep) -> Driver:
    return open_shop(world, seed=seed, speed=speed, sleep=sleep)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "quiet": Scenario(SHOP_AGENT, _quiet),
        "shop": Scenario(SHOP_AGENT, _shop),
    }
)
"""Every scenario by name."""
