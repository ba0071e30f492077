"""How long an event loop is held."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import patch

_TICK_SECONDS = 0.001


@asynccontextmanager
async def loop_watched() -> AsyncIterator[list[float]]:
    """Note how much later than asked for the loop comes back, in milliseconds."""
    held: list[float] = []

    async def watch() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_TICK_SECONDS)
            held.append(max(0.0, time.perf_counter() - began - _TICK_SECONDS) * 1000)

    watching = asyncio.ensure_future(watch())
    yield held
    watching.cancel()


@contextmanager
def steps_timed() -> Iterator[list[float]]:
    """Note the processor time of each step of the loop, in milliseconds: what others do on the machine is no part."""
    spent: list[float] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began = time.thread_time()
        run(handle)
        spent.append((time.thread_time() - began) * 1000)

    with patch.object(asyncio.Handle, "_run", timed):  # there is no other way to see every step
        yield spent
