"""What customers are called."""

from typing import TYPE_CHECKING

from textual import work

from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import Contact, CustomerId, is_wechat_tag
from kfconsole.ui import words
from kfconsole.ui.acts.base import DeskActs

if TYPE_CHECKING:
    from kfconsole.ui.customer_form import CustomerForm, Noted


class PeopleActs(DeskActs):
    """Alias, remark and tags."""

    def action_edit_customer(self) -> None:
        """Show the names of the selected customer, to be changed."""
        if (openid := self.need_subject()) is None:
            return
        if openid in self.desk.contacts:
            self.app.push_screen(self._form(openid))  # at once: a name may come in one piece with the e
        else:
            self.asks(self.edit_unknown(openid))

    @work(group="people")
    async def edit_unknown(self, openid: CustomerId) -> None:
        """Read what is known of a customer, and show it."""
        if await self.attempt(self.app.actions.know((openid,))):
            await self.app.push_screen_wait(self._form(openid))

    def _form(self, openid: CustomerId) -> "CustomerForm":
        from kfconsole.ui.customer_form import CustomerForm  # not needed for the first paint, like every dialog

        contact = self.desk.contacts.get(openid, Contact(openid))
        title, end = self.customer_name(openid), words.name_of(None, openid, self.app.glyphs)
        return CustomerForm(
            title if title == end else f"{title}  {end}",
            contact,
            lambda form, noted: self.save_customer(form, contact, noted),
        )

    @work(group="people")
    async def save_customer(self, form: "CustomerForm", before: Contact, noted: "Noted") -> None:
        """Keep what was typed, and write the remark to WeChat if it was changed."""
        actions, openid = self.app.actions, before.openid
        ours = tuple(tag for tag in before.tags if not is_wechat_tag(tag))
        try:
            if (noted.alias, noted.tags) != (before.alias, ours):
                await actions.describe(openid, alias=noted.alias, tags=noted.tags)
            if form.writes_remark:
                await actions.set_remark(openid, noted.remark)
        except KfError as error:
            if not form.show_failure(error):
                self.tell_error(error)
            return
        form.close()
        self.tell(_("Kept what {customer} is called.").format(customer=self.customer_name(openid)))
