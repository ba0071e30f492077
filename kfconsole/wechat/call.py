"""One call to WeChat: what is asked, how it is written down as bytes, and what the log keeps of it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from msgspec import Struct

from kfconsole.text import STAND_IN

if TYPE_CHECKING:
    from kfconsole.wechat.download import Landing
    from kfconsole.wechat.upload import Upload

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u00([01][0-9a-f])|.)")


@dataclass(frozen=True, slots=True)
class Call:
    """One question or order, without the token."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Not shown: the older token call holds the secret here."""
    body: Mapping[str, object] | None = field(default=None, repr=False)
    """Not shown: the token call's body holds the secret."""
    is_write: bool = False
    """Whether WeChat does something when it arrives, so that a lost answer leaves the outcome unknown."""
    upload: "Upload | None" = None
    """A file sent in place of a body."""
    landing: "Landing | None" = None
    """Where an answer goes that is a file and no JSON."""

    @property
    def is_transfer(self) -> bool:
        """Whether megabytes may travel, which takes longer than a question."""
        return self.upload is not None or self.landing is not None

    def url(self, base_url: str, token: str | None) -> str:
        """Return the address with everything percent-encoded; the token travels only here."""
        params = dict(self.params) if token is None else {"access_token": token, **self.params}
        query = urlencode(params, quote_via=quote, safe="", errors="replace")
        return f"{base_url}{self.path}?{query}" if query else f"{base_url}{self.path}"

    def content(self) -> bytes | None:
        r"""Return the body as raw UTF-8 JSON.

        Observed: WeChat shows `\uXXXX` escapes to the customer as they stand, so nothing is escaped that need not be.
        Control characters, which JSON can only write as such, go as their pictures.
        """
        if self.body is None:
            return None
        written = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        written = _ESCAPE.sub(lambda found: chr(0x2400 + int(found[1], 16)) if found[1] else found[0], written)
        return _SURROGATE.sub(STAND_IN, written).encode()


class CallEntry(Struct, frozen=True):
    """What the log keeps of one HTTP call; nothing in it is secret."""

    method: str
    path: str
    """Without the query, which holds the token."""
    code: int | None
    """WeChat's errcode, 0 for success; None when no answer could be read."""
    rid: str
    milliseconds: float
    error: str
    """Why it failed; empty when it did not."""
