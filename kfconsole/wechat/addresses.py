"""Checks the two addresses of the settings: WeChat's and the proxy's. Knows no HTTP library."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from kfconsole.errors import ConfigError
from kfconsole.i18n import N_, _

PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
NO_PROXY = "none"
"""The setting's word for a direct connection."""

_PROXY_FORM = N_("Write it as http://host:port or socks5://host:port, or set [network] proxy to none.")


def check_ways(base_url: str, proxy: str) -> None:
    """Check both addresses as they stand in the settings.

    Raises:
        ConfigError: One of them cannot be used.
    """
    check_base_url(base_url)
    if proxy not in {"", NO_PROXY}:
        check_proxy(proxy, "[network] proxy")


def check_base_url(url: str) -> SplitResult:
    """Return the parts of WeChat's address.

    Raises:
        ConfigError: It is no http or https address of a host.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise ConfigError(
            _("[account] base_url is not a usable address: {url}").format(url=shown(url)),
            hint=_("Normally it is https://api.weixin.qq.com"),
        )
    return parts


def check_proxy(url: str, origin: str) -> str:
    """Return the proxy's address, ready for use.

    Args:
        url: The address; without a scheme it means http, as in most programs.
        origin: Where it was set, for the message.

    Raises:
        ConfigError: It is no address of a proxy we can use.
    """
    full = url if "://" in url else f"http://{url}"
    parts = _split(full)
    if parts is None or parts.scheme not in PROXY_SCHEMES:
        message = _("The proxy address in {origin} cannot be used: {url}")
        raise ConfigError(message.format(origin=origin, url=shown(url)), hint=_(_PROXY_FORM))
    return full


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name or number alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def shown(url: str) -> str:
    """Return the address without its user and password."""
    scheme, mark, rest = url.rpartition("://")
    place, slash, tail = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{tail}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    is_printable = url.isascii() and url.isprintable() and " " not in url
    return parts if has_place and is_printable else None
