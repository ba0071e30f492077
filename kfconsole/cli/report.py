"""`kfconsole report`: how long customers waited and were served, by agent, hour or day, from the archive alone."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, repeat
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.json_option import json_option
from kfconsole.cli.new_file import NewFile
from kfconsole.cli.output import emit, emit_bytes, emit_json, talk
from kfconsole.cli.output_file import Forms
from kfconsole.cli.tables import emit_table
from kfconsole.cli.times import span_options, typed_span, when_help, written
from kfconsole.desk.reporting import (
    By,
    Figures,
    Metric,
    Order,
    Report,
    Spread,
    definition_lines,
    exclusions,
    metric_title,
)
from kfconsole.desk.reporting.telling import SHOWN, by_title, number_cells, row_cells, row_name
from kfconsole.i18n import N_, _
from kfconsole.model import Feed

FORMS = Forms(
    of_files=("csv", "json", "html"),
    on_stdout="table",
    as_json="json",
    endings={".csv": "csv", ".json": "json", ".html": "html", ".htm": "html"},
)
DEFAULT_SPAN = timedelta(hours=24)
_NOTHING_SEEN = N_("Nothing was seen from {start} to {end}.")


class TimesReported(Struct, frozen=True):
    """How long something took; percentiles by nearest rank."""

    count: int
    p50_seconds: int | None
    """Null when there were none."""
    p90_seconds: int | None
    """Likewise."""
    longest_seconds: int | None
    """Likewise."""


class FiguresReported(Struct, frozen=True):
    """One row: an agent, an hour of the day, a day, or all of them."""

    key: str
    """An agent's account, empty for what no agent had; an hour such as `09`; a day such as `2026-11-20`."""
    name: str
    """As people call it."""
    customers: int
    sessions: int
    abandoned: int
    """Customers who left the queue without having been served."""
    received: int
    """Messages of customers in WeChat's records."""
    sent: int
    """Messages that people sent."""
    sent_by_machine: int
    waits: TimesReported
    """Of customers who were served then."""
    first_response: TimesReported
    response: TimesReported
    handling: TimesReported
    excluded: dict[str, int]
    """What is in no number, by why: `wait_began_unseen`, `records_missing` and so on; without those of which there
    is none."""
    unwatched_seconds: int
    """While nobody watched the queue; 0 in rows of agents."""
    records_missing_seconds: int
    """Of which WeChat's records were not fetched; 0 in rows of agents."""


class Reported(Struct, frozen=True):
    """The numbers of a span, and what each of them means."""

    from_at: int
    """Unix seconds."""
    to_at: int
    """Unix seconds; not included."""
    by: str
    """`agent`, `hour` or `day`."""
    timezone: str
    """In which days and hours are told."""
    total: FiguresReported
    rows: list[FiguresReported]
    definitions: list[str]
    """In the user's language."""


@click.command(
    "report",
    short_help=_("Report how long customers waited and were served."),
    help=_(
        "Report how long customers waited and were served, by agent, hour of the day or day, as far as consoles on "
        "this host saw it. WeChat is asked for nothing. What each number means is printed with it; what was not seen "
        "is in no number, and is counted.\n\n"
        "html is one page with plots that needs no network and prints well; csv is for spreadsheets, json for "
        "programs."
    )
    + when_help(),
)
@span_options()
@click.option(
    "--by", type=click.Choice([by.value for by in By]), default="agent", help=_("What the rows are; agents, else.")
)
@FORMS.options(_("How it is written; otherwise by the ending of FILE, and as a table on stdout."))
@json_option(Reported, _("The same as --format json."))
@click.pass_obj
def command(
    settings_file: Path | None,
    since_words: str | None,
    until_words: str | None,
    by: str,
    form: str | None,
    target: Path | None,
    replaces: bool,
    as_json: bool,
) -> None:
    """Print a report."""
    chosen = FORMS.chosen(form, target, as_json=as_json)
    settings = account_settings(settings_file)
    start, end = typed_span(since_words, until_words, settings.ui.zone, DEFAULT_SPAN)
    order = Order(start.timestamp(), end.timestamp(), By(by), settings.ui.zone)
    if target is None:
        report, nicks = asyncio.run(_reckon(settings, order, is_until_now=until_words is None))
        end = end if until_words else datetime.fromtimestamp(report.order.end_at, end.tzinfo)
        _print(report, nicks, chosen, written(start), written(end), settings)
        return
    with NewFile(target, replaces=replaces) as new_file:
        report, nicks = asyncio.run(_reckon(settings, order, is_until_now=until_words is None))
        end = end if until_words else datetime.fromtimestamp(report.order.end_at, end.tzinfo)
        new_file.write(_text(report, nicks, chosen, written(start), written(end), settings).encode("utf-8", "replace"))
        new_file.finish()
    said = _("From {start} to {end}.").format(start=written(start), end=written(end))
    talk(_("{file}: {said}").format(file=target, said=said))


async def _reckon(settings: config.Settings, order: Order, *, is_until_now: bool) -> tuple[Report, dict[str, str]]:
    from kfconsole.cli.wiring import opened_archive
    from kfconsole.desk.reporting import reckon

    async with opened_archive(settings, is_reading=True) as archive:
        desk = await archive.saved_desk()
        nicks = {str(agent.id): agent.nick for agent in desk.agents} if desk else {}
        now = time.time()
        # What was seen has WeChat's time: a host whose clock is behind it would leave out the newest.
        now = max(now, await archive.watched_until(Feed.QUEUE) or now)
        wanted = replace(order, end_at=now) if is_until_now else order
        return await reckon(archive, wanted, now, rest=partial(asyncio.sleep, 0)), nicks


def _print(
    report: Report, nicks: Mapping[str, str], form: str, start: str, end: str, settings: config.Settings
) -> None:
    match form:
        case "json":
            emit_json(_reported(report, nicks, settings))
        case "table":
            _print_table(report, nicks, start, end)
        case _:
            emit_bytes(_text(report, nicks, form, start, end, settings).encode("utf-8", "replace"))


def _text(report: Report, nicks: Mapping[str, str], form: str, start: str, end: str, settings: config.Settings) -> str:
    from msgspec import json

    match form:
        case "html":
            from kfconsole import i18n
            from kfconsole.desk.reporting.page import page

            title = _("Customer service report, by {what}").format(what=by_title(report.order.by))
            span = _("From {start} to {end}.").format(start=start, end=end)
            return page(report, title, span, nicks, i18n.in_use())
        case "csv":
            from kfconsole.desk.reporting.sheet import sheet

            return sheet(report, nicks)
        case _:
            return json.encode(_reported(report, nicks, settings)).decode() + "\n"


def _print_table(report: Report, nicks: Mapping[str, str], start: str, end: str) -> None:
    if not any(report.total.counts.values()) and not report.total.excluded:
        talk(_(_NOTHING_SEEN).format(start=start, end=end))
        for line in exclusions(report.total):
            talk(_("Excluded: {what}").format(what=line))
        return
    numbers = [(metric_title(metric), *number_cells(report.total, metric)) for metric in Metric]
    emit_table((_("all"), _("count"), "p50", "p90", _("longest")), numbers, right=range(1, 5))
    emit("")
    heads = (
        by_title(report.order.by),
        *map(metric_title, SHOWN),
        *chain.from_iterable(
            zip((_("wait p50"), _("first p50"), _("reply p50"), _("handling p50")), repeat("p90", 4), strict=True)
        ),
    )
    rows = [(row_name(row, report.order, nicks), *row_cells(row)) for row in report.rows]
    emit_table(heads, rows, right=range(1, len(heads)))
    emit("")
    for line in exclusions(report.total):
        emit(_("Excluded: {what}").format(what=line))
    for line in definition_lines():
        emit(line)
    talk(_("From {start} to {end}.").format(start=start, end=end))


def _reported(report: Report, nicks: Mapping[str, str], settings: config.Settings) -> Reported:
    return Reported(
        from_at=int(report.order.start_at),
        to_at=int(report.order.end_at),
        by=report.order.by.value,
        timezone=settings.ui.timezone,
        total=_figures(report.total, _("all")),
        rows=[_figures(row, row_name(row, report.order, nicks)) for row in report.rows],
        definitions=list(definition_lines()),
    )


def _figures(row: Figures, name: str) -> FiguresReported:
    return FiguresReported(
        key=row.key,
        name=name,
        customers=row.count(Metric.CUSTOMERS),
        sessions=row.count(Metric.SESSIONS),
        abandoned=row.count(Metric.ABANDONED),
        received=row.count(Metric.RECEIVED),
        sent=row.count(Metric.SENT),
        sent_by_machine=row.count(Metric.SENT_BY_MACHINE),
        waits=_times(row.spread(Metric.WAITS)),
        first_response=_times(row.spread(Metric.FIRST_RESPONSE)),
        response=_times(row.spread(Metric.RESPONSE)),
        handling=_times(row.spread(Metric.HANDLING)),
        excluded={what.value: count for what, count in row.excluded.items()},
        unwatched_seconds=row.unwatched_seconds,
        records_missing_seconds=row.records_missing_seconds,
    )


def _times(spread: Spread) -> TimesReported:
    return TimesReported(spread.count, spread.p50_seconds, spread.p90_seconds, spread.longest_seconds)
