"""A recording that is written and played: the same desk at every moment, from any moment, whatever happened to it."""

import asyncio
import os
import stat
import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kfconsole.archive.replayed import ReplayedArchive
from kfconsole.desk import Actions, ServerClock
from kfconsole.desk import facts as happened
from kfconsole.desk.fact_lines import Header
from kfconsole.desk.recording import RecordedStore, Recorder
from kfconsole.desk.recording_file import RecordingFile
from kfconsole.desk.replayed_store import ReplayedStore
from kfconsole.desk.replaying import NoWeChat, Player, ReplayClock
from kfconsole.errors import ConfigError, NotPossible, Unavailable
from kfconsole.model import (
    Agent,
    AgentId,
    Contact,
    CustomerId,
    Feed,
    Message,
    MessageId,
    MessageKind,
    QueueAnswer,
    Session,
    WaitingRow,
)
from kfconsole.wechat import KfClient

TOM = AgentId("tom@shop")
BEGAN_AT = 1_750_000_000.0
FEW_FACTS = 5_000
SHIFT = BEGAN_AT - 1000.0


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.mono = 1000.0

    def __call__(self) -> float:
        return self.mono


def openid_of(number: int) -> CustomerId:
    return CustomerId(f"oTEST-{number:022d}")


def said(number: int, openid: CustomerId, at: float) -> Message:
    return Message(MessageId(number), openid, TOM, MessageKind.RECEIVED, f"words {number}", at)


class Floor:
    """A desk that is recorded; a second passes with every step."""

    def __init__(self, path: Path, *, is_masked: bool = False, keyframe_seconds: float = 60.0) -> None:
        self.hand = Hand()
        self.clock = ServerClock(self.hand, lambda: self.hand() + SHIFT)
        self.recorder = Recorder(path, is_masked=is_masked, rest_seconds=0.01)
        self.recorder.begin(Header(began_at=BEGAN_AT, began_mono=1000.0, me=TOM))
        self.store = RecordedStore(TOM, self.recorder, self.clock, keyframe_seconds=keyframe_seconds)

    def step(self, number: int) -> None:
        """Somebody comes, the one before is accepted, the one before that writes, and an old one goes."""
        self.hand.mono = 1001.0 + number
        mono, at = self.hand.mono, self.clock.now()
        rows = tuple(WaitingRow(openid_of(n), int(BEGAN_AT) + n) for n in range(max(0, number - 2), number + 1))
        facts: list[happened.Fact] = [happened.QueueSeen(QueueAnswer(len(rows), rows), at, mono)]
        if number == 0:
            facts.append(happened.AgentsSeen((Agent(TOM, "Tom", is_online=True),), mono))
        if number >= 3:
            openid = openid_of(number - 3)
            facts.append(happened.SessionOpened(Session(openid, TOM, int(at)), mono))
            message = said(number, openid, at)
            self.store.keep_messages((message,))
            facts.append(happened.ContactsSeen({openid: Contact(openid, last_message=message, alias=f"Li {number}")}))
        if number >= 8:
            facts.append(happened.SessionClosed(openid_of(number - 8), TOM, mono))
        self.store.apply(*facts)
        while len(self.recorder._pending) > FEW_FACTS:  # hours pass in seconds here, and the writer has to follow
            time.sleep(0.001)

    def end(self) -> None:
        self.recorder.end()
        assert self.recorder.trouble is None


def recorded(path: Path, steps: int, **options: bool | float) -> Floor:
    floor = Floor(path, **options)  # type: ignore[arg-type]
    for number in range(steps):
        floor.step(number)
    floor.end()
    return floor


class Show:
    """A recording that is played, by a clock moved by hand."""

    def __init__(self, path: Path, folder: Path, *, start_at: float | None = None) -> None:
        self.file = RecordingFile(path)
        self.hand = Hand()
        self.clock = ReplayClock(self.file.began_at, 1000.0, speed=1.0, real=self.hand)
        self.store = ReplayedStore(self.file.header.me)
        self.archive = ReplayedArchive(
            folder.with_suffix(".db"), wall=self.clock.now, known=lambda: self.store.desk.contacts, from_at=BEGAN_AT
        )
        self.player = Player(self.file, self.archive, self.store, self.clock)
        self.player.start_at = start_at

    async def go_on(self, seconds: float) -> None:
        """Let time pass, and wait until all that is due was played."""
        self.hand.mono += seconds
        self.player._bell.ring()
        async with asyncio.timeout(20):
            while not self._is_up_to(self.clock.due_mono()):
                await asyncio.sleep(0.001)
                self.player._bell.ring()
            async with self.player._turn:
                return

    async def to_the_end(self) -> None:
        while not self.player.is_at_end:
            await self.go_on(100)

    def _is_up_to(self, mono: float) -> bool:
        ready = self.player._ready
        return self.player.is_at_end or bool(ready and ready[0].mono > mono)


@asynccontextmanager
async def playing(path: Path, folder: Path, *, start_at: float | None = None) -> AsyncIterator[Show]:
    show = Show(path, folder, start_at=start_at)
    await show.archive.open()
    await show.player.remember()
    task = asyncio.create_task(show.player.run())
    try:
        yield show
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await show.archive.close()
        show.file.close()


def lists(store: ReplayedStore | RecordedStore) -> tuple[object, ...]:
    desk = store.desk
    return desk.queue, desk.queue_total, desk.sessions, desk.agents


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "floor.jsonl"


async def test_what_was_seen_is_seen_again_at_its_time(path: Path, tmp_path: Path) -> None:
    floor = recorded(path, 30)
    async with playing(path, tmp_path / "show") as show:
        assert show.store.desk.queue == ()
        await show.go_on(5.5)
        assert show.store.desk.queue_total == 3
        assert len(show.store.desk.sessions) == 2
        assert show.clock.now() == BEGAN_AT + 5.5
        await show.go_on(100)
        assert lists(show.store) == lists(floor.store)
        assert show.player.is_at_end
        assert show.clock.now() == BEGAN_AT + 30  # it stands where the recording ends
        assert show.store.desk.contacts == floor.store.desk.contacts


async def test_the_speed_and_a_pause_hold_for_the_clock_and_for_what_is_played(path: Path, tmp_path: Path) -> None:
    recorded(path, 100)
    async with playing(path, tmp_path / "show") as show:
        show.player.faster()
        show.player.faster()
        await show.go_on(2.6)
        assert show.clock.now() == pytest.approx(BEGAN_AT + 10.4)
        assert show.store.desk.queue[-1].openid == openid_of(9)
        show.player.pause()
        await show.go_on(50)
        assert show.clock.now() == pytest.approx(BEGAN_AT + 10.4)
        assert show.store.desk.queue[-1].openid == openid_of(9)
        show.player.pause()
        show.player.slower()
        await show.go_on(1)
        assert show.clock.now() == pytest.approx(BEGAN_AT + 12.4)


async def test_a_jump_leads_to_the_same_desk_as_playing_does(path: Path, tmp_path: Path) -> None:
    recorded(path, 400)
    async with playing(path, tmp_path / "straight") as straight:
        for moment in (95, 150, 301):
            while (left := BEGAN_AT + moment + 0.5 - straight.clock.now()) > 0.01:
                await straight.go_on(left)
            async with playing(path, tmp_path / f"jump-{moment}", start_at=BEGAN_AT + moment + 0.5) as show:
                assert lists(show.store) == lists(straight.store)
                assert show.clock.now() == pytest.approx(straight.clock.now())


async def test_one_can_jump_back_and_nothing_that_comes_later_is_known(path: Path, tmp_path: Path) -> None:
    recorded(path, 400)
    async with playing(path, tmp_path / "show") as show:
        await show.player.jump(BEGAN_AT + 350.5)
        assert await show.archive.message(MessageId(345)) == said(345, openid_of(342), BEGAN_AT + 346)
        await show.player.jump(BEGAN_AT + 99.5)
        assert show.store.desk.queue[-1].openid == openid_of(98)
        assert await show.archive.message(MessageId(98)) is not None
        assert await show.archive.message(MessageId(99)) is None
        assert all(row.openid < openid_of(99) for row in show.store.desk.sessions)
        await show.go_on(1)
        assert show.store.desk.queue[-1].openid == openid_of(99)
        assert await show.archive.message(MessageId(99)) is not None


async def test_a_conversation_is_read_as_it_stood_and_grows(path: Path, tmp_path: Path) -> None:
    recorded(path, 50)
    async with playing(path, tmp_path / "show", start_at=BEGAN_AT + 20.5) as show:
        actions = actions_of(show)
        await actions.open(openid_of(17 - 1))
        opened = show.store.desk.open
        assert opened is not None
        assert [message.text for message in opened.messages] == ["words 19"]
        assert show.store.desk.contacts[openid_of(16)].alias == "Li 19"


async def test_nothing_can_be_done_and_wechat_is_asked_nothing(path: Path, tmp_path: Path) -> None:
    recorded(path, 20)
    async with playing(path, tmp_path / "show", start_at=BEGAN_AT + 15) as show:
        actions = actions_of(show)
        for act in (
            actions.accept(openid_of(1)),
            actions.close(openid_of(2)),
            actions.send(openid_of(2), "hi"),
            actions.describe(openid_of(2), alias="Wu"),
        ):
            with pytest.raises(NotPossible):
                await act
        day = await actions.history(openid_of(11), BEGAN_AT - 86400, BEGAN_AT + 86400)
        assert isinstance(day.missing_error, Unavailable)
        assert day.gaps


def actions_of(show: Show) -> Actions:
    client = NoWeChat()
    assert not isinstance(client, KfClient)
    return Actions(client, show.archive, show.store, show.clock, me=TOM, read_only=True)  # type: ignore[arg-type]


async def test_a_line_that_was_never_finished_is_left_out_and_told(path: Path, tmp_path: Path) -> None:
    recorded(path, 30)
    cut(path)
    async with playing(path, tmp_path / "show") as show:
        await show.go_on(100)
        assert show.player.is_cut
        assert show.player.is_at_end
        assert not show.player.damaged
        assert len(show.store.desk.sessions) >= 4


async def test_damage_in_the_middle_is_told_by_its_line_and_mended_by_the_next_keyframe(
    path: Path, tmp_path: Path
) -> None:
    floor = recorded(path, 100, keyframe_seconds=20.0)
    damage(path)
    async with playing(path, tmp_path / "show") as show:
        await show.to_the_end()
        assert show.player.damaged == [61, 62]
        assert lists(show.store) == lists(floor.store)


def test_the_file_is_the_owners_alone_and_never_written_over(path: Path) -> None:
    recorded(path, 3)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="there already"):
        Recorder(path, is_masked=False).begin(Header(began_at=1.0, began_mono=1.0))
    assert path.read_bytes() == before
    with pytest.raises(ConfigError, match="cannot be written"):
        Recorder(path.parent / "no" / "file", is_masked=False).begin(Header(began_at=1.0, began_mono=1.0))


def test_what_happened_is_in_the_file_in_whole_lines_while_it_goes_on(path: Path) -> None:
    floor = Floor(path)
    floor.step(0)
    end = time.monotonic() + 5
    while b"QueueSeen" not in path.read_bytes():
        assert time.monotonic() < end
        time.sleep(0.005)
    assert path.read_bytes().endswith(b"\n")
    floor.end()


def test_a_full_disk_ends_the_recording_with_words_and_not_the_desk(path: Path) -> None:
    floor = Floor(path)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, floor.recorder._file)
    os.close(full)
    floor.step(0)
    end = time.monotonic() + 5
    while floor.recorder.trouble is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    floor.step(1)
    assert len(floor.store.desk.queue) == 2
    assert "no room" in floor.recorder.trouble.message
    floor.recorder.end()


def test_a_disk_that_cannot_keep_up_ends_the_recording(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfconsole.desk.recording.MAX_PENDING", 50)
    floor = Floor(path)
    floor.recorder._rest_seconds = 60.0
    monkeypatch.setattr(floor.recorder, "_drain", lambda: None)
    for number in range(40):
        floor.step(number)
    assert floor.recorder.trouble is not None
    assert "too slow" in floor.recorder.trouble.message
    floor.recorder.end()


async def test_masked_it_plays_the_same_with_nobody_in_it(path: Path, tmp_path: Path) -> None:
    floor = recorded(path, 30, is_masked=True)
    assert not [word for word in ("oTEST-", "Tom", "tom@shop", "Li ", "words 1") if word in text_of(path)]
    async with playing(path, tmp_path / "show") as show:
        assert show.player.is_masked
        await show.go_on(100)
        before, after = floor.store.desk, show.store.desk
        assert (after.queue_total, len(after.sessions)) == (before.queue_total, len(before.sessions))
        named = dict(zip((row.openid for row in before.sessions), (row.openid for row in after.sessions), strict=True))
        assert all(len(name) == len(openid) for openid, name in named.items())
        contact = after.contacts[after.sessions[0].openid]
        assert contact.last_message is not None
        assert contact.last_message.openid == contact.openid


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def damage(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[60] = b"\x00" * 40 + b"\n"
    lines[61] = lines[61][:30] + b"\n"
    path.write_bytes(b"".join(lines))


def size_of(path: Path) -> int:
    """Read a recording as it is played, and return how many facts are in it."""
    file = RecordingFile(path)
    count = 0
    while part := file.read(200):
        count += sum(len(played.facts) for played in part)
    file.close()
    return count


async def memory_of(path: Path, folder: Path, seconds: int) -> int:
    """Play a recording to its end, and return the most bytes that took."""
    async with playing(path, folder) as show:
        tracemalloc.start()
        try:
            await show.player.jump(BEGAN_AT + seconds / 2)
            await show.to_the_end()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("steps", [300, pytest.param(25_000, marks=pytest.mark.soak)])
async def test_ten_times_as_many_facts_take_no_more_memory(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr("kfconsole.desk.recording.RECENT_SECONDS", steps / 10)
    long = path.with_name("long.jsonl")
    recorded(path, steps // 10, keyframe_seconds=steps / 50)
    recorded(long, steps, keyframe_seconds=steps / 50)
    assert size_of(long) > 4 * steps
    few = await memory_of(path, tmp_path / "few", steps // 10)
    many = await memory_of(long, tmp_path / "many", steps)
    assert many < 2 * few + 1_000_000


async def kept(show: Show) -> tuple[Counter[tuple[str, float, float | None]], Counter[tuple[str, int, float | None]]]:
    """Return the waits and sessions in the archive of a replay, when all up to now was looked through."""
    await asyncio.wait_for(show.player._following._is_there.wait(), 60)
    waits = await show.archive.waits(0, 9e12)
    sessions = await show.archive.sessions_seen(0, 9e12)
    return (
        Counter((wait.openid, wait.since_at, wait.ended_at) for wait in waits),
        Counter((session.openid, session.started_at, session.ended_at) for session in sessions),
    )


def polled(path: Path, steps: int, *, keyframe_seconds: float = 60.0) -> Floor:
    """Record a desk that is told that it was answered."""
    floor = Floor(path, keyframe_seconds=keyframe_seconds)
    for number in range(steps):
        floor.step(number)
        floor.store.apply(*(happened.FeedSucceeded(feed, floor.hand.mono) for feed in Feed))
    floor.end()
    return floor


async def test_who_waited_and_who_was_served_is_kept_at_any_speed(path: Path, tmp_path: Path) -> None:
    floor = polled(path, 100)
    async with playing(path, tmp_path / "live") as live, playing(path, tmp_path / "show") as show:
        while not live.player.is_at_end:
            await live.go_on(1)
        while not show.player.is_at_end:
            await show.go_on(1000)
        waits, sessions = await kept(show)
        assert (waits, sessions) == await kept(live)
        assert len(waits) == 100
        assert len(sessions) == 97
        unended = sum(ended_at is None for *_who, ended_at in sessions)
        assert 0 <= unended - len(floor.store.desk.sessions) <= 3  # until it is sure that they are over


async def test_what_a_jump_passes_by_is_soon_known_as_if_it_had_been_played(path: Path, tmp_path: Path) -> None:
    polled(path, 300)
    async with playing(path, tmp_path / "live") as live, playing(path, tmp_path / "show") as show:
        for _seconds in range(5):
            await show.go_on(10)
        await show.player.jump(BEGAN_AT + 200)
        for _seconds in range(4):
            await show.go_on(10)
        await show.player.jump(BEGAN_AT + 280.5)
        while (left := BEGAN_AT + 280.5 - live.clock.now()) > 0:
            await live.go_on(min(left, 7))
        assert await kept(show) == await kept(live)
        watched = await show.archive.watched(Feed.QUEUE, 0, 9e12)
        assert [round(start - BEGAN_AT) for start, _end in watched] == [1]
        assert watched[0][1] > BEGAN_AT + 240


async def test_after_a_jump_back_it_is_known_what_was_before_and_nothing_that_comes_later(
    path: Path, tmp_path: Path
) -> None:
    polled(path, 300)
    async with playing(path, tmp_path / "show", start_at=BEGAN_AT + 290) as show:
        await show.player.jump(BEGAN_AT + 100.5)  # while it is still catching up
        waits, sessions = await kept(show)
        assert {openid for openid, *_rest in waits} == {openid_of(number) for number in range(100)}
        assert {openid for openid, *_rest in sessions} == {openid_of(number) for number in range(97)}


async def test_it_is_told_while_plot_and_report_lack_what_was_passed_by(path: Path, tmp_path: Path) -> None:
    polled(path, 300)
    async with playing(path, tmp_path / "show") as show:
        assert show.player.is_followed
        await show.player.jump(BEGAN_AT + 200)
        assert not show.player.is_followed
        await kept(show)
        assert show.player.is_followed
