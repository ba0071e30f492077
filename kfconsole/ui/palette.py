"""The palette: what works on the screen at hand, found by its name and run where the focus was."""

from kfconsole.i18n import _
from kfconsole.ui.acting import ActingScreen
from kfconsole.ui.commands import COMMANDS, Command, Place
from kfconsole.ui.desk_screen import DeskScreen
from kfconsole.ui.dialogs import Choice, Picker


async def run_picked(screen: ActingScreen) -> None:
    """Let the user pick a command, and run it."""
    app = screen.app
    names = app.keymap.names
    by_id = {row.id: row for row in offered(screen)}
    choices = [
        Choice(row.id, _(row.description), " ".join(names(row.id)), also=f"{_(row.label)} {row.id}")
        for row in by_id.values()
    ]
    picked = await app.push_screen_wait(Picker(_("Commands"), choices, _("What do you want to do?")))
    screen.answered()
    if picked is not None and app.screen is screen:
        command = by_id[picked]
        is_for_composer = command.place is Place.COMPOSER and isinstance(screen, DeskScreen)
        actor = app.get_default_screen().composer if is_for_composer else screen
        await app.run_action(command.action, default_namespace=actor)


def offered(screen: ActingScreen) -> list[Command]:
    """Return the commands that work on a screen: its own, those of the desk that work there, too, and the app's."""
    return [row for row in COMMANDS if row.place not in screen.app.HIDDEN and _works_on(row, screen)]


def _works_on(row: Command, screen: ActingScreen) -> bool:
    if Place.ANYWHERE in screen.places or row.scope:
        return row.in_palette
    # Beside the desk, what has a key of its own on the screen is not in the way of what is looked for more often.
    return row.place in screen.places or (row.in_palette and any(map(row.works_in, screen.places)))


async def pick_theme(screen: ActingScreen) -> None:
    """Let the user pick other colours for this run."""
    app = screen.app
    choices = [Choice(name, name, _("current") if name == app.theme else "") for name in sorted(app.available_themes)]
    picked = await app.push_screen_wait(Picker(_("Colours"), choices, _("Name of a theme")))
    if picked is not None:
        app.theme = picked
