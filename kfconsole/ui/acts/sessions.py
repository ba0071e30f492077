"""Accepting customers and closing sessions."""

from textual import work

from kfconsole.desk import rules
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId
from kfconsole.ui import rows
from kfconsole.ui.acts.base import DeskActs


class SessionActs(DeskActs):
    """What changes who serves whom."""

    def action_accept(self) -> None:
        """Accept the selected waiting customer."""
        if (openid := self.need_subject()) is None:
            return
        if self.desk.me is not None and rules.who_serves(self.desk, openid) == self.desk.me:
            self.tell(_("{customer} is already with you.").format(customer=self.customer_name(openid)))
        else:
            self.accept_subject(openid)

    @work(group="accept")
    async def accept_subject(self, openid: CustomerId) -> None:
        """Open the customer's conversation and accept them."""
        await self.open_conversation(openid)
        await self.accept(openid)

    async def accept(self, openid: CustomerId) -> bool:
        """Accept one customer as this console's agent, or as one the user picks."""
        agent = self.desk.me or await self.pick_agent(openid)
        if agent is None:
            return False
        if not await self.attempt(self.app.actions.accept(openid, agent)):
            return False
        self.show_accepted(openid)
        self.tell(
            _("{customer} is now with {agent}.").format(
                customer=self.customer_name(openid), agent=self.agent_name(agent)
            )
        )
        return True

    @work(group="accept")
    async def action_accept_next(self) -> None:
        """Accept the customer who waits longest."""
        longest = rules.longest_waiting(self.desk)
        agent = self.desk.me
        try:
            if agent is not None or longest is None:
                session = await self.app.actions.accept_next(agent)
            elif (agent := await self.pick_agent(longest.openid)) is not None:
                session = await self.app.actions.accept(longest.openid, agent)  # whom the question named
            else:
                return
        except KfError as error:
            self.tell_error(error)
            return
        if self.may_turn_to(session.openid):
            await self.open_conversation(session.openid)
            self.show_accepted(session.openid)
        name = self.customer_name(session.openid)
        self.tell(_("{customer} is now with {agent}.").format(customer=name, agent=self.agent_name(session.agent)))

    async def pick_agent(self, openid: CustomerId) -> AgentId | None:
        """Let the user pick the agent who shall serve a customer."""
        from kfconsole.ui.dialogs import Choice, Picker  # dialogs are not needed for the first paint

        choices = [Choice(agent, name, load, refusal) for agent, name, load, refusal in rows.agent_choices(self.desk)]
        title = _("Who serves {customer}?").format(customer=self.customer_name(openid))
        picked = await self.app.push_screen_wait(Picker(title, choices, _("Name of the agent")))
        return AgentId(picked) if picked else None

    def action_close_session(self) -> None:
        """Close the session of the selected customer, after asking."""
        if (openid := self.need_subject()) is None:
            return
        if rules.session_of(self.desk, openid) is None:
            self.tell(_("{customer} has no session to close.").format(customer=self.customer_name(openid)), is_bad=True)
            return
        self.is_asking = True
        self.close_subject(openid)

    @work(group="close")
    async def close_subject(self, openid: CustomerId) -> None:
        """Ask, and close."""
        try:
            agent = await self.ask_close(openid)
        finally:
            self.is_asking = False
        if agent is not None and await self.attempt(self.app.actions.close(openid, agent)):
            self.tell(_("The session of {customer} is closed.").format(customer=self.customer_name(openid)))

    async def ask_close(self, openid: CustomerId) -> AgentId | None:
        """Ask whether to close the customer's session; return with whom, for it may be another's when they answer."""
        from kfconsole.ui.dialogs import Answer, Question

        session = rules.session_of(self.desk, openid)
        if session is None:
            return None
        minutes = int(rules.session_age(session, self.app.clock.now()) // 60)
        question = _("Close the session of {customer} with {agent} ({minutes} min)?").format(
            customer=self.customer_name(openid), agent=self.agent_name(session.agent), minutes=minutes
        )
        consequence = _("They can queue again only after they write again.")
        answers = [Answer("close", _("Close"), "y")]
        answer = await self.app.push_screen_wait(Question(_("Close session"), question, consequence, answers))
        return session.agent if answer == "close" else None
