"""A recorded desk on the screens of the console: always told as such, never to be acted on, at any moment wanted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kfconsole import config
from kfconsole.cli.replay import open_replay
from kfconsole.desk.recording_file import RecordingFile
from kfconsole.model import CustomerId
from kfconsole.simulator import World, create_app
from kfconsole.ui.replay import ReplayApp
from tests.desk.test_replaying import BEGAN_AT, openid_of, recorded
from tests.ui.console import Console, short

STEPS = 700


@asynccontextmanager
async def replaying(
    tmp_path: Path, *, size: tuple[int, int] = (120, 40), start: str | None = None, **options: float
) -> AsyncIterator[Console]:
    path = tmp_path / "floor.jsonl"
    if not path.exists():
        recorded(path, STEPS)
    recording = RecordingFile(path)
    settings = config.from_values({"ui": {"language": "en"}}, path=tmp_path / "config.toml", folder=tmp_path)
    app = open_replay(settings, recording, tmp_path, start=start, **options)
    world = World()
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Console(app, pilot, world, create_app(world))
    recording.close()


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_it_is_told_as_a_replay_with_its_time_and_speed(tmp_path: Path, size: tuple[int, int]) -> None:
    async with replaying(tmp_path, size=size, start="+5m") as console:
        await console.sees("replay 23:11:4", "×1")  # 15:06:40 UTC and five minutes, in Shanghai
        await console.press(">", ">")
        await console.sees("×4")
        await console.press("P")
        await console.sees("paused")
        await console.press("P", "<")
        await console.sees("×2")
        await console.press("b")
        await console.sees("replay 23:1")
