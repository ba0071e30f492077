"""What can be sent to a customer: one frozen Struct for each of WeChat's eleven message types.

Knows no field name of WeChat's: the archive keeps it, `wechat` writes it down. Imports nothing of ours.
"""

from typing import TypeAlias

from msgspec import Struct


class _Part(Struct, frozen=True, forbid_unknown_fields=True):
    """What a later version has added is never left out in silence: this one cannot read it."""


class Text(_Part, frozen=True, tag="text"):
    """A text of at most 2,048 bytes of UTF-8."""

    text: str


class Image(_Part, frozen=True, tag="image"):
    """A picture that was uploaded."""

    media_id: str
    file_name: str = ""
    """What it is called here, for whoever looks at the conversation; WeChat is not told. Empty: not known."""


class Voice(_Part, frozen=True, tag="voice"):
    """A voice recording that was uploaded."""

    media_id: str
    file_name: str = ""
    """What it is called here, for whoever looks at the conversation; WeChat is not told. Empty: not known."""


class Video(_Part, frozen=True, tag="video"):
    """A video that was uploaded, behind a cover picture."""

    media_id: str
    cover_media_id: str
    title: str = ""
    description: str = ""
    file_name: str = ""
    """As of a picture."""


class Music(_Part, frozen=True, tag="music"):
    """A piece of music behind a cover picture."""

    url: str
    cover_media_id: str
    title: str = ""
    description: str = ""
    high_quality_url: str = ""
    """Preferred on Wi-Fi; empty: `url`."""


class News(_Part, frozen=True, tag="news"):
    """A card that opens a web page; WeChat takes one at a time."""

    title: str
    url: str
    description: str = ""
    picture_url: str = ""


class StoredNews(_Part, frozen=True, tag="mpnews"):
    """An article kept in the account's material; WeChat is replacing it by published articles."""

    media_id: str


class PublishedArticle(_Part, frozen=True, tag="mpnewsarticle"):
    """An article the account has published."""

    article_id: str


class MenuItem(_Part, frozen=True):
    """One line a customer can tap; tapping it sends `text`."""

    id: str
    text: str


class Menu(_Part, frozen=True, tag="msgmenu"):
    """A question with answers to tap."""

    items: tuple[MenuItem, ...]
    head: str = ""
    tail: str = ""


class Card(_Part, frozen=True, tag="wxcard"):
    """A coupon."""

    card_id: str


class MiniProgram(_Part, frozen=True, tag="miniprogrampage"):
    """A card that opens a page of a mini program linked to the account."""

    title: str
    app_id: str
    page_path: str
    cover_media_id: str


Content: TypeAlias = (
    Text | Image | Voice | Video | Music | News | StoredNews | PublishedArticle | Menu | Card | MiniProgram
)
"""Any of them; the tag is WeChat's msgtype."""


def shown(content: Content) -> str:
    """Return the text a conversation shows for it: the words of a text or menu, else its type and title.

    Media stand there as in WeChat's own records, `[image]`, `[voice]` or `[video]`.
    """
    match content:
        case Text():
            return content.text
        case Menu():
            lines = (content.head, *(f"· {item.text}" for item in content.items), content.tail)
            return "\n".join(line for line in lines if line)
        case News() | Music() | MiniProgram():
            return f"[{content.__struct_config__.tag}] {content.title}".rstrip()
        case _:
            return f"[{content.__struct_config__.tag}]"
