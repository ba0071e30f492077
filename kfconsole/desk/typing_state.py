"""Showing customers that somebody is writing, as far as WeChat allows it.

The screen reports writing, emptied and left; what to ask WeChat for follows from that and from its two rules: a state
lasts 15 s and none is taken within them, and none 30 s after the last message. Nobody waits for these calls.
"""

import asyncio
import math
from contextlib import suppress
from typing import TYPE_CHECKING

from kfconsole.desk import rules
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.store import Store
from kfconsole.desk.waking import Bell, Sleep
from kfconsole.errors import ApiError, ConfigError
from kfconsole.model import CustomerId

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient

STALE_SECONDS = 5.0
"""Who has not touched a key for so long is not writing any more, or will be seen to when they go on."""
MARGIN_SECONDS = 1.0
"""WeChat has whole seconds, and a call its way: so much earlier its 30 s end for us. The 15 s begin with its answer."""
GOODBYE_SECONDS = 0.5


class _Writer:
    """What one customer sees of us, and what they should see."""

    def __init__(self) -> None:
        self.wrote_mono: float | None = None
        """When a key was touched last; None: nobody is writing."""
        self.shown_mono: float | None = None
        """When WeChat had taken the last state, whether it still lasts or not."""
        self.is_on = False
        self.is_asking = False
        self.answered = asyncio.Event()
        """When WeChat has answered what it is being asked."""
        self.is_cancel_due = False


class TypingState:
    """Turns reports of writing into as few calls as WeChat allows; `run` makes them."""

    def __init__(self, client: "KfClient", store: Store, clock: ServerClock, *, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._writers: dict[CustomerId, _Writer] = {}
        self._bell = Bell(sleep)

    async def show(self, openid: CustomerId, *, cancel: bool = False) -> None:
        """Show typing now, or show it no more, whatever our rule says.

        Raises:
            ApiError: What WeChat says.
        """
        writer = self._writer(openid)
        if cancel:
            writer.is_on = writer.is_cancel_due = False
            await self._client.typing(openid, cancel=True)
            return
        while writer.is_asking:
            writer.answered.clear()
            await writer.answered.wait()
            if self._lasts(writer):
                return  # it was being asked for already
        writer.is_asking = True
        try:
            await self._client.typing(openid)
            self._note_shown(writer)
        finally:
            self._note_answered(writer)

    def writing(self, openid: CustomerId) -> None:
        """Somebody is writing to this customer."""
        writer = self._writer(openid)
        writer.wrote_mono = self._clock.monotonic()
        writer.is_cancel_due = False
        self._bell.ring()

    def stopped(self, openid: CustomerId) -> None:
        """Nobody is writing to this customer any more, and nothing was sent."""
        writer = self._writers.get(openid)
        if writer is None:
            return
        writer.wrote_mono = None
        if writer.is_asking or self._lasts(writer):
            writer.is_cancel_due = True
            self._bell.ring()

    def forget(self) -> None:
        """Nobody here writes any more, and nothing more is asked; what customers still see ends by itself in 15 s."""
        for writer in self._writers.values():
            writer.wrote_mono = None
            writer.is_on = writer.is_cancel_due = False

    def sending(self, openid: CustomerId) -> None:
        """A message is leaving for this customer: WeChat ends the typing state by itself, and none may come behind."""
        writer = self._writers.get(openid)
        if writer is None:
            return
        writer.wrote_mono = None
        writer.is_on = False
        writer.is_cancel_due = writer.is_asking  # which of the two arrives first nobody knows

    def sent(self, openid: CustomerId) -> None:
        """WeChat has taken the message: the state before it is over, and the next one may come at once."""
        writer = self._writers.get(openid)
        if writer is not None and not writer.is_asking and not writer.is_on:
            writer.shown_mono = None
            self._bell.ring()

    def seconds_left(self, openid: CustomerId) -> float:
        """Return how long the customer still sees it; 0: not at all, as far as we know."""
        writer = self._writers.get(openid)
        if writer is None or writer.shown_mono is None or not self._lasts(writer):
            return 0.0
        return writer.shown_mono + rules.TYPING_GAP_SECONDS - self._clock.monotonic()

    async def run(self) -> None:
        """Make the calls, one at a time to each customer, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._bell.silence()
                for openid, writer in self._writers.items():
                    if not writer.is_asking and (is_cancel := self._wanted(openid, writer)) is not None:
                        writer.is_asking = True
                        group.create_task(self._ask(openid, writer, is_cancel=is_cancel))
                await self._bell.wait(self._rest_seconds())

    async def end(self) -> None:
        """Cancel all that is shown, unless WeChat takes long."""
        shown = [openid for openid, writer in self._writers.items() if self._lasts(writer)]
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await asyncio.gather(*map(self._cancel, shown))

    async def _cancel(self, openid: CustomerId) -> None:
        self._writers[openid].is_on = False
        with suppress(ApiError, ConfigError):
            await self._client.typing(openid, cancel=True)

    def _wanted(self, openid: CustomerId, writer: _Writer) -> bool | None:
        """Return whether to cancel (True) or to show (False) the state now; None: neither."""
        if writer.is_cancel_due:
            writer.is_cancel_due = False
            if self._lasts(writer):
                return True
        return False if self._is_writing(writer) and self._may_show(openid, writer) else None

    def _may_show(self, openid: CustomerId, writer: _Writer) -> bool:
        return rules.may_show_typing(
            self._clock.now() + MARGIN_SECONDS,
            exchanged_at=rules.exchanged_at(self._store.desk, openid),
            shown_mono=writer.shown_mono,
            mono=self._clock.monotonic(),
        )

    def _rest_seconds(self) -> float | None:
        """Return how long nothing can become due by time alone; None: only by a report."""
        mono = self._clock.monotonic()
        due = [
            writer.shown_mono + rules.TYPING_GAP_SECONDS - mono
            for writer in self._writers.values()
            if writer.shown_mono is not None and writer.wrote_mono is not None and not writer.is_asking
        ]
        rest = min((seconds for seconds in due if seconds > 0), default=math.inf)
        return None if math.isinf(rest) else rest

    async def _ask(self, openid: CustomerId, writer: _Writer, *, is_cancel: bool) -> None:
        try:
            await self._client.typing(openid, cancel=is_cancel)
        except (ApiError, ConfigError):
            # A courtesy to the customer, asked for by nobody: not worth a word, nor a second try at once.
            writer.is_on = False
            writer.is_cancel_due = False
            writer.shown_mono = self._clock.monotonic()
        else:
            if is_cancel:
                writer.is_on = False
            else:
                self._note_shown(writer)
        finally:
            self._note_answered(writer)

    def _note_answered(self, writer: _Writer) -> None:
        writer.is_asking = False
        writer.answered.set()
        self._bell.ring()

    def _writer(self, openid: CustomerId) -> _Writer:
        return self._writers.setdefault(openid, _Writer())

    def _is_writing(self, writer: _Writer) -> bool:
        return writer.wrote_mono is not None and self._clock.monotonic() - writer.wrote_mono <= STALE_SECONDS

    def _lasts(self, writer: _Writer) -> bool:
        since_mono = writer.shown_mono
        is_over = since_mono is None or self._clock.monotonic() - since_mono >= rules.TYPING_GAP_SECONDS
        return writer.is_on and not is_over

    def _note_shown(self, writer: _Writer) -> None:
        writer.shown_mono = self._clock.monotonic()
        writer.is_on = True
