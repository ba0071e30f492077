"""A picture of the console, taken without a terminal."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from kfconsole.ui.app import KfApp
from kfconsole.ui.picture import placed

SETTLE_ROUNDS = 400  # of 25 ms: lists from a server on this host are there long before
SHOWN_SECONDS = 1.0  # a screen that reads the archive first is there by then
NAME_ROUNDS = 250  # WeChat is asked for names a little later than for the lists, and may have none


async def take(app: KfApp, path: Path, size: tuple[int, int], keys: Sequence[str] = ()) -> None:
    """Run the app headless until lists and a conversation are there, and write what a person would see as SVG.

    Args:
        app: Not yet running.
        path: Of the picture.
        size: Columns and rows.
        keys: Pressed before, in Textual's names.
    """
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        for settled in range(SETTLE_ROUNDS):
            desk = app.store.desk
            if desk.open is None and desk.sessions and desk.contacts:
                await pilot.press("2", "enter")
            has_names = any(contact.name for contact in desk.contacts.values())
            if desk.open is not None and desk.open.messages and desk.queue and (has_names or settled > NAME_ROUNDS):
                break
            await pilot.pause(0.025)
        if keys:
            await pilot.press(*keys)
            await pilot.pause(SHOWN_SECONDS)
        await pilot.pause()
        picture = placed(app.export_screenshot(title="kfconsole"))
    await asyncio.to_thread(path.write_text, picture, encoding="utf-8")
