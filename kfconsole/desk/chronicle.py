"""Keeps what the desk shows as history: who waited how long and how it ended, and who served whom.

The store tells of every change at once; here it is only put aside. It is looked through and written after each
answer, in the order in which it happened, and only what changed. A wait that is over by what another console saw is
told again by the next answer that still shows it.

The saved queue stays the list of who waits, in its order. Since when they wait is what the archive's waits say, to
which all consoles add what they know.
"""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import ContactsSeen
from kfconsole.desk.parts import MANY, let_keys_pass
from kfconsole.desk.store import Store
from kfconsole.desk.waits import QueueMemory
from kfconsole.model import AgentId, CustomerAct, CustomerId, Desk, Opening, Session, Waiting, WaitOutcome

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.desk.changes import Change, Changes

SAME_SESSION_SECONDS = 10
"""When a session of our own began is guessed until WeChat tells it."""
GONE_SECONDS = 10.0
"""A session that began later took nobody from the queue who was gone before, though nobody was sure of it yet."""
GUESS_SECONDS = 1
"""So much the guess may be too early."""


class _Look(Struct, frozen=True):
    """The desk at a moment."""

    desk: Desk
    memory: QueueMemory
    now: float
    asked_mono: float | None
    """When this queue was asked for; None: it is only remembered."""
    asked_at: float


class _Waits(Struct, frozen=True):
    """Customers were seen waiting."""

    rows: tuple[Waiting, ...]
    seen_at: float
    look: _Look | None = None
    """The answer that shows them; None: an earlier one did, they are gone."""
    wrote: tuple[Opening, ...] = ()


class _WaitEnd(Struct, frozen=True):
    """Somebody does not wait any more."""

    row: Waiting
    at: float
    outcome: WaitOutcome
    agent: AgentId | None = None


class _Sessions(Struct, frozen=True):
    """Customers were seen being served."""

    sessions: tuple[Session, ...]
    seen_at: float


class _SessionEnd(Struct, frozen=True):
    """A session is over."""

    session: Session
    at: float


class Chronicle:
    """Looks at each change of the desk, and writes down what happened."""

    def __init__(self, archive: "Archive", store: Store, clock: ServerClock) -> None:
        self._archive = archive
        self._store = store
        self._clock = clock
        self._writing = asyncio.Lock()
        self._last = self._through = self._look(store.desk)
        self._looks: list[_Look] = []
        """Not looked through yet: each change of the queue, as customers may come and go between two answers."""
        self._unwritten: list[_Waits | _WaitEnd | _Sessions | _SessionEnd] = []
        self._waiting: dict[CustomerId, Waiting] = {}
        """Whose wait goes on in the archive, as it was told last."""
        self._over_mono: dict[CustomerId, float | None] = {}
        """Whose wait the archive holds to be over, by which answer they were told last."""
        self._gone_at: dict[CustomerId, float] = {}
        """When those were gone from the queue whose wait goes on, until it is sure how it ended."""
        self._gone: dict[tuple[CustomerId, AgentId], Session] = {}
        """Sessions not seen any more, until it is sure that they are over."""
        self._touched_mono: float | None = None
        self._moves = archive.moves
        self._unsubscribe = store.subscribe(self.see)

    def go_on(self, going_on: Iterable[Waiting]) -> None:
        """Begin with the desk as it is remembered, and with the waits that nobody has seen to end."""
        self._looks.clear()
        self._last = self._through = self._look(self._store.desk)
        self._waiting = {row.openid: row for row in going_on}

    def begin(self, going_on: Iterable[Waiting]) -> None:
        """Begin with a desk of which nothing is written yet, and with the waits that nobody has seen to end."""
        self.go_on(going_on)
        self._last = self._through = self._look(Desk())
        self.see(self._store.desk)

    @cached_property
    def _changes(self) -> "Changes":
        from kfconsole.desk.changes import Changes  # with the first answer; a start only remembers

        return Changes(warn_after=math.inf, late_after=math.inf)

    def end(self) -> None:
        """Look at nothing any more."""
        self._unsubscribe()

    async def write(self, *, is_last: bool = False) -> None:
        """Write down what happened since the last time.

        Raises:
            ArchiveError: It cannot be written; the next time tries again.
        """
        if self._writing.locked() and not is_last:
            return  # the next answer takes along what is new
        async with self._writing:
            self._follow_the_archive()
            if self._last.desk is not self._through.desk:
                looks, self._looks = [*self._looks, self._look(self._store.desk)], []
                for look in looks:
                    await self._look_through(look)
            if is_last:
                self._touch()
            await self._write_all()

    def _follow_the_archive(self) -> None:
        """An archive that went on in memory, or came back from there, may not know who waits."""
        if self._moves != self._archive.moves:
            self._moves = self._archive.moves
            for row in self._through.desk.queue:
                self._waiting.pop(row.openid, None)

    def see(self, desk: Desk) -> None:
        """Put a changed desk aside."""
        look = self._look(desk)
        if desk.queue is not self._last.desk.queue:
            self._looks.append(look)
        self._last = look

    def _look(self, desk: Desk) -> _Look:
        now, asked_mono = self._clock.now(), self._store.queue_asked_mono
        asked_at = now if asked_mono is None else now - (self._clock.monotonic() - asked_mono)
        return _Look(desk, self._store.queue_memory, now, asked_mono, asked_at)

    # Looking: at 20,000 sessions each part takes milliseconds, so a key may come in between.

    async def _look_through(self, look: _Look) -> None:
        before, self._through = self._through, look
        self._find_gone(before, look)
        self._find_sessions(before, look)
        is_long = len(look.desk.sessions) >= MANY
        if is_long:
            await let_keys_pass()
        self._find_ends(look)
        self._find_waiting(look)
        if is_long:
            await let_keys_pass()

    def _find_gone(self, before: _Look, look: _Look) -> None:
        """Note until when those were seen who are gone from the queue."""
        if look.desk.queue is before.desk.queue:
            return
        in_queue = {row.openid for row in look.desk.queue}
        gone = tuple(row for row in before.desk.queue if row.openid not in in_queue and row.openid in self._waiting)
        if gone and before.asked_mono is not None:
            self._unwritten.append(_Waits(gone, before.asked_at))
        self._note_gone(gone, look)

    def _note_gone(self, rows: Iterable[Waiting], look: _Look) -> None:
        """Note since when customers are gone from the queue whom nobody is seen to serve."""
        for row in rows:
            if row.openid not in look.memory.cut_off and row.openid not in look.desk.session_by_customer:
                self._gone_at.setdefault(row.openid, look.asked_at)  # the answer may be of any moment since

    def _find_sessions(self, before: _Look, look: _Look) -> None:
        if look.desk.sessions is before.desk.sessions:
            return
        known, seen = before.desk.session_by_customer, look.desk.session_by_customer
        new = tuple(
            session
            for openid, session in seen.items()
            if (before_it := known.get(openid)) is not session and before_it != session
        )
        if self._changes.began_at is not None:
            for openid, session in known.items():
                if (after := seen.get(openid)) is not session and not _is_same(after, session):
                    self._gone[openid, session.agent] = session
        for session in new:
            if _is_same(self._gone.get((session.openid, session.agent)), session):
                del self._gone[session.openid, session.agent]
            row = self._waiting.get(session.openid)
            if row is not None and row.last_message_at <= session.started_at + GUESS_SECONDS:
                del self._waiting[session.openid]
                gone_at = self._gone_at.pop(session.openid, look.now)
                if session.started_at > gone_at + GONE_SECONDS:
                    self._unwritten.append(_WaitEnd(row, gone_at, WaitOutcome.LEFT))
                # Else the archive ends the wait by the session it is told of.
        if new:
            self._unwritten.append(_Sessions(new, before.now))

    def _find_ends(self, look: _Look) -> None:
        if look.asked_mono is None:
            return
        in_queue = {row.openid: row for row in look.desk.queue}
        known = {*in_queue, *look.memory.cut_off}
        served = look.desk.session_by_customer
        missing = [row for openid, row in self._waiting.items() if openid not in known and openid not in served]
        self._note_gone(missing, look)
        self._changes.expect(missing)
        for change in self._changes.between(look.desk, look.now):
            self._note_end(change, look, in_queue)

    def _note_end(self, change: "Change", look: _Look, in_queue: Mapping[CustomerId, Waiting]) -> None:
        from kfconsole.desk.changes import Accepted, Closed, Left, Transferred

        match change:
            case Left(openid=openid):
                row, shown = self._waiting.get(openid), in_queue.get(openid)
                # Beyond the rows of an answer is not gone; who is back without having written had not left.
                is_still_there = shown is not None and row is not None and shown.last_message_at == row.last_message_at
                if row is not None and openid not in look.memory.cut_off and not is_still_there:
                    del self._waiting[openid]
                    self._unwritten.append(_WaitEnd(row, self._gone_at.pop(openid, change.at), WaitOutcome.LEFT))
            case Accepted(at=at, openid=openid, agent=agent):
                # By the records: sessions that the lists show end waits as they are told.
                if openid in self._waiting and openid not in look.desk.session_by_customer:
                    row = self._waiting.pop(openid)
                    self._gone_at.pop(openid, None)
                    self._unwritten.append(_WaitEnd(row, at, WaitOutcome.TAKEN, agent))
            case Closed(at=at, openid=openid, agent=agent) | Transferred(at=at, openid=openid, from_agent=agent):
                if (session := self._gone.pop((openid, agent), None)) is not None:
                    self._unwritten.append(_SessionEnd(session, at))

    def _find_waiting(self, look: _Look) -> None:
        if look.asked_mono is None:
            return
        rows = tuple(
            row
            for row in look.desk.queue
            if self._waiting.get(row.openid) != row and self._over_mono.get(row.openid) != look.asked_mono
        )
        in_queue = {row.openid for row in look.desk.queue}
        self._gone_at = {openid: at for openid, at in self._gone_at.items() if openid not in in_queue}
        self._over_mono = {openid: mono for openid, mono in self._over_mono.items() if openid in in_queue}
        wrote = tuple(
            Opening(row.openid, CustomerAct.MESSAGE, row.last_message_at) for row in rows if self._has_written(row)
        )
        self._waiting.update((row.openid, row) for row in rows)
        if rows:
            self._unwritten.append(_Waits(rows, look.asked_at, look, wrote))

    def _has_written(self, row: Waiting) -> bool:
        known = self._waiting.get(row.openid)
        return known is None or known.last_message_at != row.last_message_at

    def _touch(self) -> None:
        """Note until when those who wait were seen: the next start reckons with it."""
        look = self._last
        if look.asked_mono is not None and look.asked_mono != self._touched_mono:
            self._touched_mono = look.asked_mono
            rows = tuple(row for row in look.desk.queue if row.openid in self._waiting)
            self._unwritten.append(_Waits(rows, look.asked_at, look))

    # Writing

    async def _write_all(self) -> None:
        while self._unwritten:
            match self._unwritten[0]:
                case _Waits() as waits:
                    await self._write_waits(waits)
                case _WaitEnd(row=row, at=at, outcome=outcome, agent=agent):
                    await self._archive.end_wait(row, at, outcome, agent)
                case _Sessions(sessions=sessions, seen_at=seen_at):
                    await self._archive.note_sessions(sessions, seen_at)
                case _SessionEnd(session=session, at=at):
                    await self._archive.end_session(session, at)
            del self._unwritten[0]  # not before: what was not written is tried again, and written twice it is kept once

    async def _write_waits(self, waits: _Waits) -> None:
        over = await self._archive.note_waits(waits.rows, waits.seen_at)
        for row in waits.rows:
            self._over_mono.pop(row.openid, None)
            if row.openid in over and self._waiting.get(row.openid) == row:
                del self._waiting[row.openid]
                self._gone_at.pop(row.openid, None)
                self._over_mono[row.openid] = waits.look.asked_mono if waits.look else None
        if waits.wrote:
            await self._note_openings(waits.wrote)

    async def _note_openings(self, wrote: Sequence[Opening]) -> None:
        """Keep that customers wrote, which lets us reply, and tell the desk."""
        await self._archive.note_openings(wrote)
        contacts = await self._archive.contacts([opening.openid for opening in wrote])
        self._store.apply(ContactsSeen(contacts))


def _is_same(one: Session | None, other: Session) -> bool:
    return (
        one is not None and one.agent == other.agent and abs(one.started_at - other.started_at) <= SAME_SESSION_SECONDS
    )
