"""Keys of the keymap put to work in Textual."""

from collections.abc import Mapping
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from kfconsole.ui.keymap import Keymap
from kfconsole.ui.widgets.line_view import LineView

PANE_KEYS = ("tab", "shift+tab")  # Textual's own; the table has them, too


def bind(node: DOMNode, acts: Mapping[str, str]) -> None:
    """Bind these keys, and none of those a node came with to the same ends."""
    found = node._bindings.key_to_bindings
    for key in PANE_KEYS:
        found.pop(key, None)
    for key, action in acts.items():
        found[key] = [Binding(key, action, show=False)]  # not added to the list: all nodes of the class share it


def follow(screen: Screen[Any], keymap: Keymap, choose: str) -> None:
    """Give the lists and conversations of a screen other keys.

    Args:
        screen: Whose.
        keymap: The keys.
        choose: The command that chooses the current row.
    """
    for view in screen.query(LineView):
        found = view._bindings.key_to_bindings
        moves = {binding.id: binding for bindings in found.values() for binding in bindings if binding.id}
        for key in [key for key, bindings in found.items() if any(binding.id for binding in bindings)]:
            del found[key]
        for name, binding in moves.items():
            command = name.partition(".")[2].replace("-", "_")
            for key in keymap.keys(choose if command == "choose" else command):
                found[key] = [binding.with_key(key)]
