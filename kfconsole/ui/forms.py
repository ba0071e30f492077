"""A form: some lines with labels, checked while they are typed, and something done with them before it closes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from msgspec import Struct
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from kfconsole.errors import KfError, NotPossible
from kfconsole.i18n import _, sentences
from kfconsole.model import CustomerId
from kfconsole.text import one_line, width_cells
from kfconsole.ui.disk import Disk
from kfconsole.ui.form_lines import FormEntry, FormLine, FormPathEntry, FormText
from kfconsole.ui.kept_form import KeptForm
from kfconsole.ui.plain import plain
from kfconsole.ui.widgets.path_entry import PathEntry, path_of
from kfconsole.ui.widgets.prose import Prose

MOST_NAMES = 40  # names of files below a path; who sees more reads none of them
Result = TypeVar("Result")


class Field(Struct, frozen=True):
    """One line of a form."""

    id: str
    label: str
    hint: str = ""
    """What stands in the empty line."""
    is_needed: bool = True
    check: Callable[[str], str] | None = None
    """Returns what the text means, in words that are shown below it, or raises NotPossible."""
    file: Callable[[Path], str] | None = None
    """Of a line that holds the path of a file: looks at it, in a thread, and answers as `check` does."""
    endings: tuple[str, ...] = ()
    """Of the files that are likely meant."""
    behind: str = ""
    """The field that has to hold something before this one is shown; empty: it always is."""
    value: str = ""
    """What stands there to begin with."""
    has_lines: bool = False
    """Whether it is a text of several lines."""
    tells_at_once: bool = False
    """Whether what `check` refuses is a mistake already while it is typed, and not only half a line."""


class Filled(Struct, frozen=True):
    """What a form held when it was sent; every line was found good."""

    texts: Mapping[str, str]
    files: Mapping[str, Path]


Tell = Callable[[str], None]
"""Shows what is being done at the foot of the form."""
Finish = Callable[[Filled, Tell], Awaitable[Result]]


class Form(KeptForm[Result | None], Generic[Result]):
    """Fill in some lines, and let something be done with them. Returns what that returned, or None.

    While it is done the form stays, and Esc stops it. When it fails the form says why and holds what was typed.
    """

    AUTO_FOCUS = ""  # the first line gets the keys that came before it, first
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("ctrl+s", "submit", show=False),
    ]

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        finish: Finish[Result],
        *,
        kept_as: tuple[CustomerId, str],
        keys: str = "",
        consequence: Callable[[Mapping[str, str]], str] | None = None,
        start: str = "",
        can_stop: bool = True,
        has_enter: bool = False,
        forgets: bool = True,
    ) -> None:
        """Make the form.

        Args:
            title: What it is for, and for whom.
            fields: Its lines, from top to bottom.
            finish: Does what the form is for; a KfError it raises is shown.
            kept_as: For whom it is filled in, and under which name that is kept and brought back.
            keys: What the keys at its foot do, where nothing is sent to anybody.
            consequence: Says at the foot what will be done with the lines as they are.
            start: The field to begin with; empty: the first.
            can_stop: Whether Esc stops what is being done: not where nobody would know then what is true.
            has_enter: Whether Enter does it from every line, as where each is good without the others.
            forgets: Whether what was filled in is kept no longer once it is done; else whoever made the form
                forgets it when it has become something.
        """
        super().__init__()
        self._title, self._fields, self._finish = title, tuple(fields), finish
        self.kept_as = kept_as
        self._keys = keys or _("Ctrl+S sends, Esc cancels")
        self._consequence = consequence
        self._start = start or self._fields[0].id
        self._can_stop, self._has_enter, self._forgets = can_stop, has_enter, forgets
        self._first: Mapping[str, str] = self.unfilled()
        self._disk = Disk()
        self._entries = {field.id: self._make_entry(field) for field in self._fields}
        self._echoes = {field.id: Prose(classes="echo-line") for field in self._fields}
        self._rows = {field.id: Vertical(classes="form-field") for field in self._fields}
        self._note = Prose(id="form-note")
        self.is_busy = False
        """Whether what was typed is being sent, or a question stands above the form."""
        self._is_finishing = False

    def _make_entry(self, field: Field) -> FormLine:
        name = f"field-{field.id}"
        if field.file is not None:
            return FormPathEntry(self, disk=self._disk, endings=field.endings, placeholder=field.hint, id=name)
        if field.has_lines:
            return FormText(self, field.value, placeholder=field.hint, id=name)
        return FormEntry(self, field.value, placeholder=field.hint, compact=True, select_on_focus=False, id=name)

    def compose(self) -> ComposeResult:
        """Draw the lines, with what they mean below them, and the note at the foot."""
        label_cells = max(width_cells(field.label) for field in self._fields) + 2
        with Vertical(classes="dialog form") as box:
            box.border_title = plain(self._title)
            box.border_subtitle = plain(self._keys)
            with VerticalScroll(can_focus=False):
                for field in self._fields:
                    with self._rows[field.id]:
                        with Horizontal(classes="form-line"):
                            label = Static(plain(field.label), classes="form-label")
                            label.styles.width = label_cells
                            yield label
                            yield self._entries[field.id]
                        echo = self._echoes[field.id]
                        echo.styles.margin = (0, 0, 0, label_cells)
                        yield echo
            yield self._note

    def on_mount(self) -> None:
        """Begin with what was filled in before."""
        self._show_fields()
        self._tell("")
        self.begin(self._entries[self._start])

    def bring_back(self, values: Mapping[str, str]) -> None:
        """Fill in what was typed before; what was pasted since stands behind it."""
        self._first = values
        for name, before in self.unfilled().items():
            entry = self._entries[name]
            entry.fill(values.get(name, before) + entry.value.removeprefix(before))
        self._show_fields()

    def unfilled(self) -> dict[str, str]:
        """Return the lines as they are before anything is typed."""
        return {field.id: field.value for field in self._fields}

    def values(self) -> dict[str, str]:
        """Return what stands in the lines, by their ids."""
        return {name: entry.value for name, entry in self._entries.items()}

    # -- keys ------------------------------------------------------------------------------------------------------

    def takes(self, entry: FormLine, key: str) -> bool:
        """Do what a key does that is not a line's own, and return whether it is one."""
        if self.is_busy:
            if key == "escape":
                self.action_leave()
            return True
        shown = [self._entries[field.id] for field in self._shown_fields()]
        at = shown.index(entry)
        match key:
            case "escape":
                self.action_leave()
            case "ctrl+s":
                self.action_submit()
            case "enter" | "down" | "up" if isinstance(entry, FormText):
                return False
            case "enter" if self._has_enter or at == len(shown) - 1:
                self.action_submit()
            case "tab" if isinstance(entry, PathEntry):
                return False
            case "enter" | "tab" | "down":
                self.go_on_from(entry)
            case "shift+tab" | "up":
                self._go_to(shown[at - 1], entry)
            case _:
                return False
        return True

    def _go_to(self, entry: FormLine, left: FormLine) -> None:
        """Go to another line; the one that is left says what is wrong with it."""
        self.set_focus(entry)
        field = self._field_of(left)
        if field.file is None and left.value.strip():
            self._judge(field)

    def go_on_from(self, entry: FormLine) -> None:
        """Go to the next line."""
        shown = [self._entries[field.id] for field in self._shown_fields()]
        self._go_to(shown[(shown.index(entry) + 1) % len(shown)], entry)

    @on(PathEntry.Completed)
    def show_names(self, event: PathEntry.Completed) -> None:
        """Show what the path may become."""
        field = self._field_of(event.entry)
        if event.names:
            self.workers.cancel_group(self, f"look-{field.id}")
            said = "  ".join(event.names[:MOST_NAMES])
            more = len(event.names) - MOST_NAMES
            self._echo(field, said + ("  " + _("and {count} more").format(count=more) if more > 0 else ""))

    def action_leave(self) -> None:
        """Stop what is being done; else leave, after asking when something was typed that is nowhere else."""
        values, unfilled = self.values(), self.unfilled()
        if self._is_finishing:
            if self._can_stop:
                self.workers.cancel_group(self, "form")
        elif self.is_busy:
            pass
        elif values == self._first:
            self.flush()
            self.dismiss(None)
        elif any(value.strip() and value != unfilled[name] for name, value in values.items()):
            self.is_busy = True
            self._ask_to_leave()
        else:
            self.throw_away()
            self.dismiss(None)

    @work(group="leave", exclusive=True)
    async def _ask_to_leave(self) -> None:
        from kfconsole.ui.dialogs import Answer, Question

        answers = [Answer("discard", _("Throw away"), "y")]
        question = _("Throw away what was typed?")
        try:
            answer = await self.app.push_screen_wait(Question(self._title, question, "", answers))
        finally:
            self.is_busy = False
        if answer == "discard":
            self.throw_away()
            self.dismiss(None)

    # -- what the lines mean ---------------------------------------------------------------------------------------

    def _shown_fields(self) -> list[Field]:
        return [field for field in self._fields if self._rows[field.id].display]

    def _field_of(self, entry: Widget) -> Field:
        return next(field for field in self._fields if self._entries[field.id] is entry)

    def _show_fields(self) -> None:
        for field in self._fields:
            is_shown = not field.behind or bool(
                self._entries[field.behind].value.strip() or self._entries[field.id].value.strip()
            )
            if self._rows[field.id].display != is_shown:
                self._rows[field.id].display = is_shown

    def _echo(self, field: Field, said: str, *, is_bad: bool = False) -> None:
        echo = self._echoes[field.id]
        if str(echo.content) != said:
            echo.update(plain(said))
        echo.display = bool(said)
        echo.set_class(is_bad, "-bad")

    @on(Input.Changed)
    @on(TextArea.Changed)
    def note_edit(self, event: Input.Changed | TextArea.Changed) -> None:
        """Say what the line means by now; what is still missing is no mistake yet."""
        field = self._field_of(event.control)
        self._show_fields()
        self._tell("")
        self.note_typing()
        if field.file is not None:

            async def look() -> None:
                await self._look(field, self._entries[field.id].value)

            work: Callable[[], Awaitable[None]] = look
            self.run_worker(work, group=f"look-{field.id}", exclusive=True)
        else:
            self._judge(field, is_being_typed=True)

    def _judge(self, field: Field, *, is_being_typed: bool = False) -> bool:
        """Show what a line means, and return whether it is good; half a line is no mistake while it is typed."""
        value = self._entries[field.id].value
        is_half = is_being_typed and not (field.tells_at_once and value.strip())
        try:
            if field.is_needed and not value.strip():
                raise NotPossible(_("{name} is empty.").format(name=field.label))
            self._echo(field, field.check(value) if field.check is not None and value.strip() else "")
        except NotPossible as error:
            self._echo(field, "" if is_half else sentences(error.message, error.hint), is_bad=True)
            return False
        return True

    async def _look(self, field: Field, typed: str) -> None:
        """Say what is there while a path is typed."""
        if not typed.strip():
            self._echo(field, "")
            return
        try:
            found = await self._disk.ask(partial(_found, field, typed))
        except KfError as error:
            self._echo(field, sentences(error.message, error.hint), is_bad=True)
        else:
            self._echo(field, found)

    # -- sending ---------------------------------------------------------------------------------------------------

    def action_submit(self) -> None:
        """Check every line, and do what the form is for."""
        if not self.is_busy:
            self.is_busy = self._is_finishing = True
            self._submit()

    @work(group="form", exclusive=True)
    async def _submit(self) -> None:
        result: Result | None = None
        is_done = False
        self._tell("")
        try:
            filled = await self._filled()
            if filled is not None:
                result = await self._finish(filled, self._tell)
                is_done = True
        except KfError as error:
            self._tell(sentences(error.message, error.hint), is_bad=True)
        finally:
            self.is_busy = self._is_finishing = False
            if not is_done and self.is_attached and not self._note.has_class("-bad"):
                self._tell("")
        if is_done:
            self.flush()
            if self._forgets:
                self.app.forget_form(*self.kept_as, self.values())
            self.dismiss(result)

    async def _filled(self) -> Filled | None:
        """Return what the lines hold; None when one of them is wrong, which then says so and gets the focus."""
        texts, files, wrong = dict[str, str](), dict[str, Path](), list[Field]()
        for field in self._fields:
            value = self._entries[field.id].value
            texts[field.id] = value if field.has_lines else one_line(value)
            if not value.strip() or field.file is None:
                if not self._judge(field):
                    wrong.append(field)
                continue
            self.workers.cancel_group(self, f"look-{field.id}")
            self._tell(_("Looking at {file}…").format(file=one_line(value)))
            try:
                files[field.id], said = await self._disk.ask(partial(_examined, field, value))
            except KfError as error:
                self._echo(field, sentences(error.message, error.hint), is_bad=True)
                wrong.append(field)
            else:
                self._echo(field, said)
        if wrong:
            self.set_focus(self._entries[wrong[0].id])
        return None if wrong else Filled(texts, files)

    def _tell(self, said: str, *, is_bad: bool = False) -> None:
        if not self.is_attached:
            return
        if not said and self._consequence is not None:
            said = self._consequence(self.values())
        self._note.update(plain(said))
        self._note.display = bool(said)
        self._note.set_class(is_bad, "-bad")


def _found(field: Field, typed: str) -> str:
    """Say what a path leads to; half a path is no mistake. Reads the disk."""
    path = path_of(typed)
    with suppress(OSError):  # which looking at it as a file tells
        if path.is_dir():
            return _("A folder: Tab shows what is in it.")
        if not path.exists():
            return _("No such file; Tab completes names.")
    return _examined(field, typed)[1]


def _examined(field: Field, typed: str) -> tuple[Path, str]:
    assert field.file is not None
    path = path_of(typed)
    return path, field.file(path)
