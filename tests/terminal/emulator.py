"""A terminal as seen from inside: cells, modes and answers of an xterm without optional extensions."""

import codecs
import re
from collections.abc import Callable, Sequence

import pyte

_SEQUENCE = re.compile(
    r"\x1b(?:\[(?P<lead>[<=>?]?)(?P<numbers>[0-9;:]*)(?P<middle>[ -/]*)(?P<final>[@-~])"
    r"|\].*?(?:\x07|\x1b\\)|[P_^X].*?\x1b\\|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])",
    re.DOTALL,
)
_LONGEST_SEQUENCE = 4096
_SCREEN_MODES = frozenset({47, 1047, 1049})
_PYTE_MODES = frozenset({5, 6, 7, 25})
_KNOWN_MODES = frozenset({1, 12, 69, 1000, 1002, 1003, 1004, 1006, 1007, 1048, 2004}) | _SCREEN_MODES | _PYTE_MODES
_PRIMARY_ATTRIBUTES = "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c"
_SECONDARY_ATTRIBUTES = "\x1b[>41;390;0c"
INITIAL_MODES = frozenset({7, 25})
"""Autowrap on and cursor visible: how a terminal is handed to a program and wants to come back."""


class Emulator:
    """Turns a program's bytes into a screen and answers its questions.

    Synchronized output (2026) and in-band resizes (2048) are "not recognised", as in xterm.
    """

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.modes = set(INITIAL_MODES)
        self.version = 0
        """Grows whenever cells were touched."""
        self._stream = pyte.Stream(self.screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._answer = answer
        self._rest = ""

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the program still has to be told."""
        self.screen.resize(rows, columns)
        self.version += 1

    def lines(self) -> list[str]:
        """Return the rows as they read; a character two cells wide stands once."""
        buffer, columns = self.screen.buffer, self.screen.columns
        return [
            "".join(buffer[row][column].data for column in range(columns)).rstrip() for row in range(self.screen.lines)
        ]

    def column_of(self, words: str, row: int) -> int:
        """Return the cell at which words begin in a row."""
        line = self.screen.buffer[row]
        cells = [line[column].data for column in range(self.screen.columns)]
        for column, cell in enumerate(cells):
            if cell and "".join(cells[column:]).startswith(words):
                return column
        raise ValueError(f"{words!r} is not in row {row}: {''.join(cells)!r}")

    def is_reverse(self, words: str, row: int) -> bool:
        """Whether words in a row are shown with their colours exchanged, as what has the focus is."""
        cell = self.screen.buffer[row][self.column_of(words, row)]
        return bool(cell.reverse)

    def backgrounds(self, column: int) -> Sequence[str]:
        """Return the background colours down a column."""
        return [self.screen.buffer[row][column].bg for row in range(self.screen.lines)]

    def feed(self, data: bytes) -> None:
        """Take what the program wrote."""
        text, position = self._rest + self._decoder.decode(data), 0
        self._rest = ""
        while position < len(text):
            start = text.find("\x1b", position)
            start = len(text) if start < 0 else start
            if start > position:
                self._stream.feed(text[position:start])
            found = _SEQUENCE.match(text, start)
            if found is None and start < len(text) and len(text) - start < _LONGEST_SEQUENCE:
                self._rest = text[start:]  # its end is still to come
                break
            if found is not None:
                self._sequence(found)
            position = found.end() if found else start + 1
        if self.screen.dirty:
            self.screen.dirty.clear()
            self.version += 1

    def _sequence(self, found: re.Match[str]) -> None:
        lead, numbers, middle, final = found["lead"], found["numbers"], found["middle"], found["final"]
        if final is None:
            if found[0][1] not in "]P_^X=>":  # strings and keypad modes change no cell
                self._stream.feed(found[0])
        elif final in "cnp" and (answer := self._answer_to(lead + numbers + middle + final)):
            self._answer(answer)
        elif lead == "?" and final in "hl":
            for mode in filter(None, numbers.split(";")):
                self._set_mode(int(mode), is_on=final == "h")
        elif not lead and not middle and final != "t":  # the others are extensions and titles, which xterm ignores
            self._stream.feed(found[0].replace(":", ";"))

    def _answer_to(self, query: str) -> str:
        match query:
            case "c" | "0c":
                return _PRIMARY_ATTRIBUTES
            case ">c" | ">0c":
                return _SECONDARY_ATTRIBUTES
            case "5n":
                return "\x1b[0n"
            case "6n":
                cursor = self.screen.cursor
                return f"\x1b[{cursor.y + 1};{min(cursor.x + 1, self.screen.columns)}R"
        if query.startswith("?") and query.endswith("$p"):
            mode = int(query[1:-2])
            state = 0 if mode not in _KNOWN_MODES else 1 if mode in self.modes else 2
            return f"\x1b[?{mode};{state}$y"
        return ""

    def _set_mode(self, mode: int, *, is_on: bool) -> None:
        (self.modes.add if is_on else self.modes.discard)(mode)
        if mode in _SCREEN_MODES:
            self._stream.feed("\x1b[2J\x1b[H")  # either screen is blank here
        elif mode in _PYTE_MODES:
            self._stream.feed(f"\x1b[?{mode}{'h' if is_on else 'l'}")
