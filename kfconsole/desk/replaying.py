"""Plays a recording: its facts go into a store at the pace at which they came, or faster, and nothing goes anywhere."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from msgspec.structs import replace

from kfconsole.desk import facts as happened
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.fact_lines import messages_of
from kfconsole.desk.following import Following
from kfconsole.desk.gauges import Gauge
from kfconsole.desk.recording_file import Played, RecordingFile
from kfconsole.desk.replayed_store import ReplayedStore
from kfconsole.desk.waking import Bell, Sleep
from kfconsole.errors import Unavailable
from kfconsole.i18n import _
from kfconsole.model import AgentId, Feed

if TYPE_CHECKING:
    from kfconsole.archive.replayed import ReplayedArchive

PART_LINES: Final = 200
"""So many are applied without a pause: a few milliseconds."""
PAUSE_SECONDS: Final = 0.01
"""What the screen gets between two parts when there is more to play than time."""
BEHIND_SECONDS: Final = 1.0
SLOWEST, FASTEST = 0.125, 1024.0


class NoWeChat:
    """Stands where the way to WeChat is, and leads nowhere: all that is asked of it fails."""

    def __getattr__(self, _name: str) -> Callable[..., Coroutine[Any, Any, NoReturn]]:
        """Return a call that asks nobody."""
        return _ask_nobody

    async def aclose(self) -> None:
        """Close nothing."""


async def _ask_nobody(*_arguments: object, **_named: object) -> NoReturn:
    problem = _("This is a replay: WeChat is asked nothing, and what was not recorded is not here.")
    raise Unavailable(problem, may_have_arrived=False)


class ReplayClock(ServerClock):
    """The clock of a recording: it goes as fast as wanted, and never past what is still to be played."""

    def __init__(self, at: float, mono: float, *, speed: float, real: Callable[[], float] = time.monotonic) -> None:
        self._real = real
        self._speed, self._is_paused = speed, False
        self.set(at, mono)

    @property
    def speed(self) -> float:
        """Seconds of the recording a second."""
        return self._speed

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._is_paused

    def now(self) -> float:
        """Return the Unix seconds of WeChat's clock, as the recorded desk knew it."""
        return self.monotonic() + self._shift

    def monotonic(self) -> float:
        """Return the seconds of the recording host's monotonic clock."""
        return min(self.due_mono(), self._until)

    def due_mono(self) -> float:
        """Return up to when everything should be played by now."""
        return self._mono if self._is_paused else self._mono + (self._real() - self._begun) * self._speed

    def set(self, at: float, mono: float) -> None:
        """Stand at a moment, and go on from there."""
        self._mono, self._begun, self._until = mono, self._real(), mono
        self._shift = at - mono

    def pace(self, speed: float, *, is_paused: bool) -> None:
        """Go on from here at another speed, or stand still."""
        self._mono, self._begun = self.monotonic(), self._real()
        self._speed, self._is_paused = speed, is_paused

    def played(self, at: float, mono: float, *, is_behind: bool) -> None:
        """Everything up to a moment is played; who is behind forgets by how much."""
        self._shift = at - mono
        self._until = max(self._until, mono)
        if is_behind:
            self._mono, self._begun = mono, self._real()

    def wait_for(self, mono: float) -> None:
        """Go no further: what comes then is not played yet."""
        self._until = mono


class Player:
    """Plays a recording; to the screens it is what keeps the desk fresh."""

    def __init__(
        self,
        file: RecordingFile,
        archive: "ReplayedArchive",
        store: ReplayedStore,
        clock: ReplayClock,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._file = file
        self._archive = archive
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._following = Following(file, archive)
        self._bell = Bell(sleep)
        self._turn = asyncio.Lock()
        self._ready: deque[Played] = deque()
        self._last: Played | None = None
        self.start_at: float | None = None
        """Where to begin; None: at the first moment there is."""
        self.is_at_end = False
        """Whether nothing is left to be played."""
        self.is_jumping = False

    @property
    def at(self) -> float:
        """The moment that is on screen, Unix seconds."""
        return self._clock.now()

    @property
    def ends_at(self) -> float:
        """The last moment there is."""
        return self._file.ends_at

    @property
    def began_at(self) -> float:
        """The first moment there is."""
        return self._file.began_at

    @property
    def speed(self) -> float:
        """Seconds of the recording a second."""
        return self._clock.speed

    @property
    def is_paused(self) -> bool:
        """Whether it stands still because somebody wants it."""
        return self._clock.is_paused

    @property
    def is_masked(self) -> bool:
        """Whether nobody can be recognised."""
        return self._file.header.is_masked

    @property
    def damaged(self) -> Sequence[int]:
        """The numbers of lines that cannot be read, as far as was read."""
        return self._file.damaged

    @property
    def is_cut(self) -> bool:
        """Whether the last line of the file was never finished."""
        return self._file.is_cut

    @property
    def is_followed(self) -> bool:
        """Whether plot and report know of all up to this moment; after a jump that takes a while."""
        return not self._following.is_behind

    # What somebody who watches may do

    def pause(self) -> None:
        """Stand still, or go on."""
        self._clock.pace(self.speed, is_paused=not self.is_paused)
        self._bell.ring()

    def faster(self) -> None:
        """Play twice as fast."""
        self._pace(self.speed * 2)

    def slower(self) -> None:
        """Play half as fast."""
        self._pace(self.speed / 2)

    def _pace(self, speed: float) -> None:
        self._clock.pace(min(max(speed, SLOWEST), FASTEST), is_paused=self.is_paused)
        self._bell.ring()

    async def jump(self, at: float) -> None:
        """Go to a moment, or to the first or last one there is; a conversation on screen has to be read anew.

        Raises:
            ArchiveError: The messages up to then have no room.
        """
        at = min(max(at, self.began_at), self.ends_at)
        self.is_jumping, self.is_at_end = True, False
        try:
            async with self._turn:
                self._store.be_silent()
                try:
                    await self._jump(at - self._file.shift_seconds)
                finally:
                    self._store.speak()
        finally:
            self.is_jumping = False
            self._bell.ring()

    async def _jump(self, mono: float) -> None:
        self._store.forget_shown()
        if mono < self._clock.monotonic():
            self._file.rewind()
            self._ready.clear()
            await self._following.end()
            await self._archive.begin_again()
        await self._play_to(mono)
        if not self._ready:
            place = self._file.place()
            is_there = False
            while not is_there:
                messages, keyframe, is_there = await asyncio.to_thread(self._file.pass_to, mono)
                await self._archive.keep(messages)
                place = keyframe or place
            self._file.go_to(place)
            while not self._ready and await self._read():
                await self._play_to(mono)
        shift = self._file.shift_seconds if self._last is None else self._last.at - self._last.mono
        self._clock.set(mono + shift, mono)
        self._following.follow(mono)

    async def _play_to(self, mono: float) -> None:
        """Play what is ready and not later."""
        part: list[Played] = []
        while self._ready and self._ready[0].mono <= mono:
            part.append(self._ready.popleft())
        await self._play(part, is_passing=True)

    async def _read(self) -> bool:
        """Have something ready; False at the end."""
        if not self._ready:
            self._ready.extend(await asyncio.to_thread(self._file.read, PART_LINES))
        return bool(self._ready)

    async def _play(self, part: Sequence[Played], *, is_passing: bool = False) -> None:
        if not part:
            return
        messages = {message.id: message for played in part for fact in played.facts for message in messages_of(fact)}
        await self._archive.keep(tuple(messages.values()))
        if is_passing:  # what is on screen is read anew after a jump
            for played in part:
                kept = tuple(fact for fact in played.facts if not isinstance(fact, happened.MessagesSeen))
                self._store.take(replace(played, facts=kept))
        else:
            self._store.be_silent()  # the screens are told once
            for played in part:
                self._store.take(played)
            self._store.speak()
            self._following.follow(part[-1].mono)
        self._last = part[-1]

    # What the screens ask of whoever keeps the desk fresh

    async def remember(self) -> None:
        """Show the first desk there is, or the one to begin at; await it before `run`.

        Raises:
            ArchiveError: The messages up to then have no room.
        """
        await self.jump(self.began_at if self.start_at is None else self.start_at)

    async def run(self) -> None:
        """Play until cancelled; at the end, wait for a jump."""
        try:
            while True:
                self._bell.silence()
                async with self._turn:
                    rest_seconds = await self._play_due()
                await self._bell.wait(rest_seconds)
        finally:
            await self._following.end()

    async def _play_due(self) -> float | None:
        """Play what is due; return how long nothing is, without a number until somebody wants something."""
        self.is_at_end = not await self._read()
        if self.is_at_end:
            if self._last is not None:
                self._clock.wait_for(self._last.mono)
            return None
        self._clock.wait_for(self._ready[0].mono)
        due_mono = self._clock.due_mono()
        part: list[Played] = []
        while self._ready and self._ready[0].mono <= due_mono and len(part) < PART_LINES:
            part.append(self._ready.popleft())
        if not part:
            return None if self.is_paused else (self._ready[0].mono - due_mono) / self.speed
        await self._play(part)
        is_behind = len(part) == PART_LINES and due_mono - part[-1].mono > BEHIND_SECONDS * self.speed
        self._clock.played(part[-1].at, part[-1].mono, is_behind=is_behind)
        if self._ready:
            self._clock.wait_for(self._ready[0].mono)
        return PAUSE_SECONDS

    async def save(self) -> None:
        """Keep nothing: it is in the recording; and follow it no more, also if it never ran."""
        await self._following.end()

    def wake(self, *feeds: Feed) -> None:
        """Ask for nothing."""

    def focus(self, agent: AgentId | None) -> None:
        """Ask for nothing."""

    async def look_at_quotas(self) -> None:
        """Ask for nothing."""

    def gauges(self) -> tuple[Gauge, ...]:
        """Limits are not recorded."""
        return ()
