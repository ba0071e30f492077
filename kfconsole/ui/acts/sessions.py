"""Accepting customers, giving them to others, closing their sessions, and taking a close back."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import work

from kfconsole.desk import rules
from kfconsole.desk.waking import to_the_end
from kfconsole.errors import KfError
from kfconsole.i18n import N_, _, sentences
from kfconsole.model import AgentId, CustomerId
from kfconsole.ui import words
from kfconsole.ui.acts.base import DeskActs

if TYPE_CHECKING:
    from kfconsole.desk.transferring import Step

STEP_WORDS = {
    "checking": N_("1/3 looking who has them"),
    "closing": N_("2/3 closing the session with {giver}"),
    "opening": N_("3/3 beginning one with {target}"),
    "giving_back": N_("that failed, giving them back to {giver}"),
}
"""For each step of `desk.transferring`, which no start needs."""
HOLD_SECONDS = 2.0  # while WeChat answers, keys wait for who is accepted; longer, and the console seems dead
PATIENCE_SECONDS = 0.4
"""A step that takes no longer is not worth moving the screen for."""


class SessionActs(DeskActs):
    """What changes who serves whom."""

    def __init__(self) -> None:
        super().__init__()
        self._undo_notes: dict[CustomerId, str] = {}
        """What was said of sessions that were closed, and can be taken back."""
        self._steps: dict[CustomerId, tuple[str, float]] = {}
        """How far the transfers under way are, and from when on that is shown."""

    # -- accepting and assigning -----------------------------------------------------------------------------------

    def action_accept(self) -> None:
        """Accept the selected waiting customer."""
        if (openid := self.need_subject()) is not None:
            self.accept_customer(openid)

    def accept_customer(self, openid: CustomerId, *, is_alone: bool = False) -> None:
        """Accept a customer, for an agent the user picks where this console answers as nobody.

        Args:
            openid: Whom.
            is_alone: Whether the keys behind this one were pressed on another screen, and act on nobody here.
        """
        if self.desk.me is not None and rules.who_serves(self.desk, openid) == self.desk.me:
            self.tell(_("{customer} is already with you.").format(customer=self.customer_name(openid)))
        elif self.desk.me is not None:
            accepting = self.accept_subject(openid, self.desk.me)
            if is_alone:
                self.asks(accepting)
        else:
            self.ask_agent(openid, partial(self.accept_subject, openid))

    @work(group="accept")
    async def accept_subject(self, openid: CustomerId, agent: AgentId) -> None:
        """Open the customer's conversation and accept them."""
        await self.open_conversation(openid)
        await self.accept(openid, agent)

    async def accept(self, openid: CustomerId, agent: AgentId | None = None) -> bool:
        """Accept one customer as an agent: this console's, or one the user picks."""
        agent = agent or self.desk.me or await self.pick_agent(openid)
        if agent is None or not await self.attempt(self.app.actions.accept(openid, agent)):
            return False
        self.show_accepted(openid)
        self.tell_with_whom(openid, agent)
        return True

    def action_accept_next(self) -> None:
        """Accept the customer who waits longest."""
        longest = rules.longest_waiting(self.desk)
        if self.desk.me is not None or longest is None:
            accepting = self.accept_next(None, self.desk.me)
            if self.focused is not self.composer:  # the keys behind are about whoever is accepted, not who is selected
                self.asks(accepting)
                self.set_timer(HOLD_SECONDS, partial(self.hold_no_longer, accepting))
        else:  # whom the question names is who is accepted
            self.ask_agent(longest.openid, partial(self.accept_next, longest.openid))

    @work(group="accept")
    async def accept_next(self, openid: CustomerId | None, agent: AgentId | None) -> None:
        """Accept one customer, or whoever waits longest, and open the conversation."""
        actions = self.app.actions
        try:
            session = await (actions.accept(openid, agent) if openid else actions.accept_next(agent))
        except KfError as error:
            self.tell_error(error)
            return
        if self.may_turn_to(session.openid):
            await self.open_conversation(session.openid)
            self.show_accepted(session.openid)
        self.give_held(self.focused)
        self.tell_with_whom(session.openid, session.agent)

    def action_assign(self) -> None:
        """Give the subject to an agent the user picks."""
        if (openid := self.need_subject()) is None:
            return
        if (holder := rules.who_serves(self.desk, openid)) is not None:
            said = _("{customer} is with {agent} already; {key} transfers them.")
            name, agent = self.customer_name(openid), self.agent_name(holder)
            self.tell(said.format(customer=name, agent=agent, key=self.key_of("transfer")), is_bad=True)
        else:
            self.ask_agent(openid, partial(self.assign, openid))

    @work(group="accept")
    async def assign(self, openid: CustomerId, agent: AgentId) -> None:
        """Give a customer to an agent; whoever assigns stays where they are."""
        if await self.attempt(self.app.actions.accept(openid, agent)):
            self.tell_with_whom(openid, agent)

    def ask_agent(
        self,
        openid: CustomerId,
        then: Callable[[AgentId], object],
        *,
        question: str = "",
        holder: AgentId | None = None,
    ) -> None:
        """Ask who shall serve a customer."""
        self.asks(self._ask_agent(openid, then, question, holder))

    @work(group="agent")
    async def _ask_agent(
        self, openid: CustomerId, then: Callable[[AgentId], object], question: str, holder: AgentId | None
    ) -> None:
        picked = await self.pick_agent(openid, question, holder)
        self.answered()
        if picked is not None:
            then(picked)

    async def pick_agent(self, openid: CustomerId, question: str = "", holder: AgentId | None = None) -> AgentId | None:
        """Let the user pick the agent who shall serve a customer."""
        from kfconsole.ui.agent_picker import AgentPicker  # dialogs are not needed for the first paint

        title = (question or _("Who serves {customer}?")).format(customer=self.customer_apart(openid))
        picked = await self.app.push_screen_wait(AgentPicker(self.app.store, title, holder))
        return AgentId(picked) if picked else None

    def tell_with_whom(self, openid: CustomerId, agent: AgentId) -> None:
        """Say who has a customer now."""
        said = _("{customer} is now with {agent}.")
        self.tell(said.format(customer=self.customer_name(openid), agent=self.agent_name(agent)))

    # -- transferring ----------------------------------------------------------------------------------------------

    def action_transfer(self) -> None:
        """Hand the subject to another agent."""
        if (openid := self.need_subject()) is None:
            return
        holder = rules.who_serves(self.desk, openid)
        if holder is None:
            said = _("{customer} has no session to transfer; {key} gives them to an agent.")
            name = self.customer_name(openid)
            self.tell(said.format(customer=name, key=self.key_of("assign")), is_bad=True)
            return
        question = _("Transfer {customer} to whom?")
        self.ask_agent(openid, partial(self.transfer_subject, openid, holder), question=question, holder=holder)

    @work(group="transfer")
    async def transfer_subject(self, openid: CustomerId, giver: AgentId, target: AgentId) -> None:
        """Hand a customer over; told even when the console is left meanwhile."""
        has_nobody = await to_the_end(self.hand_over(openid, giver, target))
        if has_nobody and self.may_turn_to(openid):
            await self.open_conversation(openid)

    async def hand_over(self, openid: CustomerId, giver: AgentId, target: AgentId) -> bool:
        """Hand a customer over, and say in one sentence who has them now; return whether nobody may have them."""
        from kfconsole.desk.transferring import Outcome

        act = self.app.actions.transfer(openid, target, giver=giver, tell=self._step_teller(openid, giver, target))
        try:
            transfer = await act
        except KfError as error:
            self.tell_at_last(sentences(error.message, error.hint), is_bad=True)
            return False
        finally:
            self._steps.pop(openid, None)
            self.paint_bars()
        self.tell_at_last(transfer.said, is_bad=transfer.outcome is not Outcome.TRANSFERRED)
        return transfer.is_left_alone

    def _step_teller(self, openid: CustomerId, giver: AgentId, target: AgentId) -> "Callable[[Step], None]":
        """Return what shows the steps of a transfer, from the moment on when it takes long."""
        names = {"giver": self.agent_name(giver), "target": self.agent_name(target)}
        began_mono = self.app.clock.monotonic()

        def tell(step: "Step") -> None:
            self._steps[openid] = (_(STEP_WORDS[step]).format(**names), began_mono + PATIENCE_SECONDS)
            self.paint_bars()

        self.set_timer(PATIENCE_SECONDS, self.paint_bars)
        return tell

    def tell_at_last(self, said: str, *, is_bad: bool) -> None:
        """Show a note, or leave it behind for the shell when the console was left meanwhile."""
        if self.app.is_leaving:
            self.app.last_words.append(said)
        else:
            self.tell(said, is_bad=is_bad)

    def session_notices(self) -> list[str]:
        """Lines for what is under way and takes long, and for customers whom a transfer left with nobody."""
        mono = self.app.clock.monotonic()
        said = [
            _("Transferring {customer}: {step}").format(customer=self.customer_name(openid), step=step)
            for openid, (step, from_mono) in self._steps.items()
            if mono >= from_mono
        ]
        for transfer in self.app.actions.left_alone() if self.app.is_begun else ():
            back = _("{key} gives them back to {agent}, {other} from their conversation to somebody else.").format(
                key=self.key_of("undo"), agent=self.agent_name(transfer.giver), other=self.key_of("assign")
            )
            said.append(sentences(transfer.said, back))
        return said

    # -- closing, and taking that back -----------------------------------------------------------------------------

    @work(group="undo")
    async def action_undo(self) -> None:
        """Take back the last close from here, whoever is selected now."""
        alone = {transfer.openid: transfer.said for transfer in self.app.actions.left_alone()}
        try:
            session = await self.app.actions.undo_close()
        except KfError as error:
            self.tell_error(error)
            return
        self.app.take_note_away(self._undo_notes.pop(session.openid, ""))
        self.app.take_note_away(alone.get(session.openid, ""))
        said = _("{customer} is with {agent} again.")
        self.tell(said.format(customer=self.customer_name(session.openid), agent=self.agent_name(session.agent)))
        self.show_reopened(session.openid)

    def action_close_session(self) -> None:
        """Close the session of the selected customer, after asking."""
        if (openid := self.need_subject()) is None:
            return
        if rules.session_of(self.desk, openid) is None:
            self.tell(_("{customer} has no session to close.").format(customer=self.customer_name(openid)), is_bad=True)
            return
        self.asks(self.close_subject(openid))

    @work(group="close")
    async def close_subject(self, openid: CustomerId) -> None:
        """Ask, and close."""
        from kfconsole.desk.undoing import UNDO_SECONDS

        agent = await self.ask_close(openid)
        if agent is not None and await self.attempt(self.app.actions.close(openid, agent)):
            said = _("The session of {customer} is closed; {key} undoes it ({count} s).").format(
                customer=self.customer_name(openid), key=self.key_of("undo"), count=int(UNDO_SECONDS)
            )
            self._undo_notes[openid] = said
            self.notify(said, timeout=UNDO_SECONDS)

    async def ask_close(self, openid: CustomerId) -> AgentId | None:
        """Ask whether to close the customer's session; return with whom, for it may be another's when they answer."""
        session = rules.session_of(self.desk, openid)
        if session is None:
            return None
        minutes = int(rules.session_age(session, self.app.clock.now()) // 60)
        question = _("Close the session of {customer} with {agent} ({minutes} min)?").format(
            customer=self.customer_apart(openid), agent=self.agent_name(session.agent), minutes=minutes
        )
        consequence = _(words.CLOSED)
        return session.agent if await self.sure(_("Close session"), question, consequence, _("Close")) else None
