"""A recorded desk on the screens of the console: always told as such, never to be acted on, at any moment wanted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.replay import open_replay
from kfconsole.desk.fact_lines import Header, Shortener
from kfconsole.desk.recording import Recorder
from kfconsole.desk.recording_file import RecordingFile
from kfconsole.errors import NotPossible
from kfconsole.simulator import World, create_app
from kfconsole.ui.commands import COMMANDS
from kfconsole.ui.replay import _LEADING, _REFUSED, ReplayApp
from kfconsole.ui.status import notices
from kfconsole.ui.tape import RecordingTape
from tests.desk.test_replaying import BEGAN_AT, cut, damage, openid_of, polled, recorded
from tests.ui.console import Console, running

STEPS = 330


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


async def test_one_can_jump_to_a_time_and_back_with_a_conversation_open(tmp_path: Path) -> None:
    async with replaying(tmp_path, start="+5m") as console:
        await console.press("P", "2")
        await console.sees("paused")
        served = openid_of(295)  # accepted two seconds before
        assert console.desk_screen.sessions.select(served)
        await console.press("enter")
        await console.sees("words 298")
        await jump(console, "23:11:40")  # on a busy host it played on for a second before it paused
        await jump(console, "-1m")
        await console.sees("23:10:40, paused")
        assert served not in console.app.store.desk.session_by_customer
        assert "words 298" not in console.text()
        await jump(console, "23:11:42")
        await console.sees("23:11:42, paused", "words 298")
        await jump(console, "+1h")
        await console.sees("the end")


async def jump(console: Console, typed: str) -> None:
    await console.press("J")
    await console.sees("Jump to a time from")
    await console.type(typed)
    await console.press("enter")
    await console.sees_no("Jump to a time from")
    await console.quiet()


async def test_what_is_not_in_the_recording_is_told_while_it_is_typed(tmp_path: Path) -> None:
    async with replaying(tmp_path) as console:
        await console.press("P", "J")
        await console.sees("Jump to a time from")
        await console.type("4:00")
        await console.sees("The recording is from")
        await console.press("enter", "escape")
        await console.sees("paused")


async def test_no_key_changes_anything(tmp_path: Path) -> None:
    async with replaying(tmp_path, start="+5m") as console:
        await console.press("P", "1", "n")
        await console.sees("read-only")
        before = console.app.store.desk
        for key in ("a", "x", "t", "L", "T", "B"):
            await console.press(key)
            await console.quiet()
            await console.press("escape")
        assert console.app.store.desk.sessions == before.sessions
        assert console.writes() == []


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_keys_at_the_bottom_are_those_of_a_replay_and_none_it_refuses(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with replaying(tmp_path, size=size, start="+5m") as console:
        for pane in ("1", "2", "3", "4", "b"):
            await console.press(pane)
            await console.sees("P pause  < slower  > faster  J jump", "? help")
            for refused in (" a accept", " n next", " r reply", " A assign", " x close", " L assign longest"):
                assert refused not in console.text()
        await console.press("b", "p")
        await console.sees("i meanings")
        await console.sees_no("P pause")
        await console.press("escape", "m")
        await console.sees("Tom")
        await console.sees_no("n new")


def test_what_a_replay_refuses_are_commands() -> None:
    assert {command.id for command in COMMANDS} >= {*_REFUSED, *_LEADING}


async def test_the_keys_of_a_replay_are_in_its_palette_and_in_no_other(tmp_path: Path) -> None:
    async with replaying(tmp_path) as console:
        await console.press("ctrl+p")
        await console.type("replay")
        await console.sees("Pause the replay")
    async with running(tmp_path, World()) as console:
        await console.press("ctrl+p")
        await console.type("replay")
        await console.sees_no("Pause the replay")


async def test_damage_and_an_unfinished_end_are_told(tmp_path: Path) -> None:
    path = tmp_path / "floor.jsonl"
    recorded(path, 100)
    damage(path)
    cut(path)
    async with replaying(tmp_path, speed=1024.0) as console:
        await console.sees("Lines 61, 62 of the recording cannot be read", "was killed", "the end")


async def test_lists_of_an_earlier_run_are_told_as_such_and_nobody_is_said_to_be_asked(tmp_path: Path) -> None:
    async with replaying(tmp_path, start="+1s") as console:
        await console.press("P")
        await console.sees("paused")
        remembered = replace(console.app.store.desk, remembered_at=console.app.clock.now() - 60, health={})
        said = notices(remembered, console.app.station, console.app.clock.now(), console.app.clock.monotonic())

        assert said == ["These lists are from the run before the recorded one, 1 min earlier."]


async def test_a_recording_that_stops_is_told_on_the_desk(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "floor.jsonl", is_masked=True)
    tape = RecordingTape(recorder)
    assert (tape.mode(), tape.notices()) == ("recording, masked", [])
    recorder.trouble = NotPossible("Recording has stopped: there is no room left.")
    async with running(tmp_path, World()) as console:
        console.app.station = replace(console.app.station, tape=tape)
        await console.sees("recording stopped", "no room left")


async def test_a_time_zone_this_host_does_not_know_is_lived_with(tmp_path: Path) -> None:
    path = tmp_path / "floor.jsonl"
    header = Header(began_at=BEGAN_AT, began_mono=1.0, timezone="../Moon", intervals={"queue": 3.0, "moon": 1.0})
    path.write_bytes(Shortener().header(header))
    async with replaying(tmp_path) as console:
        await console.sees("replay 23:06:40, the end")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_plot_and_the_report_tell_of_what_was_played(tmp_path: Path, size: tuple[int, int]) -> None:
    polled(tmp_path / "floor.jsonl", 120)
    async with replaying(tmp_path, size=size, speed=512.0) as console:
        await console.sees("the end")
        assert isinstance(console.app, ReplayApp)
        await asyncio.wait_for(console.app._player._following._is_there.wait(), 30)
        assert len(await console.app.archive.waits(BEGAN_AT, BEGAN_AT + 200)) == 120
        await console.press("p")
        await console.sees("117", "Tom")
        await console.press("escape")
        await console.sees("the end")


async def test_a_gap_of_a_replay_promises_no_answer_of_wechat(tmp_path: Path) -> None:
    async with replaying(tmp_path, start="+5m") as console:
        await console.press("P", "2")
        assert console.desk_screen.sessions.select(openid_of(295))
        await console.press("enter")
        await console.sees("words 298", "not in the recording")
        await console.press("pageup", "pageup")
        await console.quiet()
        await console.sees("not in the recording")
        await console.sees_no("asks WeChat", "tries again")
