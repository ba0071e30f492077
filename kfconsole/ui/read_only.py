"""Switching to read-only while the console runs: asked first, since only a new start leads back."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfconsole.desk.read_only import ReadOnly, way_out
from kfconsole.i18n import _
from kfconsole.ui.dialogs import Answer, Question

if TYPE_CHECKING:
    from kfconsole.ui.app import KfApp


async def switch(app: "KfApp") -> None:
    """Ask, and change nothing any more from here."""
    if (why := app.actions.read_only) is not None:
        app.notify("\n".join((_("This console is read-only."), way_out(why))))
        return
    question = _("Change nothing any more from this console?")
    consequence = _("Nothing is sent, accepted or closed from here until it is started again. Drafts stay.")
    answers = [Answer("switch", _("Read-only"), "y")]
    if await app.push_screen_wait(Question(_("Read-only"), question, consequence, answers)) != "switch":
        return
    app.actions.become_read_only()
    app.station = replace(app.station, read_only=ReadOnly.SWITCHED, is_automatic=False)
    app.paint_bars()
