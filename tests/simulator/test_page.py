"""docs/simulator.md names everything there is."""

import pytest

from kfconsole.simulator import SCENARIOS, Faults, World
from kfconsole.simulator.control import control_routes
from kfconsole.simulator.faults import KINDS
from kfconsole.simulator.pushes import Pusher
from kfconsole.simulator.requestlog import RequestLog
from tools.simulator_page import PAGE, up_to_date

TEXT = PAGE.read_text("utf-8")


def test_its_tables_are_those_of_the_source() -> None:
    assert up_to_date(TEXT) == TEXT, "python -m tools.simulator_page"


@pytest.mark.parametrize("word", [*SCENARIOS, *KINDS])
def test_every_scenario_and_fault_is_on_it(word: str) -> None:
    assert f"`{word}`" in TEXT


def test_every_control_path_is_on_it() -> None:
    world = World()
    routes = control_routes(world, Faults(), RequestLog(), Pusher(world))
    missing = {route.path for route in routes if "{path" not in route.path and f"/_sim{route.path}" not in TEXT}

    assert not missing
