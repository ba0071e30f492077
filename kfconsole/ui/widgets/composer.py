"""The composer: a few lines of text that belong to one customer."""

import re
from typing import TYPE_CHECKING

from textual import events, on
from textual.document._document import Location
from textual.geometry import Region
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import TextArea

from kfconsole.desk.splitting import is_inside_character
from kfconsole.model import CustomerId
from kfconsole.ui.commands import Place
from kfconsole.ui.widgets.key_order import acted, is_below_dialog
from kfconsole.ui.widgets.text_box import TextBox

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp

SAVE_AFTER_SECONDS = 0.4  # no draft older than a second may be lost

_HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = rf"[{_HAN}]+|[^\W{_HAN}]+|[^\w\s]+"
"""Chinese has no blanks: a word ends where the script changes, and at what is no letter. Not compiled at start."""


class _OfText(Message):
    """Tells of a text, and for which customer it is."""

    def __init__(self, openid: CustomerId, text: str) -> None:
        super().__init__()
        self.openid = openid
        self.text = text


class Composer(TextBox):
    """Write a reply. The customer is fixed when the text is loaded, and travels with every message it posts."""

    app: "KfApp"

    class Submitted(_OfText):
        """Enter was pressed; the text is for this customer and no other."""

    class Edited(_OfText):
        """The text changed by typing or pasting."""

    class Paused(_OfText):
        """The text rested for a moment: time to keep the draft."""

    class TypingAsked(_OfText):
        """The user wants the customer to see that somebody types."""

    class OtherAsked(_OfText):
        """The user wants to send something beside words."""

    class Left(Message):
        """The user leaves the composer."""

    def __init__(self, *, placeholder: str, id: str) -> None:  # Textual's name for it
        super().__init__(id=id, compact=True, highlight_cursor_line=False, disabled=True, placeholder=placeholder)
        self.cursor_blink = False
        self.openid: CustomerId | None = None
        self._texts: dict[CustomerId, str] = {}
        """What was written here, by customer: newer than any draft the archive may still answer."""
        self._save_timer: Timer | None = None
        self._taken: tuple[CustomerId, str, Location] | None = None
        """The text that was handed over last, and where the cursor stood in it."""
        self._handed: list[tuple[CustomerId, str]] = []
        """What was handed over and nobody has in hand yet: when the console ends now, it is a draft again."""
        self._kept: dict[CustomerId, str] = {}
        """What stands in the archive, by customer, as far as it comes from here."""
        self._has_colours = False
        self._acts: dict[str, str] = {}

    def on_mount(self) -> None:
        """Take the keys of this console."""
        self._acts = self.app.keymap.acts(Place.COMPOSER)

    def load(self, openid: CustomerId | None, draft: str) -> bool:
        """Turn to another customer and their draft; True when there is one, and nothing was written here before."""
        self.flush()
        self.openid = openid
        is_first = openid is not None and openid not in self._texts
        if openid is not None and is_first:
            self._kept[openid] = draft
        self.disabled = openid is None
        self._set_text(self._texts.get(openid, draft) if openid else "")
        return is_first and bool(draft)

    def take(self) -> str:
        """Hand over the text; the composer is empty from here on, so that no second Enter finds it."""
        words = self.text
        if self.openid is not None:
            self._taken = self.openid, words, self.cursor_location
            self._handed.append((self.openid, words))
        self._set_text("")
        return words

    def withdraw(self, openid: CustomerId, words: str) -> bool:
        """Hand over a text that was given back, and leave what was written since; False when it is not there."""
        written = self.written(openid)
        if written != words and not written.startswith(f"{words}\n"):
            return False
        newer = written[len(words) + 1 :]
        if openid == self.openid:
            self._taken = openid, self.text, self.cursor_location
            self._set_text(newer)
        self._handed.append((openid, words))
        self._texts[openid] = newer
        if newer:
            self.post_message(self.Paused(openid, newer))
        return True

    def received(self, openid: CustomerId, words: str) -> None:
        """Somebody has in hand what was handed over: it is stored, or given back."""
        mine = [handed for handed in self._handed if handed[0] == openid]
        if mine:  # its parts are not its words
            self._handed.remove((openid, words) if (openid, words) in mine else mine[0])

        self._kept[openid] = ""

    def kept(self, openid: CustomerId, words: str) -> None:
        """The draft is on its way to the disk."""
        self._kept[openid] = words

    def unsaved(self) -> list[tuple[CustomerId, str]]:
        """Return the drafts that nobody was told of yet: what was handed over in vain, and what was written last."""
        drafts = {openid: self.written(openid) for openid, _words in self._handed}
        for openid, words in reversed(self._handed):
            drafts[openid] = f"{words}\n{drafts[openid]}" if drafts[openid] else words
        written = self._texts if self.openid is None else {**self._texts, self.openid: self.text}
        # Of one that was kept, the archive may know more: another console may have written to them since.
        rest = {openid: words for openid, words in written.items() if words != self._kept.get(openid, "")}
        return list((rest | drafts).items())

    def written(self, openid: CustomerId) -> str:
        """Return what stands here for a customer, on screen or not."""
        return self.text if openid == self.openid else self._texts.get(openid, "")

    def give_back(self, openid: CustomerId, words: str) -> None:
        """Put a text back that could not be sent, before whatever was written since."""
        self.received(openid, words)
        newer = self.written(openid)
        joined = f"{words}\n{newer}" if newer else words
        self._texts[openid] = joined
        if openid == self.openid:
            self._set_text(joined)
            if self._taken is not None and self._taken[:2] == (openid, joined):
                self.move_cursor(self._taken[2])
        self.post_message(self.Paused(openid, joined))

    def begin_below(self, openid: CustomerId, words: str) -> None:
        """Somebody writes on below a text that was given back: what they write is no part of it."""
        if openid == self.openid and self.text == words:
            self.move_cursor(self.document.end)
            self.insert("\n")

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
        if self.screen.focused is not self or is_below_dialog(self.screen):
            event.prevent_default()  # typed right behind the key that left: a command, which the screen will find
        elif (act := self._acts.get(event.key)) is not None:
            event.stop()
            event.prevent_default()
            await (self if hasattr(self, f"action_{act}") else self.screen).run_action(act)
        else:
            await acted(self, event)

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

    def action_send_other(self) -> None:
        """Ask for something beside words; the draft is kept."""
        if self.openid is not None:
            self.flush()
            self.screen.set_focus(None)  # at once: what is typed behind this key is no part of the text
            self.post_message(self.OtherAsked(self.openid, self.text))

    def action_leave(self) -> None:
        """Go back to the conversation; the draft is kept."""
        self.flush()
        self.screen.set_focus(None)  # at once: what is typed behind this key is no part of the text
        self.post_message(self.Left())

    # -- painting --------------------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Take the colours anew with the next paint."""
        super().notify_style_update()
        self._has_colours = False

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines; the colours are looked up once, and not with every key."""
        if self._has_colours:
            return ScrollView.render_lines(self, crop)
        self._has_colours = True
        return super().render_lines(crop)

    def _recompute_cursor_offset(self) -> None:
        # An undo looks for the cursor before it has moved it out of the lines it took away.
        if self.cursor_location[0] < self.document.line_count:
            self._cursor_offset = self.wrapped_document.location_to_offset(self.cursor_location)

    @on(TextArea.SelectionChanged)
    def keep_selection(self, event: TextArea.SelectionChanged) -> None:
        """Let no one else look at each step of the cursor: nobody needs it."""
        event.stop()

    # -- moving: by what is seen as one character, and by words that Chinese has, too ------------------------------

    def get_cursor_left_location(self) -> Location:
        """Where the character before the cursor begins, or the line before ends."""
        row, column = super().get_cursor_left_location()
        while is_inside_character(self.document[row], column):
            column -= 1
        return row, column

    def get_cursor_right_location(self) -> Location:
        """Where the character behind the cursor ends, or the next line begins."""
        row, column = super().get_cursor_right_location()
        while is_inside_character(self.document[row], column):
            column += 1
        return row, column

    def get_cursor_word_left_location(self) -> Location:
        """Where the word before the cursor begins."""
        row, column = self.cursor_location
        if column == 0:
            return super().get_cursor_word_left_location()
        words = list(re.compile(_WORD).finditer(self.document[row], 0, column))
        return row, words[-1].start() if words else 0

    def get_cursor_word_right_location(self) -> Location:
        """Where the word behind the cursor ends."""
        row, column = self.selection.end
        line = self.document[row]
        if column == len(line):
            return super().get_cursor_word_right_location()
        word = re.compile(_WORD).search(line, column)
        return row, word.end() if word else len(line)

    def action_delete_word_right(self) -> None:
        """Delete up to where the word behind the cursor ends."""
        start, end = self.selection
        self._delete_via_keyboard(start, self.get_cursor_word_right_location() if start == end else end)
