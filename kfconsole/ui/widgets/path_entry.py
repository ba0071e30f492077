"""A line for the path of a file, completed by Tab."""

import asyncio
import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from msgspec import Struct
from textual import events
from textual.message import Message

from kfconsole import text
from kfconsole.ui.disk import Disk
from kfconsole.ui.widgets.entry import Entry

PATIENCE_SECONDS = 0.5  # keys typed behind a Tab wait so long for the disk, and then go before it
_FILE_URL = "file://"


class Completion(Struct, frozen=True):
    """What Tab makes of a path."""

    path: str
    """As far as it is certain."""
    names: tuple[str, ...] = ()
    """What it may become; folders end in a slash."""


class PathEntry(Entry):
    """A path of a file: Tab completes it, and what is dropped onto the terminal becomes one."""

    MAX_PASTED: ClassVar[int] = 16_384  # a path of 4,096 characters, each as three escapes

    class Completed(Message):
        """Tab was pressed; several names may follow what is there now, or none."""

        def __init__(self, entry: "PathEntry", names: tuple[str, ...]) -> None:
            super().__init__()
            self.entry = entry
            self.names = names

        @property
        def control(self) -> "PathEntry":
            """The line."""
            return self.entry

    def __init__(
        self, *, disk: Disk, endings: Iterable[str] = (), placeholder: str = "", id: str | None = None
    ) -> None:
        """Make the line.

        Args:
            disk: Looks at folders.
            endings: Of the files that are likely meant, without dots; others are offered where there are none.
            placeholder: What stands in the empty line.
            id: The widget's name.
        """
        super().__init__(placeholder=placeholder, compact=True, select_on_focus=False, id=id)
        self._disk = disk
        self._endings = tuple(endings)
        self._completing: asyncio.Task[None] | None = None
        self._offered: str | None = None
        """The path for which everything was offered: one more Tab goes on."""

    def on_unmount(self) -> None:
        """Wait for no disk."""
        if self._completing is not None:
            self._completing.cancel()

    async def _on_key(self, event: events.Key) -> None:
        if event.key != "tab" or self.screen.focused is not self or self.leaves_by(event.key):
            return
        event.stop()
        event.prevent_default()
        if self.value == self._offered:
            self.go_on()
            return
        if self._completing is not None:
            self._completing.cancel()
        # Waiting here holds nothing but the keys behind this one, which belong behind what it adds.
        self._completing = asyncio.create_task(self._complete(self.value))
        await asyncio.wait((self._completing,), timeout=PATIENCE_SECONDS)

    def go_on(self) -> None:
        """Leave the line: Tab was pressed where it can add nothing."""
        self.screen.focus_next()

    async def _complete(self, typed: str) -> None:
        completion = await self._disk.ask(lambda: completed(typed, self._endings))
        if self.value != typed or self.screen.focused is not self:
            return  # the user is ahead
        is_longer = completion.path != typed
        if is_longer:
            self.value = completion.path
            self.cursor_position = len(self.value)
        if len(completion.names) > 1:
            self._offered = None if is_longer else typed
            self.post_message(self.Completed(self, completion.names))
        elif not is_longer:
            self.go_on()
        else:
            self.post_message(self.Completed(self, ()))

    def take_pasted(self, pasted: str) -> None:
        """Write what was pasted, or dropped."""
        path = dropped_path(pasted[: self.MAX_PASTED])
        if path.startswith(("/", "~")):  # a whole one takes the place of what was there
            self.value = path
            self.cursor_position = len(path)
        else:
            self.replace(path, *self.selection)


def completed(typed: str, endings: Iterable[str] = ()) -> Completion:
    """Complete a path as far as the names in its folder allow; reads the disk, so do it in a thread.

    Hidden files are offered only to who typed their dot. Names that no line can hold are not offered at all.
    """
    if typed.startswith("~") and "/" not in typed:
        return Completion(f"{typed}/") if _expanded(typed).is_dir() else Completion(typed)
    begun = typed.rpartition("/")[2]
    folder = typed.removesuffix(begun)
    found = _names(_expanded(folder or "."), begun, tuple(f".{ending}" for ending in endings))
    if not found:
        return Completion(typed)
    common = _common(found)
    return Completion(folder + (common if len(common) >= len(begun) else begun), tuple(sorted(found, key=text.folded)))


def _names(folder: Path, begun: str, endings: tuple[str, ...]) -> list[str]:
    """The names in a folder that begin so, in the same letters or else in any; of files likely meant before others."""
    try:
        with os.scandir(folder) as entries:
            named = [entry for entry in entries if _is_offered(entry.name, begun)]
            exact = [entry for entry in named if entry.name.startswith(begun)]
            found = [entry.name + "/" * entry.is_dir() for entry in exact or named]
    except OSError:
        return []  # what is wrong with the folder is said of the path as a whole
    likely = [name for name in found if name.endswith("/") or name.lower().endswith(endings)]
    return likely or found


def _common(names: list[str]) -> str:
    """What all names begin with."""
    first, last = min(names), max(names)
    return next((first[:at] for at, letter in enumerate(first) if not last.startswith(letter, at)), first)


def _is_offered(name: str, begun: str) -> bool:
    is_asked_for = begun.startswith(".") or not name.startswith(".")
    can_stand = text.clean(name) == name and "\n" not in name and "\t" not in name
    return is_asked_for and can_stand and text.folded(name).startswith(text.folded(begun))


def dropped_path(pasted: str) -> str:
    """Return the path in what a terminal pastes when a file is dropped onto it: quoted, escaped, or as a URL.

    Of several files the first; what is none of these is a path already, blanks and all.
    """
    first = next((line.strip() for line in pasted.splitlines() if line.strip()), "")
    if first.lower().startswith(_FILE_URL):
        path = first.split()[0][len(_FILE_URL) :]
        return unquote(path[path.find("/") :]) if "/" in path else ""
    is_quoted = first[:1] in {"'", '"'}
    is_escaped = "\\" in first and first.startswith(("/", "~", "."))  # those of Windows are no escapes
    if not (is_quoted or is_escaped):
        return first
    try:
        parts = shlex.split(first)
    except ValueError:
        return first  # an apostrophe in a name
    return parts[0] if parts else ""


def path_of(typed: str) -> Path:
    """Return the file that is meant, also where a terminal typed what was dropped onto it; reads the disk."""
    literal = _expanded(typed.strip())
    if not os.path.lexists(literal):
        dropped = _expanded(dropped_path(typed))
        if os.path.lexists(dropped):
            return dropped
    return literal


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # nobody of that name
        return Path(path)
