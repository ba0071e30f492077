"""A simulator of its own for each test, and the installed console on a terminal."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.terminal.program import start_console, write_settings
from tests.terminal.session import Session
from tests.terminal.wechat_server import WechatServer


class OpenConsole(Protocol):
    """Starts a console; the next one finds what the last one left at home."""

    def __call__(self, *, size: tuple[int, int] = (120, 40), language: str = "en") -> Session: ...


@pytest.fixture
def server(home: Path) -> Iterator[WechatServer]:
    """Run a quiet WeChat: one customer waits, nothing happens by itself."""
    with WechatServer(home) as server:
        yield server


@pytest.fixture
def open_console(home: Path, server: WechatServer) -> Iterator[OpenConsole]:
    """Start consoles on the server's account; they end with the test."""
    with ExitStack() as sessions:

        def open_console(*, size: tuple[int, int] = (120, 40), language: str = "en") -> Session:
            write_settings(home, server.account, language=language)
            return sessions.enter_context(start_console(home, size=size))

        yield open_console
