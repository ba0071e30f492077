"""A moment of a recording, as somebody types it."""

import re
from datetime import datetime, timedelta
from typing import Final, Protocol

from kfconsole import dates
from kfconsole.i18n import _

_STEP: Final = re.compile(r"([+-])\s*(\d+)\s*([smh秒分时]?)")
_UNITS: Final = {"s": 1, "秒": 1, "m": 60, "分": 60, "": 60, "h": 3600, "时": 3600}


class Span(Protocol):
    """What has a first and a last moment, in Unix seconds."""

    @property
    def began_at(self) -> float:
        """The first one."""

    @property
    def ends_at(self) -> float:
        """The last one."""


def typed_moment(typed: str, recording: Span, now: datetime) -> float:
    """Return the moment of a recording that somebody typed: a time, or a step from where it is.

    Raises:
        ValueError: It is none, or not in the recording.
    """
    found = _STEP.fullmatch(typed.strip().casefold())
    if found is not None:
        step = int(found[2]) * _UNITS[found[3]]
        at = now.timestamp() + (step if found[1] == "+" else -step)
        return min(max(at, recording.began_at), recording.ends_at)
    try:
        moment = dates.parse(typed, now)
    except ValueError as error:
        raise ValueError(_("Type a time such as 10:04, or a step such as +5m or -30s.")) from error
    for _day in range(2):  # of a night, the hours after midnight are of the next day
        if moment.timestamp() + 1 < recording.began_at:
            moment += timedelta(days=1)
    if not recording.began_at <= moment.timestamp() + 1 <= recording.ends_at + 2:
        said = _("The recording is from {start} to {end}.")
        form = "%Y-%m-%d %H:%M:%S"
        start, end = (
            datetime.fromtimestamp(at, now.tzinfo).strftime(form) for at in (recording.began_at, recording.ends_at)
        )
        raise ValueError(said.format(start=start, end=end))
    return moment.timestamp()
