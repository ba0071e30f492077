"""A thread that owns one connection, and the way into it from the event loop."""

import asyncio
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct

from kfconsole.archive.connection import FileError, explained
from kfconsole.errors import ArchiveError
from kfconsole.i18n import _

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")

LULL_SECONDS = 0.002  # between slices: SQLite's waiters poll, so another console needs a gap it can hit


class _Ended(Struct, Generic[T], frozen=True):
    outcome: T


class _Sliced(Struct, Generic[T]):
    """A job of slices, and how far it got on which connection."""

    job: "Callable[[Connection], Generator[None, None, T]]"
    connection: "Connection | None" = None
    steps: Generator[None, None, T] | None = None


class Worker:
    """Runs jobs on one connection in one thread, first come first served.

    A long job is cut into slices. The next slice joins the end of the line only when the one before it is done,
    so a short job waits for one slice, not for the rest of the long job. Where the connection is exchanged meanwhile,
    a sliced job begins anew on the other one: such jobs may be done twice.
    """

    def __init__(self, name: str, path: Path, connect: "Callable[[], Connection]") -> None:
        self._path = path
        self._connect = connect
        self._connection: Connection | None = None
        self._refusal: FileError | None = None
        self._early: FileError | None = None
        """Why the connection could not be made before anybody needed it: the first job is told."""
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._sliced: set[Future[Any]] = set()
        self._is_closed = False
        self._has_ended = False

    def begin(self) -> None:
        """Connect meanwhile; the first job will hardly have to wait for it."""
        self._executor.submit(self._connect_early)

    async def read(self, job: "Callable[[Connection], T]") -> T:
        """Run a job whose caller may lose interest: cancelled before its turn, it never runs."""
        return await asyncio.wrap_future(self._submit(lambda: job(self._connected())))

    async def write(self, job: "Callable[[Connection], T]") -> T:
        """Run a job to its end, also when the caller is cancelled meanwhile."""
        return await asyncio.shield(asyncio.wrap_future(self._submit(lambda: job(self._connected()))))

    async def write_slices(self, job: "Callable[[Connection], Generator[None, None, T]]") -> T:
        """Run a job slice by slice (each `yield` ends one) to its end, also when the caller is cancelled."""
        if self._is_closed:
            raise _closed()
        whole: Future[T] = Future()
        whole.set_running_or_notify_cancel()  # from here on no cancelled waiter can stop it half-way
        self._sliced.add(whole)
        whole.add_done_callback(self._sliced.discard)
        self._queue_slice(_Sliced(job), whole)
        return await asyncio.shield(asyncio.wrap_future(whole))

    async def let_go(self, reason: FileError) -> None:
        """Close the connection; jobs fail for this reason at once, until `reopen` or `exchange`."""
        self._refusal = reason
        await asyncio.shield(asyncio.wrap_future(self._executor.submit(self._disconnect)))

    async def exchange(self, make: "Callable[[Connection | None], Connection]") -> None:
        """Go on with another connection, made from the present one if there is any; a failure changes nothing."""
        await asyncio.shield(asyncio.wrap_future(self._submit(partial(self._exchange, make))))

    def reopen(self, connect: "Callable[[], Connection]") -> None:
        """Connect like this from the next job on, which must not have a connection any more."""
        self._connect = connect
        self._refusal = None

    async def close(self) -> None:
        """Finish what was begun, then close the connection and end the thread; cancelled, it can be called again."""
        if self._has_ended:
            return
        self._is_closed = True
        await asyncio.gather(*map(asyncio.wrap_future, self._sliced), return_exceptions=True)
        await asyncio.shield(asyncio.wrap_future(self._executor.submit(self._disconnect)))
        self._has_ended = True
        self._executor.shutdown()  # its one thread is idle now, so this does not block

    def _submit(self, job: Callable[[], T]) -> "Future[T]":
        if self._is_closed:
            raise _closed()
        return self._executor.submit(self._explained, job)

    def _explained(self, job: Callable[[], T]) -> T:
        with explained(self._path):
            return job()

    def _connect_early(self) -> None:
        try:
            self._explained(self._connected)
        except FileError as error:
            self._early = error

    def _connected(self) -> "Connection":
        if (early := self._early) is not None:
            self._early = None
            raise early
        if (reason := self._refusal) is not None:
            raise FileError(reason.message, hint=reason.hint, fault=reason.fault)
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _exchange(self, make: "Callable[[Connection | None], Connection]") -> None:
        connection = make(self._connection)
        self._disconnect()
        self._connection = connection
        self._refusal = None

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _queue_slice(self, sliced: _Sliced[T], whole: "Future[T]") -> None:
        piece = self._executor.submit(self._explained, partial(self._advance, sliced))
        piece.add_done_callback(partial(self._after_slice, sliced, whole))

    def _after_slice(self, sliced: _Sliced[T], whole: "Future[T]", piece: "Future[_Ended[T] | None]") -> None:
        if (error := piece.exception()) is not None:
            whole.set_exception(error)
        elif (ended := piece.result()) is not None:
            whole.set_result(ended.outcome)
        else:
            self._queue_slice(sliced, whole)

    def _advance(self, sliced: _Sliced[T]) -> _Ended[T] | None:
        connection = self._connected()
        if sliced.steps is None or sliced.connection is not connection:
            if sliced.steps is not None:
                sliced.steps.close()
            sliced.connection, sliced.steps = connection, sliced.job(connection)
        try:
            next(sliced.steps)
        except StopIteration as end:
            return _Ended(end.value)
        time.sleep(LULL_SECONDS)
        return None


def _closed() -> ArchiveError:
    return ArchiveError(_("The archive is closed."))
