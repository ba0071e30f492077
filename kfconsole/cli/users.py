"""`kfconsole users`: what WeChat tells of customers, and the account's notes on them."""

import asyncio
from collections.abc import Mapping, Sequence
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
from kfconsole.i18n import _, listed
from kfconsole.model import Contact, CustomerId, User, is_wechat_tag, wechat_tag
from kfconsole.text import clean, one_line


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
    alias: str = ""
    """What we call the customer; empty: nothing."""
    tags: tuple[str, ...] = ()
    """Our own words for the customer; `tag_ids` are WeChat's."""


class UserList(Struct, frozen=True):
    """What WeChat tells of customers."""

    users: tuple[UserRow, ...]
    """In the order asked for."""


class Remarked(Struct, frozen=True):
    """A note that was set."""

    openid: str
    remark: str
    """Empty: none any more."""


class Aliased(Struct, frozen=True):
    """What we call a customer."""

    openid: str
    alias: str
    """Empty: nothing any more."""


class Tagged(Struct, frozen=True):
    """Our own words for a customer."""

    openid: str
    tags: tuple[str, ...]
    """All of them; WeChat's tags are apart from these."""


@click.group(
    "users",
    cls=Noun,
    short_help=_("Print who customers are; name and tag them."),
    help=_("Print what is known of customers; give them an alias, tags, or a remark in WeChat."),
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
        (_("customer"), _("follows since"), _("remark"), _("tags"), _("alias")),
        [
            (
                user.openid,
                _follows(user, None if user.followed_at is None else local_minute(user.followed_at, zone)),
                user.remark or "-",
                ", ".join((*user.tags, *map(wechat_tag, user.tag_ids))) or "-",
                user.alias or "-",
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


@command.command(
    "alias", help=_("Call a customer by a name of ours, which never leaves this archive; an empty TEXT deletes it.")
)
@click.argument("openid", type=OPENID, metavar="OPENID")
@click.argument("text", type=WORDS, metavar="TEXT")
@json_option(Aliased)
@click.pass_obj
def alias(settings_file: Path | None, openid: str, text: str, as_json: bool) -> None:
    """Call a customer by a name of ours."""
    settings = account_settings(settings_file)
    name = one_line(clean(text))
    asyncio.run(_describe(settings, CustomerId(openid), alias=name))
    if name:
        talk(_("{openid} is now called: {alias}").format(openid=openid, alias=name))
    else:
        talk(_("{openid} has no alias any more.").format(openid=openid))
    if as_json:
        emit_json(Aliased(openid, name))


@command.command(
    "tag", help=_("Set our own tags of a customer, which never leave this archive; without TAG, delete them.")
)
@click.argument("openid", type=OPENID, metavar="OPENID")
@click.argument("tags", type=WORDS, metavar="[TAG]...", nargs=-1)
@json_option(Tagged)
@click.pass_obj
def tag(settings_file: Path | None, openid: str, tags: tuple[str, ...], as_json: bool) -> None:
    """Set our own tags of a customer."""
    from kfconsole.desk.people import tags_of

    settings = account_settings(settings_file)
    ours = tags_of(clean(" ".join(tags)))
    asyncio.run(_describe(settings, CustomerId(openid), tags=ours))
    if ours:
        talk(_("The tags of {openid} are now: {tags}").format(openid=openid, tags=listed(ours)))
    else:
        talk(_("{openid} has no tags of ours any more.").format(openid=openid))
    if as_json:
        emit_json(Tagged(openid, ours))


async def _ask(settings: config.Settings, openids: Sequence[CustomerId]) -> tuple[UserRow, ...]:
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import asking

    async with asking(settings) as client:
        users = await patiently(lambda: client.users(openids))
    known: Mapping[CustomerId, Contact] = {}
    with suppress(ArchiveError):  # what was asked for is here all the same
        known = await _keep(settings, users)
    return tuple(
        UserRow(
            openid=user.openid,
            is_following=user.is_following,
            followed_at=user.followed_at,
            remark=user.remark,
            tag_ids=user.tag_ids,
            scene=user.scene,
            union_id=user.union_id,
            alias=known[user.openid].alias if user.openid in known else "",
            tags=tuple(word for word in known[user.openid].tags if not is_wechat_tag(word))
            if user.openid in known
            else (),
        )
        for user in users
    )


async def _keep(settings: config.Settings, users: Sequence[User]) -> Mapping[CustomerId, Contact]:
    """Keep remarks and tags, as customers are called by them from now on; return what we call these."""
    from kfconsole.cli.wiring import opened_archive

    async with opened_archive(settings) as archive:
        await archive.note_users(users)
        return await archive.contacts([user.openid for user in users])


async def _describe(
    settings: config.Settings, openid: CustomerId, *, alias: str | None = None, tags: Sequence[str] | None = None
) -> None:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        await desk.actions.describe(openid, alias=alias, tags=tags)


async def _set_remark(settings: config.Settings, openid: CustomerId, text: str) -> None:
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        await desk.actions.set_remark(openid, text)


def _follows(user: UserRow, since: str | None) -> str:
    if not user.is_following:
        return _("does not follow")
    return since or _("follows")
