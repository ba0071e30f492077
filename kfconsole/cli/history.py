"""`kfconsole history`: conversations of the past, from the archive and from what WeChat still has."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.arguments import OPENID
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import DONE, emit, emit_json, failed, talk
from kfconsole.cli.times import local_time, span_options, typed_span, when_help, written
from kfconsole.errors import ApiError, KfError
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Delivery, Message, MessageKind
from kfconsole.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfconsole.desk import HistoryDay

DEFAULT_SPAN = timedelta(hours=24)
DIRECTIONS: "Mapping[MessageKind, Literal['in', 'out']]" = {MessageKind.RECEIVED: "in", MessageKind.SENT: "out"}
MARKS = {"in": "<", "out": ">", "event": "-"}
"""In a column of their own: who spoke shows without reading the names."""


class HistoryMessage(Struct, frozen=True):
    """One line of a conversation."""

    id: int
    """The message's number in the archive of this host."""
    at: float
    """Unix seconds of WeChat's clock."""
    direction: Literal["in", "out", "event"]
    """From the customer, to the customer, or neither."""
    kind: MessageKind
    """What it is, more closely."""
    agent: str
    """Who sent it, or served the customer; empty: nobody."""
    nick: str
    """Of the agent; empty: not known."""
    text: str
    delivery: Delivery | None
    """How far a message of ours got; null: it was not sent from a console of ours."""
    reason: str
    """Why it was refused, or what was lost; empty: neither."""


class History(Struct, frozen=True):
    """One customer's messages of a span."""

    openid: str
    from_at: int
    """Unix seconds."""
    to_at: int
    """Unix seconds."""
    is_complete: bool
    """False: what only WeChat has could not be had; `problem` says why."""
    problem: str
    messages: tuple[HistoryMessage, ...]
    """The oldest first."""


@click.group(
    "history",
    cls=Noun,
    modules=("search", "waits", "sync", "export", "purge", "vacuum"),
    short_help=_("Print conversations of the past."),
    help=_("Print conversations of the past: those of the archive, and those WeChat still has."),
)
def command() -> None:
    """Hold the commands about the past."""


@command.command(
    "show",
    short_help=_("Print a customer's messages of a span."),
    help=_(
        "Print a customer's messages of a span, the oldest first: what the archive has and what WeChat still has. "
        "'<' is from the customer, '>' to the customer, '-' anything else."
    )
    + when_help(),
)
@click.argument("openid", type=OPENID, metavar="OPENID")
@span_options(also=("--from", "--to"))
@json_option(History)
@click.pass_obj
def show(
    settings_file: Path | None, openid: str, since_words: str | None, until_words: str | None, as_json: bool
) -> int:
    """Print a customer's messages of a span."""
    settings = account_settings(settings_file)
    start, end = typed_span(since_words, until_words, settings.ui.zone, DEFAULT_SPAN)
    day, nicks = asyncio.run(_ask(settings, CustomerId(openid), start.timestamp(), end.timestamp()))
    if as_json:
        emit_json(_history(openid, start, end, day, nicks))
    else:
        _print(day, nicks, start, end, settings.ui.zone)
    return DONE if day.missing_error is None else _tell_missing(day.missing_error)


async def _ask(
    settings: config.Settings, openid: CustomerId, start_at: float, end_at: float
) -> "tuple[HistoryDay, dict[AgentId, str]]":
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import opened, wire
    from kfconsole.desk import HistoryDay

    async with opened(wire(settings), is_reading=True) as desk:
        day = HistoryDay(())

        async def ask() -> None:
            nonlocal day
            day = await desk.actions.history(openid, start_at, end_at)
            if day.missing_error is not None:
                raise day.missing_error

        with suppress(ApiError):  # the day says it, beside what there is
            await patiently(ask)
        return day, {agent.id: agent.nick for agent in desk.store.desk.agents}


def _print(day: "HistoryDay", nicks: dict[AgentId, str], start: datetime, end: datetime, zone: tzinfo | None) -> None:
    for message in day.messages:
        emit(_line(message, nicks, zone))
    span = {"start": written(start), "end": written(end)}
    if day.messages:
        talk(_("From {start} to {end}.").format(**span))
    else:
        talk(_("No messages from {start} to {end}.").format(**span))


def _line(message: Message, nicks: dict[AgentId, str], zone: tzinfo | None) -> str:
    direction = direction_of(message)
    head = f"{local_time(message.at, zone)}  {MARKS[direction]}"
    who = one_line(nicks.get(message.agent, "")) or message.agent
    text = said(message)
    match direction:
        case "in":
            return f"{head} {text}"
        case "out":
            return f"{head} {who}: {text}{undelivered(message)}"
        case _:
            from kfconsole.desk.words import EVENT_WORDS

            return f"{head} {_(EVENT_WORDS[message.kind]).format(agent=who)} {text}".rstrip()


def said(message: Message) -> str:
    """Return what a message says on one line; of one without words, what it is."""
    from kfconsole.desk.words import words_of

    return one_line(words_of(message))


def undelivered(message: Message) -> str:
    """Say behind a message that it did not surely arrive, and why."""
    if message.delivery not in (Delivery.PREPARED, Delivery.SENDING, Delivery.REFUSED, Delivery.UNKNOWN):
        return ""
    from kfconsole.desk.words import DELIVERY_WORDS

    word = _(DELIVERY_WORDS[message.delivery])
    return f"  [{word}: {one_line(message.reason)}]" if message.reason else f"  [{word}]"


def direction_of(message: Message) -> Literal["in", "out", "event"]:
    """Return which way a message went."""
    return DIRECTIONS.get(message.kind, "event")


def _tell_missing(error: KfError) -> int:
    talk(_("What only WeChat has is missing:"))
    return failed(error)


def _history(openid: str, start: datetime, end: datetime, day: "HistoryDay", nicks: dict[AgentId, str]) -> History:
    error = day.missing_error
    return History(
        openid=openid,
        from_at=int(start.timestamp()),
        to_at=int(end.timestamp()),
        is_complete=error is None,
        problem=error.message if error else "",
        messages=tuple(
            HistoryMessage(
                id=message.id,
                at=message.at,
                direction=direction_of(message),
                kind=message.kind,
                agent=message.agent,
                nick=nicks.get(message.agent, ""),
                text=message.text,
                delivery=message.delivery,
                reason=message.reason,
            )
            for message in day.messages
        ),
    )
