"""`kfconsole queue`: who waits, in order of arrival."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kfconsole import config
from kfconsole.cli.output import emit, emit_json, talk
from kfconsole.cli.spans import clock_span
from kfconsole.i18n import _
from kfconsole.text import fit

if TYPE_CHECKING:
    from kfconsole.model import Desk

WAIT_CELLS = 10  # as wide as ≥12:34:56 and a blank


@dataclass(frozen=True, slots=True)
class Row:
    """One waiting customer; the names are those of the JSON."""

    openid: str
    wait_seconds: int
    is_exact: bool
    """False: the wait is at least as long."""
    last_message_at: int
    """Unix seconds of WeChat's clock."""
    message_count: int
    """At least so many."""


@click.command(
    "queue",
    short_help=_("Print who waits."),
    help=_(
        "Print the waiting customers in order of arrival; WeChat names at most 100. "
        "JSON keys: total and rows; of each row: openid, wait_seconds, is_exact (false: at least so long), "
        "last_message_at (Unix seconds), message_count (at least)."
    ),
)
@click.option("--json", "as_json", is_flag=True, help=_("Print one line of JSON."))
@click.pass_obj
def command(settings_file: Path | None, as_json: bool) -> None:
    """Print the queue."""
    settings = config.load(settings_file)
    settings.require_account()
    total, rows = asyncio.run(_ask(settings))
    if as_json:
        emit_json({"total": total, "rows": [asdict(row) for row in rows]})
        return
    for row in rows:
        emit(f"{fit(clock_span(row.wait_seconds, is_exact=row.is_exact), WAIT_CELLS, align_right=True)}  {row.openid}")
    if total > len(rows):
        talk(_("{count} more are waiting; WeChat does not name them.").format(count=total - len(rows)))


async def _ask(settings: config.Settings) -> tuple[int, tuple[Row, ...]]:
    from kfconsole.cli.wiring import opened, see_queue, wire

    async with opened(wire(settings)) as desk:
        seen = await see_queue(desk)
        return seen.queue_total, tuple(_rows(seen, desk.clock.now()))


def _rows(desk: "Desk", now: float) -> Iterator[Row]:
    from kfconsole.desk.rules import wait_seconds

    for row in desk.queue:
        yield Row(
            openid=row.openid,
            wait_seconds=int(wait_seconds(row, now)),
            is_exact=row.is_exact,
            last_message_at=row.last_message_at,
            message_count=row.message_count,
        )
