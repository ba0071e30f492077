"""The files of the package, room by room, for tests that read them: one case a room, and every fault by its file."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kfconsole"


def room_of(file: Path) -> str:
    """The room a file is in; a module at the top is a room of its own."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def named(file: Path) -> str:
    """How a file is called in a fault."""
    return file.relative_to(PACKAGE).as_posix().removesuffix(".py")


FILES = {
    room: [file for file in sorted(PACKAGE.rglob("*.py")) if room_of(file) == room]
    for room in sorted({room_of(file) for file in PACKAGE.rglob("*.py")})
}
each_room = pytest.mark.parametrize("room", FILES)


@cache
def parsed(file: Path) -> ast.Module:
    """What is written in a file, read once for all tests."""
    return ast.parse(file.read_text("utf-8"))


def calls(file: Path) -> list[ast.Call]:
    """Every call in a file."""
    return [node for node in ast.walk(parsed(file)) if isinstance(node, ast.Call)]


def loaded_after(program: str, *arguments: str) -> set[str]:
    """The modules that are loaded once a program has run."""
    command = [sys.executable, "-c", f"import sys\n{program}\nprint(*sys.modules, file=sys.stderr)", *arguments]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", check=True)
    return set(done.stderr.split())
