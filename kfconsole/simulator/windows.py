"""When custom/send may reach a customer: what they did lately opens windows with a number of replies.

Nobody outside WeChat knows how windows combine. Unless a switch says otherwise, counts never add up: the replies left
are the most any open window has left, and each class of action keeps its own window, so that a minute opened by a tap
never shortens the 48 hours opened by a message.
Imports only codes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from kfconsole.simulator.codes import Refused

_MINUTE = 60.0
_TWO_DAYS = 48 * 3600.0

RULES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "message": (5, _TWO_DAYS),
        "click": (3, _MINUTE),
        "follow": (3, _MINUTE),
        "scan": (3, _MINUTE),
        "pay": (math.inf, _TWO_DAYS),
    }
)
"""Replies and seconds each class of action opens."""


@dataclass(slots=True)
class Window:
    """What one class of action allows."""

    replies_left: float
    closes_at: float


@dataclass(slots=True)
class Windows:
    """All windows of one customer."""

    by_action: dict[str, Window] = field(default_factory=dict)

    def open(self, action: str, now: float, combination: str = "per_class") -> None:
        """The customer did `action`: lift the count and move the deadline, as the switch `window_combination` says."""
        replies, seconds = RULES[action]
        window = Window(replies, now + seconds)
        if combination != "per_class":
            opened = self._opened(now) if combination != "latest" else []
            left = [before.replies_left for before in opened]
            window.replies_left = replies + sum(left) if combination == "added" else max([replies, *left])
            window.closes_at = max([window.closes_at, *(before.closes_at for before in opened)])
            self.by_action.clear()
        self.by_action[action] = window

    def close_all(self) -> None:
        """Nothing may be sent until the customer acts again."""
        self.by_action.clear()

    def check(self, now: float) -> None:
        """Refuse with 45015 when no window is open, with 45047 when the open ones are used up."""
        opened = self._opened(now)
        if not opened:
            raise Refused(45015)
        if not any(window.replies_left > 0 for window in opened):
            raise Refused(45047)

    def use(self, now: float) -> None:
        """Count one reply against every open window."""
        for window in self._opened(now):
            window.replies_left = max(0, window.replies_left - 1)

    def replies_left(self, now: float) -> float:
        """Return how many replies may still be sent; infinite after a payment."""
        return max((window.replies_left for window in self._opened(now)), default=0)

    def _opened(self, now: float) -> list[Window]:
        return [window for window in self.by_action.values() if now < window.closes_at]
