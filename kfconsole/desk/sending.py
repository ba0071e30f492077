"""Sending replies: into the archive first, to WeChat once, and the outcome is never guessed."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.content import Content, Text
from kfconsole.desk import rules
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.facts import ContactsSeen, MessagesSeen
from kfconsole.desk.store import Store
from kfconsole.desk.typing_state import TypingState
from kfconsole.desk.waking import to_the_end
from kfconsole.errors import ApiError, ArchiveError, KfError, NotPossible, OutcomeNotKept, Unavailable
from kfconsole.i18n import _, sentences
from kfconsole.model import AgentId, Contact, CustomerId, Delivery, Message, MessageId
from kfconsole.text import clean
from kfconsole.wechat import outgoing
from kfconsole.wechat.codes import CODE

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

OUT_OF_REPLIES = frozenset({CODE.WINDOW_CLOSED, CODE.REPLIES_USED_UP})
CLOCK_SHIFT_SECONDS = 2.0
"""When the answers move our clock by more while a message is on its way, its own time was a wrong one."""


class _Begin(Struct, frozen=True):
    """What is to be sent, to whom, and as whom."""

    openid: CustomerId
    content: Content
    agent: AgentId | None
    is_ai: bool
    keeps_draft: bool
    asked_at: float
    clock_offset: float
    """How far our clock was ahead of this host's monotonic one; what it learns later moves `asked_at`, too."""


class _Outcome(Struct, frozen=True):
    """How a send ended."""

    delivery: Delivery
    reason: str = ""
    is_out_of_replies: bool = False
    """WeChat takes no more replies to this customer."""


class Sending:
    """Sends in the name of an agent; messages to one customer leave in the order they were handed over."""

    def __init__(
        self,
        client: "KfClient",
        archive: "Archive",
        store: Store,
        clock: ServerClock,
        typing_state: TypingState,
        *,
        me: AgentId | None,
    ) -> None:
        self._client = client
        self._archive = archive
        self._store = store
        self._clock = clock
        self._typing_state = typing_state
        self._me = me
        self._lines: dict[CustomerId, list[asyncio.Event]] = {}
        """By customer, whose turn is when: the first in line may go, and the event tells it."""
        self._being_replaced: set[MessageId] = set()
        self.asked_for: set[CustomerId] = set()
        """To whom WeChat was asked to send something in this run, whatever came of it."""
        self.failures: dict[MessageId, KfError] = {}
        """Why messages of this run were not taken, with WeChat's codes; the messages have the words alone."""

    async def send(
        self,
        openid: CustomerId,
        content: Content | str,
        *,
        agent: AgentId | None = None,
        is_ai: bool = False,
        replaces: MessageId | None = None,
        keeps_draft: bool = False,
    ) -> Message:
        """Send a text, or another content, and return the message as it ended: sent, refused or unknown.

        Args:
            openid: To whom.
            content: What; a str is a text.
            agent: In whose name; ours by default.
            is_ai: Let WeChat tell the customer that a machine wrote it.
            replaces: The undelivered message this one is sent in place of; it leaves the draft alone.
            keeps_draft: It was not written in the composer: what somebody writes there stays.

        Raises:
            NotPossible: Nothing was begun: something is empty or too long, or `replaces` cannot be replaced.
            OutcomeNotKept: WeChat was asked, but the archive failed afterwards; the desk shows the outcome.
            ArchiveError: Nothing was begun.
        """
        if isinstance(content, str):
            content = Text(content)
        if isinstance(content, Text):
            content = Text(clean(content.text))  # what is measured is what the archive keeps and what is sent
            rules.check_text(content.text)
        begin = _Begin(
            openid,
            content,
            agent or self._me,
            is_ai,
            keeps_draft or replaces is not None,
            self._clock.now(),
            self._clock_offset(),
        )
        outgoing.message(openid, content, begin.agent, is_ai=is_ai)  # what cannot be written down is never begun
        if replaces is None:
            return await self._send(begin, None)
        if replaces in self._being_replaced:
            raise NotPossible(_("This message is already being sent again."))
        self._being_replaced.add(replaces)
        try:
            return await self._send(begin, await self._replaceable(replaces, openid))
        finally:
            self._being_replaced.discard(replaces)

    async def resend(self, message_id: MessageId) -> Message:
        """Send what an undelivered message held again, to the same customer, as a new message."""
        message = await self._undecided(message_id)
        content = await self._archive.content_of(message_id)
        return await self.send(message.openid, content, is_ai=message.is_ai, replaces=message_id)

    async def dismiss(self, message_id: MessageId) -> Message:
        """Leave an undelivered message as it is, and ask no more."""
        message = await self._undecided(message_id)
        dismissed = await self._archive.dismiss(message_id)
        self._store.apply(MessagesSeen((dismissed,)))
        await self._refresh_contact(message.openid)
        return dismissed

    async def _undecided(self, message_id: MessageId) -> Message:
        message = await self._archive.message(message_id)
        if message is None:
            raise NotPossible(_("This message is no longer in the archive."))
        if not message.needs_decision:
            raise NotPossible(
                _("This message needs no decision."),
                hint=_("Only messages that were refused, or whose outcome is unknown, can be sent again or dismissed."),
            )
        return message

    async def _replaceable(self, message_id: MessageId, openid: CustomerId) -> Message:
        message = await self._undecided(message_id)
        if message.openid != openid:
            raise NotPossible(_("A message is never sent again to another customer."))
        return message

    async def _send(self, begin: _Begin, replaced: Message | None) -> Message:
        openid = begin.openid
        line, turn = self._lines.setdefault(openid, []), asyncio.Event()
        line.append(turn)
        line[0].set()
        try:
            message = await self._begin(begin, replaced)
            self._show_begun(message, begin, replaced)
            return await self._deliver(message, begin, turn)
        finally:
            line.remove(turn)  # who gives up early lets nobody behind overtake those before
            if line:
                line[0].set()
            else:
                del self._lines[openid]

    async def _begin(self, begin: _Begin, replaced: Message | None) -> Message:
        """Store the message; a caller who is gone by then leaves it refused, as it never left."""
        replaces = replaced.id if replaced else None
        begun = asyncio.ensure_future(
            self._archive.begin_send(
                begin.openid,
                begin.agent,
                begin.content,
                begin.asked_at,
                is_ai=begin.is_ai,
                replaces=replaces,
                keeps_draft=begin.keeps_draft,
            )
        )
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            await asyncio.wait((begun,))
            if not begun.cancelled() and begun.exception() is None:
                self._show_begun(begun.result(), begin, replaced)
                await to_the_end(self._settle(begun.result(), begin, _never_left()))
            raise

    def _show_begun(self, message: Message, begin: _Begin, replaced: Message | None) -> None:
        known = self._store.desk.contacts.get(message.openid) or Contact(message.openid)
        contact = replace(
            known,
            draft=known.draft if begin.keeps_draft else "",
            last_message=message,
            windows=tuple(replace(window, sent=window.sent + 1) for window in known.windows),
            undelivered=max(0, known.undelivered - 1) if replaced else known.undelivered,
        )
        dismissed = (replace(replaced, is_dismissed=True),) if replaced else ()
        self._store.apply(MessagesSeen((*dismissed, message)), ContactsSeen({message.openid: contact}))

    async def _deliver(self, message: Message, begin: _Begin, turn: asyncio.Event) -> Message:
        try:
            await turn.wait()
        except asyncio.CancelledError:
            await to_the_end(self._settle(message, begin, _never_left()))
            raise
        try:
            outcome = await self._ask_wechat(message)
        except asyncio.CancelledError:
            stopped = _Outcome(Delivery.UNKNOWN, _("Stopped before WeChat answered."))
            await to_the_end(self._settle(message, begin, stopped))
            raise
        return await to_the_end(self._settle(message, begin, outcome))

    async def _ask_wechat(self, message: Message) -> _Outcome:
        self._typing_state.sent(message.openid)
        self.asked_for.add(message.openid)
        try:
            content = message.content or Text(message.text)
            await self._client.send(message.openid, content, message.agent or None, is_ai=message.is_ai)
        except KfError as error:  # not of WeChat's only: a command that should print the secret may fail
            self.failures[message.id] = error
            is_unknown = isinstance(error, Unavailable) and error.may_have_arrived
            is_out_of_replies = isinstance(error, ApiError) and error.code in OUT_OF_REPLIES
            return _Outcome(Delivery.UNKNOWN if is_unknown else Delivery.REFUSED, _reason(error), is_out_of_replies)
        return _Outcome(Delivery.SENT)

    async def _settle(self, message: Message, begin: _Begin, outcome: _Outcome) -> Message:
        learned_seconds = self._clock_offset() - begin.clock_offset
        was_clock_wrong = abs(learned_seconds) > CLOCK_SHIFT_SECONDS
        try:
            settled = await self._archive.settle(
                message.id,
                outcome.delivery,
                outcome.reason,
                is_out_of_replies=outcome.is_out_of_replies,
                asked_at=begin.asked_at + learned_seconds if was_clock_wrong else None,
            )
        except ArchiveError as error:
            shown = replace(message, delivery=outcome.delivery, reason=outcome.reason)
            self._store.apply(MessagesSeen((shown,)))
            raise OutcomeNotKept(
                _("WeChat was asked to send the message, but the outcome could not be stored: {reason}").format(
                    reason=error.message
                ),
                hint=_("The conversation shows the outcome until the console ends. Do not send it again unseen."),
            ) from error
        self._store.apply(MessagesSeen((settled,)))
        await self._refresh_contact(message.openid)
        return settled

    def _clock_offset(self) -> float:
        return self._clock.now() - self._clock.monotonic()

    async def _refresh_contact(self, openid: CustomerId) -> None:
        # The act itself is stored: an archive that fails only now shows up in the next question of a feed.
        with suppress(ArchiveError):
            self._store.apply(ContactsSeen(await self._archive.contacts((openid,))))


def _reason(error: KfError) -> str:
    return sentences(error.message, error.hint)


def _never_left() -> _Outcome:
    return _Outcome(Delivery.REFUSED, _("Stopped before it was sent."))
