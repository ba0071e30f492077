"""Follows a replay, and keeps in its archive what a console would have kept that saw everything.

It has a reader and a desk of its own, so that a jump stays quick, which reads no more than it needs: what a jump passes
by is looked through behind it, and plot and report know of it a little later.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from kfconsole.desk.recording_file import Played, RecordingFile
from kfconsole.desk.replayed_store import ReplayedStore
from kfconsole.desk.retelling import Retelling
from kfconsole.errors import KfError
from kfconsole.model import Feed

if TYPE_CHECKING:
    from kfconsole.archive import Archive

PART_LINES: Final = 100
BEHIND_SECONDS: Final = 60.0
"""Nobody sees in a plot of hours that less is missing."""


class Following:
    """Looks through a recording up to the moment that is on screen."""

    def __init__(self, file: RecordingFile, archive: "Archive") -> None:
        self._file = file
        self._header = file.header
        self._archive = archive
        self._wanted_mono = self._reached_mono = file.header.began_mono
        self._stir, self._is_there = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_behind(self) -> bool:
        """Whether plot and report lack what they will know soon."""
        is_going_on = self._task is not None and not self._task.done()
        return is_going_on and self._wanted_mono - self._reached_mono > BEHIND_SECONDS

    def follow(self, mono: float) -> None:
        """Look through all up to a moment, soon."""
        self._wanted_mono = mono
        self._is_there.clear()
        self._stir.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="follow the replay")
        elif self._task.done():
            self._task.result()  # what nobody expected ends the program

    async def end(self) -> None:
        """Look at nothing any more; who follows after this begins at the start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._task = None
        self._wanted_mono = self._reached_mono = self._header.began_mono

    async def _run(self) -> None:
        # What has no room is told with the messages; a file that is gone, by who plays it.
        with suppress(KfError, OSError), closing(self._file.another()) as file:
            await self._go_along(file)

    async def _go_along(self, file: RecordingFile) -> None:
        store = ReplayedStore(self._header.me)
        store.be_silent()
        retelling = Retelling(self._archive, store, _intervals(self._header.intervals))
        has_begun = is_at_end = False
        ready: deque[Played] = deque()
        while True:
            await self._stir.wait()
            self._stir.clear()
            while not is_at_end and (not ready or ready[0].mono <= self._wanted_mono):
                if not ready:
                    await retelling.write()
                    ready.extend(await asyncio.to_thread(file.read, PART_LINES))
                    is_at_end = not ready
                    continue
                played = ready.popleft()
                store.take(played)
                if not has_begun:
                    has_begun = True
                    await retelling.begin(played.at, played.mono)
                await retelling.see(played.at, played.mono)
                self._reached_mono = played.mono
            wanted_mono = self._wanted_mono
            await retelling.write(is_last=is_at_end)
            self._reached_mono = wanted_mono
            if not self._stir.is_set():
                self._is_there.set()


def _intervals(seconds: Mapping[str, float]) -> Mapping[Feed, float]:
    """Return how often the recorded desk asked, as far as it is told."""
    return {feed: seconds[feed.value] for feed in Feed if feed.value in seconds}
