"""The access token on this host's disk, shared by all processes of one user. Knows no HTTP.

    token-<hash>.json   the token and when it ends; mode 0600, replaced in one step
    token-<hash>.lock   empty; who holds its lock fetches for everybody, and the kernel releases the lock of the dead

A cache is a saving and never a need: what cannot be read, written or locked is as if it were not there.
"""

import asyncio
import json
import math
import os
import stat
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from kfconsole.wechat.masks import Masks
from kfconsole.wechat.token import Token

LONGEST_SECONDS = 7200.0  # no token of WeChat's lives longer; a later end means that a clock was set
LOCK_PATIENCE_SECONDS = 15.0  # longer than a token call may take; a holder that was stopped must not stop us for ever
LOCK_POLL_SECONDS = 0.02
LARGEST_FILE = 16 * 1024
LONGEST_TOKEN = 4096

T = TypeVar("T")


class TokenCache:
    """The token of one account at one address."""

    def __init__(
        self, folder: Path, *, base_url: str, app_id: str, masks: Masks, wall: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._masks = masks
        self._account = f"{base_url.rstrip('/')}\n{app_id}"
        self._wall = wall
        self._name = ""

    async def read(self) -> Token | None:
        """Return the token with the seconds it still lives; None when there is none to rely on."""
        token = await asyncio.to_thread(self._read)
        if token is not None:
            self._masks.remember(token.value)
        return token

    async def write(self, token: Token) -> None:
        """Keep a token that came just now; only the holder of the lock may."""
        await _to_its_end(self._write, token)

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[bool]:
        """Hold the lock; yield false when it cannot be had, or not within some seconds."""
        lock = _Lock(self._path(".lock"))
        try:
            yield await self._take(lock)
        finally:
            lock.release()

    async def _take(self, lock: "_Lock") -> bool:
        try:
            async with asyncio.timeout(LOCK_PATIENCE_SECONDS):
                while not await _to_its_end(lock.try_take):  # noqa: ASYNC110  # other processes set no event of ours
                    await asyncio.sleep(LOCK_POLL_SECONDS)
        except (OSError, TimeoutError):
            return False
        return True

    def _path(self, ending: str) -> Path:
        if not self._name:
            from hashlib import sha256  # loads OpenSSL, which a start without a first call does not need

            self._name = f"token-{sha256(self._account.encode()).hexdigest()[:16]}"
        return self._folder / f"{self._name}{ending}"

    def _read(self) -> Token | None:
        path = self._path(".json")
        try:
            content = _private_content(path)
        except OSError:
            return None
        if content is None:
            with suppress(OSError):
                path.unlink()
            return None
        return self._parsed(content)

    def _parsed(self, content: bytes) -> Token | None:
        try:
            kept = json.loads(content)
        except (ValueError, RecursionError):
            return None
        value, ends_at = (kept.get("token"), kept.get("ends_at")) if isinstance(kept, dict) else (None, None)
        if not _is_token(value) or isinstance(ends_at, bool) or not isinstance(ends_at, int | float):
            return None
        now = self._wall()
        # A token that seems to live longer than any does was written by a clock that has been set since.
        return Token(value, ends_at - now) if now < ends_at <= now + LONGEST_SECONDS else None

    def _write(self, token: Token) -> None:
        ends_at = math.floor(self._wall() + min(token.lifetime_seconds, LONGEST_SECONDS))
        with suppress(OSError):
            _replace(self._path(".json"), json.dumps({"token": token.value, "ends_at": ends_at}).encode())


class _Lock:
    """A lock among processes; gone with the process that holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def try_take(self) -> bool:
        """Return whether the lock is ours now; never waits.

        Raises:
            OSError: The folder takes no lock.
        """
        import fcntl

        if self._handle is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back, or give up waiting for it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _private_content(path: Path) -> bytes | None:
    """Return the content of a file of ours that nobody else can read; None when it is anything else.

    Raises:
        OSError: There is no such file, or it cannot be read.
    """
    try:
        # A pipe in its place must not keep us waiting.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        if path.is_symlink():
            return None
        raise
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        is_private = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
        return file.read(LARGEST_FILE) if is_private else None


def _replace(path: Path, content: bytes) -> None:
    """Put the file in place in one step, readable by nobody else.

    Raises:
        OSError: It cannot be written; then what stood there still stands.
    """
    # One name for all: what a killed process left is overwritten, and the lock keeps others away.
    part = path.with_suffix(".new")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o600)
            file.write(content)
            file.flush()
            os.fsync(handle)
        part.replace(path)
    except OSError:
        part.unlink()
        raise


def _is_token(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN and value.isascii() and value.isprintable()


async def _to_its_end(work: Callable[..., T], *arguments: Any) -> T:
    """Run something short in a thread; who is cancelled meanwhile still waits for it, and leaves nothing half done."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise
