"""What a console stands on. It asks for each part when it first needs it: the first paint needs few."""

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from kfconsole.desk.read_only import ReadOnly

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.desk.actions import Actions
    from kfconsole.desk.clock import ServerClock
    from kfconsole.desk.poller import Poller
    from kfconsole.desk.store import Store
    from kfconsole.wechat import KfClient


class Parts(Protocol):
    """One desk. Client, poller and actions may be made by being asked for."""

    @property
    def archive(self) -> "Archive":
        """What is kept."""

    @property
    def store(self) -> "Store":
        """What is known."""

    @property
    def clock(self) -> "ServerClock":
        """WeChat's time."""

    @property
    def client(self) -> "KfClient":
        """The way to WeChat."""

    @property
    def poller(self) -> "Poller":
        """Who asks."""

    @property
    def actions(self) -> "Actions":
        """Who acts."""

    @property
    def read_only(self) -> ReadOnly | None:
        """What makes this console read-only from the start, if it is."""

    async def remember(self) -> None:
        """Bring back what the last run knew.

        Raises:
            ArchiveError: It cannot be read.
        """


class Given(Struct, frozen=True):
    """All of them, made before."""

    archive: "Archive"
    store: "Store"
    clock: "ServerClock"
    client: "KfClient"
    poller: "Poller"
    actions: "Actions"

    @property
    def read_only(self) -> ReadOnly | None:
        """What makes this console read-only."""
        return self.actions.read_only

    async def remember(self) -> None:
        """Let the poller remember."""
        await self.poller.remember()
