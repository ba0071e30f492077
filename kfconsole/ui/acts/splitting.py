"""Texts that are too long for one message: what sending them in parts costs, asked before it is done."""

from functools import partial
from typing import TYPE_CHECKING

from kfconsole.desk import rules, splitting
from kfconsole.errors import NotPossible
from kfconsole.i18n import _, ngettext
from kfconsole.model import CustomerId
from kfconsole.text import clip, one_line, width_cells
from kfconsole.ui.acts.base import DeskActs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfconsole.ui.dialogs import Answer

SHOWN_PARTS = 6
"""More than WeChat takes after one message of a customer; the dialog fits 24 lines."""
PART_CELLS = 52


class SplitActs(DeskActs):
    """What is asked before a text goes out as several messages."""

    async def texts_of(self, openid: CustomerId, text: str) -> tuple[str, ...] | None:
        """Return the texts to send, in order; None when the user rather keeps the text in the composer.

        It has to stand there: whatever happens while the question stands, it is kept as a draft.
        """
        if not is_too_long(text):
            return (text,) if self._withdraw(openid, text) else None
        from kfconsole.ui.dialogs import Answer

        try:
            parts = splitting.split(text)
        except NotPossible as error:
            self.tell_error(error)
            return None
        title = _("A long reply to {customer}").format(customer=self.customer_name(openid))
        send = ngettext("Send {count} message", "Send {count} messages", len(parts)).format(count=len(parts))
        question = "\n".join([_too_long(text, parts), "", *shown_parts(parts, self.app.glyphs.cut)])
        answers = [Answer("send", send, "s")]
        if await self.ask_late(openid, text, title, question, self._cost(openid, len(parts)), answers) != "send":
            return None
        return parts if self._withdraw(openid, text) else None

    def _withdraw(self, openid: CustomerId, text: str) -> bool:
        is_there = self.composer.withdraw(openid, text)
        if not is_there:
            said = _("The text has changed meanwhile: look at it, and press {key} again.")
            self.tell(said.format(key=self.key_of("send")), is_bad=True)
        return is_there

    async def ask_late(
        self,
        openid: CustomerId,
        text: str,
        title: str,
        question: str,
        consequence: str,
        answers: "Sequence[Answer]",
    ) -> str | None:
        """Ask about a text in the composer, above somebody who may be writing on; return the answer's id or None."""
        from kfconsole.ui.late_question import LateQuestion

        async with self.app.late_questions:
            asked = LateQuestion(
                title,
                question,
                consequence,
                answers,
                writing_in=self.app.focused,
                rest_seconds=self.app.rest_seconds,
                before_more=partial(self.composer.begin_below, openid, text),
            )
            return await self.app.push_screen_wait(asked)

    def _cost(self, openid: CustomerId, count: int) -> str:
        allowance = rules.allowance_of(self.desk, openid, self.app.clock.now(), self.app.clock.monotonic())
        if allowance is not None and allowance.is_unlimited:
            return _("Any number of replies is left.")
        if allowance is None or allowance.left is None:
            return _("It takes {count} replies; how many are left is not known.").format(count=count)
        if allowance.left >= count:
            left = f"{self.app.glyphs.at_most}{allowance.left}"
            return _("It takes {count} of the {left} replies left.").format(count=count, left=left)
        said = ngettext(
            "Only {left} reply is left: WeChat will most likely refuse the rest, and the customer gets a part.",
            "Only {left} replies are left: WeChat will most likely refuse the rest, and the customer gets a part.",
            allowance.left,
        )
        return said.format(left=allowance.left)


def is_too_long(text: str) -> bool:
    """Whether a text does not fit one message."""
    return splitting.text_bytes(text) > splitting.MAX_TEXT_BYTES


def _too_long(text: str, parts: tuple[str, ...]) -> str:
    size, limit = splitting.text_bytes(text), splitting.MAX_TEXT_BYTES
    said = ngettext(
        "The text has {size} bytes, a message holds {limit}. It goes as {count} message:",
        "The text has {size} bytes, a message holds {limit}. It goes as {count} messages:",
        len(parts),
    )
    return said.format(size=size, limit=limit, count=len(parts))


def shown_parts(parts: tuple[str, ...], cut: str) -> list[str]:
    """Write how each part begins and ends, a line each; of very many the first ones and the last."""
    lines = [f"{number}  {_both_ends(part, cut)}" for number, part in enumerate(parts, 1)]
    if len(lines) <= SHOWN_PARTS:
        return lines
    more = len(lines) - SHOWN_PARTS
    left_out = ngettext("({count} more message)", "({count} more messages)", more).format(count=more)
    return [*lines[: SHOWN_PARTS - 1], left_out, lines[-1]]


def _both_ends(part: str, cut: str) -> str:
    line = one_line(part)
    if width_cells(line) <= PART_CELLS:
        return line
    room = PART_CELLS // 2 - width_cells(cut)
    start = len(line) - room
    while width_cells(line[start:]) > room or splitting.is_inside_character(line, start):
        start += 1
    return f"{clip(line, room, tail='')} {cut} {line[start:]}"
