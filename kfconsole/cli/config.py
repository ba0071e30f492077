"""`kfconsole config`: where the settings are, what they are, whether they are right."""

import json
from pathlib import Path

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import emit, emit_json, talk
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
    shown = tuple(config.load(settings_file).shown())
    if as_json:
        emit_json({key: Setting(value, origin) for key, value, origin in shown})  # type: ignore[arg-type]  # as in SECTIONS
        return
    for key, value, origin in shown:
        emit(f"{key} = {json.dumps(value, ensure_ascii=False)}  # {origin}")


@command.command("check", help=_("Check the settings without asking WeChat; exit code 2 when something is wrong."))
@click.pass_obj
def check(settings_file: Path | None) -> None:
    """Check the settings."""
    settings = config.load(settings_file)
    settings.require_account()
    talk(_("No mistake found in {file}.").format(file=settings.path))
