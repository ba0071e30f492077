"""Tones: the few styles everything is drawn in. State is a mark or a word first; the tone only helps the eye."""

from dataclasses import dataclass

from rich.style import Style
from textual.widget import Widget

TONE_CLASSES = {
    "tone--muted",
    "tone--warn",
    "tone--late",
    "tone--accent",
    "tone--strong",
    "tone--good",
}


@dataclass(frozen=True, slots=True)
class Tones:
    """The styles of one widget, resolved from the stylesheet."""

    text: Style
    muted: Style
    warn: Style
    late: Style
    accent: Style
    strong: Style
    good: Style

    @classmethod
    def of(cls, widget: Widget) -> "Tones":
        """Read the tones of a widget whose COMPONENT_CLASSES hold `TONE_CLASSES`."""
        named = {
            name.removeprefix("tone--"): widget.get_component_rich_style(name, partial=True) for name in TONE_CLASSES
        }
        return cls(text=Style(), **named)
