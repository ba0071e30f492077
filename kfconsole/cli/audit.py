"""`kfconsole audit`: what was done from this host, by whom and to whom, and whether that is still what was noted."""

import asyncio
import math
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.acting import account_settings
from kfconsole.cli.arguments import AGENT, OPENID, WORDS
from kfconsole.cli.deed_words import act_word, result_word
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import DONE, REFUSED, emit, emit_bytes, emit_json, talk
from kfconsole.cli.tables import emit_table
from kfconsole.cli.times import local_time, span_options, typed_span, when_help, written
from kfconsole.i18n import N_, _, ngettext, sentences
from kfconsole.model import AuditCheck, AuditFault, Deed

DEFAULT_SPAN = timedelta(hours=24)
FAULTS = {
    AuditFault.CHANGED: (
        N_("Deed {number} is not what was noted: it was changed, moved or put there by something else."),
        N_("Nothing from it on is proof. Compare with a backup of the archive."),
    ),
    AuditFault.MISSING: (
        N_("Before deed {number} others are missing."),
        N_("Somebody deleted them from the file. Compare with a backup of the archive."),
    ),
    AuditFault.UNCHAINED: (
        N_("Deed {number} was added by something else than kfconsole."),
        N_("Somebody wrote it into the file, or took its seal away. Compare with a backup of the archive."),
    ),
    AuditFault.CUT: (
        N_("Deed {number} was noted, and is not there any more: the newest deeds were cut off."),
        N_(
            "Or the archive was put back from a backup: then remove the file that ends with -head beside it, and say "
            "so to whoever relies on this."
        ),
    ),
    AuditFault.REWRITTEN: (
        N_("Deed {number} is another one than was noted, and all deeds fit together: they were written anew."),
        N_(
            "Or the archive was put back from a backup, and used: then remove the file that ends with -head beside it, "
            "and say so to whoever relies on this."
        ),
    ),
    AuditFault.HEADLESS: (
        N_("At deed {number} the file beside the archive was missing that tells whether the newest were cut off."),
        N_("Put the file that ends with -head back beside the archive, where it came without it from another place."),
    ),
    AuditFault.BEGINNING: (
        N_("Before deed {number} others are missing, and no deed tells that they had become too old."),
        N_("Somebody deleted them from the file. Compare with a backup of the archive."),
    ),
    AuditFault.ERASED: (
        N_("Words of deed {number} were erased, and no deed tells that it was on request."),
        N_("Somebody took them out of the file. Compare with a backup of the archive."),
    ),
    AuditFault.GONE: (
        N_("The table of what was done, or a part of it, is missing in the archive."),
        N_("Somebody took it out of the file. Put a backup of the archive in its place."),
    ),
}
"""What a fault is, and what to do about it."""


class DeedDone(Struct, frozen=True):
    """Something done from a console or a command on this host, or tried."""

    number: int
    """Its place among all deeds of the archive."""
    at: float
    """Unix seconds of WeChat's clock."""
    user: str
    """The person by the host's name for them."""
    source: str
    """Where they came from, such as `ssh 10.0.0.7`, and who they were before su or sudo; empty: from this host."""
    agent: str
    """In whose name; empty: nobody's."""
    act: str
    """Such as `accept`; the same in every language."""
    openid: str
    """To whom; empty: to nobody, or erased."""
    details: str
    """What else it is about; the words of messages are not in it."""
    result: str
    """`done`, or why not, in the language of whoever did it."""


class Audit(Struct, frozen=True):
    """What was done in a span, oldest first."""

    from_at: int
    """Unix seconds."""
    to_at: int
    """Unix seconds; not included."""
    deeds: tuple[DeedDone, ...]


class AuditVerified(Struct, frozen=True):
    """Whether all deeds are what was noted."""

    is_sound: bool
    chained: int
    """Deeds found to be what was noted."""
    unprotected: int
    """Deeds of older versions, from before there was a chain: whether they were changed nobody can tell."""
    erased: int
    """Deeds from which a customer's data were erased on request; the rest of them is what was noted."""
    last_number: int
    """The last deed looked at."""
    chain: str
    """The chain up to it: noted elsewhere, it proves later that all before is unchanged."""
    fault: str
    """`changed`, `missing`, `unchained`, `cut`, `rewritten`, `headless`, `beginning`, `erased`, `gone`; empty: none."""
    at_number: int | None
    """The deed at which the fault shows; null: there is none, or all are gone."""
    said: str
    """The same for people."""


class _Audit(Noun):
    """Lists when no command is named: `audit`, `audit --since 3d`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(
    "audit",
    cls=_Audit,
    short_help=_("Print what was done from this host, and by whom."),
    help=_("Print what was done from this host, and by whom: 'kfconsole audit' is 'kfconsole audit list'."),
)
def command() -> None:
    """Hold the commands about deeds; `list` need not be typed."""


@command.command(
    "list",
    short_help=_("Print what was done; the word may be left out."),
    help=_(
        "Print what was done from consoles and commands on this host, and what was tried: when, by which user of this "
        "host, from where, as which agent, to whom, and what came of it. What messages said is not in it."
    )
    + when_help(),
)
@span_options()
@click.option("--user", type=WORDS, metavar="NAME", help=_("Only what this user of the host did."))
@click.option("--agent", type=AGENT, metavar="KF", help=_("Only what was done as this agent."))
@click.option(
    "--act", "acts", type=WORDS, metavar="ACT", multiple=True, help=_("Only acts of this name; may be given again.")
)
@click.option("--customer", "openid", type=OPENID, metavar="OPENID", help=_("Only what was done to this customer."))
@click.option("--csv", "as_csv", is_flag=True, help=_("Print a table for spreadsheets."))
@json_option(Audit)
@click.pass_obj
def list_(
    settings_file: Path | None,
    since_words: str | None,
    until_words: str | None,
    user: str | None,
    agent: str | None,
    acts: tuple[str, ...],
    openid: str | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Print the deeds of a span."""
    if as_csv and as_json:
        raise click.UsageError(_("--csv and --json do not go together."), click.get_current_context())
    settings = account_settings(settings_file)
    zone = settings.ui.zone
    start, end = typed_span(since_words, until_words, zone, DEFAULT_SPAN)
    # Deeds have WeChat's time, or that of another moment of this host's clock: 'now' would hide those ahead of it.
    found = asyncio.run(_read(settings, start.timestamp(), math.inf if until_words is None else end.timestamp()))
    if until_words is None:
        end = max(end, *(datetime.fromtimestamp(math.floor(deed.at) + 1, zone).astimezone(zone) for deed in found), end)
    deeds = tuple(
        _done(deed)
        for deed in found
        if user in (None, deed.user)
        and agent in (None, deed.agent)
        and (not acts or deed.act in acts or act_word(deed.act) in acts)
        and openid in (None, deed.openid)
    )
    if as_json:
        emit_json(Audit(math.floor(start.timestamp()), math.ceil(end.timestamp()), deeds))
    elif as_csv:
        emit_bytes(_sheet(deeds, zone))
    else:
        _print(deeds, start, end, zone)


@command.command(
    "verify",
    short_help=_("Look whether what was done is still what was noted."),
    help=_(
        "Look whether what was done is still what was noted. Every deed is chained to the one before, so whatever was "
        "changed, taken out, put in or cut off in the file shows. What was erased with 'history purge' does not break "
        "the chain.\n\n"
        "Whoever may write all files of this user could make a whole new chain. The chain that is printed, noted "
        "elsewhere now and then, is proof against that, too. Exit code 1 when something is wrong."
    ),
)
@json_option(AuditVerified)
@click.pass_obj
def verify(settings_file: Path | None, as_json: bool) -> int:
    """Verify the chain."""
    found = asyncio.run(_check(account_settings(settings_file)))
    said, hint = words(found)
    if as_json:
        emit_json(
            AuditVerified(
                is_sound=found.fault is None,
                chained=found.chained,
                unprotected=found.unprotected,
                erased=found.erased,
                last_number=found.last_number,
                chain=found.chain,
                fault=found.fault or "",
                at_number=found.number,
                said=said,
            )
        )
    else:
        emit(said)
        if found.chain and found.fault is None:
            emit(_("Chain up to deed {number}: {chain}").format(number=found.last_number, chain=found.chain))
        if hint:
            talk(_("hint: {hint}").format(hint=hint))
    return DONE if found.fault is None else REFUSED


def words(found: AuditCheck) -> tuple[str, str]:
    """Say what a look at all deeds found, and what to do about it."""
    if found.fault is not None:
        said, hint = FAULTS[found.fault]
        return _(said).format(number=found.number), _(hint)
    if not found.chained and not found.unprotected:
        return _("Nothing was done yet."), ""
    said = ngettext("{count} deed is what was noted.", "{count} deeds are what was noted.", found.chained)
    told = [said.format(count=f"{found.chained:,}")]
    if found.erased:
        said = ngettext(
            "From {count} of them a customer's data were erased.",
            "From {count} of them customers' data were erased.",
            found.erased,
        )
        told.append(said.format(count=f"{found.erased:,}"))
    if found.unprotected:
        said = ngettext(
            "{count} is from an older version and unprotected.",
            "{count} are from an older version and unprotected.",
            found.unprotected,
        )
        told.append(said.format(count=f"{found.unprotected:,}"))
    return sentences(*told), ""


async def _read(settings: config.Settings, start_at: float, end_at: float) -> tuple[Deed, ...]:
    from kfconsole.cli.wiring import opened_archive

    async with opened_archive(settings, is_reading=True) as archive:
        return await archive.deeds(start_at, end_at)


async def _check(settings: config.Settings) -> AuditCheck:
    from kfconsole.cli.wiring import opened_archive

    async with opened_archive(settings, is_reading=True) as archive:
        return await archive.check_deeds()


def _done(deed: Deed) -> DeedDone:
    return DeedDone(
        number=deed.number,
        at=deed.at,
        user=deed.user,
        source=deed.source,
        agent=deed.agent or "",
        act=deed.act,
        openid=deed.openid or "",
        details=deed.details,
        result=deed.result,
    )


def _heads() -> tuple[str, ...]:
    return (
        _("no."),
        _("when"),
        _("user"),
        _("from"),
        _("agent"),
        _("act"),
        _("customer"),
        _("details"),
        _("result"),
    )


def _cells(deed: DeedDone, zone: tzinfo | None) -> tuple[str, ...]:
    return (
        str(deed.number),
        local_time(deed.at, zone),
        deed.user,
        deed.source,
        deed.agent,
        deed.act,
        deed.openid,
        deed.details,
        deed.result,
    )


def _told(deed: DeedDone) -> DeedDone:
    """Say in the user's language what a program finds in one for all."""
    return replace(deed, act=act_word(deed.act), result=result_word(deed.result))


def _print(deeds: tuple[DeedDone, ...], start: datetime, end: datetime, zone: tzinfo | None) -> None:
    span = {"start": written(start), "end": written(end)}
    if not deeds:
        talk(_("Nothing was done from {start} to {end}.").format(**span))
        return
    emit_table(_heads(), [_cells(_told(deed), zone) for deed in deeds], right=(0,))
    said = ngettext("{count} deed from {start} to {end}.", "{count} deeds from {start} to {end}.", len(deeds))
    talk(said.format(count=len(deeds), **span))


def _sheet(deeds: tuple[DeedDone, ...], zone: tzinfo | None) -> bytes:
    from kfconsole.desk.formats import sheet

    rows = (",".join(map(sheet.cell, row)) for row in (_heads(), *(_cells(deed, zone) for deed in deeds)))
    return (sheet.BYTE_ORDER_MARK + sheet.ROW_END.join((*rows, ""))).encode()
