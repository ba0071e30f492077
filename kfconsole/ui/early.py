"""Keys that were pressed right behind the one that opens a dialog: a lagging line brings both in one burst."""

from typing import Any

from textual import events
from textual.message import Message
from textual.widget import Widget


class EarlyKeys:
    """A dialog that loses no key pressed before it could take any, and takes them in order."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._opened_at = Message().time
        self._early: list[events.Key] = []
        self._taker: Widget | None = None

    def take_early(self, event: events.Key) -> bool:
        """Keep a key that was on its way to what lies below; False when it was pressed later, for this dialog."""
        if event.time > self._opened_at:
            return False
        self._keep_key(event)
        return True

    def on_key(self, event: events.Key) -> None:
        """Keep a key pressed before anything here had the focus."""
        if self._taker is None:
            event.stop()
            event.prevent_default()
            self._keep_key(event)

    def hand_over(self, taker: Widget) -> None:
        """Let a widget have the keys pressed so far, and all that follow."""
        self._taker = taker
        for event in sorted(self._early, key=lambda event: event.time):
            self._give_key(event)
        self._early.clear()

    def _keep_key(self, event: events.Key) -> None:
        if self._taker is None:
            self._early.append(event)
        else:
            self._give_key(event)

    def _give_key(self, event: events.Key) -> None:
        if self._taker is not None:
            self._taker.post_message(events.Key(event.key, event.character))
