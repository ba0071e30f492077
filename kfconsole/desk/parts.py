"""Long work on the event loop, done in parts so that keys pass in between."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Final, TypeVar

T = TypeVar("T")

KEY_SECONDS: Final = 0.004
MANY: Final = 2_000
"""From so many customers on, going through all of them may take as long as painting does."""


async def let_keys_pass() -> None:
    """Rest between two parts, for as long as a key needs from the terminal to the paint.

    On its way a key waits for the loop several times. After `sleep(0)` it would get on by one step before the next
    part of the work, and so be held up by many parts, not by one.
    """
    await asyncio.sleep(KEY_SECONDS)


async def in_parts(steps: Generator[None, None, T], rest: Callable[[], Awaitable[None]] = let_keys_pass) -> T:
    """Take the steps of long work to its end, and let keys pass between them, or rest in another way."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: T = end.value
            return outcome
        await rest()
