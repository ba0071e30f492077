"""A console of its own, for tests that kill it: writes, and says on stdout what the archive acknowledged.

`python -m tests.archive.child PATH FIRST` sends and drafts numbered texts from FIRST on until it is killed.
"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from kfconsole.archive import Archive
from tests.archive.world import ANN, BOB, ME, T


async def write_for_ever(path: Path, first: int) -> None:
    archive = Archive(path)
    await archive.open()
    for number in count(first):
        await archive.begin_send(ANN, ME, f"send {number}", T + number)
        acknowledge(f"send {number}")
        await archive.save_draft(BOB, f"draft {number}")
        acknowledge(f"draft {number}")


def acknowledge(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(write_for_ever(Path(sys.argv[1]), int(sys.argv[2])))
