"""What was asked: the newest requests with their raw bytes, and how often each path was called.

Tokens and secrets are taken out before anything is kept. Knows nothing of the world.
"""

import base64
import json
import re
from collections import Counter, deque
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus, urlencode

_KEPT = 2000
_KEPT_BYTES = 64 * 1024 * 1024  # uploads of 10 MB would fill the memory otherwise
_HIDDEN = frozenset({"access_token", "secret", "appsecret"})
# A string, ended or not, another word, or a sign; every byte is passed once, however broken the JSON is.
_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[^\s",:\[\]{}]+|[:,\[\]{}]', re.DOTALL)
_FORM_PAIR = re.compile(rb"(?:^|(?<=&))([^&=]*)=([^&]*)")


@dataclass(slots=True)
class Request:
    """One request as it came; `code` and `fault` are filled in when it is answered."""

    at: float
    method: str
    path: str
    query: str
    body: bytes
    client_address: str = ""
    code: int | None = None
    fault: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the request for a control answer."""
        return {
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "body_base64": base64.b64encode(self.body).decode("ascii"),
            "body": self.body.decode("utf-8", "replace"),
            "errcode": self.code,
            "fault": self.fault,
        }


class RequestLog:
    """The newest requests, without tokens and secrets."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._requests: deque[Request] = deque()
        self._body_bytes = 0

    def add(self, at: float, method: str, path: str, query: str, body: bytes, client_address: str = "") -> Request:
        """Remember a request before anything is done about it."""
        shown = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if not _is_hidden(pair[0])])
        request = Request(at, method, path, shown, masked(body), client_address)
        self.calls[path] += 1
        self._requests.append(request)
        self._body_bytes += len(request.body)
        while len(self._requests) > _KEPT or (self._body_bytes > _KEPT_BYTES and len(self._requests) > 1):
            self._body_bytes -= len(self._requests.popleft().body)
        return request

    def of(self, path: str | None = None) -> list[Request]:
        """Return the kept requests, eldest first, of one path or of all."""
        return [request for request in self._requests if path is None or request.path == path]

    def clear(self) -> None:
        """Forget all requests and counts."""
        self.calls.clear()
        self._requests.clear()
        self._body_bytes = 0


def masked(body: bytes) -> bytes:
    """Return the body with every token and secret in it as `***`, whether it is JSON or a form.

    JSON may spell the names with escapes and may be broken; the bytes around stay as they came.
    """
    if body.startswith(b"--"):  # multipart carries files, and may hold any bytes
        return body
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[", b'"'):
        return _masked_json(body)
    return _FORM_PAIR.sub(_masked_form_pair, _masked_json(body))


def _masked_json(body: bytes) -> bytes:
    kept: list[bytes] = []
    done, name, token = 0, b"", b""
    for found in _JSON_TOKEN.finditer(body):
        if token == b":" and _is_hidden(_unquoted(name)) and found[0] not in (b"{", b"["):
            kept += (body[done : found.start()], b'"***"')
            done = found.end()
        name, token = token, found[0]
    return b"".join((*kept, body[done:]))


def _unquoted(name: bytes) -> str:
    try:
        return str(json.loads(name))
    except ValueError:
        return name.decode("latin-1").strip("\"'")


def _masked_form_pair(pair: re.Match[bytes]) -> bytes:
    return pair[1] + b"=***" if _is_hidden(unquote_plus(pair[1].decode("latin-1"))) else pair[0]


def _is_hidden(name: str) -> bool:
    return name.strip().lower() in _HIDDEN
