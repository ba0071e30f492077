"""Whom to ring for, and when again. Pure: a memory and a moment go in, a memory and perhaps an alert come out.

Every customer who waits too long rings once, at the moment it is too long; who comes within `MERGE_SECONDS` of an alert
rings with the next one. While anybody waits in the queue it rings again, ever more rarely, until somebody takes them,
at any console. Who is served already and has had no answer rings once: that their agent looks elsewhere is
worth a sign, that they said "thanks" last is not worth ten.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.desk import rules
from kfconsole.model import CustomerId, Desk, Feed, Session

MERGE_SECONDS = 10.0
"""Never does it ring twice within it: a rush of customers is one alert, or a few."""
LONGEST_REPEAT_SECONDS = 600.0
"""As rarely as this it still rings, however long nobody comes."""


class Cause(StrEnum):
    """What takes too long."""

    WAITS = "waits"
    """Nobody has accepted the customer."""
    UNANSWERED = "unanswered"
    """This console's agent has not answered the customer."""


class Overdue(Struct, frozen=True):
    """A customer for whom it takes too long."""

    openid: CustomerId
    cause: Cause
    since_at: float
    is_exact: bool = True
    """False: since then at the latest."""


class Alert(Struct, frozen=True):
    """Something to ring for: one alert, however many customers it is about."""

    worst: Overdue
    count: int
    is_repeat: bool = False


class Memory(Struct, frozen=True):
    """What it rang for so far."""

    rung: frozenset[tuple[CustomerId, Cause]] = frozenset()
    """Who has rung, and is still overdue."""
    last_at: float | None = None
    repeats: int = 0
    """How often it rang since somebody new was overdue."""


def overdue(
    desk: Desk, now: float, *, late_after: float, unanswered_since: Mapping[CustomerId, float]
) -> tuple[Overdue, ...]:
    """Return for whom it takes too long, the longest first; nothing before WeChat has told who is there.

    Args:
        desk: As it is now.
        now: WeChat's time.
        late_after: Seconds until a wait is late.
        unanswered_since: Of our own customers, see `ranking.unanswered`.
    """
    found: list[Overdue] = []
    if desk.is_known(Feed.QUEUE):
        served = desk.session_by_customer
        found += [
            Overdue(row.openid, Cause.WAITS, row.since_at, row.is_exact)
            for row in desk.queue
            if row.openid not in served and rules.wait_seconds(row, now) >= late_after
        ]
    if desk.is_known(Feed.SESSIONS, Feed.MESSAGES):
        found += [
            Overdue(openid, Cause.UNANSWERED, since_at)
            for openid, since_at in unanswered_since.items()
            if now - since_at >= late_after
        ]
    return tuple(sorted(found, key=lambda one: (one.since_at, one.openid)))


def after(
    memory: Memory, found: Sequence[Overdue], now: float, *, repeat_after: float, is_quiet: bool = False
) -> tuple[Memory, Alert | None]:
    """Return what is remembered after a moment, and what to ring for.

    Args:
        memory: Of the moment before.
        found: Who is overdue now, the longest first.
        now: WeChat's time; it may be set back.
        repeat_after: Seconds until it rings again for the first time; each time twice as long. 0: never.
        is_quiet: Whether nothing may ring now. Who becomes overdue meanwhile rings afterwards.
    """
    present = frozenset((one.openid, one.cause) for one in found)
    known = memory.rung & present
    last_at = None if memory.last_at is None else min(memory.last_at, now)
    kept = replace(memory, rung=known, last_at=last_at, repeats=memory.repeats if present else 0)
    is_new = bool(present - known)
    ringing = found if is_new else [one for one in found if one.cause is Cause.WAITS]
    if is_quiet or not ringing:
        return kept, None
    pause = MERGE_SECONDS if is_new else pause_seconds(memory.repeats, repeat_after)
    if last_at is not None and now - last_at < pause:
        return kept, None
    repeats = 0 if is_new else memory.repeats + 1
    return Memory(present, now, repeats), Alert(ringing[0], len(ringing), is_repeat=not is_new)


def pause_seconds(repeats: int, repeat_after: float) -> float:
    """Return how long it keeps silent after so many repeats."""
    if not repeat_after:
        return math.inf
    longest = max(repeat_after, LONGEST_REPEAT_SECONDS)
    return min(longest, max(repeat_after, MERGE_SECONDS) * 2.0 ** min(repeats, 30))


def asking_count(desk: Desk, sessions: Sequence[Session], now: float, *, late_after: float) -> int:
    """Return how many need somebody: who waits too long, and our own customers with something unread."""
    late: set[CustomerId] = set()
    if desk.is_known(Feed.QUEUE):
        served = desk.session_by_customer
        late = {
            row.openid for row in desk.queue if row.openid not in served and rules.wait_seconds(row, now) >= late_after
        }
    unread = {
        session.openid
        for session in sessions
        if (contact := desk.contacts.get(session.openid)) is not None and contact.unread
    }
    return len(late | unread)
