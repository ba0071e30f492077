"""Nothing that a system call may hold up keeps the doctor waiting."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_time(ask: Callable[[], T], seconds: float) -> T:
    """Run a call that may hang, such as on a disk that is gone, and give it up after so long.

    Raises:
        TimeoutError: It took longer. Its thread is left behind: a daemon, unlike the event loop's own, ends with us.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(deliver: Callable[[], None]) -> None:
        if not done.done():
            deliver()

    def run() -> None:
        try:
            value = ask()
        except Exception as error:  # noqa: BLE001  # handed on to who waits
            failure = error
            _call(loop, lambda: settle(lambda: done.set_exception(failure)))
        else:
            _call(loop, lambda: settle(lambda: done.set_result(value)))

    threading.Thread(target=run, daemon=True, name="doctor").start()
    async with asyncio.timeout(seconds):
        return await done


def _call(loop: asyncio.AbstractEventLoop, deliver: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(deliver)
