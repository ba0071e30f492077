"""Reckons a report from what the archive has: its waits, its sessions, and what was said. A little at a time.

All of WeChat's times are whole seconds, and so is everything here. What is known only to be at least so long is in no
number, as a percentile of bounds says nothing; it is counted instead.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from kfconsole.desk.reporting.figures import Bucket, By, Case, Excluded, Metric, Order, Report, overlap_seconds
from kfconsole.model import AgentId, CustomerId, Feed, MessageKind, SessionSeen, Spoken, Wait, WaitOutcome

if TYPE_CHECKING:
    from kfconsole.archive import Archive

SLICE: Final = 200
"""So many things are reckoned at once, in some milliseconds: a key may come in between."""
BEFORE_SECONDS: Final = 24 * 3600
"""Waits and sessions that began so long before are known, too: what was said in the span may belong to them."""
AROUND_SECONDS: Final = 6 * 3600
"""So much of what was said before and after the span is heard, too: what began within is told to its end, and what was
answered within may have begun before."""
TRANSFER_SECONDS: Final = 10
"""A session with another agent that began so soon after one goes on with it, unless the customer waited in between."""
TAKEN_SECONDS: Final = 2
"""A session that began so near the end of a wait ended it."""
NOTICED_SECONDS: Final = 15.0
"""A session that was gone so soon after watching began may have ended before."""
CELL_SECONDS: Final = 900
"""Hours and days begin at multiples of it in every time zone."""
MOST_CELLS: Final = 40_000  # more than a year; beyond that, only days and hours in which something happened have a row

Spans = Sequence[tuple[float, float]]


async def reckon(archive: "Archive", order: Order, now: float) -> Report:
    """Reckon a report from the archive alone.

    Args:
        archive: What was seen.
        order: What is wanted.
        now: The time by WeChat's clock: what is still to come is not missing.
    """
    end_at = min(order.end_at, now)
    earlier = order.start_at - BEFORE_SECONDS
    until_at = min(order.end_at + AROUND_SECONDS, max(now, end_at))
    waits = await archive.waits(earlier, order.end_at)
    sessions = await archive.sessions_seen(earlier, until_at)
    gaps = await archive.gaps(earlier, max(until_at, order.start_at))
    queue = await archive.watched(Feed.QUEUE, order.start_at, end_at)
    ends = await archive.watched(Feed.SESSIONS, earlier, now)
    reckoning = Reckoning(replace(order, end_at=end_at), waits, sessions, gaps, ends)
    for _done in reckoning.prepare():
        await asyncio.sleep(0)
    async for part in archive.spoken(order.start_at - AROUND_SECONDS, until_at):
        for start in range(0, len(part), SLICE):
            reckoning.hear(part[start : start + SLICE])
            await asyncio.sleep(0)
    for _done in reckoning.finish():
        await asyncio.sleep(0)
    report = await asyncio.to_thread(reckoning.report, missing(queue, order.start_at, end_at))
    return replace(report, order=order)


def missing(spans: Spans, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
    """Return the parts of a span that others do not cover, which are in order."""
    found: list[tuple[float, float]] = []
    reached = start_at
    for first, last in spans:
        if first > reached:
            found.append((reached, first))
        reached = max(reached, last)
    if reached < end_at:
        found.append((reached, end_at))
    return tuple(found)


class _Session:
    """One session, and what came of it."""

    __slots__ = ("answered_at", "chain", "closed_at", "known_until", "seen")

    def __init__(self, seen: SessionSeen, chain: int, known_until: float) -> None:
        self.seen = seen
        self.known_until = known_until
        """When it surely still went on: behind that, another may have begun that nobody saw."""
        self.chain = chain
        """When the customer's talk began that it goes on with, perhaps with another agent."""
        self.answered_at: int | None = None
        self.closed_at: int | None = None
        """By WeChat's records."""

    def holds(self, at: int) -> bool:
        """Whether it went on at a moment after its beginning."""
        ended_at = self.seen.ended_at if self.closed_at is None else self.closed_at
        return ended_at is None or at <= ended_at


class _Turn:
    """A customer waits for a reply within a session."""

    __slots__ = ("agent", "at", "chain")

    def __init__(self, at: int, chain: int, agent: AgentId) -> None:
        self.at = at
        self.chain = chain
        self.agent = agent


class Reckoning:
    """Takes in what happened in the order of time, and gives the report."""

    def __init__(
        self,
        order: Order,
        waits: Sequence[Wait],
        sessions: Sequence[SessionSeen],
        gaps: Spans,
        sessions_watched: Spans,
    ) -> None:
        self._order = order
        self._waits = waits
        self._sessions_seen = sessions
        self._gaps = gaps
        self._gap_starts = [start_at for start_at, _end_at in gaps]
        self._watched = sessions_watched
        self._watched_starts = [start_at for start_at, _end_at in sessions_watched]
        self._total = Bucket()
        self._rows: dict[str, Bucket] = {}
        self._keys: dict[int, str] = {}
        self._taken: dict[CustomerId, list[int]] = {}
        self._sessions: dict[CustomerId, list[_Session]] = {}
        self._turns: dict[CustomerId, _Turn] = {}
        self._replied_at: dict[CustomerId, int] = {}

    def prepare(self) -> Iterator[None]:
        """Take in waits and sessions."""
        began = {(seen.openid, seen.agent, seen.started_at) for seen in self._sessions_seen}
        for number, wait in enumerate(self._waits):
            if wait.outcome is WaitOutcome.TAKEN and wait.ended_at is not None:
                self._taken.setdefault(wait.openid, []).append(int(wait.ended_at))
            if wait.since_at >= self._order.start_at:
                self._add_wait(wait, began)
            if number % SLICE == 0:
                yield
        for number, seen in enumerate(self._sessions_seen):
            known = self._sessions.setdefault(seen.openid, [])
            known.append(_Session(seen, self._chain(known, seen), self._known_until(seen)))
            if number % SLICE == 0:
                yield

    def hear(self, part: Iterable[Spoken]) -> None:
        """Take in what was said next."""
        for line in part:
            match line.kind:
                case MessageKind.RECEIVED:
                    self._hear_customer(line)
                case MessageKind.SENT:
                    self._hear_agent(line)
                case MessageKind.CLOSED:
                    self._hear_end(line)
                case _:
                    pass

    def finish(self) -> Iterator[None]:
        """Say what became of each session and turn, now that all was heard."""
        for openid, turn in self._turns.items():
            self._drop(openid, turn)
        for number, (openid, sessions) in enumerate(self._sessions.items()):
            for session, after in zip(sessions, [*sessions[1:], None], strict=True):
                if self._is_in_span(session.seen.started_at):
                    self._add_session(openid, session, after)
            if number % SLICE == 0:
                yield

    def report(self, unwatched: Spans) -> Report:
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
        total = self._total.figures(
            "", *(round(overlap_seconds(spans, start_at, end_at)) for spans in (unwatched, gaps))
        )
        if self._order.by is By.AGENT:
            rows = tuple(bucket.figures(key) for key, bucket in sorted(self._rows.items()))
            return Report(self._order, total, rows)
        blind, lacking = self._by_key(unwatched), self._by_key(gaps)
        keys = {*self._rows, *blind, *lacking, *self._all_keys()}
        rows = tuple(
            self._rows.get(key, Bucket()).figures(key, round(blind.get(key, 0)), round(lacking.get(key, 0)))
            for key in sorted(keys)
        )
        return Report(self._order, total, rows)

    # Waits and sessions

    def _add_wait(self, wait: Wait, began: Container[tuple[CustomerId, AgentId | None, int]]) -> None:
        at = int(wait.since_at)
        ended_at = wait.last_seen_at if wait.ended_at is None else wait.ended_at
        case = Case(max(0, int(ended_at) - at), wait.since_at, wait.openid, wait.agent or AgentId(""))
        if wait.outcome is None:
            self._add(Excluded.WAIT_GOES_ON, case)
        elif not wait.is_exact:
            self._add(Excluded.WAIT_BEGAN_UNSEEN, case)
        elif not wait.end_is_exact or (
            # Its session was never seen, only what was said there: nothing tells when it began.
            wait.outcome is WaitOutcome.TAKEN and (wait.openid, wait.agent, int(ended_at)) not in began
        ):
            self._add(Excluded.WAIT_ENDED_UNSEEN, case)
        else:
            self._add(Metric.WAITS if wait.outcome is WaitOutcome.TAKEN else Metric.ABANDONED, case)

    def _chain(self, known: Sequence[_Session], seen: SessionSeen) -> int:
        """Return when the talk began that a session belongs to."""
        if not known or self._has_waited(seen):
            return seen.started_at
        before = known[-1]
        ended_at = before.seen.ended_at
        is_near = ended_at is not None and abs(seen.started_at - ended_at) <= TRANSFER_SECONDS
        return before.chain if is_near and before.seen.agent != seen.agent else seen.started_at

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

    def _has_waited(self, seen: SessionSeen) -> bool:
        return any(abs(at - seen.started_at) <= TAKEN_SECONDS for at in self._taken.get(seen.openid, ()))

    def _add_session(self, openid: CustomerId, session: _Session, after: _Session | None) -> None:
        seen, started_at = session.seen, session.seen.started_at

        def case(until_at: float) -> Case:
            return Case(max(0, int(until_at) - started_at), started_at, openid, seen.agent)

        end_at, is_seen = self._end(session, after)
        self._add(Metric.SESSIONS, case(end_at))
        self._add(Metric.HANDLING if is_seen else Excluded.SESSION_ENDED_UNSEEN, case(end_at))
        if session.chain == started_at and not self._has_waited(seen):
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
        """Return the session that a customer was in."""
        sessions = self._sessions.get(openid)
        if sessions is None:
            return None
        for session in reversed(sessions):
            if session.seen.started_at <= at:
                return session if session.holds(at) else None
        return None

    def _hear_customer(self, line: Spoken) -> None:
        at = int(line.at)
        self._count(Metric.RECEIVED, line)
        session = self._session_at(line.openid, at)
        if session is None and not line.agent:
            return  # written while waiting: that is what a wait, and a first response, tell of
        chain = session.chain if session else 0
        turn = self._turns.get(line.openid)
        if turn is not None and turn.chain != chain:
            self._drop(line.openid, self._turns.pop(line.openid))
            turn = None
        if turn is None:
            self._turns[line.openid] = _Turn(at, chain, line.agent or (session.seen.agent if session else line.agent))

    def _hear_agent(self, line: Spoken) -> None:
        at = int(line.at)
        if line.is_unknown:
            self._add(Excluded.SEND_UNKNOWN, Case(0, line.at, line.openid, line.agent))
            return
        if line.is_ai:
            self._count(Metric.SENT_BY_MACHINE, line)
            return
        self._count(Metric.SENT, line)
        session = self._session_at(line.openid, at)
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
        is_begin_known = session.chain != started_at or self._has_waited(session.seen) or self._is_noticed(started_at)
        # Else it may go on with another that nobody saw, in which they wrote.
        has_reply = self._replied_at.get(session.seen.openid, 0) >= started_at
        return at <= session.known_until and (is_begin_known or has_reply)

    def _answer(self, line: Spoken, turn: _Turn, at: int, *, is_certain: bool) -> None:
        case = Case(at - turn.at, turn.at, line.openid, line.agent or turn.agent)
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

    def _hear_end(self, line: Spoken) -> None:
        at = int(line.at)
        for session in reversed(self._sessions.get(line.openid, ())):
            if session.seen.started_at <= at:
                if session.closed_at is None and session.seen.agent == line.agent:
                    session.closed_at = at
                return

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
        if not self._is_in_span(case.at):
            return
        self._total.add(what, case)
        self._row(case.at, case.agent).add(what, case)

    def _count(self, metric: Metric, line: Spoken) -> None:
        if not self._is_in_span(line.at):
            return
        for bucket in (self._total, self._row(line.at, line.agent)):
            bucket.count(metric)
            bucket.meet(line.openid, line.at, line.agent)

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

    def _all_keys(self) -> set[str]:
        cells = range(int(self._order.start_at // CELL_SECONDS), -int(-self._order.end_at // CELL_SECONDS))
        return {self._key(cell * CELL_SECONDS) for cell in cells} if len(cells) <= MOST_CELLS else set()

    def _by_key(self, spans: Spans) -> dict[str, float]:
        """Return how many seconds of each hour or day some spans cover."""
        found: dict[str, float] = {}
        for start_at, end_at in spans:
            for cell in range(int(start_at // CELL_SECONDS), -int(-end_at // CELL_SECONDS)):
                first, last = cell * CELL_SECONDS, (cell + 1) * CELL_SECONDS
                key = self._key(first)
                found[key] = found.get(key, 0.0) + min(last, end_at) - max(first, start_at)
        return found
