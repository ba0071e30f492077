"""What arrives from the terminal, where Textual reads something else than was meant."""

from collections.abc import Iterable
from enum import StrEnum
from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers import linux_driver
from textual.message import Message

from kfconsole import text

ESCAPE = "\x1b"


class _Arriving(StrEnum):
    ALT_ENTER = "alt+enter"


class Pastes:
    """Takes the escape characters out of what is pasted, and out of nothing else.

    Textual ends a paste at the first of them: the rest would be keys, and its line ends would send it.
    """

    def __init__(self) -> None:
        self._is_pasting = False
        self._last = ""
        """The end of what arrived before: outside of a paste handed on already, in one held back."""

    def harmless(self, arrived: str) -> str:
        """Return what arrived with a stand-in for each of them; what may begin the end of a paste is held back."""
        done: list[str] = []
        while arrived:
            take = self._take_pasted if self._is_pasting else self._take_typed
            taken, arrived = take(arrived)
            done.append(taken)
        return "".join(done)

    def _take_typed(self, arrived: str) -> tuple[str, str]:
        seen = self._last + arrived
        start = seen.find(BRACKETED_PASTE_START)
        if start < 0:
            self._last = seen[1 - len(BRACKETED_PASTE_START) :]
            return arrived, ""
        end = start + len(BRACKETED_PASTE_START) - len(self._last)
        self._is_pasting, self._last = True, ""
        return arrived[:end], arrived[end:]

    def _take_pasted(self, arrived: str) -> tuple[str, str]:
        pasted, mark, rest = (self._last + arrived).partition(BRACKETED_PASTE_END)
        self._is_pasting, self._last = not mark, ""
        start = pasted.rfind(ESCAPE)
        if not mark and start >= 0 and BRACKETED_PASTE_END.startswith(pasted[start:]):
            pasted, self._last = pasted[:start], pasted[start:]
        return pasted.replace(ESCAPE, text.clean(ESCAPE)) + mark, rest


class Parser(XTermParser):
    """Textual's own, in which a paste is a paste to its end."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pastes = Pastes()

    def feed(self, data: str) -> Iterable[Message]:
        """Take what was read; nothing at all means the end."""
        harmless = self._pastes.harmless(data)
        return super().feed(harmless) if harmless or not data else ()


def mend() -> None:
    """Let Alt+Enter arrive as such, as Enter sends half a reply; and keep what is pasted from becoming keys."""
    cast("dict[str, object]", ANSI_SEQUENCES_KEYS)["\x1b\r"] = (_Arriving.ALT_ENTER,)
    vars(linux_driver)["XTermParser"] = Parser
