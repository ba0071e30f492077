"""The form of what a customer is called: alias, WeChat's remark and tags."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kfconsole.desk import people
from kfconsole.i18n import _
from kfconsole.model import Contact, is_wechat_tag
from kfconsole.text import one_line, width_cells
from kfconsole.ui.forms import Field, Filled, Form, Tell

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp

KEPT_AS = "customer"
CustomerForm = Form[bool]


def naming(app: "KfApp", title: str, contact: Contact) -> CustomerForm:
    """Let somebody say what a customer is called; True once that is kept.

    Args:
        app: The console.
        title: Who it is.
        contact: What is known.
    """
    remark = one_line(contact.remark)
    tags = tuple(tag for tag in contact.tags if not is_wechat_tag(tag))

    async def finish(filled: Filled, tell: Tell) -> bool:
        texts = filled.texts
        noted = texts["alias"], people.tags_of(texts["tags"])
        tell(_("Writing the remark to WeChat…") if texts["remark"] != remark else _("Saving…"))
        if noted != (contact.alias, tags):
            await app.actions.describe(contact.openid, alias=noted[0], tags=noted[1])
        if texts["remark"] != remark:
            await app.actions.set_remark(contact.openid, texts["remark"])
        return True

    def check_remark(typed: str) -> str:
        if one_line(typed) != remark:  # what WeChat has itself is none of ours
            people.check_remark(one_line(typed))
        size = len(one_line(typed).encode("utf-8", "replace"))
        return _("{count}/{limit} bytes").format(count=size, limit=people.REMARK_BYTES)

    def consequence(values: Mapping[str, str]) -> str:
        said = _("Enter keeps alias and tags here. Esc changes nothing.")
        if one_line(values["remark"]) != remark:
            said = _("Enter keeps alias and tags here, and writes the remark to WeChat.")
        if wechat_tags := " ".join(filter(is_wechat_tag, contact.tags)):
            not_ours = _("WeChat's tags: {tags}; they are changed on mp.weixin.qq.com.").format(tags=wechat_tags)
            return f"{not_ours}\n{said}"
        return said

    fields = (
        _field("alias", _("Alias"), contact.alias, _check_alias),
        _field("remark", _("Remark in WeChat"), contact.remark, check_remark),
        _field("tags", _("Tags"), " ".join(tags), _check_tags, _("separated by blanks")),
    )
    return Form(
        title,
        fields,
        finish,
        kept_as=(contact.openid, KEPT_AS),
        keys=_("Enter saves, Esc cancels"),
        consequence=consequence,
        can_stop=False,
        has_enter=True,
    )


def _field(name: str, label: str, value: str, check: Callable[[str], str], hint: str = "") -> Field:
    return Field(name, label, hint, is_needed=False, check=check, value=one_line(value), tells_at_once=True)


def _check_alias(typed: str) -> str:
    people.check_alias(alias := one_line(typed))
    return _("{count}/{limit} cells").format(count=width_cells(alias), limit=people.MAX_ALIAS_CELLS)


def _check_tags(typed: str) -> str:
    people.check_tags(tags := people.tags_of(typed))
    return f"{len(tags)}/{people.MAX_TAGS}"
