"""`kfconsole users`: what WeChat tells of customers, and the account's notes on them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, telling_where_to_look
from kfconsole.cli.arguments import OPENID, WORDS
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import emit_json, talk
from kfconsole.cli.tables import emit_table
from kfconsole.cli.times import local_minute
from kfconsole.errors import ArchiveError
from kfconsole.i18n import _
from kfconsole.model import CustomerId, User


class UserRow(Struct, frozen=True):
    """One customer."""

    openid: str
    is_following: bool
    """While false, WeChat tells nothing else."""
    followed_at: int | None
    """Since when, in Unix seconds; null: not following, or not told."""
    remark: str
    """The account's own note; empty: none."""
    tag_ids: tuple[int, ...]
    scene: str
    """How they came to follow, such as `ADD_SCENE_QR_CODE`; empty: not told."""
    union_id: str
    """The same person's id in other accounts of one owner; empty: not told."""


class UserList(Struct, frozen=True):
    """What WeChat tells of customers."""

    users: tuple[UserRow, ...]
    """In the order asked for."""


class Remarked(Struct, frozen=True):
    """A note that was set."""

    openid: str
    remark: str
    """Empty: none any more."""


@click.group(
    "users",
    cls=Noun,
    short_help=_("Print what WeChat tells of customers; note remarks."),
    help=_("Print what WeChat tells of customers, and note a remark on one."),
)
def command() -> None:
    """Hold the commands about customers."""


@command.command(
    "show", help=_("Print of each customer: whether they follow the account and since when, remark and tags.")
)
@click.argument("openids", type=OPENID, metavar="OPENID...", nargs=-1, required=True)
@json_option(UserList)
@click.pass_obj
def show(settings_file: Path | None, openids: tuple[str, ...], as_json: bool) -> None:
    """Print what WeChat tells of customers."""
    settings = account_settings(settings_file)
    users = asyncio.run(_ask(settings, tuple(map(CustomerId, openids))))
    if as_json:
        emit_json(UserList(users))
        return
    zone = settings.ui.zone
    emit_table(
        (_("customer"), _("follows since"), _("remark"), _("tags")),
        [
            (
                user.openid,
                _follows(user, None if user.followed_at is None else local_minute(user.followed_at, zone)),
                user.remark or "-",
                ", ".join(map(str, user.tag_ids)) or "-",
            )
            for user in users
        ],
    )


@command.command("remark", help=_("Set the account's note on a customer; an empty TEXT deletes it."))
@click.argument("openid", type=OPENID, metavar="OPENID")
@click.argument("text", type=WORDS, metavar="TEXT")
@json_option(Remarked)
@click.pass_obj
def remark(settings_file: Path | None, openid: str, text: str, as_json: bool) -> None:
    """Set the account's note on a customer."""
    settings = account_settings(settings_file)
    with telling_where_to_look(_("'kfconsole users show {openid}' tells the remark.").format(openid=openid)):
        asyncio.run(_set_remark(settings, CustomerId(openid), text))
    if text:
        talk(_("The remark of {openid} is now: {remark}").format(openid=openid, remark=text))
    else:
        talk(_("{openid} has no remark any more.").format(openid=openid))
    if as_json:
        emit_json(Remarked(openid, text))


async def _ask(settings: config.Settings, openids: Sequence[CustomerId]) -> tuple[UserRow, ...]:
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import asking

    async with asking(settings) as client:
        users = await patiently(lambda: client.users(openids))
    with suppress(ArchiveError):  # what was asked for is here all the same
        await _keep(settings, users)
    return tuple(
        UserRow(
            openid=user.openid,
            is_following=user.is_following,
            followed_at=user.followed_at,
            remark=user.remark,
            tag_ids=user.tag_ids,
            scene=user.scene,
            union_id=user.union_id,
        )
        for user in users
    )


async def _keep(settings: config.Settings, users: Sequence[User]) -> None:
    """Keep remarks and tags: files call customers by them from now on."""
    from kfconsole.cli.wiring import opened_archive

    async with opened_archive(settings) as archive:
        for user in users:
            if user.is_following:
                await archive.describe(user.openid, remark=user.remark, tags=tuple(map(str, user.tag_ids)))


async def _set_remark(settings: config.Settings, openid: CustomerId, text: str) -> None:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        await desk.actions.set_remark(openid, text)


def _follows(user: UserRow, since: str | None) -> str:
    if not user.is_following:
        return _("does not follow")
    return since or _("follows")
