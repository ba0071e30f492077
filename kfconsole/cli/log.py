"""The log in the data folder: one line a call, and crashes; no text, no secret, no token."""

import logging
import os
import re
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole.text import clean, one_line

if TYPE_CHECKING:
    from kfconsole.wechat import CallEntry

FILES = 5
FILE_BYTES = 1_000_000
_SECRETS = re.compile(
    r"""((?:access_token|app_?secret|secret)\\*['"]?\s*(?:[=:]|%3[AD])\s*\\*['"]?)[^\s'"\\&,;)}]+""", re.IGNORECASE
)
_SECRET_SHAPES = re.compile(r"[A-Za-z0-9_-]{64,}|(?<![A-Za-z0-9])[0-9A-Fa-f]{32}(?![A-Za-z0-9])")
"""A token, or an app secret that nothing beside it names."""
_OPENID = re.compile(r"\bo[A-Za-z0-9_-]{21}([A-Za-z0-9_-]{6})(?![A-Za-z0-9_-])")


class Log:
    """Writes the log; opened on the first line, and silent when the disk is full."""

    def __init__(self, path: Path) -> None:
        self._handler = _PrivateFile(path)

    def call(self, entry: "CallEntry") -> None:
        """Write one call to WeChat."""
        code = "-" if entry.code is None else entry.code
        error = one_line(entry.error)
        line = f"{entry.method} {entry.path} code={code} rid={entry.rid or '-'} {entry.milliseconds:.0f}ms"
        self.write(logging.INFO, f"{line} {error}".rstrip())

    def write(self, level: int, text: str) -> None:
        """Write one entry, without what must not be in a log."""
        self._handler.emit(logging.LogRecord("kfconsole", level, "", 0, scrubbed(text), None, None))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


def scrubbed(text: str) -> str:
    """Return the text without secrets and tokens, openids shortened, on lines that steer no terminal."""
    text = _SECRET_SHAPES.sub("[...]", _SECRETS.sub(r"\1[...]", text))
    return clean(_OPENID.sub(r"…\1", text))


class _PrivateFile(RotatingFileHandler):
    """A rotating file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8", delay=True)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002  # logging's signature
        """Let the log be lost: a full disk must not draw over the screen."""
        if not isinstance(sys.exc_info()[1], OSError):
            raise
