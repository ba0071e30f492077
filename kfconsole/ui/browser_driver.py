"""The place of a terminal in a browser: Textual's own, which here never outlives who reads it."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from textual import messages
from textual.app import App
from textual.drivers import web_driver
from textual.drivers.web_driver import WebDriver

from kfconsole.ui.arriving import Parser


class BrowserDriver(WebDriver):
    """Leaves in order once nobody is at the other end, whatever ended them: drafts are kept as at any other end."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        vars(web_driver)["XTermParser"] = Parser
        self._write = partial(_write_all, self._leave, self.fileno)

    def run_input_thread(self) -> None:
        """Read until the other end closes."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._leave()

    def _leave(self) -> None:
        self._app.post_message(messages.ExitApp())


def _write_all(leave: Callable[[], None], fileno: int, data: bytes) -> int:
    """Write all of it, or give the rest up and leave when nobody reads any more."""
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(fileno, rest) :]
    except OSError:
        leave()
    return len(data)
