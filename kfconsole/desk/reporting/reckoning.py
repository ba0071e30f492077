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

from msgspec import Struct

from kfconsole.desk.reporting.figures import Bucket, By, Case, Excluded, Figures, Metric, Order, Report, overlap_seconds
from kfconsole.model import AgentId, CustomerId, MessageKind, SessionSeen, Spoken, Wait, WaitOutcome

SLICE: Final = 200
"""So many things are reckoned at once, in a millisecond or two: a key may come in between."""
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

Spans = Sequence[tuple[float, float]]


class _Session(Struct, gc=False):
    """One session, and what came of it. Holding no cycles, it is none of the collector's business."""

    seen: SessionSeen
    chain: int
    """When the customer's talk began that it goes on with, perhaps with another agent."""
    has_waited: bool
    """Whether a wait was seen that it ended."""
    known_until: float
    """When it surely still went on: behind that, another may have begun that nobody saw."""
    before: "_Session | None" = None
    """The customer's one before, while it may still be heard of."""
    answered_at: int | None = None
    closed_at: int | None = None
    """By WeChat's records."""

    def holds(self, at: int) -> bool:
        """Whether it went on at a moment after its beginning."""
        ended_at = self.seen.ended_at if self.closed_at is None else self.closed_at
        return ended_at is None or at <= ended_at


class _Turn(Struct, gc=False, frozen=True):
    """A customer waits for a reply within a session."""

    at: int
    chain: int
    agent: AgentId


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
        self._rows: dict[str, Bucket] = {}
        self._keys: dict[int, str] = {}
        self._taken: dict[CustomerId, list[int]] = {}
        """When waits ended with an agent, as far as a session may still begin then."""
        self._unconfirmed: dict[tuple[CustomerId, AgentId, int], list[Case]] = {}
        """Waits by the session that ended them, which is not seen yet."""
        self._last: dict[CustomerId, _Session] = {}
        self._turns: dict[CustomerId, _Turn] = {}
        self._replied_at: dict[CustomerId, int] = {}

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
        for line in part:
            at = int(line.at)
            if self.sessions and self.sessions[0].started_at <= at:
                yield from self.pass_to(at)
            if line.kind is MessageKind.RECEIVED:
                self._hear_customer(line, at)
            elif line.kind is MessageKind.SENT:
                self._hear_agent(line, at)
            elif line.kind is MessageKind.CLOSED:
                self._hear_end(line, at)
        yield

    def finish(self) -> Generator[None, None, None]:
        """Say what became of each session and turn, now that all was heard."""
        yield from self.pass_to(math.inf)
        for cases in self._unconfirmed.values():
            for case in cases:
                # Its session was never seen, only what was said there: nothing tells when it began.
                self._add(Excluded.WAIT_ENDED_UNSEEN, case)
        yield
        for number, (openid, turn) in enumerate(self._turns.items(), 1):
            self._drop(openid, turn)
            if number % SLICE == 0:
                yield
        for number, session in enumerate(self._last.values(), 1):
            self._settle(session)
            if number % SLICE == 0:
                yield

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
            all_rows.join(bucket)
            yield
        total = all_rows.figures("", *(round(overlap_seconds(spans, start_at, end_at)) for spans in (unwatched, gaps)))
        yield
        by_agent = self._order.by is By.AGENT
        blind = {} if by_agent else (yield from self._by_key(unwatched))
        lacking = {} if by_agent else (yield from self._by_key(gaps))
        keys = {*self._rows, *blind, *lacking}
        if not by_agent:
            keys |= yield from self._all_keys()
        rows: list[Figures] = []
        for key in sorted(keys):
            bucket = self._rows.pop(key, Bucket())  # one after the other, as letting go of many takes time
            rows.append(bucket.figures(key, round(blind.get(key, 0)), round(lacking.get(key, 0))))
            yield
        return Report(self._order, total, tuple(rows))

    # Waits and sessions

    def _take_waits(self, before_at: float) -> Generator[None, None, None]:
        number = 0
        while self.waits and self.waits[0].since_at < before_at:
            wait = self.waits.popleft()
            if wait.outcome is WaitOutcome.TAKEN and wait.ended_at is not None:
                taken = self._taken.setdefault(wait.openid, [])
                taken[:] = [at for at in taken if at >= wait.since_at - AHEAD_SECONDS - TAKEN_SECONDS]
                taken.append(int(wait.ended_at))
            self._add_wait(wait)
            if (number := number + 1) % SLICE == 0:
                yield

    def _add_wait(self, wait: Wait) -> None:
        at = int(wait.since_at)
        ended_at = wait.last_seen_at if wait.ended_at is None else wait.ended_at
        case = Case(max(0, int(ended_at) - at), wait.since_at, wait.openid, wait.agent or AgentId(""))
        if wait.outcome is None:
            self._add(Excluded.WAIT_GOES_ON, case)
        elif not wait.is_exact:
            self._add(Excluded.WAIT_BEGAN_UNSEEN, case)
        elif not wait.end_is_exact:
            self._add(Excluded.WAIT_ENDED_UNSEEN, case)
        elif wait.outcome is WaitOutcome.TAKEN:
            self._unconfirmed.setdefault((case.openid, case.agent, int(ended_at)), []).append(case)
        else:
            self._add(Metric.ABANDONED, case)

    def _begin(self, seen: SessionSeen) -> None:
        for case in self._unconfirmed.pop((seen.openid, seen.agent, seen.started_at), ()):
            self._add(Metric.WAITS, case)
        before = self._last.get(seen.openid)
        has_waited = any(abs(at - seen.started_at) <= TAKEN_SECONDS for at in self._taken.get(seen.openid, ()))
        chain = seen.started_at if before is None or has_waited else _chain(before, seen)
        session = _Session(seen, chain, has_waited, self._known_until(seen), before)
        self._last[seen.openid] = session
        following = session
        while (older := following.before) is not None:
            if following.seen.started_at < seen.started_at - SETTLED_SECONDS:
                self._settle(older, following)
                following.before = None
                return
            following = older

    def _settle(self, session: _Session, after: _Session | None = None) -> None:
        """Reckon a session, and those before it: nothing is heard of them any more."""
        found: _Session | None = session
        while found is not None:
            if self._is_in_span(found.seen.started_at):
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

    def _add_session(self, session: _Session, after: _Session | None) -> None:
        seen, started_at = session.seen, session.seen.started_at

        def case(until_at: float) -> Case:
            return Case(max(0, int(until_at) - started_at), started_at, seen.openid, seen.agent)

        end_at, is_seen = self._end(session, after)
        self._add(Metric.SESSIONS, case(end_at))
        self._add(Metric.HANDLING if is_seen else Excluded.SESSION_ENDED_UNSEEN, case(end_at))
        if session.chain == started_at and not session.has_waited:
            self._add(Excluded.WAIT_UNSEEN, case(end_at))
        if session.answered_at is not None and session.answered_at > session.known_until:
            self._add(Excluded.SESSION_UNSEEN, case(session.answered_at))
        elif session.answered_at is not None:
            is_known = self._is_read(started_at, session.answered_at)
            self._add(Metric.FIRST_RESPONSE if is_known else Excluded.RECORDS_MISSING, case(session.answered_at))
        else:
            is_over = session.closed_at is not None or seen.ended_at is not None or after is not None
            is_known = self._is_read(started_at, end_at if is_over else self._order.end_at)
            self._add(Excluded.NOT_ANSWERED if is_known else Excluded.RECORDS_MISSING, case(end_at))

    def _end(self, session: _Session, after: _Session | None) -> tuple[float, bool]:
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

    def _session_at(self, openid: CustomerId, at: int) -> _Session | None:
        """Return the session that began last before a moment."""
        session = self._last.get(openid)
        while session is not None and session.seen.started_at > at:
            session = session.before
        return session

    def _session_of(self, openid: CustomerId, at: int) -> _Session | None:
        """Return the session that a customer was in."""
        session = self._session_at(openid, at)
        return session if session is not None and session.holds(at) else None

    def _hear_customer(self, line: Spoken, at: int) -> None:
        self._count(Metric.RECEIVED, line)
        session = self._session_of(line.openid, at)
        if session is None and not line.agent:
            return  # written while waiting: that is what a wait, and a first response, tell of
        chain = session.chain if session else 0
        turn = self._turns.get(line.openid)
        if turn is not None and turn.chain != chain:
            self._drop(line.openid, self._turns.pop(line.openid))
            turn = None
        if turn is None:
            self._turns[line.openid] = _Turn(at, chain, line.agent or (session.seen.agent if session else line.agent))

    def _hear_agent(self, line: Spoken, at: int) -> None:
        if line.is_unknown:
            self._add(Excluded.SEND_UNKNOWN, Case(0, line.at, line.openid, line.agent))
            return
        if line.is_ai:
            self._count(Metric.SENT_BY_MACHINE, line)
            return
        self._count(Metric.SENT, line)
        session = self._session_of(line.openid, at)
        if session is not None and session.answered_at is None:
            session.answered_at = at
        turn = self._turns.pop(line.openid, None)
        if turn is not None:
            if turn.chain != (session.chain if session else 0):
                self._drop(line.openid, turn)
            else:
                self._answer(line, turn, at, is_certain=session is not None and self._is_certain(session, at))
        self._replied_at[line.openid] = at

    def _is_certain(self, session: _Session, at: int) -> bool:
        """Whether it is known what the customer wrote since the last reply, and that the session still goes on."""
        started_at = session.seen.started_at
        is_begin_known = session.chain != started_at or session.has_waited or self._is_noticed(started_at)
        # Else it may go on with another that nobody saw, in which they wrote.
        has_reply = self._replied_at.get(session.seen.openid, 0) >= started_at
        return at <= session.known_until and (is_begin_known or has_reply)

    def _answer(self, line: Spoken, turn: _Turn, at: int, *, is_certain: bool) -> None:
        case = Case(max(0, at - turn.at), turn.at, line.openid, line.agent or turn.agent)
        if not is_certain:
            self._add(Excluded.TURN_UNSEEN, case)
            return
        # Between the reply before and this one the customer may have written in a gap, and earlier.
        since = max(turn.chain, self._replied_at.get(line.openid, 0)) or turn.at
        self._add(Metric.RESPONSE if self._is_read(since, at) else Excluded.TURN_RECORDS_MISSING, case)

    def _drop(self, openid: CustomerId, turn: _Turn) -> None:
        """Nobody replied before the session ended, or the report does."""
        case = Case(0, turn.at, openid, turn.agent)
        is_known = self._is_read(turn.at, turn.at + 1)
        self._add(Excluded.TURN_NOT_ANSWERED if is_known else Excluded.TURN_RECORDS_MISSING, case)

    def _hear_end(self, line: Spoken, at: int) -> None:
        session = self._session_at(line.openid, at)
        if session is not None and session.closed_at is None and session.seen.agent == line.agent:
            session.closed_at = at

    def _is_read(self, start_at: float, end_at: float) -> bool:
        """Whether WeChat's records of a span were fetched; the last ones may still change."""
        place = bisect_right(self._gap_starts, end_at) - 1
        while place >= 0 and self._gaps[place][0] >= end_at:
            place -= 1
        return place < 0 or self._gaps[place][1] <= start_at

    # Rows

    def _is_in_span(self, at: float) -> bool:
        return self._order.start_at <= at < self._order.end_at

    def _add(self, what: Metric | Excluded, case: Case) -> None:
        if self._is_in_span(case.at):
            self._row(case.at, case.agent).add(what, case, (case.at, case.agent))

    def _count(self, metric: Metric, line: Spoken) -> None:
        if self._is_in_span(line.at):
            self._row(line.at, line.agent).count(metric, line.openid, (line.at, line.agent))

    def _row(self, at: float, agent: AgentId) -> Bucket:
        key = agent if self._order.by is By.AGENT else self._key(at)
        if (bucket := self._rows.get(key)) is None:
            bucket = self._rows[key] = Bucket()
        return bucket

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


def _chain(before: _Session, seen: SessionSeen) -> int:
    """Return when the talk began that a session belongs to, before which nobody waited."""
    ended_at = before.seen.ended_at
    is_near = ended_at is not None and abs(seen.started_at - ended_at) <= TRANSFER_SECONDS
    return before.chain if is_near and before.seen.agent != seen.agent else seen.started_at
