"""`kfconsole history sync`: fetch what the archive lacks, as far back as wanted."""

import asyncio
import shutil
from contextlib import AbstractContextManager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import DONE, emit_json, failed, talk
from kfconsole.cli.progress import CELLS, Bar, progress
from kfconsole.cli.times import local_minute, now_in, refuse_empty, span_options, typed_bounds, when_help
from kfconsole.errors import KfError, Unavailable
from kfconsole.i18n import _, ngettext
from kfconsole.text import width_cells

if TYPE_CHECKING:
    from kfconsole.cli.wiring import Wired
    from kfconsole.desk.gaps import Gaps
    from kfconsole.desk.syncing import Slice, Syncing

LEAST_BAR_CELLS: Final = 6
BESIDE_BAR_CELLS: Final = len("  []  100%  10d 00:00:00  2026-11-20 18:30") + 1


class MissingSpan(Struct, frozen=True):
    """A span WeChat was not asked for yet."""

    from_at: int
    """Unix seconds."""
    to_at: int
    """Unix seconds."""


class Synced(Struct, frozen=True):
    """What was fetched of a span."""

    from_at: int
    """Where the span begins, Unix seconds of WeChat's clock."""
    to_at: int
    """Where it ends."""
    asked_seconds: int
    """For how much of it WeChat had to be asked; the rest was in the archive."""
    new_messages: int
    """Of all customers."""
    is_complete: bool
    """False: something is still missing; `problem` says why."""
    problem: str
    missing: tuple[MissingSpan, ...]
    """The oldest first; the same command goes on with them."""


@click.command(
    "sync",
    short_help=_("Fetch what the archive lacks."),
    help=_(
        "Fetch the chat records of a span that the archive lacks, of all customers, the newest first. What is in the "
        "archive is not asked for again: after Ctrl+C, or when the network fails, the same command goes on where it "
        "ended. A console may run meanwhile.\n\n"
        "Messages older than [archive] keep_days would be deleted again at once: they are not fetched."
    )
    + when_help(),
)
@span_options(_("Where the span begins; otherwise where the archive ends, at least 24 hours ago."))
@json_option(Synced)
@click.pass_obj
def command(settings_file: Path | None, since_words: str | None, until_words: str | None, as_json: bool) -> int:
    """Fetch what the archive lacks."""
    settings = account_settings(settings_file)
    since, until = typed_bounds(since_words, until_words, settings.ui.zone)
    now = now_in(settings.ui.zone)
    is_to_now = until is None or until >= now
    until = now if until is None or is_to_now else until
    if since is not None:
        refuse_empty(since, until)
    since_at = since.timestamp() if since else None
    run, error = asyncio.run(_run(settings, since_at, until.timestamp(), is_to_now=is_to_now))
    if error is None:
        talk(run.result)
        code = DONE
    else:
        code = failed(error)
        talk(run.how_far)
    if as_json:
        emit_json(run.report(error))
    return code


async def _run(
    settings: config.Settings, since_at: float | None, until_at: float, *, is_to_now: bool
) -> "tuple[_Run, KfError | None]":
    from kfconsole.cli.wiring import opened, wire
    from kfconsole.desk.gaps import Gaps
    from kfconsole.desk.syncing import Syncing

    async with opened(wire(settings)) as desk:
        syncing = Syncing(desk.client, desk.archive, desk.store, desk.clock)
        gaps = Gaps(desk.archive, desk.store, desk.clock, keep_days=settings.archive.keep_days)
        start_at = await _start(desk, gaps, settings, since_at, until_at)
        run = _Run(desk, syncing, gaps, settings.ui.zone, start_at, until_at, is_to_now=is_to_now)
        try:
            await run.fetch()
        except asyncio.CancelledError:
            talk(_("Interrupted. {how_far}").format(how_far=run.how_far))
            raise
        except KfError as error:
            await run.look_what_is_missing()
            return run, error
        await run.look_what_is_missing()
        return run, None


async def _start(
    desk: "Wired", gaps: "Gaps", settings: config.Settings, since_at: float | None, until_at: float
) -> float:
    """Return where the span begins, not before what is kept.

    Raises:
        click.UsageError: Nothing of it is kept.
    """
    from kfconsole.desk.syncing import DAY_SECONDS

    if since_at is None:
        newest_at = await desk.archive.newest_fetched_at()
        since_at = min(until_at, newest_at if newest_at is not None else until_at, until_at - DAY_SECONDS)
    zone, limit_at = settings.ui.zone, gaps.limit_at
    if until_at <= limit_at:
        problem = _("Messages from before {limit} are not kept: [archive] keep_days is {days}.")
        said = problem.format(limit=local_minute(limit_at, zone), days=settings.archive.keep_days)
        raise click.UsageError(said, click.get_current_context())
    if since_at < limit_at:
        said = _("Fetching from {limit} on: older messages are not kept ([archive] keep_days is {days}).")
        talk(said.format(limit=local_minute(limit_at, zone), days=settings.archive.keep_days))
    return max(since_at, limit_at)


class _Run:
    """One run of the command: what it fetched, and what is still missing."""

    def __init__(
        self,
        desk: "Wired",
        syncing: "Syncing",
        gaps: "Gaps",
        zone: tzinfo | None,
        start_at: float,
        end_at: float,
        *,
        is_to_now: bool,
    ) -> None:
        self._desk = desk
        self._syncing = syncing
        self._gaps = gaps
        self._zone = zone
        self._start_at = start_at
        self._end_at = end_at
        self._is_to_now = is_to_now
        self._new_messages = 0
        self._asked_seconds = 0
        self._reached_at: int | None = None
        self._missing: tuple[tuple[float, float], ...] = ()

    async def fetch(self) -> None:
        """Fetch slice by slice."""
        from kfconsole.desk.clock import CLOCK_SHIFT_SECONDS

        total_seconds = await self._syncing.missing_seconds(self._start_at, self._end_at)
        until_at = self._end_at
        with _progress(total_seconds, self._zone) as shown:
            bar = _Pieces(shown, total_seconds)
            while (piece := await self._syncing.newest_slice(self._start_at, until_at)) is not None:
                offset = self._desk.clock.offset
                await self._fetch_piece(piece, bar)
                until_at = piece[0]
                if self._is_to_now and abs(self._desk.clock.offset - offset) > CLOCK_SHIFT_SECONDS:
                    # Only now it is known what WeChat calls now.
                    self._end_at = until_at = self._desk.clock.now()

    async def look_what_is_missing(self) -> None:
        """Learn what is still missing; the newest seconds, whose records may still come, are not."""
        self._missing = await self._gaps.within(self._start_at, self._end_at)

    @property
    def result(self) -> str:
        """What was done, in a sentence."""
        span = {"start": local_minute(self._start_at, self._zone), "end": local_minute(self._end_at, self._zone)}
        if not self._asked_seconds:
            return _("Nothing was missing from {start} to {end}.").format(**span)
        return ngettext(
            "{count} new message from {start} to {end}; nothing is missing.",
            "{count} new messages from {start} to {end}; nothing is missing.",
            self._new_messages,
        ).format(count=self._new_messages, **span)

    @property
    def how_far(self) -> str:
        """How far it came, in two sentences."""
        if self._reached_at is None:
            return _("Nothing was fetched; the same command begins anew.")
        fetched = ngettext(
            "{count} new message, back to {time}.", "{count} new messages, back to {time}.", self._new_messages
        ).format(count=self._new_messages, time=local_minute(self._reached_at, self._zone))
        return _("{fetched} The same command goes on from there.").format(fetched=fetched)

    def report(self, error: KfError | None) -> Synced:
        """Return what was done."""
        return Synced(
            from_at=int(self._start_at),
            to_at=int(self._end_at),
            asked_seconds=self._asked_seconds,
            new_messages=self._new_messages,
            is_complete=error is None,
            problem=error.message if error else "",
            missing=tuple(
                MissingSpan(int(start_at), int(min(end_at, self._end_at))) for start_at, end_at in self._missing
            ),
        )

    async def _fetch_piece(self, piece: "Slice", bar: "_Pieces") -> None:
        from kfconsole.cli.retries import patiently

        start_at, end_at = piece
        before = await self._desk.archive.newest_id()

        async def ask() -> None:
            try:
                messages = await self._syncing.fetch(piece, on_page=lambda at: bar.show(piece, at))
            except Unavailable:
                bar.shown.end_line()
                raise
            self._new_messages += sum(message.id > before for message in messages)

        bar.show(piece, start_at)
        await patiently(ask)
        bar.show(piece, end_at)
        bar.note_done(end_at - start_at)
        self._asked_seconds += end_at - start_at
        self._reached_at = start_at


class _Pieces:
    """Shows how much is done, and where in the past."""

    def __init__(self, bar: Bar, total_seconds: int) -> None:
        self.shown = bar
        self._total_seconds = total_seconds
        self._done_seconds = 0

    def show(self, piece: "Slice", at: int) -> None:
        """Show how much is done, in the middle of a slice."""
        part = min(max(0, at - piece[0]), piece[1] - piece[0])
        self.shown.reach(min(self._done_seconds + part, self._total_seconds), piece[0])

    def note_done(self, seconds: int) -> None:
        """Count a slice."""
        self._done_seconds += seconds


def _progress(total_seconds: int, zone: tzinfo | None) -> AbstractContextManager[Bar]:
    label = _("Fetching records")
    room = shutil.get_terminal_size().columns - width_cells(label) - BESIDE_BAR_CELLS
    cells = max(LEAST_BAR_CELLS, min(CELLS, room))
    return progress(total_seconds, label, cells=cells, told=lambda at: local_minute(at, zone))
