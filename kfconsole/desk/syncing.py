"""Fetching what was never fetched: chat records of the whole account, in slices of at most a day, the newest first.

Whatever ends it, each slice that was fetched counts, so that going on is only asking for what is still missing.
"""

import math
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import ContactsSeen, MessagesSeen
from kfconsole.desk.store import Store
from kfconsole.model import CustomerId, Message

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

DAY_SECONDS = 24 * 3600
"""WeChat answers no longer span, and the console reads so far back whenever it starts: what is older is history."""
LATE_SECONDS = 120
"""Records may come so late: what is younger does not count as fetched, whatever was read of it."""
MOST_RECORDS = 50_000
"""A slice should hold no more: what failed begins anew, and all of it is in memory at once."""
SHORTEST_SECONDS = 600
PART_CUSTOMERS = 500  # so that a day of 20,000 customers never holds up a key

Slice = tuple[int, int]


def settled_until(end_at: int, clock: ServerClock, asked_mono: float) -> int:
    """Return up to when the records WeChat answered are all there will be.

    Args:
        end_at: Where the span ends that was asked for.
        clock: Perhaps put right by the answer.
        asked_mono: When the first question left: what came since, by slow pages or while this host slept, may be
            in no page.
    """
    return min(end_at, math.floor(clock.at(asked_mono)) - LATE_SECONDS)


async def tell(
    archive: "Archive", store: Store, messages: Collection[Message], openids: Collection[CustomerId]
) -> None:
    """Tell the store of messages that are new or changed, and of these customers, so that no key is held up by it."""
    on_screen = store.desk.open
    if on_screen is not None and (own := tuple(m for m in messages if m.openid == on_screen.openid)):
        store.apply(MessagesSeen(own))
        await archive.mark_read(on_screen.openid)
    known = tuple(openids)
    for start in range(0, len(known), PART_CUSTOMERS):
        store.apply(ContactsSeen(await archive.contacts(known[start : start + PART_CUSTOMERS])))


class Syncing:
    """Fetches gaps of the archive, and tells the store what that changes on screen."""

    def __init__(
        self,
        client: "KfClient",
        archive: "Archive",
        store: Store,
        clock: ServerClock,
        *,
        most_records: int = MOST_RECORDS,
    ) -> None:
        self._most_records = most_records
        self._client = client
        self._archive = archive
        self._store = store
        self._clock = clock
        self._slice_seconds = DAY_SECONDS

    async def newest_slice(self, start_at: float, end_at: float) -> Slice | None:
        """Return the newest part of what is missing of a span, short enough to be asked for and stored at one go.

        Slices share their border second: nothing says whether WeChat counts it to both. So the next one of a span is
        the newest before the start of this one.
        """
        for gap_start, gap_end in reversed(await self._missing(start_at, end_at)):
            first, last = math.floor(gap_start), math.ceil(gap_end)
            return max(first, last - self._slice_seconds), last
        return None

    async def missing_seconds(self, start_at: float, end_at: float) -> int:
        """Return how much is missing of a span up to now."""
        return sum(math.ceil(last) - math.floor(first) for first, last in await self._missing(start_at, end_at))

    async def fetch_all(self, start_at: float, end_at: float) -> None:
        """Fetch all that is missing of a span up to now.

        Raises:
            ApiError: What was fetched until then counts.
        """
        while (piece := await self.newest_slice(start_at, end_at)) is not None:
            await self.fetch(piece)
            end_at = piece[0]

    async def fetch(self, piece: Slice, *, on_page: Callable[[int], None] | None = None) -> tuple[Message, ...]:
        """Ask WeChat for a slice and put it into the archive; return new and changed messages.

        Args:
            piece: A slice of what is missing.
            on_page: Told the time of the last record of each page.

        Raises:
            ApiError: Nothing of the slice counts as fetched.
        """
        start_at, end_at = piece
        asked_mono = self._clock.monotonic()
        records = await self._client.all_records(start_at, end_at, on_page=on_page)
        if records:
            likely_seconds = (end_at - start_at) * self._most_records // len(records)
            self._slice_seconds = min(max(SHORTEST_SECONDS, likely_seconds), DAY_SECONDS)
        now = self._clock.now()
        messages = await self._archive.merge_records(
            records, start_at, settled_until(end_at, self._clock, asked_mono), history_before=now - DAY_SECONDS
        )
        # Whoever is in no list is read when they turn up.
        touched = {message.openid for message in messages} & self._store.desk.contacts.keys()
        await tell(self._archive, self._store, messages, touched)
        return messages

    async def _missing(self, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
        until_at = min(end_at, self._clock.now())
        return await self._archive.gaps(start_at, until_at) if start_at < until_at else ()
