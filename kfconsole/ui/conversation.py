"""The right side of the desk: the open conversation, what explains it, and the composer below it."""

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from kfconsole.i18n import _
from kfconsole.model import CustomerId, Desk
from kfconsole.ui import edge, status, words
from kfconsole.ui.plain import plain
from kfconsole.ui.talk import Talk
from kfconsole.ui.widgets.bar import Bar
from kfconsole.ui.widgets.composer import Composer
from kfconsole.ui.widgets.prose import Prose

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp


class ConversationView(Vertical):
    """One customer's messages and the reply to them."""

    app: "KfApp"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.talk = Talk(id="transcript")
        self.composer = Composer(placeholder="", id="composer")
        self._standing = Prose(id="standing")
        self._edge = Bar(id="edge")
        self._shown_openid: CustomerId | None = None
        self._new_below = 0

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
            if self.composer.openid is not None:
                self.app.actions.left(self.composer.openid)
            contact = self.app.store.desk.contacts.get(openid) if openid else None
            draft = contact.draft if contact else ""
            if self.composer.load(openid, draft) and openid is not None:
                self.app.take_draft(openid, draft)

    def turn_back(self) -> None:
        """Turn the composer to whose messages are shown, when another conversation could not be opened."""
        self.turn_to(self._shown_openid)

    def on_resize(self) -> None:
        """Say as much on the edge as there is room for now."""
        self._paint_edge(self.app.store.desk)

    def on_descendant_focus(self) -> None:
        """Say in the empty composer to whom one writes, or how to begin."""
        self._paint_placeholder(self.app.store.desk)

    def on_descendant_blur(self) -> None:
        """Likewise."""
        self._paint_placeholder(self.app.store.desk)

    def paint(self, desk: Desk) -> None:
        """Show title, note and edge."""
        now = self.app.clock.now()
        show_text(self._standing, status.standing(desk, self.app.keymap))
        titled = plain(
            self.app.keymap.prefix("pane_conversation")
            + (status.conversation_title(desk, self.app.station, now) or _("Conversation"))
        )
        if self.border_title != titled.plain:
            self.border_title = titled
        self._paint_edge(desk)
        self._paint_placeholder(desk)

    def _paint_edge(self, desk: Desk) -> None:
        now, mono = self.app.clock.now(), self.app.clock.monotonic()
        below = ""
        if self._new_below:
            key = self.app.keymap.key_of("last")
            below = _("{count} new below, press {key}").format(count=self._new_below, key=key)
        pieces = edge.compose_edge(
            desk,
            self.app.station,
            now,
            mono,
            draft=self.composer.text,
            width=self._edge.size.width or self.app.size.width,
            is_typing_shown=desk.open is not None and self.app.actions.typing_seconds(desk.open.openid) > 0,
            before=below,
        )
        self._edge.show(*pieces)

    def _paint_placeholder(self, desk: Desk) -> None:
        obstacle, how = None, _("{key} to write a reply").format(key=self.app.keymap.key_of("reply"))
        if desk.open is not None:
            now, mono = self.app.clock.now(), self.app.clock.monotonic()
            obstacle = edge.find_obstacle(desk, self.app.station, desk.open.openid, now, mono)
            if self.composer.has_focus:
                name = words.customer_name(desk, desk.open.openid, self.app.glyphs)
                how = _("Reply to {customer}").format(customer=name)
        width = (self.composer.content_size.width or self.app.size.width) - 1
        said = plain(edge.placeholder(obstacle, (how,), width))
        if self.composer.placeholder != said:
            self.composer.placeholder = said

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
        self.composer.kept(event.openid, event.text)
        self.app.keep_draft(event.openid, event.text)

    def unsaved(self) -> list[tuple[CustomerId, str]]:
        """What was written, for whom, and is not known to be on disk."""
        return self.composer.unsaved()


def show_text(line: Static, words_said: str) -> None:
    """Show a text, or hide the line when there is none."""
    if str(line.content) != words_said:
        line.update(plain(words_said))
        line.display = bool(words_said)
