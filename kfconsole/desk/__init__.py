"""What happens at the desk: one store of frozen state, the poller that feeds it, and the acts of people.

No screen, no socket, no file: the client and the archive come in through constructors. Importing it loads neither
httpx nor SQLite, and none of its modules: each name is fetched when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kfconsole.desk import facts, rules
    from kfconsole.desk.actions import Actions
    from kfconsole.desk.clock import ServerClock
    from kfconsole.desk.poller import Intervals, Poller
    from kfconsole.desk.reading import HistoryDay
    from kfconsole.desk.store import Store

__all__ = ["Actions", "HistoryDay", "Intervals", "Poller", "ServerClock", "Store", "facts", "rules"]

if not TYPE_CHECKING:  # else every name would be there for mypy
    _HOMES: Final = {
        "Actions": "actions",
        "HistoryDay": "reading",
        "Intervals": "poller",
        "Poller": "poller",
        "ServerClock": "clock",
        "Store": "store",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
