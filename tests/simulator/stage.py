"""A scenario that plays as fast as its driver can, without anybody waiting."""

import asyncio
import random

import pytest

from kfconsole.simulator import Faults, SimClock, World, prepare
from kfconsole.simulator.people import Event
from tests.simulator.conftest import NOON


class Stage:
    """A scenario on a clock that moves only when its driver sleeps."""

    def __init__(self, name: str = "shop", *, seed: int = 1, speed: float = 1.0) -> None:
        self.faults = Faults()
        self.world = World(clock=SimClock(start=NOON, frozen=True), rng=random.Random(seed))
        self._enough_at = NOON
        self.kf_account, self._play = prepare(
            name, self.world, seed=seed, speed=speed, sleep=self._sleep, faults=self.faults
        )

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)  # a scenario may do several things at once
        self.world.clock.advance(max(seconds, 0.001))
        if self.world.clock.now() >= self._enough_at:
            raise asyncio.CancelledError

    async def run(self, seconds: float) -> list[Event]:
        """Let the day go on and return everything that happened since the world began."""
        self._enough_at = self.world.clock.now() + seconds
        with pytest.raises(asyncio.CancelledError):
            await self._play()
        return list(self.world.events)
