"""What happened, as lines of JSON in a file: the true numbers, to hold what a console makes of the day against.

Each line has `at` in Unix seconds of the simulator's own clock, `what`, and as far as they apply `openid`, `agent` and
`from_agent`. No line tells what was written. Times may step back: scenarios begin with talks of the past.
"""

import json
from typing import Protocol

from kfconsole.simulator.people import Event

_WHAT = {
    "said": "customer_wrote",
    "queued": "queued",
    "left": "left_queue",
    "accepted": "accepted",
    "created": "accepted",
    "transferred": "transferred",
    "replied": "agent_wrote",
    "sent": "account_wrote",
    "closed": "closed",
    "expired": "closed",
    "online": "online",
    "offline": "offline",
}


class _Writable(Protocol):
    def write(self, text: str, /) -> int: ...


class DayLog:
    """Writes a line for each event; give it to `World.watch`."""

    def __init__(self, file: _Writable) -> None:
        self._file = file

    def __call__(self, event: Event) -> None:
        """Write an event down, unless it changes nothing that is measured."""
        what = _WHAT.get(event.kind)
        if event.kind == "acted" and event.text == "unfollow":
            what = "unfollowed"  # whoever waits does not any more
        if what is None:
            return
        line: dict[str, object] = {"at": event.at, "what": what}
        for name, value in (
            ("openid", event.openid),
            ("agent", event.kf_account),
            ("from_agent", event.details.get("from_account", "")),
        ):
            if value:
                line[name] = value
        self._file.write(json.dumps(line) + "\n")
