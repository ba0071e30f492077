"""`--record` and `replay` on the command line: what is refused, in words, before anything is opened."""

from pathlib import Path

import pytest

from kfconsole.desk.fact_lines import Header, Shortener
from tests.cli.conftest import run


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "floor.jsonl"
    path.write_text("hello\n")
    done = run("replay", str(path))
    assert done.code == 2
    assert "is no recording" in done.err
    assert "--record" in done.err


def test_without_a_terminal_a_recording_is_not_played(tmp_path: Path) -> None:
    path = tmp_path / "floor.jsonl"
    path.write_bytes(Shortener().header(Header(began_at=1.0, began_mono=1.0)))
    done = run("replay", str(path))
    assert done.code == 2
    assert "terminal" in done.err


@pytest.mark.parametrize("option", [("--record", "floor.jsonl"), ("--mask",)])
def test_recording_is_for_the_console(option: tuple[str, ...]) -> None:
    done = run(*option, "status")
    assert done.code == 2
    assert "--record" in done.err
