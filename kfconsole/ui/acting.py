"""What the keys do: each act names its customer when the key is pressed, asks where it must, and reports."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import BindingType

from kfconsole.desk import rules
from kfconsole.errors import KfError, OutcomeNotKept
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Delivery, Desk, Message
from kfconsole.ui import rows, words
from kfconsole.ui.commands import Place, bindings
from kfconsole.ui.tones import TonedScreen

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp


class ActingScreen(TonedScreen):
    """A screen whose keys act on a subject: the customer in the selected row, or of the open conversation."""

    app: "KfApp"
    BINDINGS: ClassVar[list[BindingType]] = []

    is_asking = False
    """A question is about to be shown: keys typed behind the one that led to it are not commands."""

    @property
    def desk(self) -> Desk:
        """The desk as it is now."""
        return self.app.store.desk

    def subject(self) -> CustomerId | None:
        """The customer a key acts on now."""
        raise NotImplementedError

    def bind_commands(self, *places: Place) -> None:
        """Bind the keys of these places on this screen."""
        for binding in bindings(*places):
            for key in binding.key.split(","):
                self._bindings.bind(key, binding.action, show=False)

    # -- telling ---------------------------------------------------------------------------------------------------

    def tell(self, message: str, *, is_bad: bool = False) -> None:
        """Show a short note about something the user just did."""
        self.notify(message, severity="warning" if is_bad else "information", markup=False, timeout=8 if is_bad else 4)

    def tell_error(self, error: KfError) -> None:
        """Show what went wrong and what to do."""
        self.tell(f"{error.message}\n{error.hint}" if error.hint else error.message, is_bad=True)

    def customer_name(self, openid: CustomerId) -> str:
        """Name a customer."""
        return words.short_openid(openid, self.app.glyphs)

    async def attempt(self, act: Coroutine[Any, Any, Any]) -> bool:
        """Await an act; an expected failure is told and answered with False."""
        try:
            await act
        except KfError as error:
            self.tell_error(error)
            return False
        return True

    # -- sessions --------------------------------------------------------------------------------------------------

    def need_subject(self) -> CustomerId | None:
        """The subject, or a note that there is none."""
        openid = self.subject()
        if openid is None:
            self.tell(_("No customer is selected."), is_bad=True)
        return openid

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

    def agent_name(self, agent: AgentId) -> str:
        """Name an agent."""
        return rules.agent_name(self.desk, agent)

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

    # -- replying --------------------------------------------------------------------------------------------------

    async def may_reply(self, openid: CustomerId) -> bool:
        """Ask first when the customer is waiting or with a colleague, or when the reply can hardly arrive."""
        from kfconsole.ui.dialogs import Answer, Question

        problem = self.reply_problem(openid)
        if problem is None or self.app.accepted_problems.get(openid) == problem:
            return True
        answers = [Answer("send", _("Send anyway"), "s")]
        if rules.is_waiting(self.desk, openid) and rules.who_serves(self.desk, openid) is None:
            answers.insert(0, Answer("accept", _("Accept first"), "a"))
        title = _("Reply to {customer}").format(customer=self.customer_name(openid))
        answer = await self.app.push_screen_wait(Question(title, *problem, answers))
        if answer == "accept":
            return await self.accept(openid)
        if answer == "send":
            self.app.accepted_problems[openid] = problem
        return answer == "send"

    def reply_problem(self, openid: CustomerId) -> tuple[str, str] | None:
        """Why a reply should not simply be sent: a question, and what follows; None when all is well."""
        name, holder = self.customer_name(openid), rules.who_serves(self.desk, openid)
        if holder is not None and holder != self.desk.me:
            agent = self.agent_name(holder)
            question = _("{customer} is being served by {agent}.").format(customer=name, agent=agent)
            return question, _("Two people would be answering. WeChat does not stop you.")
        if holder is None and rules.is_waiting(self.desk, openid):
            return _("{customer} is still waiting.").format(customer=name), _("Sending a reply does not accept them.")
        return self.window_problem(openid)

    def window_problem(self, openid: CustomerId) -> tuple[str, str] | None:
        """Why WeChat would not take a reply, and that it would not; None while one may be left."""
        now = self.app.clock.now()
        allowance = rules.allowance_of(self.desk, openid, now, self.app.clock.monotonic())
        if allowance is None or allowance.left != 0:
            return None
        if allowance.is_refused:
            why = _("WeChat takes no more replies until the customer writes again.")
        elif allowance.until_at <= now:
            span = words.whole_span(rules.WINDOW_RULES[allowance.act].seconds)
            why = _(words.OVER_WORDS[allowance.act]).format(span=span)
        else:
            why = _(words.USED_UP_WORDS[allowance.act])
        return why, _("WeChat will most likely refuse the message.")

    async def may_send_again(self, openid: CustomerId) -> bool:
        """Ask first when WeChat would most likely refuse the message once more."""
        from kfconsole.ui.dialogs import Answer, Question

        problem = self.window_problem(openid)
        if problem is None:
            return True
        title = _("Send again to {customer}").format(customer=self.customer_name(openid))
        answers = [Answer("send", _("Send anyway"), "s")]
        return await self.app.push_screen_wait(Question(title, *problem, answers)) == "send"

    @work(group="send")
    async def send_reply(self, openid: CustomerId, text: str) -> None:
        """Send a reply; what cannot be sent is given back to the composer."""
        try:
            message = await self.app.actions.send(openid, text)
        except OutcomeNotKept as error:
            self.tell_error(error)  # it left: giving the text back would invite a second one
            return
        except KfError as error:
            self.give_back(openid, text)
            self.tell_error(error)
            return
        self.report_sent(message)

    def report_sent(self, message: Message) -> None:
        """Say so when a message did not surely arrive, unless its conversation is on screen and shows it."""
        if self.desk.open is not None and self.desk.open.openid == message.openid:
            return
        name = self.customer_name(message.openid)
        if message.delivery is Delivery.REFUSED:
            said = _("The reply to {customer} was not sent: {reason}")
        elif message.delivery is Delivery.UNKNOWN:
            said = _("Whether the reply to {customer} arrived is not known: {reason}")
        else:
            return
        self.tell(said.format(customer=name, reason=message.reason), is_bad=True)

    # -- for the screens to fill in --------------------------------------------------------------------------------

    async def open_conversation(self, openid: CustomerId) -> None:
        """Put a conversation on screen."""
        raise NotImplementedError

    def may_turn_to(self, openid: CustomerId) -> bool:
        """Whether another conversation may come up by itself: not under the hands of somebody who writes."""
        raise NotImplementedError

    def show_accepted(self, openid: CustomerId) -> None:
        """Select a customer who was just accepted."""

    def give_back(self, openid: CustomerId, text: str) -> None:
        """Put an unsent text back where it was written."""
        raise NotImplementedError
