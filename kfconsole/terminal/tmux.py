"""The tmux around us: whether there is one, and what it lets through."""

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence

ANSWER_SECONDS = 2.0
ESCAPE = "\x1b"

Run = Callable[[Sequence[str]], str | None]
"""Runs a program and returns what it printed; None when it is missing, failed or kept silent. It may take its time."""


def run_program(command: Sequence[str]) -> str | None:
    """Run a program without a terminal of its own, and not for long; see `Run`. Never on the loop."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(
            (program, *command[1:]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def inside_tmux(environ: Mapping[str, str]) -> bool:
    """Whether what we write goes to tmux first."""
    return bool(environ.get("TMUX"))


def tmux_option(run: Run, name: str) -> str | None:
    """Return the value of a tmux option; None when this tmux does not know it, or does not answer."""
    return run(("tmux", "show", "-gv", name))


def tmux_terminal(run: Run) -> str:
    """Return what the terminal around tmux calls itself, small: its name and version, and its TERM."""
    return (run(("tmux", "display-message", "-p", "#{client_termtype} #{client_termname}")) or "").casefold()


def wrapped(sequence: str) -> str:
    """Wrap a sequence so that tmux hands it on unread, where its allow-passthrough is set."""
    return f"{ESCAPE}Ptmux;{sequence.replace(ESCAPE, ESCAPE * 2)}{ESCAPE}\\"
