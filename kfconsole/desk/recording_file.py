"""The file of a recording, read a part at a time: a day of it takes no more memory than a minute."""

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import BinaryIO, Final, Self

from msgspec import Struct

from kfconsole.desk.fact_lines import Damaged, Keyframe, Moment, Restorer, messages_of, read_header
from kfconsole.desk.facts import Fact
from kfconsole.errors import ConfigError
from kfconsole.i18n import _, listed, ngettext
from kfconsole.model import Desk, Message

PART_MESSAGES: Final = 1_000
MAX_DAMAGED: Final = 200
"""More of them are not told apart."""
MAX_LINE_BYTES: Final = 64 * 1024 * 1024
"""A keyframe of the biggest floor has a tenth of it."""
TAIL_BYTES: Final = 4 * 1024 * 1024
"""The end of a file in which its last whole line is looked for."""
NAMED_LINES: Final = 3
KEYFRAME_START: Final = b'{"kind":"Keyframe"'
MESSAGE_STARTS: Final = (b'{"kind":"MessagesSeen"', b'{"kind":"ContactsSeen"')
"""Where messages stand: what a jump passes by has to be in the conversations all the same."""


class Played(Struct, frozen=True):
    """Facts of one moment, read from a recording."""

    facts: tuple[Fact, ...]
    at: float
    mono: float
    keyframe: Desk | None = None
    """The whole desk to begin with, before the facts."""


class RecordingFile:
    """A recording that is read from its start to its end, or from a keyframe on."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its header.

        Raises:
            ConfigError: It cannot be read, is no recording, or a newer version made it.
        """
        self.path = path
        self.damaged: list[int] = []
        """The numbers of lines that cannot be read, as far as it was read."""
        self.is_cut = False
        """Whether the last line was never finished."""
        try:
            self._file: BinaryIO = path.open("rb")
            first = self._file.readline(MAX_LINE_BYTES)
        except OSError as error:
            problem = _("{file} cannot be read: {problem}").format(file=path, problem=error.strerror)
            raise ConfigError(problem) from error
        self.header = read_header(first, path)
        self._start = self._file.tell()
        self._restorer = Restorer()
        self._number = 1
        self._ends = self._last_moment()

    @property
    def shift_seconds(self) -> float:
        """WeChat's clock minus the host's monotonic one, as known best: at the end, after all the answers."""
        if self._ends is None:
            return self.header.began_at - self.header.began_mono
        return self._ends.at - self._ends.mono

    @property
    def began_at(self) -> float:
        """Unix seconds of the first line."""
        return self.header.began_mono + self.shift_seconds

    @property
    def ends_at(self) -> float:
        """Unix seconds of the last line."""
        return self.header.began_at if self._ends is None else self._ends.at

    def another(self) -> Self:
        """Return a reader of its own of the same file, at its first line.

        Raises:
            OSError: It is not there any more.
        """
        other = copy(self)
        other._file = self.path.open("rb")
        other.damaged = []
        other.rewind()
        return other

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def rewind(self) -> None:
        """Go back to the first line."""
        self._file.seek(self._start)
        self._number = 1
        self._restorer = Restorer()

    def place(self) -> tuple[int, int]:
        """Return where it is, for `go_to`."""
        return self._file.tell(), self._number

    def go_to(self, place: tuple[int, int]) -> None:
        """Go on at a keyframe."""
        self._file.seek(place[0])
        self._number = place[1]

    def read(self, count: int) -> list[Played]:
        """Return what the next lines say; nothing at the end."""
        found: list[Played] = []
        while len(found) < count and (line := self._next()):
            played = self._played(line)
            if played is not None:
                found.append(played)
        return found

    def pass_to(self, mono: float) -> tuple[list[Message], tuple[int, int] | None, bool]:
        """Pass by lines up to a moment, quickly.

        Returns:
            The messages in some of them, where the last keyframe of these begins, and whether the moment is reached.
        """
        messages: list[Message] = []
        keyframe: tuple[int, int] | None = None
        while len(messages) < PART_MESSAGES:
            place = self.place()
            line = self._next()
            moment = self._restorer.moment(line) if line else None
            if not line or (moment is not None and moment.mono > mono):
                self.go_to(place)
                return messages, keyframe, True
            if line.startswith(KEYFRAME_START):
                keyframe = place
            elif line.startswith(MESSAGE_STARTS):
                fact, _at, _mono = self._restorer.fact(line)
                messages += messages_of(fact)
        return messages, keyframe, False

    def skip_to(self, mono: float) -> None:
        """Go to the last keyframe before a moment, or to the first line."""
        place, is_there = self.place(), False
        while not is_there:
            _messages, keyframe, is_there = self.pass_to(mono)
            place = keyframe or place
        self.go_to(place)

    def _played(self, line: bytes) -> Played | None:
        fact, at, mono = self._restorer.fact(line)
        if isinstance(fact, Damaged):
            self._note_damage()
            return None
        if not isinstance(fact, Keyframe):
            return Played((fact,), at, mono)
        parts: list[Fact] = [fact.remembered]
        for _part in range(fact.parts):
            inner, _at, _mono = self._restorer.fact(self._next())
            if isinstance(inner, Damaged | Keyframe):
                self._note_damage()
                return None
            parts.append(inner)
        return Played(tuple(parts), at, mono, fact.remembered.desk)

    def _next(self) -> bytes:
        place = self._file.tell()
        line = self._file.readline(MAX_LINE_BYTES)
        if line and not line.endswith(b"\n") and len(line) < MAX_LINE_BYTES:
            self.is_cut = True
            self._file.seek(place)
            return b""
        self._number += bool(line)
        return line

    def _note_damage(self) -> None:
        if self._number not in self.damaged and len(self.damaged) < MAX_DAMAGED:
            self.damaged.append(self._number)

    def _last_moment(self) -> Moment | None:
        end = self._file.seek(0, 2)
        self._file.seek(max(self._start, end - TAIL_BYTES))
        lines = self._file.read(TAIL_BYTES).split(b"\n")
        self.is_cut = bool(lines.pop())
        self.rewind()
        return next(filter(None, map(self._restorer.moment, reversed(lines))), None)


def damage_words(lines: Sequence[int]) -> str:
    """Say which lines of a recording cannot be read, and what comes of it."""
    words = ngettext(
        "Line {lines} of the recording cannot be read: for some minutes after it, something may be wrong.",
        "Lines {lines} of the recording cannot be read: for some minutes after them, something may be wrong.",
        len(lines),
    )
    shown = [str(line) for line in lines[:NAMED_LINES]]
    return words.format(lines=listed(shown if len(lines) <= NAMED_LINES else [*shown, "…"]))


def cut_words() -> str:
    """Say that the last line of a recording was never finished."""
    return _("The recording ends in the middle of a line: the console that wrote it was killed.")
