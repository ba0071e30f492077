"""How often each call may be used, a day and a minute, and how often the counters may be cleared.

A day begins at 00:00 in Beijing, unless a switch says another hour. Refused calls count, but those refused for the
quota itself do not. Calls without a published limit have none here and answer the largest 32-bit number as their limit.
Imports only codes and switches.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.switches import Switches

NO_LIMIT = 2**31 - 1
MINUTE_SECONDS = 60
CLEARS_OF_ALL_A_MONTH = 10
CLEARS_OF_ONE_A_MONTH = 50

_BEIJING = timezone(timedelta(hours=8))
_DEFAULTS = Switches()
_KF_PREFIXES = ("/customservice/", "/cgi-bin/customservice/")

DAILY_LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "/cgi-bin/token": 2_000,
        "/cgi-bin/stable_token": 500_000,
        "/cgi-bin/media/upload": 100_000,
        "/cgi-bin/media/get": 200_000,
        "/cgi-bin/message/custom/send": 500_000,
        "/cgi-bin/user/info": 5_000_000,
        "/cgi-bin/user/info/updateremark": 10_000,
    }
)
"""The published limits of a new account, calls a day."""
MINUTE_LIMITS: Mapping[str, int] = MappingProxyType({"/cgi-bin/stable_token": 10_000})
"""The published limits, calls a minute."""


@dataclass(frozen=True, slots=True)
class Use:
    """How much of one call's quota is used."""

    daily_limit: int
    used: int
    minute_limit: int
    """0: none."""


class Quotas:
    """The counters of one account."""

    def __init__(self) -> None:
        self.daily_limits = dict(DAILY_LIMITS)
        self.minute_limits = dict(MINUTE_LIMITS)
        self._day = self._minute = self._month = ""
        self._used_today: Counter[str] = Counter()
        self._used_this_minute: Counter[str] = Counter()
        self._clears: Counter[str] = Counter()

    def count(self, path: str, now: float, switches: Switches) -> None:
        """Count one call, or refuse it with 45009 or 45011."""
        use = self.use(path, now, switches)
        if use.used >= use.daily_limit:
            raise Refused(45009)
        if use.minute_limit and self._used_this_minute[path] >= use.minute_limit:
            raise Refused(45011)
        self._used_today[path] += 1
        self._used_this_minute[path] += 1

    def use(self, path: str, now: float, switches: Switches) -> Use:
        """Return how much of today's quota is used."""
        self._turn_over(now, switches)
        kf_limit = switches.kf_daily_limit if path.startswith(_KF_PREFIXES) else 0
        return Use(
            daily_limit=self.daily_limits.get(path, kf_limit or NO_LIMIT),
            used=self._used_today[path],
            minute_limit=self.minute_limits.get(path, switches.minute_limit),
        )

    def set_used(self, path: str, used: int, now: float, switches: Switches = _DEFAULTS) -> None:
        """Make it so many calls today."""
        self._turn_over(now, switches)
        self._used_today[path] = used

    def clear_all(self, now: float, switches: Switches) -> None:
        """Begin the day anew for every call, or refuse with 48006 the 11th time in a month."""
        self._turn_over(now, switches)
        self._note_clear("all", CLEARS_OF_ALL_A_MONTH)
        self._used_today.clear()

    def clear(self, path: str, now: float, switches: Switches) -> None:
        """Begin the day anew for one call, or refuse with 48006 the 51st time in a month."""
        self._turn_over(now, switches)
        self._note_clear("one", CLEARS_OF_ONE_A_MONTH)
        del self._used_today[path]

    def _note_clear(self, what: str, most: int) -> None:
        if self._clears[what] >= most:
            raise Refused(48006)
        self._clears[what] += 1

    def _turn_over(self, now: float, switches: Switches) -> None:
        """Forget the counts of a day, minute and month that is over."""
        local = datetime.fromtimestamp(now, _BEIJING) - timedelta(hours=switches.quota_reset_hour)
        minute = local.isoformat(timespec="minutes")
        if minute == self._minute:
            return
        self._minute = minute
        self._used_this_minute.clear()
        day, month = minute[:10], minute[:7]
        if day != self._day:
            self._day = day
            self._used_today.clear()
        if month != self._month:
            self._month = month
            self._clears.clear()
