"""`kfconsole media`: files to send, and files customers sent."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from kfconsole import config
from kfconsole.cli.acting import account_settings, telling_where_to_look
from kfconsole.cli.arguments import MEDIA_ID
from kfconsole.cli.json_option import json_option
from kfconsole.cli.nouns import Noun
from kfconsole.cli.output import emit, emit_json, talk
from kfconsole.cli.times import local_minute
from kfconsole.errors import NotPossible
from kfconsole.i18n import _, ngettext
from kfconsole.model import MediaKind

if TYPE_CHECKING:
    from kfconsole.model import Download, Media
    from kfconsole.wechat.filetypes import FileType

KEPT_SECONDS = 3 * 24 * 3600
"""How long WeChat keeps what was uploaded."""
LONGEST_NAME = 120
"""Of an id, in a file's name."""


class MediaUploaded(Struct, frozen=True):
    """A file WeChat keeps for messages."""

    media_id: str
    type: MediaKind
    created_at: int
    """Unix seconds of WeChat's clock."""
    expires_at: int
    """Unix seconds; the id is of no use from then on."""


class MediaFetched(Struct, frozen=True):
    """A file that came from WeChat."""

    media_id: str
    file: str | None
    """Where it was written; null: of a video there is only the address."""
    url: str
    """Where a video can be fetched; empty for files."""
    bytes: int
    """The size of the file."""


@click.group(
    "media",
    cls=Noun,
    short_help=_("Upload files to send; fetch files customers sent."),
    help=_("Upload files to send them, several times if need be, and fetch what customers sent."),
)
def command() -> None:
    """Hold the commands about media."""


@command.command(
    "upload",
    short_help=_("Upload a file and print its media id."),
    help=_(
        "Upload a file and print its media id, which 'kfconsole send' takes for 3 days. Pictures: png, jpg or gif up "
        "to 10 MB; voice: amr or mp3 up to 2 MB and 60 seconds; video: mp4 up to 10 MB; thumb, the small picture in "
        "front of a video, music or mini program: jpg up to 64 KB."
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option(
    "--type",
    "kind",
    type=click.Choice([kind.value for kind in MediaKind]),
    help=_("What it is; otherwise told by the file, which is never taken for a thumb."),
)
@json_option(MediaUploaded)
@click.pass_obj
def upload(settings_file: Path | None, file: Path, kind: str | None, as_json: bool) -> None:
    """Upload a file."""
    settings = account_settings(settings_file)
    chosen = MediaKind(kind) if kind else _guessed(file)
    with telling_where_to_look(_("Nothing is lost by uploading it again; an upload nobody uses ends after 3 days.")):
        media = asyncio.run(_upload(settings, chosen, file))
    expires_at = media.created_at + KEPT_SECONDS
    if as_json:
        emit_json(MediaUploaded(media.media_id, media.kind, media.created_at, expires_at))
        return
    emit(media.media_id)
    talk(_("WeChat keeps it until {time}.").format(time=local_minute(expires_at, settings.ui.zone)))


@command.command(
    "get",
    short_help=_("Fetch a file by its media id."),
    help=_(
        "Fetch a file by its media id. Without -o it gets a name made of the id, in this folder. Of a video WeChat "
        "only gives the address: it is printed. Nothing is ever overwritten. An id that begins with '-' goes "
        "behind '--'."
    ),
)
@click.argument("media_id", type=MEDIA_ID, metavar="MEDIA_ID")
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=_("The file to write."),
)
@json_option(MediaFetched)
@click.pass_obj
def get(settings_file: Path | None, media_id: str, file: Path | None, as_json: bool) -> None:
    """Fetch a file."""
    settings = account_settings(settings_file)
    target = file or _free_name(media_id)
    download = asyncio.run(_fetch(settings, media_id, target))
    written = download.file
    if written is not None and file is None:
        written = _with_ending(written)
    if as_json:
        shown = None if written is None else str(written)
        emit_json(MediaFetched(media_id, shown, download.url, download.byte_count))
    elif written is None:
        emit(download.url)
        talk(_("A video: WeChat gives only this address, for a while."))
    else:
        emit(str(written))
        size = ngettext("{count} byte", "{count} bytes", download.byte_count).format(count=download.byte_count)
        talk(_("Written: {file} ({size})").format(file=written, size=size))


async def _upload(settings: config.Settings, kind: MediaKind, file: Path) -> "Media":
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings)) as desk:
        return await desk.actions.upload_media(kind, file)


async def _fetch(settings: config.Settings, media_id: str, target: Path) -> "Download":
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import asking

    async with asking(settings) as client:
        return await patiently(lambda: client.download_media(media_id, target))


def _guessed(file: Path) -> MediaKind:
    """Return what a file is by its first bytes."""
    from kfconsole.wechat.filetypes import FileType

    kinds = {
        FileType.JPEG: MediaKind.IMAGE,
        FileType.PNG: MediaKind.IMAGE,
        FileType.GIF: MediaKind.IMAGE,
        FileType.AMR: MediaKind.VOICE,
        FileType.MP3: MediaKind.VOICE,
        FileType.MP4: MediaKind.VIDEO,
    }
    found = _type(file)
    if found is None:
        raise NotPossible(
            _("{file} is no kind of file WeChat takes.").format(file=file),
            hint=_("It takes png, jpg, gif, amr, mp3 and mp4."),
        )
    return kinds[found]


def _type(file: Path) -> "FileType | None":
    from kfconsole.wechat.filetypes import HEAD_BYTES, type_of

    try:
        with file.open("rb") as opened:
            return type_of(opened.read(HEAD_BYTES))
    except OSError as error:
        problem = _("{file} cannot be read: {problem}").format(file=file, problem=error.strerror)
        raise NotPossible(problem) from error


def _free_name(media_id: str) -> Path:
    """Return the name for a file whose type is not known yet.

    Raises:
        NotPossible: It was fetched before, whatever its ending.
    """
    name = Path(f"media-{media_id[:LONGEST_NAME]}")
    for taken in Path().glob(f"{name}*"):
        if taken.stem == name.name:
            raise NotPossible(
                _("{file} is there already and is not replaced.").format(file=taken),
                hint=_("Give another name with -o, or move it away first."),
            )
    return name


def _with_ending(file: Path) -> Path:
    """Give a file the ending of its type; one of no known type, or whose place is taken, keeps its name."""
    kind = _type(file)
    if kind is None or (named := file.with_name(f"{file.name}.{kind.ending}")).exists():
        return file
    return file.rename(named)
