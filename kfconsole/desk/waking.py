"""Waiting that can be ended, and work that is not abandoned half-way."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
Sleep = Callable[[float], Awaitable[None]]


class Bell:
    """Ends a wait early; a ring that nobody waits for is kept for the next wait."""

    def __init__(self, sleep: Sleep) -> None:
        self._sleep = sleep
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """End the wait under way, or the next one."""
        self._rung.set()

    def silence(self) -> None:
        """Forget a ring."""
        self._rung.clear()

    async def wait(self, seconds: float | None) -> None:
        """Wait for so long, without a number for ever, or until the bell rings."""
        if seconds is None or self._rung.is_set():
            await self._rung.wait()
            return
        async with asyncio.TaskGroup() as group:
            tasks = (group.create_task(self._nap(seconds)), group.create_task(self._ringing()))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    async def _nap(self, seconds: float) -> None:
        await self._sleep(seconds)

    async def _ringing(self) -> None:
        await self._rung.wait()


async def to_the_end(work: Coroutine[Any, Any, Result] | asyncio.Task[Result]) -> Result:
    """Await work that must not stop half-way: a cancellation is passed on only once the work is done."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # the cancellation is what the caller hears of; asyncio would report this one as lost
        raise
