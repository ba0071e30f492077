"""The links in a text message, as WeChat reads them.

Imports only codes.
"""

import html
import re
from collections.abc import Collection, Iterator
from urllib.parse import parse_qs, urlsplit

from kfconsole.simulator.codes import Refused

_TAG = re.compile(r"<(/?)a(?=[\s>/]|$)([^<>]*)(>?)", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"""(?:\s+[a-zA-Z][\w-]*\s*=\s*(?:"[^"]*"|'[^']*'))*\s*""")
_ATTRIBUTE = re.compile(r"""([a-zA-Z][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_MENU = "weixin://bizmsgmenu"


def check_links(text: str, mini_programs: Collection[str] | None) -> None:
    """Refuse a text with a broken link, and one that opens a mini program the account is not linked to; None: any is.

    Raises:
        Refused: 40213 for a tag without end, partner or address, 40214 for a link without words or with another link
            inside, 45086 for a mini program that is not linked.
    """
    for attributes, words in _links(text):
        if not attributes.get("href"):
            raise Refused(40213)
        if not words.strip():
            raise Refused(40214)
        mini_program = attributes.get("data-miniprogram-appid")
        if mini_program is not None and mini_programs is not None and mini_program not in mini_programs:
            raise Refused(45086)


def menu_links(text: str) -> dict[str, str]:
    """Return the text each menu link of a checked text makes the customer send, by the link's id."""
    found: dict[str, str] = {}
    for attributes, _words in _links(text):
        address = attributes["href"]
        if address.startswith(_MENU):
            query = parse_qs(urlsplit(address).query, keep_blank_values=True)
            found[query.get("msgmenuid", [""])[0]] = query.get("msgmenucontent", [""])[0]
    return found


def _links(text: str) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the attributes and the words of each link, or refuse with 40213 or 40214."""
    opened: re.Match[str] | None = None
    for tag in _TAG.finditer(text):
        is_closing, inside, end = tag.groups()
        if not end and "href" not in inside.lower():
            continue  # a comparison, such as "1 <a and b"
        if not end or not _ATTRIBUTES.fullmatch(inside):
            raise Refused(40213)
        if is_closing:
            if opened is None or inside.strip():
                raise Refused(40213)
            yield _attributes(opened[2]), text[opened.end() : tag.start()]
            opened = None
        elif opened is not None:
            raise Refused(40214)
        else:
            opened = tag
    if opened is not None:
        raise Refused(40213)


def _attributes(inside: str) -> dict[str, str]:
    """Return the attributes of a tag; of a repeated one, the first counts."""
    found: dict[str, str] = {}
    for name, double_quoted, single_quoted in _ATTRIBUTE.findall(inside):
        found.setdefault(name.lower(), html.unescape(double_quoted or single_quoted))
    return found
