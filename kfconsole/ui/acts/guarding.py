"""What asks before a message leaves, once WeChat was looked at: the text waits, stored, for the answer."""

import asyncio
from typing import TYPE_CHECKING

from kfconsole.desk.words import words_of
from kfconsole.i18n import _, sentences
from kfconsole.model import CustomerId, Message
from kfconsole.text import clip, one_line
from kfconsole.ui import words
from kfconsole.ui.acts.base import DeskActs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfconsole.desk.checking import Doubt

SHOWN_CELLS = 160
"""So much of an answer is shown, and of what waits: a question must fit 80×24."""


class GuardActs(DeskActs):
    """Decides with the user whether what waits shall leave."""

    async def decide(self, doubt: "Doubt", waiting: tuple[Message, ...]) -> bool:
        """Ask whether messages shall leave all the same; if not, their texts are in composer and draft again."""
        from kfconsole.desk.checking import Reason

        problem = self.problem_of(doubt)
        is_accepted = doubt.reason is Reason.HELD and self.app.accepted_problems.get(doubt.openid) == problem
        if is_accepted or await self._ask(doubt.openid, problem, waiting):
            if doubt.reason is Reason.HELD:
                self.app.accepted_problems[doubt.openid] = problem
            return True
        await self._take_back(doubt.openid, waiting)
        return False

    def problem_of(self, doubt: "Doubt") -> tuple[str, str]:
        """Say what was found, and what follows."""
        from kfconsole.desk.checking import Reason

        name, agent = self.customer_name(doubt.openid), self.agent_name(doubt.agent)
        two = _("Two people would be answering. WeChat does not stop you.")
        match doubt.reason:
            case Reason.ANSWERED:
                assert doubt.answer is not None
                said = _("{agent} answered {customer} {age} ago: {text}").format(
                    agent=agent,
                    customer=name,
                    age=words.age(self.app.clock.now() - doubt.answer.at),
                    text=clip(one_line(words_of(doubt.answer)), SHOWN_CELLS),
                )
                return said, two
            case Reason.HELD:
                return _("{customer} is being served by {agent}.").format(customer=name, agent=agent), two
            case Reason.FAILED:
                said = _("Whether a colleague answers {customer} could not be checked: {problem}")
                return said.format(customer=name, problem=doubt.problem), _("Two people may be answering.")

    async def _ask(self, openid: CustomerId, problem: tuple[str, str], waiting: "Sequence[Message]") -> bool:
        from kfconsole.ui.dialogs import Answer
        from kfconsole.ui.late_question import LateQuestion

        title = _("Reply to {customer}").format(customer=self.customer_name(openid))
        question, consequence = problem
        if waiting:
            text = clip(one_line(" ".join(map(words_of, waiting))), SHOWN_CELLS)
            question = "\n".join((question, _("Your reply waits: {text}").format(text=text)))
            consequence = sentences(consequence, _("Cancel puts it back into the composer."))
        async with self.app.late_questions:  # one at a time: the next one names another customer
            if self.app.leaving.is_set():
                return False
            asked = LateQuestion(
                title,
                question,
                consequence,
                [Answer("send", _("Send anyway"), "s")],
                writing_in=self.app.focused,
                rest_seconds=self.app.rest_seconds,
            )
            answer = self.app.push_screen(asked, wait_for_dismiss=True)
            leaving = asyncio.ensure_future(self.app.leaving.wait())
            try:
                await asyncio.wait((answer, leaving), return_when=asyncio.FIRST_COMPLETED)
                return answer.done() and answer.result() == "send"
            finally:
                leaving.cancel()

    async def _take_back(self, openid: CustomerId, waiting: "Sequence[Message]") -> None:
        if not waiting:
            return
        texts = [message.text for message in waiting if message.content is None]
        if texts:
            self.composer.give_back(openid, "\n".join(texts))
        draft = self.composer.written(openid) if texts else ""
        await self.app.take_back(openid, tuple(message.id for message in waiting), draft)
