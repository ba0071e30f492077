"""A small shop, and consoles in it."""

import random

import pytest

from kfconsole.simulator import World
from tests.ui.console import small_shop


@pytest.fixture
def world() -> World:
    """Return a shop whose people are the same in every run."""
    world = World(rng=random.Random(7))
    small_shop(world)
    return world
