"""Steps that many tests at the desk begin with, and what they ask of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kfconsole.simulator import World
from kfconsole.ui.lines import Line
from kfconsole.ui.talk import Talk
from tests.ui.console import Console, running, waiting


@asynccontextmanager
async def talking(tmp_path: Path, world: World, **options: Any) -> AsyncIterator[tuple[Console, str]]:
    """A console with one customer served, open, and the cursor in the composer."""
    async with running(tmp_path, world, **options) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await write_to(console, customer)
        yield console, customer


async def write_to(console: Console, customer: str) -> None:
    """Put the cursor into the composer of a customer."""
    await console.choose(customer)
    await console.press("r")
    await console.until(lambda: console.is_writing and console.opened == customer)


def told(console: Console) -> str:
    """All notes so far: on a narrow screen they wrap anywhere."""
    return "\n".join(note.message for note in console.app._notifications)


def messages_of(talk: Talk) -> list[str]:
    """The texts of a conversation, as far as it is loaded."""
    return [item.message.text for item in talk.items if isinstance(item, Line)]
