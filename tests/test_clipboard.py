"""The ladder of ways a copied text can go, on every kind of terminal."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from kfconsole.terminal import clipboard
from kfconsole.terminal.clipboard import FEATURE_HINT, TMUX_HINT, Copied, Way

SAID = "好的\n\t1.5 kg"
TMUX = {"TMUX": "/tmp/tmux-0/default,1,0", "TERM": "tmux-256color"}
KITTY = {"TERM": "xterm-kitty"}
PLAIN = {"TERM": "xterm-256color"}
GNOME = {"TERM": "xterm-256color", "VTE_VERSION": "6003"}
DESKTOP = {"DISPLAY": ":0"}
FAR = {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}


class Host:
    """A host whose programs are known."""

    def __init__(self, *programs: str, broken: Sequence[str] = (), features: str = "256,clipboard,title") -> None:
        self.programs, self.broken, self.features = programs, broken, features
        self.fed: list[tuple[tuple[str, ...], bytes]] = []

    def which(self, name: str) -> str | None:
        return f"/usr/bin/{name}" if name in self.programs else None

    def feed(self, command: Sequence[str], text: bytes) -> bool:
        self.fed.append((tuple(command), text))
        return command[0] in self.programs and " ".join(command) not in self.broken

    def run(self, command: Sequence[str]) -> str | None:
        return self.features if command[0] in self.programs else None

    def copy(self, environ: Mapping[str, str], folder: Path, *, text: str = SAID, platform: str = "linux") -> Copied:
        return clipboard.copy(
            text,
            environ=environ,
            platform=platform,
            folder=folder,
            run=self.run,
            feed=self.feed,
            which=self.which,
        )


def sequence(text: str = SAID) -> str:
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"


@pytest.mark.parametrize(
    ("environ", "host", "platform", "copied"),
    [
        (TMUX, Host("tmux"), "linux", Copied(Way.TMUX)),
        (TMUX | DESKTOP, Host("tmux", "xsel", features="256"), "linux", Copied(Way.PROGRAM, "xsel")),
        (TMUX, Host("tmux", features="256"), "linux", Copied(Way.TMUX_ONLY, hint=FEATURE_HINT)),
        (TMUX, Host("tmux", broken=["tmux load-buffer -w -"]), "linux", Copied(Way.TMUX_ONLY, hint=FEATURE_HINT)),
        (
            TMUX | {"TERM_PROGRAM": "WezTerm"},
            Host("tmux", features=""),
            "linux",
            Copied(Way.TMUX_ONLY, "", "", FEATURE_HINT),
        ),
        (KITTY, Host("xsel"), "linux", Copied(Way.TERMINAL, sequence=sequence())),
        (KITTY | FAR, Host(), "linux", Copied(Way.TERMINAL, sequence=sequence())),
        (
            PLAIN | {"WT_SESSION": "1", "WSL_DISTRO_NAME": "a"},
            Host("clip.exe"),
            "linux",
            Copied(Way.TERMINAL, "", sequence()),
        ),
        (PLAIN | {"WSL_DISTRO_NAME": "a"}, Host("clip.exe"), "linux", Copied(Way.PROGRAM, "clip.exe")),
        (PLAIN | DESKTOP, Host("xclip", "xsel"), "linux", Copied(Way.PROGRAM, "xclip")),
        (
            PLAIN | DESKTOP,
            Host("xclip", "xsel", broken=["xclip -selection clipboard"]),
            "linux",
            Copied(Way.PROGRAM, "xsel"),
        ),
        (PLAIN | {"WAYLAND_DISPLAY": "wayland-0"}, Host("wl-copy"), "linux", Copied(Way.PROGRAM, "wl-copy")),
        (PLAIN | DESKTOP, Host(), "linux", Copied(Way.TERMINAL, sequence=sequence())),
        (PLAIN | DESKTOP | FAR, Host("xsel"), "linux", Copied(Way.TERMINAL, sequence=sequence())),
        (PLAIN | {"DISPLAY": "localhost:10.0"} | FAR, Host("xsel"), "linux", Copied(Way.PROGRAM, "xsel")),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, Host("pbcopy"), "darwin", Copied(Way.PROGRAM, "pbcopy")),
        (PLAIN | FAR, Host("pbcopy"), "darwin", Copied(Way.TERMINAL, sequence=sequence())),
        (GNOME | DESKTOP, Host("xclip"), "linux", Copied(Way.PROGRAM, "xclip")),
    ],
)
def test_the_first_way_that_works_is_taken(
    environ: dict[str, str], host: Host, platform: str, copied: Copied, tmp_path: Path
) -> None:
    assert host.copy(environ, tmp_path / "data", platform=platform) == copied
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("environ", "hint"),
    [
        (GNOME | DESKTOP, "Install wl-clipboard, xclip or xsel."),
        ({"TERM": "linux"}, "Inside tmux, or in a terminal with OSC 52, it reaches the clipboard."),
        ({"TERM": "screen", "STY": "1.pts"}, "Inside tmux, or in a terminal with OSC 52, it reaches the clipboard."),
        (TMUX, TMUX_HINT),
    ],
)
def test_where_nothing_takes_it_a_file_of_ones_own_does_and_says_how_to_get_further(
    environ: dict[str, str], hint: str, tmp_path: Path
) -> None:
    folder = tmp_path / "data"

    copied = Host().copy(environ, folder)

    path = folder / "copied.txt"
    assert copied == Copied(Way.FILE, str(path), hint=hint)
    assert path.read_text("utf-8") == SAID
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_replaces_what_stood_there_and_follows_no_link(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "copied.txt").symlink_to(other)

    Host().copy({"TERM": "linux"}, tmp_path)
    Host().copy({"TERM": "linux"}, tmp_path, text="short")

    assert other.read_text() == "mine"
    assert (tmp_path / "copied.txt").read_text() == "short"


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    copied = Host().copy({"TERM": "linux"}, tmp_path / "data")

    assert (copied.way, copied.hint) == (Way.NOWHERE, "File exists")


def test_what_is_too_long_for_one_sequence_goes_on_down_the_ladder(tmp_path: Path) -> None:
    fits, too_long = "a" * 56_244, "a" * 56_246

    assert Host().copy(KITTY, tmp_path, text=fits).way is Way.TERMINAL
    copied = Host().copy(KITTY, tmp_path, text=too_long)
    assert (copied.way, copied.hint) == (Way.FILE, "It is too long for the clipboard of the terminal.")
    assert Host("xsel").copy(KITTY | DESKTOP, tmp_path, text=too_long).way is Way.PROGRAM


def test_programs_get_the_text_as_it_was_said_and_windows_in_its_own_encoding(tmp_path: Path) -> None:
    tmux, windows = Host("tmux"), Host("clip.exe")

    tmux.copy(TMUX, tmp_path)
    windows.copy(PLAIN | {"WSL_DISTRO_NAME": "Ubuntu"}, tmp_path)

    assert tmux.fed == [(("tmux", "load-buffer", "-w", "-"), SAID.encode())]
    assert windows.fed == [(("clip.exe",), SAID.encode("utf-16"))]


def test_a_program_gets_the_text_as_its_input(tmp_path: Path) -> None:
    kept, script = tmp_path / "kept", tmp_path / "keep"
    script.write_text(f"#!/bin/sh\ncat > {kept}\n")
    script.chmod(0o755)

    assert clipboard.feed_program((str(script),), SAID.encode())
    assert kept.read_text("utf-8") == SAID


def test_a_program_that_hangs_fails_or_is_missing_counts_as_no_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "ANSWER_SECONDS", 0.1)

    assert not clipboard.feed_program(("sleep", "5"), b"")
    assert not clipboard.feed_program((str(tmp_path / "missing"),), b"")
    assert not clipboard.feed_program(("false",), b"")
