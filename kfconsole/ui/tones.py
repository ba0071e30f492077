"""Tones: the few styles everything is drawn in. State is a mark or a word first; the tone only helps the eye."""

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Tones:
    """How the tones differ from plain text."""

    text: Style
    muted: Style
    warn: Style
    late: Style
    accent: Style
    strong: Style
    good: Style


TONE_NAMES = ("muted", "warn", "late", "accent", "strong", "good")
TONE_CLASSES = {f"tone--{name}" for name in TONE_NAMES}


class Toned(Widget):
    """A widget that draws in tones; the stylesheet says what they look like.

    Textual inherits component classes from the first base only: who has another first base names `TONE_CLASSES` too.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES

    _tones: Tones | None = None

    @property
    def tones(self) -> Tones:
        """The tones of the theme in use."""
        if self._tones is None:
            self._tones = Tones(text=Style(), **{name: self._tone(name) for name in TONE_NAMES})
        return self._tones

    def _tone(self, name: str) -> Style:
        # Blended with the background, as many theme colours are translucent; the background itself stays the row's.
        full = self.get_component_rich_style(f"tone--{name}")
        return Style(color=full.color, bold=full.bold or None)

    def notify_style_update(self) -> None:
        """Forget the tones of the theme before."""
        self._tones = None
        super().notify_style_update()
