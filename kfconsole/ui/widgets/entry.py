"""A line to type into, whose keys are taken in the order they were pressed."""

from typing import Any, ClassVar

from textual import events
from textual.widgets import Input

from kfconsole import text
from kfconsole.ui.widgets.key_order import acted, acts_of, is_below_dialog, is_elsewhere


class Entry(Input):
    """An `Input` in which no editing key overtakes, or falls behind, the characters around it.

    What is pasted becomes one clean line.
    """

    MAX_PASTED: ClassVar[int] = 4_096
    """Characters; the longest path of a file."""
    _ACTS: ClassVar[dict[str, str]] = acts_of(Input.BINDINGS)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._selects_on_focus = self.select_on_focus

    def insert_ahead(self, character: str) -> None:
        """Write what was typed right behind the key that opened the line, before it knows that it has the focus.

        Getting the focus selects what stands here, and the next key would take the place of what was just written.
        """
        self._begin_ahead()
        self.insert_text_at_cursor(character)

    def _begin_ahead(self) -> None:
        if not self.has_focus and self.select_on_focus:
            self.value = ""
            self.select_on_focus = False

    def _on_blur(self, event: events.Blur) -> None:  # noqa: ARG002  # the library's signature
        self.select_on_focus = self._selects_on_focus

    async def _on_key(self, event: events.Key) -> None:
        if is_below_dialog(self.screen):
            event.prevent_default()  # typed right behind the key that opened a dialog: the application gives it to that
        elif self.screen.focused is not self:
            event.stop()
            event.prevent_default()  # typed right behind the key that left: no part of the text
        elif self.leaves_by(event.key):
            event.stop()
            event.prevent_default()
        elif await acted(self, event):
            pass
        elif (act := self._ACTS.get(event.key)) is not None:
            event.stop()
            event.prevent_default()
            await self.run_action(act)

    def leaves_by(self, key: str) -> bool:  # noqa: ARG002  # for those that do
        """Do what a key does that leaves the line, and return whether it is one."""
        return False

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        if not is_elsewhere(self):
            event.stop()
            self.take_pasted(event.text)

    def take_pasted(self, pasted: str) -> None:
        """Write what was pasted, over what is selected."""
        self._begin_ahead()
        self.replace(text.one_line(text.clean(pasted[: self.MAX_PASTED])), *self.selection)
