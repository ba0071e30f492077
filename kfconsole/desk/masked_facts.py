"""Facts in which nobody can be recognised: customers and agents get names that stand for them, the same all along.

Field by field, whatever the fact: text that is not known to be harmless is looked through for numbers and ids, and
for what the customer and the agent are called whose conversation it is from.
"""

from collections.abc import Mapping
from enum import Enum
from hashlib import blake2b
from typing import Any, Final, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.desk.formats.masking import LETTERS, OPENID_LENGTH, Mask
from kfconsole.errors import KfError
from kfconsole.model import Agent, AgentId, Contact, CustomerId, is_wechat_tag

T = TypeVar("T")

_OPENIDS: Final = frozenset({"openid"})
_EMPTIED: Final = frozenset({"alias", "remark", "picture_url"})
"""Without a name the end of the openid is shown, and nobody looks at pictures here."""
_NAMED: Final = {"nick": "agent", "user": "user", "wechat_id": "wx", "invited_wechat_id": "wx"}
"""Fields that get a name of their own, and what it begins with."""
_NAME_LETTERS: Final = 6
_LEAST_NAME: Final = 2
"""Characters: a shorter name stands in too many words that are none."""
_Whose = tuple[CustomerId | None, AgentId | None]
"""The customer and the agent a text is about, where they are known."""


class FactMask(Mask):
    """Masks all of one recording. An openid becomes another one, so that replaying looks as it did."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        self._called: dict[str, dict[str, str]] = {}
        """By openid or account: what they are called in texts, the longest first, and what stands there instead."""

    def masked(self, value: T, openid: CustomerId | None = None) -> T:
        """Return a fact, or a part of one, with everything in it masked.

        Args:
            value: The fact.
            openid: Whose it is, where that is known.
        """
        return cast(T, self._masked(value, "", (openid, None)))

    def _masked(self, value: Any, name: str, whose: _Whose) -> Any:
        match value:
            case Enum():
                return value
            case str():
                return self._word(value, name, whose)
            case Struct():
                self.learn(value)
                own = getattr(value, "openid", whose[0]), getattr(value, "agent", whose[1])
                return replace(
                    value,
                    **{field: self._masked(getattr(value, field), field, own) for field in value.__struct_fields__},
                )
            case tuple():
                return tuple(self._masked(part, name, whose) for part in value)
            case Mapping():
                return {self._named(key): self._masked(part, name, whose) for key, part in value.items()}
            case KfError():
                return self._error(value)
        return value

    def learn(self, value: Struct) -> None:
        """Remember what somebody is called: canned replies and agents greet people by their names."""
        match value:
            case Contact(openid=openid, alias=alias, remark=remark) if alias or remark:
                names, instead = (alias, remark), f"…{self.customer(openid)[-_NAME_LETTERS:]}"
                self._called[openid] = dict.fromkeys(_names_in(names), instead)
            case Agent(id=agent, nick=nick, wechat_id=wechat_id, invited_wechat_id=invited):
                instead = self._word(nick, "nick", (None, None))
                self._called[agent] = dict.fromkeys(_names_in((nick, wechat_id, invited)), instead)

    def _word(self, word: str, name: str, whose: _Whose) -> str:
        if not word or name in _EMPTIED:
            return ""
        if name in _OPENIDS:
            return self.customer(CustomerId(word))
        if name in _NAMED:
            return f"{_NAMED[name]}-{self._letters(word, _NAME_LETTERS)}"
        if name == "tags":
            return word if is_wechat_tag(word) else f"tag-{self._letters(word, _NAME_LETTERS)}"
        for somebody in whose:
            for called, instead in self._called.get(somebody or "", {}).items():
                word = word.replace(called, instead)
        return self.text(word, whose[0])

    def _named(self, key: Any) -> Any:
        # Only openids of 28 characters and accounts stand there, or the members of an enum.
        if isinstance(key, Enum) or not isinstance(key, str):
            return key
        return key if "@" in key else self.customer(CustomerId(key))

    def _error(self, error: KfError) -> KfError:
        fields = {name: self._masked(value, name, (None, None)) for name, value in vars(error).items()}
        message = fields.pop("message")
        return type(error)(message, **fields)

    def _name(self, openid: CustomerId) -> CustomerId:
        return CustomerId("o" + self._letters(openid, OPENID_LENGTH - 1))

    def _letters(self, word: str, count: int) -> str:
        digest = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), key=self._key).digest())
        letters = []
        for _place in range(count):
            digest, letter = divmod(digest, len(LETTERS))
            letters.append(LETTERS[letter])
        return "".join(letters)


def _names_in(names: tuple[str, ...]) -> list[str]:
    """Return the names and the words in them: a remark says more than a name, and people are called by a part of it."""
    words = {part for name in names for part in (name, *name.split()) if len(part) >= _LEAST_NAME}
    return sorted(words, key=len, reverse=True)
