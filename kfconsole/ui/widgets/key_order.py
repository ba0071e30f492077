"""What keeps the keys of whatever is typed into in the order they were pressed.

Over a lagging line several come in one burst, and bindings run before or after the characters of it. So those who are
typed into look the keys up themselves.
"""

from collections.abc import Iterable

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget


def acts_of(bindings: Iterable[BindingType]) -> dict[str, str]:
    """Return the action of every key that Textual binds."""
    return {
        key: binding.action for binding in bindings if isinstance(binding, Binding) for key in binding.key.split(",")
    }


def passed_on(field: Widget, event: events.Key) -> bool:
    """Whether the key was typed right behind the one that went to another field, which has it now."""
    focused = field.screen.focused
    if focused is None or focused is field:
        return False
    focused.post_message(events.Key(event.key, event.character))
    return True
