"""A picture of the console, taken without a terminal."""

import asyncio
from pathlib import Path

from kfconsole.ui.app import KfApp
from kfconsole.ui.picture import placed

SETTLE_ROUNDS = 400  # of 25 ms: lists from a server on this host are there long before


async def take(app: KfApp, path: Path, size: tuple[int, int]) -> None:
    """Run the app headless until lists and a conversation are there, and write what a person would see as SVG."""
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        for _round in range(SETTLE_ROUNDS):
            desk = app.store.desk
            if desk.open is None and desk.sessions and desk.contacts:
                await pilot.press("2", "enter")
            if desk.open is not None and desk.open.messages and desk.queue:
                break
            await pilot.pause(0.025)
        await pilot.pause()
        picture = placed(app.export_screenshot(title="kfconsole"))
    await asyncio.to_thread(path.write_text, picture, encoding="utf-8")
