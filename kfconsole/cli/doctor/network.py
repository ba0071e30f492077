"""Checks of the way to WeChat: proxy, name, connection, certificate."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from kfconsole import config
from kfconsole.cli.doctor.finding import Finding, fail, not_reached, ok, skipped, warn
from kfconsole.cli.doctor.patience import in_time
from kfconsole.errors import ConfigError
from kfconsole.i18n import _, ngettext

SECONDS = 6.0
SOON_DAYS = 14
PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


async def network(settings: config.Settings) -> list[Finding]:
    """Look how far one gets on the way to WeChat."""
    from kfconsole.wechat.addresses import shown

    url = settings.account.base_url
    try:
        proxy = await asyncio.to_thread(_proxy_for, settings)
    except ConfigError as error:
        return [fail("proxy", error.message, error.hint), *not_reached("proxy", "name", "connection", "certificate")]
    if proxy is None:
        found = [ok("proxy", _("none"))]
    else:
        where = "[network] proxy" if settings.network.proxy else _("environment")
        found = [ok("proxy", f"{shown(proxy)} ({where})")]
    host, port = _place(proxy or url)
    try:
        addresses = await resolved(host, port)
    except OSError as error:
        hint = _("Check the network and the name servers; behind a proxy, set [network] proxy.")
        text = _("The address of {host} could not be found: {problem}").format(
            host=host, problem=error.strerror or error
        )
        return [*found, fail("name", text, hint), *not_reached("name", "connection", "certificate")]
    found.append(ok("name", f"{host}: {', '.join(addresses[:3])}"))
    if proxy is not None or url.startswith("http:"):
        return [*found, await _plain(host, port), skipped("certificate", _through(proxy))]
    return [*found, *await _encrypted(host, port)]


def _proxy_for(settings: config.Settings) -> str | None:
    from kfconsole.wechat.transport import proxy_for

    return proxy_for(settings.account.base_url, settings.network.proxy)


def _through(proxy: str | None) -> str:
    return _("the address is plain http") if proxy is None else _("behind the proxy")


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or PORTS[parts.scheme]


async def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a name.

    Raises:
        OSError: There are none, or nobody said in time.
    """
    found = await in_time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), SECONDS)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


async def _plain(host: str, port: int) -> Finding:
    try:
        async with asyncio.timeout(SECONDS):
            _reader, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        return _unreached(host, port, error)
    writer.close()
    return ok("connection", f"{host}:{port}")


async def _encrypted(host: str, port: int) -> list[Finding]:
    from kfconsole.wechat.transport import trust_store

    trust = await asyncio.to_thread(trust_store)
    try:
        async with asyncio.timeout(SECONDS):
            _reader, writer = await asyncio.open_connection(host, port, ssl=trust)
    except ssl.SSLCertVerificationError as error:
        hint = _("The clock of this machine may be wrong, or a proxy reads along.")
        text = _("The certificate of {host} is not trusted: {problem}")
        problem = text.format(host=host, problem=error.verify_message)
        return [ok("connection", f"{host}:{port}"), fail("certificate", problem, hint)]
    except OSError as error:
        return [_unreached(host, port, error), *not_reached("connection", "certificate")]
    try:
        return [ok("connection", f"{host}:{port}, {writer.get_extra_info('cipher')[1]}"), _certificate(writer, host)]
    finally:
        writer.close()


def _certificate(writer: asyncio.StreamWriter, host: str) -> Finding:
    ends_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"]), UTC)
    days = (ends_at - datetime.now(UTC)).days
    text = ngettext("of {host}, good for {days} more day", "of {host}, good for {days} more days", days)
    text = text.format(host=host, days=days)
    if days < SOON_DAYS:
        return warn("certificate", text, _("Whoever runs that address has to renew it."))
    return ok("certificate", text)


def _unreached(host: str, port: int, error: OSError) -> Finding:
    place = f"{host}:{port}"
    if isinstance(error, TimeoutError):
        text = _("No connection to {host} in time.").format(host=place)
    elif isinstance(error, ConnectionRefusedError):
        text = _("{host} refused the connection.").format(host=place)
    else:
        text = _("No connection to {host}: {problem}").format(host=place, problem=error.strerror or error)
    return fail("connection", text, _("Check the network, and [network] proxy."))
