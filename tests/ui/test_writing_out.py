"""A terminal that is gone is a hangup, and holds nobody up."""

import io
import os
import signal
import threading

import pytest

from kfconsole.ui.writing_out import Writer


class Gone(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(5, "Input/output error")


class GoneAtTheEnd(io.StringIO):
    def flush(self) -> None:
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize("file", [Gone, GoneAtTheEnd])
def test_writing_to_a_terminal_that_is_gone_ends_and_hangs_up(
    file: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    hung_up: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda number, what: hung_up.append((number, what)))
    writer = Writer(file())
    writer.start()

    def write() -> None:
        for _number in range(100):  # more than its queue holds
            writer.write("x")
        writer.stop()

    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    writing.join(30)

    assert not writing.is_alive()
    assert hung_up == [(os.getpid(), signal.SIGHUP)]
