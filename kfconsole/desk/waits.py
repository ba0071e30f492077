"""How long customers wait, rebuilt from queue answers that only name each customer's last message. Pure.

An answer lists customers in the order they arrived. A customer arrived no later than their last message, and no
later than anybody behind them; more is known only when the moment of arrival was watched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from kfconsole.model import CustomerId, QueueAnswer, Waiting, WaitingRow

ARRIVAL_TOLERANCE_SECONDS = 10.0
"""A wait counts as exact when the list before it is at most so much older than the message that began it."""
CONTINUITY_SECONDS = 60.0
"""Out of sight for longer, a customer who wrote meanwhile may have left the queue and come back."""


@dataclass(frozen=True, slots=True)
class QueueMemory:
    """What is known of the queue between two answers."""

    rows: tuple[Waiting, ...] = ()
    """The rows of the newest answer, in its order."""
    is_complete: bool = False
    """Whether that answer held everybody."""
    at: float | None = None
    """When it was answered; None: never."""
    cut_off: Mapping[CustomerId, tuple[Waiting, float]] = field(default_factory=dict)
    """Customers beyond the 100 rows of an answer, with the time they were last seen."""


class Urgency(StrEnum):
    """How pressing a wait is."""

    CALM = "calm"
    WARN = "warn"
    LATE = "late"


def merge_queue(memory: QueueMemory, answer: QueueAnswer, at: float) -> QueueMemory:
    """Return what is known after an answer; rows that did not change keep their identity."""
    seen = {row.openid: (row, memory.at) for row in memory.rows if memory.at is not None}
    known = {**memory.cut_off, **seen}
    merged: dict[CustomerId, Waiting] = {}
    bound = at  # from the end on, the latest moment the row at hand can have arrived
    for row in reversed(answer.rows):
        bound = min(bound, row.last_message_at)
        waiting = _merge_row(memory, known.get(row.openid), row, bound, at)
        bound = min(bound, waiting.since_at)
        merged[row.openid] = waiting
    rows = tuple(reversed(merged.values()))
    cut_off = {} if answer.is_complete else {openid: kept for openid, kept in known.items() if openid not in merged}
    return QueueMemory(
        rows=memory.rows if rows == memory.rows else rows,
        is_complete=answer.is_complete,
        at=at,
        cut_off=cut_off,
    )


def _merge_row(
    memory: QueueMemory, known: tuple[Waiting, float] | None, row: WaitingRow, bound: float, at: float
) -> Waiting:
    if known is None:
        if _arrived_under_our_eyes(memory, row):
            return Waiting(row.openid, row.last_message_at, since_at=row.last_message_at, is_exact=True)
        return Waiting(row.openid, row.last_message_at, since_at=bound, is_exact=False)
    waiting, seen_at = known
    if row.last_message_at > waiting.last_message_at and at - seen_at > CONTINUITY_SECONDS:
        return Waiting(row.openid, row.last_message_at, since_at=bound, is_exact=False)
    merged = replace(
        waiting,
        last_message_at=row.last_message_at,
        since_at=waiting.since_at if waiting.is_exact else min(waiting.since_at, bound),
        message_count=waiting.message_count + (row.last_message_at > waiting.last_message_at),
    )
    return waiting if merged == waiting else merged


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
        cut_off={other: kept for other, kept in memory.cut_off.items() if other != openid},
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
