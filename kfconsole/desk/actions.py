"""Everything a person does at the desk; keys and command line call the same.

Each act checks first, raises KfError when nothing was done, and otherwise returns what is true. All that reaches
WeChat, and all that others see or rely on, is refused here in a read-only console. Reading, and drafts, which nobody
else sees, are not. What was done is noted (`deeds`), without the words of messages.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from kfconsole.content import Content
from kfconsole.desk.checking import Checking
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.deeds import Deeds
from kfconsole.desk.gaps import KEEP_DAYS
from kfconsole.desk.holders import Holders
from kfconsole.desk.managing import Managing
from kfconsole.desk.managing_acts import ManagingActs
from kfconsole.desk.owing import Owing
from kfconsole.desk.people import check_alias, check_tags
from kfconsole.desk.read_only import ReadOnly, refusal
from kfconsole.desk.reading import HistoryDay, Reading
from kfconsole.desk.sending import Decide, Sending
from kfconsole.desk.serving import Serving
from kfconsole.desk.store import Store
from kfconsole.desk.supervising import Rota, Supervising
from kfconsole.desk.transfer_ends import TransferEnds
from kfconsole.desk.transferring import Tell, Transfer, Transferring
from kfconsole.desk.typing_state import TypingState
from kfconsole.desk.undoing import Undoing
from kfconsole.desk.uploads import Uploads
from kfconsole.desk.waking import Sleep
from kfconsole.errors import KfError, NotPossible
from kfconsole.i18n import _
from kfconsole.model import (
    AgentId,
    Conversation,
    CustomerId,
    Message,
    MessageId,
    SearchPage,
    SearchQuery,
    Session,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from kfconsole.archive import Archive
    from kfconsole.desk.poller import Poller
    from kfconsole.wechat import KfClient


class Actions(Supervising, ManagingActs):
    """What one person, or one command, may do at the desk."""

    def __init__(
        self,
        client: "KfClient",
        archive: "Archive",
        store: Store,
        clock: ServerClock,
        *,
        me: AgentId | None,
        poller: "Poller | None" = None,
        read_only: bool = False,
        read_only_by: ReadOnly = ReadOnly.SETTING,
        keep_days: float = KEEP_DAYS,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._archive = archive
        self._store = store
        self._me = me
        self._clock, self._rota, self._owing = clock, Rota(), Owing(archive, store, sleep=sleep)
        self._read_only: ReadOnly | None = read_only_by if read_only else None
        self._typing_state = TypingState(client, store, clock, sleep=sleep)
        self._holders = holders = Holders(client, store, clock, poller)
        self._checking = Checking(client, archive, store, clock, holders, me=me, sleep=sleep)
        self._reading = Reading(client, archive, store, clock, keep_days=keep_days)
        self._sending = Sending(client, archive, store, clock, self._typing_state, self._checking, me=me)
        self._serving = Serving(client, store, holders, me=me)
        transferring = Transferring(client, store, clock, holders, sleep=sleep)
        self._managing = Managing(client, store, clock, poller)
        self._uploads = Uploads(self.upload_media, store, clock)
        self._deeds = Deeds(archive, clock, me, self._sending.failures)
        self._undoing = Undoing(self._serving, store, clock)
        self._transfers = TransferEnds(transferring, holders, self._undoing, self._deeds, archive, clock, sleep=sleep)

    async def run(self, *, is_console: bool = False) -> None:
        """Make the calls nobody waits for, and note what was done, until cancelled.

        Args:
            is_console: Note when this begins and ends, too.
        """
        async with asyncio.TaskGroup() as group:
            if is_console:
                group.create_task(self._deeds.begin(self._read_only), name="start")
            group.create_task(self._typing_state.run(), name="typing")
            group.create_task(self._deeds.run(), name="deeds")
            group.create_task(self._transfers.run(), name="forgotten transfers")
            group.create_task(self._owing.run(), name="owed")

    async def finish(self) -> None:
        """End what must not stop half-way, and note what was done; await it before client and archive are closed."""
        await self._transfers.finish()
        await self._deeds.finish()

    @property
    def read_only(self) -> ReadOnly | None:
        """What made this console read-only; None: it is not."""
        return self._read_only

    def become_read_only(self) -> None:
        """Change nothing any more from now on, until this console ends; what was begun ends by itself."""
        if self._read_only is None:
            self._read_only = ReadOnly.SWITCHED
            self._typing_state.forget()
            self._deeds.note("read_only")

    # Reading

    async def open(self, openid: CustomerId) -> None:
        """Put a conversation on screen and count it as read."""
        await self._reading.open(openid)

    async def look_on(self, openid: CustomerId, limit: int) -> Conversation:
        """Return the newest messages of a conversation, which leaves no trace anywhere."""
        return await self._reading.look_on(openid, limit)

    async def open_at(self, message: Message) -> bool:
        """Put a conversation on screen where a message stands in it; False when too much was said since."""
        return await self._reading.open_at(message)

    async def count_as_read(self, openid: CustomerId) -> None:
        """Count all messages a customer has by now as read."""
        await self._reading.count_as_read(openid)

    async def load_older(self) -> None:
        """Add the messages before the oldest on screen."""
        await self._reading.load_older()

    async def look_at_gap(self, gap: tuple[float, float] | None) -> None:
        """Fill a gap of the open conversation that came into view; None: none is in view any more."""
        await self._reading.look_at_gap(gap)

    async def fill_gap_again(self) -> None:
        """Go on where filling a gap of the open conversation failed, or found nothing for days."""
        await self._reading.fill_gap_again()

    async def leave(self) -> None:
        """Take the conversation off the screen."""
        self._reading.leave()

    async def history(self, openid: CustomerId, start_at: float, end_at: float) -> HistoryDay:
        """Return a customer's messages of a span, asking WeChat for what the archive never saw."""
        return await self._reading.history(openid, start_at, end_at)

    async def kept(self, openid: CustomerId, start_at: float, end_at: float) -> HistoryDay:
        """Return what the archive has of a customer's messages of a span, without asking WeChat."""
        return await self._reading.kept(openid, start_at, end_at)

    async def search(self, query: SearchQuery, *, before: Message | None = None, limit: int = 50) -> SearchPage:
        """Return the newest messages found, or those found before a message."""
        page = await self._reading.search(query, before, limit)
        await self.know({message.openid for message in page.messages})
        return page

    async def gaps(self, start_at: float, end_at: float) -> tuple[tuple[float, float], ...]:
        """Return what was never fetched from WeChat of a span, as far back as messages are kept, oldest first."""
        return await self._reading.gaps(start_at, end_at)

    # Serving

    async def accept(self, openid: CustomerId, agent: AgentId | None = None) -> Session:
        """Give a customer to an agent, ourselves by default; see `Serving.accept`."""
        self._check_writable()
        act, whom = self._giving(agent)
        with self._serving.claimed(openid):
            work = self._serving.accept(openid, agent)
            session = await self._deeds.noted(act, work, openid=openid, details=whom)
        return await self._accepted(session)

    async def accept_next(self, agent: AgentId | None = None) -> Session:
        """Give the longest waiting customer to an agent; see `Serving.accept_next`."""
        self._check_writable()
        act, whom = self._giving(agent)
        work = partial(self._serving.accept_next, agent)
        return await self._accepted(await self._deeds.noted_of_one(act, work, details=whom))

    async def close(self, openid: CustomerId, agent: AgentId | None = None) -> None:
        """End a customer's session, whoever holds it, or this agent's; see `Serving.close`."""
        self._check_writable()
        work = self._serving.close(openid, agent)
        self._undoing.closed(openid, await self._deeds.noted("close", work, openid=openid, details=agent or ""))

    async def undo_close(self) -> Session:
        """Take the last close from here back, for the same customer and agent; see `Undoing`."""
        self._check_writable()
        ended = self._undoing.newest()
        noted = partial(self._deeds.noted, "undo_close", openid=ended.openid, details=ended.agent)
        session = await self._undoing.take_back(ended, noted)
        await self._owing.accepted(session)
        return session

    async def transfer(
        self,
        openid: CustomerId,
        target: AgentId,
        *,
        giver: AgentId | None = None,
        tell: Tell = lambda _step: None,
    ) -> Transfer:
        """Hand a customer to another agent; see `Transferring`. It ends even when whoever awaits it stops."""
        self._check_writable()
        return await self._transfers.transfer(openid, target, giver, tell)

    async def end_transfers(self) -> None:
        """Wait until nobody is being handed over any more."""
        await self._transfers.finish()

    @property
    def is_transferring(self) -> bool:
        """Whether a customer is being handed over."""
        return self._transfers.is_under_way

    def left_alone(self) -> tuple[Transfer, ...]:
        """Return the transfers from here whose customers nobody has."""
        return self._transfers.left_alone()

    # Sending

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
        """Send a text, or another content, and return the message as it ended; see `Sending.send`."""
        self._check_answering(agent)
        work = partial(self._sending.send, openid, content, agent=agent, is_ai=is_ai, replaces=replaces)
        return await self._deeds.sent(lambda deed: work(keeps_draft=keeps_draft, deed=deed), openid, content, agent)

    def check_answering(self) -> None:
        """Refuse at once what `send` would refuse whatever it is given.

        Raises:
            NotPossible: This console is read-only, or answers as nobody.
        """
        self._check_answering()

    async def send_each(
        self, openid: CustomerId, contents: Sequence[Content | str], *, decide: Decide, keeps_draft: bool = False
    ) -> tuple[Message, ...]:
        """Send messages in order, each after a look at what changed meanwhile; see `Sending.send_each`."""
        self._check_answering()
        work = partial(self._sending.send_each, openid, contents, decide=decide, keeps_draft=keeps_draft)
        return await self._deeds.sent_each(lambda deeds: work(deeds=deeds), openid, contents)

    async def take_back(self, openid: CustomerId, message_ids: Sequence[MessageId], draft: str) -> None:
        """Leave messages that wait to go unsent; `draft` is what the customer's draft is from then on."""
        await self._sending.take_back(openid, message_ids, draft)

    def failure_of(self, message_id: MessageId) -> KfError | None:
        """Return why a message of this run was not taken, with WeChat's code."""
        return self._sending.failures.get(message_id)

    def may_have_sent(self, openid: CustomerId) -> bool:
        """Whether WeChat was asked in this run to send a customer anything: what one who was interrupted can tell."""
        return openid in self._sending.asked_for

    async def resend(self, message_id: MessageId, *, decide: Decide | None = None) -> Message:
        """Send an undelivered message again, to the same customer, as a new message, in our own name.

        Whoever decides that it goes out answers for it; a machine's words stay marked as such.
        """
        self._check_answering()
        work = partial(self._sending.resend, message_id, decide=decide)
        return await self._deeds.resent(lambda deed: work(deed=deed), message_id)

    async def dismiss(self, message_id: MessageId) -> Message:
        """Leave an undelivered message as it is, and ask no more."""
        self._check_writable()
        return await self._deeds.noted("dismiss", self._sending.dismiss(message_id), details=f"message {message_id}")

    async def save_draft(self, openid: CustomerId, text: str) -> None:
        """Keep what is being written to a customer; an empty text deletes it."""
        await self._archive.save_draft(openid, text)
        await self._reading.refresh_contacts((openid,))

    async def take_draft(self, openid: CustomerId, text: str) -> None:
        """Go on with a draft of a console that ended, if it is still this one."""
        await self._archive.take_draft(openid, text)

    async def save_form(self, openid: CustomerId, form: str, values: Mapping[str, str] | None) -> None:
        """Keep what stands in the lines of a form; None: nothing any more."""
        await self._archive.save_form(openid, form, values)

    async def take_form(self, openid: CustomerId, form: str) -> dict[str, str] | None:
        """Return what was filled in of a form before, to go on with it."""
        return await self._archive.take_form(openid, form)

    async def forget_form(self, openid: CustomerId, form: str, values: Mapping[str, str]) -> None:
        """Forget what was filled in of a form, unless it is something else by now."""
        await self._archive.forget_form(openid, form, values)

    async def describe(
        self, openid: CustomerId, *, alias: str | None = None, tags: "Sequence[str] | None" = None
    ) -> None:
        """Keep what we call a customer, and our words for them; colleagues on this archive see them.

        Args:
            openid: The customer.
            alias: Empty: none any more; None: as before.
            tags: All of ours, without WeChat's, which stay; None: as before.

        Raises:
            NotPossible: This console is read-only, something is too long, or a tag would be taken for one of WeChat's.
        """
        self._check_writable()
        check_alias(alias or "")
        check_tags(tags or ())
        changed = " ".join(name for name, value in (("alias", alias), ("tags", tags)) if value is not None)
        work = self._archive.describe(openid, alias=alias, tags=tags)
        await self._deeds.noted("describe", work, openid=openid, details=changed)
        await self._reading.refresh_contacts((openid,))

    async def know(self, openids: "Collection[CustomerId]") -> None:
        """Let the desk know of customers who are in none of its lists, such as those of messages found."""
        if unknown := [openid for openid in openids if openid not in self._store.desk.contacts]:
            await self._reading.refresh_contacts(unknown)

    # Typing

    async def set_typing(self, openid: CustomerId, *, cancel: bool = False) -> None:
        """Show the customer that somebody is writing, or show it no more; raises what WeChat says."""
        self._check_writable()
        work = self._typing_state.show(openid, cancel=cancel)
        said = "cancel" if cancel else ""  # over in seconds, whatever becomes of us, so no disk stands before it
        await self._deeds.noted("typing", work, openid=openid, details=said, is_announced=False)

    def writing(self, openid: CustomerId) -> None:
        """Somebody is writing to this customer; never blocks, never fails."""
        if self._read_only is None and self._me is not None:
            self._checking.begin(openid)
            self._typing_state.writing(openid)

    def emptied(self, openid: CustomerId) -> None:
        """What was being written was deleted."""
        self._checking.forget(openid)
        self._typing_state.stopped(openid)

    def left(self, openid: CustomerId) -> None:
        """Whoever was writing left the composer."""
        self._typing_state.stopped(openid)

    def typing_seconds(self, openid: CustomerId) -> float:
        """How long a customer still sees that somebody is writing, as far as we asked for it."""
        return self._typing_state.seconds_left(openid)

    async def stop_typing(self) -> None:
        """Show nobody any more that somebody is writing: this console ends, which is noted."""
        self._deeds.end()
        await self._typing_state.end()

    def check_writable(self) -> None:
        """Refuse at once what a read-only console would refuse whatever it is asked to change.

        Raises:
            NotPossible: It is one.
        """
        self._check_writable()

    def _giving(self, agent: AgentId | None) -> tuple[str, str]:
        """Return as what it is noted that an agent is given somebody, and whom it names."""
        return ("accept", "") if agent in (None, self._me) else ("assign", agent or "")

    def _check_writable(self) -> None:
        if self._read_only is not None:
            raise refusal(self._read_only)

    def _check_answering(self, agent: AgentId | None = None) -> None:
        self._check_writable()
        if agent is None and self._me is None:
            raise NotPossible(
                _("This console answers as nobody."),
                hint=_("Set kf_account under [me] in the settings to reply."),
            )
