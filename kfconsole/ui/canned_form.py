"""The form in which a canned reply is written."""

from collections.abc import Awaitable, Callable
from zlib import crc32

from kfconsole.canned import Reply, reading
from kfconsole.canned.filling import VARIABLES, unknown_variables
from kfconsole.desk import rules
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import NOBODY
from kfconsole.ui.forms import Field, Filled, Form, Tell

CannedForm = Form[Reply]


def writing_reply(old: Reply | None, text: str, keep: Callable[[Reply], Awaitable[None]]) -> CannedForm:
    """Name, key, folder and text of a reply, which is returned once it is kept.

    Args:
        old: The one to be changed; None: it is a new one.
        text: Of a new one, what stands there to begin with.
        keep: Writes it into the file.
    """

    async def finish(filled: Filled, _tell: Tell) -> Reply:
        texts = filled.texts
        written = Reply(texts["name"].strip(), texts["text"], texts["key"].strip(), texts["folder"].strip())
        await keep(written)
        return written

    begun = old or Reply("", text)
    not_needed = _("not needed")
    fields = (
        Field("name", _("Name"), check=lambda typed: _check("name", name=typed), value=begun.name, tells_at_once=True),
        Field(
            "key",
            _("Key"),
            _("one character that picks it at once; not needed"),
            is_needed=False,
            check=lambda typed: _check("key", key=typed),
            value=begun.key,
            tells_at_once=True,
        ),
        Field("folder", _("Folder"), not_needed, is_needed=False, value=begun.folder),
        Field("text", _("Text"), check=_check_text, value=begun.text, tells_at_once=True, has_lines=True),
    )
    variables = " ".join(f"{{{name}}}" for name in VARIABLES)
    foot = _("Variables in the text: {variables}").format(variables=variables)
    return Form(
        _("New canned reply") if old is None else _("Change a canned reply"),
        fields,
        finish,
        kept_as=(NOBODY, _kept_name(old, text)),
        keys=_("Ctrl+S saves, Esc cancels"),
        consequence=lambda _values: foot,
        start="name" if old is None else "text",
        can_stop=False,
    )


def _kept_name(old: Reply | None, text: str) -> str:
    """Under which name the form is kept: each reply, and each text one is made of, has a form of its own."""
    if old is not None:
        return f"canned {old.path}"
    return f"canned-new {crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def _check(field: str, *, name: str = "-", text: str = "-", key: str = "") -> str:
    for found, said in reading.check(name.strip(), text, key.strip()):
        if found == field:
            raise NotPossible(said)
    return ""


def _check_text(typed: str) -> str:
    _check("text", text=typed)
    if unknown := unknown_variables(typed):
        raise NotPossible(reading.unknown_variable(unknown[0]))
    return _("{size} bytes").format(size=rules.text_bytes(typed))
