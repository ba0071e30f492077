"""A console of its own on a host where something is wrong; says as JSON on stdout how it fared.

`python -m tests.archive.faults_child PATH full|read-only|reading|outside|share…`
"""

import asyncio
import json
import os
import resource
import sys
import tempfile
from pathlib import Path

from kfconsole import config
from kfconsole.archive import Archive
from kfconsole.cli.doctor import host
from kfconsole.errors import ArchiveError
from kfconsole.model import Delivery
from tests.archive.world import ANN, BOB, ME, T, received, texts

NOBODY = 65_534
NOW = T + 600
ROOM_BYTES = 60_000


def limit_files(size: float) -> None:
    """Let no file grow beyond a size, as a full disk does."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), hard))


async def share(path: Path, name: str) -> dict[str, object]:
    """Open a file together with others who find it as it is, too, and send something."""
    archive = Archive(path, wall=lambda: NOW)
    await archive.open_anyhow()
    await archive.conversation(ANN)
    message = await archive.begin_send(ANN, ME, name, T + 500)
    await archive.settle(message.id, Delivery.SENT)
    tries = 0
    while not await archive.mend():  # another one may have the damaged file open still
        tries += 1
        await asyncio.sleep(0.02)
    trouble = archive.trouble
    await archive.close()
    return {"tries": tries, "trouble": trouble and trouble.message, "lost": archive.unkept.sends}


def import_everything() -> None:
    """Import now what the archive imports on use: another user may not be allowed to read it."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(cannot_write(Path(folder) / "archive.sqlite3", is_reading=False))


async def fill_the_disk(path: Path) -> dict[str, object]:
    """Work on while the disk fills, and until there is room again."""
    archive = Archive(path, wall=lambda: NOW)
    await archive.open_anyhow()
    limit_files(ROOM_BYTES)
    troubles = []
    for number in range(60):
        message = await archive.begin_send(ANN, ME, f"message {number} " + "x" * 2000, T + number)
        await archive.settle(message.id, Delivery.SENT)
        await archive.merge_records([received(f"answer {number}", T + number)], T, T + number)
        await archive.save_draft(BOB, f"draft {number}")
        if archive.trouble is not None:
            troubles.append(archive.trouble.message)
    was_mended_early = await archive.mend()
    seen = len(await archive.conversation(ANN))
    limit_files(resource.RLIM_INFINITY)
    is_mended = await archive.mend()
    await archive.close()
    return {
        "was_mended_early": was_mended_early,
        "is_mended": is_mended,
        "seen": seen,
        "troubles": sorted(set(troubles)),
        "lost": archive.unkept.sends,
    }


async def cannot_write(path: Path, *, is_reading: bool) -> dict[str, object]:
    """Work on a file that is another user's."""
    archive = Archive(path, wall=lambda: NOW)
    await (archive.open_to_read() if is_reading else archive.open_anyhow())
    found = texts(await archive.conversation(ANN))
    message = await archive.begin_send(ANN, ME, "new", T + 50)
    await archive.settle(message.id, Delivery.SENT)
    after = texts(await archive.conversation(ANN))
    trouble = archive.trouble
    await archive.close()
    return {"found": found, "after": after, "trouble": trouble and trouble.message, "lost": archive.unkept.sends}


async def cannot_enter(path: Path) -> dict[str, object]:
    """Ask for what lies in a folder that is another user's."""
    refusal = ""
    try:
        await Archive(path, wall=lambda: NOW).open_to_read()
    except ArchiveError as error:
        refusal = error.message
    archive = Archive(path, wall=lambda: NOW)
    await archive.open_anyhow()
    is_older_missing = archive.trouble is not None and archive.trouble.is_older_missing
    await archive.close()
    settings = config.from_values({"account": {"app_id": path.stem}}, path=Path("none"), folder=path.parent)
    host.files(settings)
    found = [*host.data_folder(settings), *await asyncio.to_thread(host.archive, settings)]
    return {
        "refusal": refusal,
        "is_older_missing": is_older_missing,
        "doctor": {finding.check: finding.state for finding in found},
    }


if __name__ == "__main__":
    place, how = Path(sys.argv[1]), sys.argv[2]
    if how == "full":
        result = asyncio.run(fill_the_disk(place))
    elif how.startswith("share"):
        result = asyncio.run(share(place, how))
    else:
        import_everything()
        if os.geteuid() == 0:
            os.setuid(NOBODY)  # root may write everything
        job = cannot_enter(place) if how == "outside" else cannot_write(place, is_reading=how == "reading")
        result = asyncio.run(job)
    sys.stdout.write(json.dumps(result))
