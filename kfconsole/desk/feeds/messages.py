"""What customers and agents wrote: one window over the whole account."""

from typing import TYPE_CHECKING

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import ContactsSeen, MessagesSeen
from kfconsole.desk.store import Store
from kfconsole.model import Record

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

OVERLAP_SECONDS = 120
"""Records may come late: each question reads so much again, and a longer gap reads the whole day."""
GAP_INTERVALS = 2
"""A feed that is slowed on purpose has no gap: questions this many intervals apart belong together."""
DAY_SECONDS = 24 * 3600
CLOCK_SHIFT_SECONDS = 2.0
"""When the first answers move our clock by more, the window asked for was the wrong one."""


class MessagesFeed:
    """Asks for new chat records and puts them into the archive."""

    def __init__(self, client: "KfClient", archive: "Archive", store: Store, clock: ServerClock) -> None:
        self._client = client
        self._archive = archive
        self._store = store
        self._clock = clock
        self._seen_until: int | None = None

    async def ask(self, interval_seconds: float = 0.0) -> None:
        """Read the newest records, and tell the store what is new and of whom.

        Args:
            interval_seconds: How far questions lie apart now.
        """
        gap_seconds = max(OVERLAP_SECONDS, GAP_INTERVALS * interval_seconds)
        start_at, end_at, records = await self._ask_window(gap_seconds)
        messages = await self._archive.merge_records(records, start_at, end_at)
        self._seen_until = end_at
        if not messages:
            return
        self._store.apply(MessagesSeen(messages))
        touched = {message.openid for message in messages}
        on_screen = self._store.desk.open
        if on_screen is not None and on_screen.openid in touched:
            await self._archive.mark_read(on_screen.openid)
        self._store.apply(ContactsSeen(await self._archive.contacts(touched)))

    async def _ask_window(self, gap_seconds: float) -> tuple[int, int, tuple[Record, ...]]:
        offset = self._offset()
        start_at, end_at = self._window(gap_seconds)
        records = await self._client.all_records(start_at, end_at)
        if abs(self._offset() - offset) > CLOCK_SHIFT_SECONDS:
            start_at, end_at = self._window(gap_seconds)
            records = await self._client.all_records(start_at, end_at)
        return start_at, end_at, records

    def _window(self, gap_seconds: float) -> tuple[int, int]:
        end_at = int(self._clock.now())
        seen_until = self._seen_until
        if seen_until is None or not 0 <= end_at - seen_until <= gap_seconds:
            return end_at - DAY_SECONDS, end_at
        return seen_until - OVERLAP_SECONDS, end_at

    def _offset(self) -> float:
        return self._clock.now() - self._clock.monotonic()
