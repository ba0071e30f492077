"""What was never fetched from WeChat, drawn in the open conversation and filled when somebody looks at it."""

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import GapAsked, GapsSeen
from kfconsole.desk.store import Store
from kfconsole.desk.syncing import DAY_SECONDS, Slice, Syncing
from kfconsole.errors import AuthError, ConfigError, KfError, RateLimited
from kfconsole.model import Conversation, CustomerId, Feed, GapFetch

if TYPE_CHECKING:
    from kfconsole.archive import Archive

KEEP_DAYS = 180
LIVE_SECONDS = 900.0
"""The newest records are the poller's, who reads them as often as the day's calls allow: no gap yet."""
TINY_SECONDS = 5.0
"""A shorter gap hides nothing anybody would miss."""
VAIN_DAYS = 7
"""After so many days without a word of the customer, WeChat is asked for more only when told to."""
LIMIT_STEP_SECONDS = 3600.0
"""How far messages are kept moves on with every second; on screen this is often enough."""


class Gaps:
    """Tells the open conversation what was never fetched."""

    def __init__(self, archive: "Archive", store: Store, clock: ServerClock, *, keep_days: float = KEEP_DAYS) -> None:
        self._archive = archive
        self._store = store
        self._clock = clock
        self._keep_days = keep_days

    @property
    def limit_at(self) -> float:
        """Before when nothing is kept, and so nothing is missing."""
        kept_from = self._clock.now() - self._keep_days * DAY_SECONDS
        return math.ceil(kept_from / LIMIT_STEP_SECONDS) * LIMIT_STEP_SECONDS

    def polled_from(self) -> float:
        """Return from when on the poller reads what there is; infinite when there is none, or it fails."""
        desk = self._store.desk
        is_polled = desk.is_known(Feed.MESSAGES) and desk.health[Feed.MESSAGES].error is None
        return self._clock.now() - LIVE_SECONDS if is_polled else math.inf

    async def known(self) -> tuple[tuple[float, float], ...]:
        """Return the gaps as far back as messages are kept."""
        return await self.within(self.limit_at, math.inf)

    async def within(self, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
        """Return the gaps of a span that matter, oldest first; the end of one that lasts until now is infinite."""
        now = self._clock.now()
        if start_at >= min(end_at, now):
            return ()
        gaps = await self._archive.gaps(start_at, min(end_at, now))
        return tuple(
            (gap_start, math.inf if gap_end >= now else gap_end)
            for gap_start, gap_end in gaps
            if gap_end - gap_start >= TINY_SECONDS and gap_start < now - LIVE_SECONDS
        )

    async def refresh(self) -> None:
        """Tell the open conversation what is missing now."""
        if self._store.desk.open is not None:
            self._store.apply(GapsSeen(await self.known()))


class _Look(Struct, frozen=True):
    """A gap somebody looks at, in whose conversation."""

    openid: CustomerId
    start_at: float
    end_at: float
    is_wish: bool
    """Whether somebody asked for it: it goes on out of sight, and where a look alone would not try again."""

    def is_before(self, other: "_Look", end_at: float) -> bool:
        """Whether it is the same gap, as it was before it shrank to this end."""
        return (self.openid, self.start_at) == (other.openid, other.start_at) and self.end_at > end_at


class GapFiller:
    """Fills gaps of the open conversation, one slice of the account after the other, the newest first.

    It stops at the first words of the customer, as those are read first: the next look goes on.
    """

    def __init__(self, syncing: Syncing, gaps: Gaps, store: Store, clock: ServerClock) -> None:
        self._syncing = syncing
        self._gaps = gaps
        self._store = store
        self._clock = clock
        self._look: _Look | None = None
        self._vain_seconds = 0
        self._is_busy = False

    def start(self) -> None:
        """Forget what was looked at: another conversation is on screen, or none."""
        self._look = None
        self._vain_seconds = 0

    async def look_at(self, gap: tuple[float, float] | None) -> None:
        """Fill a gap that came into view; None: none is in view any more. What failed is not tried again by itself."""
        conversation = self._store.desk.open
        if self._look is not None and self._look.is_wish:
            return
        if conversation is None or gap is None:
            self._look = None
            return
        if conversation.fetch is None or conversation.fetch.is_going_on:
            self._look = _Look(conversation.openid, *gap, is_wish=False)
            await self._fill()

    async def fill_older(self, conversation: Conversation) -> None:
        """Fill what comes before the oldest message there is."""
        before = _before_oldest(conversation)
        if before:
            await self._wish(conversation.openid, before[0][0], before[-1][1])
        now = self._store.desk.open
        if now is not None and now.openid == conversation.openid and now.fetch is None and not _before_oldest(now):
            limit_at = self._gaps.limit_at
            self._tell(now.openid, GapFetch(limit_at, limit_at, is_at_limit=True))

    async def try_again(self) -> None:
        """Go on where filling failed, or found nothing for days."""
        conversation = self._store.desk.open
        if conversation is None or (ended := conversation.fetch) is None:
            return
        if not (ended.is_going_on or ended.is_at_limit):
            await self._wish(conversation.openid, ended.start_at, ended.end_at)

    async def _wish(self, openid: CustomerId, start_at: float, end_at: float) -> None:
        if self._look is None or not self._look.is_wish:
            self._vain_seconds = 0
            self._look = _Look(openid, start_at, end_at, is_wish=True)
        await self._fill()

    async def _fill(self) -> None:
        """Fetch slice after slice of what is looked at, whoever asked; once at a time."""
        if self._is_busy:
            return
        self._is_busy = True
        try:
            while (look := self._look) is not None:
                try:
                    enough_at = await self._fetch_slice(look)
                except KfError as error:
                    self._tell(look.openid, GapFetch(look.start_at, look.end_at, error=error))
                    self._look = None
                    return
                # Whoever looks at the gap as it is now, looked while the slice came, and wants the next one.
                if enough_at is not None and self._look is not None and self._look.is_before(look, enough_at):
                    self._look = None
        finally:
            self._is_busy = False

    async def _fetch_slice(self, look: _Look) -> float | None:
        """Fetch the newest slice of a gap; return where the gap ends now if that is enough."""
        piece = await self._newest_slice(look)
        if piece is None:
            self._tell(look.openid, None)
            return look.start_at
        if not look.is_wish and (refusal := self._refusal()) is not None:
            raise refusal
        self._tell(look.openid, GapFetch(look.start_at, look.end_at, is_going_on=True))
        messages = await self._syncing.fetch(piece)
        await self._gaps.refresh()
        if any(message.openid == look.openid for message in messages):
            self._vain_seconds = 0
            self._tell(look.openid, None)
            return piece[0]
        if not self._is_open(look.openid):
            return piece[0]
        self._vain_seconds += piece[1] - piece[0]
        if self._vain_seconds < VAIN_DAYS * DAY_SECONDS:
            return None
        self._tell(look.openid, GapFetch(look.start_at, look.end_at, vain_days=self._vain_seconds // DAY_SECONDS))
        return look.start_at

    async def _newest_slice(self, look: _Look) -> Slice | None:
        # What is younger than a day is read by the poller, who has begun or begins as soon as WeChat answers.
        live_from = self._clock.now() - DAY_SECONDS + LIVE_SECONDS
        end_at = live_from if look.end_at == math.inf else look.end_at
        while (piece := await self._syncing.newest_slice(look.start_at, end_at)) is not None:
            if piece[1] - piece[0] >= TINY_SECONDS:
                return piece
            end_at = piece[0]
        return None

    def _refusal(self) -> KfError | None:
        """Return why WeChat will not answer for records now, as far as the poller learned."""
        health = self._store.desk.health.get(Feed.MESSAGES)
        error = health.error if health else None
        return error if isinstance(error, RateLimited | AuthError | ConfigError) else None

    def _tell(self, openid: CustomerId, fetch: GapFetch | None) -> None:
        self._store.apply(GapAsked(openid, fetch))

    def _is_open(self, openid: CustomerId) -> bool:
        conversation = self._store.desk.open
        return conversation is not None and conversation.openid == openid


def _before_oldest(conversation: Conversation) -> list[tuple[float, float]]:
    oldest_at = conversation.messages[0].at if conversation.messages else math.inf
    return [gap for gap in conversation.gaps if gap[0] < oldest_at]
