"""Checks of the terminal, and of tmux or screen around it."""

import shutil
import subprocess
from collections.abc import Callable, Mapping

from kfconsole.cli.doctor.finding import Finding, fail, ok, skipped, warn
from kfconsole.i18n import _
from kfconsole.terminal import popups
from kfconsole.terminal.tmux import Run, run_program

COLUMNS, ROWS = 80, 24
SLOW_ESCAPE_MILLISECONDS = 100
TMUX_SECONDS = 2.0
TRUE_COLOUR = ("truecolor", "24bit")

Ask = Callable[[str], str | None]
"""Returns the value of a tmux option; None when tmux does not know or answer."""


def terminal(environment: Mapping[str, str], *, is_terminal: bool, size: tuple[int, int]) -> list[Finding]:
    """Look what the terminal can show.

    Args:
        environment: The variables of this process.
        is_terminal: Whether a person sits before stdin and stdout.
        size: Columns and rows.
    """
    if not is_terminal:
        return [skipped(check, _("input or output is no terminal")) for check in ("terminal", "colours", "size")]
    term = environment.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        text = _("TERM={term}: the console cannot draw here.").format(term=term)
        return [fail("terminal", text, _("Set TERM to what your terminal is, such as xterm-256color."))]
    return [ok("terminal", f"TERM={term}"), _colours(environment, term), _size(*size)]


def _colours(environment: Mapping[str, str], term: str) -> Finding:
    if environment.get("NO_COLOR"):
        return ok("colours", _("none (NO_COLOR); words and marks tell everything"))
    if environment.get("COLORTERM") in TRUE_COLOUR or term.endswith("-direct"):
        return ok("colours", _("16 million"))
    if "256color" in term:
        return ok("colours", "256")
    hint = _("Set TERM to xterm-256color, if your terminal knows it.")
    return warn("colours", _("8 or 16 (TERM={term}): themes look coarse.").format(term=term), hint)


def _size(columns: int, rows: int) -> Finding:
    text = f"{columns}×{rows}"
    if columns < COLUMNS or rows < ROWS:
        return warn(
            "size", text, _("Enlarge the window to {columns}×{rows} or more.").format(columns=COLUMNS, rows=ROWS)
        )
    return ok("size", text)


def pop_ups(wanted: str, environment: Mapping[str, str], run: Run = run_program, *, is_terminal: bool) -> list[Finding]:
    """Look whether a pop-up gets out of this terminal; the bell and the title need no looking at.

    Args:
        wanted: The setting of that name.
        environment: The variables of this process.
        run: Asks tmux.
        is_terminal: Whether a person sits before stdin and stdout.
    """
    if not is_terminal:
        return [skipped("pop-ups", _("input or output is no terminal"))]
    found = popups.route(wanted, environment, run)
    if found.way is not None:
        return [ok("pop-ups", found.way)]
    text = _("none: {problem}").format(problem=found.problem)
    is_kept_back = found.hint.startswith("tmux ")  # a command that mends it; that there is no way is nobody's mistake
    return [warn("pop-ups", text, found.hint) if is_kept_back else ok("pop-ups", text)]


def multiplexers(environment: Mapping[str, str]) -> list[Finding]:
    """Look at tmux or screen, inside them only."""
    found = []
    if environment.get("TMUX"):
        found += tmux(ask_tmux)
    if environment.get("STY"):
        hint = _("Type Ctrl+A Ctrl+G until it says that the bell is audible; tmux can do more.")
        found.append(warn("screen", _("screen may swallow bells, true colour and the clipboard."), hint))
    return found


def ask_tmux(option: str) -> str | None:
    """Ask the tmux around us for an option."""
    program = shutil.which("tmux")
    if program is None:
        return None
    try:
        done = subprocess.run(
            (program, "show", "-gv", option),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TMUX_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def tmux(ask: Ask) -> list[Finding]:
    """Look for options that keep bells, copies and keys from coming through."""
    if ask("bell-action") is None:
        return [skipped("tmux bell", _("tmux did not answer"))]
    return [bell_option(ask), _clipboard(ask), _inner_terminal(ask), _escape_time(ask)]


def bell_option(ask: Ask) -> Finding:
    """Look whether this tmux hands bells on."""
    action, monitor, visual = ask("bell-action"), ask("monitor-bell"), ask("visual-bell")
    text = f"bell-action {action}, monitor-bell {monitor}, visual-bell {visual}"
    if action in ("none", "current"):
        return warn("tmux bell", text, "tmux set -g bell-action any")
    if monitor == "off":
        return warn("tmux bell", text, "tmux set -g monitor-bell on")
    if visual == "on":
        return warn("tmux bell", text, "tmux set -g visual-bell off")
    return ok("tmux bell", text)


def _clipboard(ask: Ask) -> Finding:
    clipboard, passing = ask("set-clipboard"), ask("allow-passthrough")
    text = f"set-clipboard {clipboard}, allow-passthrough {passing or '-'}"
    if clipboard == "off":
        return warn("tmux clipboard", text, "tmux set -s set-clipboard external")
    return ok("tmux clipboard", text)


def _inner_terminal(ask: Ask) -> Finding:
    name = ask("default-terminal") or ""
    if name.startswith("screen"):
        return warn("tmux terminal", f"default-terminal {name}", "tmux set -g default-terminal tmux-256color")
    return ok("tmux terminal", f"default-terminal {name}")


def _escape_time(ask: Ask) -> Finding:
    value = ask("escape-time") or ""
    text = f"escape-time {value}"
    if value.isdecimal() and int(value) > SLOW_ESCAPE_MILLISECONDS:
        text = _("{option} milliseconds: Esc works late.").format(option=text)
        return warn("tmux escape-time", text, "tmux set -s escape-time 10")
    return ok("tmux escape-time", text)
