"""`replay --plain` and `--json`: what the recorded desk saw, told as a watch would have told it then."""

import json
import subprocess
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.replay_lines import Teller
from kfconsole.desk import facts as happened
from kfconsole.desk.changes import Change, Changes
from kfconsole.desk.recording_file import RecordingFile
from kfconsole.errors import Unavailable
from kfconsole.model import Feed
from tests.cli.conftest import PROGRAM, run
from tests.cli.schema import valid
from tests.desk.test_replaying import BEGAN_AT, Floor, cut, damage, openid_of, polled, recorded, said


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "floor.jsonl"


def test_what_happened_is_printed_with_the_times_of_the_recording(path: Path) -> None:
    polled(path, 60)
    done = run("replay", str(path), "--plain", "--text")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert lines[0] == "2025-06-15"
    assert lines[1] == "23:06:41  1 waiting, the longest for ≥00:01. 0 being served. 1 of 1 agents online."
    assert "23:07:00  Li 19 wrote: words 19" in lines
    assert "23:07:00  Tom accepted Li 19 after 00:04." in lines
    assert "23:06:58  …000018 waits." in lines
    assert "Li 19 wrote.\n" in run("replay", str(path), "--plain").out


def test_as_json_it_is_what_a_watch_prints(path: Path) -> None:
    polled(path, 60)
    done = run("replay", str(path), "--json", "--from", "23:07")
    events = [valid("replay", line) for line in done.out.splitlines()]
    kinds = Counter(event["type"] for event in events)
    assert events[0]["type"] == "present"
    assert events[0]["at"] == BEGAN_AT + 20
    assert kinds.keys() == {"present", "waiting", "accepted", "closed", "message"}
    assert min(event["at"] for event in events if event["type"] == "message") == BEGAN_AT + 20
    assert {event["text"] for event in events if event["type"] == "message"} == {None}
    assert [event["openid"] for event in events if event["type"] == "waiting"][-1] == openid_of(59)


def test_a_watch_of_then_told_the_same(path: Path) -> None:
    settings = config.from_values({}, path=path, folder=path.parent)
    floor = Floor(path, keyframe_seconds=30)
    changes = Changes(warn_after=settings.alerts.warn_after, late_after=settings.alerts.late_after)
    told: list[Change] = []
    for number in range(200):
        floor.step(number)
        floor.store.apply(*(happened.FeedSucceeded(feed, floor.hand.mono) for feed in Feed))
        if number == 50:
            error = Unavailable("gone", may_have_arrived=False)
            floor.store.apply(happened.FeedFailed(Feed.QUEUE, error, floor.hand.mono, None))
        told += changes.between(floor.store.desk, floor.clock.now())
    floor.end()
    recording = RecordingFile(path)
    found = [event for event, _desk in Teller(settings, recording, with_text=True).events(0.0)]
    recording.close()

    without_names = (replace(event, name="") if hasattr(event, "name") else event for event in found)
    assert [event for event in without_names if type(event).__name__ != "Received"] == told
    texts = [to_builtins(event)["text"] for event in found if type(event).__name__ == "Received"]
    assert texts == [f"words {number}" for number in range(3, 200)]


def test_a_wait_gets_late_when_it_did_and_each_message_is_told_once(path: Path) -> None:
    floor = Floor(path)
    floor.step(0)
    floor.step(1)
    floor.store.apply(*(happened.FeedSucceeded(feed, floor.hand.mono) for feed in Feed))
    floor.hand.mono += 600
    for text in ("one", "two"):
        message = replace(said(7, openid_of(0), floor.clock.now()), text=text)
        floor.store.keep_messages((message,))
    floor.store.apply(happened.RecordsSeen(floor.hand.mono))
    floor.end()
    events = [json.loads(line) for line in run("replay", str(path), "--json", "--text").out.splitlines()]
    late = [
        (event["openid"][-1], event["level"], event["at"] - BEGAN_AT) for event in events if event["type"] == "late"
    ]
    assert late == [("0", "warn", 60), ("1", "warn", 61), ("0", "late", 180), ("1", "late", 181)]
    assert [event["text"] for event in events if event["type"] == "message"] == ["two"]


def test_damage_and_an_unfinished_end_are_told_apart_from_the_data(path: Path) -> None:
    polled(path, 60)
    damage(path)
    cut(path)
    done = run("replay", str(path), "--json")
    assert done.code == 0
    assert [json.loads(line) for line in done.out.splitlines()]
    assert "Lines 61, 62 of the recording cannot be read" in done.err
    assert "was killed" in done.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--plain", "--json"), "exclude each other"),
        (("--plain", "--speed", "2"), "--speed is for a screen"),
        (("--text",), "--text is for --plain and --json"),
        (("--plain", "--from", "3:00"), "The recording is from 2025-06-15 23:06:40"),
    ],
)
def test_options_that_do_not_fit_are_refused(path: Path, options: tuple[str, ...], problem: str) -> None:
    recorded(path, 3)
    done = run("replay", str(path), *options)
    assert (done.code, done.out) == (2, "")
    assert problem in done.err


def test_who_has_read_enough_ends_it(path: Path) -> None:
    polled(path, 300)
    with subprocess.Popen([*PROGRAM, "replay", str(path), "--json"], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert json.loads(program.stdout.readline())["type"] == "present"
        program.stdout.close()
        assert program.wait(60) == 0


@pytest.mark.parametrize("steps", [300, pytest.param(20_000, marks=pytest.mark.soak)])
def test_ten_times_as_many_facts_take_no_more_memory(path: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    monkeypatch.setattr("kfconsole.desk.recording.RECENT_SECONDS", steps / 10)
    settings = config.from_values({}, path=path, folder=path.parent)
    most = []
    for number in (steps // 10, steps):
        kept = path.with_name(f"{number}.jsonl")
        polled(kept, number, keyframe_seconds=steps / 50)
        recording = RecordingFile(kept)
        tracemalloc.start()
        try:
            assert sum(1 for _told in Teller(settings, recording, with_text=True).events(0.0)) > 3 * number
            most.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
            recording.close()
    assert most[1] < 2 * most[0] + 1_000_000
