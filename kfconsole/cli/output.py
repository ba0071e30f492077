"""What a command says: data on stdout, talk on stderr, and the exit code."""

import json
import os
import sys
from collections.abc import Callable
from typing import TextIO

from msgspec import to_builtins

from kfconsole.errors import (
    ArchiveError,
    ConfigError,
    KfError,
    OutcomeNotKept,
    RateLimited,
    Unavailable,
)
from kfconsole.i18n import _
from kfconsole.text import clean

DONE = 0
REFUSED = 1
USAGE = 2
RETRY_LATER = 3
OUTCOME_UNKNOWN = 4
INTERRUPTED = 130


def emit(line: str) -> bool:
    """Print a line of data; False when the reader has gone away, which is no failure.

    Raises:
        ConfigError: It cannot be written, such as to a full disk.
    """
    return _printed(lambda: print(line, flush=True))


def emit_bytes(data: bytes) -> bool:
    """Print a part of a file; False and failures as with `emit`."""

    def write() -> None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    return _printed(write)


def _printed(act: Callable[[], None]) -> bool:
    try:
        act()
    except OSError as error:
        _silence(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return False
        raise ConfigError(_("The output cannot be written: {problem}").format(problem=error.strerror)) from error
    return True


def emit_json(value: object) -> bool:
    """Print a Struct, or a dict, as one line of JSON; False as with `emit`."""
    return emit(json.dumps(to_builtins(value), ensure_ascii=False))


def talk(line: str) -> None:
    """Say something to the person, beside the data; that nobody can hear it changes nothing about what was done."""
    try:
        print(clean(line), file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def _silence(stream: TextIO) -> None:
    # Python flushes it once more at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def complain(message: str, hint: str = "") -> None:
    """Say what went wrong, and in a second line what to do."""
    talk(f"kfconsole: {message}")
    if hint:
        talk(_("hint: {hint}").format(hint=hint))


def failed(error: KfError) -> int:
    """Say why a command failed; return its exit code."""
    complain(with_code(error), error.hint)
    return exit_code(error)


def with_code(error: KfError) -> str:
    """Return what went wrong, with WeChat's code where there is one."""
    if not error.code or str(error.code) in error.message:
        return error.message
    return _("{problem} ({code})").format(problem=error.message, code=error.code)


def exit_code(error: KfError) -> int:
    """Return how the failure is told to a script."""
    match error:
        case OutcomeNotKept():
            return OUTCOME_UNKNOWN
        case ConfigError() | ArchiveError():
            return USAGE
        case RateLimited() | Unavailable(may_have_arrived=False):
            return RETRY_LATER
        case Unavailable():
            return OUTCOME_UNKNOWN
        case _:
            return REFUSED


def require_terminal() -> None:
    """Refuse to draw where nobody sees it.

    Raises:
        ConfigError: stdin or stdout is not a terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        hint = _("Run it in a terminal; 'kfconsole status' and 'kfconsole queue' also work in scripts.")
        raise ConfigError(_("The console needs a terminal for input and output."), hint=hint)
