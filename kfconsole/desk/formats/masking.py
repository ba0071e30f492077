"""Names for customers that tell nobody who they are, and numbers that cannot be called.

What is masked: openids wherever they stand, and in every text Chinese phone numbers, ID card and bank card numbers,
and mail addresses. Names, addresses and what else people write about themselves cannot be recognised.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import zip_longest
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from kfconsole.content import Content
from kfconsole.model import AgentId, CustomerId, Message

LETTERS: Final = "bcdfghjkmnpqrstvwxyz"  # no digits, which might look like a number, and no vowels, which make words
OPENID_LENGTH: Final = 28
LENGTH: Final = 10
"""Of a customer's name: of a million customers two hardly ever get the same."""
REMEMBERED: Final = 10_000

_TELLING = re.compile(r"[\d@]|[A-Za-z0-9_-]{28}")
_LONG_WORD = re.compile(r"[A-Za-z0-9_-]{28,}")
_OPENID = re.compile(r"(?<![A-Za-z0-9])o[A-Za-z0-9_-]{27}(?![A-Za-z0-9])")

_WIDE_DIGIT = re.compile(r"[^\D0-9]")
_NO_DIGIT = re.compile("[^0-9Xx]")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("－‐‑‒–—―−﹣ー", "-"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\t", " "),
        "（": "(",
        "）": ")",
        "＋": "+",
        "＠": "@",
        "．": ".",
        "Ｘ": "X",
        "ｘ": "x",
    }
)
"""Each stands for one character, so that what is found in the plain text stands in the same place of the other."""

# What may stand between two digits of one number, also unseen, such as behind the digits of a keycap emoji.
_GAP = r"[ .·\-\u200b-\u200d\u2060\ufeff\ufe0f\u20e3\u00ad␦]{0,3}"
# In each, `hidden` is what is masked; what stands before it says only what it is.
_MAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])(?P<hidden>[A-Za-z0-9._%+-]+)@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
)
_ID_CARD = re.compile(rf"(?<![0-9])(?P<hidden>[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9Xx])(?![0-9A-Za-z])")
_BANK_CARD = re.compile(rf"(?<![0-9])(?P<hidden>6{_GAP}2(?:{_GAP}[0-9]){{14,17}})(?![0-9])")
_MOBILE = re.compile(rf"(?<![0-9])(?:(?:00)?86|0)?(?P<hidden>1[3-9][0-9]\)?{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}})(?![0-9])")
_ODD_MOBILE = re.compile(rf"(?<![0-9])(?:(?:00)?86|0)?(?P<hidden>1{_GAP}[3-9](?:{_GAP}[0-9]){{9}})(?![0-9])")
_LANDLINE = re.compile(
    rf"(?<![0-9])(?:0|(?:(?:\+|00)86|86(?=[ -]))\)?{_GAP}\(?0?\)?{_GAP}\(?)(?:10|2[0-9]|[3-9][0-9]{{2}})\)?{_GAP}"
    rf"(?P<hidden>[2-8](?:{_GAP}[0-9]){{6,7}})(?![0-9])"
)
_LAST_GROUP = re.compile(r"[^0-9]+[0-9]+[Xx]?\Z")
_ID_CARD_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CARD_CHECKS: Final = "10X98765432"
_BIRTHDAY = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


class Mask:
    """Masks all of one file: a customer keeps one name in it, and gets another in the next."""

    def __init__(self, key: bytes) -> None:
        """Begin a file.

        Args:
            key: Of at least 16 random bytes, of which nothing is kept; without it no name leads back to an openid.
        """
        self._key = key
        self._remembered_customer = lru_cache(REMEMBERED)(self._name)
        self._remembered_text = lru_cache(REMEMBERED)(self.text)

    def message(self, message: Message) -> Message:
        """Return the message with everything in it masked."""
        openid = message.openid
        return replace(
            message,
            openid=self.customer(openid),
            agent=AgentId(self._remembered_text(message.agent)),
            text=self.text(message.text, openid),
            reason=self._remembered_text(message.reason, openid) if message.reason else "",
            content=None if message.content is None else self._content(message.content, openid),
        )

    def messages(self, messages: Sequence[Message]) -> list[Message]:
        """Return all of them masked."""
        return [self.message(message) for message in messages]

    def nicks(self, nicks: Mapping[AgentId, str]) -> dict[AgentId, str]:
        """Return what agents are called, by their accounts as they are in masked messages."""
        return {AgentId(self.text(agent)): self.text(nick) for agent, nick in nicks.items()}

    def customer(self, openid: CustomerId) -> CustomerId:
        """Return the name that stands for a customer."""
        return self._remembered_customer(openid)

    def text(self, text: str, openid: CustomerId | None = None) -> str:
        """Return the text without what tells who somebody is; it is a whole one, or numbers may be cut in two.

        Args:
            text: Of a message, or what else somebody wrote.
            openid: Whose conversation it is from: this one is found whatever it looks like.
        """
        if openid and openid in text:
            text = text.replace(openid, self.customer(openid))
        if not _TELLING.search(text):
            return text
        text = _LONG_WORD.sub(self._long_word, text)
        plain = _plain(text)
        for pattern, instead in _NUMBERS:
            if pattern.search(plain):
                text = _masked(text, plain, pattern, instead)
                plain = _plain(text)
        return text

    def _name(self, openid: CustomerId) -> CustomerId:
        digest = int.from_bytes(blake2b(openid.encode("utf-8", "surrogatepass"), key=self._key).digest())
        letters = []
        for _place in range(LENGTH):
            digest, letter = divmod(digest, len(LETTERS))
            letters.append(LETTERS[letter])
        return CustomerId(f"customer-{''.join(letters)}")

    def _long_word(self, found: re.Match[str]) -> str:
        """Name the openids in a long word; what may be one with something stuck to it is hidden as a whole."""
        rest = ("***" if "o" in part[: -OPENID_LENGTH + 1] else part for part in _OPENID.split(found[0]))
        names = (self.customer(CustomerId(openid)) for openid in _OPENID.findall(found[0]))
        return "".join(part for both in zip_longest(rest, names, fillvalue="") for part in both)

    def _content(self, content: Content, openid: CustomerId) -> Content:
        masked: Content = msgspec.convert(self._part(msgspec.to_builtins(content), openid), Content)
        return masked

    def _part(self, part: Any, openid: CustomerId) -> Any:
        if isinstance(part, str):
            return self.text(part, openid)
        if isinstance(part, dict):
            return {name: self._part(value, openid) for name, value in part.items()}
        return [self._part(value, openid) for value in part]


def _plain(text: str) -> str:
    """Return the text with wide digits and signs as plain ones."""
    return _WIDE_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text).translate(_PLAIN)


def _masked(text: str, plain: str, pattern: re.Pattern[str], instead: Callable[[str], str | None]) -> str:
    pieces: list[str] = []
    reached = 0
    place = 0
    while found := pattern.search(plain, place):
        place = found.start() + 1  # what only looks like a number may hide the beginning of one
        reading: re.Match[str] | None = found
        while reading:
            hidden = reading["hidden"]
            shown = instead(hidden if pattern is _MAIL else _NO_DIGIT.sub("", hidden).upper())
            start, end = reading.span("hidden")
            if shown is not None:
                pieces += (text[reached:start], shown)
                reached = place = end
                break
            # "62… 100元": the last digits may be of something else.
            shorter = _LAST_GROUP.sub("", hidden)
            reading = pattern.match(plain, found.start(), start + len(shorter)) if shorter != hidden else None
    return "".join((*pieces, text[reached:]))


def _mail(name: str) -> str:
    return f"{name[0]}***"


def _id_card(number: str) -> str | None:
    """Mask a number of the second generation of cards; others have no check, and may be the number of an order."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _ID_CARD_WEIGHTS, strict=True))
    if not _BIRTHDAY.match(number, 6) or _ID_CARD_CHECKS[total % 11] != number[17]:
        return None
    return f"{number[0]}{'*' * 16}{number[17]}"


def _bank_card(number: str) -> str | None:
    """Mask a UnionPay card whose check digit is right."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    is_right = sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
    return f"{number[:4]} **** **** {number[-4:]}" if is_right else None


def _mobile(number: str) -> str:
    return f"{number[:3]}****{number[7:]}"


def _landline(number: str) -> str:
    return "*" * (len(number) - 4) + number[-4:]


_NUMBERS: Final[Sequence[tuple[re.Pattern[str], Callable[[str], str | None]]]] = (
    (_MAIL, _mail),
    (_ID_CARD, _id_card),
    (_BANK_CARD, _bank_card),
    (_MOBILE, _mobile),
    (_ODD_MOBILE, _mobile),
    (_LANDLINE, _landline),
)
"""What is looked for, in this order, and what is put there; None leaves it: it only looked like one."""
