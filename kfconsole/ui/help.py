"""Keys and marks, explained."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Static

from kfconsole.i18n import N_, _
from kfconsole.text import fit, width_cells, wrap
from kfconsole.ui.commands import COMMANDS, MOVES, PLACE_TITLES
from kfconsole.ui.early import ReadFirst
from kfconsole.ui.keymap import Keymap
from kfconsole.ui.plain import plain

MARKS = (
    ("! !!", N_("Waits too long; waits far too long")),
    ("*", N_("Spoke last, and has had no answer")),
    ("≥", N_("At least: the wait began, or the customer wrote again, where nobody saw it")),
    ("≤", N_("At most: replies sent elsewhere are not seen here")),
    ("×3", N_("Messages seen while waiting; there may be more")),
    ("?", N_("Not known: what came before was not seen from here")),
    (N_("sent"), N_("WeChat took the message; it gives no receipt")),
    (N_("confirmed"), N_("The message also stands in WeChat's own records")),
    (N_("outcome unknown"), N_("The answer was lost: the customer may have got it. It is never repeated by itself")),
    (N_("[picture]"), N_("What WeChat's records do not hold, nor voice and video: it is seen on mpkf.weixin.qq.com")),
    (N_("stale"), N_("WeChat has not answered for a while; the rows are the last known ones")),
)


SCROLLS = {
    "down": "scroll_down",
    "up": "scroll_up",
    "first": "scroll_home",
    "last": "scroll_end",
    "page_up": "page_up",
    "page_down": "page_down",
}
"""Moves, and what they are on a page of text."""


class HelpScreen(ReadFirst, ModalScreen[None]):
    """One scrolling page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
    ]

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap
        acts = {"help": "dismiss", **{name: f"focused.{act}" for name, act in SCROLLS.items()}}
        for name, act in acts.items():
            for key in keymap.keys(name):
                self._bindings.bind(key, act, show=False)

    def compose(self) -> ComposeResult:
        """Draw the page."""
        with VerticalScroll(classes="dialog help") as box:
            box.border_title = plain(_("Keys and marks"))
            box.border_subtitle = plain(_("Esc closes"))
            yield _Page(self._keymap)

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.begin_at(self.query_one(VerticalScroll))


class _Page(Static):
    """The text, broken anew where its room ends."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap
        self._cells = 0

    def on_resize(self, event: Resize) -> None:
        """Break the lines: a window can change, and a scrollbar take its cells."""
        if event.size.width != self._cells:
            self._cells = event.size.width
            self.update(plain(help_text(self._keymap, self._cells)))


def help_text(keymap: Keymap, cells: int) -> str:
    """The whole page as plain text, in lines of so many cells; what is explained goes on below itself."""
    sections: list[tuple[str, list[tuple[str, str]]]] = []
    moves = {name for ids, _said in MOVES for name in ids}
    for place, title in PLACE_TITLES.items():
        shown = [row for row in COMMANDS if row.place is place and row.id not in moves and keymap.keys(row.id)]
        sections.append((_(title), [(" ".join(keymap.names(row.id)), _(row.description)) for row in shown]))
    sections.append((_("Moving"), keymap.moves()))
    sections.append((_("Marks"), [(_(mark), _(said)) for mark, said in MARKS]))
    width = 2 + max(width_cells(left) for _title, rows in sections for left, _right in rows)
    return "\n\n".join(
        "\n".join([title, *(line for row in rows for line in _row(*row, width, cells))]) for title, rows in sections
    )


def _row(left: str, right: str, width: int, cells: int) -> list[str]:
    first, *more = wrap(right, cells - width - 2)
    return [f"  {fit(left, width)}{first}", *(" " * (width + 2) + line for line in more)]
