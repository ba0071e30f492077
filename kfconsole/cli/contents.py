"""From the options of `kfconsole send` to what is sent. Pure but for looking whether files are there."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from kfconsole.content import (
    Card,
    Content,
    Image,
    Menu,
    MenuItem,
    MiniProgram,
    Music,
    News,
    PublishedArticle,
    StoredNews,
    Text,
    Video,
    Voice,
)
from kfconsole.i18n import _
from kfconsole.model import MediaKind

Given = Mapping[str, str | Sequence[str]]
"""What was given, by the name of the option; `text` is the argument."""


class Kind(NamedTuple):
    """Which options go with one kind of content."""

    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "text": Kind(),
    "image": Kind(),
    "voice": Kind(),
    "video": Kind(needs=("cover",), takes=("title", "description")),
    "music": Kind(needs=("cover",), takes=("title", "description", "high_quality")),
    "news": Kind(needs=("title",), takes=("description", "picture")),
    "mpnews": Kind(),
    "article": Kind(),
    "menu": Kind(needs=("item",), takes=("tail",)),
    "card": Kind(),
    "miniprogram": Kind(needs=("page", "title", "cover")),
}
"""The options of which exactly one is given, and those that go with each."""

_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]+")


class Upload(NamedTuple):
    """A file that has to be uploaded before anything can be sent."""

    option: str
    kind: MediaKind
    file: Path


def check(given: Given) -> str:
    """Return the kind of content that is meant.

    Raises:
        click.UsageError: There is not exactly one, or an option is missing, empty or does not go with it.
    """
    chosen = [name for name in KINDS if name in given]
    if len(chosen) != 1:
        problem = (
            _("{options} cannot be sent at once; choose one.")
            if chosen
            else _("Say what to send: TEXT, or one of {options}.")
        )
        raise _wrong(problem.format(options=", ".join(map(spelled, chosen or list(KINDS)[1:]))))
    kind = KINDS[chosen[0]]
    for name in kind.needs:
        if name not in given:
            raise _wrong(_("{option} needs {other}.").format(option=spelled(chosen[0]), other=spelled(name)))
    for name in given:
        if name not in (chosen[0], *kind.needs, *kind.takes):
            raise _wrong(_("{option} does not go with {other}.").format(option=spelled(name), other=spelled(chosen[0])))
        if name != "text" and not "".join(given[name]).strip():
            raise _wrong(_("{option} is empty.").format(option=spelled(name)))
    return chosen[0]


def uploads(given: Given) -> tuple[Upload, ...]:
    """Return the files among what was given; media ids stay as they are.

    Raises:
        click.UsageError: Something is neither a file that is there nor a media id.
    """
    found = []
    for option, kind in _media_kinds(given).items():
        if file := _file(option, str(given[option])):
            found.append(Upload(option, kind, file))
    return tuple(found)


def as_content(given: Given) -> Content:
    """Return what is sent, every file having become a media id.

    Raises:
        click.UsageError: An item of a menu is not `id=text`.
    """
    kind = check(given)
    words = {name: value for name, value in given.items() if isinstance(value, str)}
    title, description, cover = words.get("title", ""), words.get("description", ""), words.get("cover", "")
    match kind:
        case "image":
            return Image(words["image"])
        case "voice":
            return Voice(words["voice"])
        case "video":
            return Video(words["video"], cover, title, description)
        case "music":
            return Music(words["music"], cover, title, description, words.get("high_quality", ""))
        case "news":
            return News(title, words["news"], description, words.get("picture", ""))
        case "mpnews":
            return StoredNews(words["mpnews"])
        case "article":
            return PublishedArticle(words["article"])
        case "menu":
            return Menu(_items(given["item"]), words["menu"], words.get("tail", ""))
        case "card":
            return Card(words["card"])
        case "miniprogram":
            return MiniProgram(title, words["miniprogram"], words["page"], cover)
        case _:
            return Text(words["text"])


def spelled(name: str) -> str:
    """Write an option as it is typed."""
    return "TEXT" if name == "text" else f"--{name.replace('_', '-')}"


def _media_kinds(given: Given) -> Mapping[str, MediaKind]:
    # A mini program's cover of 520×416 seldom fits into the 64 KB of a cover, and WeChat takes a picture for it.
    cover = MediaKind.IMAGE if "miniprogram" in given else MediaKind.COVER
    kinds = {"image": MediaKind.IMAGE, "voice": MediaKind.VOICE, "video": MediaKind.VIDEO, "cover": cover}
    return {option: kind for option, kind in kinds.items() if option in given}


def _file(option: str, value: str) -> Path | None:
    """Return the file that is meant; None: a media id, which never has a dot or a slash.

    A mistyped file name must not go to WeChat as a media id, so what looks like neither is refused.
    """
    file = Path(value).expanduser()
    if _MEDIA_ID.fullmatch(value):
        if file.exists():
            raise _wrong(
                _("{option} {value} could be a media id or the file here; for the file write ./{value}.").format(
                    option=spelled(option), value=value
                )
            )
        return None
    if not file.is_file():
        raise _wrong(
            _("{option}: there is no file {value}, and a media id has only letters, digits, '-' and '_'.").format(
                option=spelled(option), value=value
            )
        )
    return file


def _items(items: str | Sequence[str]) -> tuple[MenuItem, ...]:
    made: list[MenuItem] = []
    for item in items:
        name, _equals, text = item.partition("=")
        if not name.strip() or not text.strip():
            raise _wrong(_("--item {item}: write it as id=text, such as 101=Yes.").format(item=item))
        if any(known.id == name for known in made):
            raise _wrong(_("--item {item}: there already is an item {id}.").format(item=item, id=name))
        made.append(MenuItem(name, text))
    return tuple(made)


def _wrong(message: str) -> click.UsageError:
    return click.UsageError(message, click.get_current_context(silent=True))
