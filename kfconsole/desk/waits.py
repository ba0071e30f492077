"""How long customers wait, rebuilt from queue answers that only name each customer's last message. Pure.

An answer lists customers in the order they arrived. A customer arrived no later than their last message, and no
later than anybody behind them; more is known only when the moment of arrival was watched.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from kfconsole.model import CustomerId, QueueAnswer, Waiting, WaitingRow

ARRIVAL_TOLERANCE_SECONDS = 10.0
"""A wait counts as exact when the list before it is at most so much older than the message that began it."""
CONTINUITY_SECONDS = 60.0
"""Between lists further apart, a customer who wrote meanwhile may have left the queue and come back."""


class QueueMemory(Struct, frozen=True):
    """What is known of the queue between two answers."""

    rows: tuple[Waiting, ...] = ()
    """The rows of the newest answer, in its order."""
    is_complete: bool = False
    """Whether that answer held everybody."""
    at: float | None = None
    """When it was answered; None: never."""
    cut_off: Mapping[CustomerId, Waiting] = field(default_factory=dict)
    """Customers who were seen and now stand beyond the 100 rows of an answer, or have left."""


class Urgency(StrEnum):
    """How pressing a wait is."""

    CALM = "calm"
    WARN = "warn"
    LATE = "late"


def merge_queue(memory: QueueMemory, answer: QueueAnswer, at: float) -> QueueMemory:
    """Return what is known after an answer; rows that did not change keep their identity."""
    in_sight = {row.openid: row for row in memory.rows}
    known = {**memory.cut_off, **in_sight}
    is_continuous = memory.at is not None and at - memory.at <= CONTINUITY_SECONDS
    watched = _kept_their_place(memory, answer) if is_continuous else frozenset()
    merged: dict[CustomerId, Waiting] = {}
    bound = at  # from the end on, the latest moment the row at hand can have arrived
    for row in reversed(answer.rows):
        bound = min(bound, row.last_message_at)
        before = known.get(row.openid)
        if before is None:
            waiting = _newcomer(memory, row, bound)
        else:
            waiting = _continued(before, row, bound, is_watched=row.openid in watched)
        bound = min(bound, waiting.since_at)
        merged[row.openid] = waiting
    rows = tuple(reversed(merged.values()))
    cut_off = {} if answer.is_complete else {openid: row for openid, row in known.items() if openid not in merged}
    return QueueMemory(
        rows=memory.rows if rows == memory.rows else rows,
        is_complete=answer.is_complete,
        at=at,
        cut_off=cut_off,
    )


def _kept_their_place(memory: QueueMemory, answer: QueueAnswer) -> frozenset[CustomerId]:
    """Return those of the list before who did not fall behind anybody: to do so, one must leave and come back."""
    places = {row.openid: place for place, row in enumerate(memory.rows)}
    kept: set[CustomerId] = set()
    furthest = -1
    for row in answer.rows:
        place = places.get(row.openid, len(places))
        if place >= furthest and row.openid in places:
            kept.add(row.openid)
        furthest = max(furthest, place)
    return frozenset(kept)


def _newcomer(memory: QueueMemory, row: WaitingRow, bound: float) -> Waiting:
    is_exact = _arrived_under_our_eyes(memory, row)
    return Waiting(
        row.openid, row.last_message_at, since_at=row.last_message_at if is_exact else bound, is_exact=is_exact
    )


def _continued(before: Waiting, row: WaitingRow, bound: float, *, is_watched: bool) -> Waiting:
    """Carry a wait on; a customer who wrote while out of our sight may have left and come back."""
    wrote = row.last_message_at > before.last_message_at
    if wrote and not is_watched:
        return Waiting(row.openid, row.last_message_at, since_at=bound, is_exact=False)
    waiting = replace(
        before,
        last_message_at=row.last_message_at,
        since_at=before.since_at if before.is_exact else min(before.since_at, bound),
        message_count=before.message_count + wrote,
    )
    return before if waiting == before else waiting


def _arrived_under_our_eyes(memory: QueueMemory, row: WaitingRow) -> bool:
    """Whether the list before lacked the customer, and their message came right after it."""
    if not memory.is_complete or memory.at is None:
        return False
    # Messages carry whole seconds, lists fractions: one of the list's own second is not older than the list.
    return 0 <= row.last_message_at - int(memory.at) <= ARRIVAL_TOLERANCE_SECONDS


def without_customer(memory: QueueMemory, openid: CustomerId) -> QueueMemory:
    """Return the memory of a queue that a customer has left."""
    if openid not in memory.cut_off and all(row.openid != openid for row in memory.rows):
        return memory
    return replace(
        memory,
        rows=tuple(row for row in memory.rows if row.openid != openid),
        cut_off={other: row for other, row in memory.cut_off.items() if other != openid},
    )


def wait_seconds(waiting: Waiting, now: float) -> float:
    """Return how long a customer has waited, at least; never negative."""
    return max(0.0, now - waiting.since_at)


def urgency(waiting: Waiting, now: float, *, warn_after: float, late_after: float) -> Urgency:
    """Return how pressing a wait is, by the thresholds of the settings."""
    seconds = wait_seconds(waiting, now)
    if seconds >= late_after:
        return Urgency.LATE
    return Urgency.WARN if seconds >= warn_after else Urgency.CALM
