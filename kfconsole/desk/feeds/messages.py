"""What customers and agents wrote: one window over the whole account."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfconsole.desk.clock import CLOCK_SHIFT_SECONDS, ServerClock
from kfconsole.desk.facts import ContactsSeen, RecordsSeen
from kfconsole.desk.gaps import KEEP_DAYS, Gaps
from kfconsole.desk.parts import let_keys_pass
from kfconsole.desk.store import Store
from kfconsole.desk.syncing import DAY_SECONDS, LATE_SECONDS, settled_until, tell
from kfconsole.errors import KfError
from kfconsole.model import CustomerId, Delivery, Message, MessageId, News, Record

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

OVERLAP_SECONDS = LATE_SECONDS
"""Records may come late: each question reads so much again, and a longer gap reads the whole day."""
UNDER_WAY = (Delivery.PREPARED, Delivery.SENDING)
GAP_INTERVALS = 2
PART_MESSAGES = 5_000  # looked through in 2 ms; the first answer may hold a day of 20,000 customers
"""A feed that is slowed on purpose has no gap: questions this many intervals apart belong together."""


class MessagesFeed:
    """Asks for new chat records and puts them into the archive."""

    def __init__(
        self,
        client: "KfClient",
        archive: "Archive",
        store: Store,
        clock: ServerClock,
        *,
        keep_days: float = KEEP_DAYS,
    ) -> None:
        self._gaps = Gaps(archive, store, clock, keep_days=keep_days)
        self._client = client
        self._archive = archive
        self._store = store
        self._clock = clock
        self._seen_until: int | None = None
        self._newest_id: MessageId | None = None
        self._on_their_way: set[MessageId] = set()
        self._moves = 0
        self.just_merged: tuple[Message, ...] = ()
        """What the last answer told that was new."""

    async def ask(self, interval_seconds: float = 0.0) -> None:
        """Read what others put into the archive and the newest records; tell the store what is new and of whom.

        Args:
            interval_seconds: How far questions lie apart now.
        """
        if self._moves != self._archive.moves:  # to memory or back: others have stored, or none of it is there
            self._moves, self._seen_until, self._newest_id = self._archive.moves, None, None
        await self._hear_of_others()
        gap_seconds = max(OVERLAP_SECONDS, GAP_INTERVALS * interval_seconds)
        try:
            asked_mono, start_at, end_at, records = await self._ask_window(gap_seconds)
        except KfError:
            await self._gaps.refresh()  # what is missing by now may be worth a line
            raise
        messages = await self._archive.merge_records(records, start_at, settled_until(end_at, self._clock, asked_mono))
        self._seen_until = end_at
        self.just_merged = messages
        await self._tell(messages)
        self._store.apply(RecordsSeen(asked_mono))
        await self._gaps.refresh()
        await self._look_again()

    async def _hear_of_others(self) -> None:
        """Tell what other consoles and commands changed in the archive all share, some hundreds at a time.

        No answer of WeChat's tells it: a record that another console has merged is none that is new to us.
        """
        heard_until: MessageId | None = None
        while heard_until is None or heard_until != self._newest_id:
            heard_until = self._newest_id
            news = await self._stored_elsewhere()
            await self._tell(news.messages, news.with_history)

    async def _stored_elsewhere(self) -> News:
        if self._newest_id is None:
            self._newest_id = await self._archive.newest_id()
        on_screen = self._store.desk.open
        shown = {message.id: message for message in on_screen.messages} if on_screen else {}
        self._on_their_way |= {message.id for message in shown.values() if message.delivery in UNDER_WAY}
        if self._on_their_way:
            await self._archive.settle_orphans()
        undecided = {message.id for message in shown.values() if message.needs_decision}
        openid = on_screen.openid if on_screen else None
        news = await self._archive.news(self._newest_id, self._on_their_way | undecided, openid=openid)
        self._newest_id = news.until
        self._on_their_way = {message.id for message in news.messages if message.delivery in UNDER_WAY}
        return replace(news, messages=tuple(found for found in news.messages if shown.get(found.id) != found))

    async def _tell(self, messages: tuple[Message, ...], with_history: frozenset[CustomerId] = frozenset()) -> None:
        touched = dict.fromkeys(with_history & self._store.desk.contacts.keys())
        for start in range(0, len(messages), PART_MESSAGES):
            if start:
                await let_keys_pass()
            touched.update((message.openid, None) for message in messages[start : start + PART_MESSAGES])
        await tell(self._archive, self._store, messages, touched)

    async def _look_again(self) -> None:
        """Read anew what a look at the records may change without a message.

        Whose messages wait for a decision, which another console may have seen arrive; and what is left to the open
        customer, as more of the history may have been seen by now.
        """
        desk = self._store.desk
        doubtful = {openid for openid, contact in desk.contacts.items() if contact.undelivered}
        if desk.open is not None:
            doubtful.add(desk.open.openid)
        if doubtful:
            self._store.apply(ContactsSeen(await self._archive.contacts(doubtful)))

    async def _ask_window(self, gap_seconds: float) -> tuple[float, int, int, tuple[Record, ...]]:
        offset = self._clock.offset
        asked_mono = self._clock.monotonic()
        start_at, end_at = self._window(gap_seconds)
        records = await self._client.all_records(start_at, end_at)
        if abs(self._clock.offset - offset) > CLOCK_SHIFT_SECONDS:
            asked_mono = self._clock.monotonic()
            start_at, end_at = self._window(gap_seconds)
            records = await self._client.all_records(start_at, end_at)
        return asked_mono, start_at, end_at, records

    def _window(self, gap_seconds: float) -> tuple[int, int]:
        end_at = int(self._clock.now())
        seen_until = self._seen_until
        if seen_until is None or not 0 <= end_at - seen_until <= gap_seconds:
            return end_at - DAY_SECONDS, end_at
        return seen_until - OVERLAP_SECONDS, end_at
