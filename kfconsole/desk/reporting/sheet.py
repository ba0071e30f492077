"""A report as a table for spreadsheets, where no name becomes a formula. Pure."""

from collections.abc import Mapping

from kfconsole.desk.formats.sheet import BYTE_ORDER_MARK, ROW_END, cell
from kfconsole.desk.reporting.definitions import metric_title
from kfconsole.desk.reporting.figures import Figures, Report
from kfconsole.desk.reporting.telling import COUNTED, MEASURED, by_title, row_name
from kfconsole.i18n import _


def sheet(report: Report, nicks: Mapping[str, str]) -> str:
    """Return a row of heads, one of all, and one for each agent, hour or day; lengths of time in seconds."""
    heads = [by_title(report.order.by), *map(metric_title, COUNTED)]
    for metric in MEASURED:
        title = metric_title(metric)
        heads += [
            title,
            _("{number}: p50, seconds").format(number=title),
            _("{number}: p90, seconds").format(number=title),
            _("{number}: longest, seconds").format(number=title),
        ]
    heads += [_("excluded"), _("not watched, seconds"), _("records missing, seconds")]
    lines = [",".join(map(cell, heads)), _line(report.total, _("all"))]
    lines += [_line(row, row_name(row, report.order, nicks)) for row in report.rows]
    return BYTE_ORDER_MARK + "".join(f"{line}{ROW_END}" for line in lines)


def _line(row: Figures, name: str) -> str:
    numbers: list[int | None] = [row.count(metric) for metric in COUNTED]
    for metric in MEASURED:
        spread = row.spread(metric)
        numbers += [spread.count, spread.p50_seconds, spread.p90_seconds, spread.longest_seconds]
    numbers += [sum(row.excluded.values()), row.unwatched_seconds, row.records_missing_seconds]
    return ",".join([cell(name), *("" if number is None else str(number) for number in numbers)])
