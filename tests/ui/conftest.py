"""A small shop, and consoles in it."""

import random
from collections.abc import Iterator

import pytest

from kfconsole import i18n
from kfconsole.simulator import World
from tests.ui.console import small_shop


@pytest.fixture
def world() -> World:
    """Return a shop whose people are the same in every run."""
    world = World(rng=random.Random(7))
    small_shop(world)
    return world


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Speak a language for one test."""
    i18n.use(request.param)
    yield request.param
    i18n.use("en")
