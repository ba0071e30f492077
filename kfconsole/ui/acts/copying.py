"""Copying what is on screen, and saying what was copied and how."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk.words import words_of
from kfconsole.i18n import _, ngettext
from kfconsole.model import Message, MessageKind
from kfconsole.text import one_line
from kfconsole.ui import words
from kfconsole.ui.acting import ActingScreen
from kfconsole.ui.lines import Line

if TYPE_CHECKING:
    from kfconsole.terminal.clipboard import Copied
    from kfconsole.ui.talk import Talk

INDENT = " " * 6  # under the text of a message, behind its time: no further line can pass for the next message
SAID = (MessageKind.RECEIVED, MessageKind.SENT)


class Copy(Struct, frozen=True):
    """A text to copy, and what it is."""

    text: str
    said: str


class CopyActs(ActingScreen):
    """What goes to the clipboard: a message, an id, a conversation."""

    def copied(self) -> Copy | None:
        """What a single key copies here now."""
        raise NotImplementedError

    def action_copy(self) -> None:
        """Copy what is most likely wanted: the message at hand, or the id of the selected row."""
        if (copy := self.copied()) is None:
            self.tell(_("There is nothing here to copy."), is_bad=True)
        else:
            self.app.copy(copy)

    def action_copy_openid(self) -> None:
        """Copy the customer's id."""
        if (openid := self.need_subject()) is not None:
            self.app.copy(id_copy(openid))


def id_copy(shown_id: str) -> Copy:
    """Copy the id of a customer or an agent."""
    return Copy(shown_id, _("Id {id}").format(id=shown_id))


def message_copy(message: Message) -> Copy:
    """Copy what a message says."""
    text, count = words_of(message), len(words_of(message))
    if message.kind is MessageKind.RECEIVED:
        said = ngettext(
            "What the customer said ({count} character)", "What the customer said ({count} characters)", count
        )
    else:
        said = ngettext("The reply ({count} character)", "The reply ({count} characters)", count)
    return Copy(text, said.format(count=count))


def message_at_hand(talk: "Talk") -> Message | None:
    """Return the selected message, else the newest of the customer, else the newest of all."""
    if talk.selected is not None and talk.selected.kind in SAID:
        return talk.selected
    said = [item.message for item in talk.items if isinstance(item, Line) and item.message.kind in SAID]
    received = [message for message in said if message.kind is MessageKind.RECEIVED]
    return next(reversed(received or said), None)


def conversation_copy(lines: Sequence[Line], zone: tzinfo | None) -> Copy:
    """Copy messages as lines with their times, under the days they were said on."""
    count = len(lines)
    said = ngettext("The conversation ({count} message)", "The conversation ({count} messages)", count)
    return Copy("\n".join(_rows(lines, zone)), said.format(count=count))


def _rows(lines: Sequence[Line], zone: tzinfo | None) -> Iterable[str]:
    before = None
    for line in lines:
        message = line.message
        if (day := words.day_of(message.at, zone)) != before:
            yield words.full_day(day)
        before = day
        time, sender = words.clock_time(message.at, zone), one_line(line.sender)
        if message.kind in SAID:
            first, *rest = words_of(message).splitlines() or [""]
            yield f"{time} {sender} {first}"
            yield from (f"{INDENT}{row}" for row in rest)
        else:
            yield f"{time} {_(words.EVENT_WORDS[message.kind]).format(agent=sender)}"


def copied_words(said: str, copied: "Copied", *, is_hint_known: bool = False) -> tuple[str, bool]:
    """Say where a text went, and whether that is bad news; how it would come further only until that is known."""
    from kfconsole.terminal.clipboard import Way

    told = {
        Way.TMUX: _("{what} copied: clipboard by tmux"),
        Way.TMUX_ONLY: _("{what} copied to tmux only: its prefix and ] paste it. To reach the clipboard: {hint}"),
        Way.TERMINAL: _("{what} sent to the terminal for its clipboard (OSC 52); it does not say whether it took it"),
        Way.PROGRAM: _("{what} copied: clipboard by {name}"),
        Way.FILE: _("{what} written to {name}, as nothing here reaches a clipboard. {hint}"),
        Way.NOWHERE: _("{what} not copied: {name} cannot be written ({hint})"),
    }[copied.way]
    if is_hint_known and copied.way is Way.TMUX_ONLY:
        told = _("{what} copied to tmux only: its prefix and ] paste it.")
    return told.format(what=said, name=copied.name, hint=copied.hint).strip(), copied.way is Way.NOWHERE
