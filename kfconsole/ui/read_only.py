"""Switching to read-only while the console runs: asked first, since only a new start leads back."""

from msgspec.structs import replace

from kfconsole.desk.read_only import ReadOnly, way_out
from kfconsole.i18n import _
from kfconsole.ui.acting import ActingScreen


async def switch(screen: ActingScreen) -> None:
    """Ask, and change nothing any more from here."""
    app = screen.app
    if (why := app.actions.read_only) is not None:
        app.notify("\n".join((_("This console is read-only."), way_out(why))))
        return
    question = _("Change nothing any more from this console?")
    consequence = _("Nothing is sent, accepted or closed from here until it is started again. Drafts stay.")
    if not await screen.sure(_("Read-only"), question, consequence, _("Read-only")):
        return
    app.actions.become_read_only()
    app.station = replace(app.station, read_only=ReadOnly.SWITCHED, is_automatic=False)
    app.paint_bars()
