"""Keeps one access token for all calls. Knows neither HTTP nor where tokens come from."""

import asyncio
from collections.abc import Awaitable, Callable

from kfconsole.errors import KfError

RENEWED_BEFORE_SECONDS = 300  # WeChat renews that long before the end, and both tokens work meanwhile
SHORTEST_SECONDS = 30  # an answer may say exactly 300; without a floor every call would fetch again


class TokenKeeper:
    """Hands out the token and fetches a new one when needed, one fetch at a time."""

    def __init__(self, fetch: Callable[[], Awaitable[tuple[str, float]]], monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._fetching = asyncio.Lock()
        self._token = ""
        self._good_until = 0.0
        self._fetches_ended = 0
        self._failure: KfError | None = None

    async def get(self) -> str:
        """Return a token that should work now.

        Callers who wait for a fetch share its outcome: a failing account is not asked once for each of them.
        """
        if self._is_good():
            return self._token
        seen = self._fetches_ended
        async with self._fetching:
            if self._is_good():
                return self._token
            if self._failure is not None and self._fetches_ended != seen:
                raise self._failure
            return await self._renew()

    def discard(self, token: str) -> None:
        """Throw this token away, unless another has taken its place already."""
        if token == self._token:
            self._token = ""

    def _is_good(self) -> bool:
        return bool(self._token) and self._monotonic() < self._good_until

    async def _renew(self) -> str:
        asked_at = self._monotonic()
        try:
            token, lifetime_seconds = await self._fetch()
        except KfError as error:
            self._failure = error
            self._fetches_ended += 1
            raise
        self._failure = None
        self._fetches_ended += 1
        self._token = token
        usable = max(lifetime_seconds - RENEWED_BEFORE_SECONDS, min(lifetime_seconds, SHORTEST_SECONDS))
        self._good_until = asked_at + usable
        return token
