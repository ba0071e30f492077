"""The form in which a canned reply is written."""

from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static, TextArea

from kfconsole.canned import Reply, reading
from kfconsole.canned.filling import VARIABLES, unknown_variables
from kfconsole.desk import rules
from kfconsole.i18n import _
from kfconsole.ui.plain import plain
from kfconsole.ui.widgets.entry import Entry
from kfconsole.ui.widgets.key_order import passed_on
from kfconsole.ui.widgets.prose import Prose
from kfconsole.ui.widgets.text_box import TextBox

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp


class FormLine(Entry):
    """One line of the form; the keys of the form wait until what was typed before them stands here."""

    async def _on_key(self, event: events.Key) -> None:
        if passed_on(self, event):
            event.stop()
            event.prevent_default()

    def leaves_by(self, key: str) -> bool:
        """Go to another field, keep, or go back."""
        return leaves(self.screen, "tab" if key == "enter" else key)


class CannedText(TextBox):
    """The text of a reply, of several lines."""

    async def _on_key(self, event: events.Key) -> None:
        if passed_on(self, event) or leaves(self.screen, event.key):
            event.stop()
            event.prevent_default()


class CannedForm(ModalScreen[Reply | None]):
    """Name, key, folder and text of a reply; returns what was written, or None.

    Args:
        reply: What stands there to begin with.
        is_new: Whether it is in no file yet.
    """

    app: "KfApp"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("ctrl+s", "keep", show=False),
    ]

    def __init__(self, reply: Reply, *, is_new: bool) -> None:
        super().__init__()
        self._reply, self._is_new = reply, is_new
        self.named = FormLine(reply.name, id="canned-name", compact=True, select_on_focus=False)
        self.key_line = FormLine(reply.key, id="canned-key", compact=True, select_on_focus=False, max_length=1)
        self.folder = FormLine(reply.folder, id="canned-folder", compact=True, select_on_focus=False)
        self.text = CannedText(
            reply.text, id="canned-words", compact=True, tab_behavior="focus", highlight_cursor_line=False
        )
        self.text.cursor_blink = False
        self._problem = Prose(classes="canned-problem")
        self._was_refused = False

    def compose(self) -> ComposeResult:
        """Draw the fields, what is wrong with them, and the keys."""
        with Vertical(classes="dialog canned-form") as box:
            box.border_title = plain(_("New canned reply") if self._is_new else _("Change a canned reply"))
            for label, line in (
                (_("Name"), self.named),
                (_("Key: one character that picks it at once, or nothing"), self.key_line),
                (_("Folder, or nothing"), self.folder),
            ):
                yield Static(plain(label), classes="label")
                yield line
            variables = " ".join(f"{{{name}}}" for name in VARIABLES)
            yield Static(plain(_("Text; variables: {variables}").format(variables=variables)), classes="label")
            yield self.text
            yield self._problem
            yield Static(plain(_("Ctrl+S keeps it   Tab next field   Esc goes back")), classes="label")

    def on_mount(self) -> None:
        """Begin where something is missing."""
        (self.text if self._reply.name and not self._is_new else self.named).focus()
        self.text.move_cursor(self.text.document.end)
        self._tell()

    @property
    def written(self) -> Reply:
        """What stands in the form."""
        return Reply(self.named.value.strip(), self.text.text, self.key_line.value.strip(), self.folder.value.strip())

    @on(Input.Changed)
    @on(TextArea.Changed)
    def note_change(self) -> None:
        """Say what is wrong so far."""
        self._tell()

    def _tell(self) -> None:
        written = self.written
        wrong = reading.check(written.name, written.text, written.key)
        # A field that waits to be filled in is no mistake yet.
        problems = [said for field, said in wrong if self._was_refused or getattr(written, field)]
        problems += map(reading.unknown_variable, unknown_variables(written.text))
        said = problems[0] if problems else _("{size} bytes").format(size=rules.text_bytes(written.text))
        self._problem.update(plain(said))

    def action_keep(self) -> None:
        """Return what was written, or say below the text what is wrong with it."""
        written = self.written
        if any(reading.check(written.name, written.text, written.key)) or unknown_variables(written.text):
            self._was_refused = True
            self._tell()
            self.app.bell()
            return
        self.dismiss(written)

    def action_leave(self) -> None:
        """Go back; what was changed is thrown away only after a question."""
        before = self._reply
        is_same = self.written == Reply(before.name, before.text, before.key, before.folder)
        if is_same:
            self.dismiss(None)
        else:
            self.ask_to_leave()

    @work(group="canned-form", exclusive=True)
    async def ask_to_leave(self) -> None:
        """Ask whether what was written may be lost."""
        from kfconsole.ui.dialogs import Answer, Question

        question = _("What you have written here is not kept yet.")
        answers = [Answer("leave", _("Throw away"), "y")]
        if await self.app.push_screen_wait(Question(_("Canned reply"), question, "", answers)) == "leave":
            self.dismiss(None)


def leaves(form: Screen[Any], key: str) -> bool:
    """Do what a key does that leaves a field of the form, and return whether it is one."""
    acts = {"ctrl+s": "keep", "escape": "leave", "tab": "next", "shift+tab": "previous"}
    if not isinstance(form, CannedForm) or key not in acts:
        return False
    if form.is_active:
        match acts[key]:
            case "keep":
                form.action_keep()
            case "leave":
                form.action_leave()
            case "next":
                form.focus_next()
            case _:
                form.focus_previous()
    return True
