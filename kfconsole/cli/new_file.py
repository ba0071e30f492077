"""A file that is there whole or not at all, and that only its owner can read."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

from kfconsole.errors import ConfigError
from kfconsole.i18n import N_, _

T = TypeVar("T")

_NO_ROOM = N_("Free some space, or name a file on another disk.")
_NOT_ALLOWED = N_("Name a file in another folder.")
_HINTS = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: _NO_ROOM,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: _NOT_ALLOWED,
}


class NewFile:
    """Writes beside the file's place; `finish` puts it there, leaving the block without it leaves nothing."""

    def __init__(self, path: Path, *, replaces: bool) -> None:
        """Look at the place.

        Args:
            path: Where the file will be.
            replaces: Whether a file that is there gives way; a link to one stays a link.

        Raises:
            ConfigError: Something is there already, or the folder is missing.
        """
        self.path = path
        self._replaces = replaces
        self._target = Path(os.path.realpath(path)) if replaces else path
        self._part = self._target.with_name(f".kfconsole-{os.urandom(8).hex()}.part")
        self._opened: BinaryIO | None = None
        self._refuse_what_is_there()
        if not self._target.parent.is_dir():
            raise ConfigError(
                _("There is no folder {folder}.").format(folder=self._target.parent), hint=_("Make it first.")
            )

    def __enter__(self) -> Self:
        self._opened = self._surely(self._create)
        return self

    def write(self, data: bytes) -> None:
        """Add to the file.

        Raises:
            ConfigError: The disk is full or fails.
        """
        self._surely(lambda: self._file.write(data))

    def finish(self) -> None:
        """Put the file in its place, on the disk for good.

        Raises:
            ConfigError: The disk is full or fails, or somebody else took the place meanwhile.
        """
        self._surely(self._finish)

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        with suppress(OSError):  # closing writes what is left, which a full disk refuses once more
            self._file.close()
        self._part.unlink(missing_ok=True)

    @property
    def _file(self) -> BinaryIO:
        assert self._opened is not None
        return self._opened

    def _create(self) -> BinaryIO:
        return os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        if self._replaces:
            self._refuse_what_is_there()
            self._part.replace(self._target)
        else:
            try:
                os.link(self._part, self._target)  # unlike a rename, it fails where somebody was faster
            except OSError:
                self._refuse_what_is_there()
                self._part.rename(self._target)  # a file system without hard links
        with suppress(OSError):  # some file systems cannot; the file itself is safe
            folder = os.open(self._target.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _refuse_what_is_there(self) -> None:
        try:
            found = self._target.lstat()
        except OSError:  # nothing is there; what else is wrong shows when it is written
            return
        if not self._replaces:
            raise ConfigError(
                _("{file} is there already and is not replaced.").format(file=self.path),
                hint=_("Add --force to replace it, or name another file."),
            )
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError(_("{file} is no ordinary file, and is not replaced.").format(file=self.path))

    def _surely(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except OSError as error:
            raise ConfigError(
                _("{file} cannot be written: {problem}").format(file=self.path, problem=error.strerror),
                hint=_(_HINTS[error.errno]) if error.errno in _HINTS else "",
            ) from error
