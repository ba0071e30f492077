"""Writing to a customer: what asks first, what is sent, and what did not arrive."""

import math
from collections.abc import Sequence

from textual import on, work

from kfconsole.content import Content
from kfconsole.desk import rules
from kfconsole.errors import KfError, OutcomeNotKept
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Delivery, Message, MessageId
from kfconsole.ui import words
from kfconsole.ui.acts.guarding import GuardActs
from kfconsole.ui.acts.sessions import SessionActs
from kfconsole.ui.acts.splitting import SplitActs, is_too_long
from kfconsole.ui.acts.variables import VariableActs
from kfconsole.ui.widgets.composer import Composer


class ReplyActs(SplitActs, VariableActs, GuardActs, SessionActs):
    """What reaches a customer."""

    # -- writing ---------------------------------------------------------------------------------------------------

    def action_reply(self) -> None:
        """Write to the subject, after a question where one is due."""
        if (openid := self.need_subject()) is None:
            return
        problem = self.holder_problem(openid)
        is_free = problem is None or self.app.accepted_problems.get(openid) == problem
        if is_free and openid in self.desk.contacts:
            # At once: over a slow line the first words of the reply come in one piece with the r.
            self.conversation.turn_to(openid)
            self.bring_conversation(True)
            self.set_focus(self.composer)
            self.start_reply(openid, is_at_once=True)
        else:
            self.reply_to(openid)

    def reply_to(self, openid: CustomerId) -> None:
        """Write to a customer once their conversation is open; the first words of the reply are held meanwhile."""
        self.asks(self.start_reply(openid, is_at_once=False))

    @work(group="reply", exclusive=True)
    async def start_reply(self, openid: CustomerId, *, is_at_once: bool) -> None:
        """Open the conversation and put the cursor into the composer, unless that is done and the user moved on."""
        await self.open_conversation(openid)
        self.conversation.turn_back()
        if self.composer.openid != openid:
            if self.focused is self.composer:
                self.set_focus(self.talk)
        elif not is_at_once and await self.may_write(openid) and self.composer.openid == openid:
            self.set_focus(self.composer)
            self.give_held(self.composer)

    @on(Composer.Submitted)
    def submit(self, event: Composer.Submitted) -> None:
        """Send what was written, or ask first with the text back in the composer."""
        if self.stops_for_variable(event.openid, event.text):
            return
        problem = self.reply_problem(event.openid)
        if problem is None or self.app.accepted_problems.get(event.openid) == problem:
            if is_too_long(event.text):
                self.give_back(event.openid, event.text)
                self.split_and_send(event.openid, event.text)
            else:
                self.send_out(event.openid, (event.text,))
            return
        self.give_back(event.openid, event.text)
        self.ask_and_send(event.openid, event.text)

    @work(group="reply", exclusive=True)
    async def ask_and_send(self, openid: CustomerId, text: str) -> None:
        """Ask whether to send a text that stands in the composer, then send it."""
        if await self._may(openid, self.reply_problem(openid), text):
            await self._send_texts(openid, text)

    @work(group="reply", exclusive=True)
    async def split_and_send(self, openid: CustomerId, text: str) -> None:
        """Send a text in parts, after a question."""
        await self._send_texts(openid, text)

    async def _send_texts(self, openid: CustomerId, text: str) -> None:
        if (texts := await self.texts_of(openid, text)) is not None:
            self.send_out(openid, texts)

    def unsaved(self) -> list[tuple[CustomerId, str]]:
        """What was written, for whom, and is not known to be on disk."""
        return self.conversation.unsaved()

    def give_back(self, openid: CustomerId, text: str) -> None:
        """Put an unsent text back into the composer."""
        self.composer.give_back(openid, text)

    @on(Composer.Left)
    def leave_composer(self) -> None:
        """Go back to the conversation."""
        if self.composer.openid is not None:
            self.app.actions.left(self.composer.openid)
        self.talk.focus()

    @on(Composer.TypingAsked)
    @work(group="typing")
    async def ask_typing(self, event: Composer.TypingAsked) -> None:
        """Show the typing state, and say why when WeChat refuses."""
        openid = event.openid
        if (seconds := self.app.actions.typing_seconds(openid)) > 0:
            said = _("{customer} sees for {seconds} s more that you are typing; it is renewed while you write.")
        elif await self.attempt(self.app.actions.set_typing(openid)):
            said = _("{customer} sees for {seconds} s that you are typing, unless your reply comes first.")
            seconds = self.app.actions.typing_seconds(openid)
        else:
            return
        self.tell(said.format(customer=self.customer_name(openid), seconds=math.ceil(seconds)))

    # -- what asks first -------------------------------------------------------------------------------------------

    async def may_write(self, openid: CustomerId) -> bool:
        """Ask first when the customer is waiting or with a colleague; for the rest there is time until it is sent."""
        return await self._may(openid, self.holder_problem(openid))

    async def may_reply(self, openid: CustomerId) -> bool:
        """Ask first when the customer is waiting or with a colleague, or when the reply can hardly arrive."""
        return await self._may(openid, self.reply_problem(openid))

    async def _may(self, openid: CustomerId, problem: tuple[str, str] | None, text: str | None = None) -> bool:
        from kfconsole.ui.dialogs import Answer

        if problem is None or self.app.accepted_problems.get(openid) == problem:
            return True
        answers = [Answer("send", _("Send anyway"), "s")]
        if rules.is_waiting(self.desk, openid) and rules.who_serves(self.desk, openid) is None:
            answers.insert(0, Answer("accept", _("Accept first"), "a"))
        title = _("Reply to {customer}").format(customer=self.customer_name(openid))
        if text is not None:  # nobody asked for a question: somebody pressed Enter, and may be writing on
            answer = await self.ask_late(openid, text, title, *problem, answers)
        else:
            answer = await self.choose(title, *problem, *answers)
        if answer == "accept":
            return await self.accept(openid)
        if answer == "send":
            self.app.accepted_problems[openid] = problem
        return answer == "send"

    def reply_problem(self, openid: CustomerId) -> tuple[str, str] | None:
        """Why a reply should not simply be sent: a question, and what follows; None when all is well."""
        return self.holder_problem(openid) or self.window_problem(openid)

    def holder_problem(self, openid: CustomerId) -> tuple[str, str] | None:
        """Why it is not for this agent to reply, and what follows; None when it is, or nothing can be sent at all."""
        if self.app.actions.read_only is not None:
            return None
        name, holder = self.customer_name(openid), rules.who_serves(self.desk, openid)
        if holder is not None and holder != self.desk.me:
            agent = self.agent_name(holder)
            question = _("{customer} is being served by {agent}.").format(customer=name, agent=agent)
            return question, _("Two people would be answering. WeChat does not stop you.")
        if holder is None and rules.is_waiting(self.desk, openid):
            return _("{customer} is still waiting.").format(customer=name), _("Sending a reply does not accept them.")
        return None

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
        from kfconsole.ui.dialogs import Answer

        problem = self.window_problem(openid)
        if problem is None:
            return True
        title = _("Send again to {customer}").format(customer=self.customer_name(openid))
        return await self.choose(title, *problem, Answer("send", _("Send anyway"), "s")) == "send"

    @work(group="send")
    async def send_out(self, openid: CustomerId, contents: Sequence[Content | str]) -> None:
        """Send texts and other contents in order; texts that could not even be stored are given back to the composer.

        The one way anything leaves this screen. What is stored stands in the conversation, whatever comes of it.
        """
        texts = [content for content in contents if isinstance(content, str)]
        if texts:
            self.composer.received(openid, "\n".join(texts))
        try:
            messages = await self.app.actions.send_each(openid, contents, decide=self.decide, keeps_draft=not texts)
        except OutcomeNotKept as error:
            self.tell_error(error)  # it left: giving the text back would invite a second one
        except KfError as error:
            if texts:
                self.give_back(openid, "\n".join(texts))
            self.tell_error(error)
        else:
            self.report_sent(*messages)

    def report_sent(self, *messages: Message) -> None:
        """Say so when a message did not surely arrive, unless its conversation is on screen and shows it."""
        message = next((message for message in messages if message.needs_decision), None)
        if message is None or (self.desk.open is not None and self.desk.open.openid == message.openid):
            return
        name = self.customer_name(message.openid)
        if message.delivery is Delivery.REFUSED:
            said = _("The reply to {customer} was not sent: {reason}")
        else:
            said = _("Whether the reply to {customer} arrived is not known: {reason}")
        self.tell(said.format(customer=name, reason=message.reason), is_bad=True)

    # -- messages that did not arrive ------------------------------------------------------------------------------

    def action_resend(self) -> None:
        """Send the selected message again."""
        if (message_id := self._undelivered()) is not None and self.desk.open is not None:
            self.asks(self.resend(self.desk.open.openid, message_id))

    @work(group="send")
    async def resend(self, openid: CustomerId, message_id: MessageId) -> None:
        """Send again, after a question where one is due."""
        if not await self.may_send_again(openid):
            return
        self.answered()
        try:
            message = await self.app.actions.resend(message_id, decide=self.decide)
        except KfError as error:
            self.tell_error(error)
            return
        self.report_sent(message)

    def action_dismiss_message(self) -> None:
        """Leave the selected message unsent."""
        if (message_id := self._undelivered()) is not None:
            self.dismiss_message(message_id)

    @work(group="send")
    async def dismiss_message(self, message_id: MessageId) -> None:
        """Take the mark away."""
        await self.attempt(self.app.actions.dismiss(message_id))

    def _undelivered(self) -> MessageId | None:
        if self.desk.open is not None and self.subject() != self.desk.open.openid:
            said = _("Open the conversation first: {resend} and {dismiss} act on its messages.")
            self.tell(said.format(resend=self.key_of("resend"), dismiss=self.key_of("dismiss_message")), is_bad=True)
            return None
        message = self.talk.undelivered()
        if message is None:
            self.tell(_("No message here waits for a decision."), is_bad=True)
        return message.id if message else None
