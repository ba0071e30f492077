"""A stand-in for WeChat's customer-service API: its paths, answers, rules and timers, on a clock of its own.

Imports nothing of kfconsole; only the command line and tests import it.
"""

from kfconsole.simulator.app import create_app
from kfconsole.simulator.clock import SimClock
from kfconsole.simulator.daylog import DayLog
from kfconsole.simulator.faults import Faults
from kfconsole.simulator.pushes import BadReceiver, Pusher, Receiver
from kfconsole.simulator.scenarios import SCENARIOS, prepare
from kfconsole.simulator.server import serve
from kfconsole.simulator.switches import Switches
from kfconsole.simulator.world import DEFAULT_APP_ID, DEFAULT_APP_SECRET, World

__all__ = [
    "DEFAULT_APP_ID",
    "DEFAULT_APP_SECRET",
    "SCENARIOS",
    "BadReceiver",
    "DayLog",
    "Faults",
    "Pusher",
    "Receiver",
    "SimClock",
    "Switches",
    "World",
    "create_app",
    "prepare",
    "serve",
]
