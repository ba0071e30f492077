"""`kfconsole history export`: messages as a file to read, to count or to hand on, from the archive alone."""

import asyncio
import math
import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.arguments import OPENID
from kfconsole.cli.gaps import sync_hint
from kfconsole.cli.json_option import json_option
from kfconsole.cli.new_file import NewFile
from kfconsole.cli.noting import noted
from kfconsole.cli.output import DONE, emit_bytes, talk
from kfconsole.cli.output_file import Forms
from kfconsole.cli.progress import progress
from kfconsole.cli.times import local_minute, span_options, typed_bounds, when_help
from kfconsole.desk.formats import ExportedMessage, Format
from kfconsole.i18n import _, ngettext
from kfconsole.model import CustomerId
from kfconsole.text import clean

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.desk.exporting import Export

MASK_KEY_BYTES = 32
FORMS = Forms(
    of_files=tuple(form.value for form in Format),
    on_stdout=Format.TXT.value,
    as_json=Format.JSONL.value,
    endings={
        ".txt": Format.TXT,
        ".md": Format.MARKDOWN,
        ".markdown": Format.MARKDOWN,
        ".csv": Format.CSV,
        ".jsonl": Format.JSONL,
        ".ndjson": Format.JSONL,
    },
)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be exported, and how."""

    settings: config.Settings
    form: Format
    openid: CustomerId | None
    start_at: float
    end_at: float
    is_masked: bool

    @property
    def zone(self) -> tzinfo | None:
        """The time zone; None stands for the host's."""
        return self.settings.ui.zone


@click.command(
    "export",
    short_help=_("Write messages to a file, or to stdout."),
    help=_(
        "Write messages from the archive of this host to a file, or to stdout: of one customer, or of all, customer by "
        "customer. WeChat is asked for nothing; what it has beyond the archive comes by 'kfconsole history sync'.\n\n"
        "txt and md are to be read, csv is for spreadsheets, jsonl for programs: one object a line, with all there is. "
        "What we sent is there with its state, also what was refused or dismissed.\n\n"
        "--mask hides who the customers are: each is called the same throughout one file, and otherwise in the next. "
        "In the texts it hides openids, Chinese phone numbers, numbers of ID cards and bank cards, and mail "
        "addresses; names and addresses in them it does not know. Agents stay."
    )
    + when_help(),
)
@click.argument("openid", type=OPENID, metavar="[OPENID]", required=False)
@span_options(
    _("Where the span begins; otherwise where the archive does."),
    _("Where the span ends; otherwise where the archive does."),
)
@FORMS.options(_("How messages are written down; otherwise by the ending of FILE, and txt on stdout."))
@click.option("--mask", "is_masked", is_flag=True, help=_("Hide who the customers are."))
@json_option(ExportedMessage, _("The same as --format jsonl."))
@click.pass_obj
def command(
    settings_file: Path | None,
    openid: str | None,
    since_words: str | None,
    until_words: str | None,
    form: str | None,
    target: Path | None,
    replaces: bool,
    is_masked: bool,
    as_json: bool,
) -> int:
    """Write messages down."""
    chosen = Format(FORMS.chosen(form, target, as_json=as_json))
    settings = account_settings(settings_file)
    start, end = typed_bounds(since_words, until_words, settings.ui.zone)
    order = _Order(
        settings,
        chosen,
        None if openid is None else CustomerId(openid),
        start.timestamp() if start else -math.inf,
        end.timestamp() if end else math.inf,
        is_masked,
    )
    if target is None:
        return asyncio.run(_run(order, _Stdout()))
    with NewFile(target, replaces=replaces) as new_file:
        return asyncio.run(_run(order, _File(new_file)))


class _Sink(Protocol):
    """Where the text goes."""

    path: Path | None

    def write(self, text: str) -> bool:
        """Take more of it; False: nobody wants more."""

    def finish(self) -> None:
        """Take it as a whole."""


class _File:
    def __init__(self, file: NewFile) -> None:
        self.path: Path | None = file.path
        self._file = file

    def write(self, text: str) -> bool:
        self._file.write(text.encode(errors="backslashreplace"))
        return True

    def finish(self) -> None:
        self._file.finish()


class _Stdout:
    """Bytes of UTF-8 whatever the locale, as files of these formats are; for a terminal, what it can show."""

    path: Path | None = None

    def write(self, text: str) -> bool:
        if not sys.stdout.isatty():
            return emit_bytes(text.encode(errors="backslashreplace"))
        rows = "\r\n".join(map(clean, text.removeprefix("\ufeff").split("\r\n")))
        return emit_bytes(rows.encode(sys.stdout.encoding, errors="replace"))

    def finish(self) -> None:
        pass


async def _run(order: _Order, sink: _Sink) -> int:
    from kfconsole.cli.wiring import opened_archive
    from kfconsole.desk.exporting import Export
    from kfconsole.desk.formats import writer
    from kfconsole.desk.formats.masking import Mask

    stop = _Stop()
    async with opened_archive(order.settings, is_reading=True) as archive:
        desk = await archive.saved_desk()
        nicks = {agent.id: agent.nick for agent in desk.agents} if desk else {}
        mask = Mask(os.urandom(MASK_KEY_BYTES)) if order.is_masked else None
        export = Export(archive, writer(order.form, order.zone), nicks, mask=mask)
        try:
            await _export(order, archive, export, sink)
        except asyncio.CancelledError:
            talk(_("Interrupted; {file} was not written.").format(file=sink.path) if sink.path else _("Interrupted."))
            if stop.exit_code is None:
                raise
            return stop.exit_code
    return DONE


async def _export(order: _Order, archive: "Archive", export: "Export", sink: _Sink) -> None:
    """Hand it out, and keep how much, of whom and to which file: what is out is out, also when this is killed."""
    details = _details(order, sink)
    async with noted(archive, order.settings, "export", details, names_nobody=False, is_reading=True) as note:
        try:
            if not await _pour(order, archive, export, sink):
                note.result = "broken off"
                return
            sink.finish()
            _tell_result(order, export, sink)
            await _tell_gaps(order, archive)
        finally:
            note.details = _details(order, sink, f"{export.messages} messages", f"{export.customers} customers")
            note.openid = order.openid if export.messages else None  # nobody becomes a customer by being asked for


class _Stop:
    """Ends the command in order when it is told to end; Ctrl+C does so by itself."""

    def __init__(self) -> None:
        self.exit_code: int | None = None
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
                asyncio.get_running_loop().add_signal_handler(number, self._stop, task, 128 + number)

    def _stop(self, task: "asyncio.Task[object]", exit_code: int) -> None:
        self.exit_code = exit_code
        if not task.cancelling():  # told twice, it still notes how it ended
            task.cancel()


async def _pour(order: _Order, archive: "Archive", export: "Export", sink: _Sink) -> bool:
    """Write everything; False: whoever read it has gone away."""
    openid, start_at, end_at = order.openid, order.start_at, order.end_at
    is_seen = sys.stderr.isatty() and (sink.path is not None or not sys.stdout.isatty())
    total = await archive.count(openid=openid, start_at=start_at, end_at=end_at) if is_seen else 0
    with progress(total, _("Exporting")) as bar:
        async for text in export.parts(openid=openid, start_at=start_at, end_at=end_at):
            if not sink.write(text):
                return False
            bar.reach(export.messages)
    return True


def _tell_result(order: _Order, export: "Export", sink: _Sink) -> None:
    if not export.messages:
        said = _("The archive has no such messages.")
    else:
        messages = ngettext("{count} message", "{count} messages", export.messages)
        customers = ngettext("{count} customer", "{count} customers", export.customers)
        said = _("{messages} of {customers}, from {start} to {end}.").format(
            messages=messages.format(count=f"{export.messages:,}"),
            customers=customers.format(count=f"{export.customers:,}"),
            start=_written(export.first_at, order.zone),
            end=_written(export.last_at, order.zone),
        )
    talk(said if sink.path is None else _("{file}: {said}").format(file=sink.path, said=said))


async def _tell_gaps(order: _Order, archive: "Archive") -> None:
    """Say what is not in there because nobody asked WeChat for it."""
    from kfconsole.desk import ServerClock, Store
    from kfconsole.desk.gaps import Gaps

    clock = ServerClock(time.monotonic, time.time)
    gaps = Gaps(archive, Store(None), clock, keep_days=order.settings.archive.keep_days)
    missing = await gaps.within(max(order.start_at, gaps.limit_at), order.end_at)
    if not missing:
        return
    start, end = (_written(at, order.zone) for at in missing[0])
    talk(
        ngettext(
            "Not in it, as it was never fetched from WeChat: from {start} to {end}.",
            "Not in it, as they were never fetched from WeChat: {count} spans, the first from {start} to {end}.",
            len(missing),
        ).format(count=len(missing), start=start, end=end)
    )
    talk(sync_hint(start))


def _details(order: _Order, sink: _Sink, *counts: str) -> str:
    where = str(sink.path.absolute()) if sink.path else "stdout"
    return ", ".join([order.form, *(["masked"] if order.is_masked else []), *counts, where])


def _written(at: float, zone: tzinfo | None) -> str:
    from kfconsole.desk.formats.common import LATEST_AT

    return _("now") if at == math.inf else local_minute(min(at, LATEST_AT), zone)
