"""Where items of different heights stand, while most heights are only estimates. Pure."""

from bisect import bisect_right
from itertools import accumulate

ESTIMATED_LINES = 1  # most messages are one line; the scrollbar tells the rest of the truth as it is seen


class Heights:
    """The heights of a column of items, and the lines they stand at."""

    def __init__(self) -> None:
        self._heights: list[int] = []
        self._is_known = bytearray()
        self._ends: list[int] = []  # the line after each item, as far as it is up to date

    def __len__(self) -> int:
        return len(self._heights)

    @property
    def total(self) -> int:
        """The lines of all items."""
        return self.end_of(len(self._heights) - 1)

    def is_known(self, item: int) -> bool:
        """Whether the item's height was measured."""
        return bool(self._is_known[item])

    def learn(self, item: int, height: int) -> None:
        """Set the measured height of an item."""
        self._is_known[item] = True
        if self._heights[item] != height:
            self._heights[item] = height
            del self._ends[item:]

    def forget(self, start: int, stop: int) -> None:
        """Take the heights from `start` up to `stop` for estimates."""
        self._is_known[start:stop] = bytes(max(0, min(stop, len(self)) - start))

    def replace(self, start: int, stop: int, count: int) -> None:
        """Put `count` items of unknown height in the place of those from `start` up to `stop`."""
        self._heights[start:stop] = [ESTIMATED_LINES] * count
        self._is_known[start:stop] = bytes(count)
        del self._ends[start:]

    def end_of(self, item: int) -> int:
        """Return the line after an item; -1 stands for the start."""
        if item < 0:
            return 0
        done = len(self._ends)
        if item >= done:
            lines = accumulate(self._heights[done:], initial=self._ends[-1] if done else 0)
            next(lines)
            self._ends.extend(lines)
        return self._ends[item]

    def item_at(self, line: int) -> int:
        """Return the item that stands at a line; the last one beyond the end."""
        self.end_of(len(self) - 1)
        return min(bisect_right(self._ends, line), len(self) - 1)
