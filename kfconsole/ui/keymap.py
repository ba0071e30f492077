"""Which keys do what on this console: the table of commands, with what `[keys]` in the settings changes. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from msgspec import Struct

from kfconsole.errors import ConfigError
from kfconsole.i18n import _, sentences
from kfconsole.terminal import keys
from kfconsole.ui.commands import COMMANDS, MOVES, Command, Place

# What Esc does, and goes on doing, whatever other keys do it too.
BACK = ("leave", "back", "search_back", "board_back", "accounts_back", "quota_back", "owed_back", "report_back")
TYPED_IN = (Place.COMPOSER, Place.SEARCH, Place.SEARCH_LINE, Place.CANNED)
TOGETHER = (
    (Place.ANYWHERE, Place.LIST, Place.CONVERSATION, Place.MOVING, Place.REPLAY),
    (Place.COMPOSER,),
    (Place.HISTORY, Place.MOVING),
    (Place.SEARCH, Place.SEARCH_LINE),
    (Place.SEARCH, Place.FOUND, Place.MOVING),
    (Place.CANNED,),
    (Place.QUOTA, Place.MOVING),
    (Place.OWED, Place.MOVING),
    (Place.REPORT, Place.MOVING),
    (Place.ACCOUNTS, Place.MOVING),
    (Place.BOARD, Place.LIST, Place.MOVING, Place.REPLAY),
)
"""Places whose keys are alive at the same moment."""
_OF_THE_DESK = frozenset({Place.ANYWHERE, Place.LIST, Place.CONVERSATION, Place.BOARD})


class Keymap(Struct, frozen=True):
    """The keys of every command, in Textual's names."""

    by_id: Mapping[str, tuple[str, ...]] = {}
    """Commands whose keys are not those of the table."""
    leading: tuple[str, ...] = ()
    """Commands that are hinted at first, on the desk and the board."""
    refused: frozenset[str] = frozenset()
    """Commands that nothing hints at, as they would be refused."""

    def keys(self, name: str) -> tuple[str, ...]:
        """Return the keys of a command."""
        return self.by_id[name] if name in self.by_id else _BY_ID[name].default_keys

    def names(self, name: str) -> tuple[str, ...]:
        """Return the keys of a command as people read them."""
        told = dict.fromkeys(key if len(key) == 1 else _told(key) for key in self.keys(name))
        return tuple(keys.shown(key) for key in told)

    def key_of(self, name: str) -> str:
        """Name the key of a command within a sentence; where it has none, how to find it in the palette."""
        if names := self.names(name):
            return names[0]
        label = _("“{words}”").format(words=_(_BY_ID[name].label))
        palette = self.names("palette") if _BY_ID[name].in_palette else ()
        return f"{palette[0]} {label}" if palette else label

    def prefix(self, name: str) -> str:
        """Return the key of a command to stand before a title; empty where it has none."""
        return "".join(f"{key} " for key in self.names(name)[:1])

    def hints(self, ids: Iterable[str]) -> list[tuple[str, str]]:
        """Return (key, label) of some commands, for the hint line; those without a key are left out."""
        wanted = tuple(ids)
        if any(map(_is_of_the_desk, wanted)):
            wanted = self.leading + wanted
        shown = (name for name in dict.fromkeys(wanted) if self.keys(name) and name not in self.refused)
        return [(self.names(name)[0], _(_BY_ID[name].label)) for name in shown]

    def acts(self, *places: Place) -> dict[str, str]:
        """Return the Textual action of every key of these places."""
        return {
            spelling: command.action
            for command in COMMANDS
            if any(command.works_in(place) for place in places)
            for key in self.keys(command.id)
            for spelling in keys.spellings(key)
        }

    def moves(self) -> list[tuple[str, str]]:
        """Return (keys, description) of the moves; those that belong together in one row."""
        rows = []
        for ids, said in MOVES:
            pairs = zip_longest(*(self.names(name) for name in ids), fillvalue="")
            rows.append((" ".join(key for pair in pairs for key in pair if key), _(said)))
        return [(names, said) for names, said in rows if names]


def _is_of_the_desk(name: str) -> bool:
    """Whether the keys of a command are those of desk and board, and of no screen above."""
    return {_BY_ID[name].place, *_BY_ID[name].also} <= _OF_THE_DESK


def _told(key: str) -> str:
    """Return a key by the name it is told by: what arrives as Shift+H is H."""
    *modifiers, base = key.split("+")
    return base.upper() if modifiers == ["shift"] and len(base) == 1 else key


_BY_ID: dict[str, Command] = {command.id: command for command in COMMANDS}
DEFAULT = Keymap()


def read(bound: Mapping[str, Sequence[str]], path: Path) -> Keymap:
    """Make the keymap of what people wrote.

    Args:
        bound: The keys of each command named under `[keys]`.
        path: The settings file, for the error.

    Raises:
        ConfigError: Commands or keys are unknown, are bound twice, cannot be sent or would eat text; all are named.
    """
    if not bound:
        return DEFAULT
    problems: list[str] = []
    by_id: dict[str, tuple[str, ...]] = {}
    for name, written in bound.items():
        where = _("{key} in {file}").format(key=f"keys.{_quoted(name)}", file=path)
        if name not in _BY_ID:
            problems.append(f"{where}: {_unknown(name)}")
            continue
        found: list[str] = []
        for one in written:
            try:
                key = keys.parse(one)
            except ValueError as error:
                problems.append(f"{where}: {error}")
                continue
            if why := _refusal(_BY_ID[name], key):
                problems.append(f"{where}: {why}")
            else:
                found.append(key)
        if name in BACK:
            found.append("escape")
        by_id[name] = tuple(dict.fromkeys(found))
    keymap = Keymap(by_id)
    problems += _doubles(keymap, path)
    if problems:
        hint = _("Correct [keys], or take the lines away. 'kfconsole config keys' prints all commands and their keys.")
        raise ConfigError("\n".join(problems), hint=hint)
    return keymap


def cautions(keymap: Keymap, environ: Mapping[str, str], platform: str) -> list[str]:
    """Say which of the keys that were changed may be swallowed on their way."""
    return [
        f"keys.{name}: {why}"
        for name, bound in keymap.by_id.items()
        for key in bound
        if (why := keys.caution(key, environ, platform))
    ]


def _quoted(name: str) -> str:
    from kfconsole.text import clean, clip, one_line

    return clip(one_line(clean(name)), 40)


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    problem = _("there is no command of this name.")
    if near := get_close_matches(name.casefold(), _BY_ID, n=1):
        return sentences(problem, _("Did you mean {name}?").format(name=near[0]))
    return sentences(problem, _("Known here: {names}.").format(names=", ".join(_BY_ID)))


def _refusal(command: Command, key: str) -> str:
    """Say why a command cannot have a key; empty when it can."""
    told = keys.shown(key)
    if key in keys.FIXED and not (key == "escape" and command.id in BACK) and (key, command.id) != _QUIT:
        return _("{key} cannot be taken: {why}.").format(key=told, why=_(keys.FIXED[key]))
    if why := keys.obstacle(key):
        return _("{key} never arrives: {why}.").format(key=told, why=why)
    if keys.writes(key) and any(command.works_in(place) for place in TYPED_IN):
        return _("{key} is needed for writing; take a key with Ctrl, or a function key.").format(key=told)
    return ""


_QUIT = ("ctrl+q", "quit")


def _doubles(keymap: Keymap, path: Path) -> Iterator[str]:
    """Say which keys two commands share in places that are alive together, if a change brought it about."""
    told: set[tuple[str, str, str]] = set()
    for places in TOGETHER:
        taken: dict[str, str] = {}
        for command in COMMANDS:
            if not any(command.works_in(place) for place in places):
                continue
            for key in dict.fromkeys(_told(key) for key in keymap.keys(command.id)):
                other = taken.setdefault(key, command.id)
                pair = (key, other, command.id)
                is_changed = other in keymap.by_id or command.id in keymap.by_id
                if other != command.id and is_changed and pair not in told:
                    told.add(pair)
                    changed, kept = (command.id, other) if command.id in keymap.by_id else (other, command.id)
                    where = _("{key} in {file}").format(key=f"keys.{changed}", file=path)
                    said = _("{key} is {other} already; give that another key, or none: {fix}")
                    yield f"{where}: " + said.format(key=keys.shown(key), other=kept, fix=f'{kept} = ""')
