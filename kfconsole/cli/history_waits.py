"""`kfconsole history waits`: how long customers waited, and how it ended, from the archive alone."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Literal

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.arguments import OPENID
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import emit_json, talk
from kfconsole.cli.tables import emit_table
from kfconsole.cli.times import local_time, span_options, typed_span, when_help, written
from kfconsole.i18n import _, ngettext
from kfconsole.model import AgentId, CustomerId, Wait, WaitOutcome
from kfconsole.text import clip, clock_span, one_line

DEFAULT_SPAN = timedelta(hours=24)
AGENT_CELLS = 16  # what stands behind the name is worth more than its end


class WaitSeen(Struct, frozen=True):
    """One customer's wait, as far as it was seen."""

    openid: str
    since_at: float
    """When it began, in Unix seconds of WeChat's clock."""
    is_exact: bool
    """False: it began then or earlier."""
    waited_seconds: int
    waited_is_exact: bool
    """False: it was at least as long, because its beginning or its end was not seen."""
    state: Literal["taken", "left", "waiting"]
    """`waiting`: nobody has seen it end."""
    agent: str
    """Who took the customer; empty: nobody."""
    nick: str
    """Of the agent; empty: not known."""
    ended_at: float | None
    """When the customer was taken, or noticed to be gone; null: not seen to end."""
    end_is_exact: bool
    """False: nobody watched, and it ended at some time between `last_seen_at` and `ended_at`."""
    last_seen_at: float
    """When the customer was seen waiting, and it was kept; nothing is kept while nothing changes."""
    last_message_at: int
    """Unix seconds of WeChat's clock."""
    messages: int
    """While waiting; at least so many."""


class WaitsSeen(Struct, frozen=True):
    """The waits that began in a span, as far as a console or command on this archive saw them."""

    from_at: int
    """Unix seconds."""
    to_at: int
    """Unix seconds; not included."""
    taken: int
    left: int
    waiting: int
    """Not seen to end."""
    longest_seconds: int
    """0 when there are none."""
    longest_is_exact: bool
    """False: it was at least as long."""
    median_seconds: int
    """0 when there are none."""
    median_is_exact: bool
    """False: it is at least as long."""
    waits: tuple[WaitSeen, ...]
    """In the order they began."""


@click.command(
    "waits",
    short_help=_("Print how long customers waited."),
    help=_(
        "Print the waits that began in a span, as far as a console or a command on this host saw them: since when, how "
        "long, and how each ended. WeChat keeps none of this.\n\n"
        "'≥' before a wait: at least so long, because its beginning or its end was not watched; '≤' before a time: "
        "then or earlier. Customers wrote at least as many messages as shown."
    )
    + when_help(),
)
@span_options()
@click.option("--customer", "openid", type=OPENID, metavar="OPENID", help=_("This customer's waits only."))
@json_option(WaitsSeen)
@click.pass_obj
def command(
    settings_file: Path | None, since_words: str | None, until_words: str | None, openid: str | None, as_json: bool
) -> None:
    """Print the waits of a span."""
    settings = account_settings(settings_file)
    start, end = typed_span(since_words, until_words, settings.ui.zone, DEFAULT_SPAN)
    customer = None if openid is None else CustomerId(openid)
    waits, nicks = asyncio.run(_read(settings, start.timestamp(), end.timestamp(), customer))
    found = _found(start, end, waits, nicks)
    if as_json:
        emit_json(found)
    else:
        _print(found, start, end, settings.ui.zone)


async def _read(
    settings: config.Settings, start_at: float, end_at: float, openid: CustomerId | None
) -> tuple[tuple[Wait, ...], dict[AgentId, str]]:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings), is_reading=True) as desk:
        waits = await desk.archive.waits(start_at, end_at, openid=openid)
        return waits, {agent.id: agent.nick for agent in desk.store.desk.agents}


def _found(start: datetime, end: datetime, waits: Sequence[Wait], nicks: Mapping[AgentId, str]) -> WaitsSeen:
    rows = tuple(_seen(wait, nicks) for wait in waits)
    states = [row.state for row in rows]
    median_seconds, median_is_exact = median([(row.waited_seconds, row.waited_is_exact) for row in rows])
    return WaitsSeen(
        from_at=math.floor(start.timestamp()),
        to_at=math.ceil(end.timestamp()),
        taken=states.count("taken"),
        left=states.count("left"),
        waiting=states.count("waiting"),
        longest_seconds=max((row.waited_seconds for row in rows), default=0),
        longest_is_exact=all(row.waited_is_exact for row in rows),
        median_seconds=median_seconds,
        median_is_exact=median_is_exact,
        waits=rows,
    )


def median(spans: Sequence[tuple[int, bool]]) -> tuple[int, bool]:
    """Return the span in the middle, the longer one of two, and whether it is exact.

    Args:
        spans: Seconds, and whether that is exact; else it is at least as long.
    """
    if not spans:
        return 0, True
    middle = sorted(seconds for seconds, _is_exact in spans)[len(spans) // 2]
    # What is at least as long as something beyond the middle is beyond it, however long it was.
    return middle, all(is_exact or seconds > middle for seconds, is_exact in spans)


def _seen(wait: Wait, nicks: Mapping[AgentId, str]) -> WaitSeen:
    # An end that nobody watched may have been any time since they were seen last.
    until_at = wait.ended_at if wait.ended_at is not None and wait.end_is_exact else wait.last_seen_at
    return WaitSeen(
        openid=wait.openid,
        since_at=wait.since_at,
        is_exact=wait.is_exact,
        waited_seconds=int(max(0.0, until_at - wait.since_at)),
        waited_is_exact=wait.is_exact and wait.end_is_exact,
        state=_state(wait),
        agent=wait.agent or "",
        nick=nicks.get(wait.agent, "") if wait.agent else "",
        ended_at=wait.ended_at,
        end_is_exact=wait.end_is_exact,
        last_seen_at=wait.last_seen_at,
        last_message_at=wait.last_message_at,
        messages=wait.message_count,
    )


def _state(wait: Wait) -> Literal["taken", "left", "waiting"]:
    match wait.outcome:
        case WaitOutcome.TAKEN:
            return "taken"
        case WaitOutcome.LEFT:
            return "left"
        case None:
            return "waiting"


def _print(found: WaitsSeen, start: datetime, end: datetime, zone: tzinfo | None) -> None:
    span = {"start": written(start), "end": written(end)}
    if not found.waits:
        talk(_("No waits were seen from {start} to {end}.").format(**span))
        return
    emit_table(
        (_("began"), _("customer"), _("waited"), _("messages"), _("how it ended")),
        [
            (
                ("" if row.is_exact else "≤") + local_time(row.since_at, zone),
                row.openid,
                clock_span(row.waited_seconds, is_exact=row.waited_is_exact),
                f"≥{row.messages}",
                _end(row, zone),
            )
            for row in found.waits
        ],
        right=(0, 2, 3),
    )
    talk(_("From {start} to {end}.").format(**span))
    talk(_summary(found))


def _summary(found: WaitsSeen) -> str:
    count = len(found.waits)
    words = ngettext(
        "{count} wait: {taken} taken, {left} left, {waiting} not seen to end; the longest {longest}, the median "
        "{median}.",
        "{count} waits: {taken} taken, {left} left, {waiting} not seen to end; the longest {longest}, the median "
        "{median}.",
        count,
    )
    return words.format(
        count=count,
        taken=found.taken,
        left=found.left,
        waiting=found.waiting,
        longest=clock_span(found.longest_seconds, is_exact=found.longest_is_exact),
        median=clock_span(found.median_seconds, is_exact=found.median_is_exact),
    )


def _end(row: WaitSeen, zone: tzinfo | None) -> str:
    agent = clip(one_line(row.nick) or row.agent, AGENT_CELLS)
    last_seen = _minute(row.last_seen_at, zone)
    if row.ended_at is None:
        return _("waiting, last seen {time}").format(time=last_seen)
    if row.state == "taken":
        words = _("taken by {agent}") if row.end_is_exact else _("taken by {agent}, last seen {time}")
        return words.format(agent=agent, time=last_seen)
    if row.end_is_exact:
        return _("left")
    return _("gone between {start} and {end}").format(start=last_seen, end=_minute(row.ended_at, zone))


def _minute(at: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%m-%d %H:%M")
