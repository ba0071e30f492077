"""`kfconsole history purge`: delete one customer, or what is too old, from the archive of this host."""

import asyncio
from datetime import datetime
from pathlib import Path

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, ask_first, require_answer
from kfconsole.cli.arguments import OPENID, yes_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.noting import noted
from kfconsole.cli.output import emit_json, talk
from kfconsole.cli.progress import progress
from kfconsole.cli.times import local_time, now_in, typed_moment, written
from kfconsole.cli.wiring import opened_archive
from kfconsole.i18n import _, ngettext
from kfconsole.model import CustomerId, KnownCustomer, Purged


class CustomerPurged(Struct, frozen=True, tag_field="purged", tag="customer"):
    """A customer was deleted from the archive of this host."""

    openid: str
    messages: int
    """So many messages; all else that was known of them is deleted, too."""
    is_clean: bool
    """False: bytes of it may be left on the disk; stderr says where, and what to do."""


class OldPurged(Struct, frozen=True, tag_field="purged", tag="old"):
    """What was too old was deleted from the archive of this host."""

    before_at: int
    """What is from before, in Unix seconds."""
    messages: int
    """So many messages; waits and sessions of that time are deleted, too."""


@click.command(
    "purge",
    short_help=_("Delete a customer, or what is too old, from the archive."),
    help=_(
        "Delete all that the archive of this host has of a customer: messages, drafts, waits, sessions, names, and the "
        "words in the index, down to the bytes on the disk; asks first. What other customers wrote of them stays. What "
        "WeChat still tells of the time until now is not stored again; what the customer writes from now on is. "
        "Colleagues who have the conversation open see it until they close their console.\n\n"
        "With --older-than, delete what is from before a moment; drafts, and messages that wait for a decision, stay. "
        "What WeChat still has of that time is fetched again when somebody looks at it. The console deletes every day "
        "by itself what is older than keep_days in the settings. What was done here, and by whom, stays for "
        "audit_days: see 'kfconsole audit'.\n\n"
        "WHEN is 3d, yesterday, 2026-11-20 or '2026-11-20 18:30'; a day means its midnight."
    ),
)
@click.argument("openid", type=OPENID, metavar="[OPENID]", required=False)
@click.option("--older-than", "words", metavar="WHEN", help=_("What is from before this is deleted."))
@yes_option
@json_option(CustomerPurged | OldPurged)
@click.pass_obj
def command(settings_file: Path | None, openid: str | None, words: str | None, is_sure: bool, as_json: bool) -> None:
    """Delete from the archive."""
    if (openid is None) == (words is None):
        raise click.UsageError(_("Name either a customer or --older-than WHEN."), click.get_current_context())
    settings = account_settings(settings_file)
    before = None if words is None else _moment(words, now_in(settings.ui.zone))
    require_answer(settings, is_sure)
    done: CustomerPurged | OldPurged | None = None
    if openid is not None:
        done = _purge_customer(settings, CustomerId(openid), is_sure)
    elif before is not None:
        done = _purge_older_than(settings, before, is_sure)
    if as_json:
        emit_json(done)


def _moment(words: str, now: datetime) -> datetime:
    moment = typed_moment("--older-than", words, now)
    if moment > now:
        problem = _("--older-than: {moment} is yet to come.").format(moment=written(moment))
        raise click.UsageError(problem, click.get_current_context())
    return moment


def _purge_customer(settings: config.Settings, openid: CustomerId, is_sure: bool) -> CustomerPurged:
    known = asyncio.run(_known(settings, openid))
    if known.is_known and not known.is_sending:  # what is refused, or nothing, is not asked about
        ask_first(_question(openid, known, settings), is_sure)
        talk(_("Deleting; with a big archive it takes some seconds."))
    purged = asyncio.run(_delete_customer(settings, openid))
    if known.is_known:
        text = ngettext(
            "{openid} is deleted, with {count} message.", "{openid} is deleted, with {count} messages.", purged.messages
        )
        talk(text.format(openid=openid, count=purged.messages))
    else:
        talk(_("The archive knows nothing of {openid}.").format(openid=openid))
    _tell_traces(purged)
    is_clean = purged.is_file_clean and purged.is_log_clean and not purged.set_aside
    return CustomerPurged(openid, purged.messages, is_clean)


def _question(openid: CustomerId, known: KnownCustomer, settings: config.Settings) -> str:
    if known.oldest_at is None or known.newest_at is None:
        return _("Delete all that is known of {openid}, who has no messages here? It cannot be undone.").format(
            openid=openid
        )
    if known.undecided:
        text = ngettext(
            "{count} message to them did not surely arrive, and nobody has decided on it yet.",
            "{count} messages to them did not surely arrive, and nobody has decided on them yet.",
            known.undecided,
        )
        talk(text.format(count=known.undecided))
    if known.has_draft:
        talk(_("There is a draft to them, which is deleted, too."))
    text = ngettext(
        "Delete the only message of {openid}, from {start}, and all else that is known of them? It cannot be undone.",
        "Delete all {count} messages of {openid}, from {start} to {end}, and all else that is known of them? "
        "It cannot be undone.",
        known.messages,
    )
    zone = settings.ui.zone
    start, end = local_time(known.oldest_at, zone), local_time(known.newest_at, zone)
    return text.format(openid=openid, count=known.messages, start=start, end=end)


def _tell_traces(purged: Purged) -> None:
    if not purged.is_log_clean:
        talk(_("Another console is reading; what was deleted stays in the log on the disk until all consoles ended."))
    if not purged.is_file_clean:
        talk(_("Copies of deleted bytes may be left in unused parts of the file until 'kfconsole history vacuum'."))
    for file in purged.set_aside:
        talk(_("{file} was kept when the archive was damaged, and may tell of them, too.").format(file=file))


def _purge_older_than(settings: config.Settings, before: datetime, is_sure: bool) -> OldPurged:
    count = asyncio.run(_count_older(settings, before.timestamp()))
    text = ngettext(
        "Delete {count} message from before {moment}, and what else is known of that time? It cannot be undone.",
        "Delete {count} messages from before {moment}, and what else is known of that time? It cannot be undone.",
        count,
    )
    ask_first(text.format(count=f"{count:,}", moment=written(before)), is_sure)
    count = asyncio.run(_delete_older(settings, before, count))
    text = ngettext(
        "{count} message from before {moment} is deleted.", "{count} messages from before {moment} are deleted.", count
    )
    talk(text.format(count=f"{count:,}", moment=written(before)))
    talk(_("New messages take the room; 'kfconsole history vacuum' gives it back to the disk."))
    return OldPurged(int(before.timestamp()), count)


async def _known(settings: config.Settings, openid: CustomerId) -> KnownCustomer:
    async with opened_archive(settings) as archive:
        return await archive.known(openid)


async def _delete_customer(settings: config.Settings, openid: CustomerId) -> Purged:
    async with opened_archive(settings) as archive:
        async with noted(archive, settings, "purge", "customer", names_nobody=True, is_reading=False) as note:
            purged = await archive.purge_customer(openid)
            note.details = f"customer, {purged.messages} messages"
        return purged


async def _count_older(settings: config.Settings, at: float) -> int:
    async with opened_archive(settings) as archive:
        return await archive.count_older_than(at)


async def _delete_older(settings: config.Settings, before: datetime, expected: int) -> int:
    async with opened_archive(settings) as archive:
        until = f"before {before.isoformat(timespec='seconds')}"
        async with noted(archive, settings, "purge", until, names_nobody=True, is_reading=False) as note:
            with progress(expected, _("Deleting")) as bar:
                count = await archive.purge_older_than(before.timestamp(), bar.reach)
            note.details = f"{until}, {count} messages"
        return count
