"""What custom/send accepts: one row of a table per msgtype.

A type is added by a row in `CHECKS`: a function that looks at the type's object and returns the text to remember.
Imports only codes and switches.
"""

import re
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.switches import Switches

TEXT_LIMIT = 2048

Payload = Mapping[str, object]
Check = Callable[[Payload, Switches, Collection[str]], str]
"""Takes the type's object, the switches and the media ids that exist."""

_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}")


def check_message(message: Payload, switches: Switches, media_ids: Collection[str] = ()) -> tuple[str, str]:
    """Return the type and the remembered text of a well-formed message, or refuse it.

    The message is the whole body, in which text keeps its backslash-u escapes as they came.
    """
    message_type = message.get("msgtype")
    if not isinstance(message_type, str) or message_type not in CHECKS:
        raise Refused(40008)
    payload = message.get(message_type)
    if not isinstance(payload, Mapping):
        payload = {}
    return message_type, CHECKS[message_type](payload, switches, media_ids)


def _text(payload: Payload, switches: Switches, _media_ids: Collection[str]) -> str:
    content = payload.get("content")
    if not isinstance(content, str) or not content:
        raise Refused(44004)
    if switches.escape_is_error and _ESCAPE.search(content):
        raise Refused(47002)
    size = len(content) if switches.text_limit_in_characters else len(content.encode("utf-8", "surrogatepass"))
    if size > TEXT_LIMIT:
        raise Refused(45002)
    return content


def _media(key: str, shown: str) -> Check:
    def check(payload: Payload, _switches: Switches, media_ids: Collection[str]) -> str:
        media_id = payload.get(key)
        if not isinstance(media_id, str) or not media_id:
            raise Refused(41006)
        if media_id not in media_ids:
            raise Refused(40007)
        return shown

    return check


def _news(payload: Payload, _switches: Switches, _media_ids: Collection[str]) -> str:
    articles = payload.get("articles")
    if not isinstance(articles, list) or not articles:
        raise Refused(44003)
    if len(articles) > 1:
        raise Refused(45008)
    return "[news]"


def _menu(payload: Payload, _switches: Switches, _media_ids: Collection[str]) -> str:
    items = payload.get("list")
    if not isinstance(items, list) or not items:
        raise Refused(40008)
    return "[msgmenu]"


def _card(key: str, shown: str) -> Check:
    def check(payload: Payload, _switches: Switches, _media_ids: Collection[str]) -> str:
        if not payload.get(key):
            raise Refused(40008)
        return shown

    return check


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "text": _text,
        "image": _media("media_id", "[image]"),
        "voice": _media("media_id", "[voice]"),
        "video": _media("media_id", "[video]"),
        "music": _media("thumb_media_id", "[music]"),
        "mpnews": _media("media_id", "[mpnews]"),
        "miniprogrampage": _media("thumb_media_id", "[miniprogrampage]"),
        "news": _news,
        "msgmenu": _menu,
        "mpnewsarticle": _card("article_id", "[mpnewsarticle]"),
        "wxcard": _card("card_id", "[wxcard]"),
    }
)
"""How each msgtype is checked; `link` is for mini programs only and so missing."""
