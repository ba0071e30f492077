"""The harness itself, on toy programs."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.terminal.session import Key, Session

Start = Callable[..., Session]


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Start a line of Python on a terminal."""
    with ExitStack() as open_sessions:

        def start(program: str, size: tuple[int, int] = (40, 6)) -> Session:
            return open_sessions.enter_context(Session([sys.executable, "-c", program], home=home, size=size))

        yield start


def test_a_line_reads_naturally_though_characters_are_two_cells_wide(start: Start) -> None:
    session = start("print('ab 你好 cd')")

    assert session.wait_for_exit() == 0
    assert session.lines()[0] == "ab 你好 cd"
    assert session.emulator.column_of("cd", 0) == 8


def test_a_key_reaches_the_program_and_what_it_paints_is_stamped(start: Start) -> None:
    session = start("print('ready', flush=True); print('got', ascii(input()))")
    session.wait_for("ready")

    pressed_at = session.send("汉字" + Key.ENTER)
    seen_at = session.wait_for(r"got '\\u6c49\\u5b57'")

    assert pressed_at < seen_at < time.monotonic()


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (r"\x1b[c", r"\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c"),
        (r"\x1b[6n", r"\x1b[1;1R"),
        (r"\x1b[?25$p", r"\x1b[?25;1$y"),
        (r"\x1b[?2026$p", r"\x1b[?2026;0$y"),
    ],
)
def test_questions_to_the_terminal_are_answered_as_xterm_does(start: Start, query: str, answer: str) -> None:
    session = start(
        "import sys, tty; tty.setraw(0); print(end='" + query + "', flush=True); found = ''\n"
        "while found[-1:] not in ('c', 'n', 'y', 'R'): found += sys.stdin.read(1)\n"
        "print(ascii(found))"
    )
    session.wait_for_exit()

    assert ascii(answer.encode().decode("unicode_escape")) in session.text()


def test_a_terminal_left_in_another_mode_is_noticed(start: Start) -> None:
    careful = start(r"print('\x1b[?1049h\x1b[?25l\x1b[?1049l\x1b[?25h')")
    careless = start(r"print('\x1b[?1049h\x1b[?25l')")
    careful.wait_for_exit()
    careless.wait_for_exit()

    assert careful.is_restored()
    assert not careless.is_restored()


def test_the_program_hears_of_a_new_size(start: Start) -> None:
    session = start(
        "import os, signal\n"
        "signal.signal(signal.SIGWINCH, lambda *_: os.write(1, str(os.get_terminal_size()).encode()))\n"
        "os.write(1, b'ready ')\n"
        "while True: signal.pause()"
    )
    session.wait_for("ready")

    session.resize(100, 30)

    session.wait_for("columns=100, lines=30")


def test_waiting_for_what_never_comes_shows_the_screen(start: Start) -> None:
    session = start("print('only this')")

    with pytest.raises(AssertionError, match="only this"):
        session.wait_for("something else")


def test_closing_ends_a_program_that_ignores_hangups(start: Start) -> None:
    session = start(
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    )
    session.wait_for("deaf")

    session.close()

    assert session.wait_for_exit() == -signal.SIGKILL


def test_the_cost_of_a_program_includes_its_children(start: Start) -> None:
    session = start(
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c',\n"
        "  'import time; start = time.process_time()\\nwhile time.process_time() < start + .2: pass\\n'\n"
        "  'print(1, flush=True); input()'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); print('spent', flush=True); input()"
    )
    session.wait_for("spent")

    assert session.cpu_seconds() >= 0.2
    assert session.memory_mb() > 10
