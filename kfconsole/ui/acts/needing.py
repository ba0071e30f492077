"""Going to who needs an answer most."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from kfconsole.desk import ranking
from kfconsole.desk.ranking import Need, Reason
from kfconsole.i18n import _, listed, ngettext
from kfconsole.model import Contact, CustomerId
from kfconsole.ui import words
from kfconsole.ui.acts.base import DeskActs

if TYPE_CHECKING:
    from textual.worker import Worker

    from kfconsole.ui.panes import Pane
    from kfconsole.ui.rows import QueueRow, SessionRow

UNTOUCHED: Mapping[CustomerId, tuple[object, ...]] = MappingProxyType({})


class NeedActs(DeskActs):
    """Who needs me."""

    _visited = UNTOUCHED
    """How those looked at were when they were, the latest last."""

    def action_pane(self, name: str) -> None:
        """Focus a pane."""
        raise NotImplementedError

    def open_and_read(self, openid: CustomerId) -> "Worker[None]":
        """Open a conversation and put the focus there."""
        raise NotImplementedError

    def action_needs_me(self) -> None:
        """Go to the customer who needs an answer most, next time to the one after."""
        desk, clock = self.desk, self.app.clock
        now = clock.now()
        sessions = ranking.mine(desk)
        needs = ranking.needs_me(
            desk,
            now,
            clock.monotonic(),
            late_after=self.app.settings.limits_at(now).late_after,
            unanswered_since=ranking.unanswered(desk, sessions, self.app.alerting.unanswered_since),
            may_accept=ranking.may_accept(desk, desk.me, is_read_only=self.app.actions.read_only is not None),
        )
        need = ranking.next_need(needs, self._visited, desk.open.openid if desk.open else None)
        if need is None:
            self._visited = UNTOUCHED
            self.tell(_("Nobody needs you now."))
            return
        still = {one.openid for one in needs} - {need.openid}
        kept = {openid: mark for openid, mark in self._visited.items() if openid in still}
        self._visited = {**kept, need.openid: need.mark}
        self.go_to(need)
        self.tell(self.need_words(need, now))

    def go_to(self, need: Need) -> None:
        """Select the customer: in the queue, where they can be accepted, else with the conversation open."""
        if not need.is_waiting:
            self.select_in(self.lists.sessions, need.openid)
            self.lists.note_focus(self.lists.sessions)  # to be back there when the conversation is left
            self.asks(self.open_and_read(need.openid))
            return
        self.bring_conversation(False)
        self.select_in(self.lists.queue, need.openid)
        self.action_pane("queue")

    def select_in(self, pane: "Pane[QueueRow] | Pane[SessionRow]", openid: CustomerId) -> None:
        """Select a customer's row, also one that a filter hides."""
        if not pane.select(openid) and pane.filter:
            pane.filter = ""
            self.lists.show(self.desk, anew=True)
            pane.select(openid)

    def need_words(self, need: Need, now: float) -> str:
        """Say why this customer, and how long there is."""
        name = words.customer_name(self.desk, need.openid, self.app.glyphs)
        age = ("" if need.is_exact else self.app.glyphs.at_least) + words.age(now - need.since_at)
        contact = self.desk.contacts.get(need.openid)
        match need.reason:
            case Reason.UNDELIVERED:
                why = _undelivered(contact)
            case Reason.ENDING:
                why = _("WeChat soon stops routing")
            case Reason.UNREAD:
                count = contact.unread if contact is not None else 0
                why = ngettext("{count} message not read", "{count} messages not read", count).format(count=count)
            case _ if need.is_waiting:
                why = _("waiting for {age}").format(age=age)
            case _:
                why = _("no answer for {age}").format(age=age)
        facts = [why]
        if contact is not None and contact.undelivered and need.reason is not Reason.UNDELIVERED:
            facts.append(_undelivered(contact))
        if need.left_seconds is not None:
            facts.append(_("{time} left to reply").format(time=words.age(need.left_seconds)))
        if need.replies_left is not None and need.replies_left <= 1:
            facts.append(_("last reply") if need.replies_left else _("no reply left"))
        return _("{customer}: {facts}").format(customer=name, facts=listed(facts))


def _undelivered(contact: Contact | None) -> str:
    if contact is not None and contact.unknown >= contact.undelivered:
        return _("whether a message arrived is not known")
    return _("a message did not arrive")
