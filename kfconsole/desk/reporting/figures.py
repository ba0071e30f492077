"""The numbers of a report, and what stands behind each. Pure."""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import Final

from msgspec import Struct

from kfconsole.model import AgentId, CustomerId

LISTED: Final = 200
"""So many conversations are listed behind a number, the longest first."""


class By(StrEnum):
    """What the rows of a report are."""

    AGENT = "agent"
    HOUR = "hour"
    """Of the day, over all days of the span."""
    DAY = "day"


class Metric(StrEnum):
    """What is measured, or only counted."""

    CUSTOMERS = "customers"
    WAITS = "waits"
    ABANDONED = "abandoned"
    SESSIONS = "sessions"
    FIRST_RESPONSE = "first_response"
    RESPONSE = "response"
    HANDLING = "handling"
    RECEIVED = "received"
    SENT = "sent"
    SENT_BY_MACHINE = "sent_by_machine"


class Excluded(StrEnum):
    """Why something is in no number."""

    WAIT_BEGAN_UNSEEN = "wait_began_unseen"
    WAIT_ENDED_UNSEEN = "wait_ended_unseen"
    WAIT_GOES_ON = "wait_goes_on"
    WAIT_UNSEEN = "wait_unseen"
    SESSION_ENDED_UNSEEN = "session_ended_unseen"
    SESSION_UNSEEN = "session_unseen"
    NOT_ANSWERED = "not_answered"
    RECORDS_MISSING = "records_missing"
    TURN_NOT_ANSWERED = "turn_not_answered"
    TURN_RECORDS_MISSING = "turn_records_missing"
    TURN_UNSEEN = "turn_unseen"
    SEND_UNKNOWN = "send_unknown"


class Order(Struct, frozen=True):
    """Which report is wanted."""

    start_at: float
    end_at: float
    """Not included itself."""
    by: By
    zone: tzinfo | None
    """In which days and hours are told; None: the host's."""


class Case(Struct, frozen=True, order=True, gc=False):
    """One wait, session, answer or customer behind a number."""

    seconds: int
    at: float
    """When it began; what Enter leads to."""
    openid: CustomerId
    agent: AgentId


class Spread(Struct, frozen=True):
    """How long things took; percentiles by nearest rank."""

    count: int = 0
    p50_seconds: int | None = None
    """None: there were none."""
    p90_seconds: int | None = None
    longest_seconds: int | None = None


class Figures(Struct, frozen=True):
    """One row of a report."""

    key: str
    """An agent's account, an hour such as `09`, or a day such as `2026-11-20`; empty in the row of all, and for what
    no agent had."""
    counts: Mapping[Metric, int]
    spreads: Mapping[Metric, Spread]
    excluded: Mapping[Excluded, int]
    cases: Mapping[Metric | Excluded, tuple[Case, ...]]
    """The longest, at most `LISTED` of each."""
    unwatched_seconds: int = 0
    """While nobody watched the queue; of an agent's row always 0."""
    records_missing_seconds: int = 0
    """Of which WeChat's records were never fetched; likewise."""

    def spread(self, metric: Metric) -> Spread:
        """How long something took."""
        return self.spreads.get(metric, Spread())

    def count(self, metric: Metric) -> int:
        """How many there were."""
        return self.counts.get(metric, 0)


class Report(Struct, frozen=True):
    """All numbers of a span."""

    order: Order
    total: Figures
    rows: tuple[Figures, ...]


def nearest_rank(ordered: Sequence[tuple[int, int]], percent: int) -> int:
    """Return the smallest value that at least so many percent of the values do not exceed.

    Args:
        ordered: Each value with how often it is there, the smallest first; at least one.
        percent: The share.
    """
    wanted = math.ceil(sum(count for _value, count in ordered) * percent / 100)
    reached = 0
    for value, count in ordered:
        reached += count
        if reached >= wanted:
            return value
    return ordered[-1][0]


Met = tuple[float, AgentId]
"""When something was heard of a customer, and whose they were."""


class Tally:
    """Gathers how long things took; of the longest it keeps what they were."""

    def __init__(self) -> None:
        self._seconds: dict[int, int] = {}
        """How often something took so long: few spans differ, of a million that were measured."""
        self.count = 0
        self._longest: list[Case] = []
        self._shortest_listed = 0
        """Nothing shorter is listed any more, now that the list is full."""

    def add(self, case: Case) -> None:
        """Take in one."""
        self.count += 1
        seconds = case.seconds
        self._seconds[seconds] = self._seconds.get(seconds, 0) + 1
        if seconds >= self._shortest_listed:
            self._list(case)

    def join(self, other: "Tally") -> None:
        """Take in all that another has."""
        self.count += other.count
        for seconds, count in other._seconds.items():
            self._seconds[seconds] = self._seconds.get(seconds, 0) + count
        for case in other._longest:
            self._list(case)

    def _list(self, case: Case) -> None:
        if len(self._longest) < LISTED:
            heapq.heappush(self._longest, case)
        elif case > self._longest[0]:
            heapq.heapreplace(self._longest, case)
            self._shortest_listed = self._longest[0].seconds

    def spread(self) -> Spread:
        """Return how long they took."""
        if not self._seconds:
            return Spread()
        ordered = sorted(self._seconds.items())
        return Spread(self.count, nearest_rank(ordered, 50), nearest_rank(ordered, 90), ordered[-1][0])

    def cases(self) -> tuple[Case, ...]:
        """Return the longest, the longest first; of those of one length the latest first."""
        return tuple(sorted(self._longest, reverse=True))


class Bucket:
    """Gathers one row."""

    def __init__(self) -> None:
        self._tallies: dict[Metric | Excluded, Tally] = {}
        self._counts: dict[Metric, int] = {}
        self._customers: dict[CustomerId, Met] = {}

    def add(self, what: Metric | Excluded, case: Case, met: Met) -> None:
        """Take in one, and whose it was."""
        if (tally := self._tallies.get(what)) is None:
            tally = self._tallies[what] = Tally()
        tally.add(case)
        self._meet(case.openid, met)

    def join(self, other: "Bucket") -> None:
        """Take in all that another has."""
        for what, tally in other._tallies.items():
            self._tallies.setdefault(what, Tally()).join(tally)
        for metric, count in other._counts.items():
            self._counts[metric] = self._counts.get(metric, 0) + count
        for openid, met in other._customers.items():
            self._meet(openid, met)

    def count(self, metric: Metric, openid: CustomerId, met: Met) -> None:
        """Count one without keeping what it was."""
        self._counts[metric] = self._counts.get(metric, 0) + 1
        self._meet(openid, met)

    def _meet(self, openid: CustomerId, met: Met) -> None:
        """Count a customer, once; the last time something was heard of them is kept."""
        known = self._customers.get(openid)
        if known is None or known < met:
            self._customers[openid] = met

    def figures(self, key: str, unwatched_seconds: int = 0, records_missing_seconds: int = 0) -> Figures:
        """Return the row."""
        met = ((at, openid, agent) for openid, (at, agent) in self._customers.items())
        customers = tuple(Case(0, at, openid, agent) for at, openid, agent in heapq.nlargest(LISTED, met))
        tallied = {what: tally for what, tally in self._tallies.items() if isinstance(what, Metric)}
        return Figures(
            key=key,
            counts={
                Metric.CUSTOMERS: len(self._customers),
                **{metric: tally.count for metric, tally in tallied.items()},
                **self._counts,
            },
            spreads={metric: tally.spread() for metric, tally in tallied.items()},
            excluded={what: tally.count for what, tally in self._tallies.items() if isinstance(what, Excluded)},
            cases={Metric.CUSTOMERS: customers, **{what: tally.cases() for what, tally in self._tallies.items()}},
            unwatched_seconds=unwatched_seconds,
            records_missing_seconds=records_missing_seconds,
        )


def overlap_seconds(spans: Iterable[tuple[float, float]], start_at: float, end_at: float) -> float:
    """Return how much of a span others cover that do not overlap each other."""
    return sum(max(0.0, min(end_at, last) - max(start_at, first)) for first, last in spans)
