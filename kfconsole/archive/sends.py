"""The outbox as the other rooms see it: what is to be sent, what is on its way, and what became of it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kfconsole.archive import acts, drafts, outbox
from kfconsole.archive.place import Place
from kfconsole.archive.process import Process
from kfconsole.content import Content, Text
from kfconsole.model import AgentId, CustomerId, Deed, Delivery, Message, MessageId

if TYPE_CHECKING:
    from sqlite3 import Connection


class Sends:
    """What the archive does with messages of ours; `Archive` fills in what it stands on."""

    _place: Place
    _wall: Callable[[], float]

    def _identity(self) -> Process:
        raise NotImplementedError

    async def begin_send(
        self,
        openid: CustomerId,
        agent: AgentId | None,
        content: Content | str,
        at: float,
        *,
        is_ai: bool = False,
        replaces: MessageId | None = None,
        keeps_draft: bool = False,
    ) -> Message:
        """Store one message as being sent; see `begin_sends`."""
        (message,) = await self.begin_sends(
            openid, agent, (content,), at, is_ai=is_ai, replaces=replaces, keeps_draft=keeps_draft
        )
        return message

    async def begin_sends(
        self,
        openid: CustomerId,
        agent: AgentId | None,
        sent: Sequence[Content | str],
        at: float,
        *,
        state: Delivery = Delivery.SENDING,
        is_ai: bool = False,
        replaces: MessageId | None = None,
        keeps_draft: bool = False,
        deeds: Sequence[Deed] = (),
    ) -> tuple[Message, ...]:
        """Store messages as prepared, or as being sent, before anybody asks WeChat to send them.

        In the same transaction `replaces`, if undelivered, is dismissed; without it the customer's draft is cleared
        that was written here, or says the beginning of this, as the messages were written there, unless `keeps_draft`
        says that they came from elsewhere. A caller cancelled meanwhile leaves the messages behind as they are, so it
        should be shielded. `deeds`, for messages that leave at once, are what it will be that each is sent: they are
        kept as being done, too, see `begin_deed`.
        """
        process = self._identity()
        held = [Text(content) if isinstance(content, str) else content for content in sent]
        return await self._place.write(
            lambda connection: outbox.begin_sends(
                connection,
                openid,
                agent,
                held,
                at,
                state=state,
                is_ai=is_ai,
                process=process,
                replaces=None if replaces is None else self._place.number(replaces),
                keeps_draft=keeps_draft,
                deeds=deeds,
            )
        )

    async def release(self, message_id: MessageId, at: float, deed: Deed | None = None) -> Message:
        """Store that a prepared message is being sent now, before WeChat is asked to.

        Args:
            message_id: Of the message.
            at: When.
            deed: What it will be that it is sent, kept as being done in the same transaction.

        Raises:
            NotPossible: It is prepared no more.
        """
        process = self._identity()
        return await self._place.write(
            lambda connection: outbox.release(connection, self._place.number(message_id), at, process, deed)
        )

    async def take_back(self, openid: CustomerId, message_ids: Sequence[MessageId], draft: str) -> tuple[Message, ...]:
        """Leave prepared messages unsent and put their words into the draft, in one transaction.

        Args:
            openid: Whose they are.
            message_ids: The messages.
            draft: All that shall stand in the draft; empty leaves it.
        """
        process, at = self._identity(), self._wall()
        return await self._place.write(
            lambda connection: outbox.take_back(
                connection, openid, [self._place.number(message_id) for message_id in message_ids], draft, process, at
            )
        )

    async def settle(
        self,
        message_id: MessageId,
        delivery: Delivery,
        reason: str = "",
        *,
        is_out_of_replies: bool = False,
        asked_at: float | None = None,
    ) -> Message:
        """Store the outcome of a send; one confirmed by WeChat's records stays confirmed, unless it was refused.

        Args:
            message_id: Of the send.
            delivery: How it ended.
            reason: Why it was refused, or what was lost.
            is_out_of_replies: WeChat refused it because it takes no more replies to this customer.
            asked_at: When it was sent, if the clock is known by now to have been wrong; it moves to its true place.
        """
        return await self._place.write(
            lambda connection: outbox.settle(
                connection,
                self._place.number(message_id),
                delivery,
                reason,
                is_out_of_replies=is_out_of_replies,
                asked_at=asked_at,
            )
        )

    async def settle_orphans(self) -> tuple[Message, ...]:
        """Settle what consoles had in their hands when they ended: prepared, it never left; else nobody knows.

        What else they had begun becomes deeds.
        """
        process = self._identity()

        def gone(connection: "Connection") -> tuple[str, ...]:
            newest: dict[str, float] = {}
            for found in (drafts.writing(connection, process), outbox.sending(connection), acts.doing(connection)):
                newest.update({of: max(at, newest.get(of, at)) for of, at in found.items()})
            return outbox.gone(newest, self._wall())

        def settle(connection: "Connection") -> tuple[Message, ...]:
            acts.settle(connection, processes)
            return outbox.settle_orphans(connection, processes)

        processes = await self._place.read(gone)
        if not processes:
            return ()
        return await self._place.write(settle)

    async def dismiss(self, message_id: MessageId) -> Message:
        """Leave a message undelivered; one that arrived after all stays as it is."""
        return await self._place.write(lambda connection: outbox.dismiss(connection, self._place.number(message_id)))
