"""The open conversation, on the line-drawn transcript."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message as Posted

from kfconsole.desk import rules
from kfconsole.model import Conversation, Desk, Message, MessageKind
from kfconsole.ui import lines, words
from kfconsole.ui.lines import Line, Page
from kfconsole.ui.tones import tones_of
from kfconsole.ui.widgets.strips import Part
from kfconsole.ui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp


class Talk(Transcript[Line]):
    """The messages of one customer."""

    app: "KfApp"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    class Left(Posted):
        """The user goes back to the lists."""

    def __init__(self, *, id: str) -> None:  # Textual's name for it
        super().__init__(self._draw_line, id=id)
        self._lines: tuple[Line, ...] = ()

    def show_conversation(self, desk: Desk) -> None:
        """Show the messages of the desk's open conversation."""
        self.show_messages(desk, desk.open)

    def show_messages(self, desk: Desk, conversation: Conversation | None) -> None:
        """Show a conversation."""
        messages = conversation.messages if conversation else ()
        self._lines = tuple(Line(message, self._sender(desk, message)) for message in messages)
        self.show(self._lines)

    def undelivered(self) -> Message | None:
        """The selected message if it waits for a decision, else the newest that does."""
        waiting = [line for line in self._lines if line.message.needs_decision]
        selected = next((line for line in waiting if line.id == self.current_id), None)
        chosen = selected or (waiting[-1] if waiting else None)
        return chosen.message if chosen else None

    def action_leave(self) -> None:
        """Go back to the lists."""
        self.post_message(self.Left())

    def _sender(self, desk: Desk, message: Message) -> str:
        if message.kind is MessageKind.RECEIVED:
            return words.short_openid(message.openid, self.app.glyphs)
        return rules.agent_name(desk, message.agent) if message.agent else self.app.console_name

    def _draw_line(self, line: Line, previous: Line | None, width: int) -> Sequence[Sequence[Part]]:
        zone = self.app.zone
        page = Page(tones_of(self), self.app.glyphs, zone, words.day_of(self.app.clock.now(), zone))
        return lines.draw(line, previous, width, page)
