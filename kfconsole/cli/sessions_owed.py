"""`kfconsole sessions owed`: who was handed back and is owed an answer."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, ask_first, require_answer
from kfconsole.cli.arguments import OPENID, yes_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import emit_json, talk
from kfconsole.cli.tables import emit_table
from kfconsole.cli.times import local_time
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Feed
from kfconsole.text import clock_span

if TYPE_CHECKING:
    from kfconsole.model import Owed


FRESH_SECONDS = 90.0
"""A console that looks keeps so often that it does, three times over."""


class OwedRow(Struct, frozen=True):
    """A customer who was handed back."""

    openid: str
    at: float
    """When, in Unix seconds of WeChat's clock."""
    age_seconds: int
    agent: str
    """Who had them."""
    user: str
    """Who handed them back, by the host's name for them."""
    note: str
    name: str
    """What the customer is called: our alias, else WeChat's remark; empty: neither is known."""


class OwedList(Struct, frozen=True):
    """Who is owed an answer."""

    at: float
    """Unix seconds of WeChat's clock."""
    seen_at: float | None
    """Until when a console here looked at the sessions: who was accepted later is still in the list; null: never."""
    owed: tuple[OwedRow, ...]
    """The longest first."""


@click.command(
    "owed",
    help=_("Print who was handed back and is owed an answer, the longest first; or take one off the list."),
)
@click.option("--remove", type=OPENID, metavar="OPENID", help=_("Take this customer off the list; asks first."))
@yes_option
@json_option(OwedList)
@click.pass_obj
def command(settings_file: Path | None, remove: str | None, is_sure: bool, as_json: bool) -> None:
    """Print who is owed an answer."""
    settings = account_settings(settings_file)
    if remove is not None:
        require_answer(settings, is_sure)
        ask_first(_("Take {openid} off the list of those owed an answer?").format(openid=remove), is_sure)
        if not asyncio.run(_remove(settings, CustomerId(remove))):
            raise NotPossible(_("{openid} is not on the list.").format(openid=remove))
        talk(_("{openid} is off the list.").format(openid=remove))
        return
    found = asyncio.run(_owed(settings))
    if as_json:
        emit_json(found)
        return
    emit_table(
        (_("duration"), _("customer"), _("agent"), _("name"), _("note")),
        [(clock_span(row.age_seconds), row.openid, row.agent, row.name, row.note) for row in found.owed],
        right=(0,),
        whole=(4,),
    )
    talk(_seen(found, settings) if found.owed else _("Nobody is owed an answer."))


async def _owed(settings: config.Settings) -> OwedList:
    from kfconsole.cli.wiring import opened_archive

    async with opened_archive(settings, is_reading=True) as archive:
        found = await archive.owed()
        names = await archive.names([row.openid for row in found])
        seen_at = await archive.watched_until(Feed.SESSIONS)
    now = time.time()
    return OwedList(round(now, 3), seen_at, tuple(_owed_row(row, names.get(row.openid, ""), now) for row in found))


def _seen(found: OwedList, settings: config.Settings) -> str:
    """Say how old the list is: this command asks nobody, and who was accepted meanwhile is still on it."""
    if found.seen_at is None:
        return _("No console here has looked at the sessions yet: who was accepted may still be on the list.")
    moment = local_time(found.seen_at, settings.ui.zone)
    if found.at - found.seen_at < FRESH_SECONDS:
        return _("Sessions looked at until {moment}.").format(moment=moment)
    said = _(
        "Stale: no console here has looked at the sessions since {moment}. Who was accepted later is still on the list."
    )
    return said.format(moment=moment)


def _owed_row(row: "Owed", name: str, now: float) -> OwedRow:
    return OwedRow(row.openid, row.at, max(0, int(now - row.at)), row.agent, row.user, row.note, name)


async def _remove(settings: config.Settings, openid: CustomerId) -> bool:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        return await desk.actions.forget_owed(openid)
