"""What customers are called."""

from functools import partial
from typing import TYPE_CHECKING

from textual import work

from kfconsole.i18n import _
from kfconsole.model import Contact, CustomerId
from kfconsole.ui import words
from kfconsole.ui.acts.base import DeskActs

if TYPE_CHECKING:
    from kfconsole.ui.customer_form import CustomerForm


class PeopleActs(DeskActs):
    """Alias, remark and tags."""

    def action_edit_customer(self) -> None:
        """Show the names of the selected customer, to be changed."""
        if (openid := self.need_subject()) is None:
            return
        if openid in self.desk.contacts:
            # At once: a name may come in one piece with the e.
            self.app.push_screen(self._form(openid), partial(self._note_kept, openid))
        else:
            self.asks(self.edit_unknown(openid))

    @work(group="people")
    async def edit_unknown(self, openid: CustomerId) -> None:
        """Read what is known of a customer, and show it."""
        if await self.attempt(self.app.actions.know((openid,))):
            self._note_kept(openid, await self.app.push_screen_wait(self._form(openid)))

    def _form(self, openid: CustomerId) -> "CustomerForm":
        from kfconsole.ui.customer_form import naming  # not needed for the first paint, like every dialog

        contact = self.desk.contacts.get(openid, Contact(openid))
        title, end = self.customer_name(openid), words.name_of(None, openid, self.app.glyphs)
        return naming(self.app, title if title == end else f"{title}  {end}", contact)

    def _note_kept(self, openid: CustomerId, is_kept: bool | None) -> None:
        if is_kept:
            self.tell(_("Kept what {customer} is called.").format(customer=self.customer_name(openid)))
