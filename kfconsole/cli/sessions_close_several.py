"""`kfconsole sessions close-several`: ends the sessions of several customers."""

from pathlib import Path

import click

from kfconsole.cli.arguments import yes_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.sessions_several import OPENIDS, EndedSessions, end_several
from kfconsole.i18n import _


@click.command(
    "close-several",
    help=_("Close the sessions of several customers, whoever serves them; shows the plan and asks first."),
)
@OPENIDS
@yes_option
@json_option(EndedSessions)
@click.pass_obj
def command(settings_file: Path | None, openids: tuple[str, ...], is_sure: bool, as_json: bool) -> None:
    """Close sessions."""
    end_several(settings_file, openids, is_sure, as_json, hands_back=False)
