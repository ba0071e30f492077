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
    HISTORY = "history"
    SEARCH = "search"


PLACE_TITLES = {
    Place.ANYWHERE: N_("Everywhere, except while typing"),
    Place.LIST: N_("In a list"),
    Place.CONVERSATION: N_("In the conversation"),
    Place.COMPOSER: N_("While writing a reply"),
    Place.HISTORY: N_("In the history of a customer"),
    Place.SEARCH: N_("While searching messages"),
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
    Command("search", "H,shift+h", N_("search"), N_("Search the messages of all customers"), scope="app."),
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
    Command(
        "day(-1)",
        "left,p,left_square_bracket",
        N_("day before"),
        N_("Show the day before"),
        Place.HISTORY,
        in_palette=False,
    ),
    Command(
        "day(1)",
        "right,n,right_square_bracket",
        N_("day after"),
        N_("Show the day after"),
        Place.HISTORY,
        in_palette=False,
    ),
    Command("jump", "d", N_("jump to a day"), N_("Show another day"), Place.HISTORY, in_palette=False),
    Command(
        "search_here", "slash", N_("search"), N_("Search the customer's messages"), Place.HISTORY, in_palette=False
    ),
    Command(
        "open_here",
        "enter",
        N_("open"),
        N_("Open the conversation at the selected message"),
        Place.HISTORY,
        in_palette=False,
    ),
    Command("back", "escape,q", N_("back"), N_("Go back to where you came from"), Place.HISTORY, in_palette=False),
    Command(
        "search_customer",
        "f2,ctrl+o",
        N_("whose messages"),
        N_("Search the messages of one customer, or of all"),
        Place.SEARCH,
        in_palette=False,
    ),
    Command(
        "search_direction",
        "f3,ctrl+t",
        N_("who wrote"),
        N_("Only what customers wrote, only what agents wrote, or both"),
        Place.SEARCH,
        in_palette=False,
    ),
    Command(
        "search_agent",
        "f4,ctrl+g",
        N_("agent"),
        N_("Only conversations with one agent"),
        Place.SEARCH,
        in_palette=False,
    ),
    Command("search_days", "f5,ctrl+y", N_("days"), N_("Only some days"), Place.SEARCH, in_palette=False),
    Command("search_clear", "f6,ctrl+l", N_("no filters"), N_("Take the filters away"), Place.SEARCH, in_palette=False),
    Command("to_found", "down,enter", N_("results"), N_("Go to what was found"), Place.SEARCH, in_palette=False),
    Command(
        "open_found",
        "enter",
        N_("open"),
        N_("Open the conversation at the message that was found"),
        Place.SEARCH,
        in_palette=False,
    ),
    Command("to_line", "slash", N_("other words"), N_("Go back to the words"), Place.SEARCH, in_palette=False),
    Command("search_back", "escape", N_("back"), N_("Go a step back"), Place.SEARCH, in_palette=False),
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
    "left": "←",
    "right": "→",
    "down": "↓",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    **{f"f{number}": f"F{number}" for number in range(1, 7)},
    "shift+h": "",
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
