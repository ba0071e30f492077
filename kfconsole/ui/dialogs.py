"""Questions: confirm, choose, pick from a list, ask for a line. One question each, Cancel first and focused."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from msgspec import Struct
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option

from kfconsole import finding
from kfconsole.i18n import _
from kfconsole.ui.early import ReadFirst, WordsFirst
from kfconsole.ui.plain import plain
from kfconsole.ui.widgets.entry import Entry
from kfconsole.ui.widgets.prose import Prose


class Answer(Struct, frozen=True):
    """One answer of a dialog: its id, label and the letter that gives it."""

    id: str
    label: str
    key: str


class Question(ReadFirst, ModalScreen[str | None]):
    """Ask one question; the answers have letters, Cancel is first and focused. Returns the answer's id or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("left,h,up,k", "app.focus_previous", show=False),
        Binding("right,l,down,j", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, question: str, consequence: str, answers: Sequence[Answer]) -> None:
        super().__init__()
        self._title, self._question, self._consequence = title, question, consequence
        self._answers = tuple(answers)

    def compose(self) -> ComposeResult:
        """Draw the question, what follows from it, and the answers."""
        with Vertical(classes="dialog") as box:
            box.border_title = plain(self._title)
            yield Prose(plain(self._question), classes="question")
            if self._consequence:
                yield Prose(plain(self._consequence), classes="consequence")
            with Horizontal(classes="answers"):
                yield Button(plain(_("Cancel")), id="cancel", compact=True)
                for answer in self._answers:
                    label = plain(f"{answer.label} ({answer.key})")
                    yield Button(label, id=f"answer-{answer.id}", compact=True)

    def on_mount(self) -> None:
        """Put the focus on the harmless answer, and let the letters answer too."""
        self.begin_at(self.query_one("#cancel"))
        for answer in self._answers:
            self._bindings.bind(answer.key, f"answer('{answer.id}')", show=False)

    @on(Button.Pressed)
    def answer_by_button(self, event: Button.Pressed) -> None:
        """Return the pressed answer."""
        name = event.button.id or "cancel"
        self.dismiss(None if name == "cancel" else name.removeprefix("answer-"))

    def action_answer(self, name: str) -> None:
        """Return the answer of a letter."""
        self.dismiss(name)

    def action_cancel(self) -> None:
        """Return nothing."""
        self.dismiss(None)


LABEL_CELLS = 46  # one long row moves what stands behind the others no further, or all of them would break


class Choice(Struct, frozen=True):
    """One row of a picker."""

    id: str
    label: str
    detail: str = ""
    refusal: str = ""
    """Why it cannot be chosen; empty when it can."""
    also: str = ""
    """What else it is found by."""


class Picker(WordsFirst, ModalScreen[str | None]):
    """Pick one row, narrowing the list by typing. Returns its id or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], placeholder: str) -> None:
        super().__init__()
        self._title, self._choices = title, tuple(choices)
        # Kept rather than looked up: what follows the desk may come when the picker is being taken away.
        self.line = Entry(placeholder=placeholder, compact=True)
        self._options = OptionList(markup=False, compact=True)
        self._entered: str | None = None
        """The words Enter was pressed behind before pinyin was known, so that nothing was found by them yet."""

    def compose(self) -> ComposeResult:
        """Draw the filter and the list."""
        with Vertical(classes="dialog picker") as box:
            box.border_title = plain(self._title)
            yield self.line
            yield self._options
            yield Prose(plain(_("Nothing matches.")), classes="nothing")

    def on_mount(self) -> None:
        """Start with the whole list, and find by pinyin as soon as it is known."""
        self._fill("")
        if not finding.is_prepared():
            self.prepare()
        self.hand_over(self.line)

    @work(group="find", exclusive=True)
    async def prepare(self) -> None:
        """Learn pinyin, and look again for what was typed meanwhile."""
        await asyncio.to_thread(finding.prepare)
        if self.line.is_attached and (typed := self.line.value):
            self._fill(typed, keeps_highlight=True)
            if self._entered == typed and self._options.option_count == 1:  # of several, nobody has seen which
                self._options.action_select()

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Show what matches the text so far."""
        self._fill(event.value)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Show other choices, such as the same in another state; Enter still means the row it meant before."""
        self._choices = tuple(choices)
        if self._options.is_attached:
            self._fill(self.line.value, keeps_highlight=True)

    def _fill(self, words: str, *, keeps_highlight: bool = False) -> None:
        wanted = finding.words_of(words)
        options = self._options
        before = options.highlighted_option if keeps_highlight else None
        options.clear_options()
        width = max((plain(choice.label).cell_length for choice in self._choices), default=0)
        width = min(width, LABEL_CELLS)
        for choice in self._choices:
            if finding.matches(f"{choice.label} {choice.detail} {choice.also}", wanted):
                options.add_option(Option(_row(choice, width), id=choice.id, disabled=bool(choice.refusal)))
        self.set_class(options.option_count == 0, "-nothing")
        options.action_first()
        if before is not None and before.id is not None:  # the user may have moved on to it
            is_there = any(option.id == before.id for option in options.options)
            options.highlighted = options.get_option_index(before.id) if is_there else None

    @on(Input.Submitted)
    def choose_highlighted(self) -> None:
        """Return the highlighted row, or the only one there is as soon as it is found by pinyin."""
        is_too_early = not finding.is_prepared() and self._options.option_count == 0
        self._entered = self.line.value if is_too_early else None
        self._options.action_select()

    def enter_unseen(self) -> None:
        """Choose the one row that the words name: of several, nobody has seen which."""
        if typed := self.line.value.strip():
            self._fill(self.line.value)
            if self._options.option_count == 1:
                self._options.action_select()
            elif not finding.is_prepared():
                self._entered = typed

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Return the chosen row."""
        self.dismiss(event.option_id)

    def action_move(self, step: int) -> None:
        """Move the highlight while the filter keeps the focus."""
        options = self._options
        (options.action_cursor_down if step > 0 else options.action_cursor_up)()

    def action_cancel(self) -> None:
        """Return nothing."""
        self.dismiss(None)


def _row(choice: Choice, width: int) -> Content:
    label = plain(choice.label)
    padding = plain(" " * (max(0, width - label.cell_length) + 2))
    detail = plain(choice.refusal or choice.detail)
    return Content.assemble(label, padding, detail.stylize("dim"))


class Prompt(WordsFirst, ModalScreen[str | None]):
    """Ask for one line; `check` echoes what it understands, or raises ValueError with what is wrong."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, title: str, placeholder: str, check: Callable[[str], str], value: str = "") -> None:
        super().__init__()
        self._title, self._check = title, check
        self.line = Entry(value, placeholder=placeholder, compact=True)

    def compose(self) -> ComposeResult:
        """Draw the line and the echo below it."""
        with Vertical(classes="dialog") as box:
            box.border_title = plain(self._title)
            yield self.line
            yield Prose(classes="echo")

    def on_mount(self) -> None:
        """Go on with what was typed so far."""
        self.hand_over(self.line)

    @on(Input.Changed)
    def echo(self, event: Input.Changed) -> None:
        """Show what the text so far means."""
        said = ""
        if event.value.strip():
            try:
                said = self._check(event.value)
            except ValueError as error:
                said = str(error)
        self.query_one(".echo", Prose).update(plain(said))

    def enter_unseen(self) -> None:
        """Return what was typed; that nothing was, is no answer to what nobody has read."""
        if self.line.value.strip():
            self.submit()

    @on(Input.Submitted)
    def submit(self) -> None:
        """Return the line when it means something."""
        try:
            self._check(self.line.value)
        except ValueError as error:
            self.query_one(".echo", Prose).update(plain(str(error)))
            return
        self.dismiss(self.line.value)

    def action_cancel(self) -> None:
        """Return nothing."""
        self.dismiss(None)
