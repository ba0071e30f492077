"""One file on its way to WeChat: checked first, then read from the disk piece by piece while it is sent."""

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.wechat.filetypes import HEAD_BYTES, FileType, Limits, shown, size_words, type_of
from kfconsole.wechat.voices import voice_seconds

PIECE_BYTES = 64 * 1024
SPARE_SECONDS = 1.0  # programs count the last frames of a recording differently: a little too long is WeChat's to judge

OnProgress = Callable[[int, int], None]
"""Told how many bytes of a file have left, and how many it has; a second try begins at 0 again."""


class Examined(NamedTuple):
    """A file that WeChat takes, as far as that can be seen here."""

    type: FileType
    byte_count: int
    seconds: float | None
    """How long a voice recording plays, None when it cannot be told."""


class _State(NamedTuple):
    """What shows that a file is still the one that was checked."""

    device: int
    inode: int
    byte_count: int
    changed_ns: int


class Upload:
    """A multipart body with one file part `media`, of known length and never whole in memory.

    The file goes under a name of ours: WeChat judges by its ending, and what it is called here is nobody's business.
    """

    def __init__(self, file: Path, limits: Limits, on_progress: OnProgress | None = None) -> None:
        """Look at the file; reads the disk, so do it in a thread.

        Raises:
            NotPossible: It cannot be read, or WeChat takes no such file.
        """
        self._file = file
        self._on_progress = on_progress
        self._state, examined = _examine(file, limits)
        boundary = os.urandom(16).hex()
        self._before, self._after = _frame(examined.type, boundary)
        self._content_type = f"multipart/form-data; boundary={boundary}"

    @property
    def headers(self) -> Mapping[str, str]:
        """What HTTP has to say of the body."""
        size = len(self._before) + self._state.byte_count + len(self._after)
        return {"Content-Type": self._content_type, "Content-Length": str(size)}

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the body; the file is open only while a piece is read.

        Raises:
            NotPossible: The file is not the one that was checked any more. The body then never ends, so that WeChat
                takes nothing.
        """
        self._tell(0)
        yield self._before
        for start in range(0, self._state.byte_count, PIECE_BYTES):
            yield await asyncio.to_thread(self._piece, start)
            self._tell(start + PIECE_BYTES)
        await asyncio.to_thread(self._piece, self._state.byte_count)
        yield self._after

    def _tell(self, byte_count: int) -> None:
        if self._on_progress is not None:
            self._on_progress(min(byte_count, self._state.byte_count), self._state.byte_count)

    def _piece(self, start: int) -> bytes:
        try:
            with self._file.open("rb") as opened:
                opened.seek(start)
                piece = opened.read(PIECE_BYTES)
                is_the_same = _state_of(os.fstat(opened.fileno())) == self._state
        except OSError as error:
            raise _unreadable(self._file, error) from None
        if not is_the_same or len(piece) != min(PIECE_BYTES, self._state.byte_count - start):
            raise NotPossible(
                _("{file} changed while it was being sent, so nothing was sent.").format(file=shown(self._file)),
                hint=_("Wait until it is complete, then send it again."),
            )
        return piece


def examine(file: Path, limits: Limits) -> Examined:
    """Look whether WeChat takes a file; reads the disk, so do it in a thread.

    Raises:
        NotPossible: It cannot be read, or WeChat takes no such file.
    """
    return _examine(file, limits)[1]


def fingerprint(file: Path) -> str:
    """Return what tells a file's content from every other; reads the disk, so do it in a thread.

    Raises:
        NotPossible: It cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(file, error) from None


def _examine(file: Path, limits: Limits) -> "tuple[_State, Examined]":
    try:
        state, head = _look(file)
    except OSError as error:
        raise _unreadable(file, error) from None
    _check_size(file, state.byte_count, limits)
    kind = type_of(head)
    if kind not in limits.types:
        raise NotPossible(
            _("{file} is of a type WeChat does not take here.").format(file=shown(file)),
            hint=_("Use one of these: {types}. What counts is what the file holds, not its name.").format(
                types=", ".join(one.ending for one in limits.types)
            ),
        )
    return state, Examined(kind, state.byte_count, _check_length(file, limits))


def _check_length(file: Path, limits: Limits) -> float | None:
    if limits.longest_seconds is None:
        return None
    try:
        seconds = voice_seconds(file.read_bytes())
    except OSError as error:
        raise _unreadable(file, error) from None
    if seconds is not None and seconds >= limits.longest_seconds + SPARE_SECONDS:
        raise NotPossible(
            _("{file} is too long: {seconds} s, and WeChat takes at most {longest} s.").format(
                file=shown(file), seconds=int(seconds), longest=int(limits.longest_seconds)
            ),
            hint=_("Make it shorter first, or send it in parts."),
        )
    return seconds


def _look(file: Path) -> tuple[_State, bytes]:
    """Return the state of a file and its first bytes.

    Raises:
        NotPossible: It is none, and opening it might wait for ever.
    """
    if not stat.S_ISREG(file.stat().st_mode):
        raise NotPossible(_("{file} is not a file.").format(file=shown(file)))
    with file.open("rb") as opened:
        return _state_of(os.fstat(opened.fileno())), opened.read(HEAD_BYTES)


def _state_of(status: os.stat_result) -> _State:
    return _State(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _check_size(file: Path, byte_count: int, limits: Limits) -> None:
    if byte_count == 0:
        raise NotPossible(_("{file} is empty.").format(file=shown(file)))
    if byte_count > limits.largest_bytes:
        raise NotPossible(
            _("{file} is too large: {size}, and WeChat takes at most {largest}.").format(
                file=shown(file), size=size_words(byte_count), largest=size_words(limits.largest_bytes)
            ),
            hint=_("Make it smaller first."),
        )


def _frame(kind: FileType, boundary: str) -> tuple[bytes, bytes]:
    """Return what stands before and after the file."""
    before = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="media"; filename="media.{kind.ending}"\r\n'
        f"Content-Type: {kind.content_type}\r\n\r\n"
    )
    return before.encode("ascii"), f"\r\n--{boundary}--\r\n".encode("ascii")


def _unreadable(file: Path, error: OSError) -> NotPossible:
    message = _("{file} cannot be read: {problem}").format(
        file=shown(file), problem=error.strerror or type(error).__name__
    )
    return NotPossible(message)
