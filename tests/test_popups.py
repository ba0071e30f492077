"""Which way a pop-up takes out of which terminal, and what is written for it."""

from collections.abc import Mapping, Sequence

import pytest

from kfconsole.terminal import popups
from kfconsole.terminal.popups import Route, Way
from kfconsole.terminal.tmux import Run, inside_tmux, run_program, tmux_option, wrapped
from tests.conftest import HOSTILE

TMUX = {"TMUX": "/tmp/tmux-0/default,1,0", "TERM": "tmux-256color"}
LOCAL = {"TERM": "xterm-256color", "DISPLAY": ":0"}
OUTER = "#{client_termtype} #{client_termname}"


def answering(answers: Mapping[str, str]) -> Run:
    """Answer questions by their last word."""

    def run(command: Sequence[str]) -> str | None:
        return answers.get(command[-1])

    return run


def found(environ: Mapping[str, str], *, wanted: str = "auto", has_notify_send: bool = False, **answers: str) -> Route:
    told = {name.replace("_", "-"): value for name, value in answers.items()}
    if "outer" in told:
        told[OUTER] = told.pop("outer")
    if "version" in told:
        told["-V"] = told.pop("version")
    return popups.route(wanted, environ, answering(told), lambda _name: "/bin/x" if has_notify_send else None)


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({"TERM": "xterm-kitty"}, Way.OSC99),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Way.OSC99),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, Way.OSC9),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2", "SSH_CONNECTION": "a b"}, Way.OSC9),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, Way.OSC9),
        ({"TERM": "xterm-ghostty"}, Way.OSC9),
        ({"TERM": "foot-extra"}, Way.OSC777),
        ({"TERM": "rxvt-unicode-256color"}, Way.OSC777),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, None),
        ({"TERM": "linux"}, None),
        ({}, None),
    ],
)
def test_a_terminal_is_known_by_what_it_calls_itself(environ: Mapping[str, str], way: Way | None) -> None:
    assert found(environ).way is way


@pytest.mark.parametrize(
    ("environ", "has_notify_send", "way", "why"),
    [
        (LOCAL, True, Way.NOTIFY_SEND, ""),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, Way.NOTIFY_SEND, ""),
        (LOCAL, False, None, "not installed"),
        ({**LOCAL, "SSH_CONNECTION": "a b"}, True, None, "ssh"),
        ({"TERM": "xterm"}, True, None, "no desktop"),
    ],
)
def test_notify_send_is_for_the_desktop_of_this_host(
    environ: Mapping[str, str], has_notify_send: bool, way: Way | None, why: str
) -> None:
    route = found(environ, wanted="notify-send", has_notify_send=has_notify_send)

    assert route.way is way
    assert why in route.problem
    assert found(environ, has_notify_send=has_notify_send).way is way


@pytest.mark.parametrize(("passing", "way"), [("on", Way.OSC9), ("all", Way.OSC9), ("off", None), ("", None)])
def test_tmux_hands_on_only_what_it_is_told_to(passing: str, way: Way | None) -> None:
    route = found(TMUX, outer="iterm2 3.5 xterm-256color", allow_passthrough=passing, version="tmux 3.4")

    assert (route.way, route.is_wrapped) == (way, way is not None)
    assert route.hint == ("" if way else "tmux set -g allow-passthrough all")


def test_in_tmux_the_terminal_around_it_counts_and_not_who_started_the_server() -> None:
    environ = {**TMUX, "KITTY_WINDOW_ID": "1"}

    assert found(environ, outer="xterm-256color", allow_passthrough="on").way is None
    assert found(environ, outer="xterm-kitty", allow_passthrough="on").way is Way.OSC99


def test_a_local_desktop_serves_where_tmux_keeps_pop_ups_back() -> None:
    route = found({**TMUX, "DISPLAY": ":0"}, outer="iterm2", allow_passthrough="off", has_notify_send=True)

    assert route.way is Way.NOTIFY_SEND


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        ("tmux 3.2a", "Pop-ups need tmux 3.3 or newer."),
        ("tmux 3.3a", "tmux set -g allow-passthrough on"),
        ("tmux 3.10", "tmux set -g allow-passthrough all"),
        ("tmux next-3.6", "tmux set -g allow-passthrough all"),
        ("tmux master", "tmux set -g allow-passthrough on"),
    ],
)
def test_the_advice_fits_the_tmux(version: str, hint: str) -> None:
    assert popups.passthrough_hint(answering({"-V": version})) == hint


def test_what_the_settings_name_is_taken_and_off_is_off() -> None:
    assert found({"TERM": "xterm"}, wanted="osc777") == Route(Way.OSC777)
    assert found({"TERM": "xterm-kitty"}, wanted="off").way is None
    assert found({"TERM": "screen", "STY": "1.a"}, wanted="osc9").way is None


@pytest.mark.parametrize(
    ("route", "written"),
    [
        (Route(Way.OSC9), "\x1b]9;kfconsole: 张女士; hi\x1b\\"),
        (Route(Way.OSC777), "\x1b]777;notify;kfconsole;张女士; hi\x1b\\"),
        (
            Route(Way.OSC99),
            "\x1b]99;i=kfconsole:d=0;kfconsole\x1b\\\x1b]99;i=kfconsole:d=1:p=body;张女士; hi\x1b\\",
        ),
        (Route(Way.OSC9, is_wrapped=True), "\x1bPtmux;\x1b\x1b]9;kfconsole: 张女士; hi\x1b\x1b\\\x1b\\"),
        (Route(Way.NOTIFY_SEND), ""),
        (Route(None), ""),
    ],
)
def test_each_way_has_its_sequence(route: Route, written: str) -> None:
    assert popups.sequence(route, "kfconsole", "张女士; hi") == written


@pytest.mark.parametrize("way", [Way.OSC9, Way.OSC777, Way.OSC99])
@pytest.mark.parametrize("said", [HOSTILE, "\x1b\\\x07\x9b2J\r\n\x00", "\x9d0;t\x9c", "4;1;50", "长" * 5000])
def test_no_text_breaks_out_of_a_sequence_or_rings(way: Way, said: str) -> None:
    written = popups.sequence(Route(way), said, said) + popups.title(said)
    inside = written.replace("\x1b]", "").replace("\x1b\\", "")

    assert not [letter for letter in inside if letter < " " or "\x7f" <= letter <= "\x9f"]
    assert len(written) < 2000


def test_a_text_is_an_argument_and_no_option_or_markup() -> None:
    assert popups.command("-t", "<b>&\n--help") == (
        "notify-send",
        "--app-name=kfconsole",
        "--",
        "-t",
        "&lt;b&gt;&amp; --help",
    )


def test_the_title_is_kept_and_given_back() -> None:
    assert popups.keep_title() == "\x1b[22;2t"
    assert popups.title("(3) kfconsole") == "\x1b]2;(3) kfconsole\x1b\\"
    assert popups.restore_title().endswith("\x1b[23;2t")
    assert not popups.has_title({"TERM": "linux"})
    assert popups.has_title({"TERM": "screen-256color"})


def test_a_program_is_run_and_one_that_fails_or_is_missing_has_no_answer() -> None:
    assert run_program(("echo", "a b")) == "a b"
    assert run_program(("false",)) is None
    assert run_program(("no-such-program-of-kfconsole",)) is None


def test_tmux_is_known_by_its_variable() -> None:
    assert inside_tmux(TMUX)
    assert not inside_tmux({"TERM": "tmux-256color"})
    assert tmux_option(answering({"set-clipboard": "on"}), "set-clipboard") == "on"
    assert wrapped("\x1b]52;c;eA==\a") == "\x1bPtmux;\x1b\x1b]52;c;eA==\a\x1b\\"
