"""One program in one pseudo-terminal: what a person at the keyboard would see, and when."""

import contextlib
import fcntl
import os
import pty
import queue
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.terminal import processes
from tests.terminal.emulator import INITIAL_MODES, Emulator

WITHIN_SECONDS = 20.0
_GRACE_SECONDS = 3.0
_LOOK_AGAIN_SECONDS = 0.05  # a question may be about something that paints nothing
_CELL_PIXELS = 9, 18

Wanted = str | Callable[["Session"], bool]
"""A regular expression that matches somewhere on the screen, or a question to the session."""


class Key(StrEnum):
    """What keys without a letter send."""

    ENTER = "\r"
    ESCAPE = "\x1b"
    TAB = "\t"
    UP = "\x1b[A"
    DOWN = "\x1b[B"
    RIGHT = "\x1b[C"
    LEFT = "\x1b[D"
    CTRL_J = "\n"
    CTRL_Q = "\x11"


class Session:
    """A program on a terminal of its own, from its first byte to its exit code.

    A thread stamps every chunk the moment it arrives; emulation happens when somebody looks, so it delays neither
    the stamps nor the program.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        home: Path,
        size: tuple[int, int] = (120, 40),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.output = bytearray()
        """Every byte the program wrote."""
        self.last_output_at = 0.0
        """When its newest chunk arrived."""
        self._is_over = False
        self._chunks: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self._terminal, program_side = pty.openpty()
        self.emulator = Emulator(*size, lambda answer: self._write(answer.encode()))
        self._tell_size(size)
        self.started_at = time.monotonic()
        self._process = subprocess.Popen(
            command,
            stdin=program_side,
            stdout=program_side,
            stderr=program_side,
            env=_environment(home, environment or {}),
            cwd=home,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(program_side)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.close()

    # What is on screen

    def lines(self) -> list[str]:
        """Return the rows of the screen as they read."""
        self._take_arrived()
        return self.emulator.lines()

    def text(self) -> str:
        """Return the whole screen."""
        return "\n".join(self.lines())

    def row_of(self, pattern: str) -> int:
        """Return the first row in which a pattern matches."""
        for number, line in enumerate(self.lines()):
            if re.search(pattern, line):
                return number
        raise AssertionError(f"{pattern!r} is not on screen:\n{self.text()}")

    def is_restored(self) -> bool:
        """Whether the terminal is back as the program got it."""
        self._take_arrived()
        return self.emulator.modes == INITIAL_MODES and not self.emulator.screen.cursor.hidden

    # What the person does

    def send(self, keys: str) -> float:
        """Press keys or type text, all at once; return when."""
        at = time.monotonic()
        self._write(keys.encode())
        return at

    def send_bytes(self, data: bytes) -> float:
        """Send bytes as the wire may cut them, within a character even; return when."""
        at = time.monotonic()
        self._write(data)
        return at

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._take_arrived()
        self.emulator.resize(columns, rows)
        self._tell_size((columns, rows))

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    # Waiting

    def wait_for(self, wanted: Wanted, within: float = WITHIN_SECONDS) -> float:
        """Wait until something is seen; return when the chunk that completed it arrived."""
        is_seen = wanted if callable(wanted) else lambda session: bool(re.search(wanted, session.text()))
        patience = _LOOK_AGAIN_SECONDS if callable(wanted) else within
        deadline = time.monotonic() + within
        while not is_seen(self):
            left = deadline - time.monotonic()
            if self._is_over or left <= 0:
                why = "the program ended" if self._is_over else f"not within {within} s"
                raise AssertionError(f"{wanted!r} was not seen: {why}; the screen:\n{self.text()}")
            self._take(min(left, patience))
        return self.last_output_at

    def wait_for_quiet(self, seconds: float, within: float = WITHIN_SECONDS) -> float:
        """Wait until nothing was written for so long; return when the last byte arrived."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and not self._is_over and self._take(seconds):
            pass
        return self.last_output_at

    def watch(self, seconds: float) -> None:
        """Read along for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._take(left)

    def wait_for_exit(self, within: float = WITHIN_SECONDS) -> int:
        """Wait until the program ended and all it wrote is read; return its exit code."""
        deadline = time.monotonic() + within
        while not self._is_over and (left := deadline - time.monotonic()) > 0:
            self._take(left)
        return self._process.wait(max(0.0, deadline - time.monotonic()) + _GRACE_SECONDS)

    # What it costs

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    def cpu_seconds(self) -> float:
        """Return the processor time of the program and its children so far."""
        return processes.cpu_seconds(self.pid)

    def memory_mb(self) -> float:
        """Return the resident memory of the program and its children."""
        return processes.memory_mb(self.pid)

    def close(self) -> None:
        """End the program, gently first, and give the terminal back."""
        if self._terminal < 0:
            return
        for number in (signal.SIGHUP, signal.SIGKILL):
            if self._process.poll() is None:
                os.killpg(self.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_GRACE_SECONDS)
        self._reader.join(_GRACE_SECONDS)
        os.close(self._terminal)
        self._terminal = -1

    # The wire

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the program's side is closed
            while data := os.read(self._terminal, 65536):
                self._chunks.put((time.monotonic(), data))
        self._chunks.put((time.monotonic(), b""))

    def _take(self, timeout: float) -> bool:
        with contextlib.suppress(queue.Empty):
            self._feed(*self._chunks.get(timeout=max(timeout, 0.0001)))
            return True
        return False

    def _take_arrived(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._feed(*self._chunks.get_nowait())

    def _feed(self, at: float, data: bytes) -> None:
        if not data:
            self._is_over = True
            return
        self.last_output_at = at
        self.output += data
        self.emulator.feed(data)

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # it ended; whoever waits will see that
            while data:
                data = data[os.write(self._terminal, data) :]

    def _tell_size(self, size: tuple[int, int]) -> None:
        columns, rows = size
        width, height = _CELL_PIXELS
        fcntl.ioctl(
            self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * width, rows * height)
        )


def _environment(home: Path, more: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        **more,
    }
