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
CLOCK_SHIFT_SECONDS = 2.0
"""When the first answers move our clock by more, what was taken for now was not."""
PART_CUSTOMERS = 500  # so that a day of 20,000 customers never holds up a key

Slice = tuple[int, int]


def settled_until(end_at: int, clock: ServerClock) -> int:
    """Return up to when records read just now are all there will be."""
    return min(end_at, math.floor(clock.now()) - LATE_SECONDS)


class Syncing:
    """Fetches gaps of the archive, and tells the store what that changes on screen."""

    def __init__(self, client: "KfClient", archive: "Archive", store: Store, clock: ServerClock) -> None:
        self._client = client
        self._archive = archive
        self._store = store
        self._clock = clock

    async def slices(self, start_at: float, end_at: float) -> tuple[Slice, ...]:
        """Return what is missing of a span up to now, in slices WeChat answers, the newest first."""
        until_at = min(end_at, self._clock.now())
        if until_at <= start_at:
            return ()
        found: list[Slice] = []
        for gap_start, gap_end in reversed(await self._archive.gaps(start_at, until_at)):
            first, last = math.floor(gap_start), math.ceil(gap_end)
            while last > first:
                # Neighbours share their border second: nothing says whether WeChat counts it to both.
                found.append((max(first, last - DAY_SECONDS), last))
                last -= DAY_SECONDS
        return tuple(found)

    async def fetch(self, piece: Slice, *, on_page: Callable[[int], None] | None = None) -> tuple[Message, ...]:
        """Ask WeChat for a slice and put it into the archive; return new and changed messages.

        Args:
            piece: One of `slices`.
            on_page: Told the time of the last record of each page.

        Raises:
            ApiError: Nothing of the slice counts as fetched.
        """
        start_at, end_at = piece
        records = await self._client.all_records(start_at, end_at, on_page=on_page)
        now = self._clock.now()
        messages = await self._archive.merge_records(
            records, start_at, settled_until(end_at, self._clock), history_before=now - DAY_SECONDS
        )
        await self._tell(messages)
        return messages

    async def _tell(self, messages: tuple[Message, ...]) -> None:
        """Tell what matters on screen: of a day of the whole account, that is little."""
        touched = {message.openid for message in messages}
        on_screen = self._store.desk.open
        if on_screen is not None and on_screen.openid in touched:
            self._store.apply(MessagesSeen(tuple(m for m in messages if m.openid == on_screen.openid)))
            await self._archive.mark_read(on_screen.openid)
        await self._refresh_contacts(touched & self._store.desk.contacts.keys())

    async def _refresh_contacts(self, openids: Collection[CustomerId]) -> None:
        ordered = sorted(openids)
        for start in range(0, len(ordered), PART_CUSTOMERS):
            self._store.apply(ContactsSeen(await self._archive.contacts(ordered[start : start + PART_CUSTOMERS])))
