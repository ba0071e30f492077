"""An archive for a recording that is played: messages with the numbers they had, and all else as the desk knew it."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kfconsole.archive import contents
from kfconsole.archive.archive import Archive
from kfconsole.archive.connection import transaction
from kfconsole.archive.keys import agent_key, customer_key
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import Contact, CustomerId, Message

if TYPE_CHECKING:
    from sqlite3 import Connection

ROWS_PER_SLICE: Final = 200


class ReplayedArchive(Archive):
    """What was recorded of messages; what is known of customers, the desk has from the recording itself."""

    def __init__(
        self,
        path: Path,
        *,
        wall: Callable[[], float],
        known: Callable[[], Mapping[CustomerId, Contact]],
        from_at: float,
    ) -> None:
        """Describe the file.

        Args:
            path: Where it is made; nobody else may use it.
            wall: The time that is played.
            known: What the desk knows of customers now.
            from_at: Before when nothing was recorded.
        """
        super().__init__(path, wall=wall)
        self._known = known
        self._from_at = from_at
        self._number = 1

    async def keep(self, messages: Sequence[Message]) -> None:
        """Store messages as they were seen last."""
        if messages:
            await self._write_slices(lambda connection: put(connection, messages))

    async def begin_again(self) -> None:
        """Go on without a message, in another file: deleting a day of them takes longer than playing it."""
        folder, number = self._path.parent, self._number
        self._number += 1
        fresh = Archive(folder / f"replay-{number}.db", wall=self._wall)
        await fresh.open()
        place, index = self._place, self._index
        self._path, self._place, self._index = fresh._path, fresh._place, fresh._index
        self._read, self._write = self._place.read, self._place.write
        index.end()
        await place.close()
        await index.ended()

    async def contacts(self, openids: Collection[CustomerId] | None = None) -> Mapping[CustomerId, Contact]:
        """Return what the desk knew."""
        known = self._known()
        if openids is None:
            return known
        return {openid: known.get(openid) or Contact(openid) for openid in openids}

    async def names(self, openids: Collection[CustomerId]) -> Mapping[CustomerId, str]:
        """Return what customers were called."""
        known = self._known()
        return {openid: known[openid].name for openid in openids if openid in known and known[openid].name}

    async def mark_read(self, openid: CustomerId) -> None:
        """Leave it as it was: what counts as read was decided then."""

    async def describe(
        self,
        openid: CustomerId,  # noqa: ARG002  # as of any archive
        *,
        alias: str | None = None,  # noqa: ARG002
        remark: str | None = None,  # noqa: ARG002
        tags: Sequence[str] | None = None,  # noqa: ARG002
    ) -> None:
        """Refuse: it would end with the replay."""
        raise NotPossible(_("This is a replay: nothing of it is kept."))

    async def gaps(self, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
        """Return what lies before the recording."""
        return ((start_at, min(end_at, self._from_at)),) if start_at < self._from_at else ()


def put(connection: "Connection", messages: Sequence[Message]) -> Generator[None, None, None]:
    """Store messages under their own numbers, over what is known of them."""
    rows = iter(messages)
    while part := tuple(islice(rows, ROWS_PER_SLICE)):
        with transaction(connection, is_durable=False):
            for message in part:
                _put(connection, message)
        yield


def _put(connection: "Connection", message: Message) -> None:
    customer = customer_key(connection, message.openid)
    connection.execute(
        """
        INSERT INTO messages (id, customer_id, agent_id, kind, text, at, position) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET at = excluded.at, position = excluded.position, agent_id = excluded.agent_id
        """,
        (
            message.id,
            customer,
            agent_key(connection, message.agent),
            message.kind.value,
            message.text,
            message.at,
            message.position,
        ),
    )
    if message.delivery is not None:
        connection.execute(
            """
            INSERT INTO deliveries (message_id, customer_id, state, reason, is_dismissed, asked_at, content, is_ai)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (message_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
                    is_dismissed = excluded.is_dismissed
            """,
            (
                message.id,
                customer,
                message.delivery.value,
                message.reason,
                message.is_dismissed,
                message.at,
                None if message.content is None else contents.encoded(message.content),
                message.is_ai,
            ),
        )
