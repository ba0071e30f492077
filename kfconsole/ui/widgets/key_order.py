"""What keeps the keys of whatever is typed into in the order they were pressed.

Over a lagging line several come in one burst, and bindings run before or after the characters of it. So those who are
typed into look the keys up themselves.
"""

from collections.abc import Iterable
from typing import Any

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget


def acts_of(bindings: Iterable[BindingType]) -> dict[str, str]:
    """Return the action of every key that Textual binds."""
    return {
        key: binding.action for binding in bindings if isinstance(binding, Binding) for key in binding.key.split(",")
    }


OPENERS = frozenset({"app.palette", "app.help", "search_customer", "search_agent", "search_days"})
"""What opens a dialog above a line or the composer: words behind the key are for that, and no part of the text."""


def is_below_dialog(screen: Screen[Any]) -> bool:
    """Whether a dialog lies above a screen, or is on its way there: what is typed now is for that."""
    return getattr(screen, "is_asking", False) or screen in screen.app.screen_stack[:-1]


def is_elsewhere(field: Widget) -> bool:
    """Whether what is pasted now is not for this field, but for a dialog above it, or what has the focus by now."""
    return field.screen.focused is not field or is_below_dialog(field.screen)


async def acted(field: Widget, event: events.Key) -> bool:
    """Open a dialog at once, by a key that is no text, where keys of the screen would wait for the words behind."""
    bound = () if event.is_printable else field.screen._bindings.key_to_bindings.get(event.key, ())
    for binding in bound:
        if binding.action in OPENERS:
            event.stop()
            event.prevent_default()
            await field.app.run_action(binding.action, field.screen)
            return True
    return False


def passed_on(field: Widget, event: events.Key) -> bool:
    """Whether the key was typed right behind the one that went to another field, which has it now."""
    focused = field.screen.focused
    if focused is None or focused is field:
        return False
    focused.post_message(events.Key(event.key, event.character))
    return True
