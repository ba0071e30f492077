"""`kfconsole history search`: messages by what they say, from the archive alone."""

import click

from kfconsole.i18n import _


@click.command("search", short_help=_("Find messages by what they say."))
def command() -> None:
    """Find messages by what they say."""
