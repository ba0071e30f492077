"""Sending what is no text: pictures, voice, video, cards and menus, each from a form."""

from contextlib import suppress
from typing import TYPE_CHECKING

from textual import on, work
from textual.worker import WorkerCancelled

from kfconsole.content import Content
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Delivery, Message, MessageId
from kfconsole.text import one_line
from kfconsole.ui.acts.replying import ReplyActs
from kfconsole.ui.widgets.composer import Composer

if TYPE_CHECKING:
    from kfconsole.ui.forms import Filled, Tell


class ContentActs(ReplyActs):
    """Messages beside words."""

    def action_send_other(self) -> None:
        """Send the subject something beside words."""
        if (openid := self.need_subject()) is not None:
            self._begin_other(openid)

    @on(Composer.OtherAsked)
    def send_other_here(self, event: Composer.OtherAsked) -> None:
        """Send the customer somebody writes to something beside words."""
        self._begin_other(event.openid)

    def _begin_other(self, openid: CustomerId) -> None:
        try:
            self.app.actions.check_answering()
        except NotPossible as error:
            self.tell_error(error)
            return
        is_writing = self.composer.openid == openid and self.focused in (self.composer, None)
        self.asks(self.send_other(openid, is_writing=is_writing))

    @work(group="other", exclusive=True)
    async def send_other(self, openid: CustomerId, *, is_writing: bool) -> None:
        """Ask what is due, let the user choose and fill in, and send."""
        try:
            await self.open_conversation(openid)
            self.conversation.turn_back()
            if not await self.may_reply(openid) or (name := await self._pick_kind(openid)) is None:
                return
            content, filled = await self._fill_in(openid, name)
        finally:
            self.answered()
            if is_writing and self.composer.openid == openid:
                self.set_focus(self.composer)
        if content is not None:
            self._send_content(openid, name, content, filled)

    async def _pick_kind(self, openid: CustomerId) -> str | None:
        from kfconsole.ui.contents import KINDS
        from kfconsole.ui.dialogs import Choice, Picker

        title = _("What to send to {customer}").format(customer=self.customer_name(openid))
        choices = [Choice(name, _(kind.label), _(kind.detail)) for name, kind in KINDS.items()]
        return await self.app.push_screen_wait(Picker(title, choices, _("Kind of message")))

    async def _fill_in(self, openid: CustomerId, name: str) -> tuple[Content | None, dict[str, str]]:
        """Let the user fill in the form, which holds what did not become a message before; return what it held."""
        from kfconsole.ui.contents import KINDS
        from kfconsole.ui.forms import Form

        kind = KINDS[name]

        async def finish(filled: "Filled", tell: "Tell") -> Content:
            return await self._made(name, filled, tell)

        title = _(kind.title).format(customer=self.customer_name(openid))
        form = Form(title, kind.fields(), finish, kept_as=(openid, name), forgets=False)
        return await self.app.push_screen_wait(form), form.values()

    @work(group="other-sent")
    async def _send_content(self, openid: CustomerId, name: str, content: Content, filled: dict[str, str]) -> None:
        """Send, and keep what was filled in unless it became a message."""
        before = self._messages_with(openid, content)
        with suppress(WorkerCancelled):
            await self.send_out(openid, (content,)).wait()
        begun = [message for id, message in self._messages_with(openid, content).items() if id not in before]
        is_taken_back = not begun or any(message.is_dismissed for message in begun)
        if is_taken_back:
            key = self.key_of("send_other")
            self.tell(_("It was not sent; {key} brings back what was filled in.").format(key=key))
        elif all(message.delivery is not Delivery.REFUSED for message in begun):
            self.app.forget_form(openid, name, filled)

    async def _made(self, name: str, filled: "Filled", tell: "Tell") -> Content:
        """Upload what has to be, and return the message."""
        from kfconsole.desk.uploads import by_name, check_content, size_words
        from kfconsole.ui.contents import KINDS

        kind, media = KINDS[name], dict[str, str]()
        check_content(kind.content(filled, dict.fromkeys(kind.files, "-")))  # before anything is uploaded
        for field, media_kind in kind.files.items():
            file = filled.files[field]

            def show(sent: int, total: int, file_name: str = one_line(file.name)) -> None:
                said = _("Uploading {file}: {sent} of {total}; Esc stops.")
                tell(said.format(file=file_name, sent=size_words(sent), total=size_words(total)))

            try:
                media[field] = (await self.app.actions.media_of(media_kind, file, show)).media_id
            except NotPossible as error:
                raise by_name(error, file) from None
        return kind.content(filled, media)

    def _messages_with(self, openid: CustomerId, content: Content) -> dict[MessageId, Message]:
        """The messages to the customer that the desk knows and that hold this content."""
        opened, contact = self.desk.open, self.desk.contacts.get(openid)
        messages = list(opened.messages) if opened is not None and opened.openid == openid else []
        if contact is not None and contact.last_message is not None:
            messages.append(contact.last_message)
        return {message.id: message for message in messages if message.content == content}
