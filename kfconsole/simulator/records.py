"""The chat records: everything is written down, the switches decide what a query sees.

Imports only codes and switches.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.switches import Switches

QUEUED, ACCEPTED, STARTED, TRANSFERRED, CLOSED, GRABBED = 1000, 1001, 1002, 1003, 1004, 1005
RECEIVED_WAITING, AGENT_SENT, AGENT_RECEIVED = 2001, 2002, 2003

DAY_SECONDS = 24 * 3600
_BEIJING_SECONDS = 8 * 3600
MOST_PER_PAGE = 10_000
MOST_PER_RETIRED_PAGE = 50
_LATEST_SECOND = 2**32  # a larger time can only be milliseconds
_MOST_PAGES = 2**32


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the chat records."""

    time: int
    id: int
    openid: str
    opercode: int
    worker: str
    text: str
    is_api_send: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of getmsglist."""

    records: tuple[Record, ...]
    cursor: int


class RecordBook:
    """All chat records of the account, in the order they were written."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        """By id: the first is 1."""
        self._latest: list[int] = []
        """The latest time of all records up to the same place, so that a span is found without reading them all."""
        self._most_late_seconds = 0
        """How far behind the latest a record was ever written down."""

    def __len__(self) -> int:
        return len(self._records)

    def write(
        self, time: float, openid: str, opercode: int, *, worker: str = "", text: str = "", is_api_send: bool = False
    ) -> Record:
        """Write one line down; ids ascend in the order of writing."""
        record = Record(int(time), len(self._records) + 1, openid, opercode, worker, text, is_api_send)
        latest = max(record.time, self._latest[-1]) if self._latest else record.time
        self._records.append(record)
        self._latest.append(latest)
        self._most_late_seconds = max(self._most_late_seconds, latest - record.time)
        return record

    def page(self, start: int, end: int, cursor: int, number: int, *, now: float, switches: Switches) -> Page:
        """Return up to `number` records of the span with ids from `cursor` on, ascending by id.

        Raises:
            Refused: 65416 for values out of range, 65417 for a span over 24 hours.
        """
        if not (0 <= start <= end < _LATEST_SECOND and cursor >= 0 and 1 <= number <= MOST_PER_PAGE):
            raise Refused(65416)
        if end - start > DAY_SECONDS:
            raise Refused(65417)
        records = tuple(islice(self._shown(start, end, cursor, now, switches), number))
        if not records:
            return Page((), 0)
        return Page(records, records[-1].id + (0 if switches.cursor_inclusive else 1))

    def retired_page(
        self, start: int, end: int, index: int, size: int, openid: str, *, now: float, switches: Switches
    ) -> tuple[Record, ...]:
        """Return one page, counted from 1, of everything that happened in a span of one day, to one customer or to all.

        Raises:
            Refused: 65416 for values out of range, 65417 for a span that crosses midnight in Beijing.
        """
        is_in_time, is_page = 0 <= start <= end < _LATEST_SECOND, 1 <= index <= _MOST_PAGES
        if not (is_in_time and is_page and 1 <= size <= MOST_PER_RETIRED_PAGE):
            raise Refused(65416)
        if (start + _BEIJING_SECONDS) // DAY_SECONDS != (end + _BEIJING_SECONDS) // DAY_SECONDS:
            raise Refused(65417)
        shown = self._shown(start, end, 1, now, replace(switches, records_show_events=True))
        found = (row for row in shown if openid in ("", row.openid))
        return tuple(islice(found, (index - 1) * size, index * size))

    def _shown(self, start: int, end: int, cursor: int, now: float, switches: Switches) -> Iterator[Record]:
        oldest = max(start, now - switches.records_keep_days * DAY_SECONDS)
        newest = min(end, now - switches.records_delay_seconds)
        first = max(bisect_left(self._latest, oldest), cursor - 1)
        last = bisect_right(self._latest, newest + self._most_late_seconds)
        candidates = (self._records[at] for at in range(first, last))
        return (row for row in candidates if oldest <= row.time <= newest and _is_shown(row, switches))


def _is_shown(record: Record, switches: Switches) -> bool:
    if record.is_api_send:
        return switches.records_show_api_sends
    if record.opercode == RECEIVED_WAITING:
        return switches.records_show_waiting or switches.records_show_events
    return record.opercode in (AGENT_SENT, AGENT_RECEIVED) or switches.records_show_events
