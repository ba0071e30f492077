"""Carries pushes over HTTP: no redirects, no proxies, and no answer later than five seconds.

The only module of the simulator that knows httpx, which is loaded with the first request.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 5.0
_LONGEST_ANSWER = 256 * 1024


class Unanswered(Exception):
    """There was no answer, or one that counts as none; the message says why."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered."""

    status: int
    body: bytes


class Carrier:
    """One HTTP client, whose connections close with the block it is used in."""

    def __init__(self, transport: "httpx.AsyncBaseTransport | None", answer_seconds: float) -> None:
        self._transport = transport
        self._answer_seconds = answer_seconds
        self._http: httpx.AsyncClient | None = None

    async def ask(self, method: str, url: str, query: Mapping[str, str], body: str = "") -> HttpAnswer:
        """Send one request and return its whole answer.

        Raises:
            Unanswered: No connection, no answer in time, or one without end.
        """
        import httpx

        self._http = self._http or httpx.AsyncClient(
            transport=self._transport,
            trust_env=False,
            timeout=None,  # one limit for all of it, below
            limits=httpx.Limits(max_connections=None),
            headers={"User-Agent": "Mozilla/4.0", "Accept": "*/*", "Accept-Encoding": "identity"},
        )
        headers = {"Content-Type": "text/xml"} if body else {}
        try:
            target = httpx.URL(url).copy_merge_params(query)
            async with (
                asyncio.timeout(self._answer_seconds),
                self._http.stream(method, target, content=body.encode("utf-8"), headers=headers) as response,
            ):
                return HttpAnswer(response.status_code, await _read(response))
        except TimeoutError as error:
            raise Unanswered(f"no answer within {self._answer_seconds:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unanswered(f"no answer: {error or type(error).__name__}") from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._http is not None:
            await self._http.aclose()


async def _read(response: "httpx.Response") -> bytes:
    body = b""
    async for part in response.aiter_raw():  # as it came: unpacking could make any size of a small answer
        body += part
        if len(body) > _LONGEST_ANSWER:
            raise Unanswered(f"an answer of more than {_LONGEST_ANSWER} bytes")
    return body
