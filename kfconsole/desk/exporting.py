"""Everything said in a span, read from the archive and written down part by part: nothing is held but one part."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from kfconsole.desk.formats import People, Writer
from kfconsole.model import AgentId, CustomerId, Message

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.desk.formats.masking import Mask


class Export:
    """Writes messages in one format, and counts them."""

    def __init__(
        self, archive: "Archive", writer: Writer, nicks: Mapping[AgentId, str], *, mask: "Mask | None" = None
    ) -> None:
        """Begin.

        Args:
            archive: Where the messages are.
            writer: A new one of the format.
            nicks: What agents are called, as far as is known.
            mask: Hides who the customers are; they then have no other name than the mask's.
        """
        self._archive = archive
        self._writer = writer
        self._mask = mask
        self._nicks = mask.nicks(nicks) if mask else nicks
        self._openid: CustomerId | None = None
        self.messages = 0
        self.customers = 0
        self.first_at = math.inf
        """When the oldest of the messages written was said; infinite before any."""
        self.last_at = -math.inf

    async def parts(
        self, *, openid: CustomerId | None = None, start_at: float = -math.inf, end_at: float = math.inf
    ) -> AsyncIterator[str]:
        """Yield the text, a part at a time; `messages` tells how far it came."""
        yield self._writer.head()
        async for part in _read_ahead(self._archive.every(openid=openid, start_at=start_at, end_at=end_at)):
            openids = {message.openid for message in part}
            names = {} if self._mask else await self._archive.names(openids)
            self._count(part, len(openids))
            people = People(names, self._nicks)
            text = await asyncio.to_thread(self._written, part, people)  # a part takes longer than a frame
            yield text

    def _count(self, part: Sequence[Message], customers: int) -> None:
        times = [message.at for message in part]
        self.messages += len(part)
        self.customers += customers - (part[0].openid == self._openid)
        self.first_at = min(self.first_at, *times)
        self.last_at = max(self.last_at, *times)
        self._openid = part[-1].openid

    def _written(self, part: Sequence[Message], people: People) -> str:
        return self._writer.write(self._mask.messages(part) if self._mask else part, people)


async def _read_ahead(parts: AsyncIterator[tuple[Message, ...]]) -> AsyncIterator[tuple[Message, ...]]:
    """Read the next part while one is written down: SQLite works meanwhile."""
    reading = asyncio.ensure_future(anext(parts, None))
    try:
        while (part := await reading) is not None:
            reading = asyncio.ensure_future(anext(parts, None))
            yield part
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
