"""Where a text goes that somebody copies: tmux, the terminal, a program of this host, at worst a file.

What is told apart is what is known to work and what is only hoped: tmux and the programs answer, a terminal never does.
"""

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from kfconsole.i18n import _
from kfconsole.terminal.tmux import ANSWER_SECONDS, Run, inside_tmux

MOST_BASE64_BYTES = 74_994
"""What every terminal with a clipboard takes in one sequence; several cut off or drop more."""
FILE_NAME = "copied.txt"
TMUX_HINT = "tmux set -g set-clipboard on"
FEATURE_HINT = "tmux set -as terminal-features ',*:clipboard'"

Feed = Callable[[Sequence[str], bytes], bool]
"""Runs a program with a text as its input; whether it took it. It may take its time."""


class Way(StrEnum):
    """How a text was copied."""

    TMUX = "tmux"
    """Into tmux's buffer, and from there to the clipboard of the terminal around it."""
    TMUX_ONLY = "tmux_only"
    """Into tmux's buffer; the terminal around it has no clipboard that tmux knows of."""
    TERMINAL = "terminal"
    """By a sequence to the terminal, which never says whether it took it."""
    PROGRAM = "program"
    FILE = "file"
    NOWHERE = "nowhere"


class Copied(Struct, frozen=True):
    """Where a text went."""

    way: Way
    name: str = ""
    """The program, or the file."""
    sequence: str = ""
    """What is still to be written to the terminal."""
    hint: str = ""
    """A command that would bring the text further, or why there is no way."""


def feed_program(command: Sequence[str], text: bytes) -> bool:
    """Run a program with a text as its input, and not for long; see `Feed`. Never on the loop."""
    program = shutil.which(command[0])
    if program is None:
        return False
    try:
        # No pipe for what it prints: those who keep the clipboard stay behind, and would hold it open.
        done = subprocess.run(
            (program, *command[1:]),
            input=text,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=ANSWER_SECONDS,
            check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def copy(
    text: str,
    *,
    environ: Mapping[str, str],
    platform: str,
    folder: Path,
    run: Run,
    feed: Feed = feed_program,
    which: Callable[[str], str | None] = shutil.which,
    has_terminal: bool = True,
) -> Copied:
    """Copy a text by the first way that works. It asks programs: never on the loop.

    Args:
        text: What is copied; newlines and tabs stay.
        environ: The variables of this process, by which terminals are known.
        platform: As `sys.platform` has it.
        folder: For the file, when nothing else is left.
        run: Asks tmux.
        feed: Gives the text to a program.
        which: Finds a program.
        has_terminal: Whether a sequence can be written to a terminal.
    """
    data = text.encode("utf-8", "replace")
    in_tmux = False
    if inside_tmux(environ) and feed(("tmux", "load-buffer", "-w", "-"), data):
        if "clipboard" in (run(("tmux", "display-message", "-p", "#{client_termfeatures}")) or ""):
            return Copied(Way.TMUX)
        in_tmux = True
    elif inside_tmux(environ):
        in_tmux = feed(("tmux", "load-buffer", "-"), data)  # before 3.2 it has no -w
    takes = takes_sequence(environ) if has_terminal else False
    sequence = osc52(data) if takes is not False else ""
    if sequence and takes:
        return Copied(Way.TERMINAL, sequence=sequence)
    for command in _programs(environ, platform):
        if which(command[0]) and feed(command, _encoded(text, command[0])):
            return Copied(Way.PROGRAM, name=command[0])
    if in_tmux:
        return Copied(Way.TMUX_ONLY, hint=FEATURE_HINT)
    if sequence:
        return Copied(Way.TERMINAL, sequence=sequence)
    return _into_file(data, folder, _better_hint(environ, is_too_long=takes is not False))


def takes_sequence(environ: Mapping[str, str]) -> bool | None:
    """Whether the terminal takes OSC 52; None where that is not known."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    # GNOME's and other terminals on VTE ignored it for long; screen and tmux keep it for themselves.
    lacks = environ.get("VTE_VERSION") or environ.get("STY") or inside_tmux(environ) or program == "Apple_Terminal"
    if lacks or term in ("", "dumb", "unknown", "linux"):
        return False
    marks = ("KITTY_WINDOW_ID", "WEZTERM_PANE", "ALACRITTY_WINDOW_ID", "WT_SESSION", "GHOSTTY_RESOURCES_DIR")
    names = ("kitty", "alacritty", "foot", "wezterm", "ghostty", "contour")
    if any(environ.get(mark) for mark in marks) or any(name in term for name in names):
        return True
    return True if program in ("WezTerm", "ghostty", "vscode", "iTerm.app") else None


def osc52(data: bytes) -> str:
    """Return the sequence that asks a terminal to keep a text in the clipboard; empty when it is too long for one."""
    encoded = base64.b64encode(data).decode("ascii")
    return f"\x1b]52;c;{encoded}\x07" if len(encoded) <= MOST_BASE64_BYTES else ""


def _programs(environ: Mapping[str, str], platform: str) -> list[tuple[str, ...]]:
    """Return the programs that reach the clipboard the person looks at, not that of a host far away."""
    is_far = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    display = environ.get("DISPLAY", "")
    found: list[tuple[str, ...]] = []
    if platform == "darwin" and not is_far:
        found.append(("pbcopy",))
    if environ.get("WAYLAND_DISPLAY") and not is_far:
        found.append(("wl-copy",))
    if environ.get("WSL_DISTRO_NAME") and not is_far:
        found.append(("clip.exe",))
    if display and (not is_far or display.startswith("localhost:")):  # as ssh -X forwards it
        found += [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    return found


def _encoded(text: str, program: str) -> bytes:
    # Windows reads anything else in the code page of the user.
    return text.encode("utf-16", "replace") if program == "clip.exe" else text.encode("utf-8", "replace")


def _better_hint(environ: Mapping[str, str], *, is_too_long: bool) -> str:
    """Say how a text would come further than into a file."""
    if inside_tmux(environ):
        return TMUX_HINT
    if environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY"):
        return _("Install wl-clipboard, xclip or xsel.")
    if is_too_long:
        return _("It is too long for the clipboard of the terminal.")
    return _("Inside tmux, or in a terminal with OSC 52, it reaches the clipboard.")


def _into_file(data: bytes, folder: Path, hint: str) -> Copied:
    path = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # whatever it was: a link would lead elsewhere, and its mode would stay
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        return Copied(Way.NOWHERE, name=str(path), hint=error.strerror or str(error))
    return Copied(Way.FILE, name=str(path), hint=hint)
