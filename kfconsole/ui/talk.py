"""The open conversation, on the line-drawn transcript."""

from collections.abc import Sequence
from operator import is_
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message as Posted

from kfconsole.desk import rules
from kfconsole.model import AgentId, Conversation, CustomerId, Desk, Message, MessageKind
from kfconsole.ui import gaps, lines, words
from kfconsole.ui.commands import Place
from kfconsole.ui.gaps import Item
from kfconsole.ui.lines import GapLine, Line, Page
from kfconsole.ui.tones import tones_of
from kfconsole.ui.widgets.strips import Part
from kfconsole.ui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp

Names = tuple[dict[AgentId, str], str]
"""What agents are called, and the customer."""


class Talk(Transcript[Item]):
    """The messages of one customer, and what is missing between them."""

    app: "KfApp"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    class Left(Posted):
        """The user goes back to the lists."""

    class GapSeen(Posted):
        """Another gap of the open conversation, or the same after it changed, is on screen; None: none is any more."""

        def __init__(self, gap: tuple[float, float] | None) -> None:
            super().__init__()
            self.gap = gap

    def __init__(self, *, id: str) -> None:  # Textual's name for it
        super().__init__(self._draw_line, id=id)
        self._lines: tuple[Line, ...] = ()
        self._messages: tuple[Message, ...] = ()
        self._undecided: tuple[int, ...] = ()
        """Where the messages stand that wait for a decision."""
        self._names: Names = ({}, "")
        self._openid: CustomerId | None = None
        self._seen: tuple[CustomerId | None, tuple[float, float]] | None = None

    def show_conversation(self, desk: Desk) -> None:
        """Show the messages of the desk's open conversation."""
        self._openid = desk.open.openid if desk.open else None
        self.show_messages(desk, desk.open, is_part=False)

    def show_messages(self, desk: Desk, conversation: Conversation | None, *, is_part: bool = True) -> None:
        """Show a conversation; `is_part`: some days of it, to which nothing older is added."""
        messages = conversation.messages if conversation else ()
        names = self._names_on(desk, conversation)
        kept = self._lines[: _same_at_start(self._messages, messages)] if names == self._names else ()
        self._lines = (*kept, *(Line(message, self._sender(desk, message)) for message in messages[len(kept) :]))
        self._undecided = (
            *(place for place in self._undecided if place < len(kept)),
            *(place for place in range(len(kept), len(messages)) if messages[place].needs_decision),
        )
        self._messages, self._names = messages, names
        self.show(gaps.with_gaps(self._lines, conversation, is_part=is_part) if conversation else ())

    @property
    def selected(self) -> Message | None:
        """The selected message."""
        return self.current.message if isinstance(self.current, Line) else None

    def is_steady(self, item: Item) -> bool:
        """Whether the view stands still by this item: a gap moves as it is filled."""
        return isinstance(item, Line)

    def reshape(self, lines: int, top: int) -> None:
        """Tell of gaps that came into view, or left it."""
        super().reshape(lines, top)
        seen = next((item for item in reversed(self.seen_items()) if isinstance(item, GapLine)), None)
        gap = None if seen is None or seen.is_top or self._openid is None else (seen.start_at, seen.end_at)
        if (found := None if gap is None else (self._openid, gap)) != self._seen:
            self._seen = found
            self.post_message(self.GapSeen(gap))

    def undelivered(self) -> Message | None:
        """The selected message if it waits for a decision, else the newest that does.

        Of several that stand together, as the parts of a text do, the first: they are sent again in their order.
        """
        if self.selected is not None and self.selected.needs_decision:
            return self.selected
        first = len(self._lines)
        for place in reversed(self._undecided):
            if first not in (place + 1, len(self._lines)):
                break
            first = place
        return self._lines[first].message if self._undecided else None

    def action_leave(self) -> None:
        """Go back to the lists."""
        self.post_message(self.Left())

    def shows_names_of(self, desk: Desk) -> bool:
        """Whether everybody in the open conversation is called as on this desk."""
        return self._names == self._names_on(desk, desk.open)

    def _names_on(self, desk: Desk, conversation: Conversation | None) -> Names:
        customer = words.customer_name(desk, conversation.openid, self.app.glyphs) if conversation else ""
        return {agent.id: agent.nick for agent in desk.agents}, customer

    def _sender(self, desk: Desk, message: Message) -> str:
        if message.kind is MessageKind.RECEIVED:
            return words.customer_name(desk, message.openid, self.app.glyphs)
        return rules.agent_name(desk, message.agent) if message.agent else self.app.console_name

    def _draw_line(self, line: Item, previous: Item | None, width: int) -> Sequence[Sequence[Part]]:
        zone = self.app.zone
        today = words.day_of(self.app.clock.now(), zone)
        is_replay = Place.REPLAY not in self.app.HIDDEN
        page = Page(tones_of(self), self.app.glyphs, zone, today, self.app.keymap, is_replay)
        return gaps.draw(line, width, page) if isinstance(line, GapLine) else lines.draw(line, previous, width, page)


def _same_at_start(before: tuple[Message, ...], after: tuple[Message, ...]) -> int:
    """Return how many messages at the start are the very same: ten thousand are told in a fraction of a frame."""
    same = list(map(is_, before, after))
    return same.index(False) if False in same else len(same)
