"""Looking at the disk beside the loop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from kfconsole.errors import KfError

Result = TypeVar("Result")


class Disk:
    """Looks at the disk, one question at a time.

    A folder on a dead mount may never answer. So the thread is a daemon that nobody joins at the end, nor is it one of
    the few that everything else shares, and whoever asks meanwhile waits instead of starting a second one.
    """

    def __init__(self) -> None:
        self._busy: asyncio.Future[None] | None = None

    async def ask(self, question: Callable[[], Result]) -> Result:
        """Return the answer of a question that reads the disk.

        Raises:
            KfError: What the question raises.
        """
        while self._busy is not None and not self._busy.done():
            await asyncio.wait((self._busy,))
        loop = asyncio.get_running_loop()
        self._busy = done = loop.create_future()
        answers: list[Result] = []
        failures: list[KfError] = []

        def look() -> None:
            try:
                answers.append(question())
            except KfError as error:
                failures.append(error)
            finally:
                with suppress(RuntimeError):  # the program has ended meanwhile
                    loop.call_soon_threadsafe(done.set_result, None)

        threading.Thread(target=look, name="disk", daemon=True).start()
        await asyncio.wait((done,))  # a caller who gives up leaves the future to whoever asks next
        if failures:
            raise failures[0]
        return answers[0]
