"""Who waits."""

from typing import TYPE_CHECKING

from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import QueueSeen

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient


class QueueFeed:
    """Asks for the queue."""

    def __init__(self, client: "KfClient", clock: ServerClock) -> None:
        self._client = client
        self._clock = clock

    async def ask(self) -> QueueSeen:
        """Return the queue as it stands."""
        asked_mono = self._clock.monotonic()
        answer = await self._client.queue()
        return QueueSeen(answer, self._clock.now(), asked_mono)
