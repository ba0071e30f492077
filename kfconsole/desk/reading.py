"""Reading conversations: the newest part, older parts, and days WeChat still has and the archive has not."""

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import ContactsSeen, ConversationLeft, ConversationOpened, MessagesSeen, OlderLoaded
from kfconsole.desk.store import Store
from kfconsole.errors import ApiError, ConfigError, KfError
from kfconsole.model import Conversation, CustomerId, Message

if TYPE_CHECKING:
    from collections.abc import Collection

    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

PAGE_MESSAGES = 200  # several screens, and read in a few milliseconds
DAY_SECONDS = 24 * 3600


class HistoryDay(Struct, frozen=True):
    """A customer's messages of a span."""

    messages: tuple[Message, ...]
    missing_error: KfError | None = None
    """Why parts that only WeChat has are missing; None when nothing is."""


class Reading:
    """Puts conversations on screen from the archive, and fills its gaps from WeChat."""

    def __init__(self, client: "KfClient", archive: "Archive", store: Store, clock: ServerClock) -> None:
        self._client = client
        self._archive = archive
        self._store = store
        self._clock = clock
        self._wanted: CustomerId | None = None
        self._is_loading_older = False

    async def open(self, openid: CustomerId) -> None:
        """Put a conversation on screen and count it as read."""
        self._wanted = openid
        messages = await self._archive.conversation(openid, limit=PAGE_MESSAGES + 1)
        if self._wanted != openid:
            return
        has_older = len(messages) > PAGE_MESSAGES
        self._store.apply(ConversationOpened(Conversation(openid, messages[-PAGE_MESSAGES:], has_older)))
        await self._archive.mark_read(openid)
        await self.refresh_contacts((openid,))

    async def load_older(self) -> None:
        """Add the messages before the oldest on screen."""
        conversation = self._store.desk.open
        if conversation is None or not conversation.messages or not conversation.has_older or self._is_loading_older:
            return
        self._is_loading_older = True
        try:
            messages = await self._archive.conversation(
                conversation.openid, before=conversation.messages[0], limit=PAGE_MESSAGES + 1
            )
        finally:
            self._is_loading_older = False
        has_older = len(messages) > PAGE_MESSAGES
        self._store.apply(OlderLoaded(conversation.openid, messages[-PAGE_MESSAGES:], has_older))

    def leave(self) -> None:
        """Take the conversation off the screen."""
        self._wanted = None
        self._store.apply(ConversationLeft())

    async def history(self, openid: CustomerId, start_at: float, end_at: float) -> HistoryDay:
        """Return a customer's messages of a span, asking WeChat for what the archive never saw."""
        error: KfError | None = None
        try:
            await self._fill_gaps(start_at, min(end_at, self._clock.now()))
        except (ApiError, ConfigError) as failure:
            error = failure
        return HistoryDay(await self._archive.between(openid, start_at, end_at), error)

    async def refresh_contacts(self, openids: "Collection[CustomerId]") -> None:
        """Read anew what the archive knows of these customers."""
        self._store.apply(ContactsSeen(await self._archive.contacts(openids)))

    async def _fill_gaps(self, start_at: float, end_at: float) -> None:
        if end_at <= start_at:
            return
        for gap_start, gap_end in await self._archive.gaps(start_at, end_at):
            first, last = math.floor(gap_start), min(math.ceil(gap_end), int(self._clock.now()))
            for slice_start in range(first, last, DAY_SECONDS):
                await self._fetch(slice_start, min(slice_start + DAY_SECONDS, last))

    async def _fetch(self, start_at: int, end_at: int) -> None:
        records = await self._client.all_records(start_at, end_at)
        messages = await self._archive.merge_records(records, start_at, end_at)
        if messages:
            self._store.apply(MessagesSeen(messages))
            await self.refresh_contacts({message.openid for message in messages})
