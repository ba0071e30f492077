"""Who is let in: who brings the token, or the cookie it was changed for, to an address that is ours. Pure.

Loopback is no wall: every user of the host reaches it, and so does every page open in a browser there. The names
under which we are called keep out pages whose name was made to point here (DNS rebinding), the origin keeps out
pages of others, and the token keeps out everybody else.
"""

import secrets
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

TOKEN_BYTES = 32
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Door:
    """One for each start: token and cookie of an earlier one open nothing.

    Args:
        names: Host names under which browsers may come, beside those of loopback.
        is_remote: Whether browsers of other hosts are expected: then any plain address is a name of ours.
    """

    def __init__(self, names: Iterable[str] = (), *, is_remote: bool = False) -> None:
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        """What stands in the address, once."""
        self.cookie = secrets.token_urlsafe(TOKEN_BYTES)
        """What a browser keeps of it; not the token, which may lie in a history or on a notepad."""
        self._names = frozenset(name.casefold() for name in names)
        self._is_remote = is_remote

    def takes_token(self, token: str) -> bool:
        """Whether it is the token; how long that takes tells nothing about it."""
        return secrets.compare_digest(token.encode(), self.token.encode())

    def takes_cookie(self, cookie: str | None) -> bool:
        """Whether it is the cookie, as with the token."""
        return cookie is not None and secrets.compare_digest(cookie.encode(), self.cookie.encode())

    def is_ours(self, host: str) -> bool:
        """Whether the header Host names us. Any port will do: ssh forwards to us from others."""
        name = _name(host)
        if name in LOOPBACK_NAMES or name in self._names:
            return True
        return self._is_remote and _is_address(name)

    def is_own_page(self, origin: str | None, host: str) -> bool:
        """Whether a request comes from a page of ours, or from no page at all.

        Args:
            origin: The header Origin; browsers send it with every WebSocket.
            host: The header Host, found to be ours.
        """
        if origin is None:
            return True
        place = urlsplit(origin).netloc.casefold()
        # A proxy that calls us by our own name leaves the browser's name for it only in the origin.
        return bool(place) and (place == host.casefold() or _name(place) in self._names)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this host alone."""
    if host.casefold() == "localhost":
        return True
    return _is_address(host) and ip_address(host).is_loopback


def _name(host: str) -> str:
    """Return the host without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").casefold()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
