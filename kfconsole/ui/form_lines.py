"""The lines of a form: what is typed into, with the keys of the form in the order they were pressed."""

from typing import TYPE_CHECKING, Any

from textual import events

from kfconsole.ui.widgets.entry import Entry
from kfconsole.ui.widgets.key_order import is_below_dialog, passed_on
from kfconsole.ui.widgets.path_entry import PathEntry
from kfconsole.ui.widgets.text_box import TextBox

if TYPE_CHECKING:
    from textual.widget import Widget

    from kfconsole.ui.forms import Form
else:
    Widget = object  # the styles of a widget come from the first of its bases that is one


class FormKeys(Widget):
    """What the lines of a form have in common: its keys, and that nothing is typed while it is busy."""

    def __init__(self, form: "Form[Any]", *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._form = form

    async def _on_key(self, event: events.Key) -> None:
        if is_below_dialog(self.screen):
            event.prevent_default()  # the application gives it to the dialog
        elif passed_on(self, event):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Take nothing while the form is busy."""
        if self._form.is_busy:
            event.prevent_default()  # the application says that it is nowhere


class FormEntry(FormKeys, Entry):
    """A line of a form."""

    def leaves_by(self, key: str) -> bool:
        """Let the form have its keys."""
        return self._form.takes(self, key)

    def fill(self, text: str) -> None:
        """Let a text stand here, with the cursor behind it."""
        self.value = text
        self.cursor_position = len(text)


class FormPathEntry(FormEntry, PathEntry):
    """A line of a form that holds the path of a file."""

    def go_on(self) -> None:
        """Go to the next line at once: the keys behind are meant for it."""
        if not self._form.is_busy:
            self._form.go_on_from(self)


class FormText(FormKeys, TextBox):
    """Several lines of a form."""

    def __init__(self, form: "Form[Any]", text: str, *, placeholder: str, id: str) -> None:
        super().__init__(form, text, placeholder=placeholder, compact=True, highlight_cursor_line=False, id=id)
        self.cursor_blink = False
        self.move_cursor(self.document.end)

    @property
    def value(self) -> str:
        """What stands here."""
        return self.text

    def leaves_by(self, key: str) -> bool:
        """Let the form have its keys."""
        return self._form.takes(self, key)

    def fill(self, text: str) -> None:
        """Let a text stand here, with the cursor behind it."""
        self.load_text(text)
        self.move_cursor(self.document.end)


FormLine = FormEntry | FormText
