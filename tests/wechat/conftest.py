from collections.abc import AsyncIterator

import pytest

from tests.wechat.simulated import Desk
from tests.wechat.wire import Wire


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.client.aclose()
