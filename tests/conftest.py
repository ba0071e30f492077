"""What every test gets: a home of its own, English, UTC, and no way out but loopback."""

import gc
import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"  # read once, when textual is imported

import pytest
from hypothesis import settings as hypothesis_settings

from kfconsole import i18n

hypothesis_settings.register_profile("random", deadline=None)  # two cores are shared by many tests
hypothesis_settings.register_profile(
    "same", deadline=None, derandomize=True
)  # what is found by chance, `make soak` finds
hypothesis_settings.load_profile("same")

HOSTILE = "[/b] [@click=app.quit]x[/] \x1b]0;t\x07 \u202e 👨‍👩‍👧 你好"
"""What no screen, file or message may take literally."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def pytest_collection_finish() -> None:
    """Leave what was loaded out of every collection: it stays, and walking it takes a good part of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home of its own, in an environment that says nothing."""
    for name in list(os.environ):
        if name.startswith("KFCONSOLE_") or name.lower() in _PROXIES or name in _LANGUAGE_VARIABLES:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local/share"))
    monkeypatch.setenv("KFCONSOLE_DATA_DIR", str(home / "data"))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LANGUAGE", "en")
    return home


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the test before spoke."""
    i18n.use("en")
    yield
    i18n.use("en")


@pytest.fixture
def chinese() -> None:
    """Speak Chinese."""
    i18n.use("zh")


@pytest.fixture
def hostile() -> str:
    """Return a text that tries markup, a terminal title, a bidi override and wide characters."""
    return HOSTILE


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this host."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self.family, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        _refuse_outside(socket.AF_INET, (host,))
        return getaddrinfo(host, *rest, **more)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


def _refuse_outside(family: int, address: Any) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    if host in (None, "", "localhost"):
        return
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        pytest.fail(f"a test asked for {host}: only loopback is allowed")
