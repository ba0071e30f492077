"""Keeps one access token for all calls. Knows neither HTTP nor where tokens come from."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from kfconsole.errors import KfError
from kfconsole.wechat.token import Token
from kfconsole.wechat.token_cache import TokenCache

RENEWED_BEFORE_SECONDS = 300  # WeChat renews that long before the end, and both tokens work meanwhile
SHORTEST_SECONDS = 30  # an answer may say exactly 300; without a floor every call would fetch again
EARLY_DEATHS = 3
EARLY_DEATHS_SECONDS = 600.0
"""So many tokens displaced within this time are no accident: somebody else keeps fetching them."""


class TokenKeeper:
    """Hands out the token and gets a new one when needed, one at a time.

    With a cache, all processes of one user share the token: it is read before one is fetched, and only the process
    that holds the cache's lock fetches.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Token]],
        monotonic: Callable[[], float],
        *,
        cache: TokenCache | None = None,
        renewed_before_seconds: float = RENEWED_BEFORE_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._cache = cache
        self._renewed_before_seconds = renewed_before_seconds
        self._renewing = asyncio.Lock()
        self._token: Token | None = None
        self._good_until = 0.0
        self._dead = ""
        self._displaced_mono: deque[float] = deque(maxlen=EARLY_DEATHS)
        self._renewals_ended = 0
        self._failure: KfError | None = None

    async def get(self) -> Token:
        """Return a token that should work now.

        Callers who wait for a renewal share its outcome: a failing account is not asked once for each of them.
        """
        if (token := self._good()) is not None:
            return token
        seen = self._renewals_ended
        async with self._renewing:
            if (token := self._good()) is not None:
                return token
            if self._failure is not None and self._renewals_ended != seen:
                raise self._failure
            return await self._renew()

    def discard(self, token: Token, *, is_displaced: bool) -> None:
        """Throw this token away, unless another has taken its place already.

        Args:
            token: As `get` returned it.
            is_displaced: Whether WeChat says that another token is valid in its place.
        """
        if token is not self._token:
            return
        self._token = None
        self._dead = token.value
        if is_displaced:
            self._displaced_mono.append(self._monotonic())

    def keeps_being_displaced(self) -> bool:
        """Whether so many tokens died early that it needs telling; tells it once for each such row of deaths."""
        deaths = self._displaced_mono
        if len(deaths) < EARLY_DEATHS or deaths[-1] - deaths[0] > EARLY_DEATHS_SECONDS:
            return False
        deaths.clear()
        return True

    def _good(self) -> Token | None:
        return self._token if self._monotonic() < self._good_until else None

    async def _renew(self) -> Token:
        asked_mono = self._monotonic()
        try:
            token = await self._obtain()
        except KfError as error:
            self._failure = error
            self._renewals_ended += 1
            raise
        self._failure = None
        self._renewals_ended += 1
        self._token = token
        lifetime = token.lifetime_seconds
        usable = max(lifetime - self._renewed_before_seconds, min(lifetime, SHORTEST_SECONDS))
        self._good_until = asked_mono + usable
        return token

    async def _obtain(self) -> Token:
        """Return what another process left in the cache, else a fetched token."""
        if self._cache is None:
            return await self._fetch()
        if (kept := await self._kept(self._cache)) is not None:
            return kept
        async with self._cache.locked() as is_locked:
            # While we waited for the lock, its holder fetched for all of us.
            if (kept := await self._kept(self._cache)) is not None:
                return kept
            token = await self._fetch()
            if is_locked:
                await self._cache.write(token)
        return token

    async def _kept(self, cache: TokenCache) -> Token | None:
        token = await cache.read()
        if token is None or token.value == self._dead or token.lifetime_seconds <= self._renewed_before_seconds:
            return None
        return token
