"""The chat records: everything is written down, the switches decide what a query sees.

Imports only codes and switches.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.switches import Switches

QUEUED, ACCEPTED, STARTED, TRANSFERRED, CLOSED, GRABBED = 1000, 1001, 1002, 1003, 1004, 1005
RECEIVED_WAITING, AGENT_SENT, AGENT_RECEIVED = 2001, 2002, 2003

DAY_SECONDS = 24 * 3600
MOST_PER_PAGE = 10_000
_LATEST_SECOND = 2**32  # a larger time can only be milliseconds


@dataclass(frozen=True, slots=True, order=True)
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
    """All chat records of the account, by time."""

    def __init__(self) -> None:
        self._by_time: list[Record] = []
        self._last_id = 0

    def __len__(self) -> int:
        return len(self._by_time)

    def write(
        self, time: float, openid: str, opercode: int, *, worker: str = "", text: str = "", is_api_send: bool = False
    ) -> Record:
        """Write one line down; ids ascend in the order of writing."""
        self._last_id += 1
        record = Record(int(time), self._last_id, openid, opercode, worker, text, is_api_send)
        insort(self._by_time, record)
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
        span = sorted(self._span(start, end, now, switches), key=lambda record: record.id)
        first = bisect_left(span, cursor, key=lambda record: record.id)
        records = tuple(span[first : first + number])
        if not records:
            return Page((), 0)
        return Page(records, records[-1].id + (0 if switches.cursor_inclusive else 1))

    def _span(self, start: int, end: int, now: float, switches: Switches) -> Iterator[Record]:
        oldest = max(start, now - switches.records_keep_days * DAY_SECONDS)
        newest = min(end, now - switches.records_delay_seconds)
        first = bisect_left(self._by_time, oldest, key=lambda record: record.time)
        last = bisect_right(self._by_time, newest, key=lambda record: record.time)
        return (record for record in self._by_time[first:last] if _is_shown(record, switches))


def _is_shown(record: Record, switches: Switches) -> bool:
    if record.is_api_send:
        return switches.records_show_api_sends
    if record.opercode == RECEIVED_WAITING:
        return switches.records_show_waiting or switches.records_show_events
    return record.opercode in (AGENT_SENT, AGENT_RECEIVED) or switches.records_show_events
