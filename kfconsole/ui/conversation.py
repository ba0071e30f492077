"""The right side of the desk: the open conversation, what explains it, and the composer below it."""

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from kfconsole.i18n import _
from kfconsole.model import CustomerId, Desk
from kfconsole.ui import status
from kfconsole.ui.plain import plain
from kfconsole.ui.talk import Talk
from kfconsole.ui.widgets.bar import Bar
from kfconsole.ui.widgets.composer import Composer

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp


class ConversationView(Vertical):
    """One customer's messages and the reply to them."""

    app: "KfApp"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.talk = Talk(id="transcript")
        self.composer = Composer(placeholder="", id="composer")
        self._standing = Static(id="standing", markup=False)
        self._edge = Bar(id="edge")
        self._shown_openid: CustomerId | None = None
        self._problem = ""
        self._new_below = 0

    def on_mount(self) -> None:
        """Name the key that leads into the composer."""
        self.composer.placeholder = _("{key} to write a reply").format(key=self.app.keymap.key_of("reply"))

    def compose(self) -> ComposeResult:
        """Lay out the note, the messages, the composer's edge and the composer."""
        yield self._standing
        yield self.talk
        yield self._edge
        yield self.composer

    def show(self, desk: Desk) -> None:
        """Show the messages of the open conversation; the composer turns to its customer."""
        opened = desk.open.openid if desk.open else None
        if opened != self._shown_openid:
            self._shown_openid = opened
            self.turn_to(opened)
        self.talk.show_conversation(desk)

    def turn_to(self, openid: CustomerId | None) -> None:
        """Turn the composer to a customer, before their messages are there."""
        if openid != self.composer.openid:
            contact = self.app.store.desk.contacts.get(openid) if openid else None
            self.composer.load(openid, contact.draft if contact else "")

    def turn_back(self) -> None:
        """Turn the composer to whose messages are shown, when another conversation could not be opened."""
        self.turn_to(self._shown_openid)

    def paint(self, desk: Desk, problem: str) -> None:
        """Show title, note and edge; `problem` is why a reply should not simply be sent."""
        self._problem = problem
        now = self.app.clock.now()
        show_text(self._standing, status.standing(desk, self.app.keymap))
        titled = plain(
            self.app.keymap.prefix("pane_conversation")
            + (status.conversation_title(desk, self.app.station, now) or _("Conversation"))
        )
        if self.border_title != titled.plain:
            self.border_title = titled
        self._paint_edge(desk)

    def _paint_edge(self, desk: Desk) -> None:
        now, mono = self.app.clock.now(), self.app.clock.monotonic()
        left, right = status.compose_edge(
            desk, self.app.station, now, mono, draft=self.composer.text, problem=self._problem
        )
        if self._new_below:
            below = _("{count} new below, press {key}").format(
                count=self._new_below, key=self.app.keymap.key_of("last")
            )
            left = [(f" {below} ", "accent"), *left]
        self._edge.show(left, right)

    @on(Talk.NewBelow)
    def tell_new_below(self, event: Talk.NewBelow) -> None:
        """Say that messages came while the view stands further up."""
        self._new_below = event.count
        self._paint_edge(self.app.store.desk)

    @on(Composer.Edited)
    def note_writing(self, event: Composer.Edited) -> None:
        """Let the customer see that somebody writes, and count the bytes."""
        if event.text.strip():
            self.app.actions.writing(event.openid)
        else:
            self.app.actions.emptied(event.openid)
        self._paint_edge(self.app.store.desk)

    @on(Composer.Paused)
    def keep_draft(self, event: Composer.Paused) -> None:
        """Keep the draft on disk."""
        self.app.keep_draft(event.openid, event.text)

    def unsent(self) -> tuple[CustomerId, str] | None:
        """What stands in the composer, and for whom."""
        return None if self.composer.openid is None else (self.composer.openid, self.composer.text)


def show_text(line: Static, words_said: str) -> None:
    """Show a text, or hide the line when there is none."""
    if str(line.content) != words_said:
        line.update(plain(words_said))
        line.display = bool(words_said)
