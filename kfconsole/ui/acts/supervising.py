"""What whoever watches the floor does: assigning the longest waiting, taking over, handing back, closing several."""

from typing import TYPE_CHECKING

from textual import work

from kfconsole.desk import rules
from kfconsole.desk.owing import note_of
from kfconsole.desk.waking import to_the_end
from kfconsole.errors import KfError, NotPossible
from kfconsole.i18n import _, ngettext, sentences
from kfconsole.model import AgentId, CustomerId, Desk
from kfconsole.text import clock_span
from kfconsole.ui import words
from kfconsole.ui.acts.sessions import SessionActs

if TYPE_CHECKING:
    from kfconsole.desk.supervising import Assignment, Planned

NOTE_FORM = "hand_back"
"""Under this name a note is kept while it is written."""


class SupervisingActs(SessionActs):
    """What changes who serves whom for others, and for several at once."""

    def on_mount(self) -> None:
        """Let marks go when their rows go."""
        self.follow_desk(self._drop_marks)

    # -- marks -----------------------------------------------------------------------------------------------------

    @property
    def marks(self) -> "dict[CustomerId, Planned]":
        """The marks of this console: what is marked on one screen is marked on all."""
        return self.app.marks

    def marked(self) -> tuple[CustomerId, ...]:
        """Return the customers whose sessions are marked, in the order of the sessions."""
        return tuple(session.openid for session in self.desk.sessions if session.openid in self.marks)

    def show_marks(self) -> None:
        """Show which rows are marked; a screen that lists sessions fills it in."""

    def action_mark(self) -> None:
        """Mark the subject's session, or take its mark away."""
        from kfconsole.desk.supervising import plan_of

        if (openid := self.need_subject()) is None:
            return
        if openid in self.marks:
            del self.marks[openid]
        elif found := plan_of(self.desk, (openid,), self.app.clock.now()):
            self.marks[openid] = found[0]
        else:
            said = _("{customer} has no session; only sessions can be marked.")
            self.tell(said.format(customer=self.customer_name(openid)), is_bad=True)
            return
        self._show_marks_everywhere()

    def action_unmark(self) -> None:
        """Take all marks away."""
        self.marks.clear()
        self._show_marks_everywhere()

    def _show_marks_everywhere(self) -> None:
        for screen in self.app.screen_stack:
            if isinstance(screen, SupervisingActs) and screen.is_attached:
                screen.show_marks()

    def _drop_marks(self, desk: Desk) -> None:
        if not self.marks:
            return
        from kfconsole.desk.supervising import is_still

        gone = [openid for openid, row in self.marks.items() if not is_still(desk, row)]
        for openid in gone:
            del self.marks[openid]
        if gone and self.app.is_running:
            self._show_marks_everywhere()

    # -- assigning -------------------------------------------------------------------------------------------------

    def action_assign_longest(self) -> None:
        """Give the longest waiting to who has the least to do, after showing whom to whom."""
        try:
            plan = self.app.actions.plan_assignment()
        except KfError as error:
            self.tell_error(error)
            return
        self.asks(self.assign_longest(plan))

    @work(group="accept")
    async def assign_longest(self, plan: "Assignment") -> None:
        """Show the plan, and carry it out."""
        if await self._ask_assign(plan) and await self.attempt(self.app.actions.assign_planned(plan)):
            self.tell_with_whom(plan.openid, plan.agent)

    async def _ask_assign(self, plan: "Assignment") -> bool:
        bound = "" if plan.is_exact else self.app.glyphs.at_least
        question = _("Give {customer}, waiting for {span}, to {agent}?").format(
            customer=self.customer_apart(plan.openid),
            span=bound + clock_span(plan.wait_seconds),
            agent=self.agent_name(plan.agent),
        )
        why = sentences(
            ngettext("They are the only one waiting.", "They wait longest of {count}.", plan.waiting).format(
                count=plan.waiting
            ),
            _("{agent} has {count} in session, the least of those online ({ready}).").format(
                agent=self.agent_name(plan.agent), count=plan.load, ready=plan.ready
            ),
        )
        return await self.sure(_("Assign the longest waiting"), question, why, _("Assign"))

    # -- taking over -----------------------------------------------------------------------------------------------

    def action_take_over(self) -> None:
        """Take the subject over from the colleague who serves them."""
        if (openid := self.need_subject()) is None:
            return
        me, holder = self.desk.me, rules.who_serves(self.desk, openid)
        name = self.customer_name(openid)
        if me is None:
            self.tell_error(rules.no_agent())
        elif holder is None:
            said = _("{customer} has no session to take over; {key} accepts them.")
            self.tell(said.format(customer=name, key=self.key_of("accept")), is_bad=True)
        elif holder == me:
            self.tell(_("{customer} is already with you.").format(customer=name))
        else:
            self.asks(self.take_over(openid, holder, me))

    @work(group="transfer")
    async def take_over(self, openid: CustomerId, holder: AgentId, me: AgentId) -> None:
        """Ask, naming both, and transfer the session to this console's agent."""
        if not await self._ask_take_over(openid, holder):
            return
        has_nobody = await to_the_end(self.hand_over(openid, holder, me))
        is_mine = rules.who_serves(self.desk, openid) == me
        if (has_nobody or is_mine) and not self.app.is_leaving and self.may_turn_to(openid):
            await self.open_conversation(openid)
            if is_mine:
                self.show_accepted(openid)

    async def _ask_take_over(self, openid: CustomerId, holder: AgentId) -> bool:
        session = rules.session_of(self.desk, openid)
        if session is None:
            return False
        question = _("Take {customer} over from {agent} ({minutes} min)?").format(
            customer=self.customer_apart(openid),
            agent=self.agent_name(holder),
            minutes=int(rules.session_age(session, self.app.clock.now()) // 60),
        )
        consequence = _("{agent} no longer has them then, whatever is being written there.").format(
            agent=self.agent_name(holder)
        )
        return await self.sure(_("Take over"), question, consequence, _("Take over"))

    # -- handing back, and closing several -------------------------------------------------------------------------

    def action_close_session(self) -> None:
        """Close the marked sessions by a plan; without any marks the subject's, after asking."""
        if marked := self.marked():
            self.end_several(marked, hands_back=False)
        else:
            super().action_close_session()

    def action_hand_back(self) -> None:
        """Hand the marked customers back by a plan; without any marks the subject, after asking."""
        from kfconsole.desk.supervising import plan_of

        if marked := self.marked():
            self.end_several(marked, hands_back=True)
            return
        if (openid := self.need_subject()) is None:
            return
        if not (found := plan_of(self.desk, (openid,), self.app.clock.now())):
            said = _("{customer} has no session to hand back.")
            self.tell(said.format(customer=self.customer_name(openid)), is_bad=True)
            return
        self.asks(self.hand_back(found[0]))

    @work(group="close")
    async def hand_back(self, row: "Planned") -> None:
        """Ask, and hand back."""
        from kfconsole.desk.undoing import UNDO_SECONDS

        note = await self._ask_hand_back(row)
        self.answered()
        if note is None or not await self.attempt(self.app.actions.hand_back(row.openid, row.agent, note=note)):
            return
        if note:
            self.app.forget_form(row.openid, NOTE_FORM, {"note": note})
        said = _("{customer} is handed back and owed an answer ({list_key}); {key} undoes it ({count} s).").format(
            customer=self.customer_name(row.openid),
            list_key=self.key_of("owed"),
            key=self.key_of("undo"),
            count=int(UNDO_SECONDS),
        )
        self._undo_notes[row.openid] = said
        self.notify(said, timeout=UNDO_SECONDS)

    async def _ask_hand_back(self, row: "Planned") -> str | None:
        """Return the note to keep with the customer; None: they stay where they are."""
        from kfconsole.ui.dialogs import Answer, Prompt

        question = _("Hand {customer} back, who is with {agent} ({minutes} min)?").format(
            customer=self.customer_apart(row.openid),
            agent=self.agent_name(row.agent),
            minutes=int(row.age_seconds // 60),
        )
        answers = Answer("back", _("Hand back"), "y"), Answer("note", _("With a note…"), "n")
        answer = await self.choose(_("Hand back"), question, _(words.HANDED_BACK), *answers)
        if answer != "note":
            return "" if answer == "back" else None
        title = _("Note about {customer}").format(customer=self.customer_apart(row.openid))
        placeholder = _("What whoever comes next should know; Enter hands back, Esc cancels")
        kept = await self.app.take_form(row.openid, NOTE_FORM) or {}

        def check(typed: str) -> str:
            self.app.keep_form(row.openid, NOTE_FORM, {"note": typed})
            return _check_note(typed)

        return await self.app.push_screen_wait(Prompt(title, placeholder, check, kept.get("note", "")))

    def end_several(self, openids: tuple[CustomerId, ...], *, hands_back: bool) -> None:
        """Show a plan of several sessions to end, which is carried out row by row."""
        from kfconsole.desk.supervising import plan_of
        from kfconsole.ui.plan_dialog import PlanDialog, PlanRow

        plan = plan_of(self.desk, openids, self.app.clock.now())
        rows = [PlanRow(row, self.customer_apart(row.openid), self.agent_name(row.agent)) for row in plan]
        dialog = PlanDialog(rows, self.app.actions, hands_back=hands_back)
        self.app.push_screen(dialog, lambda _none: self.show_marks())

    # -- who is owed an answer -------------------------------------------------------------------------------------

    def action_owed(self) -> None:
        """Show who is owed an answer."""
        from kfconsole.ui.owed import OwedScreen

        self.app.push_screen(OwedScreen())

    def session_notices(self) -> list[str]:
        """Add why automatic assignment is off, where it should be on."""
        problem = self.app.automatic_problem
        off = [_("Automatic assignment is off: {problem}").format(problem=problem)] if problem else []
        return [*super().session_notices(), *off]


def _check_note(typed: str) -> str:
    try:
        note_of(typed)
    except NotPossible as error:
        raise ValueError(error.message) from None
    return _("Enter hands the customer back.")
