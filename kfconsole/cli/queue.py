"""`kfconsole queue`: who waits, in order of arrival."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import emit, emit_json, talk
from kfconsole.i18n import _
from kfconsole.text import clock_span, fit, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfconsole.model import CustomerId, Desk

WAIT_CELLS = 10  # as wide as ≥12:34:56 and a blank


class Row(Struct, frozen=True):
    """One waiting customer."""

    openid: str
    wait_seconds: int
    is_exact: bool
    """False: the wait is at least as long."""
    last_message_at: int
    """Unix seconds of WeChat's clock."""
    message_count: int
    """Messages seen while waiting; at least so many."""
    name: str
    """What the customer is called: our alias, else WeChat's remark; empty: neither is known."""


class Queue(Struct, frozen=True):
    """Who waits."""

    at: float
    """Unix seconds of WeChat's clock."""
    total: int
    """All who wait; WeChat names at most 100 of them."""
    rows: tuple[Row, ...]
    """In order of arrival."""


@click.command(
    "queue",
    short_help=_("Print who waits."),
    help=_(
        "Print the waiting customers in order of arrival; WeChat names at most 100. "
        "'≥' before a wait: at least so long."
    ),
)
@json_option(Queue)
@click.pass_obj
def command(settings_file: Path | None, as_json: bool) -> None:
    """Print the queue."""
    queue = asyncio.run(_ask(account_settings(settings_file)))
    if as_json:
        emit_json(queue)
        return
    for row in queue.rows:
        wait = fit(clock_span(row.wait_seconds, is_exact=row.is_exact), WAIT_CELLS, align_right=True)
        emit(f"{wait}  {row.openid}  {one_line(row.name)}".rstrip())
    if not queue.total:
        talk(_("Nobody waits."))
    if queue.total > len(queue.rows):
        talk(_("{count} more are waiting; WeChat does not name them.").format(count=queue.total - len(queue.rows)))


async def _ask(settings: config.Settings) -> Queue:
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import opened, see_queue, wire

    async with opened(wire(settings), is_reading=True) as desk:
        seen = await patiently(lambda: see_queue(desk))
        now = desk.clock.now()
        names = await desk.archive.names([row.openid for row in seen.queue])
        return Queue(round(now, 3), seen.queue_total, tuple(_rows(seen, names, now)))


def _rows(desk: "Desk", names: "Mapping[CustomerId, str]", now: float) -> Iterator[Row]:
    from kfconsole.desk.rules import wait_seconds

    for row in desk.queue:
        yield Row(
            openid=row.openid,
            wait_seconds=int(wait_seconds(row, now)),
            is_exact=row.is_exact,
            last_message_at=row.last_message_at,
            message_count=row.message_count,
            name=names.get(row.openid, ""),
        )
