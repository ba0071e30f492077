"""What custom/send accepts: one row of a table per msgtype, and the links a text may carry.

A type is added by a row in `CHECKS`: a function that looks at the type's object and returns the text to remember.
Codes are by analogy where no page names one: 40008 for a missing key, 41006 for a missing media id, 44003 and 44004 for
news and text without content. Imports only codes, links, media and switches.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.links import check_links, menu_links
from kfconsole.simulator.media import MediaStore, Medium
from kfconsole.simulator.switches import Switches

TEXT_LIMIT = 2048

Payload = Mapping[str, object]

_Given = TypeVar("_Given", str, list[object])
_UNKNOWN_CODES = {"article": 53600, "card": 40073, "mini_program": 40166}


@dataclass(frozen=True, slots=True)
class Account:
    """What a message is checked against."""

    switches: Switches
    media: MediaStore
    now: float
    used: list[Medium] = field(default_factory=list)
    """The files the message names."""

    def given(self, payload: Payload, key: str, kind: type[_Given], code: int) -> _Given:
        """Return what a key holds, or refuse with `code` when it is empty; missing, a switch may say another."""
        value = payload.get(key)
        if not isinstance(value, kind):
            raise Refused(self.switches.code_for_missing(code))
        if not value:
            raise Refused(code)
        return value

    def use_file(self, payload: Payload, key: str, *kinds: str) -> None:
        """Note a file the message names, or refuse it; of any kind when none is given."""
        medium = self.media.find(self.given(payload, key, str, 41006), self.now, *kinds)
        limit = self.switches.media_message_limit
        if limit and not medium.is_permanent and medium.message_count >= limit:
            raise Refused(40007)
        self.used.append(medium)

    def check_named(self, thing: str, name: object) -> None:
        """Refuse an article, a card or a mini program that is not the account's, if only known ones are taken."""
        if self.switches.only_known_things and name not in self.media.named[thing]:
            raise Refused(_UNKNOWN_CODES[thing])


Check = Callable[[Payload, Account], str]
"""Takes the type's object and the account, returns the text to remember."""


def check_message(message: Payload, account: Account) -> tuple[str, str]:
    """Return the type and the remembered text of a well-formed message, or refuse it.

    The message is the whole body, in which text keeps its backslash-u escapes as they came.
    """
    message_type = message.get("msgtype")
    if not isinstance(message_type, str) or message_type not in CHECKS:
        raise Refused(40008)
    payload = message.get(message_type)
    if not isinstance(payload, Mapping):
        payload = {}
    return message_type, CHECKS[message_type](payload, account)


def is_ai(message: Payload) -> bool:
    """Return whether the customer is told that an AI wrote this; anything but 0 and 1 is refused with 40097."""
    context = message.get("aimsgcontext")
    if context is None:
        return False
    flag = context.get("is_ai_msg") if isinstance(context, Mapping) else None
    if isinstance(flag, bool) or flag not in (0, 1):
        raise Refused(40097)
    return bool(flag)


def tappable(message: Payload, *, links_work: bool = True) -> dict[str, str]:
    """Return what a customer can tap in a sent message: the text each item makes them send, by the item's id."""
    menu, text = message.get("msgmenu"), message.get("text")
    if message.get("msgtype") == "msgmenu" and isinstance(menu, Mapping):
        return {str(item["id"]): str(item["content"]) for item in menu["list"]}
    if links_work and message.get("msgtype") == "text" and isinstance(text, Mapping):
        return menu_links(str(text["content"]))
    return {}


def _text(payload: Payload, account: Account) -> str:
    content, switches = account.given(payload, "content", str, 44004), account.switches
    size = len(content) if switches.text_limit_in_characters else _size(content)
    if size > TEXT_LIMIT:
        raise Refused(45002)
    check_links(content, account.media.named["mini_program"] if switches.only_known_things else None)
    return content


def _file(*kinds: str) -> Check:
    def check(payload: Payload, account: Account) -> str:
        account.use_file(payload, "media_id", *kinds)
        return f"[{kinds[0]}]"

    return check


def _video(payload: Payload, account: Account) -> str:
    _check_lengths(payload, account.switches)
    account.use_file(payload, "media_id", "video")
    if account.switches.video_needs_cover or "thumb_media_id" in payload:
        _check_cover(payload, account)
    return "[video]"


def _music(payload: Payload, account: Account) -> str:
    required = ("musicurl", "title", "description") if account.switches.music_needs_title else ("musicurl",)
    for key in required:
        account.given(payload, key, str, 40008)
    _check_lengths(payload, account.switches)
    _check_cover(payload, account)
    return "[music]"


def _news(payload: Payload, account: Account) -> str:
    articles = account.given(payload, "articles", list, 44003)
    if len(articles) > 1:
        raise Refused(45008)
    if not isinstance(articles[0], Mapping) or not articles[0]:
        raise Refused(44003)
    _check_lengths(articles[0], account.switches)
    return "[news]"


def _stored_news(payload: Payload, account: Account) -> str:
    # Permanent news come from calls that are not served here, so whoever knows no control path may use any file.
    account.use_file(payload, "media_id", *(("news",) if account.switches.only_known_things else ()))
    return "[mpnews]"


def _menu(payload: Payload, account: Account) -> str:
    items, switches = account.given(payload, "list", list, 40008), account.switches
    if switches.menu_items_limit and len(items) > switches.menu_items_limit:
        raise Refused(45098)
    for item in items:
        row = item if isinstance(item, Mapping) else {}
        account.given(row, "id", str, 40008)
        content = account.given(row, "content", str, 40008)
        if switches.menu_item_bytes_limit and _size(content) > switches.menu_item_bytes_limit:
            raise Refused(45099)
    return "[msgmenu]"


def _mini_program(payload: Payload, account: Account) -> str:
    account.given(payload, "title", str, 40008)
    _check_lengths(payload, account.switches)
    account.check_named("mini_program", account.given(payload, "appid", str, 40166))
    account.given(payload, "pagepath", str, 40165)
    _check_cover(payload, account)
    return "[miniprogrampage]"


def _named(thing: str, key: str, shown: str) -> Check:
    def check(payload: Payload, account: Account) -> str:
        account.check_named(thing, account.given(payload, key, str, 40008))
        return shown

    return check


def _check_cover(payload: Payload, account: Account) -> None:
    # A cover of 520 by 416 points seldom fits into the 64 KB of a thumb; clients upload an image.
    account.use_file(payload, "thumb_media_id", "thumb", "image")


def _check_lengths(payload: Payload, switches: Switches) -> None:
    """Refuse a title, description, link or picture link that is too long."""
    limits = (
        ("title", switches.title_bytes_limit, 45003),
        ("description", switches.description_bytes_limit, 45004),
        ("url", switches.url_bytes_limit, 45005),
        ("musicurl", switches.url_bytes_limit, 45005),
        ("hqmusicurl", switches.url_bytes_limit, 45005),
        ("picurl", switches.url_bytes_limit, 45006),
    )
    for key, limit, code in limits:
        value = payload.get(key)
        if limit and isinstance(value, str) and _size(value) > limit:
            raise Refused(code)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "text": _text,
        "image": _file("image"),
        "voice": _file("voice"),
        "video": _video,
        "music": _music,
        "news": _news,
        "mpnews": _stored_news,
        "mpnewsarticle": _named("article", "article_id", "[mpnewsarticle]"),
        "msgmenu": _menu,
        "wxcard": _named("card", "card_id", "[wxcard]"),
        "miniprogrampage": _mini_program,
    }
)
"""How each msgtype is checked; `link` is for mini programs only and so missing."""
