"""The lines of a conversation: what stands under a message that did not arrive."""

from datetime import date

import pytest
from rich.style import Style

from kfconsole.model import AgentId, CustomerId, Delivery, Message, MessageId, MessageKind
from kfconsole.ui.keymap import Keymap
from kfconsole.ui.lines import Line, Page, draw
from kfconsole.ui.tones import Tones
from kfconsole.ui.words import WIDE_GLYPHS


def under(reason: str, width: int, keymap: Keymap | None = None, *, is_dismissed: bool = False) -> list[str]:
    message = Message(
        MessageId(1), CustomerId("oAnn"), AgentId("kf@shop"), MessageKind.SENT, "hi", 0.0,
        delivery=Delivery.REFUSED, reason=reason, is_dismissed=is_dismissed,
    )  # fmt: skip
    page = Page(Tones(*[Style()] * 7), WIDE_GLYPHS, None, date(2026, 11, 23), keymap or Keymap())
    drawn = draw(Line(message, "Mei"), None, width, page)
    return ["".join(words for words, _tone in parts).strip() for parts in drawn[2:]]


@pytest.mark.parametrize("width", range(40, 80))
def test_a_key_and_what_it_does_stand_on_one_line(width: int) -> None:
    said = under("All replies are used up.", width)

    assert sum("S resend  D dismiss" in line for line in said) == 1


def test_the_keys_are_named_as_they_are_bound() -> None:
    keymap = Keymap({"resend": ("w",), "dismiss_message": ()})

    assert under("No.", 80, keymap) == ["No.  w resend"]


def test_a_dismissed_message_asks_for_no_key() -> None:
    assert under("No.", 80, is_dismissed=True) == ["No."]


def test_a_message_without_a_reason_still_names_the_keys() -> None:
    assert under("", 80) == ["S resend  D dismiss"]
