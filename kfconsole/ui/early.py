"""Keys that are on their way while a dialog comes up: a lagging line brings several in one burst.

What was pressed right behind the key that opens a dialog is for the dialog; where it came up by itself, it is for what
lies below. All of them pass by the application, which asks the screen on top about each (`TakesKeys`):

- A screen from which a question is on its way holds them for it (`ActingScreen.asks`).
- A dialog keeps those that came before it could take any, and takes them in order (`EarlyKeys`): into its line
  (`WordsFirst`), or, where a key would answer what nobody has read yet, not at all (`ReadFirst`).

What is pasted goes the same way; where nothing takes it, that is said.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.geometry import Region
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from kfconsole.ui.widgets.composer import Composer
from kfconsole.ui.widgets.entry import Entry
from kfconsole.ui.widgets.text_box import TextBox

Typed = events.Key | events.Paste

LONGEST_WAY_SECONDS = 0.5  # where something on the way of the keys is gone, nothing comes along it


class TakesKeys:
    """A screen that may want keys before any binding looks at them."""

    seen_at = math.inf
    """When it was first painted with something to read: a key pressed before was meant for something else."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the ground of the screen, which is the first step of every paint of it."""
        assert isinstance(self, Screen)
        if self.seen_at == math.inf and self.can_be_read:
            # Not `call_after_refresh`: that is some paints later, and whoever reads the first may have pressed a key.
            self.seen_at = events.Event().time
        return Screen.render_lines(self, crop)

    @property
    def can_be_read(self) -> bool:
        """Whether a paint now shows more than the ground."""
        assert isinstance(self, Screen)
        return any(child.size for child in self.children)

    def take_early(self, event: Typed) -> bool:  # noqa: ARG002  # for those that do
        """Take a key that was pressed before this screen could be meant, or not; True when it is taken."""
        return False

    def take_held(self) -> list[Typed]:
        """Hand over the keys that were held for the dialog above this screen."""
        return []


class EarlyKeys(TakesKeys):
    """A dialog that loses no key pressed before it could take any, and takes them in order.

    What is forwarded to the dialog itself, because nothing in it has the focus yet, waits in its queue; what was on
    its way to the screen below comes by `take_early`, or was held there.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""  # what has the focus takes keys at once, before those that are still coming

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._early: list[Typed] = []
        self._taker: Widget | None = None
        self._taker_due: Widget | None = None
        self._taken_at = 0.0

    def take_early(self, event: Typed) -> bool:
        """Keep a key that was pressed before this dialog took any; False when it was pressed later."""
        if super().take_early(event):
            return True
        if self._taker is None:
            self._early.append(event)
            return True
        if event.time >= self._taken_at:
            return False
        self.take_keys([event])
        return True

    def take_keys(self, early: Sequence[Typed]) -> None:
        """Do what keys mean that were pressed before this dialog took any, in order."""
        for event in early:
            self.give(event)

    def give(self, event: Typed) -> None:
        """Give a key to what has the focus now."""
        if self._taker is not None:
            pass_to(self._taker, event)

    def on_key(self, event: events.Key) -> None:
        """Keep a key pressed before anything here had the focus."""
        if self.take_early(event):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Keep what is pasted before anything here had the focus; without one, it is for what had it first."""
        assert isinstance(self, Screen)
        if not self.take_early(event):
            if self.focused is not None or not isinstance(self._taker, Entry | TextBox):
                return
            self._taker.take_pasted(event.text)
        event.stop()
        event.prevent_default()

    def hand_over(self, taker: Widget) -> None:
        """Give the focus to a widget, and the keys pressed so far, in order.

        First a callback goes the way of the keys that are still on it: from where the focus was, up to the
        application, and here.
        """
        assert isinstance(self, Screen)
        self.set_focus(None)
        self._taker_due = taker
        below = self._below()
        self._follow_keys([*((below.focused or below) if below else self).ancestors_with_self, self])
        self.set_timer(LONGEST_WAY_SECONDS, self._take_keys)

    def _below(self) -> Screen[Any] | None:
        assert isinstance(self, Screen)
        stack = self.app.screen_stack
        return stack[stack.index(self) - 1] if self in stack[1:] else None

    def _follow_keys(self, way: Sequence[MessagePump], kept: int = -1) -> None:
        assert isinstance(self, Screen)
        if way:
            way[0].call_later(self._follow_keys, way[1:])
        elif self.message_queue_size or len(self._early) != kept:  # a pump looks one message ahead, unseen by its queue
            self.call_later(self._follow_keys, (), len(self._early))
        else:
            self._take_keys()

    def _take_keys(self) -> None:
        assert isinstance(self, Screen)
        taker, self._taker_due = self._taker_due, None
        if taker is None or not self.is_attached:
            return
        self.set_focus(taker)
        if isinstance(below := self._below(), TakesKeys):
            self._early += below.take_held()
        self._taker, self._taken_at = taker, events.Event().time
        early, self._early = sorted(self._early, key=lambda event: event.time), []
        self.take_keys(early)


class WordsFirst(EarlyKeys):
    """A dialog with a line: words typed early stand in it, and Enter behind them means what they alone say."""

    def take_keys(self, early: Sequence[Typed]) -> None:
        """Write what was typed early."""
        for event in early:
            is_unseen = event.time < self.seen_at
            if isinstance(event, events.Key) and event.key == "enter" and is_unseen and self._taker is not None:
                self._taker.call_later(self.enter_unseen)  # behind the words
                return
            self.give(event)

    def enter_unseen(self) -> None:
        """Do what the words in the line mean to somebody who has not seen this dialog yet; if in doubt, nothing."""
        raise NotImplementedError


class ReadFirst(EarlyKeys):
    """A dialog whose keys answer what stands in it: before anybody could read that, only Esc does anything."""

    _begins_at: Widget | None = None

    @property
    def can_be_read(self) -> bool:
        """Whether a paint now shows what the first key would go to, and so all that stands before it."""
        return self._begins_at is not None and bool(self._begins_at.size)

    def take_keys(self, early: Sequence[Typed]) -> None:
        """Take what was pressed once this could be read, and Esc; of what was pasted it is said that it is nowhere."""
        for event in early:
            if isinstance(event, events.Paste) or event.key == "escape" or event.time >= self.seen_at:
                self.give(event)

    def begin_at(self, taker: Widget) -> None:
        """Take keys once this was painted."""
        assert isinstance(self, Screen)
        self._begins_at = taker
        self.call_after_refresh(self.hand_over, taker)


def is_taken(screen: Screen[Any], event: Typed) -> bool:
    """Give a key to a dialog, a line or the composer, if it was typed right behind the key that opened it."""
    if isinstance(screen, TakesKeys) and screen.take_early(event):
        return True
    match screen.focused, event:
        case (TextBox() | Entry()) as opened, events.Paste():
            opened.take_pasted(event.text)
        case Composer() as opened, events.Key(is_printable=True, character=str(character)):
            opened.insert(character)
        case Entry() as opened, events.Key(is_printable=True, character=str(character)):
            opened.insert_ahead(character)
        case _:
            return False
    return True


def pass_to(taker: Widget, event: Typed) -> None:
    """Give a key to a widget as the application does, so that it comes only once."""
    copy = events.Key(event.key, event.character) if isinstance(event, events.Key) else events.Paste(event.text)
    copy.set_sender(taker)  # one of the application's own would not bubble up to it
    taker._forward_event(copy)
