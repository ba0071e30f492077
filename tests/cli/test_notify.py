"""`notify`: which signs leave this terminal, and why not."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROGRAM, SECONDS, Done, put, run

BARE = dict.fromkeys(("TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY", "TERM_PROGRAM"), "")
WAYS = ["bell", "title", "osc9", "osc777", "osc99", "notify-send"]


def ways(done: Done) -> dict[str, Any]:
    """Return every way by its name."""
    return {row["channel"]: row for row in json.loads(done.out)["channels"]}


def test_every_way_is_told_with_whether_it_is_used() -> None:
    done = run("notify", "--json", **BARE, TERM="xterm-kitty")
    found = ways(done)

    assert (done.code, done.err, list(found)) == (0, "", WAYS)
    assert [name for name, row in found.items() if row["is_used"]] == ["bell", "title", "osc99"]
    assert not any(row["was_sent"] for row in found.values())
    assert "no desktop" in found["notify-send"]["problem"]


def test_people_read_a_table_and_why_nothing_pops_up() -> None:
    done = run("notify", **BARE, TERM="xterm-256color")

    assert [line.split()[0] for line in done.out.splitlines()] == ["way", *WAYS]
    assert "not known to show pop-ups" in done.err
    assert "popups under [alerts]" in done.err


def test_what_the_settings_say_counts(settings_file: Path) -> None:
    put(settings_file, "[alerts]\nbell = false\npopups = 'osc777'\n")
    found = ways(run("notify", "--json", **BARE, TERM="xterm-256color"))

    assert [name for name, row in found.items() if row["is_used"]] == ["title", "osc777"]
    assert found["bell"]["problem"] == "switched off by alerts.bell"


def test_without_a_terminal_nothing_is_sent_and_nobody_is_asked() -> None:
    done = subprocess.run(
        [*PROGRAM, "notify", "--test", "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        start_new_session=True,
        timeout=SECONDS,
        check=False,
    )
    found = ways(Done(done.returncode, done.stdout, done.stderr))

    assert done.returncode == 0
    assert found["bell"]["problem"] == "there is no terminal"
    assert {(row["was_sent"], row["has_arrived"]) for row in found.values()} == {(False, None)}


def test_a_host_with_a_desktop_pops_up_by_a_program(tmp_path: Path) -> None:
    called = tmp_path / "called"
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {called}\n')
    program.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    found = ways(run("notify", "--test", "--json", **{**BARE, "DISPLAY": ":9"}, PATH=path, TERM="xterm-256color"))

    assert found["notify-send"]["is_used"]
    assert found["notify-send"]["was_sent"]
    assert called.read_text("utf-8").splitlines() == [
        "--app-name=kfconsole",
        "--",
        "kfconsole",
        "A test, by notify-send",
    ]


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("popups = 'growl'", "alerts.popups in FILE: must be one of auto, off, osc9, osc777, osc99, notify-send"),
        ("repeat_after = -1", "alerts.repeat_after in FILE: must be a whole number from 0 to 3600"),
        (
            "quiet_hours = '22-8'",
            'alerts.quiet_hours in FILE: must be two times of the day, such as "22:00-08:00", or empty',
        ),
        (
            "quiet_hours = '22:00-22:00'",
            'alerts.quiet_hours in FILE: must be two times of the day, such as "22:00-08:00", or empty',
        ),
    ],
)
def test_a_wrong_setting_is_told_with_its_fix(settings_file: Path, setting: str, problem: str) -> None:
    put(settings_file, f"[alerts]\n{setting}\n")
    done = run("notify")

    assert done.code == 2
    assert problem in done.err.replace(str(settings_file), "FILE")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here")
def test_inside_tmux_it_says_what_lets_pop_ups_out(settings_file: Path, tmp_path: Path) -> None:
    put(settings_file, "[alerts]\npopups = 'osc9'\n")
    tmux = ("tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null")

    def ask(number: int) -> dict[str, Any]:
        out = tmp_path / f"out{number}"
        program = f"{' '.join(PROGRAM)} notify --test --json > {out}; tmux wait-for -S done"
        subprocess.run((*tmux, "new-window", program), check=True, timeout=SECONDS)
        subprocess.run((*tmux, "wait-for", "done"), check=True, timeout=SECONDS)
        return ways(Done(0, out.read_text("utf-8"), ""))

    try:
        subprocess.run((*tmux, "new-session", "-d", "-x", "100", "-y", "30", "cat"), check=True, timeout=SECONDS)
        stock = ask(1)
        subprocess.run((*tmux, "set", "-g", "allow-passthrough", "on"), check=True, timeout=SECONDS)
        subprocess.run((*tmux, "set", "-g", "bell-action", "none"), check=True, timeout=SECONDS)
        told = ask(2)
    finally:
        subprocess.run((*tmux, "kill-server"), check=False, timeout=SECONDS)

    assert (stock["bell"]["was_sent"], stock["title"]["was_sent"]) == (True, True)
    assert not stock["osc9"]["can_leave"]
    assert "only the bell and the title leave it" in stock["osc9"]["problem"]
    assert stock["osc9"]["hint"].startswith("tmux set -g allow-passthrough ")
    assert (told["osc9"]["is_used"], told["osc9"]["was_sent"]) == (True, True)
    assert told["bell"]["hint"] == "tmux set -g bell-action any"
