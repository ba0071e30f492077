"""The account's own server: where it is, how pushes to it are signed and sealed, and how its answers are opened.

Knows nothing of the world.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kfconsole.simulator.pushes.crypto import BadSeal, Seal, is_aes_key, signature
from kfconsole.simulator.pushes.xml import Value, to_xml

MODES = ("plain", "compatible", "secure")


class BadReceiver(Exception):
    """Pushes cannot go there; the message says what is wrong and the fix."""


class Malformed(Exception):
    """An answer that WeChat does not understand; the message says why."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where pushes go.

    Raises:
        BadReceiver: Something is missing or cannot be right.
    """

    url: str
    token: str = field(repr=False)
    aes_key: str = field(default="", repr=False)
    mode: str = "plain"
    """plain: signed XML. secure: encrypted. compatible: both at once."""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
            is_url = is_url and self.url.isprintable()
        except ValueError:
            is_url = False
        if not is_url:
            raise BadReceiver(f"the push URL {self.url!r} is no address; give http://… or https://…")
        if not self.token or not self.token.isprintable():
            raise BadReceiver("pushes are signed with a token, which is missing or unprintable; give any text")
        if self.mode not in MODES:
            raise BadReceiver(f"the push mode {self.mode!r} is unknown; use {', '.join(MODES)}")
        if self.aes_key and not is_aes_key(self.aes_key):
            raise BadReceiver("the AES key is no EncodingAESKey; give 43 letters and digits")
        if self.mode != "plain" and not self.aes_key:
            raise BadReceiver(f"push mode {self.mode} needs an AES key; give 43 letters and digits")


class Wrapping:
    """Signs and seals what goes to one receiver, and opens what it answers."""

    def __init__(self, receiver: Receiver, app_id: str, rng: random.Random) -> None:
        self.receiver = receiver
        self._rng = rng
        self._seal = Seal(receiver.aes_key, app_id, rng) if receiver.mode != "plain" else None

    def signed(self, now: float, *, is_forged: bool = False) -> dict[str, str]:
        """Return the query that every request carries; a forged one is signed with another token."""
        timestamp, nonce = str(int(now)), str(self._rng.randrange(10**8, 10**9))
        token = self._token(is_forged)
        return {"signature": signature(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}

    def wrapped(
        self, fields: Mapping[str, Value], openid: str, now: float, *, is_forged: bool = False
    ) -> tuple[dict[str, str], str]:
        """Return query and body of one try to push these fields."""
        printable_openid = openid.encode("utf-8", "replace").decode("utf-8")
        query = {**self.signed(now, is_forged=is_forged), "openid": printable_openid}
        if self._seal is None:
            return query, to_xml(fields)
        sealed = self._seal.close(to_xml(fields))
        query |= {
            "encrypt_type": "aes",
            "msg_signature": signature(self._token(is_forged), query["timestamp"], query["nonce"], sealed),
        }
        shown = fields if self.receiver.mode == "compatible" else {"ToUserName": fields["ToUserName"]}
        return query, to_xml({**shown, "Encrypt": sealed})

    def opened(self, body: bytes) -> Element:
        """Return the XML of an answer, decrypted if it has to be.

        Raises:
            Malformed: It is no XML, carries a DTD, or is not sealed as the mode wants it.
        """
        found = _parsed(body)
        sealed = child(found, "Encrypt")
        if self._seal is None:
            return found
        if not sealed:
            if self.receiver.mode == "secure":
                raise Malformed("a reply in secure mode must be encrypted")
            return found
        signed = signature(self.receiver.token, child(found, "TimeStamp"), child(found, "Nonce"), sealed)
        if child(found, "MsgSignature") != signed:
            raise Malformed("MsgSignature does not fit the reply's TimeStamp, Nonce and Encrypt")
        try:
            return _parsed(self._seal.open(sealed))
        except BadSeal as error:
            raise Malformed(str(error)) from error

    def _token(self, is_forged: bool) -> str:
        return self.receiver.token + ("-forged" if is_forged else "")


def child(element: Element, path: str) -> str:
    """Return the text of an inner element, empty when there is none."""
    return element.findtext(path) or ""


def _parsed(body: bytes) -> Element:
    try:
        found = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Malformed(f"no XML: {error}") from error
    if found.tag != "xml":
        raise Malformed(f"the XML is a <{found.tag}>, not an <xml>")
    return found
