"""What became of rows and items between two snapshots. Pure."""

from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct


class HasId(Protocol):
    """A frozen row or item: equal means drawn alike."""

    @property
    def id(self) -> str:
        """What it is, whatever it says: the same in every snapshot."""


ItemT = TypeVar("ItemT", bound=HasId)


def gap_after(places: Mapping[str, int], before: Sequence[HasId], cursor: int) -> int:
    """Return where a row that left would stand now: before the row that followed, else after the one that preceded.

    Args:
        places: Where each id stands now.
        before: The rows when it was last there.
        cursor: Where it stood.
    """
    for row in before[cursor:]:
        if row.id in places:
            return places[row.id]
    for row in reversed(before[:cursor]):
        if row.id in places:
            return places[row.id] + 1
    return 0


class Change(Generic[ItemT], Struct, frozen=True):
    """Two snapshots of a sequence that mostly grows at its ends."""

    before: tuple[ItemT, ...]
    after: tuple[ItemT, ...]
    head: int
    """How many items at the start are equal."""
    tail: int
    """How many of the others, at the end, are equal."""

    @classmethod
    def between(cls, before: tuple[ItemT, ...], after: tuple[ItemT, ...]) -> "Change[ItemT]":
        """Compare two snapshots; quick where items are the same objects."""
        shorter = min(len(before), len(after))
        if before[:shorter] == after[:shorter]:
            return cls(before, after, shorter, 0)
        head = next(place for place in range(shorter) if before[place] != after[place])
        rest = shorter - head
        if before[len(before) - rest :] == after[len(after) - rest :]:
            return cls(before, after, head, rest)
        tail = next(place for place in range(rest) if before[-1 - place] != after[-1 - place])
        return cls(before, after, head, tail)

    @property
    def is_replacement(self) -> bool:
        """Whether nothing that was there is still there."""
        if self.head or self.tail:
            return False
        return {item.id for item in self.before}.isdisjoint({item.id for item in self.after})

    @property
    def changed(self) -> range:
        """The places now between the equal ends."""
        return range(self.head, len(self.after) - self.tail)

    @property
    def added_at_end(self) -> int:
        """How many items follow the one that was last."""
        if self.tail or not self.before:
            return 0
        last_id = self.before[-1].id
        return next((count for count, item in enumerate(reversed(self.after)) if item.id == last_id), 0)

    def place_of(self, place: int) -> int | None:
        """Return where an item stands now; None when it is gone."""
        if place < self.head:
            return place
        if place >= len(self.before) - self.tail:
            return place + len(self.after) - len(self.before)
        item_id = self.before[place].id
        return next((now for now in self.changed if self.after[now].id == item_id), None)

    def nearest_place_of(self, place: int) -> int:
        """Return where an item stands now, or one near where it stood."""
        now = self.place_of(place)
        return max(0, min(place, len(self.after) - self.tail - 1)) if now is None else now
