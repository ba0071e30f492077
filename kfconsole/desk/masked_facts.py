"""Facts in which nobody can be recognised: nobody's name, no word of theirs, the same stand-in all along one file.

What is kept is what is known to be harmless: numbers, moments and states by their type, a few words that are declared
in `_HARMLESS`. Ids get stand-ins, and every other text, of whatever field there is or comes, keeps only how long it is
and how it is laid out: each letter becomes x, each digit 0, each 汉字 某.
"""

import re
import types
import unicodedata
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, Literal, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from msgspec import Struct

from kfconsole.content import Content
from kfconsole.desk.formats.masking import LETTERS, OPENID_LENGTH
from kfconsole.errors import KfError
from kfconsole.i18n import _
from kfconsole.model import MEDIA_WORDS, Agent, AgentId, CustomerId
from kfconsole.text import width_cells

T = TypeVar("T", bound=Struct)
_Masker = Callable[[Any], Any]

REMEMBERED: Final = 20_000
_NAME_LETTERS: Final = 6

_HARMLESS: Final = frozenset({"Header.program", "Header.timezone", "Header.hours", "Header.intervals"})
"""Fields that stay as they are, though their type does not say that nobody can be recognised by them."""
_INVITE_STATES: Final = frozenset({"waiting", "rejected", "expired"})
_WECHAT_TAG: Final = re.compile(r"#[0-9]+")
_PLACEHOLDERS: Final = MEDIA_WORDS | {f"[{kind.__struct_config__.tag}]" for kind in get_args(Content)}
_PLACEHOLDER: Final = re.compile(f"({'|'.join(map(re.escape, sorted(_PLACEHOLDERS)))})")
"""What stands in a conversation where something else than words was sent."""
_SPELLING: Final = (range(0x2460, 0x2500), range(0x2800, 0x2900), range(0x3200, 0x3400), range(0x1F100, 0x1F300))
"""Symbols that are letters: circled, squared, braille, flags."""
_JOINING: Final = frozenset("\u200d\ufe0e\ufe0f\u20e3")
"""What puts emoji together."""


class FactMask:
    """Masks all of one recording. An openid becomes another one, so that replaying looks as it did."""

    def __init__(self, key: bytes) -> None:
        """Begin a file.

        Args:
            key: Of at least 16 random bytes, of which nothing is kept; without it no stand-in leads back to anybody.
        """
        self._key = key
        self._remembered_customer = lru_cache(REMEMBERED)(self._name)
        self._numbers: dict[str, dict[str, int]] = {"agent": {}, "wechat_id": {}}
        self._characters = _Characters()
        self._fields: dict[type, tuple[tuple[str, _Masker], ...]] = {}
        self._own: Mapping[str, Callable[[Any], Any]] = {
            "Agent.nick": self._nick,
            "Agent.kf_id": lambda agent: str(self._number("agent", agent.id)) if agent.kf_id else "",
            "Agent.invite_status": self._invite_status,
            "Agent.wechat_id": lambda agent: self._wechat_id(agent.wechat_id),
            "Agent.invited_wechat_id": lambda agent: self._wechat_id(agent.invited_wechat_id),
            # Without a name the end of the openid is shown.
            "Contact.alias": lambda _contact: "",
            "Contact.remark": lambda _contact: "",
            "Contact.tags": lambda contact: tuple(map(self._tag, contact.tags)),
            "Owed.user": lambda owed: self._called("user", owed.user),
        }

    def masked(self, value: T) -> T:
        """Return a fact, or a part of one, with everything in it masked."""
        return cast(T, self._struct(value))

    def customer(self, openid: CustomerId) -> CustomerId:
        """Return the openid that stands for a customer's."""
        return self._remembered_customer(openid) if openid else openid

    def agent(self, account: AgentId) -> AgentId:
        """Return the account that stands for an agent's."""
        return AgentId(f"kf{self._number('agent', account)}@masked") if account else account

    def text(self, text: str) -> str:
        """Return a text of the same length and layout, of which no word is left."""
        parts = _PLACEHOLDER.split(text)
        parts[::2] = (part.translate(self._characters) for part in parts[::2])
        return "".join(parts)

    # Field by field, as the types say

    def _struct(self, value: Struct) -> Struct:
        kind = type(value)
        if kind not in self._fields:
            hints = get_type_hints(kind)
            self._fields[kind] = tuple(
                (name, self._of_field(kind, name, hints[name])) for name in kind.__struct_fields__
            )
        return kind(**{name: mask(value) for name, mask in self._fields[kind]})

    def _of_field(self, kind: type, name: str, hint: Any) -> _Masker:
        """Return what makes the masked field of the Struct it is in."""
        place = f"{kind.__name__}.{name}"
        if place in self._own:
            return self._own[place]
        mask = _as_it_is if place in _HARMLESS else self._of_type(hint)
        return lambda value: mask(getattr(value, name))

    def _of_type(self, hint: Any) -> _Masker:
        origin, inner = get_origin(hint), get_args(hint)
        if hint is CustomerId:
            return self.customer
        if hint is AgentId:
            return self.agent
        if hint is str:
            return self.text
        if isinstance(hint, NewType):
            return self._of_type(hint.__supertype__)
        if origin in (Union, types.UnionType):
            return self._of_union([part for part in inner if part is not types.NoneType])
        if origin is tuple:
            mask = self._of_type(inner[0])  # all of one kind: nothing else stands in a fact
            return lambda values: tuple(map(mask, values))
        if origin is not None and origin is not Literal and issubclass(origin, Mapping):
            of_key, of_value = map(self._of_type, inner)
            return lambda values: {of_key(key): of_value(value) for key, value in values.items()}
        if origin is Literal or issubclass(hint, int | float | Enum):
            return _as_it_is
        if issubclass(hint, Struct):
            return self._struct
        if issubclass(hint, KfError):
            return _masked_error
        raise TypeError(hint)  # a test asks for every kind of fact

    def _of_union(self, parts: list[Any]) -> _Masker:
        mask = self._of_type(parts[0]) if len(parts) == 1 else self._struct
        return lambda value: None if value is None else mask(value)

    # Stand-ins

    def _nick(self, agent: Agent) -> str:
        return _("agent {number}").format(number=self._number("agent", agent.id)) if agent.nick else ""

    def _wechat_id(self, wechat_id: str) -> str:
        return f"wx{self._number('wechat_id', wechat_id)}" if wechat_id else ""

    def _invite_status(self, agent: Agent) -> str:
        return agent.invite_status if agent.invite_status in _INVITE_STATES else self.text(agent.invite_status)

    def _tag(self, tag: str) -> str:
        return tag if _WECHAT_TAG.fullmatch(tag) else self._called("tag", tag)

    def _called(self, what: str, word: str) -> str:
        return f"{what}-{self._letters(word, _NAME_LETTERS)}" if word else ""

    def _number(self, what: str, word: str) -> int:
        """Count whom the file names; there are no more of them than accounts."""
        numbers = self._numbers[what]
        return numbers.setdefault(word, len(numbers) + 1)

    def _name(self, openid: CustomerId) -> CustomerId:
        return CustomerId("o" + self._letters(openid, OPENID_LENGTH - 1))

    def _letters(self, word: str, count: int) -> str:
        digest = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), key=self._key).digest())
        letters = []
        for _place in range(count):
            digest, letter = divmod(digest, len(LETTERS))
            letters.append(LETTERS[letter])
        return "".join(letters)


def how_it_is_masked() -> str:
    """Say in the file what has become of what is not in it."""
    return _(
        "Openids, agents, WeChat ids, tags and users have stand-ins, made up for this file. Aliases, remarks and the "
        "words of errors are left out. In every other text each letter is an x, each digit a 0, each 汉字 a 某."
    )


class _Characters(dict[int, str]):
    """What becomes of each character, for `str.translate`; it takes as many cells as before."""

    def __missing__(self, code: int) -> str:
        self[code] = _instead_of(chr(code))
        return self[code]


def _instead_of(character: str) -> str:
    if character in "\n\t" or character in _JOINING:
        return character
    kind, cells = unicodedata.category(character), width_cells(character)
    is_spelling = any(ord(character) in part for part in _SPELLING)
    if kind[0] in "PZS" and not is_spelling:
        return character
    if kind == "Nd":
        return "０" if cells > 1 else "0"
    return ("", "x", "某")[cells]


def _as_it_is(value: T) -> T:
    return value


def _masked_error(error: KfError) -> KfError:
    """Return an error of the same kind without its words, which may quote anything."""
    numbers: dict[str, Any] = {name: value for name, value in vars(error).items() if isinstance(value, int | float)}
    code = getattr(error, "code", None)
    said = _("An error whose words are masked.") if code is None else _("Error {code}, whose words are masked.")
    kind: type[KfError] = next(kind for kind in type(error).__mro__ if kind.__module__ == KfError.__module__)
    return kind(said.format(code=code), **numbers)
