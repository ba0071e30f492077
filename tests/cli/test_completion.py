"""Completion, by the shells themselves: bash always, zsh and fish where they are installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kfconsole.cli.root import COMMANDS
from tests.cli.conftest import SECONDS, run
from tests.rooms import loaded_after

HEAVY = {"textual", "httpx", "sqlite3", "starlette", "uvicorn", "stamina", "cryptography"}


@pytest.fixture
def program(tmp_path: Path) -> str:
    """Put `kfconsole` into a folder of programs; return the search path that begins with it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    file = folder / "kfconsole"
    file.write_text(f'#!/bin/sh\nexec {sys.executable} -m kfconsole "$@"\n')
    file.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def shell(*command: str, program: str, folder: Path) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PATH": program, "LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=folder,
        timeout=SECONDS,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def bash(line: str, *, program: str, folder: Path) -> list[str]:
    """Return what bash offers at the end of a line, files included."""
    words = line.split(" ")
    script = (
        'eval "$(kfconsole completion bash)"\n'
        # Outside a completion compopt is refused; the name it is asked for is what counts here.
        'compopt() { [ "$2" = default ] && FILES=1; }\n'
        f"COMP_WORDS=({' '.join(map(repr, words))}) COMP_CWORD={len(words) - 1}\n"
        "_kfconsole_completion kfconsole\n"
        'printf "%s\\n" "${COMPREPLY[@]}" ${FILES:+FILES}\n'
    )
    return shell("bash", "--norc", "-c", script, program=program, folder=folder).split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("kfconsole sta", ["status"]),
        ("kfconsole config ", ["path", "show", "check", "keys"]),
        ("kfconsole status --js", ["--json"]),
        ("kfconsole demo --language ", ["auto", "zh", "en"]),
        ("kfconsole completion ", ["bash", "zsh", "fish"]),
        ("kfconsole --config ", ["FILES"]),
        ("kfconsole nonsense --", ["--config", "--read-only", "--record", "--mask", "--version", "--help"]),
    ],
)
def test_bash_completes_commands_options_choices_and_files(
    line: str, offered: list[str], program: str, tmp_path: Path
) -> None:
    assert bash(line, program=program, folder=tmp_path) == offered


def test_every_command_is_offered(program: str, tmp_path: Path) -> None:
    assert bash("kfconsole ", program=program, folder=tmp_path) == list(COMMANDS)


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish here")
def test_fish_completes(program: str, tmp_path: Path) -> None:
    script = "kfconsole completion fish | source; complete -C 'kfconsole sta'"

    assert shell("fish", "--no-config", "-c", script, program=program, folder=tmp_path).split()[0] == "status"


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh here")
def test_zsh_takes_the_script(program: str, tmp_path: Path) -> None:
    script = (
        'autoload -U compinit; compinit -u -d "$HOME/.zcompdump"; eval "$(kfconsole completion zsh)"\n'
        "_describe() { print -l ${(P)3} }\n"
        "words=(kfconsole sta) CURRENT=2 _kfconsole_completion"
    )

    assert "status:" in shell("zsh", "-f", "-c", script, program=program, folder=tmp_path)


@pytest.mark.parametrize("words", ["kfconsole ", "kfconsole simulate --", "kfconsole demo --"])
def test_completing_loads_nothing_heavy(words: str) -> None:
    asked = {"_KFCONSOLE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    program = (
        f"import os; os.environ.update({asked!r})\n"
        "from kfconsole.__main__ import main\n"
        "try: main([])\n"
        "except SystemExit: pass\n"
    )

    assert not loaded_after(program) & HEAVY


def test_an_unknown_shell_is_wrong_usage() -> None:
    done = run("completion", "csh")

    assert (done.code, done.out) == (2, "")
    assert "csh" in done.err
