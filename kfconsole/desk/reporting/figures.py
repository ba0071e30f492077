"""The numbers of a report, and what stands behind each. Pure."""

import heapq
import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import Final, TypeVar

from msgspec import Struct, msgpack

from kfconsole.model import AgentId, CustomerId

LISTED: Final = 200
"""So many conversations are listed behind a number, the longest first."""
SLICE: Final = 2_000
"""So many things are joined, ordered or let go of at once, in a millisecond or two: a key may come in between."""

K = TypeVar("K")
V = TypeVar("V")


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


class Case(Struct, frozen=True, order=True, gc=False, array_like=True):
    """One wait, session, answer or customer behind a number."""

    seconds: int
    at: float
    """When it began; what Enter leads to."""
    openid: CustomerId
    agent: AgentId


class Cases(Mapping[Metric | Excluded, tuple[Case, ...]]):
    """What stands behind each number of a row, packed.

    Half a year of days would be half a million objects, and to let go of them would hold up a key.
    """

    def __init__(self, cases: Iterable[tuple[Metric | Excluded, Sequence[Case]]]) -> None:
        self._packed = {what: msgpack.encode(listed) for what, listed in cases}

    def __getitem__(self, what: Metric | Excluded) -> tuple[Case, ...]:
        return msgpack.decode(self._packed[what], type=tuple[Case, ...])

    def __iter__(self) -> Iterator[Metric | Excluded]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


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


class Tally:
    """Gathers how long things took; of the longest it keeps what they were."""

    def __init__(self) -> None:
        self._seconds: dict[int, int] = {}
        """How often something took so long: few spans differ, of a million that were measured."""
        self._longest: list[Case] = []
        self._shortest_listed = 0
        """Nothing shorter is listed any more, now that the list is full."""

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self._seconds.values())

    def add(self, seconds: int, at: float, openid: CustomerId, agent: AgentId) -> None:
        """Take in one."""
        self._seconds[seconds] = self._seconds.get(seconds, 0) + 1
        if seconds >= self._shortest_listed:
            self._list(Case(seconds, at, openid, agent))

    def join(self, other: "Tally") -> None:
        """Take in all that another has."""
        for seconds, count in other._seconds.items():
            self._seconds[seconds] = self._seconds.get(seconds, 0) + count
        for case in other._longest:
            if case.seconds >= self._shortest_listed:
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

    def cases(self) -> list[Case]:
        """Return the longest, the longest first; of those of one length the latest first."""
        return sorted(self._longest, reverse=True)


class Bucket:
    """Gathers one row."""

    def __init__(self) -> None:
        self._tallies: dict[Metric | Excluded, Tally] = {}
        self._counts: dict[Metric, int] = {}
        self._customers: dict[CustomerId, tuple[float, AgentId]] = {}
        """When something was heard of each first, and whose they were."""

    def add(self, what: Metric | Excluded, seconds: int, at: float, openid: CustomerId, agent: AgentId) -> None:
        """Take in one."""
        if (tally := self._tallies.get(what)) is None:
            tally = self._tallies[what] = Tally()
        tally.add(seconds, at, openid, agent)
        if (known := self._customers.get(openid)) is None or at <= known[0]:
            self._meet(openid, known, (at, agent))

    def count(self, metric: Metric, at: float, openid: CustomerId, agent: AgentId) -> None:
        """Count one without keeping what it was."""
        self._counts[metric] = self._counts.get(metric, 0) + 1
        if (known := self._customers.get(openid)) is None or at <= known[0]:
            self._meet(openid, known, (at, agent))

    def _meet(self, openid: CustomerId, known: tuple[float, AgentId] | None, met: tuple[float, AgentId]) -> None:
        """Count a customer, once."""
        self._customers[openid] = met if known is None else min(known, met)

    def join(self, other: "Bucket") -> Generator[None, None, None]:
        """Take in all that another has, a little at a time."""
        for what, tally in other._tallies.items():
            self._tallies.setdefault(what, Tally()).join(tally)
        for metric, count in other._counts.items():
            self._counts[metric] = self._counts.get(metric, 0) + count
        yield
        for number, (openid, met) in enumerate(other._customers.items(), 1):
            self._meet(openid, self._customers.get(openid), met)
            if number % SLICE == 0:
                yield

    def figures(
        self, key: str, unwatched_seconds: int = 0, records_missing_seconds: int = 0
    ) -> Generator[None, None, Figures]:
        """Return the row, and let go of what it was made of, a little at a time."""
        counted = {Metric.CUSTOMERS: len(self._customers), **self._counts}
        customers: list[Case] = []
        while self._customers:
            some = (Case(0, at, openid, agent) for openid, (at, agent) in _taken(self._customers))
            customers = heapq.nlargest(LISTED, (*customers, *some))
            yield
        tallied = {what: tally for what, tally in self._tallies.items() if isinstance(what, Metric)}
        counted |= {metric: tally.count for metric, tally in tallied.items()}
        spreads = {metric: tally.spread() for metric, tally in tallied.items()}
        excluded = {what: tally.count for what, tally in self._tallies.items() if isinstance(what, Excluded)}
        listed = ((what, tally.cases()) for what, tally in self._tallies.items())
        cases = Cases(((Metric.CUSTOMERS, customers), *listed))
        self._tallies.clear()
        return Figures(key, counted, spreads, excluded, cases, unwatched_seconds, records_missing_seconds)

    def let_go(self) -> Generator[None, None, None]:
        """Forget everything, a little at a time."""
        self._tallies.clear()
        yield from let_go(self._customers)


def _taken(things: dict[K, V]) -> list[tuple[K, V]]:
    return [things.popitem() for _number in range(min(SLICE, len(things)))]


def let_go(things: dict[K, V]) -> Generator[None, None, None]:
    """Forget everything, a little at a time: to drop many things at once would hold up a key."""
    while things:
        _taken(things)
        yield


def overlap_seconds(spans: Iterable[tuple[float, float]], start_at: float, end_at: float) -> float:
    """Return how much of a span others cover that do not overlap each other."""
    return sum(max(0.0, min(end_at, last) - max(start_at, first)) for first, last in spans)
