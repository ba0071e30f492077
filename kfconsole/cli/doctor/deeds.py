"""The check that what was done is still what was noted."""

import asyncio
from pathlib import Path

from kfconsole import config
from kfconsole.cli.audit import words
from kfconsole.cli.doctor.finding import Finding, fail, ok, skipped
from kfconsole.cli.doctor.host import may_be_there
from kfconsole.errors import ArchiveError
from kfconsole.i18n import _
from kfconsole.model import AuditCheck


def audit(settings: config.Settings) -> list[Finding]:
    """Go through the chain of deeds in the archive that is there."""
    path = settings.archive_path
    if not settings.account.app_id or not may_be_there(path):
        return [ok("audit", _("Nothing was done yet."))]
    try:
        found = asyncio.run(_check(path))
    except ArchiveError:
        return [skipped("audit", _("the archive cannot be read"))]
    if found is None:
        return [skipped("audit", _("checked once the archive is brought up to date"))]
    said, hint = words(found)
    return [ok("audit", said) if found.fault is None else fail("audit", said, hint)]


async def _check(path: Path) -> AuditCheck | None:
    from kfconsole.archive import Archive

    archive = Archive(path)
    try:
        if await archive.sizes() is None:
            return None
        return await archive.check_deeds()
    finally:
        await archive.close()
