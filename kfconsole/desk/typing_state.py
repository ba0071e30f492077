"""Showing customers that somebody is writing, as far as WeChat allows it.

The rule is `rules.may_show_typing`; here are the calls. The screen reports writing, emptied and left.
"""

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk import rules
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.store import Store
from kfconsole.errors import ApiError, ConfigError
from kfconsole.model import CustomerId

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient

STALE_SECONDS = 5.0
"""A typing state that could not be shown for so long is not worth showing any more."""


class _Order(Struct, frozen=True):
    openid: CustomerId
    is_cancel: bool
    mono: float


class TypingState:
    """Turns reports of writing into as few calls as WeChat allows; `run` makes them."""

    def __init__(self, client: "KfClient", store: Store, clock: ServerClock) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._shown_mono: dict[CustomerId, float] = {}
        self._is_on: set[CustomerId] = set()
        self._orders: asyncio.Queue[_Order] = asyncio.Queue()

    async def show(self, openid: CustomerId, *, cancel: bool = False) -> None:
        """Show typing now, or show it no more, whatever our rule says.

        Raises:
            ApiError: What WeChat says.
        """
        if cancel:
            self._is_on.discard(openid)
        else:
            self._note_shown(openid)
        await self._client.typing(openid, cancel=cancel)

    def writing(self, openid: CustomerId) -> None:
        """Somebody is writing to this customer."""
        mono = self._clock.monotonic()
        may_show = rules.may_show_typing(
            self._clock.now(),
            exchanged_at=rules.exchanged_at(self._store.desk, openid),
            shown_mono=self._shown_mono.get(openid),
            mono=mono,
        )
        if may_show:
            self._note_shown(openid)
            self._orders.put_nowait(_Order(openid, is_cancel=False, mono=mono))

    def stopped(self, openid: CustomerId) -> None:
        """Nobody is writing to this customer any more, and nothing was sent."""
        mono = self._clock.monotonic()
        is_over = mono - self._shown_mono.get(openid, mono) >= rules.TYPING_GAP_SECONDS
        if openid in self._is_on and not is_over:
            self._orders.put_nowait(_Order(openid, is_cancel=True, mono=mono))
        self._is_on.discard(openid)

    def sent(self, openid: CustomerId) -> None:
        """A message left for this customer: WeChat ends the typing state by itself."""
        self._is_on.discard(openid)

    async def run(self) -> None:
        """Make the calls, one after another, until cancelled."""
        while True:
            order = await self._orders.get()
            if self._clock.monotonic() - order.mono > STALE_SECONDS:
                continue
            try:
                await self._client.typing(order.openid, cancel=order.is_cancel)
            except (ApiError, ConfigError):
                # A courtesy to the customer, asked for by nobody: its failure is not worth a word.
                self._is_on.discard(order.openid)

    def _note_shown(self, openid: CustomerId) -> None:
        self._shown_mono[openid] = self._clock.monotonic()
        self._is_on.add(openid)
