"""HTTP. The only module that imports httpx; it turns httpx's failures into the error tree.

No error raised here is chained to one of httpx: those carry the request, and its address holds the token.
"""

import asyncio
import logging
import socket
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib import import_module
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kfconsole.errors import Unavailable
from kfconsole.i18n import _
from kfconsole.wechat.addresses import NO_PROXY, check_base_url, check_proxy, is_loopback, shown
from kfconsole.wechat.call import Call
from kfconsole.wechat.envelope import bad_status, unreadable
from kfconsole.wechat.masks import Masks
from kfconsole.wechat.reading import LATEST_TIME
from kfconsole.wechat.refusal import tidy

# httpx loads its own command line wherever click and rich are installed: a third of its import, between the first
# paint and a live queue, and nobody here needs it. Without it httpx falls back by itself; recheck past 0.28.1.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: not to be had
# Where sniffio is not installed httpcore searches the disk for it four times a call: a tenth of what a call costs.
if find_spec("sniffio") is None:
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # likewise

import httpx  # noqa: E402  # after the line above

# httpcore loads it with its first call, which would hold the loop up as long as a frame takes: here a thread does.
with suppress(ImportError):
    import_module("anyio._backends._asyncio")

TIMEOUT = httpx.Timeout(connect=5, read=8, write=8, pool=8)
TRANSFER_TIMEOUT = httpx.Timeout(connect=5, read=60, write=30, pool=8)  # WeChat looks at a video before it answers
WHOLE_TRANSFER_SECONDS = 300  # 10 MB at 35 KB a second
WHOLE_CALL_SECONDS = 30  # the phases miss a server that drips bytes; httpcore 1.0.9 waits for a SOCKS proxy for ever
LARGEST_ANSWER = 32 * 2**20  # ten thousand records of 2,048 bytes, and then some
LIMITS = httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=30)

_SOCKET_OPTIONS = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
]


@dataclass(frozen=True, slots=True)
class Reply:
    """The bytes of an HTTP 200 and when they came."""

    body: bytes = field(repr=False)
    date: float | None
    """The server's clock, Unix seconds; None when it did not tell."""
    before_mono: float
    after_mono: float
    """When the headers were there."""


class Transport:
    """One pool of connections to WeChat. Building it may load certificates: do that in a thread."""

    def __init__(
        self,
        *,
        base_url: str,
        proxy: str,
        masks: Masks,
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        way = None if transport else proxy_for(base_url, proxy)
        self._host = _place(base_url)
        self._first_hop = _place(way) if way else self._host
        self._proxy_errors: tuple[type[Exception], ...] = (httpx.ProxyError, *_socks_errors(way))
        self._failures: tuple[type[Exception], ...] = (
            httpx.HTTPError,
            httpx.InvalidURL,
            OSError,
            UnicodeError,
            *self._proxy_errors,
        )
        self._masks = masks
        self._monotonic = monotonic
        # httpx logs every address at INFO, with the token in it.
        logging.getLogger("httpx").addFilter(_drop_query)
        self._http = httpx.AsyncClient(
            transport=transport or _connect(base_url, way),
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,  # proxies are chosen here; .netrc has no say
            headers={"User-Agent": "kfconsole", "Accept": "application/json"},
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call, token: str | None) -> Reply:
        """Make one HTTP call and return the body of its 200.

        Raises:
            Unavailable: No such answer came; `may_have_arrived` says whether a write may have happened.
        """
        try:
            async with asyncio.timeout(WHOLE_TRANSFER_SECONDS if call.is_transfer else WHOLE_CALL_SECONDS):
                return await self._exchange(call, token)
        except self._failures as error:
            failure = self._explain(error, call)
        raise failure

    async def _exchange(self, call: Call, token: str | None) -> Reply:
        content, headers = _written(call)
        before = self._monotonic()
        async with self._http.stream(
            call.method,
            call.url(self._base_url, token),
            content=content,
            headers=headers,
            timeout=TRANSFER_TIMEOUT if call.is_transfer else TIMEOUT,
        ) as response:
            after = self._monotonic()
            if response.status_code != HTTPStatus.OK:
                raise bad_status(response.status_code, call)
            body = await self._body(call, response)
            return Reply(body, _read_date(response.headers.get("date", "")), before, after)

    async def _body(self, call: Call, response: httpx.Response) -> bytes:
        if call.landing is not None:
            label, name = response.headers.get("content-type", ""), response.headers.get("content-disposition", "")
            return await call.landing.receive(call, label, name, response.aiter_bytes())
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise unreadable(_("The answer is too large to be WeChat's."), call)
        return bytes(body)

    def _explain(self, error: Exception, call: Call) -> Unavailable:
        never_sent = (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.LocalProtocolError,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
            UnicodeError,
            *self._proxy_errors,
        )
        message, hint = self._words_for(error)
        return Unavailable(
            message,
            may_have_arrived=call.is_write and not isinstance(error, never_sent),
            hint=hint,
            path=call.path,
            errmsg=tidy(self._masks.hide(str(error))),
        )

    def _words_for(self, error: Exception) -> tuple[str, str]:
        """Return what went wrong, and what to do, in plain words."""
        causes = tuple(_causes(error))
        network = _("Check the network, and [network] proxy.")
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            hint = _("The clock of this machine may be wrong, or a proxy reads along.")
            return _("The certificate of {host} is not trusted.").format(host=self._host), hint
        if isinstance(error, self._proxy_errors):
            return _("The proxy refused the connection to {host}.").format(host=self._host), network
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return _("The address of {host} could not be found.").format(host=self._first_hop), network
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return _("{host} refused the connection.").format(host=self._first_hop), network
        if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
            return _("No connection to {host} in time.").format(host=self._first_hop), network
        if isinstance(error, httpx.TimeoutException | TimeoutError):
            return _("{host} did not answer in time.").format(host=self._host), ""
        if isinstance(error, httpx.ConnectError):
            return _("No connection to {host}.").format(host=self._first_hop), network
        if isinstance(error, httpx.DecodingError):
            return _("WeChat's answer could not be read: it is damaged."), ""
        return _("The connection to {host} was cut.").format(host=self._host), ""


def proxy_for(base_url: str, setting: str) -> str | None:
    """Return the proxy to use for WeChat's address, None for a direct connection.

    Args:
        base_url: WeChat's address; this machine never needs a proxy.
        setting: Empty for the environment's, `none`, or an address.

    Raises:
        ConfigError: The proxy's address cannot be used.
    """
    parts = check_base_url(base_url)
    host = parts.hostname or ""
    if setting == NO_PROXY or is_loopback(host):
        return None
    if setting:
        return check_proxy(setting, "[network] proxy")
    if proxy_bypass(host):
        return None
    found = getproxies()
    for name in (parts.scheme, "all"):
        if address := found.get(name):
            return check_proxy(address, f"{name}_proxy")
    return None


def _written(call: Call) -> tuple[bytes | AsyncIterator[bytes] | None, dict[str, str]]:
    """Return the body of a call and what HTTP has to say of it."""
    accept = {"Accept": "*/*"} if call.landing is not None else {}
    if call.upload is not None:
        return call.upload.stream(), {**accept, **call.upload.headers}
    content = call.content()
    return content, accept if content is None else {**accept, "Content-Type": "application/json; charset=utf-8"}


def trust_store() -> ssl.SSLContext:
    """Return whom every encrypted connection trusts; loads the certificates, so not on the event loop."""
    return httpx.create_ssl_context()


def _connect(base_url: str, proxy: str | None) -> httpx.AsyncHTTPTransport:
    """Build the pool; certificates are only loaded where something is encrypted."""
    is_encrypted = base_url.lower().startswith("https:") or (proxy or "").lower().startswith("https:")
    # An empty context trusts nobody: should it ever be used, the connection fails.
    trust = trust_store() if is_encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    through = None
    if proxy is not None:
        through = httpx.Proxy(proxy, ssl_context=trust if proxy.lower().startswith("https:") else None)
    return httpx.AsyncHTTPTransport(verify=trust, proxy=through, limits=LIMITS, socket_options=_SOCKET_OPTIONS)


def _socks_errors(proxy: str | None) -> tuple[type[Exception], ...]:
    """Return what a SOCKS proxy may raise: httpx does not wrap it. Loaded only where there is one."""
    if proxy is None or not proxy.lower().startswith("socks"):
        return ()
    from socksio.exceptions import SOCKSError

    return (SOCKSError,)


def _place(url: str) -> str:
    """Return host and port of an address, without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and everything that led to it."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _causes(part)
        error = error.__cause__ or error.__context__


def _read_date(header: str) -> float | None:
    try:
        date = parsedate_to_datetime(header)
        # The oldest form names no zone; Python would take this machine's.
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds if 0 <= seconds <= LATEST_TIME else None


def _drop_query(record: logging.LogRecord) -> bool:
    """Cut the query off every address of a log record."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            shown(str(value.copy_with(query=None))) if isinstance(value, httpx.URL) else value for value in record.args
        )
    return True
