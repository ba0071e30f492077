"""What a customer is called: alias, WeChat's remark and tags, in one dialog."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from msgspec import Struct
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from kfconsole.desk import people
from kfconsole.errors import KfError, NotPossible
from kfconsole.i18n import _
from kfconsole.model import Contact, CustomerId, is_wechat_tag
from kfconsole.text import one_line, width_cells
from kfconsole.ui.kept_form import KeptForm
from kfconsole.ui.plain import plain
from kfconsole.ui.widgets.entry import Entry
from kfconsole.ui.widgets.key_order import passed_on
from kfconsole.ui.widgets.prose import Prose

KEPT_AS = "customer"


class Noted(Struct, frozen=True):
    """What was typed of a customer."""

    alias: str
    remark: str
    tags: tuple[str, ...]
    """Ours, without WeChat's."""


class Field(Entry):
    """One line of the form; Enter saves, and up, down and Tab go to another, in the order of the keys around them."""

    STEPS: ClassVar[dict[str, int]] = {"tab": 1, "down": 1, "shift+tab": -1, "up": -1}

    async def _on_key(self, event: events.Key) -> None:
        if passed_on(self, event):
            event.stop()
            event.prevent_default()

    def leaves_by(self, key: str) -> bool:
        """Go to another field; while what was typed is being saved, nothing is typed."""
        form = self.screen
        if not isinstance(form, CustomerForm) or key == "escape":
            return False
        if form.is_saving:
            return True
        if key == "enter":
            form.submit()  # at once: what is typed behind it is no part of a name
            return True
        if (step := self.STEPS.get(key)) is None:
            return False
        fields = [field for field in form.query(Field) if not field.disabled]
        form.set_focus(fields[(fields.index(self) + step) % len(fields)])
        return True


class CustomerForm(KeptForm[None]):
    """Alias, remark and tags of a customer. Enter saves, and the dialog stays until that has worked.

    Args:
        title: Who it is.
        contact: What is known.
        save: Told what was typed once it may be saved; calls `close` or `show_failure`.
    """

    AUTO_FOCUS = ""  # the first line gets the keys that came before it, once what was typed before stands there
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, title: str, contact: Contact, save: Callable[["CustomerForm", Noted], object]) -> None:
        super().__init__()
        self._title, self._contact, self._save = title, contact, save
        self.kept_as: tuple[CustomerId, str] = (contact.openid, KEPT_AS)
        self.is_saving = False
        ours = " ".join(tag for tag in contact.tags if not is_wechat_tag(tag))
        self._alias = Field(one_line(contact.alias), id="alias", compact=True, select_on_focus=False)
        self._remark = Field(one_line(contact.remark), id="remark", compact=True, select_on_focus=False)
        hint = _("separated by blanks")
        self._tags = Field(ours, id="tags", compact=True, select_on_focus=False, placeholder=hint)
        self._before = self._submitted = self.values()
        self._judged: dict[str, str] | None = None
        """What stood in the lines at the last Enter; it is heard of before the last change of a line is."""

    def compose(self) -> ComposeResult:
        """Draw a row for each field, WeChat's tags, and what Enter will do."""
        rows = ((_("Alias"), self._alias), (_("Remark in WeChat"), self._remark), (_("Tags"), self._tags))
        with Vertical(classes="dialog form") as box:
            box.border_title = plain(self._title)
            for label, field in rows:
                with Horizontal(classes="field"):
                    yield Static(plain(label), classes="label")
                    yield field
                    yield Static(id=f"{field.id}-count", classes="count")
            if wechat_tags := " ".join(filter(is_wechat_tag, self._contact.tags)):
                said = _("WeChat's tags: {tags}; they are changed on mp.weixin.qq.com.").format(tags=wechat_tags)
                yield Prose(plain(said), classes="consequence")
            yield Prose(classes="echo")

    def on_mount(self) -> None:
        """Start with the alias."""
        self._count()
        self.begin(self._alias)

    def values(self) -> dict[str, str]:
        """Return what stands in the lines, by their ids."""
        return {str(field.id): field.value for field in (self._alias, self._remark, self._tags)}

    def unfilled(self) -> dict[str, str]:
        """Return what is known of the customer."""
        return self._before

    def bring_back(self, values: Mapping[str, str]) -> None:
        """Fill in what was typed before."""
        for field in (self._alias, self._remark, self._tags):
            field.value = values.get(str(field.id), field.value)
            field.cursor_position = len(field.value)

    @property
    def noted(self) -> Noted:
        """What is typed so far."""
        return Noted(one_line(self._alias.value), one_line(self._remark.value), people.tags_of(self._tags.value))

    @property
    def writes_remark(self) -> bool:
        """Whether WeChat is asked for another remark."""
        return self.noted.remark != one_line(self._contact.remark)

    @on(Input.Changed)
    def count(self) -> None:
        """Count against the limits while typing."""
        self._count()
        self.note_typing()

    def _count(self) -> None:
        noted = self.noted
        counts = (
            ("alias", width_cells(noted.alias), people.MAX_ALIAS_CELLS, _("{count}/{limit} cells")),
            ("remark", len(noted.remark.encode("utf-8", "replace")), people.REMARK_BYTES, _("{count}/{limit} bytes")),
            ("tags", len(noted.tags), people.MAX_TAGS, "{count}/{limit}"),
        )
        for name, count, limit, words in counts:
            shown = self.query_one(f"#{name}-count", Static)
            shown.update(plain(words.format(count=count, limit=limit)))
            shown.set_class(count > limit, "-over")
        if self.values() != self._judged:
            self._judged = None
            self._say(self._consequence())

    def _consequence(self) -> str:
        if self.writes_remark:
            return _("Enter keeps alias and tags here, and writes the remark to WeChat.")
        return _("Enter keeps alias and tags here. Esc changes nothing.")

    def _say(self, words: str, *, is_bad: bool = False) -> None:
        echo = self.query_one(".echo", Static)
        echo.update(plain(words))
        echo.set_class(is_bad, "-bad")

    def submit(self) -> None:
        """Save it, if all of it can be."""
        noted = self.noted
        self._judged = self.values()
        try:
            people.check_alias(noted.alias)
            if self.writes_remark:
                people.check_remark(noted.remark)
            people.check_tags(noted.tags)
        except NotPossible as error:
            self.show_failure(error)
            return
        self.is_saving = True
        self.flush()
        self._submitted = self.values()
        self._say(_("Writing the remark to WeChat…") if self.writes_remark else _("Saving…"))
        self._save(self, noted)

    def show_failure(self, error: KfError) -> bool:
        """Say what went wrong, with all that was typed still there; False when the user has left."""
        self.is_saving = False
        if not self.is_attached:
            return False
        self._say(f"{error.message}\n{error.hint}" if error.hint else error.message, is_bad=True)
        return True

    def close(self) -> None:
        """Leave; it is saved."""
        self.app.forget_form(*self.kept_as, self._submitted)
        if self.is_attached and self.is_current:
            self.dismiss(None)

    def action_cancel(self) -> None:
        """Leave; what is being saved goes on, and stays kept until it is."""
        if not self.is_saving:
            self.throw_away()
        self.dismiss(None)
