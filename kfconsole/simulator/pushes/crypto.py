"""Signatures of pushes, and the envelope of secure mode: AES-256-CBC over random, length, message, AppID.

Knows nothing of the world.
"""

import base64
import binascii
import hashlib
import random
import re
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_BLOCK = 32  # padded to twice the block of AES
_RANDOM_BYTES = 16
_HEAD = _RANDOM_BYTES + 4


class BadSeal(Exception):
    """What came is not encrypted as it should be; the message says what is wrong with it."""


def signature(*parts: str) -> str:
    """Return the SHA-1 in hex of the parts, sorted and joined."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8"), usedforsecurity=False).hexdigest()


def is_aes_key(text: str) -> bool:
    """Tell whether this can be an EncodingAESKey: 43 characters of base64."""
    return _KEY.fullmatch(text) is not None


class Seal:
    """Encrypts and decrypts messages between WeChat and one account."""

    def __init__(self, aes_key: str, app_id: str, rng: random.Random) -> None:
        self._key = base64.b64decode(aes_key + "=")
        self._app_id = app_id.encode("utf-8")
        self._rng = rng

    def close(self, message: str, random16: str = "") -> str:
        """Return the message encrypted, in base64; 16 random characters are made up when none are given."""
        raw = message.encode("utf-8")
        head = (random16 or f"{self._rng.getrandbits(64):016x}").encode("ascii")
        plain = head + struct.pack(">I", len(raw)) + raw + self._app_id
        padding = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding)).decode("ascii")

    def open(self, sealed: str) -> bytes:
        """Return the message inside.

        Raises:
            BadSeal: It is no base64, was encrypted with another key, or names another account.
        """
        try:
            raw = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadSeal("Encrypt is no base64") from error
        if not raw or len(raw) % _BLOCK:
            raise BadSeal(f"Encrypt holds {len(raw)} bytes, which is no multiple of {_BLOCK}")
        plain = self._cipher().decryptor().update(raw)
        padding = plain[-1]
        if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise BadSeal("Encrypt cannot be decrypted with this EncodingAESKey")
        (length,) = struct.unpack(">I", plain[_RANDOM_BYTES:_HEAD])
        content = plain[_HEAD:-padding]
        if content[length:] != self._app_id:
            raise BadSeal("Encrypt does not end with this account's AppID")
        return content[:length]

    def _cipher(self) -> "Cipher[CBC]":
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import CBC

        return Cipher(AES(self._key), CBC(self._key[:16]))
