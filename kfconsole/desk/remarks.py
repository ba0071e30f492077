"""WeChat's remarks and tags of the customers in the lists: what somebody wrote on mp.weixin.qq.com appears here.

Nobody waits for them. Each customer is asked about once a run, with as many others as one call takes, and never in
the way of what people do: a refusal ends it, or lets it rest, without a word.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from kfconsole.desk import pacing
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import ContactsSeen
from kfconsole.desk.store import Store
from kfconsole.errors import ArchiveError, AuthError, KfError, RateLimited, Rejected
from kfconsole.model import Contact, CustomerId, Desk, Session, User, Waiting, is_wechat_tag, wechat_tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

CALL_CUSTOMERS: Final = 100  # what WeChat takes in one call
FIRST_SECONDS: Final = 3.0  # the start of a run has other things to ask
GATHER_SECONDS: Final = 30.0  # who comes meanwhile is asked about together
NEXT_SECONDS: Final = 5.0  # while a call cannot hold them all
RETRY_SECONDS: Final = 300.0


class Remarks:
    """Asks about the customers of queue and sessions, and keeps what is new."""

    def __init__(
        self,
        client: "KfClient",
        archive: "Archive",
        store: Store,
        clock: ServerClock,
        random: "Callable[[], float]",
    ) -> None:
        """Begin knowing nobody.

        Args:
            client: Whom to ask.
            archive: Where remarks and tags are kept.
            store: Who is in the lists, and whom to tell.
            clock: Paces the calls.
            random: Anything from 0 to 1.
        """
        self._client = client
        self._archive = archive
        self._store = store
        self._clock = clock
        self._random = random
        self._asked: set[CustomerId] = set()
        self._pending: dict[CustomerId, None] = {}
        """Of those listed now: who has left is nobody's concern."""
        self._looked_at: tuple[tuple[Waiting, ...], tuple[Session, ...]] = ((), ())
        self._due_mono: float | None = clock.monotonic() + FIRST_SECONDS
        """None: it is being asked, or never will be again."""

    def is_due(self) -> bool:
        """Whether WeChat should be asked now; who gets True has to call `ask`."""
        if self._due_mono is None or self._clock.monotonic() < self._due_mono:
            return False
        self._note_listed(self._store.desk)
        if not self._pending:
            return False
        self._due_mono = None
        return True

    async def ask(self) -> None:
        """Ask about those who wait for it, as many as one call takes."""
        part = tuple(islice(self._pending, CALL_CUSTOMERS))
        before = self._store.desk.contacts
        try:
            users = await self._client.users(part)
        except KfError as error:
            self._rest_after(error, part)
            return
        self._done_with(part)
        self._due_mono = self._clock.monotonic() + (NEXT_SECONDS if self._pending else GATHER_SECONDS)
        now = self._store.desk.contacts
        if news := [user for user in users if _is_news(user, before.get(user.openid), now.get(user.openid))]:
            with suppress(ArchiveError):  # the feeds show what is wrong with it
                await self._archive.note_users(news)
                self._store.apply(ContactsSeen(await self._archive.contacts([user.openid for user in news])))

    def _note_listed(self, desk: Desk) -> None:
        if self._looked_at[0] is desk.queue and self._looked_at[1] is desk.sessions:
            return
        self._looked_at = (desk.queue, desk.sessions)
        listed: Iterable[CustomerId] = chain((row.openid for row in desk.queue), desk.session_by_customer)
        self._pending = {openid: None for openid in listed if openid not in self._asked}

    def _done_with(self, part: Collection[CustomerId]) -> None:
        self._asked.update(part)
        for openid in part:
            self._pending.pop(openid, None)

    def _rest_after(self, error: KfError, part: Collection[CustomerId]) -> None:
        mono = self._clock.monotonic()
        match error:
            case AuthError(is_whole_account=False):  # this account may not ask
                self._due_mono = None
            case RateLimited():
                self._due_mono = mono + pacing.limit_rest_seconds(error, self._clock.now(), self._random())
            case Rejected():  # one of them is wrong, and nobody can say which
                self._done_with(part)
                self._due_mono = mono + GATHER_SECONDS
            case _:
                self._due_mono = mono + RETRY_SECONDS


def _is_news(user: User, before: Contact | None, now: Contact | None) -> bool:
    """Whether WeChat's answer says something new, as known when it was asked and now."""
    if not user.is_following:  # WeChat tells nothing of them
        return False
    remark, tags = ("", ()) if now is None else (now.remark, now.tags)
    if before is not None and before.remark != remark:
        return False  # it was set here meanwhile, and is newer than the answer
    return remark != user.remark or set(filter(is_wechat_tag, tags)) != set(map(wechat_tag, user.tag_ids))
