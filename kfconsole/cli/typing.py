"""`kfconsole typing`: show a customer that somebody is writing."""

import asyncio
from pathlib import Path

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, telling_where_to_look
from kfconsole.cli.arguments import OPENID
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import emit_json, talk
from kfconsole.i18n import _
from kfconsole.model import CustomerId

SHOWN_SECONDS = 15
"""How long WeChat shows it, unless a message ends it."""


class TypingShown(Struct, frozen=True):
    """What the customer sees now."""

    openid: str
    is_typing: bool
    seconds: int
    """How long it is shown at most; 0: not any more."""


@click.command(
    "typing",
    short_help=_("Show a customer that somebody is writing."),
    help=_(
        "Show a customer for 15 seconds that somebody is writing. WeChat takes it only within 30 seconds of a message, "
        "and not again while it is shown; a message ends it."
    ),
)
@click.argument("openid", type=OPENID, metavar="OPENID")
@click.option("--cancel", is_flag=True, help=_("Stop showing it."))
@json_option(TypingShown)
@click.pass_obj
def command(settings_file: Path | None, openid: str, cancel: bool, as_json: bool) -> None:
    """Show it, or stop showing it."""
    settings = account_settings(settings_file)
    with telling_where_to_look(_("Nothing has to be mended: it shows for 15 seconds at most, and a message ends it.")):
        asyncio.run(_set_typing(settings, CustomerId(openid), cancel=cancel))
    if cancel:
        talk(_("{openid} no longer sees that somebody is writing.").format(openid=openid))
    else:
        talk(
            _("{openid} sees that somebody is writing, for {seconds} seconds.").format(
                openid=openid, seconds=SHOWN_SECONDS
            )
        )
    if as_json:
        emit_json(TypingShown(openid, is_typing=not cancel, seconds=0 if cancel else SHOWN_SECONDS))


async def _set_typing(settings: config.Settings, openid: CustomerId, *, cancel: bool) -> None:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        await desk.actions.set_typing(openid, cancel=cancel)
