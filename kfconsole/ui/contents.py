"""What can be sent beside words: the form of each kind, and the content made of it. Pure but for looking at files."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from msgspec import Struct

from kfconsole.content import Content, Image, Menu, MenuItem, MiniProgram, News, Video, Voice
from kfconsole.desk.uploads import described, types
from kfconsole.errors import NotPossible
from kfconsole.i18n import N_, _, listed
from kfconsole.model import MediaKind
from kfconsole.text import clean, one_line
from kfconsole.ui.forms import Field, Filled

MOST_ITEMS = 10  # WeChat's own limit is nowhere told; more lines to tap fit on no phone
APP_ID_START = "wx"

_ITEM = re.compile(r"(?P<id>[A-Za-z0-9_-]{1,20})=(?P<text>.*\S.*)")


class Kind(Struct, frozen=True):
    """One kind of message, and how it is made of a form."""

    label: str
    detail: str
    title: str
    fields: Callable[[], tuple[Field, ...]]
    files: Mapping[str, MediaKind]
    """The lines that hold paths: what is uploaded as what."""
    content: Callable[[Filled, Mapping[str, str]], Content]
    """Makes the message of a form and the media ids of its files."""


def _path(name: str, label: str, kind: MediaKind) -> Field:
    hint = _("path of the file: {types}; Tab completes").format(types=listed(types(kind)))
    return Field(name, label, hint, file=partial(described, kind), endings=(*types(kind), "jpeg"))


def _picture_fields() -> tuple[Field, ...]:
    return (_path("file", _("Picture"), MediaKind.IMAGE),)


def _voice_fields() -> tuple[Field, ...]:
    return (_path("file", _("Recording"), MediaKind.VOICE),)


def _video_fields() -> tuple[Field, ...]:
    return (
        _path("file", _("Video"), MediaKind.VIDEO),
        _path("cover", _("Cover"), MediaKind.COVER),
        Field("title", _("Title"), _("not needed"), is_needed=False),
        Field("description", _("Description"), _("not needed"), is_needed=False),
    )


def _news_fields() -> tuple[Field, ...]:
    return (
        Field("title", _("Title")),
        Field("url", _("Web address"), _("https://… that a tap opens"), check=_web_address),
        Field("description", _("Description"), _("not needed"), is_needed=False),
        Field("picture", _("Picture"), _("https://… of a jpg or png; not needed"), is_needed=False, check=_web_address),
    )


def _menu_fields() -> tuple[Field, ...]:
    items = (
        Field(
            _item_name(number),
            _("Line {number}").format(number=number),
            _("what a tap sends, such as: Yes") if number == 1 else "",
            is_needed=number == 1,
            check=partial(_item_words, number),
            behind=_item_name(number - 1) if number > 1 else "",
        )
        for number in range(1, MOST_ITEMS + 1)
    )
    return (
        Field("head", _("Question"), _("what stands above; not needed"), is_needed=False),
        *items,
        Field("tail", _("Below"), _("what stands below; not needed"), is_needed=False),
    )


def _mini_program_fields() -> tuple[Field, ...]:
    return (
        Field("title", _("Title")),
        Field("app_id", _("App id"), _("wx… of a mini program linked to the account"), check=_app_id),
        Field("page", _("Page"), "pages/index/index?id=1"),
        _path("cover", _("Cover"), MediaKind.IMAGE),  # of 520×416, which seldom fits into the 64 KB of other covers
    )


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value.strip())
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", value.strip())
    except ValueError:
        is_one = False
    if not is_one:
        raise NotPossible(
            _("This is no address of a page."), hint=_("Write it whole, such as https://example.com/page")
        )
    return ""


def _app_id(value: str) -> str:
    if not value.strip().startswith(APP_ID_START):
        raise NotPossible(_("This is no app id."), hint=_("It begins with wx; the one with gh_ is the original id."))
    return ""


def _item_name(number: int) -> str:
    return f"item-{number}"


def _item_words(number: int, value: str) -> str:
    item = _item(number, value)
    return (
        "" if item.text == one_line(value) else _("sends “{text}”, with the id {id}").format(text=item.text, id=item.id)
    )


def _item(number: int, value: str) -> MenuItem:
    """Make a line to tap of `text`, or of `id=text` for programs that are told the id."""
    found = _ITEM.fullmatch(one_line(value))
    return MenuItem(found["id"], found["text"].strip()) if found else MenuItem(str(number), one_line(value))


def _menu(filled: Filled, _media: Mapping[str, str]) -> Content:
    items: dict[str, MenuItem] = {}
    for number in range(1, MOST_ITEMS + 1):
        if value := filled.texts[_item_name(number)]:
            item = _item(number, value)
            if item.id in items:
                raise NotPossible(
                    _("Line {number} has the id {id}, as another line has.").format(number=number, id=item.id),
                    hint=_("Give each line an id of its own, or none."),
                )
            items[item.id] = item
    return Menu(tuple(items.values()), filled.texts["head"], filled.texts["tail"])


def _file_name(file: Path) -> str:
    return one_line(clean(file.name))


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "image": Kind(
            N_("Picture"),
            N_("png, jpg or gif, up to 10 MB"),
            N_("Picture for {customer}"),
            _picture_fields,
            {"file": MediaKind.IMAGE},
            lambda filled, media: Image(media["file"], _file_name(filled.files["file"])),
        ),
        "voice": Kind(
            N_("Voice message"),
            N_("amr or mp3, up to 60 seconds"),
            N_("Voice message for {customer}"),
            _voice_fields,
            {"file": MediaKind.VOICE},
            lambda filled, media: Voice(media["file"], _file_name(filled.files["file"])),
        ),
        "video": Kind(
            N_("Video"),
            N_("mp4 up to 10 MB, with a jpg cover"),
            N_("Video for {customer}"),
            _video_fields,
            {"file": MediaKind.VIDEO, "cover": MediaKind.COVER},
            lambda filled, media: Video(
                media["file"],
                media["cover"],
                filled.texts["title"],
                filled.texts["description"],
                _file_name(filled.files["file"]),
            ),
        ),
        "news": Kind(
            N_("Web page"),
            N_("a card that opens a page"),
            N_("Web page for {customer}"),
            _news_fields,
            {},
            lambda filled, _media: News(
                filled.texts["title"], filled.texts["url"], filled.texts["description"], filled.texts["picture"]
            ),
        ),
        "menu": Kind(
            N_("Menu"), N_("a question with answers to tap"), N_("Menu for {customer}"), _menu_fields, {}, _menu
        ),
        "miniprogram": Kind(
            N_("Mini program"),
            N_("a card that opens a page of a mini program"),
            N_("Mini program for {customer}"),
            _mini_program_fields,
            {"cover": MediaKind.IMAGE},
            lambda filled, media: MiniProgram(
                filled.texts["title"], filled.texts["app_id"], filled.texts["page"], media["cover"]
            ),
        ),
    }
)
