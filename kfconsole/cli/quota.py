"""`kfconsole quota`: how often each call may still be made today."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, ask_first, require_answer, telling_where_to_look
from kfconsole.cli.arguments import CALL_PATH, yes_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import DONE, REFUSED, emit_json, talk, with_code
from kfconsole.cli.tables import emit_table
from kfconsole.errors import Rejected
from kfconsole.i18n import _

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient

CLEARS_OF_ALL = 10
CLEARS_OF_ONE = 50


class QuotaRow(Struct, frozen=True):
    """How often one call may be made."""

    path: str
    daily_limit: int | None
    """Calls a day; null: WeChat does not tell, see `problem`."""
    used: int | None
    """Calls made today."""
    remaining: int | None
    """Calls left today."""
    burst_calls: int | None
    """So many calls within `burst_seconds`; null: WeChat does not tell."""
    burst_seconds: int | None
    problem: str
    """Why WeChat does not tell; empty: it does."""


class QuotaList(Struct, frozen=True):
    """How often calls may be made."""

    quotas: tuple[QuotaRow, ...]
    """In the order asked for."""


class QuotaCleared(Struct, frozen=True):
    """Counts that began anew."""

    path: str | None
    """Of this call; null: of all."""


class _Quota(Noun):
    """Shows the quota when no command is named: `quota`, `quota --json`, `quota /cgi-bin/…`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(
    "quota",
    cls=_Quota,
    short_help=_("Print how many calls are left today."),
    help=_("Print how many calls are left today: 'kfconsole quota' is 'kfconsole quota show'."),
)
def command() -> None:
    """Hold the commands about quotas; `show` need not be typed."""


@command.command(
    "show",
    short_help=_("Print limit, use and rest of each call today; the word may be left out."),
    help=_(
        "Print limit, use and rest of each call today; without a PATH, of those kfconsole makes. One call for each."
    ),
)
@click.argument("paths", type=CALL_PATH, metavar="[PATH]...", nargs=-1)
@json_option(QuotaList)
@click.pass_obj
def show(settings_file: Path | None, paths: tuple[str, ...], as_json: bool) -> int:
    """Print what is left of each call."""
    settings = account_settings(settings_file)
    from kfconsole.wechat.paths import ALL_DAY

    rows = asyncio.run(_ask(settings, paths or ALL_DAY))
    if as_json:
        emit_json(QuotaList(rows))
    else:
        emit_table(
            (_("call"), _("daily limit"), _("used today"), _("left today")),
            [(row.path, *_numbers(row)) for row in rows],
            right=(1, 2, 3),
        )
    unknown = [row for row in rows if row.problem]
    for row in unknown:
        talk(f"{row.path}: {row.problem}")
    return REFUSED if paths and unknown else DONE


@command.command(
    "clear",
    short_help=_("Let today's counts begin anew."),
    help=_(
        "Let today's count begin anew, of one call or of all; asks first. WeChat allows it 10 times a month for all "
        "calls, and 50 times for single ones."
    ),
)
@click.argument("path", type=CALL_PATH, metavar="[PATH]", required=False)
@yes_option
@json_option(QuotaCleared)
@click.pass_obj
def clear(settings_file: Path | None, path: str | None, is_sure: bool, as_json: bool) -> None:
    """Let the count begin anew."""
    settings = account_settings(settings_file)
    require_answer(settings, is_sure)
    if path is None:
        question = _("Clear today's counts of all calls? WeChat allows it {count} times a month.")
        ask_first(question.format(count=CLEARS_OF_ALL), is_sure)
    else:
        question = _("Clear today's count of {path}? WeChat allows it {count} times a month.")
        ask_first(question.format(path=path, count=CLEARS_OF_ONE), is_sure)
    with telling_where_to_look(_("'kfconsole quota' tells what is counted now.")):
        asyncio.run(_clear(settings, path))
    talk(
        _("Today's counts of all calls begin anew.")
        if path is None
        else _("Today's count of {path} begins anew.").format(path=path)
    )
    if as_json:
        emit_json(QuotaCleared(path))


async def _ask(settings: config.Settings, paths: tuple[str, ...]) -> tuple[QuotaRow, ...]:
    from kfconsole.cli.wiring import asking

    async with asking(settings) as client:
        return tuple([await _row(client, path) for path in paths])


async def _row(client: "KfClient", path: str) -> QuotaRow:
    from kfconsole.cli.retries import patiently

    try:
        quota = await patiently(lambda: client.quota(path))
    except Rejected as error:  # this path only: the others still have an answer
        return QuotaRow(path, None, None, None, None, None, with_code(error))
    return QuotaRow(
        path, quota.daily_limit, quota.used, quota.remaining, quota.burst_calls, quota.burst_seconds, problem=""
    )


async def _clear(settings: config.Settings, path: str | None) -> None:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        await desk.actions.clear_quota(path)


def _numbers(row: QuotaRow) -> tuple[str, str, str]:
    from kfconsole.desk.pacing import NO_LIMIT

    if row.daily_limit is None or row.daily_limit < NO_LIMIT:
        return _number(row.daily_limit), _number(row.used), _number(row.remaining)
    return _("no limit"), _number(row.used), "-"


def _number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"
