"""The picker of canned replies: search, preview and cost; new ones, changes and deletions go into the user's file."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from kfconsole import canned, finding, i18n
from kfconsole.canned import Filled, Finder, Library, Reply, writing
from kfconsole.canned.filling import escaped
from kfconsole.canned.reading import unknown_variable
from kfconsole.desk import rules, splitting
from kfconsole.errors import KfError, NotPossible
from kfconsole.i18n import _, ngettext, sentences
from kfconsole.model import CustomerId
from kfconsole.text import clip, fit, one_line, width_cells
from kfconsole.ui.commands import Place
from kfconsole.ui.early import EarlyKeys, Typed, pass_to
from kfconsole.ui.plain import plain
from kfconsole.ui.tones import TonedScreen
from kfconsole.ui.widgets.bar import Bar, Hints, Piece
from kfconsole.ui.widgets.entry import Entry
from kfconsole.ui.widgets.key_order import is_below_dialog
from kfconsole.ui.widgets.prose import Prose

if TYPE_CHECKING:
    from kfconsole.ui.acts.canned import CannedActs
    from kfconsole.ui.app import KfApp

MAX_ROWS = 200  # rows of the list; who looks for more types a letter
NAME_CELLS = 28
MAX_SHOWN_CELLS = 200  # of a text in the list; no window is wider than that there
_HINTS = ("canned_new", "canned_keep", "canned_edit", "canned_delete")


class CannedLine(Entry):
    """What is looked for; a reply's own key, typed first, picks it at once."""

    def __init__(self, picker: "CannedPicker", placeholder: str) -> None:
        super().__init__(placeholder=placeholder, compact=True, select_on_focus=False)
        self._picker = picker

    async def _on_key(self, event: events.Key) -> None:
        if is_below_dialog(self.screen):
            return  # `Entry` knows whose it is
        if self._picker.is_done:
            self._picker.hold(event)  # typed right behind the key that picked: for the composer
        elif self.value or event.character is None or not self._picker.pick_by_key(event.character):
            return
        event.stop()
        event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        if self._picker.is_done:
            self._picker.hold(event)
            event.stop()
            event.prevent_default()

    def leaves_by(self, key: str) -> bool:
        """Choose, move, leave, and edit the file."""
        act = self._picker.acts.get(key)
        if act is not None:
            act()
        return act is not None


class CannedPicker(EarlyKeys, ModalScreen[None], TonedScreen):
    """Pick a reply for the composer.

    Args:
        desk: What the picked reply is given to.
        openid: Whose reply it becomes, fixed when the key was pressed.
    """

    app: "KfApp"
    COMPONENT_CLASSES = TonedScreen.COMPONENT_CLASSES
    AUTO_FOCUS = ""  # the line takes keys once the file is read
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, desk: "CannedActs", openid: CustomerId) -> None:
        super().__init__()
        self._desk, self._openid = desk, openid
        self._library = desk.canned_library
        self._finder = Finder(self._library.replies if self._library is not None else ())
        self._shown: dict[str, Reply] = {}
        self._held: list[Typed] = []
        self._is_gone = False
        self.is_done = False
        """Whether the keys that still come are for the composer."""
        self.line = CannedLine(self, _("Name, words, pinyin or initials"))
        self.options = OptionList(markup=False, compact=True)
        self.options.can_focus = False
        self._text, self._cost, self._note = Static(), Bar(id="canned-cost"), Prose(id="canned-note")
        self._scroll = VerticalScroll(classes="canned-text", can_focus=False)
        self._hints = Hints(id="canned-hints")
        self.acts: dict[str, Callable[[], None]] = {}

    def compose(self) -> ComposeResult:
        """Draw the line, the list, the text as it will be sent, and what it costs."""
        with Vertical(classes="dialog canned") as box:
            customer = self._desk.customer_name(self._openid)
            box.border_title = plain(_("Canned reply to {customer}").format(customer=customer))
            yield self.line
            yield self.options
            with self._scroll:
                yield self._text
            yield self._cost
            yield self._note
            yield self._hints

    def on_mount(self) -> None:
        """Show what was read last at once, and read the file again."""
        steps = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8}
        self.acts = {key: partial(self._move, step) for key, step in steps.items()}
        self.acts |= {"enter": self._choose, "escape": self.action_leave}
        self.acts |= {"ctrl+down": self._scroll.scroll_page_down, "ctrl+up": self._scroll.scroll_page_up}
        named = {
            "canned_new": self._make_new,
            "canned_keep": self._keep_written,
            "canned_edit": self._edit,
            "canned_delete": self._delete,
        }
        self.acts |= {
            key: partial(self._act, act, named[act]) for key, act in self.app.keymap.acts(Place.CANNED).items()
        }
        self._show_hints()
        if self._library is not None:
            self._fill()
        self.load()

    def _act(self, name: str, act: Callable[[], None]) -> None:
        if not self._desk.refuses(name):
            act()

    def _show_hints(self) -> None:
        more = [("Ctrl+↓", _("more"))] if self._scroll.max_scroll_y else []
        self._hints.show_keys((("Enter", _("insert")), *more, *self.app.keymap.hints(_HINTS)))

    @work(group="canned", exclusive=True)
    async def load(self) -> None:
        """Read the file when it has changed, then take the keys; then learn how names are spoken."""
        path, known = self.app.settings.replies_path, self._library
        is_known = known is not None and known.path == path
        library = await asyncio.to_thread(
            lambda: canned.read_again(known) if known is not None and is_known else canned.read(path)
        )
        self._take(library)
        self.hand_over(self.line)
        await asyncio.to_thread(self._learn_sounds)
        if self.is_attached and self.line.value:
            self._fill()

    def _learn_sounds(self) -> None:
        finding.prepare()
        self._finder.prepare()

    def _take(self, library: Library, name: str = "") -> None:
        is_same = library is self._library and not name
        self._library = self._desk.canned_library = library
        if not is_same:
            self._finder = Finder(library.replies)
            self._fill(name)

    # -- what is shown ---------------------------------------------------------------------------------------------

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Show what is found by the text so far."""
        event.stop()
        self._fill()

    def _fill(self, name: str = "") -> None:
        """Fill the list; the reply of a name, or else the first, is the current one."""
        library = self._library
        if library is None or not self.is_attached:
            return
        found = self._found()
        self._shown = {str(number): reply for number, reply in enumerate(found)}
        self.options.clear_options()
        self.options.add_options(Option(self._row(reply), id=number) for number, reply in self._shown.items())
        current = next((number for number, reply in enumerate(found) if name and reply.name == name), 0)
        self.options.highlighted = current if found else None
        self._note.update(plain(self._problem_words(library)))
        self._note.display = bool(library.problems)
        self._preview()

    def _row(self, reply: Reply) -> Content:
        key = plain(fit(reply.key, 2)).stylize("bold")
        mark = "!" if reply.unknown else " "
        name = plain(fit(reply.path, NAME_CELLS))
        said = plain("  " + clip(one_line(reply.text), MAX_SHOWN_CELLS)).stylize("dim")  # the list cuts it to its width
        return Content.assemble(key, plain(mark), name, said)

    def _problem_words(self, library: Library) -> str:
        if not library.problems:
            return ""
        told = library.problems[0].told(Path(library.path.name))
        more = len(library.problems) - 1
        if not more:
            return told
        return sentences(told, ngettext("({count} more problem)", "({count} more problems)", more).format(count=more))

    @on(OptionList.OptionHighlighted)
    def show_highlighted(self) -> None:
        """Show the text of the current row."""
        self._preview()

    @on(OptionList.OptionSelected)
    def choose_clicked(self) -> None:
        """Insert the row that was clicked."""
        self._choose()

    @property
    def current(self) -> Reply | None:
        """The reply of the current row."""
        option = self.options.highlighted_option
        return self._shown.get(option.id or "") if option is not None else None

    def _preview(self) -> None:
        reply, library = self.current, self._library
        if reply is None:
            self._text.update(plain(self._nothing_words(library)).stylize("dim"))
            self._cost.show([])
            return
        filled = self._filled(reply)
        text = plain(filled.text)
        for start, end in filled.unresolved:
            text = text.stylize("reverse", start, end)
        self._text.update(text)
        self._scroll.scroll_home(animate=False)
        self.call_after_refresh(self._show_hints)
        self._cost.show(*self._cost_pieces(reply, filled))

    def _nothing_words(self, library: Library | None) -> str:
        if library is None:
            return ""
        if library.is_missing:
            missing = _("There is no file of canned replies yet: {file}").format(file=library.path)
            return "\n".join((missing, _("Enter writes one with some replies to begin with.")))
        if not library.replies:
            return _("There are no canned replies in {file}.").format(file=library.path)
        return _("Nothing matches.")

    def _filled(self, reply: Reply) -> Filled:
        return canned.fill(reply.text, self._desk.canned_values(self._openid))

    def _cost_pieces(self, reply: Reply, filled: Filled) -> tuple[list[Piece], list[Piece]]:
        if reply.unknown:
            return [(unknown_variable(reply.unknown[0]), "warn")], []
        if filled.unresolved:
            variable = filled.text[slice(*filled.unresolved[0])]
            return [(_("Nothing is known for {variable}.").format(variable=variable), "warn")], []
        composer = self._desk.composer
        start, end = sorted(composer.selection)
        after = composer.get_text_range(end, composer.document.end)
        whole = composer.get_text_range((0, 0), start) + filled.text + after
        said = _("{size} bytes").format(size=rules.text_bytes(filled.text))
        if whole != filled.text:
            said = _("{size}, {total} with what is written").format(size=said, total=rules.text_bytes(whole))
        return [(said, "muted")], [self._replies_piece(whole)]

    def _replies_piece(self, whole: str) -> Piece:
        try:
            parts = len(splitting.split(whole))
        except NotPossible as error:
            return error.message, "warn"
        replies = ngettext("{count} reply", "{count} replies", parts).format(count=parts)
        now, mono = self.app.clock.now(), self.app.clock.monotonic()
        allowance = rules.allowance_of(self._desk.desk, self._openid, now, mono)
        if allowance is None or allowance.is_unlimited or allowance.left is None:
            return replies, "muted"
        left = f"{self.app.glyphs.at_most}{allowance.left}"
        said = _("{replies} of the {left} left").format(replies=replies, left=left)
        return said, "muted" if parts <= allowance.left else "late"

    # -- keys ------------------------------------------------------------------------------------------------------

    def pick_by_key(self, character: str) -> bool:
        """Insert the reply a character stands for, if it does."""
        reply = canned.same_key(self._library.replies, character) if self._library is not None else None
        if reply is not None:
            self._insert(reply)
        return reply is not None

    def _move(self, step: int) -> None:
        if self._shown:
            current = self.options.highlighted or 0
            self.options.highlighted = max(0, min(len(self._shown) - 1, current + step))
            self._preview()

    def _choose(self) -> None:
        self._fill_if_due()
        if (reply := self.current) is not None:
            self._insert(reply)
        elif self._library is not None and self._library.is_missing:
            self.write_first()

    def _fill_if_due(self) -> None:
        """Look at the words themselves: what tells that they changed may still be on its way."""
        if self._found() != list(self._shown.values()):
            self._fill()

    def _found(self) -> list[Reply]:
        return self._finder.found(self.line.value, self._desk.canned_used)[:MAX_ROWS]

    def _insert(self, reply: Reply) -> None:
        if reply.unknown:
            self.app.notify(unknown_variable(reply.unknown[0]), severity="warning")
            return
        self._desk.insert_canned(self._openid, reply, self._filled(reply))
        self._end()

    def action_leave(self) -> None:
        """Go back; the composer is as it was."""
        if not self.is_done:
            self._end()

    def _end(self) -> None:
        self.is_done = True
        self.workers.cancel_node(self)
        self.line.call_later(self._leave_when_quiet, 0)

    def _leave_when_quiet(self, held: int) -> None:
        """Go once the line has no more keys: what comes then finds the composer, behind those held for it.

        Args:
            held: How many keys were held when this was asked last; a pump looks one message ahead, unseen by its queue.
        """
        if self.line.message_queue_size or len(self._held) > held:
            self.line.call_later(self._leave_when_quiet, len(self._held))
            return
        self._is_gone = True
        self.dismiss(None)
        for event in self._held:
            self._give_composer(event)

    def hold(self, event: Typed) -> None:
        """Keep a key that is meant for the composer."""
        if self._is_gone:
            self._give_composer(event)
        else:
            self._held.append(event)

    def _give_composer(self, event: Typed) -> None:
        pass_to(self._desk.composer, event)

    # -- the file --------------------------------------------------------------------------------------------------

    @work(group="canned-file")
    async def write_first(self) -> None:
        """Write a first file with replies to begin with."""
        path, is_chinese = self.app.settings.replies_path, i18n.in_use() == "zh"
        await self._desk.attempt(self._write(lambda: writing.create(path, is_chinese=is_chinese)))

    def _make_new(self) -> None:
        self.edit(None, "")

    def _keep_written(self) -> None:
        composer = self._desk.composer
        words = composer.selected_text or composer.text
        if words.strip():
            self.edit(None, escaped(words.strip("\n")))
        else:
            self.app.notify(_("Nothing is written yet that could be kept."), severity="warning")

    def _edit(self) -> None:
        self._fill_if_due()
        if (reply := self.current) is not None:
            self.edit(reply, reply.text)

    def edit(self, reply: Reply | None, text: str) -> None:
        """Let somebody write a reply, and keep it; what cannot be kept is still in the form."""
        from kfconsole.ui.canned_form import writing_reply

        self.app.push_screen(writing_reply(reply, text, partial(self._keep, reply)))

    async def _keep(self, old: Reply | None, new: Reply) -> None:
        path = self.app.settings.replies_path
        known = self._library
        library = known if known is not None else await asyncio.to_thread(canned.read, path)
        if library.is_missing:
            is_chinese = i18n.in_use() == "zh"
            library = await self._write(lambda: writing.create(path, is_chinese=is_chinese, is_empty=True))
        # By its name: the file may have been read again since the form was opened.
        place = next((reply for reply in library.replies if old is not None and reply.path == old.path), None)
        if place is None:
            await self._write(lambda: writing.add(library, new), new.name)
        else:
            await self._write(lambda: writing.change(library, place, new), new.name)

    def _delete(self) -> None:
        self._fill_if_due()
        if (reply := self.current) is not None:
            self.delete(reply)

    @work(group="canned-file")
    async def delete(self, reply: Reply) -> None:
        """Take a reply out of the file, after asking."""
        from kfconsole.ui.dialogs import Answer, Question

        question = _("Delete the canned reply {name}?").format(name=reply.name)
        text = clip(one_line(reply.text), 2 * width_cells(question) + 60)
        answers = [Answer("delete", _("Delete"), "y")]
        if (library := self._library) is None:
            return
        if await self.app.push_screen_wait(Question(_("Delete a canned reply"), question, text, answers)) == "delete":
            await self._desk.attempt(self._write(lambda: writing.delete(library, reply)))

    async def _write(self, act: Callable[[], Library], name: str = "") -> Library:
        """Change the file, and return what it holds then; when that fails it is read again."""
        try:
            self.app.actions.check_writable()  # others use the file, too
            library = await asyncio.to_thread(act)
        except KfError:
            if self._library is not None:
                self._take(await asyncio.to_thread(canned.read_again, self._library))
            raise
        self.line.value = ""
        self._take(library, name)
        return library
