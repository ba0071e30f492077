"""An open archive in a folder that does not exist before."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from tests.archive.world import CREATED_AT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "account" / "archive.sqlite3"


@pytest.fixture
async def archive(path: Path) -> AsyncIterator[Archive]:
    opened = Archive(path, wall=lambda: CREATED_AT)
    await opened.open()
    yield opened
    await opened.close()
