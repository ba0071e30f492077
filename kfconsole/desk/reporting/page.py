"""A report as one page of HTML: nothing is loaded from anywhere, nothing runs, and it is readable on paper. Pure."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

from msgspec import Struct

from kfconsole.desk.reporting.definitions import definitions, exclusions, metric_title
from kfconsole.desk.reporting.figures import Figures, Metric, Report
from kfconsole.desk.reporting.telling import COUNTED, MEASURED, by_title, clock, row_name
from kfconsole.i18n import _
from kfconsole.text import clip, width_cells

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
LABEL_CELLS: Final = 16
MOST_BARS: Final = 62
"""Beyond two months of days, or so many agents, bars are too thin to be read: the table has them all."""

_WIDTH, _LEFT, _TOP, _BARS_HEIGHT = 900, 64, 14, 132
_FLAT, _TILTED = 24, 74  # room for the names below the bars
_LABEL_CELL = 6.5
_TICKS: Final = 4
_NICE_SECONDS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5c6675;--line:#d5dae1;--back:#fff;--one:#1f6feb;--two:#d9730d}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b4;--line:#39424f;--back:#14181f;--one:#6aa5ff;
--two:#ffb066}}
body{margin:2rem auto;max-width:70rem;padding:0 1rem;background:var(--back);color:var(--ink);
font:15px/1.5 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p.span{color:var(--soft);margin:.2rem 0 1rem}
.scroll{overflow-x:auto;margin-bottom:1rem}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
table{font-size:.85rem}
th,td{padding:.25rem .3rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
tbody td:first-child,thead tr:first-child th:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;
min-width:8em}
th[colspan]{text-align:center}thead th{color:var(--soft);font-weight:600}
tbody tr.all td{font-weight:700;border-bottom:2px solid var(--soft)}
figure{margin:1rem 0;break-inside:avoid}figcaption{font-weight:600}
svg{width:100%;height:auto;max-height:22rem}svg text{font-size:11px;fill:var(--soft)}
.axis{stroke:var(--line)}.one{fill:var(--one)}.two{fill:url(#stripes);stroke:var(--two)}.stripe{stroke:var(--two)}
dt{font-weight:600;margin-top:.5rem}dd{margin:0 0 0 1rem}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--back:#fff;--one:#1f6feb;--two:#d9730d}
body{margin:0;max-width:none;font-size:11px}.scroll{overflow:visible}
table{font-size:9px}tbody td:first-child{min-width:5em}th,td{padding:1px 3px}tr{break-inside:avoid}}
"""


class Bars(Struct, frozen=True):
    """Two values a row, side by side."""

    title: str
    names: tuple[str, str]
    labels: tuple[str, ...]
    values: tuple[tuple[int | None, int | None], ...]
    is_time: bool


def page(report: Report, title: str, span: str, nicks: Mapping[str, str], language: str) -> str:
    """Return the report as HTML.

    Args:
        report: The numbers.
        title: Whose report it is.
        span: From when to when, in words.
        nicks: What agents are called.
        language: `zh` or `en`, for who reads the page aloud or breaks its lines.
    """
    order = report.order
    names = [row_name(row, order, nicks) for row in report.rows]
    unseen = exclusions(report.total) or (_("Everything was seen."),)
    parts = [
        "<!doctype html>",
        f'<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f'<h1>{escape(title)}</h1><p class="span">{escape(span)}</p>',
        _counts(report, names),
        _times(report, names),
        _heading(_("Not in these numbers")),
        _list(unseen),
        *(_figure(bars, number) for number, bars in enumerate(charts(report, names))),
        _heading(_("What the numbers mean")),
        _meanings(),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def charts(report: Report, names: Sequence[str]) -> tuple[Bars, ...]:
    """Return what is drawn: how many waited and left, and how long each thing took."""
    rows, labels = report.rows[:MOST_BARS], tuple(names[:MOST_BARS])
    if not rows:
        return ()
    counted = tuple((row.count(Metric.WAITS), row.count(Metric.ABANDONED)) for row in rows)
    found = [Bars(_("How many waited"), (_("taken"), metric_title(Metric.ABANDONED)), labels, counted, is_time=False)]
    for metric in MEASURED:
        spreads = [row.spread(metric) for row in rows]
        values = tuple((spread.p50_seconds, spread.p90_seconds) for spread in spreads)
        if any(spread.count for spread in spreads):
            found.append(Bars(metric_title(metric), ("p50", "p90"), labels, values, is_time=True))
    return tuple(found)


def _heading(title: str) -> str:
    return f"<h2>{escape(title)}</h2>"


def _counts(report: Report, names: Sequence[str]) -> str:
    heads = [by_title(report.order.by), *map(metric_title, COUNTED)]
    head = f"<tr>{''.join(map(_head, heads))}</tr>"
    return _table(head, report, names, lambda row: [str(row.count(metric)) for metric in COUNTED])


def _times(report: Report, names: Sequence[str]) -> str:
    above = "".join(f'<th scope="colgroup" colspan="4">{escape(metric_title(metric))}</th>' for metric in MEASURED)
    below = "".join(map(_head, (_("count"), "p50", "p90", _("longest")) * len(MEASURED)))
    head = f"<tr>{_head(by_title(report.order.by), 2)}{above}</tr><tr>{below}</tr>"
    return _table(head, report, names, _spreads)


def _head(said: str, rows: int = 1) -> str:
    return f'<th scope="col" rowspan="{rows}">{escape(said)}</th>'


def _spreads(row: Figures) -> list[str]:
    cells = []
    for metric in MEASURED:
        spread = row.spread(metric)
        cells += [str(spread.count), *map(clock, (spread.p50_seconds, spread.p90_seconds, spread.longest_seconds))]
    return cells


def _table(head: str, report: Report, names: Sequence[str], cells: Callable[[Figures], list[str]]) -> str:
    rows = [_row([_("all"), *cells(report.total)], ' class="all"')]
    rows += [_row([name, *cells(row)]) for row, name in zip(report.rows, names, strict=True)]
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'


def _row(cells: Sequence[str], attributes: str = "") -> str:
    return f"<tr{attributes}>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _meanings() -> str:
    said = definitions()
    named = "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in said if name)
    return f"<dl>{named}</dl>{''.join(f'<p>{escape(words)}</p>' for name, words in said if not name)}"


def _figure(bars: Bars, number: int) -> str:
    highest = max((value for pair in bars.values for value in pair if value is not None), default=0)
    step = _step(highest, is_time=bars.is_time)
    top_value = step * max(1, -(-highest // step))
    height, width = _BARS_HEIGHT, _WIDTH - _LEFT
    slot = width / len(bars.labels)
    is_tilted = any(width_cells(clip(label, LABEL_CELLS)) * _LABEL_CELL > slot for label in bars.labels)
    total_height = _TOP + height + (_TILTED if is_tilted else _FLAT)
    parts = [f'<svg viewBox="0 0 {_WIDTH} {total_height}" role="img" aria-label="{escape(bars.title)}">']
    # Told from the other without colour, too.
    parts.append(
        f'<defs><pattern id="stripes{number}" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line class="stripe" x1="0" y1="0" x2="0" y2="5" stroke-width="3"/></pattern>'
        "</defs>"
    )
    for line in range(0, top_value + 1, step):
        y = _TOP + height - height * line / top_value
        said = clock(line) if bars.is_time else str(line)
        parts.append(f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{said}</text>')
    for place, (label, pair) in enumerate(zip(bars.labels, bars.values, strict=True)):
        x = _LEFT + slot * place
        for side, value in enumerate(pair):
            if value is None:
                continue
            size = height * value / top_value
            said = clock(value) if bars.is_time else str(value)
            look = 'class="one"' if side == 0 else f'class="two" style="fill:url(#stripes{number})"'
            parts.append(
                f'<rect {look} x="{x + slot * (0.1 + 0.4 * side):.1f}" y="{_TOP + height - size:.1f}" '
                f'width="{slot * 0.36:.1f}" height="{size:.1f}">'
                f"<title>{escape(f'{label}: {bars.names[side]} {said}')}</title></rect>"
            )
        parts.append(_label(label, x + slot / 2, _TOP + height + 14, is_tilted=is_tilted))
    parts.append("</svg>")
    key = " · ".join(f"{sign} {name}" for sign, name in zip("■▨", bars.names, strict=True))
    return f"<figure><figcaption>{escape(bars.title)} ({escape(key)})</figcaption>{''.join(parts)}</figure>"


def _label(label: str, x: float, y: float, *, is_tilted: bool) -> str:
    said = escape(clip(label, LABEL_CELLS))
    look = f'text-anchor="end" transform="rotate(-40 {x:.1f} {y:.1f})"' if is_tilted else 'text-anchor="middle"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{said}</text>'


def _step(highest: int, *, is_time: bool) -> int:
    """Return how far the lines behind the bars lie apart: a round number, for a few of them."""
    wanted = max(1, -(-highest // _TICKS))
    if is_time:
        return next((step for step in _NICE_SECONDS if step >= wanted), -(-wanted // 86400) * 86400)
    power = int(10 ** (len(str(wanted)) - 1))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= wanted)
