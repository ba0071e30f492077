import pytest

from tests.wechat.wire import Wire


@pytest.fixture
def wire() -> Wire:
    return Wire()
