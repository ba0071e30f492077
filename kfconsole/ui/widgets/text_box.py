"""Several lines to type into, whose keys are taken in the order they were pressed."""

from typing import ClassVar

from textual import events
from textual.widgets import TextArea

from kfconsole.text import clean
from kfconsole.ui.widgets.key_order import acts_of, is_elsewhere


class TextBox(TextArea):
    """A `TextArea` in which no editing key overtakes, or falls behind, the characters around it.

    What is pasted is clean.
    """

    _EDITS: ClassVar[dict[str, str]] = acts_of(TextArea.BINDINGS)

    async def _on_key(self, event: events.Key) -> None:
        if self.leaves_by(event.key):
            event.stop()
            event.prevent_default()
        elif (edit := self._EDITS.get(event.key)) is not None and (edit != "copy" or self.selected_text):
            event.stop()
            event.prevent_default()
            await self.run_action(edit)

    def leaves_by(self, key: str) -> bool:  # noqa: ARG002  # for those that do
        """Do what a key does that leaves the text, and return whether it is one."""
        return False

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        if not is_elsewhere(self):
            event.stop()
            self.take_pasted(event.text)

    def take_pasted(self, pasted: str) -> None:
        """Write what was pasted, over what is selected."""
        pasted = clean(pasted.replace("\r\n", "\n").replace("\r", "\n"))
        if result := self._replace_via_keyboard(pasted, *self.selection):
            self.move_cursor(result.end_location)
