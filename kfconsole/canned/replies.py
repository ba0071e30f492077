"""What a file of canned replies holds.

Library
├── replies    Reply     a text with a name, in the order of the file
└── problems   Problem   a line that is wrong, and why
"""

from pathlib import Path

from msgspec import Struct

from kfconsole.i18n import _

MAX_NAME_CHARACTERS = 60
MAX_TEXT_BYTES = 10_240  # five replies of 2,048 bytes: more can never be sent in one go
MAX_FILE_BYTES = 2_000_000  # thousands of replies; a file that is larger is another one named by mistake


class Reply(Struct, frozen=True):
    """One canned reply."""

    name: str
    text: str
    """As it stands in the file, variables not filled in; cleaned."""
    key: str = ""
    """The one character that picks it at once; empty: none."""
    folder: str = ""
    """What it belongs to, as people sort them; empty: nothing."""
    line: int = 0
    """Where it begins in the file, from 1."""
    number: int = 0
    """Which entry of the file it is, from 0; those that cannot be read count too."""
    unknown: tuple[str, ...] = ()
    """Variables in it that nothing fills in: it can be mended, but not be put into a message."""

    @property
    def path(self) -> str:
        """Folder and name, as lists show it."""
        return f"{self.folder} / {self.name}" if self.folder else self.name


class Problem(Struct, frozen=True):
    """What is wrong in the file, and where."""

    line: int
    """From 1; 0: the file as a whole."""
    message: str

    def told(self, path: Path) -> str:
        """Say it with file and line."""
        if not self.line:
            return f"{path}: {self.message}"
        return _("{file}, line {line}: {problem}").format(file=path, line=self.line, problem=self.message)


class Stamp(Struct, frozen=True):
    """By which a file that has changed is known."""

    device: int
    inode: int
    size: int
    changed_ns: int


class Library(Struct, frozen=True):
    """All canned replies of a file, and what is wrong in it."""

    path: Path
    replies: tuple[Reply, ...] = ()
    problems: tuple[Problem, ...] = ()
    """In the order of the file."""
    is_missing: bool = False
    """Whether there is no such file yet."""
    stamp: Stamp | None = None
    """None: it could not be read."""
