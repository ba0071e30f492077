"""What was asked: the newest requests with their raw bytes, and how often each path was called.

Knows nothing of the world.
"""

import base64
import re
from collections import Counter, deque
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

_KEPT = 2000
_HIDDEN = frozenset({"access_token", "secret"})
_SECRET_IN_BODY = re.compile(rb'("secret"\s*:\s*)"(?:[^"\\]|\\.)*"')


@dataclass(slots=True)
class Request:
    """One request as it came; `code` and `fault` are filled in when it is answered."""

    at: float
    method: str
    path: str
    query: str
    body: bytes
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
        self._requests: deque[Request] = deque(maxlen=_KEPT)

    def add(self, at: float, method: str, path: str, query: str, body: bytes) -> Request:
        """Remember a request before anything is done about it."""
        shown = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in _HIDDEN])
        request = Request(at, method, path, shown, _SECRET_IN_BODY.sub(rb'\1"***"', body))
        self.calls[path] += 1
        self._requests.append(request)
        return request

    def of(self, path: str | None = None) -> list[Request]:
        """Return the kept requests, eldest first, of one path or of all."""
        return [request for request in self._requests if path is None or request.path == path]

    def clear(self) -> None:
        """Forget all requests and counts."""
        self.calls.clear()
        self._requests.clear()
