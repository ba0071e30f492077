"""Tones: the few styles everything is drawn in. State is a mark or a word first; the tone only helps the eye."""

from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from rich.style import Style
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.widget import Widget


class Tones(Struct, frozen=True):
    """How the tones differ from plain text."""

    text: Style
    muted: Style
    warn: Style
    late: Style
    accent: Style
    strong: Style
    good: Style


TONE_NAMES = ("muted", "warn", "late", "accent", "strong", "good")


class TonedScreen(Screen[None]):
    """A screen whose widgets draw in tones; the stylesheet says what they look like.

    The screen has them for all its widgets, as Textual styles every component class of every widget anew whenever
    anything about it changes.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{name}" for name in TONE_NAMES}

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


def tones_of(widget: "Widget") -> Tones:
    """Return the tones a widget draws in: those of its screen; one that has left it is drawn without."""
    screen = next((node for node in widget.ancestors if isinstance(node, TonedScreen)), None)
    return screen.tones if screen is not None else Tones(*[Style()] * (len(TONE_NAMES) + 1))
