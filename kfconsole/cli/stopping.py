"""The end of commands that go on until they are told to stop."""

import asyncio
import signal

from kfconsole.cli.output import DONE, INTERRUPTED


class Stop:
    """Hears SIGINT, SIGTERM and the end of the terminal, which `nohup` has ignored."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.exit_code: int | None = None
        """None: nobody has said so yet."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self.stop, INTERRUPTED)
        loop.add_signal_handler(signal.SIGTERM, self.stop, DONE)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            loop.add_signal_handler(signal.SIGHUP, self.stop, DONE)

    def stop(self, exit_code: int) -> None:
        """End it."""
        self.exit_code = exit_code
        self.event.set()
