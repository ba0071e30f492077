"""Keys that are on their way while a dialog comes up: a lagging line brings several in one burst.

What was pressed right behind the key that opens a dialog is for the dialog; where it came up by itself, it is for what
lies below.
"""

from collections.abc import Sequence
from typing import Any

from textual import events
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

LONGEST_WAY_SECONDS = 0.5  # where something on the way of the keys is gone, nothing comes along it


class EarlyKeys:
    """A dialog that loses no key pressed before it could take any, and takes them in order.

    What is forwarded to the dialog itself, because nothing in it has the focus yet, waits in its queue; what was on
    its way to the screen below comes by `take_early`.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._early: list[events.Key] = []
        self._taker: Widget | None = None
        self._taker_due: Widget | None = None
        self._taken_at = 0.0

    def take_early(self, event: events.Key) -> bool:
        """Keep a key that was pressed before this dialog took any; False when it was pressed later."""
        if self._taker is None:
            self._early.append(event)
            return True
        if event.time > self._taken_at:
            return False
        _give(event, self._taker)
        return True

    def on_key(self, event: events.Key) -> None:
        """Keep a key pressed before anything here had the focus."""
        if self.take_early(event):
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
        stack = self.app.screen_stack
        below = stack[stack.index(self) - 1] if self in stack[1:] else self
        self._follow_keys([*(below.focused or below).ancestors_with_self, self])
        self.set_timer(LONGEST_WAY_SECONDS, self._take_keys)

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
        for event in sorted(self._early, key=lambda event: event.time):
            _give(event, taker)
        self._early.clear()
        self._taker, self._taken_at = taker, events.Event().time


class KeysBehind:
    """A dialog that came up by itself, above somebody who types: what is on its way was meant for what lies below."""

    def take_behind(self, event: events.Key) -> bool:
        """Take a key that what lies below could not take any more; False when it was meant for the dialog."""
        raise NotImplementedError


def _give(event: events.Key, taker: Widget) -> None:
    taker._forward_event(events.Key(event.key, event.character))  # as the app does, so that it comes only once
