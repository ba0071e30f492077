"""How the windows that actions open combine, by each reading of it."""

import math
from dataclasses import replace

import pytest

from kfconsole.simulator import SimClock, World
from kfconsole.simulator.windows import Windows
from tests.simulator.conftest import Wire

DAYS = 48 * 3600.0


def _windows(combination: str, *actions: tuple[str, float]) -> Windows:
    windows = Windows()
    for action, at in actions:
        windows.open(action, at, combination)
    return windows


@pytest.mark.parametrize(
    ("combination", "left_at"),
    [
        ("per_class", {10: 5, 59: 5, 61: 5, DAYS: 0}),
        ("one", {10: 5, 59: 5, 61: 5, DAYS: 0}),
        ("added", {10: 8, 59: 8, 61: 8, DAYS: 0}),
        ("latest", {10: 3, 59: 3, 61: 0, DAYS: 0}),
    ],
)
def test_a_tap_after_a_message_leaves(combination: str, left_at: dict[float, float]) -> None:
    windows = _windows(combination, ("message", 0), ("click", 1))

    assert {at: windows.replies_left(at) for at in left_at} == left_at


@pytest.mark.parametrize(
    ("combination", "soon", "later"), [("per_class", 3, 0), ("one", 3, 3), ("added", 3, 3), ("latest", 3, 0)]
)
def test_a_tap_after_a_used_up_message_gives_new_replies_for(combination: str, soon: float, later: float) -> None:
    windows = _windows(combination, ("message", 0))
    for _ in range(5):
        windows.use(1)
    windows.open("click", 2, combination)

    assert (windows.replies_left(3), windows.replies_left(100)) == (soon, later)


@pytest.mark.parametrize(("combination", "left"), [("per_class", 5), ("one", 5), ("added", 10), ("latest", 5)])
def test_a_second_message_gives(combination: str, left: float) -> None:
    assert _windows(combination, ("message", 0), ("message", 1)).replies_left(2) == left


@pytest.mark.parametrize("combination", ["per_class", "one", "added"])
def test_a_payment_is_without_limit_beside_everything(combination: str) -> None:
    windows = _windows(combination, ("pay", 0), ("message", 1), ("click", 2))

    assert windows.replies_left(DAYS - 1) == math.inf


@pytest.mark.parametrize("combination", ["per_class", "one", "added", "latest"])
def test_a_window_that_closed_gives_nothing_to_a_new_one(combination: str) -> None:
    assert _windows(combination, ("click", 0), ("follow", 100)).replies_left(101) == 3


@pytest.mark.parametrize(("combination", "codes"), [("per_class", [0] * 5 + [45047]), ("added", [0] * 6)])
async def test_sending_follows_the_switch(world: World, wire: Wire, combination: str, codes: list[int]) -> None:
    world.switches = replace(world.switches, window_combination=combination)
    world.say("oA", "在吗")
    world.act("oA", "click")

    assert [await wire.send("oA", "好") for _ in range(6)] == codes


async def test_by_the_latest_reading_a_tap_shortens_the_two_days(world: World, clock: SimClock, wire: Wire) -> None:
    world.switches = replace(world.switches, window_combination="latest")
    world.say("oA", "在吗")
    world.act("oA", "click")
    clock.advance(60)

    assert await wire.send("oA", "好") == 45015


async def test_an_unknown_reading_is_refused(wire: Wire) -> None:
    response = await wire.control("switches", {"window_combination": "sum"})

    assert (response.status_code, "per_class, one, added, latest" in response.json()["error"]) == (400, True)
