"""A desk that is recorded: what its store is told, and what its archive stores."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from kfconsole.archive import Archive
from kfconsole.cli.acting import own_agent
from kfconsole.config import Settings
from kfconsole.desk import ServerClock
from kfconsole.desk.fact_lines import Header
from kfconsole.desk.recording import RecordedStore, Recorder
from kfconsole.errors import ArchiveError
from kfconsole.model import CustomerId, Message, MessageId, News, Record

RECENT_SECONDS = 86_400.0
MOST_RECENT = 20_000
"""Messages of the last day that a recording begins with: of so many customers nobody opens all."""


def recorder_for(path: Path, *, is_masked: bool) -> Recorder:
    """Return what writes a recording; nothing is written yet."""
    return Recorder(path, is_masked=is_masked)


def recorded(settings: Settings, recorder: Recorder, clock: ServerClock) -> tuple["RecordedArchive", RecordedStore]:
    """Begin a recording; return the archive and the store that are kept in it.

    Raises:
        ConfigError: The file is there already, or cannot be made.
    """
    me = own_agent(settings)
    recorder.begin(
        Header(
            program=version("kfconsole"),
            began_at=clock.now(),
            began_mono=clock.monotonic(),
            me=me,
            timezone=settings.ui.timezone,
            warn_after=settings.alerts.warn_after,
            late_after=settings.alerts.late_after,
            hours=settings.alerts.hours,
            intervals=settings.poll.seconds,
        )
    )
    store = RecordedStore(me, recorder, clock)
    archive = RecordedArchive(
        settings.archive_path,
        wall=clock.now,
        keep=store.keep_messages,
        end_recording=recorder.end,
    )
    return archive, store


class RecordedArchive(Archive):
    """An archive that tells of every message it stores, and of those of the last day when it is opened."""

    def __init__(
        self,
        path: Path,
        *,
        wall: Callable[[], float],
        keep: Callable[[Iterable[Message]], None],
        end_recording: Callable[[], None],
    ) -> None:
        super().__init__(path, wall=wall)
        self._keep = keep
        self._end_recording = end_recording
        self._recent: asyncio.Task[None] | None = None

    async def open_anyhow(self) -> None:
        """Open the file, and tell soon what it has of the last day."""
        await super().open_anyhow()
        self._recent = asyncio.create_task(self._keep_recent(), name="record the last day")

    async def close(self) -> None:
        """Let go of the file, and then end the recording."""
        if self._recent is not None:
            self._recent.cancel()
            with suppress(asyncio.CancelledError):
                await self._recent
        await super().close()
        await asyncio.to_thread(self._end_recording)

    async def merge_records(
        self, records: Sequence[Record], start_at: int, end_at: int, *, history_before: float = float("-inf")
    ) -> tuple[Message, ...]:
        """Store what is new, and tell it."""
        messages = await super().merge_records(records, start_at, end_at, history_before=history_before)
        self._keep(messages)
        return messages

    async def news(
        self, after: MessageId, also: Collection[MessageId] = (), *, openid: CustomerId | None = None
    ) -> News:
        """Return what other consoles stored, and tell it."""
        news = await super().news(after, also, openid=openid)
        self._keep(news.messages)
        return news

    async def _keep_recent(self) -> None:
        kept = 0
        with suppress(ArchiveError):  # whatever is wrong with the archive, its next use shows it
            async for part in self.every(start_at=self._wall() - RECENT_SECONDS):
                self._keep(part)
                kept += len(part)
                if kept >= MOST_RECENT:
                    return
