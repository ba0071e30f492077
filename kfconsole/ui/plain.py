"""Text for Textual's own widgets: as it stands, never markup, never a control character."""

from textual.content import Content

from kfconsole.text import clean


def plain(words: str) -> Content:
    """Return the words as content; cleaned once more, as no widget of Textual's does it."""
    return Content(clean(words))
