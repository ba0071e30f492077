"""Canned replies: from the file into the composer. Nothing is ever sent by them."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual import work
from textual.worker import WorkerError

from kfconsole.desk import rules
from kfconsole.i18n import _
from kfconsole.model import CustomerId
from kfconsole.text import one_line
from kfconsole.ui.acts.replying import ReplyActs

if TYPE_CHECKING:
    from kfconsole.canned import Filled, Library, Reply, Values


class CannedActs(ReplyActs):
    """What brings canned replies into the composer."""

    canned_library: "Library | None" = None
    """The file as it was read last."""
    canned_used: Mapping[str, int] = MappingProxyType({})
    """Which replies were used in this run, by name: the greater, the later."""

    def action_canned(self) -> None:
        """Offer canned replies to write with; from outside the composer, first go there as a reply does."""
        if self.focused is self.composer and self.composer.openid is not None:
            self.offer_canned(self.composer.openid)
            return
        openid = self.subject()
        self.action_reply()
        if self.focused is self.composer and self.composer.openid == openid is not None:
            self.offer_canned(openid)
        elif openid is not None:
            self.offer_after_question(openid)

    @work(group="canned", exclusive=True)
    async def offer_after_question(self, openid: CustomerId) -> None:
        """Offer canned replies once the composer is open, if it is."""
        for worker in [worker for worker in self.workers if worker.group == "reply" and worker.node is self]:
            try:
                await worker.wait()
            except WorkerError:
                return
        if self.focused is self.composer and self.composer.openid == openid and self.is_active:
            self.offer_canned(openid)

    def offer_canned(self, openid: CustomerId) -> None:
        """Open the picker above the composer; at once, so that it gets the keys behind this one."""
        from kfconsole.ui.canned import CannedPicker

        self.app.push_screen(CannedPicker(self, openid))

    def canned_values(self, openid: CustomerId) -> "Values":
        """What the variables stand for in a reply to a customer now."""
        from kfconsole.canned import Values

        contact = self.desk.contacts.get(openid)
        agent = None if self.desk.me is None else rules.find_agent(self.desk, self.desk.me)
        return Values(
            customer=contact.name if contact else "",
            agent=one_line(agent.nick) if agent else "",
            at=datetime.fromtimestamp(self.app.clock.now(), self.app.zone),
        )

    def insert_canned(self, openid: CustomerId, reply: "Reply", filled: "Filled") -> bool:
        """Put a text where the cursor is; what nothing was known for is selected, to be written over."""
        composer = self.composer
        if composer.openid != openid:
            self.tell(_("Another conversation is open now: the canned reply was not inserted."), is_bad=True)
            return False
        start, end = sorted(composer.selection)
        result = composer.replace(filled.text, start, end)
        composer.move_cursor(result.end_location)
        self.canned_used = {**self.canned_used, reply.name: max(self.canned_used.values(), default=0) + 1}
        if filled.unresolved:
            before = len(composer.get_text_range((0, 0), start))
            self.select_span(*(before + place for place in filled.unresolved[0]))
            self.tell_unresolved(filled.text[slice(*filled.unresolved[0])])
        return True

    def tell_unresolved(self, variable: str) -> None:
        """Say what has to be written in place of a variable."""
        self.tell(
            _("Nothing is known for {variable}: write what it shall say, or delete it.").format(variable=variable),
            is_bad=True,
        )
