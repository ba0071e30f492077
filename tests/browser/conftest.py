"""A shop, the console that `serve` shows of it, and a browser."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import Chromium, Page, chromium
from tests.cli.conftest import PROGRAM, Shop, one_shop  # noqa: F401  # a fixture

Serve = Callable[..., AbstractAsyncContextManager[dict[str, Any]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--picture", type=Path, help="where to keep what the browser showed, as PNG")


@pytest.fixture
async def browser() -> AsyncIterator[Chromium]:
    """A browser without a window."""
    async with chromium() as found:
        yield found


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """`kfconsole serve` on a shop; the block gets what it printed."""

    @asynccontextmanager
    async def serving(shop: Shop, *arguments: str, **environment: str) -> AsyncIterator[dict[str, Any]]:
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            "serve",
            "--port",
            "0",
            "--json",
            *arguments,
            env={
                **os.environ,
                **shop.environment,
                "KFCONSOLE_DATA_DIR": str(tmp_path),
                "KFCONSOLE_LANGUAGE": "en",
                **environment,
            },
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            yield json.loads(await process.stdout.readline())
        finally:
            process.terminate()
            assert await process.wait() == 0

    return serving


async def opened(browser: Chromium, url: str, **size: int) -> Page:
    """Open the console in a page, and wait until it shows the desk."""
    page = await browser.open(url, **size)
    await page.sees("Queue")
    return page
