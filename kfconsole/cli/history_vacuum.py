"""`kfconsole history vacuum`: give the room of what was deleted back to the disk."""

import asyncio
from pathlib import Path

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, require_answer
from kfconsole.cli.json_option import json_option
from kfconsole.cli.noting import noted
from kfconsole.cli.output import emit_json, talk
from kfconsole.cli.wiring import opened_archive
from kfconsole.i18n import _


class HistoryVacuumed(Struct, frozen=True):
    """The file of the archive was written anew."""

    bytes_before: int
    """With the log of changes beside it."""
    bytes_now: int
    """Likewise."""


@click.command(
    "vacuum",
    short_help=_("Give the room of what was deleted back to the disk."),
    help=_(
        "Write the file of the archive anew, without the room of what was deleted; new messages would take that room "
        "otherwise. It needs free disk for two more copies for a moment, and about two seconds for each 100 MB, in "
        "which other consoles cannot store anything: best done while nobody is at work."
    ),
)
@json_option(HistoryVacuumed)
@click.pass_obj
def command(settings_file: Path | None, as_json: bool) -> None:
    """Write the file anew."""
    settings = account_settings(settings_file)
    require_answer(settings, is_sure=True)  # deletes nothing, so it asks nothing
    before, now, is_given_back = asyncio.run(_vacuum(settings))
    text = _("The archive takes {now:.1f} MB now; before it took {before:.1f} MB.")
    talk(text.format(now=now / 1_000_000, before=before / 1_000_000))
    if not is_given_back:
        talk(_("Another console is reading: the room comes back when all consoles ended."))
    if as_json:
        emit_json(HistoryVacuumed(before, now))


async def _vacuum(settings: config.Settings) -> tuple[int, int, bool]:
    async with opened_archive(settings) as archive:
        before = await archive.sizes()
        async with noted(archive, settings, "vacuum", names_nobody=True, is_reading=False):
            is_given_back = await archive.vacuum()
        now = await archive.sizes()
        return before.file_bytes if before else 0, now.file_bytes if now else 0, is_given_back
