"""`kfconsole watch`: what happens at the desk, one line each, for screen readers and logs."""

import asyncio
import math
import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.acting import load
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import DONE, emit, emit_json, failed
from kfconsole.cli.stopping import Stop
from kfconsole.desk import changes, rules
from kfconsole.errors import ArchiveError, AuthError, ConfigError, KfError
from kfconsole.i18n import _
from kfconsole.model import AgentId, Contact, CustomerId, Desk, Message, MessageId, MessageKind
from kfconsole.text import clip, clock_span, one_line

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.cli.wiring import Wired

OTHER_LIMITS_SECONDS = 30.0  # where limits depend on the hour, the next hour may make somebody late
LATE_RECORDS_SECONDS = 120.0
"""WeChat's records may come so late; older ones are not looked for."""


class Received(changes.Event, frozen=True, tag="message"):
    """A customer wrote to an agent; WeChat keeps no record of what waiting customers write."""

    openid: CustomerId
    agent: AgentId
    """Who serves the customer; empty when WeChat does not say."""
    text: str | None
    """None without --text."""
    name: str = ""
    """What the customer is called; empty: nobody knows."""


Told = changes.Change | Received
OfCustomer = (
    changes.Arrived
    | changes.Accepted
    | changes.Transferred
    | changes.Left
    | changes.Closed
    | changes.Overdue
    | Received
)


@click.command(
    "watch",
    short_help=_("Print what happens, line by line."),
    help=_(
        "Print what happens at the desk, one line each, until Ctrl+C: who waits, is accepted, transferred, leaves; "
        "agents online and offline; messages; waits that get late ([alerts]); trouble with WeChat. Nothing is ever "
        "drawn over, so that screen readers and logs can follow. WeChat is asked as often as by the console ([poll])."
    ),
)
@click.option("--text", "with_text", is_flag=True, help=_("Print also what customers write."))
@json_option(Told, _("Print one object of JSON a line; its type says what happened."))
@click.pass_obj
def command(settings_file: Path | None, with_text: bool, as_json: bool) -> int:
    """Watch until told to stop."""
    settings = load(settings_file)
    settings.require_account()
    return asyncio.run(_watch(settings, with_text=with_text, as_json=as_json))


async def _watch(settings: config.Settings, *, with_text: bool, as_json: bool) -> int:
    from kfconsole.cli.wiring import opened, wire

    stir = _Stir()
    async with opened(wire(settings), is_reading=True) as desk:
        desk.store.subscribe(lambda _desk: stir.event.set())
        polling = asyncio.create_task(desk.poller.run())
        polling.add_done_callback(lambda _task: stir.event.set())
        teller = _Teller(settings, desk, with_text=with_text, as_json=as_json)
        try:
            while stir.exit_code is None and not polling.done():
                stir.event.clear()
                if not await teller.tell():
                    return DONE
                if error := _final_error(desk.store.desk):
                    return failed(error)
                await stir.rest(teller.rest_seconds())
        finally:
            polling.cancel()
            with suppress(asyncio.CancelledError):
                await polling
        return stir.exit_code or DONE


class _Stir(Stop):
    """Waits until something stirs, and knows whether that was the end: a signal, or a reader that has gone."""

    def __init__(self) -> None:
        super().__init__()
        stdout = sys.stdout.fileno()
        if stat.S_ISFIFO(os.fstat(stdout).st_mode):
            # The end we write to becomes "readable" only when the other end is closed.
            asyncio.get_running_loop().add_reader(stdout, self.stop, DONE)

    async def rest(self, seconds: float | None) -> None:
        """Wait for the next stir, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.event.wait()


class _Teller:
    """Tells what is new on the desk."""

    def __init__(self, settings: config.Settings, desk: "Wired", *, with_text: bool, as_json: bool) -> None:
        self._desk = desk
        self._with_text = with_text
        self._lines = Lines(settings.ui.zone, as_json=as_json)
        self._settings = settings
        self._changes = changes.Changes(warn_after=settings.alerts.warn_after, late_after=settings.alerts.late_after)
        self._inbox = _Inbox(desk.archive)

    async def tell(self) -> bool:
        """Print what is new; False when nobody reads it any more."""
        desk, now = self._desk.store.desk, self._desk.clock.now()
        limits = self._settings.limits_at(now)
        self._changes.limit(warn_after=limits.warn_after, late_after=limits.late_after)
        found: list[Told] = list(self._changes.between(desk, now))
        if self._changes.began_at is not None:
            for message in await self._inbox.new_among(desk.contacts, self._changes.began_at):
                text = message.text if self._with_text else None
                found.append(Received(message.at, message.openid, message.agent, text))
        return all(self._lines.print(event, desk) for event in await self._named(found))

    async def _named(self, found: Sequence[Told]) -> Sequence[Told]:
        openids = {event.openid for event in found if isinstance(event, OfCustomer)}
        with suppress(ArchiveError):  # what happened is told all the same, by openid
            names = await self._desk.archive.names(openids) if openids else {}
            return [
                replace(event, name=one_line(names[event.openid]))
                if isinstance(event, OfCustomer) and event.openid in names
                else event
                for event in found
            ]
        return found

    def rest_seconds(self) -> float | None:
        """Return how long nothing can become late."""
        next_at = self._changes.next_late_at(self._desk.store.desk)
        if next_at is None:
            return None
        rest = max(0.0, next_at - self._desk.clock.now())
        return min(rest, OTHER_LIMITS_SECONDS) if self._settings.alerts.hours else rest


class Lines:
    """Prints events, with the date whenever a day begins."""

    def __init__(self, zone: tzinfo | None, *, as_json: bool) -> None:
        self._zone = zone
        self._as_json = as_json
        self._day: date | None = None

    def print(self, event: Told, desk: Desk) -> bool:
        """Print an event of a desk; False when nobody reads it any more."""
        if self._as_json:
            return emit_json(event)
        moment = datetime.fromtimestamp(event.at, self._zone)
        lines = []
        if moment.date() != self._day:
            self._day = moment.date()
            lines.append(self._day.isoformat())
        lines.append(f"{moment:%H:%M:%S}  {one_line(words_for(event, desk))}")
        return all(map(emit, lines))


class _Inbox:
    """Finds what customers wrote since the watch began, each message once."""

    def __init__(self, archive: "Archive") -> None:
        self._archive = archive
        self._looked_at: Mapping[CustomerId, Contact] = {}
        self._told: dict[CustomerId, dict[MessageId, float]] = {}

    async def new_among(self, contacts: Mapping[CustomerId, Contact], began_at: float) -> list[Message]:
        """Return the messages nobody was told of, oldest first."""
        before, self._looked_at = self._looked_at, contacts
        if before is contacts:
            return []
        found: list[Message] = []
        for openid, contact in contacts.items():
            if contact is not before.get(openid) and (contact.last_received_at or 0) >= began_at:
                found += await self._new_of(openid, began_at)
        return sorted(found, key=lambda message: message.at)

    async def _new_of(self, openid: CustomerId, began_at: float) -> list[Message]:
        told = self._told.get(openid, {})
        start_at = max(began_at, max(told.values(), default=0.0) - LATE_RECORDS_SECONDS)
        messages = await self._archive.between(openid, start_at, math.inf)
        received = [message for message in messages if message.kind is MessageKind.RECEIVED]
        self._told[openid] = {message.id: message.at for message in received}
        return [message for message in received if message.id not in told]


def _final_error(desk: Desk) -> KfError | None:
    """Return what asking again does not mend."""
    errors = (health.error for health in desk.health.values() if health.retry_mono is None)
    return next((error for error in errors if isinstance(error, AuthError | ConfigError)), None)


def _called(event: OfCustomer, desk: Desk) -> str:
    return clip(event.name, rules.MAX_NAME_CELLS) or rules.customer_name(desk, event.openid)


def words_for(event: Told, desk: Desk) -> str:
    """Return one sentence for a person."""
    match event:
        case changes.Present():
            return " ".join(_words_for_present(event))
        case changes.Arrived(is_exact=is_exact):
            words = _("{customer} waits.") if is_exact else _("{customer} waits, at least since then.")
            return words.format(customer=_called(event, desk))
        case changes.Accepted(agent=agent, wait_seconds=seconds, wait_is_exact=is_exact):
            names = {"agent": rules.agent_name(desk, agent), "customer": _called(event, desk)}
            if seconds is None:
                return _("{agent} serves {customer}.").format(**names)
            wait = clock_span(seconds, is_exact=is_exact)
            return _("{agent} accepted {customer} after {wait}.").format(**names, wait=wait)
        case changes.Transferred(from_agent=giver, to_agent=taker):
            return _("{customer} went from {agent} to {other}.").format(
                customer=_called(event, desk),
                agent=rules.agent_name(desk, giver),
                other=rules.agent_name(desk, taker),
            )
        case changes.Left(wait_seconds=seconds, wait_is_exact=is_exact):
            wait = clock_span(seconds, is_exact=is_exact)
            return _("{customer} left the queue after {wait}.").format(customer=_called(event, desk), wait=wait)
        case changes.Closed(agent=agent):
            words = _("{agent} no longer serves {customer}.")
            return words.format(agent=rules.agent_name(desk, agent), customer=_called(event, desk))
        case changes.Online(agent=agent):
            return _("{agent} is online.").format(agent=rules.agent_name(desk, agent))
        case changes.Offline(agent=agent):
            return _("{agent} is offline.").format(agent=rules.agent_name(desk, agent))
        case changes.Overdue(level=level, wait_seconds=seconds, is_exact=is_exact):
            words = _("Late: {customer} has waited {wait}.") if level == "late" else _("{customer} has waited {wait}.")
            return words.format(customer=_called(event, desk), wait=clock_span(seconds, is_exact=is_exact))
        case changes.Trouble(message=message, hint=hint):
            return _("Trouble: {message} {hint}").format(message=message, hint=hint).strip()
        case changes.Recovered(failed_seconds=seconds):
            return _("WeChat answers again, after {span}.").format(span=clock_span(seconds))
        case Received(text=text):
            words = _("{customer} wrote.") if text is None else _("{customer} wrote: {text}")
            return words.format(customer=_called(event, desk), text=text)


def _words_for_present(event: changes.Present) -> Iterator[str]:
    if event.queue_total:
        wait = clock_span(event.longest_wait_seconds, is_exact=event.longest_wait_is_exact)
        yield _("{count} waiting, the longest for {wait}.").format(count=event.queue_total, wait=wait)
    else:
        yield _("Nobody waits.")
    yield _("{count} being served.").format(count=event.sessions)
    yield _("{online} of {total} agents online.").format(online=event.agents_online, total=event.agents_total)
