"""`kfconsole status`: how the desk stands, in a few lines or one of JSON."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import emit, emit_json
from kfconsole.i18n import _
from kfconsole.text import clock_span

if TYPE_CHECKING:
    from kfconsole.model import Desk


class Status(Struct, frozen=True):
    """How the desk stands."""

    at: float
    """Unix seconds of WeChat's clock."""
    agents_online: int
    agents_total: int
    queue_total: int
    """Customers who wait."""
    longest_wait_seconds: int
    """0 when nobody waits."""
    longest_wait_is_exact: bool
    """False: it is at least as long."""
    sessions: int
    """Customers being served."""
    sessions_is_exact: bool
    """False: there are at least so many; whom agents serve who are offline no list tells."""


@click.command(
    "status",
    short_help=_("Print how the desk stands."),
    help=_(
        "Print how many agents are online, how many customers wait and how long, and how many are served. "
        "'≥' before a number: at least so much. Whom agents serve who are offline only 'kfconsole sessions list' asks."
    ),
)
@json_option(Status)
@click.pass_obj
def command(settings_file: Path | None, as_json: bool) -> None:
    """Print the status."""
    status = asyncio.run(_ask(account_settings(settings_file)))
    if as_json:
        emit_json(status)
        return
    wait = clock_span(status.longest_wait_seconds, is_exact=status.longest_wait_is_exact)
    emit(_("agents online  {online} of {total}").format(online=status.agents_online, total=status.agents_total))
    emit(_("waiting        {count}").format(count=status.queue_total))
    emit(_("longest wait   {wait}").format(wait=wait if status.queue_total else "-"))
    bound = "" if status.sessions_is_exact else "≥"
    emit(_("sessions       {count}").format(count=f"{bound}{status.sessions}"))


async def _ask(settings: config.Settings) -> Status:
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import opened, see_agents, see_queue, wire

    async with opened(wire(settings), is_reading=True) as desk:
        # The first call gets the token for both.
        await patiently(lambda: see_queue(desk))
        return _status(await patiently(lambda: see_agents(desk)), desk.clock.now())


def _status(desk: "Desk", now: float) -> Status:
    from kfconsole.desk.rules import longest_waiting, wait_seconds

    longest = longest_waiting(desk)
    return Status(
        at=round(now, 3),
        agents_online=sum(agent.is_online for agent in desk.agents),
        agents_total=len(desk.agents),
        queue_total=desk.queue_total,
        longest_wait_seconds=int(wait_seconds(longest, now)) if longest else 0,
        longest_wait_is_exact=longest.is_exact if longest else True,
        sessions=sum(agent.session_count for agent in desk.agents),
        sessions_is_exact=all(agent.is_online or not agent.is_bound for agent in desk.agents),
    )
