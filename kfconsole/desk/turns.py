"""Whose turn it is to send to a customer: messages leave in the order in which they were handed over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kfconsole.model import CustomerId


class Turns:
    """A line of its own for each customer."""

    def __init__(self) -> None:
        self._lines: dict[CustomerId, list[asyncio.Event]] = {}
        """By customer, whose turn is when: the first in line may go, and the event tells it."""

    @asynccontextmanager
    async def of(self, openid: CustomerId) -> AsyncIterator[asyncio.Event]:
        """Stand in the customer's line; the event tells when it is one's turn, which lasts until one leaves."""
        line, turn = self._lines.setdefault(openid, []), asyncio.Event()
        line.append(turn)
        line[0].set()
        try:
            yield turn
        finally:
            line.remove(turn)  # who gives up early lets nobody behind overtake those before
            if line:
                line[0].set()
            else:
                del self._lines[openid]
