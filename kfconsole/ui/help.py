"""Keys and marks, explained."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from kfconsole.i18n import N_, _
from kfconsole.text import fit, width_cells
from kfconsole.ui.commands import COMMANDS, MOVES, PLACE_TITLES
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
    (N_("stale"), N_("WeChat has not answered for a while; the rows are the last known ones")),
)


class HelpScreen(ModalScreen[None]):
    """One scrolling page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("j", "page.scroll_down", show=False),
        Binding("k", "page.scroll_up", show=False),
    ]

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap
        for key in keymap.keys("help"):
            self._bindings.bind(key, "dismiss", show=False)

    def compose(self) -> ComposeResult:
        """Draw the page."""
        with VerticalScroll(classes="dialog help") as box:
            box.border_title = plain(_("Keys and marks"))
            box.border_subtitle = plain(_("Esc closes"))
            yield Static(plain(help_text(self._keymap)))


def help_text(keymap: Keymap) -> str:
    """The whole page as plain text."""
    sections: list[tuple[str, list[tuple[str, str]]]] = []
    moves = {name for ids, _said in MOVES for name in ids}
    for place, title in PLACE_TITLES.items():
        shown = [row for row in COMMANDS if row.place is place and row.id not in moves and keymap.keys(row.id)]
        sections.append((_(title), [(" ".join(keymap.names(row.id)), _(row.description)) for row in shown]))
    sections.append((_("Moving"), keymap.moves()))
    sections.append((_("Marks"), [(_(mark), _(said)) for mark, said in MARKS]))
    width = 2 + max(width_cells(left) for _title, rows in sections for left, _right in rows)
    return "\n\n".join(
        "\n".join([title, *(f"  {fit(left, width)}{right}" for left, right in rows)]) for title, rows in sections
    )
