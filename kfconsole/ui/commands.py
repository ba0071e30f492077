"""Everything a key does, in one table: bindings, palette, hint line, help and the README are made from it."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from textual.binding import Binding

from kfconsole.i18n import N_, _


class Place(StrEnum):
    """Where a key works."""

    ANYWHERE = "anywhere"
    """Outside the composer and other inputs."""
    LIST = "list"
    CONVERSATION = "conversation"
    COMPOSER = "composer"


PLACE_TITLES = {
    Place.ANYWHERE: N_("Everywhere, except while typing"),
    Place.LIST: N_("In a list"),
    Place.CONVERSATION: N_("In the conversation"),
    Place.COMPOSER: N_("While writing a reply"),
}


class Command(Struct, frozen=True):
    """One thing the user can do."""

    id: str
    """Name of the screen's action and of the binding; stable, as users rebind by it."""
    keys: str
    """Comma-separated, in Textual's names."""
    label: str
    """One or two words, for the hint line."""
    description: str
    """A sentence, for palette and help."""
    place: Place = Place.ANYWHERE
    in_palette: bool = True
    scope: str = ""
    """`app.` when the application and not the screen acts."""

    @property
    def action(self) -> str:
        """The Textual action string."""
        return self.scope + self.id


COMMANDS: tuple[Command, ...] = (
    Command("accept", "a", N_("accept"), N_("Accept the selected waiting customer")),
    Command("accept_next", "n", N_("next"), N_("Accept the customer who waits longest")),
    Command("reply", "r", N_("reply"), N_("Write a reply to the customer")),
    Command("close_session", "x", N_("close"), N_("Close the session (asks first)")),
    Command("history", "h", N_("history"), N_("Older messages of this customer, day by day"), scope="app."),
    Command("filter", "slash", N_("filter"), N_("Filter the list by name, agent or text")),
    Command("refresh", "R,shift+r", N_("ask now"), N_("Ask WeChat for everything now"), scope="app."),
    Command("pane('queue')", "1", N_("queue"), N_("Go to the queue")),
    Command("pane('sessions')", "2", N_("sessions"), N_("Go to the sessions")),
    Command("pane('agents')", "3", N_("agents"), N_("Go to the agents")),
    Command("pane('transcript')", "4", N_("conversation"), N_("Go to the conversation")),
    Command("palette", "ctrl+p", N_("commands"), N_("Find a command by name"), in_palette=False, scope="app."),
    Command("help", "question_mark,f1", N_("help"), N_("Show keys and marks"), scope="app."),
    Command("theme", "", N_("theme"), N_("Change the colours"), scope="app."),
    Command("quit", "q", N_("quit"), N_("Leave kfconsole"), scope="app."),
    Command("open", "enter", N_("open"), N_("Open the conversation"), Place.LIST, in_palette=False),
    Command("resend", "S,shift+s", N_("resend"), N_("Send again what did not arrive"), Place.CONVERSATION),
    Command(
        "dismiss_message", "D,shift+d", N_("dismiss"), N_("Leave it unsent and take the mark away"), Place.CONVERSATION
    ),
    Command("send", "enter", N_("send"), N_("Send the reply"), Place.COMPOSER, in_palette=False),
    Command("newline", "ctrl+j,alt+enter", N_("new line"), N_("Start a new line"), Place.COMPOSER, in_palette=False),
    Command("typing", "ctrl+t", N_("typing"), N_("Show the customer that you are typing"), Place.COMPOSER),
    Command(
        "leave", "escape", N_("back"), N_("Leave the composer; the draft is kept"), Place.COMPOSER, in_palette=False
    ),
)

MOVES = (
    ("j k ↑ ↓", N_("Move by one")),
    ("g G", N_("First, last")),
    ("PgUp PgDn", N_("Move by a page")),
    ("Tab", N_("Next pane")),
)

_KEY_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "enter": "Enter",
    "escape": "Esc",
    "alt+enter": "Alt+Enter",
    "f1": "F1",
    "shift+r": "",
    "shift+s": "",
    "shift+d": "",
}


def key_names(keys: str) -> str:
    """Write keys as people read them: `ctrl+j,alt+enter` becomes `Ctrl+J Alt+Enter`."""
    names = (
        _KEY_NAMES.get(key, key.replace("ctrl+", "Ctrl+") if "+" not in key else _chord(key)) for key in keys.split(",")
    )
    return " ".join(name for name in names if name)


def _chord(key: str) -> str:
    return "+".join(part.upper() if len(part) == 1 else part.capitalize() for part in key.split("+"))


def bindings(*places: Place) -> list[Binding]:
    """Make the Textual bindings of these places."""
    return [
        Binding(command.keys, command.action, _(command.label), show=False, id=command.id.partition("(")[0])
        for command in COMMANDS
        if command.keys and command.place in places
    ]


def hints(ids: Iterable[str]) -> list[tuple[str, str]]:
    """Return (key, label) of some commands, for the hint line."""
    by_id = {command.id: command for command in COMMANDS}
    return [(key_names(by_id[name].keys).split(" ")[0], _(by_id[name].label)) for name in ids]
