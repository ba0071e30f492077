"""Sending replies: into the archive first, to WeChat once, and the outcome is never guessed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.content import Content, Text
from kfconsole.desk import rules
from kfconsole.desk.checking import Beginning, Checking, Doubt
from kfconsole.desk.clock import CLOCK_SHIFT_SECONDS, ServerClock
from kfconsole.desk.facts import ContactsSeen, MessagesSeen
from kfconsole.desk.store import Store
from kfconsole.desk.turns import Turns
from kfconsole.desk.typing_state import TypingState
from kfconsole.desk.waking import to_the_end
from kfconsole.errors import ApiError, ArchiveError, KfError, NotPossible, OutcomeNotKept, Unavailable
from kfconsole.i18n import _, sentences
from kfconsole.model import AgentId, Contact, CustomerId, Deed, Delivery, Message, MessageId, Window
from kfconsole.text import clean
from kfconsole.wechat import outgoing
from kfconsole.wechat.codes import CODE

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.wechat import KfClient

OUT_OF_REPLIES = frozenset({CODE.WINDOW_CLOSED, CODE.REPLIES_USED_UP})

Decide = Callable[[Doubt, tuple[Message, ...]], Awaitable[bool]]
"""Asks whoever writes whether messages shall leave all the same; who says no has taken them back by then."""


class _Begin(Struct, frozen=True):
    """What is to be sent, to whom, and as whom."""

    openid: CustomerId
    contents: tuple[Content, ...]
    agent: AgentId | None
    is_ai: bool
    keeps_draft: bool
    asked_at: float
    clock_offset: float
    """How far our clock was ahead of this host's monotonic one; what it learns later moves `asked_at`, too."""
    deeds: tuple[Deed, ...] = ()
    """What it will be that each is sent: kept in the moment in which it leaves, so that a kill hides none."""


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
        checking: Checking,
        *,
        me: AgentId | None,
    ) -> None:
        self._client = client
        self._archive = archive
        self._store = store
        self._clock = clock
        self._typing_state = typing_state
        self._checking = checking
        self._me = me
        self._turns = Turns()
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
        deed: Deed | None = None,
    ) -> Message:
        """Send a text, or another content, and return the message as it ended: sent, refused or unknown.

        Args:
            openid: To whom.
            content: What; a str is a text.
            agent: In whose name; ours by default.
            is_ai: Let WeChat tell the customer that a machine wrote it.
            replaces: The undelivered message this one is sent in place of; it leaves the draft alone.
            keeps_draft: It was not written in the composer: what somebody writes there stays.
            deed: What it will be that it is sent.

        Raises:
            NotPossible: Nothing was begun: something is empty or too long, or `replaces` cannot be replaced.
            OutcomeNotKept: WeChat was asked, but the archive failed afterwards; the desk shows the outcome.
            ArchiveError: Nothing was begun.
        """
        keeps_draft = keeps_draft or replaces is not None
        deeds = () if deed is None else (deed,)
        begin = self._checked(openid, (content,), agent, is_ai=is_ai, keeps_draft=keeps_draft, deeds=deeds)
        if replaces is None:
            return await self._send(begin, None)
        return await self._replace(begin, replaces, None)

    async def send_each(
        self,
        openid: CustomerId,
        contents: Sequence[Content | str],
        *,
        decide: Decide,
        keeps_draft: bool = False,
        deeds: Sequence[Deed] = (),
    ) -> tuple[Message, ...]:
        """Send messages in order, all stored at once and each looked at before it leaves; return how they ended.

        Behind one that did not surely arrive none leaves: those are refused.

        Args:
            openid: To whom.
            contents: What; a str is a text.
            decide: Whom to ask where something speaks against sending.
            keeps_draft: They were not written in the composer.
            deeds: What it will be that each is sent.

        Raises:
            NotPossible: Nothing was begun: one of them is empty or too long.
            OutcomeNotKept: See `send`.
            ArchiveError: Nothing was begun.
        """
        begin = self._checked(openid, contents, None, is_ai=False, keeps_draft=keeps_draft, deeds=deeds)
        beginning = self._checking.take(openid)
        async with self._turns.of(openid) as turn:
            return await self._send_looking(begin, beginning, turn, decide)

    def _checked(
        self,
        openid: CustomerId,
        contents: Sequence[Content | str],
        agent: AgentId | None,
        *,
        is_ai: bool,
        keeps_draft: bool,
        deeds: Sequence[Deed] = (),
    ) -> _Begin:
        """Return what can be sent; what WeChat would refuse as it is, or cannot be written down, is never begun."""
        checked: list[Content] = []
        for content in contents:
            if isinstance(content, str):
                content = Text(content)
            if isinstance(content, Text):
                content = Text(clean(content.text))  # what is measured is kept and sent
                rules.check_text(content.text)
            outgoing.message(openid, content, agent or self._me, is_ai=is_ai)
            checked.append(content)
        now, offset = self._clock.now(), self._clock.offset
        return _Begin(openid, tuple(checked), agent or self._me, is_ai, keeps_draft, now, offset, tuple(deeds))

    async def resend(self, message_id: MessageId, *, decide: Decide | None = None, deed: Deed | None = None) -> Message:
        """Send what an undelivered message held again, to the same customer, as a new message."""
        message = await self._undecided(message_id)
        content = await self._archive.content_of(message_id)
        deeds = () if deed is None else (replace(deed, openid=message.openid),)
        begin = self._checked(message.openid, (content,), None, is_ai=message.is_ai, keeps_draft=True, deeds=deeds)
        return await self._replace(begin, message_id, decide)

    async def _replace(self, begin: _Begin, replaces: MessageId, decide: Decide | None) -> Message:
        if replaces in self._being_replaced:
            raise NotPossible(_("This message is already being sent again."))
        self._being_replaced.add(replaces)
        try:
            replaced = await self._replaceable(replaces, begin.openid)
            if decide is None:
                return await self._send(begin, replaced)
            beginning = self._checking.current(begin.openid)
            async with self._turns.of(begin.openid) as turn:
                await turn.wait()
                if not await self._may_go(begin.openid, beginning, (), decide):
                    return replaced
                begin = replace(begin, asked_at=self._clock.now(), clock_offset=self._clock.offset)
                (message,) = await self._begin(begin, replaced)
                return await self._deliver(message, begin, turn)
        finally:
            self._being_replaced.discard(replaces)

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

    async def take_back(self, openid: CustomerId, message_ids: Sequence[MessageId], draft: str) -> None:
        """Leave messages that wait to go unsent, and keep in the same moment what stands in the draft by now."""
        taken = await self._archive.take_back(openid, message_ids, draft)
        self._store.apply(MessagesSeen(taken))
        await self._refresh_contact(openid)

    async def _send(self, begin: _Begin, replaced: Message | None) -> Message:
        async with self._turns.of(begin.openid) as turn:
            (message,) = await self._begin(begin, replaced)
            return await self._deliver(message, begin, turn)

    async def _send_looking(
        self, begin: _Begin, beginning: Beginning, turn: asyncio.Event, decide: Decide
    ) -> tuple[Message, ...]:
        openid = begin.openid
        if len(begin.contents) == 1 and turn.is_set() and self._checking.is_clear(openid, beginning):
            (message,) = await self._begin(begin, None)
            return (await self._deliver(message, begin, turn),)
        look = asyncio.ensure_future(self._checking.look(openid, beginning)) if turn.is_set() else None
        try:
            waiting = list(await self._begin(begin, None, Delivery.PREPARED))
            return await self._send_waiting(waiting, begin, beginning, turn, decide, look)
        finally:
            if look is not None:
                look.cancel()

    async def _send_waiting(
        self,
        waiting: list[Message],
        begin: _Begin,
        beginning: Beginning,
        turn: asyncio.Event,
        decide: Decide,
        look: "asyncio.Future[Doubt | None] | None",
    ) -> tuple[Message, ...]:
        """Let one after the other leave; whatever happens, those that did not are not left waiting."""
        ended: list[Message] = []
        try:
            await turn.wait()
            while waiting:
                if not await self._may_go(begin.openid, beginning, tuple(waiting), decide, look):
                    waiting.clear()
                    break
                look = None
                released = replace(begin, asked_at=self._clock.now(), clock_offset=self._clock.offset)
                deed = begin.deeds[len(ended)] if begin.deeds else None
                message = await to_the_end(self._release(waiting[0], released, deed))
                del waiting[0]
                ended.append(await self._ask_and_settle(message, released))
                if ended[-1].delivery not in (Delivery.SENT, Delivery.CONFIRMED):
                    break
        except asyncio.CancelledError:
            await to_the_end(self._refuse(waiting, _never_left().reason))
            raise
        except OutcomeNotKept:
            await self._refuse(waiting, _not_without_the_one_before())
            raise
        except KfError as error:  # of the archive: nothing was given to WeChat
            return (*ended, *await self._refuse(waiting, _reason(error)))
        return (*ended, *await self._refuse(waiting, _not_without_the_one_before()))

    async def _may_go(
        self,
        openid: CustomerId,
        beginning: Beginning,
        waiting: tuple[Message, ...],
        decide: Decide,
        look: "asyncio.Future[Doubt | None] | None" = None,
    ) -> bool:
        doubt = await (look or self._checking.look(openid, beginning))
        if doubt is None:
            return True
        if not await decide(doubt, waiting):
            return False
        self._checking.accept(doubt)
        return True

    async def _begin(
        self, begin: _Begin, replaced: Message | None, state: Delivery = Delivery.SENDING
    ) -> tuple[Message, ...]:
        """Store the messages and show them; a caller who is gone by then leaves them refused, as they never left."""
        begun = asyncio.ensure_future(
            self._archive.begin_sends(
                begin.openid,
                begin.agent,
                begin.contents,
                begin.asked_at,
                state=state,
                is_ai=begin.is_ai,
                replaces=replaced.id if replaced else None,
                keeps_draft=begin.keeps_draft,
                deeds=begin.deeds if state is Delivery.SENDING else (),
            )
        )
        try:
            messages = await asyncio.shield(begun)
        except asyncio.CancelledError:
            await asyncio.wait((begun,))
            if not begun.cancelled() and begun.exception() is None:
                self._show_begun(begun.result(), begin, replaced)
                await to_the_end(self._refuse(begun.result(), _never_left().reason))
            raise
        self._show_begun(messages, begin, replaced)
        return messages

    async def _release(self, message: Message, begin: _Begin, deed: Deed | None) -> Message:
        released = await self._archive.release(message.id, begin.asked_at, deed)
        self._show_released(released)
        return released

    async def _refuse(self, messages: Sequence[Message], reason: str) -> tuple[Message, ...]:
        """Settle messages that never left; what the archive cannot keep it settles when this console has ended."""
        refused: list[Message] = []
        for message in messages:
            try:
                refused.append(await self._archive.settle(message.id, Delivery.REFUSED, reason))
            except ArchiveError:
                refused.append(replace(message, delivery=Delivery.REFUSED, reason=reason))
        if refused:
            self._store.apply(MessagesSeen(tuple(refused)))
            await self._refresh_contact(refused[0].openid)
        return tuple(refused)

    def _show_begun(self, messages: Sequence[Message], begin: _Begin, replaced: Message | None) -> None:
        known = self._store.desk.contacts.get(begin.openid) or Contact(begin.openid)
        contact = replace(
            known,
            draft=known.draft if begin.keeps_draft else "",
            last_message=messages[-1],
            windows=_with_one_more(known) if messages[0].delivery is Delivery.SENDING else known.windows,
            undelivered=max(0, known.undelivered - 1) if replaced else known.undelivered,
        )
        dismissed = (replace(replaced, is_dismissed=True),) if replaced else ()
        self._store.apply(MessagesSeen((*dismissed, *messages)), ContactsSeen({begin.openid: contact}))

    def _show_released(self, message: Message) -> None:
        known = self._store.desk.contacts.get(message.openid) or Contact(message.openid)
        is_last = known.last_message is not None and known.last_message.id == message.id
        last = message if is_last else known.last_message
        contact = replace(known, last_message=last, windows=_with_one_more(known))
        self._store.apply(MessagesSeen((message,)), ContactsSeen({message.openid: contact}))

    async def _deliver(self, message: Message, begin: _Begin, turn: asyncio.Event) -> Message:
        try:
            await turn.wait()
        except asyncio.CancelledError:
            await to_the_end(self._settle(message, begin, _never_left()))
            raise
        return await self._ask_and_settle(message, begin)

    async def _ask_and_settle(self, message: Message, begin: _Begin) -> Message:
        try:
            outcome = await self._ask_wechat(message)
        except asyncio.CancelledError:
            stopped = _Outcome(Delivery.UNKNOWN, _("Stopped before WeChat answered."))
            await to_the_end(self._settle(message, begin, stopped))
            raise
        return await to_the_end(self._settle(message, begin, outcome))

    async def _ask_wechat(self, message: Message) -> _Outcome:
        self._typing_state.sending(message.openid)
        self.asked_for.add(message.openid)
        try:
            content = message.content or Text(message.text)
            await self._client.send(message.openid, content, message.agent or None, is_ai=message.is_ai)
        except KfError as error:  # not of WeChat's only: a command that should print the secret may fail
            self.failures[message.id] = error
            is_unknown = isinstance(error, Unavailable) and error.may_have_arrived
            is_out_of_replies = isinstance(error, ApiError) and error.code in OUT_OF_REPLIES
            return _Outcome(Delivery.UNKNOWN if is_unknown else Delivery.REFUSED, _reason(error), is_out_of_replies)
        self._typing_state.sent(message.openid)
        return _Outcome(Delivery.SENT)

    async def _settle(self, message: Message, begin: _Begin, outcome: _Outcome) -> Message:
        learned_seconds = self._clock.offset - begin.clock_offset
        was_clock_wrong = abs(learned_seconds) > CLOCK_SHIFT_SECONDS  # then so was the message's own time
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

    async def _refresh_contact(self, openid: CustomerId) -> None:
        # The act itself is stored: an archive that fails only now shows up in the next question of a feed.
        with suppress(ArchiveError):
            self._store.apply(ContactsSeen(await self._archive.contacts((openid,))))


def _reason(error: KfError) -> str:
    return sentences(error.message, error.hint)


def _never_left() -> _Outcome:
    return _Outcome(Delivery.REFUSED, _("Stopped before it was sent."))


def _not_without_the_one_before() -> str:
    return _("Not sent, because the message before it was not.")


def _with_one_more(contact: Contact) -> tuple[Window, ...]:
    return tuple(replace(window, sent=window.sent + 1) for window in contact.windows)
