"""The composer: a few lines of text that belong to one customer."""

from textual import events, on
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from kfconsole import text
from kfconsole.model import CustomerId
from kfconsole.ui.commands import Place, bindings

SAVE_AFTER_SECONDS = 0.4  # no draft older than a second may be lost


class _OfText(Message):
    """Tells of a text, and for which customer it is."""

    def __init__(self, openid: CustomerId, text: str) -> None:
        super().__init__()
        self.openid = openid
        self.text = text


class Composer(TextArea):
    """Write a reply. The customer is fixed when the text is loaded, and travels with every message it posts."""

    class Submitted(_OfText):
        """Enter was pressed; the text is for this customer and no other."""

    class Edited(_OfText):
        """The text changed by typing or pasting."""

    class Paused(_OfText):
        """The text rested for a moment: time to keep the draft."""

    class TypingAsked(_OfText):
        """The user wants the customer to see that somebody types."""

    class Left(Message):
        """The user leaves the composer."""

    def __init__(self, *, placeholder: str, id: str) -> None:  # Textual's name for it
        super().__init__(id=id, compact=True, highlight_cursor_line=False, disabled=True, placeholder=placeholder)
        self.cursor_blink = False
        self.openid: CustomerId | None = None
        self._texts: dict[CustomerId, str] = {}
        """What was written here, by customer: newer than any draft the archive may still answer."""
        self._save_timer: Timer | None = None
        self._acts = {key: binding.action for binding in bindings(Place.COMPOSER) for key in binding.key.split(",")}

    def load(self, openid: CustomerId | None, draft: str) -> None:
        """Turn to another customer and their draft."""
        self.flush()
        self.openid = openid
        self.disabled = openid is None
        self._set_text(self._texts.get(openid, draft) if openid else "")

    def take(self) -> str:
        """Hand over the text; the composer is empty from here on, so that no second Enter finds it."""
        words = self.text
        self._set_text("")
        return words

    def give_back(self, openid: CustomerId, words: str) -> None:
        """Put a text back that could not be sent, before whatever was written since."""
        newer = self.text if openid == self.openid else self._texts.get(openid, "")
        joined = f"{words}\n{newer}" if newer else words
        self._texts[openid] = joined
        if openid == self.openid:
            self._set_text(joined)
        self.post_message(self.Paused(openid, joined))

    def flush(self) -> None:
        """Report the text now if it was not reported yet."""
        if self.openid is None:
            return
        # A key may have changed the text whose Changed message is still on its way.
        is_unnoted = self.text != self._texts.get(self.openid, "")
        if is_unnoted or self._save_timer is not None:
            self._texts[self.openid] = self.text
            self._stop_timer()
            self.post_message(self.Paused(self.openid, self.text))

    def _stop_timer(self) -> None:
        if self._save_timer is not None:
            self._save_timer.stop()
            self._save_timer = None

    def _set_text(self, words: str) -> None:
        self._stop_timer()
        if self.openid is not None:
            self._texts[self.openid] = words
        self.text = words
        self.move_cursor(self.document.end)

    @on(TextArea.Changed)
    def note_edit(self, event: TextArea.Changed) -> None:
        """Tell the screen, and keep the draft once the typing rests."""
        event.stop()
        if self.openid is None or self.text == self._texts.get(self.openid, ""):
            return
        self._texts[self.openid] = self.text
        self.post_message(self.Edited(self.openid, self.text))
        if self._save_timer is None:
            self._save_timer = self.set_timer(SAVE_AFTER_SECONDS, self.flush)

    async def _on_key(self, event: events.Key) -> None:
        # Not by bindings: they run after, or before, the characters around them, and a part of the text would be sent.
        if self.screen.focused is not self:
            event.prevent_default()  # typed right behind the key that left: a command, which the screen will find
        elif (act := self._acts.get(event.key)) is not None:
            event.stop()
            event.prevent_default()
            getattr(self, f"action_{act}")()

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        pasted = text.clean(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        if result := self._replace_via_keyboard(pasted, *self.selection):
            self.move_cursor(result.end_location)

    def action_send(self) -> None:
        """Submit the text."""
        if self.openid is not None and self.text.strip():
            self.post_message(self.Submitted(self.openid, self.take()))

    def action_newline(self) -> None:
        """Start a new line."""
        self.insert("\n")

    def action_typing(self) -> None:
        """Ask for the typing state."""
        if self.openid is not None:
            self.post_message(self.TypingAsked(self.openid, self.text))

    def action_leave(self) -> None:
        """Go back to the conversation; the draft is kept."""
        self.flush()
        self.screen.set_focus(None)  # at once: what is typed behind this key is no part of the text
        self.post_message(self.Left())
