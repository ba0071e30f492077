"""`kfconsole send`: one message to one customer, and how it ended."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, acting_agent
from kfconsole.cli.arguments import OPENID, WORDS, agent_option
from kfconsole.cli.contents import Given, as_content, check, uploads
from kfconsole.cli.json_option import json_option
from kfconsole.cli.output import DONE, INTERRUPTED, complain, emit_json, exit_code, talk, with_code
from kfconsole.content import Text
from kfconsole.errors import ApiError, KfError, NotPossible, Unavailable
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Delivery

if TYPE_CHECKING:
    from kfconsole.cli.wiring import Wired
    from kfconsole.model import Message


class Sent(Struct, frozen=True):
    """A message, as it ended."""

    id: int
    """The message's number in the archive of this host."""
    openid: str
    agent: str
    """In whose name."""
    kind: str
    """WeChat's msgtype, such as `text` or `image`."""
    delivery: Delivery
    """`unknown`: it may or may not have arrived; never repeat it blindly."""
    reason: str
    """Why it was refused, or what was lost; empty: neither."""
    code: int | None
    """WeChat's code of it; null: there is none."""
    at: float
    """Unix seconds of WeChat's clock."""


@click.command(
    "send",
    short_help=_("Send a message to a customer."),
    help=_(
        "Send one message to one customer: TEXT, or what one of the options names. TEXT '-' reads the standard input; "
        "one newline at its end is left out. Words that begin with '-' go behind '--'.\n\n"
        "FILE_OR_ID is a file when it has a dot or a slash, such as ./photo.jpg: it is uploaded first. Otherwise it is "
        "the id of media uploaded before.\n\n"
        "The message is in the archive before it leaves, and the console shows it. With exit code 4 it may have "
        "arrived: look before you send it again."
    ),
)
@click.argument("openid", type=OPENID, metavar="OPENID")
@click.argument("text", type=WORDS, metavar="[TEXT]", required=False)
@agent_option
@click.option("--ai", "is_ai", is_flag=True, help=_("WeChat tells the customer that a machine wrote it."))
@click.option("--image", type=WORDS, metavar="FILE_OR_ID", help=_("A picture: png, jpg or gif."))
@click.option("--voice", type=WORDS, metavar="FILE_OR_ID", help=_("A recording: amr or mp3, at most 60 seconds."))
@click.option("--video", type=WORDS, metavar="FILE_OR_ID", help=_("A video: mp4. Needs --cover."))
@click.option("--music", type=WORDS, metavar="URL", help=_("Music. Needs --cover."))
@click.option("--news", type=WORDS, metavar="URL", help=_("A card that opens this page. Needs --title."))
@click.option("--mpnews", type=WORDS, metavar="MEDIA_ID", help=_("An article of the account's material."))
@click.option("--article", type=WORDS, metavar="ARTICLE_ID", help=_("An article the account has published."))
@click.option("--menu", type=WORDS, metavar="QUESTION", help=_("A question with answers to tap. Needs --item."))
@click.option("--card", type=WORDS, metavar="CARD_ID", help=_("A coupon."))
@click.option(
    "--miniprogram", type=WORDS, metavar="APPID", help=_("A mini program's card. Needs --page, --title and --cover.")
)
@click.option("--title", type=WORDS, help=_("For --video, --music, --news and --miniprogram."))
@click.option("--description", type=WORDS, help=_("For --video, --music and --news."))
@click.option(
    "--cover",
    type=WORDS,
    metavar="FILE_OR_ID",
    help=_("The small picture in front: jpg, at most 64 KB; of a mini program any picture."),
)
@click.option("--picture", type=WORDS, metavar="URL", help=_("For --news."))
@click.option("--high-quality", type=WORDS, metavar="URL", help=_("For --music: what is played on Wi-Fi."))
@click.option("--page", type=WORDS, metavar="PATH", help=_("For --miniprogram: the page it opens."))
@click.option("--item", type=WORDS, multiple=True, metavar="ID=TEXT", help=_("For --menu: an answer; give several."))
@click.option("--tail", type=WORDS, help=_("For --menu: words below the answers."))
@json_option(Sent)
@click.pass_obj
def command(
    settings_file: Path | None, /, openid: str, agent: str | None, is_ai: bool, as_json: bool, **options: Any
) -> int:
    """Send one message."""
    settings = account_settings(settings_file)
    chosen = acting_agent(settings, agent)
    given: dict[str, str | tuple[str, ...]] = {
        name: value for name, value in options.items() if value is not None and value != ()
    }
    if check(given) == "text":
        given["text"] = _checked_text(str(given["text"]))
    content = as_content(given)
    message, failure = asyncio.run(_send(settings, CustomerId(openid), chosen, given, is_ai=is_ai))
    code = _tell(message, failure)  # first: it must be told even if the output cannot be written
    if as_json:
        emit_json(_sent(message, content.__struct_config__.tag, failure))
    return code


def _checked_text(text: str) -> str:
    """Return what is to be sent, from the standard input when the argument is `-`; lines end as in the composer.

    Raises:
        NotPossible: WeChat would refuse it; the message has its code.
    """
    from kfconsole.desk.rules import check_text
    from kfconsole.wechat.codes import CODE

    if text == "-":
        text = _standard_input()
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")  # as files of Windows have them
    try:
        check_text(text)
    except NotPossible as problem:
        code = CODE.TEXT_TOO_LONG if text.strip() else CODE.EMPTY_TEXT
        raise NotPossible(f"{problem.message} ({int(code)})", hint=problem.hint) from None
    return text


def _standard_input() -> str:
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        problem = _("The standard input is not UTF-8 (byte {position}).").format(position=error.start + 1)
        raise click.UsageError(problem, click.get_current_context()) from error
    return text.removesuffix("\n").removesuffix("\r")


async def _send(
    settings: config.Settings, openid: CustomerId, agent: AgentId, given: Given, *, is_ai: bool
) -> "tuple[Message, KfError | None]":
    from kfconsole.cli.wiring import opened, wire

    if (task := asyncio.current_task()) is not None:  # told to end is like interrupted: what became of it is said
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    desk = wire(settings)
    try:
        async with opened(desk):
            content = as_content(await _uploaded(desk, given))
            what = content.text if isinstance(content, Text) else content
            message = await desk.actions.send(openid, what, agent=agent, is_ai=is_ai, keeps_draft=True)
            return message, desk.actions.failure_of(message.id)
    except asyncio.CancelledError:
        if desk.actions.may_have_sent(openid):
            complain(_("Interrupted; whether the message arrived is not known."), _how_to_look(openid))
        else:
            complain(_("Interrupted; nothing was sent."))
        raise click.exceptions.Exit(INTERRUPTED) from None


async def _uploaded(desk: "Wired", given: Given) -> Given:
    """Return what was given with media ids in place of files."""
    ready = dict(given)
    for option, kind, file in uploads(given):
        talk(_("Uploading {file} …").format(file=file))
        try:
            media = await desk.actions.upload_media(kind, file)
        except Unavailable as error:
            # Whatever became of the file: the customer got nothing, and uploading again harms nobody.
            raise Unavailable(
                _("Nothing was sent: {file} was not uploaded. {problem}").format(file=file, problem=error.message),
                may_have_arrived=False,
                hint=_("Try again."),
                path=error.path,
                code=error.code,
            ) from error
        talk(_("Uploaded as {media_id}.").format(media_id=media.media_id))
        ready[option] = media.media_id
    return ready


def _tell(message: "Message", failure: KfError | None) -> int:
    """Say how it ended; return the exit code."""
    if failure is None or message.delivery is Delivery.CONFIRMED:
        talk(_("Sent to {openid} in the name of {agent}.").format(openid=message.openid, agent=message.agent))
        return DONE
    if message.delivery is Delivery.UNKNOWN:
        problem = _("Whether the message arrived is not known. {problem}").format(problem=with_code(failure))
        complain(problem, _how_to_look(message.openid))
    else:
        complain(_("Not sent. {problem}").format(problem=with_code(failure)), failure.hint)
    return exit_code(failure)


def _how_to_look(openid: str) -> str:
    return _(
        "It may have arrived: never send it again blindly. Look at the conversation in the console, or with "
        "'kfconsole history show {openid}', or ask the customer."
    ).format(openid=openid)


def _sent(message: "Message", kind: object, failure: KfError | None) -> Sent:
    assert message.delivery is not None
    return Sent(
        id=message.id,
        openid=message.openid,
        agent=message.agent,
        kind=str(kind),
        delivery=message.delivery,
        reason=message.reason,
        code=failure.code if isinstance(failure, ApiError) else None,
        at=message.at,
    )
