"""Reckons a report from what the archive has: its waits, its sessions, and what was said. A little at a time.

All of WeChat's times are whole seconds, and so is everything here. What is known only to be at least so long is in no
number, as a percentile of bounds says nothing; it is counted instead.

Everything is taken in by the order of time, and let go of once it is reckoned: half a year takes little more memory
than a day. Of a customer only the last session is held, and those that began just before.
"""

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from datetime import datetime
from typing import Final

from kfconsole.desk.reporting.customers import Customer, Ended, Session, Turn
from kfconsole.desk.reporting.figures import (
    Bucket,
    By,
    Excluded,
    Figures,
    Metric,
    Order,
    Report,
    let_go,
    overlap_seconds,
)
from kfconsole.model import AgentId, CustomerId, MessageKind, SessionSeen, Spoken, Wait, WaitOutcome

SLICE: Final = 200
"""So many waits and sessions are reckoned at once, in a millisecond or two: a key may come in between."""
BEFORE_SECONDS: Final = 24 * 3600
"""Waits and sessions that began so long before are known, too: what was said in the span may belong to them."""
AROUND_SECONDS: Final = 6 * 3600
"""So much of what was said before and after the span is heard, too: what began within is told to its end, and what was
answered within may have begun before."""
TRANSFER_SECONDS: Final = 10
"""A session with another agent that began so soon after one goes on with it, unless the customer waited in between."""
TAKEN_SECONDS: Final = 2
"""A session that began so near the end of a wait ended it."""
SETTLED_SECONDS: Final = 3600
"""Nothing is heard of a session any more when the next one began so long ago: lines come in the order in which they
stand, and what the records say of their time differs by minutes."""
AHEAD_SECONDS: Final = 4
"""So much further one has to look, for a wait that a session ended within its second."""
NOTICED_SECONDS: Final = 15.0
"""A session that was gone so soon after watching began may have ended before."""
CELL_SECONDS: Final = 900
"""Hours and days begin at multiples of it in every time zone."""
MOST_CELLS: Final = 40_000  # more than a year; beyond that, only days and hours in which something happened have a row

# Looked up by name in its class, each would take as long as what is done with it, a million times.
_RECEIVED, _SENT, _CLOSED = MessageKind.RECEIVED, MessageKind.SENT, MessageKind.CLOSED
_METRIC_RECEIVED, _METRIC_SENT, _RESPONSE = Metric.RECEIVED, Metric.SENT, Metric.RESPONSE

Spans = Sequence[tuple[float, float]]


class Reckoning:
    """Takes in what happened in the order of time, and gives the report; each step of it is short."""

    def __init__(
        self,
        order: Order,
        waits: Iterable[Wait],
        sessions: Iterable[SessionSeen],
        gaps: Spans,
        sessions_watched: Spans,
    ) -> None:
        self._order = order
        self.waits = deque(waits)
        """By the moment they began, not taken in yet: at least up to `AHEAD_SECONDS` after what is to be heard."""
        self.sessions = deque(sessions)
        """Likewise."""
        self._gaps = gaps
        self._gap_starts = [start_at for start_at, _end_at in gaps]
        self._watched = sessions_watched
        self._watched_starts = [start_at for start_at, _end_at in sessions_watched]
        self._start_at, self._end_at = order.start_at, order.end_at
        self._by_agent = order.by is By.AGENT
        self._rows: dict[str, Bucket] = {}
        self._cells: dict[float, Bucket] = {}
        """Each row by every quarter of an hour it has."""
        self._keys: dict[int, str] = {}
        self._unconfirmed: dict[tuple[CustomerId, AgentId, int], tuple[Ended, ...]] = {}
        """Waits by the session that ended them."""
        self._customers: dict[CustomerId, Customer] = {}
        self._agents: dict[AgentId, AgentId] = {}
        """Each by one object: every line that is read has its own."""

    def pass_to(self, at: float) -> Generator[None, None, None]:
        """Take in waits and sessions that began up to a moment."""
        number = 0
        while self.sessions and self.sessions[0].started_at <= at:
            yield from self._take_waits(self.sessions[0].started_at + AHEAD_SECONDS)
            self._begin(self.sessions.popleft())
            if (number := number + 1) % SLICE == 0:
                yield
        yield from self._take_waits(at)

    def hear(self, part: Iterable[Spoken]) -> Generator[None, None, None]:
        """Take in what was said next."""
        sessions, agents, customers = self.sessions, self._agents, self._customers
        begins_at = sessions[0].started_at if sessions else math.inf
        for line in part:
            at, kind = line.at, line.kind
            if at >= begins_at:
                yield from self.pass_to(at)
                begins_at = sessions[0].started_at if sessions else math.inf
            customer = customers.get(line.openid) or self._customer(line.openid)
            agent = agents.setdefault(line.agent, line.agent)
            if kind is _RECEIVED:
                self._hear_customer(customer, agent, at)
            elif kind is _SENT:
                self._hear_agent(customer, agent, at, line)
            elif kind is _CLOSED:
                session = customer.session_at(at)
                if session is not None and session.closed_at is None and session.seen.agent == agent:
                    session.closed_at = session.ends_at = at
        yield

    def finish(self) -> Generator[None, None, None]:
        """Say what became of each session and turn, now that all was heard."""
        yield from self.pass_to(math.inf)
        for (openid, agent, _at), waits in self._unconfirmed.items():
            for wait in waits:
                # Its session was never seen, only what was said there: nothing tells when it began.
                self._add(Excluded.WAIT_ENDED_UNSEEN, wait.seconds, wait.since_at, openid, agent)
        yield
        while self._customers:
            _openid, customer = self._customers.popitem()
            if customer.turn is not None:
                self._drop(customer, customer.turn)
            if customer.last is not None:
                self._settle(customer.last)
            if len(self._customers) % SLICE == 0:
                yield

    def let_go(self) -> Generator[None, None, None]:
        """Forget everything, a little at a time."""
        self.waits.clear()
        self.sessions.clear()
        yield from let_go(self._customers)
        while self._rows:
            _key, bucket = self._rows.popitem()
            yield from bucket.let_go()

    def report(self, unwatched: Spans) -> Generator[None, None, Report]:
        """Return the report.

        Args:
            unwatched: When nobody watched the queue.
        """
        start_at, end_at = self._order.start_at, self._order.end_at
        gaps = [
            (max(start_at, first), min(end_at, last))
            for first, last in self._gaps
            if last > start_at and first < end_at
        ]
        all_rows = Bucket()
        for bucket in self._rows.values():
            yield from all_rows.join(bucket)
        unseen = (round(overlap_seconds(spans, start_at, end_at)) for spans in (unwatched, gaps))
        total = yield from all_rows.figures("", *unseen)
        blind = {} if self._by_agent else (yield from self._by_key(unwatched))
        lacking = {} if self._by_agent else (yield from self._by_key(gaps))
        keys = {*self._rows, *blind, *lacking}
        if not self._by_agent:
            keys |= yield from self._all_keys()
        rows: list[Figures] = []
        for key in sorted(keys):
            bucket = self._rows.pop(key, Bucket())
            rows.append((yield from bucket.figures(key, round(blind.get(key, 0)), round(lacking.get(key, 0)))))
            yield
        return Report(self._order, total, tuple(rows))

    # Waits and sessions

    def _take_waits(self, before_at: float) -> Generator[None, None, None]:
        number = 0
        while self.waits and self.waits[0].since_at < before_at:
            wait = self.waits.popleft()
            self._add_wait(wait, self._customer(wait.openid))
            if (number := number + 1) % SLICE == 0:
                yield

    def _add_wait(self, wait: Wait, customer: Customer) -> None:
        at = int(wait.since_at)
        ended_at = int(wait.last_seen_at if wait.ended_at is None else wait.ended_at)
        seconds, agent = max(0, ended_at - at), wait.agent or AgentId("")
        if wait.outcome is WaitOutcome.TAKEN and wait.ended_at is not None:
            open_at = wait.since_at - AHEAD_SECONDS - TAKEN_SECONDS
            taken = (ended_at, wait.end_is_exact)
            customer.taken = (*(before for before in customer.taken if before[0] >= open_at), taken)
        if wait.outcome is None:
            why: Metric | Excluded = Excluded.WAIT_GOES_ON
        elif not wait.is_exact:
            why = Excluded.WAIT_BEGAN_UNSEEN
        elif not wait.end_is_exact:
            why = Excluded.WAIT_ENDED_UNSEEN
        elif wait.outcome is WaitOutcome.TAKEN:
            key = customer.openid, agent, ended_at
            self._unconfirmed[key] = (*self._unconfirmed.get(key, ()), Ended(wait.since_at, seconds))
            return
        else:
            why = Metric.ABANDONED
        self._add(why, seconds, wait.since_at, customer.openid, agent)

    def _begin(self, seen: SessionSeen) -> None:
        for wait in self._unconfirmed.pop((seen.openid, seen.agent, seen.started_at), ()):
            self._add(Metric.WAITS, wait.seconds, wait.since_at, seen.openid, seen.agent)
        customer = self._customer(seen.openid)
        before = customer.last
        ended = [is_seen for at, is_seen in customer.taken if abs(at - seen.started_at) <= TAKEN_SECONDS]
        chain = seen.started_at if before is None or ended else _chain(before, seen)
        is_begin_known = any(ended) or chain != seen.started_at or self._is_noticed(seen.started_at)
        ends_at = math.inf if seen.ended_at is None else seen.ended_at
        session = Session(seen, chain, bool(ended), is_begin_known, self._known_until(seen), ends_at, before)
        customer.last = session
        following = session
        while (older := following.before) is not None:
            if following.seen.started_at < seen.started_at - SETTLED_SECONDS:
                self._settle(older, following)
                following.before = None
                return
            following = older

    def _settle(self, session: Session, after: Session | None = None) -> None:
        """Reckon a session, and those before it: nothing is heard of them any more."""
        found: Session | None = session
        while found is not None:
            if self._start_at <= found.seen.started_at < self._end_at:
                self._add_session(found, after)
            found, after = found.before, found

    def _known_until(self, seen: SessionSeen) -> float:
        """Return when a session surely still went on."""
        if seen.ended_at is not None and self._is_noticed(seen.ended_at):
            return seen.ended_at
        # Whoever began to watch again need not have noticed that it was gone.
        place = bisect_right(self._watched_starts, seen.first_seen_at) - 1
        return max(seen.first_seen_at, self._watched[place][1] if place >= 0 else 0.0)

    def _is_noticed(self, ended_at: float) -> bool:
        """Whether somebody watched when a session was found gone, and just before."""
        place = bisect_right(self._watched_starts, ended_at - NOTICED_SECONDS) - 1
        return place >= 0 and ended_at <= self._watched[place][1] + NOTICED_SECONDS

    def _add_session(self, session: Session, after: Session | None) -> None:
        seen, started_at = session.seen, session.seen.started_at
        end_at, is_seen = self._end(session, after)

        def add(what: Metric | Excluded, until_at: float) -> None:
            self._add(what, max(0, int(until_at) - started_at), started_at, seen.openid, seen.agent)

        add(Metric.SESSIONS, end_at)
        add(Metric.HANDLING if is_seen else Excluded.SESSION_ENDED_UNSEEN, end_at)
        if session.chain == started_at and not session.has_waited:
            add(Excluded.WAIT_UNSEEN, end_at)
        if session.answered_at is not None and session.answered_at > session.known_until:
            add(Excluded.SESSION_UNSEEN, session.answered_at)
        elif session.answered_at is not None:
            is_known = self._is_read(started_at, session.answered_at)
            add(Metric.FIRST_RESPONSE if is_known else Excluded.RECORDS_MISSING, session.answered_at)
        else:
            is_over = session.closed_at is not None or seen.ended_at is not None or after is not None
            is_known = self._is_read(started_at, end_at if is_over else self._order.end_at)
            add(Excluded.NOT_ANSWERED if is_known else Excluded.RECORDS_MISSING, end_at)

    def _end(self, session: Session, after: Session | None) -> tuple[float, bool]:
        """Return when a session ended, and whether that was seen; else the last moment that is known of it."""
        if session.closed_at is not None:
            return session.closed_at, True
        ended_at = session.seen.ended_at
        if ended_at is None:
            return max(session.seen.first_seen_at, session.answered_at or 0.0), False
        if after is not None and int(ended_at) == after.seen.started_at:
            return ended_at, after.chain == session.chain
        return ended_at, self._is_noticed(ended_at)

    # What was said

    def _hear_customer(self, customer: Customer, agent: AgentId, at: int) -> None:
        if self._start_at <= at < self._end_at:
            self._row(at, agent).count(_METRIC_RECEIVED, at, customer.openid, agent)
        session = customer.session_of(at)
        if session is None and not agent:
            return  # written while waiting: that is what a wait, and a first response, tell of
        chain = session.chain if session else 0
        if customer.turn is not None:
            if customer.turn.chain == chain:
                return
            self._drop(customer, customer.turn)
        customer.turn = Turn(at, chain, agent or (session.seen.agent if session else agent))

    def _hear_agent(self, customer: Customer, agent: AgentId, at: int, line: Spoken) -> None:
        if line.is_unknown:
            self._add(Excluded.SEND_UNKNOWN, 0, at, customer.openid, agent)
            return
        if self._start_at <= at < self._end_at:
            metric = Metric.SENT_BY_MACHINE if line.is_ai else _METRIC_SENT
            self._row(at, agent).count(metric, at, customer.openid, agent)
        if line.is_ai:
            return
        session = customer.session_of(at)
        if session is not None and session.answered_at is None:
            session.answered_at = at
        turn = customer.turn
        if turn is not None:
            if turn.chain != (session.chain if session else 0):
                self._drop(customer, turn)
            else:
                what = self._response(customer, turn, at, session)
                self._add(what, max(0, at - turn.at), turn.at, customer.openid, agent or turn.agent)
            customer.turn = None
        customer.replied_at = at

    def _response(self, customer: Customer, turn: Turn, at: int, session: Session | None) -> Metric | Excluded:
        """Return what a reply is that ended a turn."""
        if session is None or not self._is_certain(session, customer, at):
            return Excluded.TURN_UNSEEN
        # Between the reply before and this one the customer may have written in a gap, and earlier.
        since = max(turn.chain, customer.replied_at) or turn.at
        return _RESPONSE if self._is_read(since, at) else Excluded.TURN_RECORDS_MISSING

    def _is_certain(self, session: Session, customer: Customer, at: int) -> bool:
        """Whether it is known what the customer wrote since the last reply, and that the session still goes on."""
        # A beginning that nobody saw may go on with another session, in which they wrote.
        return at <= session.known_until and (session.is_begin_known or customer.replied_at >= session.seen.started_at)

    def _drop(self, customer: Customer, turn: Turn) -> None:
        """Nobody replied before the session ended, or the report does."""
        is_known = self._is_read(turn.at, turn.at + 1)
        what = Excluded.TURN_NOT_ANSWERED if is_known else Excluded.TURN_RECORDS_MISSING
        self._add(what, 0, turn.at, customer.openid, turn.agent)

    def _is_read(self, start_at: float, end_at: float) -> bool:
        """Whether WeChat's records of a span were fetched; the last ones may still change."""
        place = bisect_right(self._gap_starts, end_at) - 1
        while place >= 0 and self._gaps[place][0] >= end_at:
            place -= 1
        return place < 0 or self._gaps[place][1] <= start_at

    # Rows

    def _add(self, what: Metric | Excluded, seconds: int, at: float, openid: CustomerId, agent: AgentId) -> None:
        if self._start_at <= at < self._end_at:
            self._row(at, agent).add(what, seconds, at, openid, agent)

    def _row(self, at: float, agent: AgentId) -> Bucket:
        if self._by_agent:
            row = self._rows.get(agent)
            return row if row is not None else self._rows.setdefault(agent, Bucket())
        cell = at // CELL_SECONDS
        if (row := self._cells.get(cell)) is None:
            row = self._cells[cell] = self._rows.setdefault(self._key(at), Bucket())
        return row

    def _customer(self, openid: CustomerId) -> Customer:
        if (customer := self._customers.get(openid)) is None:
            customer = self._customers[openid] = Customer(openid)
        return customer

    def _key(self, at: float) -> str:
        cell = int(at // CELL_SECONDS)
        if (key := self._keys.get(cell)) is None:
            moment = datetime.fromtimestamp(cell * CELL_SECONDS, self._order.zone)
            key = self._keys[cell] = f"{moment:%H}" if self._order.by is By.HOUR else f"{moment:%Y-%m-%d}"
        return key

    def _all_keys(self) -> Generator[None, None, set[str]]:
        cells = range(int(self._order.start_at // CELL_SECONDS), -int(-self._order.end_at // CELL_SECONDS))
        keys: set[str] = set()
        for cell in cells if len(cells) <= MOST_CELLS else ():
            keys.add(self._key(cell * CELL_SECONDS))
            if cell % SLICE == 0:
                yield
        return keys

    def _by_key(self, spans: Spans) -> Generator[None, None, dict[str, float]]:
        """Return how many seconds of each hour or day some spans cover."""
        found: dict[str, float] = {}
        number = 0
        for start_at, end_at in spans:
            for cell in range(int(start_at // CELL_SECONDS), -int(-end_at // CELL_SECONDS)):
                first, last = cell * CELL_SECONDS, (cell + 1) * CELL_SECONDS
                key = self._key(first)
                found[key] = found.get(key, 0.0) + min(last, end_at) - max(first, start_at)
                if (number := number + 1) % SLICE == 0:
                    yield
        return found


def _chain(before: Session, seen: SessionSeen) -> int:
    """Return when the talk began that a session belongs to, before which nobody waited."""
    ended_at = before.seen.ended_at
    is_near = ended_at is not None and abs(seen.started_at - ended_at) <= TRANSFER_SECONDS
    return before.chain if is_near and before.seen.agent != seen.agent else seen.started_at
