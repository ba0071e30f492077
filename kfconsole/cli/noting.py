"""What a command does to the archive by itself, among the deeds: that it begins, and then what came of it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass

from msgspec.structs import replace

from kfconsole import config
from kfconsole.archive import Archive
from kfconsole.cli.acting import own_agent
from kfconsole.errors import ArchiveError, KfError
from kfconsole.model import CustomerId, Deed

KEY_BYTES = 16


@dataclass(slots=True)
class Noted:
    """What will be noted in the end."""

    details: str
    openid: CustomerId | None = None
    result: str = "done"


@asynccontextmanager
async def noted(
    archive: Archive, settings: config.Settings, act: str, details: str = "", *, names_nobody: bool, is_reading: bool
) -> AsyncIterator[Noted]:
    """Keep that something is being done, and then what was done.

    Args:
        archive: Where.
        settings: Whose.
        act: What.
        details: What else it is about, as far as that is known before.
        names_nobody: Why it failed is not kept, as the words may name a customer.
        is_reading: It is done all the same where nothing can be kept; what is wrong was told already.
    """
    keeping = suppress(ArchiveError) if is_reading else nullcontext()
    deed = Deed(time.time(), act, own_agent(settings), details=details, key=os.urandom(KEY_BYTES))
    with keeping:
        await archive.begin_deed(deed)
    note, result = Noted(details), "failed"
    try:
        yield note
        result = note.result
    except asyncio.CancelledError:
        result = "interrupted"
        raise
    except KfError as error:
        result = "failed" if names_nobody else error.message
        raise
    finally:
        with keeping:
            await archive.note_deed(replace(deed, openid=note.openid, details=note.details, result=result))
