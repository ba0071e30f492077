"""`kfconsole history search`: messages by what they say, from the archive alone."""

import asyncio
import math
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.arguments import AGENT, OPENID, WORDS
from kfconsole.cli.gaps import sync_hint
from kfconsole.cli.history import DIRECTIONS, MARKS, HistoryMessage, direction_of, said, undelivered
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import emit, emit_json, talk
from kfconsole.cli.progress import progress
from kfconsole.cli.times import local_minute, local_time, span_options, typed_bounds, when_help
from kfconsole.errors import ArchiveError
from kfconsole.i18n import _, ngettext
from kfconsole.model import AgentId, CustomerId, Message, SearchPage, SearchQuery
from kfconsole.text import excerpt, fit, found_spans, one_line, width_cells

if TYPE_CHECKING:
    from kfconsole.cli.wiring import Wired

DEFAULT_LIMIT: Final = 50
PAGE_MESSAGES: Final = 500
GAP: Final = "  "
AGENT_CELLS: Final = 16
LEAST_AGENT_CELLS: Final = 6
GOOD_TEXT_CELLS: Final = 24  # agents get no more room on a terminal than leaves so much
TEXT_CELLS: Final = 20  # at least, however narrow the terminal
LOOK_SECONDS: Final = 0.3  # between two looks at how far the index is


class FoundMessage(HistoryMessage, frozen=True):
    """One message that was found."""

    openid: str
    name: str
    """What the customer is called: our alias, else WeChat's remark; empty: neither is known."""


class NeverFetched(Struct, frozen=True):
    """A part of the span that WeChat was never asked for, so that nothing is known of it."""

    from_at: int
    """Unix seconds."""
    to_at: int | None
    """Unix seconds; null: until now."""


class FoundMessages(Struct, frozen=True):
    """The newest messages that hold all the words."""

    words: str
    messages: tuple[FoundMessage, ...]
    """The oldest first."""
    has_more: bool
    """There are older ones."""
    unsearched: int
    """Messages that were not searched, as the index is not ready."""
    never_fetched: tuple[NeverFetched, ...]
    """The oldest first."""


class _Result(Struct, frozen=True):
    page: SearchPage
    nicks: Mapping[AgentId, str]
    names: Mapping[CustomerId, str]
    gaps: tuple[tuple[float, float], ...]
    begins_at: float | None = None
    """Before it, nothing was fetched, and nobody asked for so long ago."""


@click.command(
    "search",
    short_help=_("Find messages by what they say."),
    help=_(
        "Find messages by what they say, of all customers, in the archive of this host; WeChat is not asked. The "
        "newest come last, just above the prompt.\n\n"
        "Every one of the WORDS has to stand somewhere in the message, also within a longer word; one character is "
        "enough. Capitals and full-width letters make no difference. Without words, everything that fits the options "
        "is printed."
    )
    + when_help(),
)
@click.argument("words", type=WORDS, metavar="[WORDS]...", nargs=-1)
@span_options(
    _("Where the span begins; otherwise with the archive."),
    _("Where the span ends, itself not included; otherwise nowhere."),
)
@click.option("--customer", "openid", type=OPENID, metavar="OPENID", help=_("What this customer wrote and was told."))
@click.option("--agent", type=AGENT, metavar="KF", help=_("Conversations with this agent, such as kf2001@shop."))
@click.option(
    "--direction",
    type=click.Choice([*DIRECTIONS.values()]),
    help=_("What customers wrote (in), or what they were told (out)."),
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=DEFAULT_LIMIT,
    metavar="COUNT",
    help=_("So many messages at most, the newest; otherwise {count}.").format(count=DEFAULT_LIMIT),
)
@json_option(FoundMessages)
@click.pass_obj
def command(
    settings_file: Path | None,
    words: tuple[str, ...],
    since_words: str | None,
    until_words: str | None,
    openid: str | None,
    agent: str | None,
    direction: Literal["in", "out"] | None,
    limit: int,
    as_json: bool,
) -> None:
    """Find messages by what they say."""
    settings = account_settings(settings_file)
    start, end = typed_bounds(since_words, until_words, settings.ui.zone)
    query = SearchQuery(
        words=" ".join(" ".join(words).split()),
        openid=None if openid is None else CustomerId(openid),
        agent=None if agent is None else AgentId(agent),
        kind=next((kind for kind, name in DIRECTIONS.items() if name == direction), None),
        start_at=start.timestamp() if start else None,
        end_at=end.timestamp() if end else None,
    )
    if query == SearchQuery():
        raise click.UsageError(_("Nothing is looked for: add words, or an option."), click.get_current_context())
    result = asyncio.run(_search(settings, query, limit))
    if as_json:
        emit_json(_found(query, result))
    else:
        _print(query, result, settings.ui.zone)
    _tell(result, settings.ui.zone)


async def _search(settings: config.Settings, query: SearchQuery, limit: int) -> _Result:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings), is_reading=True) as desk:
        page = await _page(desk, query, limit)
        if page.unsearched:
            await _finish_index(desk)
            page = await _page(desk, query, limit)
        nicks = {agent.id: one_line(agent.nick) for agent in desk.store.desk.agents}
        gaps, begins_at = await _gaps(settings, desk, query, has_found=bool(page.messages))
        names = await desk.archive.names({message.openid for message in page.messages})
        return _Result(page, nicks, names, gaps, begins_at)


async def _page(desk: "Wired", query: SearchQuery, limit: int) -> SearchPage:
    """Read as much as is wanted, some hundred messages at a time."""
    found: list[Message] = []
    while True:
        before = found[-1] if found else None
        page = await desk.actions.search(query, before=before, limit=min(PAGE_MESSAGES, limit - len(found)))
        found += page.messages
        if not page.has_more or len(found) >= limit:
            return SearchPage(tuple(found), page.has_more, page.unsearched)


async def _finish_index(desk: "Wired") -> None:
    """Put what is missing into the index first; where that cannot be done, the result says so."""
    sizes = await desk.archive.sizes()
    if sizes is None:
        return
    indexing = asyncio.create_task(desk.archive.index_messages())
    with progress(sizes.unindexed, _("Building the index")) as bar:
        while not (await asyncio.wait({indexing}, timeout=LOOK_SECONDS))[0]:
            if (left := await desk.archive.sizes()) is not None:
                bar.reach(sizes.unindexed - left.unindexed)
        bar.reach(sizes.unindexed)
    if isinstance(error := indexing.exception(), ArchiveError):
        talk(error.message)
    else:
        indexing.result()


async def _gaps(
    settings: config.Settings, desk: "Wired", query: SearchQuery, *, has_found: bool
) -> tuple[tuple[tuple[float, float], ...], float | None]:
    """Return what was never fetched of the span, and where the archive begins.

    What lies before all that was fetched is no gap each time: only where it was asked for, or nothing found.
    """
    from kfconsole.desk.gaps import Gaps

    gaps = Gaps(desk.archive, desk.store, desk.clock, keep_days=settings.archive.keep_days)
    start_at = max(query.start_at or -math.inf, gaps.limit_at)
    missing = await gaps.within(start_at, math.inf if query.end_at is None else query.end_at)
    if query.start_at is None and has_found and missing and missing[0][0] <= start_at:
        begins_at = missing[0][1]
        return missing[1:], None if begins_at == math.inf else begins_at
    return missing, None


def _print(query: SearchQuery, result: _Result, zone: tzinfo | None) -> None:
    messages = result.page.messages[::-1]
    is_seen = sys.stdout.isatty()
    columns = shutil.get_terminal_size().columns
    write_time = local_minute if is_seen else local_time
    agents = [result.nicks.get(message.agent) or message.agent or "-" for message in messages]
    agent_cells = max(map(width_cells, agents), default=0)
    openid_cells = max((len(message.openid) for message in messages), default=0)
    if is_seen:
        others = GAP.join((write_time(0, zone), " " * openid_cells, "", "< "))
        room = columns - width_cells(others) - GOOD_TEXT_CELLS
        agent_cells = min(agent_cells, AGENT_CELLS, max(room, LEAST_AGENT_CELLS))
    for message, agent in zip(messages, agents, strict=True):
        time = write_time(message.at, zone)
        head = GAP.join((time, fit(message.openid, openid_cells), fit(agent, agent_cells), _mark(message)))
        line, end = _line(message, agent), undelivered(message)
        if is_seen:
            line = _shown(line, query.words, max(columns - width_cells(f"{head} {end}"), TEXT_CELLS))
        if not emit(f"{head} {line}{end}".rstrip()):
            return


def _mark(message: Message) -> str:
    return MARKS[direction_of(message)]


def _line(message: Message, agent: str) -> str:
    text = said(message)
    if direction_of(message) != "event":
        return text
    from kfconsole.desk.words import EVENT_WORDS

    return f"{_(EVENT_WORDS[message.kind]).format(agent=agent)} {text}".rstrip()


def _shown(line: str, words: str, cells: int) -> str:
    """Return what there is room for around what was found, and that in bold."""
    can_be_bold = os.environ.get("TERM") != "dumb"
    pieces = excerpt(line, found_spans(line, words), cells, "…")
    return "".join(click.style(piece, bold=True) if is_found and can_be_bold else piece for piece, is_found in pieces)


def _tell(result: _Result, zone: tzinfo | None) -> None:
    page = result.page
    count = len(page.messages)
    if not count:
        talk(_("Nothing was found."))
    elif page.has_more:
        talk(_("The newest {count}; --limit and --until show older ones.").format(count=count))
    else:
        talk(ngettext("{count} message found.", "{count} messages found.", count).format(count=count))
        if result.begins_at is not None:
            talk(_("Nothing from before {start} was fetched yet.").format(start=local_minute(result.begins_at, zone)))
    if page.unsearched:
        talk(
            ngettext(
                "{count} message was not searched: the index is not ready.",
                "{count} messages were not searched: the index is not ready.",
                page.unsearched,
            ).format(count=page.unsearched)
        )
    if result.gaps:
        _tell_gaps(result.gaps, zone)


def _tell_gaps(gaps: Sequence[tuple[float, float]], zone: tzinfo | None) -> None:
    start_at, end_at = gaps[0]
    start = local_minute(start_at, zone)
    talk(
        ngettext(
            "Not searched, as it was never fetched from WeChat: from {start} to {end}.",
            "Not searched, as they were never fetched from WeChat: {count} spans, the first from {start} to {end}.",
            len(gaps),
        ).format(count=len(gaps), start=start, end=_("now") if end_at == math.inf else local_minute(end_at, zone))
    )
    talk(sync_hint(start))


def _found(query: SearchQuery, result: _Result) -> FoundMessages:
    return FoundMessages(
        words=query.words,
        messages=tuple(
            FoundMessage(
                id=message.id,
                at=message.at,
                direction=direction_of(message),
                kind=message.kind,
                agent=message.agent,
                nick=result.nicks.get(message.agent, ""),
                text=message.text,
                delivery=message.delivery,
                reason=message.reason,
                openid=message.openid,
                name=result.names.get(message.openid, ""),
            )
            for message in result.page.messages[::-1]
        ),
        has_more=result.page.has_more,
        unsearched=result.page.unsearched,
        never_fetched=tuple(
            NeverFetched(int(start_at), None if end_at == math.inf else int(end_at)) for start_at, end_at in result.gaps
        ),
    )
