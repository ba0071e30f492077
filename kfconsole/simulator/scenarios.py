"""The scenarios by name: who is there at the start, and what people do by themselves.

A scenario sets its world up and returns the driver that plays it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kfconsole.simulator.crowd import CROWD_AGENT, gather_crowd
from kfconsole.simulator.faults import Faults
from kfconsole.simulator.shop import LUNCH, SHOP_AGENT, open_shop
from kfconsole.simulator.storm import raise_storm
from kfconsole.simulator.world import World

Sleep = Callable[[float], Awaitable[None]]
Driver = Callable[[], Awaitable[None]]
_RUSH_SPEED = 10.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a scenario plays."""

    world: World
    faults: Faults
    seed: int
    speed: float
    sleep: Sleep


@dataclass(frozen=True, slots=True)
class Scenario:
    """One named beginning."""

    kf_account: str
    """The agent a console is meant to answer as."""
    prepare: Callable[[Stage], Driver]
    """Sets the stage up; returns what plays on until it is cancelled."""


def prepare(
    name: str,
    world: World,
    *,
    seed: int = 1,
    speed: float = 1.0,
    sleep: Sleep = asyncio.sleep,
    faults: Faults | None = None,
) -> tuple[str, Driver]:
    """Set the scenario up in the world; return the kf_account to answer as, and its driver.

    Args:
        name: One of `SCENARIOS`.
        world: An empty one.
        seed: The same seed brings the same people.
        speed: How fast people act; the world's clock is left alone.
        sleep: What the driver waits with.
        faults: Those of the server that will answer for this world; `storm` arms its own there.

    Raises:
        KeyError: There is no scenario of this name.
    """
    scenario = SCENARIOS[name]
    return scenario.kf_account, scenario.prepare(Stage(world, faults or Faults(), seed, speed, sleep))


def _quiet(stage: Stage) -> Driver:
    world = stage.world
    world.add_agent(SHOP_AGENT, "晓雯")
    world.add_agent("kf2002@lehuo", "Tom")
    world.add_agent("kf2003@lehuo", "小美", online=False)
    world.add_agent("kf2004@lehuo", "新人小周", bound=False, invite_wx="zhou_2026")
    world.say(world.add_customer().openid, "你好，请问在吗？")
    return _nothing


async def _nothing() -> None:
    """Play nothing: the world moves only when it is told to."""


def _shop(stage: Stage) -> Driver:
    return open_shop(stage.world, seed=stage.seed, speed=stage.speed, sleep=stage.sleep)


def _rush(stage: Stage) -> Driver:
    speed = stage.speed * _RUSH_SPEED
    return open_shop(stage.world, seed=stage.seed, speed=speed, sleep=stage.sleep, plan=LUNCH)


def _big(stage: Stage) -> Driver:
    return gather_crowd(stage.world, seed=stage.seed, speed=stage.speed, sleep=stage.sleep)


def _storm(stage: Stage) -> Driver:
    return raise_storm(stage.faults, _shop(stage), seed=stage.seed, speed=stage.speed, sleep=stage.sleep)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "shop": Scenario(SHOP_AGENT, _shop),
        "rush": Scenario(SHOP_AGENT, _rush),
        "big": Scenario(CROWD_AGENT, _big),
        "quiet": Scenario(SHOP_AGENT, _quiet),
        "storm": Scenario(SHOP_AGENT, _storm),
    }
)
"""Every scenario by name."""
