"""What goes out to a terminal that may be gone."""

import os
import signal
from typing import IO

from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread


class Writer(WriterThread):
    """Textual's own, which ends with the first write that fails.

    Then its queue fills, and the program waits for room in it for ever, deaf to every signal. Here a terminal that is
    gone is a hangup like any other, and what is still written goes nowhere.
    """

    def __init__(self, file: IO[str]) -> None:
        super().__init__(file)
        self._is_stopping = False

    def run(self) -> None:
        """Write until stopped."""
        try:
            super().run()
        except OSError:
            os.kill(os.getpid(), signal.SIGHUP)
            while not (self._is_stopping and self._queue.empty()) and self._queue.get() is not None:
                pass

    def stop(self) -> None:
        """Stop, and wait until all was written that can be."""
        self._is_stopping = True
        super().stop()


def mend() -> None:
    """Let no terminal that is gone hold the program up."""
    vars(linux_driver)["WriterThread"] = Writer
