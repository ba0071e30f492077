"""Keys on their way to what a dialog has covered by itself: nobody pressed them for the dialog."""

from textual import events


class KeysBehind:
    """A dialog that came up by itself, above somebody who types."""

    def take_behind(self, event: events.Key) -> bool:
        """Take a key that what lies below could not take any more; False when it was meant for the dialog."""
        raise NotImplementedError
