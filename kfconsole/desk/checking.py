"""Looking once more before a reply leaves: who serves the customer, and whether a colleague has answered them.

What is known from a moment ago is not asked again. A look that WeChat does not answer in time has failed, and says so:
whether to send all the same is decided by whoever writes.
"""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk import rules
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import RecordsSeen
from kfconsole.desk.holders import Holders
from kfconsole.desk.store import Store
from kfconsole.desk.syncing import LATE_SECONDS, settled_until, tell
from kfconsole.desk.waking import Sleep
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Message, MessageId, MessageKind

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

FRESH_SECONDS = 2.0
"""What was asked for so lately is not asked again."""
PATIENCE_SECONDS = 1.0
"""A look that takes longer has failed: somebody pressed Enter and waits."""
TRUST_SECONDS = 60.0
"""Who sends all the same after a look that failed is not asked again at once: every message would ask."""
MESSAGES_LOOKED_AT = 20


class Reason(StrEnum):
    """Why a reply should not simply leave."""

    ANSWERED = "answered"
    """A colleague has answered since the reply was begun."""
    HELD = "held"
    """A colleague serves the customer."""
    FAILED = "failed"
    """Neither is known."""


class Doubt(Struct, frozen=True):
    """What a look found; the customer is whom the reply is for."""

    openid: CustomerId
    reason: Reason
    agent: AgentId = AgentId("")
    """Who answered, or who serves."""
    answer: Message | None = None
    problem: str = ""
    """Why the look failed."""


class Beginning(Struct, frozen=True):
    """What whoever writes can have seen when they began."""

    newest_id: MessageId
    at: float


class Checking:
    """Remembers when replies were begun, and looks what has changed since."""

    def __init__(
        self,
        client: "KfClient",
        archive: "Archive",
        store: Store,
        clock: ServerClock,
        holders: Holders,
        *,
        me: AgentId | None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._client = client
        self._archive = archive
        self._store = store
        self._clock = clock
        self._holders = holders
        self._me = me
        self._sleep = sleep
        self._begun: dict[CustomerId, Beginning] = {}
        self._unserved_mono: dict[CustomerId, float] = {}
        """When WeChat said that nobody serves a customer: no list of an agent's tells it."""
        self._accepted_id: dict[CustomerId, MessageId] = {}
        self._trusted_mono: dict[CustomerId, float] = {}

    def begin(self, openid: CustomerId) -> None:
        """Somebody writes to this customer; what they see now is what they answer."""
        if openid not in self._begun:
            self._begun[openid] = self.current(openid)

    def forget(self, openid: CustomerId) -> None:
        """What was being written is gone."""
        self._begun.pop(openid, None)

    def take(self, openid: CustomerId) -> Beginning:
        """Return when the reply was begun that leaves now; the next one begins anew."""
        return self._begun.pop(openid, None) or self.current(openid)

    def current(self, openid: CustomerId) -> Beginning:
        """Return what can be seen of a customer now."""
        contact = self._store.desk.contacts.get(openid)
        ids = [message.id for message in self._shown(openid)]
        if contact is not None:
            ids += [seen.id for seen in (contact.last_message, contact.last_event) if seen is not None]
        return Beginning(max(ids, default=MessageId(0)), self._clock.now())

    def accept(self, doubt: Doubt) -> None:
        """Somebody sends all the same: of what they know they are not asked again."""
        if doubt.answer is not None:
            self._accepted_id[doubt.openid] = max(doubt.answer.id, self._accepted_id.get(doubt.openid, MessageId(0)))
        if doubt.reason is Reason.FAILED:
            self._trusted_mono[doubt.openid] = self._clock.monotonic()

    def is_due(self, openid: CustomerId) -> bool:
        """Whether WeChat has to be asked, as what is known is too old."""
        return self._is_session_due(openid) or self._are_records_due()

    def is_clear(self, openid: CustomerId, beginning: Beginning) -> bool:
        """Whether the conversation is on screen, as it was a moment ago, and nothing there speaks against a reply."""
        shown = self._shown(openid)
        return bool(shown) and not self.is_due(openid) and self._doubt(openid, beginning, shown) is None

    async def look(self, openid: CustomerId, beginning: Beginning) -> Doubt | None:
        """Ask WeChat, at most for a second; what it says is known to the desk and kept in the archive."""
        asking = asyncio.ensure_future(self._ask(openid))
        nap = asyncio.ensure_future(self._nap())
        problem = ""
        try:
            await asyncio.wait((asking, nap), return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                problem = asking.result()
            else:
                problem = _("WeChat did not answer within {seconds} s.").format(seconds=round(PATIENCE_SECONDS))
        finally:
            asking.cancel()
            nap.cancel()
        found = await self._found(openid, beginning)
        if found is not None or not problem:
            return found
        trusted_mono = self._trusted_mono.get(openid)
        if trusted_mono is not None and self._clock.monotonic() - trusted_mono < TRUST_SECONDS:
            return None
        return Doubt(openid, Reason.FAILED, problem=problem)

    async def _nap(self) -> None:
        await self._sleep(PATIENCE_SECONDS)

    async def _ask(self, openid: CustomerId) -> str:
        """Ask for what is too old, all at once; return why that failed."""
        questions = []
        if self._is_session_due(openid):
            questions.append(self._ask_session(openid))
        if self._are_records_due():
            questions.append(self._ask_records())
        problems = [result for result in await asyncio.gather(*questions, return_exceptions=True) if result is not None]
        for problem in problems:
            if not isinstance(problem, KfError):
                raise problem
        return problems[0].message if problems and isinstance(problems[0], KfError) else ""

    async def _ask_session(self, openid: CustomerId) -> None:
        asked_mono = self._clock.monotonic()
        if await self._holders.ask(openid) is None:
            self._unserved_mono[openid] = asked_mono
        else:
            self._unserved_mono.pop(openid, None)

    async def _ask_records(self) -> None:
        asked_mono = self._clock.monotonic()
        end_at = int(self._clock.now())
        start_at = end_at - LATE_SECONDS
        records = await self._client.all_records(start_at, end_at)
        messages = await self._archive.merge_records(records, start_at, settled_until(end_at, self._clock, asked_mono))
        await tell(self._archive, self._store, messages, {message.openid for message in messages})
        self._store.apply(RecordsSeen(asked_mono))

    def _is_session_due(self, openid: CustomerId) -> bool:
        told = (self._store.session_asked_mono(openid), self._unserved_mono.get(openid))
        return not any(mono is not None and self._is_fresh(mono) for mono in told)

    def _are_records_due(self) -> bool:
        mono = self._store.records_asked_mono
        return mono is None or not self._is_fresh(mono)

    def _is_fresh(self, mono: float) -> bool:
        return self._clock.monotonic() - mono < FRESH_SECONDS

    async def _found(self, openid: CustomerId, beginning: Beginning) -> Doubt | None:
        try:
            newest = await self._archive.conversation(openid, limit=MESSAGES_LOOKED_AT)
        except KfError:  # it shows up in the send itself
            newest = self._shown(openid)
        return self._doubt(openid, beginning, newest)

    def _doubt(self, openid: CustomerId, beginning: Beginning, messages: tuple[Message, ...]) -> Doubt | None:
        holder = rules.who_serves(self._store.desk, openid)
        answer = next((seen for seen in reversed(messages) if self._is_unseen_answer(seen, beginning)), None)
        if answer is not None:
            return Doubt(openid, Reason.ANSWERED, answer.agent, answer)
        if holder is not None and holder != self._me:
            return Doubt(openid, Reason.HELD, holder)
        return None

    def _is_unseen_answer(self, message: Message, beginning: Beginning) -> bool:
        # Numbers rise in the order of storing; what an old gap brings is new here, but no answer of just now.
        is_unseen = message.id > beginning.newest_id or message.at > beginning.at
        return (
            message.kind is MessageKind.SENT
            and message.delivery is None
            and is_unseen
            and message.at >= beginning.at - LATE_SECONDS
            and message.id > self._accepted_id.get(message.openid, 0)
            and not self._is_mine(message.agent)
        )

    def _is_mine(self, agent: AgentId) -> bool:
        """Whether we answered, perhaps elsewhere; old records have the bare name. Nobody's words are a robot's."""
        return not agent or (self._me is not None and agent.partition("@")[0] == self._me.partition("@")[0])

    def _shown(self, openid: CustomerId) -> tuple[Message, ...]:
        on_screen = self._store.desk.open
        is_shown = on_screen is not None and on_screen.openid == openid
        return on_screen.messages[-MESSAGES_LOOKED_AT:] if on_screen is not None and is_shown else ()
