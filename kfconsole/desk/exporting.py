"""Everything said in a span, read from the archive and written down part by part: nothing is held but one part."""

import math
from collections.abc import AsyncIterator, Mapping, Sequence
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
        async for part in self._archive.every(openid=openid, start_at=start_at, end_at=end_at):
            openids = {message.openid for message in part}
            names = {} if self._mask else await self._archive.names(openids)
            self._count(part, len(openids))
            # Here and now, as it takes some milliseconds: beside the reading, or in a thread of its own, it takes
            # longer, and so does the reading, as both want the interpreter for every row.
            shown = self._mask.messages(part) if self._mask else part
            yield self._writer.write(shown, People(names, self._nicks))

    def _count(self, part: Sequence[Message], customers: int) -> None:
        times = [message.at for message in part]
        self.messages += len(part)
        self.customers += customers - (part[0].openid == self._openid)
        self.first_at = min(self.first_at, *times)
        self.last_at = max(self.last_at, *times)
        self._openid = part[-1].openid
