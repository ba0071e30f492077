"""Reading conversations: the newest part, older parts, and days WeChat still has and the archive has not."""

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import ContactsSeen, ConversationLeft, ConversationOpened, OlderLoaded
from kfconsole.desk.gaps import KEEP_DAYS, GapFiller, Gaps
from kfconsole.desk.store import Store
from kfconsole.desk.syncing import Syncing
from kfconsole.desk.words import stored_words
from kfconsole.errors import ApiError, ConfigError, KfError
from kfconsole.model import Conversation, CustomerId, Message, SearchPage, SearchQuery

if TYPE_CHECKING:
    from collections.abc import Collection

    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

PAGE_MESSAGES = 200  # several screens, and read in a few milliseconds
BEFORE_MESSAGES = 100  # how many stand before a message a conversation is opened at
MAX_SINCE_MESSAGES = 3_000  # so many are shown in one go without holding the screen up; about 8 ms


class HistoryDay(Struct, frozen=True):
    """A customer's messages of a span."""

    messages: tuple[Message, ...]
    missing_error: KfError | None = None
    """Why parts that only WeChat has are missing; None when nothing is."""
    gaps: tuple[tuple[float, float], ...] = ()
    """The parts that are missing, oldest first; an infinite end is now."""


class Reading:
    """Puts conversations on screen from the archive, and fills its gaps from WeChat."""

    def __init__(
        self,
        client: "KfClient",
        archive: "Archive",
        store: Store,
        clock: ServerClock,
        *,
        keep_days: float = KEEP_DAYS,
    ) -> None:
        self._archive = archive
        self._store = store
        self._gaps = Gaps(archive, store, clock, keep_days=keep_days)
        self._syncing = Syncing(client, archive, store, clock)
        self._filler = GapFiller(self._syncing, self._gaps, store, clock)
        self._wanted: CustomerId | None = None
        self._is_loading_older = False

    async def open(self, openid: CustomerId) -> None:
        """Put a conversation on screen and count it as read."""
        self._wanted = openid
        messages = await self._archive.conversation(openid, limit=PAGE_MESSAGES + 1)
        gaps = await self._gaps.known()
        if self._wanted != openid:
            return
        has_older = len(messages) > PAGE_MESSAGES
        self._show(Conversation(openid, messages[-PAGE_MESSAGES:], has_older, gaps))
        await self.count_as_read(openid)

    async def look_on(self, openid: CustomerId, limit: int) -> Conversation:
        """Return the newest messages of a conversation to somebody who only looks on.

        Nothing counts as read by it, for whoever serves the customer has not read it; and the desk stays as it is.
        """
        messages = await self._archive.conversation(openid, limit=limit + 1)
        return Conversation(openid, messages[-limit:], len(messages) > limit, await self._gaps.known())

    async def open_at(self, message: Message) -> bool:
        """Put a conversation on screen from some way before a message up to now; it does not count as read yet.

        Returns:
            False when it is not there, because too much was said since, or because it was deleted.
        """
        openid = message.openid
        before, self._wanted = self._wanted, openid
        since = await self._archive.count(openid=openid, start_at=message.at)
        if since > MAX_SINCE_MESSAGES:
            self._wanted = before if self._wanted == openid else self._wanted
            return False
        limit = since + BEFORE_MESSAGES
        messages = await self._archive.conversation(openid, limit=limit + 1)
        gaps = await self._gaps.known()
        if self._wanted != openid:
            return True  # another was wanted meanwhile, and nothing of this one any more
        if all(known.id != message.id for known in messages):
            self._wanted = before
            return False
        self._show(Conversation(openid, messages[-limit:], len(messages) > limit, gaps))
        return True

    async def count_as_read(self, openid: CustomerId) -> None:
        """Count all messages a customer has by now as read."""
        await self._archive.mark_read(openid)
        await self.refresh_contacts((openid,))

    async def load_older(self) -> None:
        """Add the messages before the oldest on screen; where the archive has none, WeChat is asked for some days."""
        conversation = self._store.desk.open
        if conversation is None or self._is_loading_older:
            return
        if not conversation.has_older or not conversation.messages:
            await self._filler.fill_older(conversation)
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

    async def look_at_gap(self, gap: tuple[float, float] | None) -> None:
        """Fill a gap of the open conversation that came into view; None: none is in view any more."""
        await self._filler.look_at(gap)

    async def fill_gap_again(self) -> None:
        """Go on where filling a gap of the open conversation failed, or found nothing for days."""
        await self._filler.try_again()

    def leave(self) -> None:
        """Take the conversation off the screen."""
        self._wanted = None
        self._filler.start()
        self._store.apply(ConversationLeft())

    async def kept(self, openid: CustomerId, start_at: float, end_at: float) -> HistoryDay:
        """Return what the archive has of a customer's messages of a span."""
        return HistoryDay(
            await self._archive.between(openid, start_at, end_at), gaps=await self._gaps.within(start_at, end_at)
        )

    async def history(self, openid: CustomerId, start_at: float, end_at: float) -> HistoryDay:
        """Return a customer's messages of a span, asking WeChat for what the archive never saw."""
        error: KfError | None = None
        try:
            await self._syncing.fetch_all(start_at, min(end_at, self._gaps.polled_from()))
        except (ApiError, ConfigError) as failure:
            error = failure
        await self._gaps.refresh()
        return HistoryDay(
            await self._archive.between(openid, start_at, end_at), error, await self._gaps.within(start_at, end_at)
        )

    async def search(self, query: SearchQuery, before: Message | None, limit: int) -> SearchPage:
        """Return the newest messages found, or those found before a message."""
        page = await self._archive.search(query, before=before, limit=limit)
        stored = stored_words(query.words)
        if stored == " ".join(query.words.split()):
            return page
        other = await self._archive.search(replace(query, words=stored), before=before, limit=limit)
        found = {message.id: message for message in (*page.messages, *other.messages)}
        newest = sorted(found.values(), key=lambda message: message.place, reverse=True)
        has_more = page.has_more or other.has_more or len(newest) > limit
        return SearchPage(tuple(newest[:limit]), has_more, max(page.unsearched, other.unsearched))

    async def gaps(self, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
        """Return what was never fetched from WeChat of a span, as far back as messages are kept, oldest first."""
        return await self._gaps.within(max(start_at, self._gaps.limit_at), end_at)

    async def refresh_contacts(self, openids: "Collection[CustomerId]") -> None:
        """Read anew what the archive knows of these customers."""
        self._store.apply(ContactsSeen(await self._archive.contacts(openids)))

    def _show(self, conversation: Conversation) -> None:
        self._filler.start()
        self._store.apply(ConversationOpened(conversation))
