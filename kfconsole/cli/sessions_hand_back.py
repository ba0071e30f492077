"""`kfconsole sessions hand-back`: sessions end, and their customers are owed an answer."""

from pathlib import Path

import click

from kfconsole.cli.arguments import WORDS, yes_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.sessions_several import OPENIDS, EndedSessions, end_several
from kfconsole.i18n import _


@click.command(
    "hand-back",
    help=_(
        "Close sessions and keep their customers as owed an answer until somebody accepts them, as the key 'B' in the "
        "console does; shows the plan and asks first. WeChat has no call that puts a customer back into the queue."
    ),
)
@OPENIDS
@click.option("--note", type=WORDS, default="", metavar="TEXT", help=_("What whoever comes next should know."))
@yes_option
@json_option(EndedSessions)
@click.pass_obj
def command(settings_file: Path | None, openids: tuple[str, ...], note: str, is_sure: bool, as_json: bool) -> None:
    """Hand customers back."""
    from kfconsole.desk.owing import note_of

    note = note_of(note)  # before anybody is asked
    end_several(settings_file, openids, is_sure, as_json, hands_back=True, note=note)
