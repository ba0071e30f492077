from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk.house import ME, House, customer, opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        yield house


@pytest.fixture
async def house_with_ann(house: House) -> House:
    """A house in which two are served, and the first is talked to."""
    for openid in (customer(1), customer(2)):
        house.world.say(openid, "hello")
        house.world.accept(ME, openid)
    await house.actions.open(customer(1))
    return house
