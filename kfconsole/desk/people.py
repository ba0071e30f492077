"""Names and allowances of the customers in the lists, read from the archive as they turn up."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from kfconsole.desk.facts import ContactsSeen
from kfconsole.desk.store import Store
from kfconsole.model import CustomerId, Session, Waiting

if TYPE_CHECKING:
    from kfconsole.archive import Archive

PART_CUSTOMERS = 500  # so that the first look at 20,000 sessions never holds up a key


class People:
    """Reads each customer of the lists once; what changes later is told by those who change it."""

    def __init__(self, archive: "Archive", store: Store) -> None:
        self._archive = archive
        self._store = store
        self._asked: set[CustomerId] = set()
        self._looked_at: tuple[tuple[Waiting, ...], tuple[Session, ...]] = ((), ())

    async def load_missing(self) -> None:
        """Read the customers of queue and sessions that the desk knows nothing of."""
        desk = self._store.desk
        if self._looked_at[0] is desk.queue and self._looked_at[1] is desk.sessions:
            return
        known, asked = desk.contacts, self._asked
        listed = chain((row.openid for row in desk.queue), desk.session_by_customer)
        missing = {openid for openid in listed if openid not in known and openid not in asked}
        for part in _parts(sorted(missing)):
            contacts = await self._archive.contacts(part)
            self._asked.update(part)
            self._store.apply(ContactsSeen(contacts))
        self._looked_at = (desk.queue, desk.sessions)


def _parts(openids: list[CustomerId]) -> Iterator[list[CustomerId]]:
    for start in range(0, len(openids), PART_CUSTOMERS):
        yield openids[start : start + PART_CUSTOMERS]
