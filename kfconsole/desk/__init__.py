"""What happens at the desk: one store of frozen state, the poller that feeds it, and the acts of people.

No screen, no socket, no file: the client and the archive come in through constructors. Importing it loads neither
httpx nor SQLite.
"""

from kfconsole.desk import facts, rules
from kfconsole.desk.actions import Actions
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.poller import Intervals, Poller
from kfconsole.desk.reading import HistoryDay
from kfconsole.desk.store import Store

__all__ = ["Actions", "HistoryDay", "Intervals", "Poller", "ServerClock", "Store", "facts", "rules"]
