"""The composition root: from settings to a desk."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING

from kfconsole.archive import Archive
from kfconsole.cli.acting import own_agent, read_only_by
from kfconsole.cli.output import talk
from kfconsole.config import Settings
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.keeper import Keeper
from kfconsole.desk.mending import Mending
from kfconsole.desk.store import Store
from kfconsole.errors import ArchiveError
from kfconsole.i18n import _
from kfconsole.model import Desk, Feed
from kfconsole.wechat.addresses import check_ways

if TYPE_CHECKING:
    from kfconsole.cli.log import Log
    from kfconsole.desk import Actions, Poller
    from kfconsole.desk.read_only import ReadOnly
    from kfconsole.desk.recording import Recorder
    from kfconsole.wechat import KfClient


class Wired:
    """One desk and all it stands on, nothing of it opened yet.

    What asks and what acts is made when it is asked for: the first paint comes before.
    """

    def __init__(self, settings: Settings, clock: ServerClock, archive: Archive, store: Store) -> None:
        self._settings = settings
        self.clock, self.archive, self.store = clock, archive, store
        seconds = settings.poll.seconds
        self.keeper = Keeper(archive, store, clock, {feed: seconds[feed] for feed in Feed})
        self._mending = Mending(archive, store, asyncio.sleep)  # it hears what is wrong when the archive is opened

    @property
    def read_only(self) -> "ReadOnly | None":
        """What makes this console read-only from the start, if it is."""
        return read_only_by(self._settings) if self._settings.me.read_only else None

    async def remember(self) -> None:
        """Bring back what the last run left on the desk.

        Raises:
            ArchiveError: It cannot be read.
        """
        await self.keeper.remember()

    @cached_property
    def log(self) -> "Log":
        """The log of all calls."""
        from kfconsole.cli.log import Log

        return Log(self._settings.log_path)

    @cached_property
    def client(self) -> "KfClient":
        """The way to WeChat."""
        return make_client(self._settings, on_date=self.clock.learn, log=self.log)

    @cached_property
    def poller(self) -> "Poller":
        """Who asks."""
        from kfconsole.desk import Intervals, Poller

        poll = self._settings.poll
        return Poller(
            self.client,
            self.archive,
            self.store,
            self.clock,
            intervals=Intervals(**poll.seconds, night_factor=poll.night_factor),
            keep_days=self._settings.archive.keep_days,
            is_night=_is_night(self._settings),
            keeper=self.keeper,
            mending=self._mending,
        )

    @cached_property
    def actions(self) -> "Actions":
        """Who acts."""
        from kfconsole.desk import Actions

        return Actions(
            self.client,
            self.archive,
            self.store,
            self.clock,
            me=own_agent(self._settings),
            poller=self.poller,
            read_only=self._settings.me.read_only,
            read_only_by=read_only_by(self._settings),
            keep_days=self._settings.archive.keep_days,
        )


def make_client(
    settings: Settings, *, on_date: Callable[[float, float, float], None] | None = None, log: "Log | None" = None
) -> "KfClient":
    """Return the way to WeChat these settings describe; nothing is connected yet.

    Args:
        settings: With an account in them.
        on_date: Told the server's clock with every answer; see `KfClient`.
        log: Gets a line of every call; one of its own by default.
    """
    from kfconsole.cli.log import Log
    from kfconsole.wechat import KfClient

    account = settings.account
    return KfClient(
        base_url=account.base_url,
        app_id=account.app_id,
        app_secret=account.secret if account.app_secret_command else account.app_secret,
        access_token=account.access_token if account.access_token_command else None,
        token_folder=settings.data_dir,
        proxy=settings.network.proxy,
        on_date=on_date,
        log=(log or Log(settings.log_path)).call,
    )


def wire(settings: Settings, recorder: "Recorder | None" = None) -> Wired:
    """Put one desk together.

    Args:
        settings: Whose.
        recorder: Keeps what it sees.

    Raises:
        ConfigError: The recording cannot be made, or no client with these addresses.
    """
    check_ways(settings.account.base_url, settings.network.proxy)
    clock = ServerClock(time.monotonic, time.time)
    if recorder is None:
        archive, store = Archive(settings.archive_path, wall=clock.now), Store(own_agent(settings))
    else:
        from kfconsole.cli.recording import recorded

        archive, store = recorded(settings, recorder, clock)
    return Wired(settings, clock, archive, store)


def _is_night(settings: Settings) -> Callable[[float], bool] | None:
    night = settings.poll.night
    return None if night is None else partial(night.holds, zone=settings.ui.zone)


@asynccontextmanager
async def opened_archive(settings: Settings, *, is_reading: bool = False) -> AsyncIterator[Archive]:
    """Open the archive alone: WeChat hears nothing of this.

    Args:
        settings: Whose archive.
        is_reading: As with `opened`.
    """
    archive = Archive(settings.archive_path)
    await (archive.open_to_read() if is_reading else archive.open())
    if archive.trouble is not None:
        talk(_("Nothing that is new here is kept: {problem}").format(problem=archive.trouble.message))
    try:
        yield archive
    finally:
        await archive.close()


@asynccontextmanager
async def asking(settings: Settings) -> "AsyncIterator[KfClient]":
    """Open the way to WeChat alone, for a command that needs nothing else of the desk."""
    from kfconsole.cli.log import Log

    log = Log(settings.log_path)
    client = make_client(settings, log=log)
    try:
        yield client
    finally:
        await client.aclose()
        log.close()


@asynccontextmanager
async def opened(desk: Wired, *, is_reading: bool = False) -> AsyncIterator[Wired]:
    """Open archive and client for one command, with what the last run left on the desk.

    Args:
        desk: What is opened.
        is_reading: What the command stores is worth less than its answer: an archive that can be read but not
            written is lived with, and stderr says that nothing is kept.

    Raises:
        ArchiveError: The archive cannot be read, or not be written by a command that has to.
    """
    if is_reading:
        desk.store.subscribe(_TroubleTeller().tell)
    await (desk.archive.open_to_read() if is_reading else desk.archive.open())
    try:
        await desk.remember()
        yield desk
    finally:
        await _keep(desk)
        await desk.client.aclose()
        await desk.archive.close()
        desk.log.close()


async def _keep(desk: Wired) -> None:
    """Keep what was done and what was seen by it; that this cannot be kept changes nothing about what was done."""
    with suppress(ArchiveError):
        await desk.keeper.save_queue()
    await desk.actions.finish()


class _TroubleTeller:
    """Says once what is wrong with the archive."""

    def __init__(self) -> None:
        self._told: str | None = None

    def tell(self, desk: Desk) -> None:
        """Say it if it is new."""
        trouble = desk.archive_trouble
        if trouble is not None and trouble.message != self._told:
            self._told = trouble.message
            talk(_("Nothing that is new here is kept: {problem}").format(problem=trouble.message))


async def see_queue(desk: Wired) -> Desk:
    """Ask who waits, and keep the answer: the next one tells by it how long."""
    from kfconsole.desk.feeds.queue import QueueFeed

    desk.store.apply(await QueueFeed(desk.client, desk.clock).ask())
    await desk.keeper.save_queue()
    return desk.store.desk


async def see_agents(desk: Wired) -> Desk:
    """Ask who may answer, who is online and how many each serves."""
    from kfconsole.desk.feeds.agents import AgentsFeed

    desk.store.apply(await AgentsFeed(desk.client, desk.clock).ask())
    return desk.store.desk
