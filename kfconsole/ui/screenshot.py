"""A picture of the console, taken without a terminal."""

import asyncio
import html
import re
from pathlib import Path

from kfconsole.text import width_cells
from kfconsole.ui.app import KfApp

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
        picture = _unsquashed(app.export_screenshot(title="kfconsole"))
    await asyncio.to_thread(path.write_text, picture, encoding="utf-8")


_CELL_PIXELS = 12.2  # the exporter's width of one cell
_TEXT = re.compile(r'x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+"([^>]*)>([^<]*)<')


def _unsquashed(svg: str) -> str:
    """Give every run of text the width of its cells; the exporter counts characters and squashes 汉字.

    Blanks at the start become a distance, because some renderers drop them.
    """

    def widen(found: re.Match[str]) -> str:
        words = html.unescape(found[4]).replace("\xa0", " ")
        said = words.lstrip(" ")
        x = float(found[1]) + (len(words) - len(said)) * _CELL_PIXELS
        shown = html.escape(said.rstrip(" ")).replace(" ", "&#160;")
        length = width_cells(said.rstrip(" ")) * _CELL_PIXELS
        return f'x="{x:.1f}" y="{found[2]}" textLength="{length:.1f}"{found[3]}>{shown}<'

    return _TEXT.sub(widen, svg)
