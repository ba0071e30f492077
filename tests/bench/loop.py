"""How long an event loop is held."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
