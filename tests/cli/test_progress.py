"""Progress bars, and the end of what goes on until it is told to stop."""

import asyncio
import io
import signal
import sys
from collections.abc import Iterator

import pytest

from kfconsole.cli.progress import progress
from kfconsole.cli.stopping import Stop


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def hangup() -> Iterator[None]:
    """Put back what is done about the end of the terminal."""
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_bar_shows_how_far_it_came_and_at_what_and_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress(4, "Going", cells=4, told=lambda item: f"at {item}") as bar:
        bar.reach(2, 7)
        bar.reach(1, 8)
        bar.reach(4, 9)
    said = terminal.getvalue()

    assert "[##--]   50%" in said
    assert "[#---]" not in said
    assert "at 7" in said
    assert said.rindex("100%") > said.index("at 7")


@pytest.mark.parametrize(("length", "stream"), [(4, io.StringIO()), (0, Terminal())], ids=["no terminal", "no work"])
def test_there_is_no_bar_where_nobody_looks_or_nothing_is_to_do(
    monkeypatch: pytest.MonkeyPatch, length: int, stream: io.StringIO
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with progress(length, "Going") as bar:
        bar.reach(length)
        bar.end_line()

    assert stream.getvalue() == ""


@pytest.mark.parametrize(("handling", "is_heard"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)])
def test_the_end_of_the_terminal_is_heard_unless_nohup_has_it_ignored(
    hangup: None,  # noqa: ARG001  # it puts back what is done about the signal
    handling: signal.Handlers,
    is_heard: bool,
) -> None:
    async def heard() -> bool:
        stop = Stop()
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)
        await stop.event.wait()
        loop = asyncio.get_running_loop()
        return loop.remove_signal_handler(signal.SIGHUP)

    signal.signal(signal.SIGHUP, handling)

    assert asyncio.run(heard()) is is_heard
