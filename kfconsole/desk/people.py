"""What customers are called: what may be noted of one, and reading it from the archive as they turn up."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from kfconsole.desk.facts import ContactsSeen
from kfconsole.desk.store import Store
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Session, Waiting, is_wechat_tag
from kfconsole.text import clip, width_cells
from kfconsole.wechat.checks import REMARK_BYTES as REMARK_BYTES
from kfconsole.wechat.checks import check_remark as check_remark

if TYPE_CHECKING:
    from kfconsole.archive import Archive

MAX_ALIAS_CELLS = 40  # a name has to fit a question
MAX_TAGS = 10
MAX_TAG_CELLS = 20
PART_CUSTOMERS = 500  # so that the first look at 20,000 sessions never holds up a key
_BETWEEN_TAGS = re.compile(r"[\s,，、;；]+")


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
        missing = dict.fromkeys(openid for openid in listed if openid not in known and openid not in asked)
        for part in _parts(list(missing)):
            contacts = await self._archive.contacts(part)
            self._asked.update(part)
            self._store.apply(ContactsSeen(contacts))
        self._looked_at = (desk.queue, desk.sessions)


def _parts(openids: list[CustomerId]) -> Iterator[list[CustomerId]]:
    for start in range(0, len(openids), PART_CUSTOMERS):
        yield openids[start : start + PART_CUSTOMERS]


def tags_of(typed: str) -> tuple[str, ...]:
    """Return the tags somebody typed, each once; blanks, commas and 、 stand between them."""
    return tuple(dict.fromkeys(filter(None, _BETWEEN_TAGS.split(typed))))


def check_alias(alias: str) -> None:
    """Refuse a name that fits no row.

    Raises:
        NotPossible: It is too long.
    """
    if (cells := width_cells(alias)) > MAX_ALIAS_CELLS:
        raise NotPossible(
            _("The alias is too long: {count} cells.").format(count=cells),
            hint=_("At most {count} cells, which are {half} Chinese characters.").format(
                count=MAX_ALIAS_CELLS, half=MAX_ALIAS_CELLS // 2
            ),
        )


def check_tags(tags: Sequence[str]) -> None:
    """Refuse tags of ours that are too many, too long, or would be taken for WeChat's, which begin with `#`.

    Raises:
        NotPossible: One of them, or their number.
    """
    if len(tags) > MAX_TAGS:
        raise NotPossible(
            _("{count} tags are too many.").format(count=len(tags)),
            hint=_("At most {count} tags.").format(count=MAX_TAGS),
        )
    if long := next((tag for tag in tags if width_cells(tag) > MAX_TAG_CELLS), None):
        raise NotPossible(
            _("The tag {tag} is too long.").format(tag=clip(long, MAX_TAG_CELLS)),
            hint=_("At most {count} cells, which are {half} Chinese characters.").format(
                count=MAX_TAG_CELLS, half=MAX_TAG_CELLS // 2
            ),
        )
    if foreign := next(filter(is_wechat_tag, tags), None):
        raise NotPossible(
            _("The tag {tag} would be taken for one of WeChat's.").format(tag=foreign),
            hint=_("Tags that begin with # come from mp.weixin.qq.com and are changed there."),
        )
