"""`kfconsole config`: where the settings are, what they are, whether they are right."""

import json
import os
import sys
from pathlib import Path

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import load
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import emit, emit_json, talk
from kfconsole.cli.tables import emit_table
from kfconsole.errors import ConfigError
from kfconsole.i18n import _


class Setting(Struct, frozen=True):
    """One setting."""

    value: str | bool | float | tuple[str, ...]
    """The secret and a proxy's password are masked."""
    origin: str
    """`file`, `default` or the name of an environment variable."""


@click.group("config", cls=Noun, help=_("Show and check the settings."))
def command() -> None:
    """Hold the commands about settings."""


@command.command("path", help=_("Print where the settings file is, whether it exists or not."))
@click.pass_obj
def path(settings_file: Path | None) -> None:
    """Print the path."""
    emit(str(config.settings_path(settings_file)))


@command.command(
    "show",
    short_help=_("Print every setting and where it came from."),
    help=_(
        "Print every setting and where it came from: 'file', 'default' or the name of an environment variable. "
        "The secret is masked."
    ),
)
@json_option(dict[str, Setting])
@click.pass_obj
def show(settings_file: Path | None, as_json: bool) -> None:
    """Print the settings."""
    shown = tuple(load(settings_file).shown())
    if as_json:
        emit_json({key: Setting(value, origin) for key, value, origin in shown})  # type: ignore[arg-type]  # as in SECTIONS
        return
    for key, value, origin in shown:
        emit(f"{key} = {json.dumps(value, ensure_ascii=False)}  # {origin}")


@command.command("check", help=_("Check the settings without asking WeChat; exit code 2 when something is wrong."))
@click.pass_obj
def check(settings_file: Path | None) -> None:
    """Check the settings."""
    settings = load(settings_file)
    settings.require_account()
    from kfconsole.ui import keymap

    bound = keymap.read(settings.keys, settings.path)
    for caution in keymap.cautions(bound, os.environ, sys.platform):
        talk(caution)
    talk(_("No mistake found in {file}.").format(file=settings.path))


class Bound(Struct, frozen=True):
    """One command of the console."""

    command: str
    """Its name under `[keys]`."""
    keys: tuple[str, ...]
    """The keys it has now, as people read them; none: only the palette has it."""
    place: str
    """Where its keys work."""
    description: str
    """In the language in use."""
    is_changed: bool
    """Whether the settings gave it its keys."""


@command.command(
    "keys",
    short_help=_("Print the keys of the console."),
    help=_(
        "Print every command of the console with its keys. Under [keys] in the settings each can be given others: "
        'its name, then keys such as "r, F5", or "" for none.'
    ),
)
@json_option(list[Bound])
@click.pass_obj
def show_keys(settings_file: Path | None, as_json: bool) -> None:
    """Print the commands and their keys."""
    from kfconsole.ui import keymap
    from kfconsole.ui.commands import COMMANDS

    settings = load(settings_file)
    broken: ConfigError | None = None
    try:
        bound = keymap.read(settings.keys, settings.path)
    except ConfigError as error:
        bound, broken = keymap.DEFAULT, error  # whoever mends them needs the table
    found = [
        Bound(row.id, bound.names(row.id), row.place, _(row.description), row.id in bound.by_id) for row in COMMANDS
    ]
    if as_json:
        emit_json(found)
    else:
        rows = [(row.command, " ".join(row.keys), row.description) for row in found]
        emit_table((_("command"), _("keys"), _("does")), rows)
    if broken is not None:
        raise broken
