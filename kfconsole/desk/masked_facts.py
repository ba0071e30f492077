"""Facts in which nobody can be recognised: customers and agents get names that stand for them, the same all along.

Field by field, whatever the fact: text that is not known to be harmless is looked through for numbers and ids.
"""

from collections.abc import Mapping
from enum import Enum
from hashlib import blake2b
from typing import Any, Final, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from kfconsole.desk.formats.masking import LETTERS, OPENID_LENGTH, Mask
from kfconsole.errors import KfError
from kfconsole.model import CustomerId, is_wechat_tag

T = TypeVar("T")

_OPENIDS: Final = frozenset({"openid"})
_EMPTIED: Final = frozenset({"alias", "remark", "picture_url"})
"""Without a name the end of the openid is shown, and nobody looks at pictures here."""
_NAMED: Final = {"nick": "agent", "user": "user", "wechat_id": "wx", "invited_wechat_id": "wx"}
"""Fields that get a name of their own, and what it begins with."""
_NAME_LETTERS: Final = 6


class FactMask(Mask):
    """Masks all of one recording. An openid becomes another one, so that replaying looks as it did."""

    def masked(self, value: T, openid: CustomerId | None = None) -> T:
        """Return a fact, or a part of one, with everything in it masked.

        Args:
            value: The fact.
            openid: Whose it is, where that is known.
        """
        return cast(T, self._masked(value, "", openid))

    def _masked(self, value: Any, name: str, openid: CustomerId | None) -> Any:
        match value:
            case Enum():
                return value
            case str():
                return self._word(value, name, openid)
            case Struct():
                own = getattr(value, "openid", openid)
                return replace(
                    value,
                    **{field: self._masked(getattr(value, field), field, own) for field in value.__struct_fields__},
                )
            case tuple():
                return tuple(self._masked(part, name, openid) for part in value)
            case Mapping():
                return {self._named(key): self._masked(part, name, openid) for key, part in value.items()}
            case KfError():
                return self._error(value)
        return value

    def _word(self, word: str, name: str, openid: CustomerId | None) -> str:
        if not word or name in _EMPTIED:
            return ""
        if name in _OPENIDS:
            return self.customer(CustomerId(word))
        if name in _NAMED:
            return f"{_NAMED[name]}-{self._letters(word, _NAME_LETTERS)}"
        if name == "tags":
            return word if is_wechat_tag(word) else f"tag-{self._letters(word, _NAME_LETTERS)}"
        return self.text(word, openid)

    def _named(self, key: Any) -> Any:
        # Only openids of 28 characters and accounts stand there, or the members of an enum.
        if isinstance(key, Enum) or not isinstance(key, str):
            return key
        return key if "@" in key else self.customer(CustomerId(key))

    def _error(self, error: KfError) -> KfError:
        fields = {name: self._masked(value, name, None) for name, value in vars(error).items()}
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
