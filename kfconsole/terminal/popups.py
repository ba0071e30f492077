"""Signs a terminal can give: the bell, the window's title, and pop-ups on the desktop.

No terminal answers whether it shows pop-ups, and some print what they do not know. So one is sent only where the
terminal is known by what it calls itself, or where the settings say which kind it takes:

    osc9         iTerm2, WezTerm, Ghostty, Warp, ConEmu
    osc777       foot, rxvt-unicode, Contour
    osc99        kitty
    notify-send  the desktop of this very host
"""

import shutil
from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from kfconsole.i18n import _
from kfconsole.terminal.tmux import Run, inside_tmux, tmux_option, tmux_terminal, wrapped
from kfconsole.text import clean, clip, one_line

BELL = "\a"
AUTO, OFF = "auto", "off"
MAX_CELLS = 200  # desktops show less
_END = "\x1b\\"  # not BEL: in tmux, or in a terminal that knows nothing of the sequence, it would ring
_ID = "kfconsole"
_WITHOUT_TITLE = ("linux", "dumb", "unknown", "")
_PASSING = ("on", "all")


class Way(StrEnum):
    """How a pop-up gets on a desktop."""

    OSC9 = "osc9"
    OSC777 = "osc777"
    OSC99 = "osc99"
    NOTIFY_SEND = "notify-send"


_BY_PROGRAM = {
    "iterm": Way.OSC9,
    "wezterm": Way.OSC9,
    "ghostty": Way.OSC9,
    "warp": Way.OSC9,
    "conemu": Way.OSC9,
    "foot": Way.OSC777,
    "rxvt-unicode": Way.OSC777,
    "contour": Way.OSC777,
    "kitty": Way.OSC99,
}
"""A part of what a terminal calls itself, to what it takes."""


class Route(Struct, frozen=True):
    """The way of pop-ups out of this terminal."""

    way: Way | None
    """None: there is none, and `problem` says why."""
    is_wrapped: bool = False
    """Whether tmux has to hand it on."""
    problem: str = ""
    hint: str = ""
    """How to mend the problem."""


# -- choosing ----------------------------------------------------------------------------------------------------------


def route(
    wanted: str, environ: Mapping[str, str], run: Run, which: Callable[[str], str | None] = shutil.which
) -> Route:
    """Return the way of pop-ups. It may ask tmux: never on the loop.

    Args:
        wanted: The setting: `auto`, `off` or a way.
        environ: The variables of this process.
        run: Asks programs.
        which: Looks for programs.
    """
    if wanted == OFF:
        return Route(None, problem=_("switched off by alerts.popups"))
    if wanted != AUTO:
        way = Way(wanted)
        return _local(environ, which) if way is Way.NOTIFY_SEND else _through(way, environ, run)
    known = _known_way(environ, run)
    through = _through(known, environ, run) if known is not None else None
    if through is not None and through.way is not None:
        return through
    local = _local(environ, which)
    if local.way is not None:
        return local
    return through or Route(
        None,
        problem=_("this terminal is not known to show pop-ups"),
        hint=_("If it does, name the way as popups under [alerts]: osc9, osc777 or osc99."),
    )


def _known_way(environ: Mapping[str, str], run: Run) -> Way | None:
    if inside_tmux(environ):
        # Its variables are those of the terminal that started the server, which may be another one by now.
        named = tmux_terminal(run)
    else:
        keys = ("TERM", "TERM_PROGRAM", "LC_TERMINAL")
        named = " ".join(environ.get(key, "") for key in keys).casefold()
        marks = {
            "KITTY_WINDOW_ID": "kitty",
            "WEZTERM_PANE": "wezterm",
            "ConEmuPID": "conemu",
            "ITERM_SESSION_ID": "iterm",
        }
        named += "".join(f" {name}" for key, name in marks.items() if environ.get(key))
    return next((way for part, way in _BY_PROGRAM.items() if part in named), None)


def _through(way: Way, environ: Mapping[str, str], run: Run) -> Route:
    if inside_tmux(environ):
        if tmux_option(run, "allow-passthrough") not in _PASSING:
            return Route(
                None,
                problem=_("tmux keeps pop-ups back: only the bell and the title leave it"),
                hint=passthrough_hint(run),
            )
        return Route(way, is_wrapped=True)
    if environ.get("STY"):
        return Route(None, problem=_("screen keeps pop-ups back"), hint=_("tmux can hand them on."))
    return Route(way)


def passthrough_hint(run: Run) -> str:
    """Return what lets pop-ups out of tmux, also from a window nobody looks at, where tmux is new enough."""
    version = (run(("tmux", "-V")) or "").removeprefix("tmux ").removeprefix("next-")
    major, _dot, minor = version.partition(".")
    digits = "".join(letter for letter in minor if letter.isdecimal()) or "0"
    if not major.isdecimal():
        return "tmux set -g allow-passthrough on"
    number = int(major), int(digits)
    if number < (3, 3):
        return _("Pop-ups need tmux 3.3 or newer.")
    return f"tmux set -g allow-passthrough {'all' if number >= (3, 4) else 'on'}"


def _local(environ: Mapping[str, str], which: Callable[[str], str | None]) -> Route:
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return Route(None, problem=_("notify-send reaches the desktop of this host only, and you come over ssh"))
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return Route(None, problem=_("this host has no desktop (neither DISPLAY nor WAYLAND_DISPLAY is set)"))
    if which("notify-send") is None:
        return Route(None, problem=_("notify-send is not installed"), hint=_("Install libnotify."))
    return Route(Way.NOTIFY_SEND)


# -- sequences ---------------------------------------------------------------------------------------------------------


def harmless(said: str) -> str:
    """Return a text as it may stand in a sequence: one clean line, and not too long."""
    return clip(one_line(clean(said)), MAX_CELLS)


def sequence(found: Route, title: str, body: str) -> str:
    """Return what the terminal is sent for a pop-up; nothing when that is not its way."""
    title, body = harmless(title), harmless(body)
    match found.way:
        case Way.OSC9:
            # iTerm2 and others take a number and a semicolon at the beginning for a progress bar.
            written = f"\x1b]9;{title}: {body}{_END}"
        case Way.OSC777:
            written = f"\x1b]777;notify;{title.replace(';', ',')};{body}{_END}"
        case Way.OSC99:
            # With one id for all, the newest takes the place of the one before.
            written = f"\x1b]99;i={_ID}:d=0;{title}{_END}\x1b]99;i={_ID}:d=1:p=body;{body}{_END}"
        case _:
            return ""
    return wrapped(written) if found.is_wrapped else written


def command(title: str, body: str) -> tuple[str, ...]:
    """Return how `notify-send` is run; the texts are arguments of their own, and never options."""
    # Desktops take markup in the body, and a name may look like some.
    plain = harmless(body).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return ("notify-send", "--app-name=kfconsole", "--", harmless(title), plain)


def has_title(environ: Mapping[str, str]) -> bool:
    """Whether the terminal has a title at all."""
    return environ.get("TERM", "") not in _WITHOUT_TITLE


def title(said: str) -> str:
    """Return what sets the window's title, inside tmux the pane's."""
    return f"\x1b]2;{harmless(said)}{_END}"


def keep_title() -> str:
    """Return what lets the terminal remember its title, where it can."""
    return "\x1b[22;2t"


def restore_title() -> str:
    """Return what brings the remembered title back; a terminal that remembers none shows its own."""
    return title("") + "\x1b[23;2t"
