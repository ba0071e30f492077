"""The token on this host's disk: shared, private, and never a reason to fail."""

import asyncio
import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kfconsole.errors import AuthError, Rejected, Unavailable
from kfconsole.wechat import token_cache
from tests.wechat.wire import OPENID, QUEUE_PATH, TOKEN_PATH, Wire

EMPTY = {"count": 0, "waitcaselist": []}
TOKEN = "k3pt-by-another"


class Data:
    """The data folder, as somebody else sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def file(self) -> Path:
        """Where the token lies: named by the lock beside it, which stays."""
        return self.lock.with_suffix(".json")

    @property
    def lock(self) -> Path:
        (lock,) = self.folder.glob("token-*.lock")
        return lock

    def kept(self) -> Any:
        return json.loads(self.file.read_bytes())

    def put(self, token: object = TOKEN, ends_in: float = 7000, mode: int = 0o600) -> None:
        self.write(json.dumps({"token": token, "ends_at": time.time() + ends_in}).encode(), mode)

    def write(self, content: bytes, mode: int = 0o600) -> None:
        self.file.write_bytes(content)
        self.file.chmod(mode)

    def remove(self) -> None:
        self.file.unlink()

    def move_to(self, elsewhere: Path) -> None:
        self.file.rename(elsewhere)

    def is_link(self) -> bool:
        return self.file.is_symlink()

    def is_there(self) -> bool:
        return os.path.lexists(self.file)

    def names(self, pattern: str = "*") -> list[str]:
        return sorted(file.name for file in self.folder.glob(pattern))

    def modes(self) -> set[int]:
        return {stat.S_IMODE(file.stat().st_mode) for file in self.folder.iterdir()}

    def mode(self) -> int:
        return stat.S_IMODE(self.folder.stat().st_mode)

    def replace_by(self, make: Callable[[Path], object]) -> None:
        """Put something else in the token's place."""
        self.remove()
        make(self.file)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock as another process does."""
        with self.lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def is_lock_open_twice(self) -> bool:
        """Whether somebody of this process holds the lock, and somebody waits for it."""
        return [os.path.realpath(handle) for handle in Path("/proc/self/fd").iterdir()].count(str(self.lock)) == 2


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # the other side is a thread
        await asyncio.sleep(0)


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(tmp_path.resolve() / "data")


async def ask(wire: Wire, data: Data, **options: Any) -> None:
    """Ask for the queue as a process of its own would."""
    wire.reply(QUEUE_PATH, EMPTY)
    client = wire.client(token_folder=data.folder, **options)
    await client.queue()
    await client.aclose()


@pytest.fixture
async def left(wire: Wire, data: Data) -> Data:
    """The data folder after one console; its requests are forgotten."""
    await ask(wire, data)
    wire.requests.clear()
    return data


def used(wire: Wire) -> str:
    return str(wire.asked(QUEUE_PATH)[-1].url.params["access_token"])


# Shared


@pytest.mark.usefixtures("left")
async def test_the_second_console_needs_no_token_call(wire: Wire, data: Data) -> None:
    await ask(wire, data)

    assert wire.asked(TOKEN_PATH) == []
    assert used(wire) == wire.token


async def test_consoles_in_one_process_share_one_token_call(wire: Wire, data: Data) -> None:
    wire.reply(QUEUE_PATH, EMPTY)
    await asyncio.gather(*(wire.client(token_folder=data.folder).queue() for _ in range(10)))

    assert wire.tokens == 1


async def test_what_is_kept_is_the_token_and_its_end_for_its_owner_alone(wire: Wire, left: Data) -> None:
    kept = left.kept()

    assert set(kept) == {"token", "ends_at"}
    assert kept["token"] == wire.token
    assert 7190 < kept["ends_at"] - time.time() <= 7200
    assert left.mode() == 0o700
    assert [Path(name).suffix for name in left.names()] == [".json", ".lock"]
    assert left.modes() == {0o600}


async def test_names_tell_nothing_and_differ_by_account_and_address(wire: Wire, data: Data) -> None:
    await ask(wire, data)
    await ask(wire, data, base_url="http://other.test")
    await ask(wire, data, base_url="http://other.test/")

    assert len(data.names("*.json")) == 2
    assert wire.tokens == 2
    assert not any("wx1" in name or "test" in name for name in data.names())


async def test_a_mask_in_the_way_does_not_make_the_cache_unreadable(wire: Wire, left: Data) -> None:
    left.remove()
    before = os.umask(0o377)
    try:
        await ask(wire, left)
    finally:
        os.umask(before)

    assert left.modes() == {0o600}


async def test_a_token_near_its_end_is_renewed(wire: Wire, left: Data) -> None:
    left.put(ends_in=299)
    await ask(wire, left)

    assert used(wire) == wire.token
    assert left.kept()["token"] == wire.token


async def test_a_token_is_believed_for_what_is_left_of_it(wire: Wire, left: Data) -> None:
    wire.reply(QUEUE_PATH, EMPTY)
    left.put(ends_in=1000)
    client = wire.client(token_folder=left.folder)
    await client.queue()
    wire.now_mono += 690
    await client.queue()
    assert wire.asked(TOKEN_PATH) == []

    left.remove()
    wire.now_mono += 11
    await client.queue()
    assert len(wire.asked(TOKEN_PATH)) == 1


async def test_a_lifetime_longer_than_any_is_not_written_down(wire: Wire, data: Data) -> None:
    wire.reply(TOKEN_PATH, {"access_token": "t", "expires_in": 10**9})
    await ask(wire, data)

    assert data.kept()["ends_at"] <= time.time() + 7200


# Not to be relied on


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"token": "k3pt-by-ano',
        b"\xff\xfe\x00garbage",
        b"[" * 100_000,
        b"[]",
        b"null",
        b"{}",
        b'{"token": "k3pt-by-another"}',
        b'{"token": "k3pt-by-another", "ends_at": "soon"}',
        b'{"token": "k3pt-by-another", "ends_at": true}',
        b'{"token": "k3pt-by-another", "ends_at": NaN}',
        b'{"token": "k3pt-by-another", "ends_at": Infinity}',
        b'{"token": "k3pt-by-another", "ends_at": -1e999}',
        b'{"token": "k3pt-by-another", "ends_at": 1' + b"0" * 400 + b"}",
        b'{"token": "k3pt-by-another", "ends_at": 1' + b"0" * 5000 + b"}",
        b'{"token": 5, "ends_at": 1}',
    ],
    ids=lambda content: repr(content[:50]),
)
async def test_a_torn_or_foreign_content_is_replaced(wire: Wire, left: Data, content: bytes) -> None:
    left.write(content)
    await ask(wire, left)

    assert used(wire) == wire.token
    assert left.kept()["token"] == wire.token


@pytest.mark.parametrize("ends_in", [7300, 10**8, 0, -5])
async def test_an_end_that_cannot_be_is_not_believed(wire: Wire, left: Data, ends_in: int) -> None:
    left.put(ends_in=ends_in)
    await ask(wire, left)

    assert used(wire) == wire.token


@pytest.mark.parametrize("token", ["", "two\nlines", "汉字", "x" * 5000])
async def test_what_is_no_token_is_not_used(wire: Wire, left: Data, token: str) -> None:
    left.put(token)
    await ask(wire, left)

    assert used(wire) == wire.token


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o601])
async def test_a_cache_open_to_others_is_not_trusted_and_not_left(wire: Wire, left: Data, mode: int) -> None:
    left.put(mode=mode)
    wire.reply(TOKEN_PATH, httpx.ConnectError("no"))
    with pytest.raises(Unavailable):
        await ask(wire, left)

    assert not left.is_there()


async def test_a_cache_of_another_user_is_not_trusted(wire: Wire, left: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    left.put()
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    await ask(wire, left)

    assert used(wire) == wire.token


async def test_a_link_is_not_followed_and_its_target_is_left_alone(wire: Wire, left: Data) -> None:
    elsewhere = left.folder.with_name("elsewhere.json")
    left.put()
    left.move_to(elsewhere)
    left.file.symlink_to(elsewhere)
    await ask(wire, left)

    assert used(wire) == wire.token
    assert not left.is_link()
    assert TOKEN in elsewhere.read_text()


async def test_a_pipe_in_its_place_does_not_hang(wire: Wire, left: Data) -> None:
    left.replace_by(os.mkfifo)
    async with asyncio.timeout(20):
        await ask(wire, left)

    assert left.kept()["token"] == wire.token


async def test_a_folder_in_its_place_is_lived_with(wire: Wire, left: Data) -> None:
    left.replace_by(os.mkdir)
    await ask(wire, left)

    assert used(wire) == wire.token
    assert left.names("*.new") == []


async def test_what_a_killed_process_left_half_written_is_overwritten(wire: Wire, left: Data) -> None:
    left.file.rename(left.file.with_suffix(".new"))
    await ask(wire, left)

    assert left.kept()["token"] == wire.token
    assert left.names("*.new") == []


@pytest.mark.parametrize("make", [lambda path: path.write_text("in the way"), lambda path: path.symlink_to("/proc/no")])
async def test_without_a_folder_to_write_everything_works(
    wire: Wire, data: Data, make: Callable[[Path], object]
) -> None:
    make(data.folder)
    await ask(wire, data)
    await ask(wire, data)

    assert wire.tokens == 2
    assert used(wire) == wire.token


async def test_a_disk_that_fills_up_leaves_what_was_there(
    wire: Wire, left: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    left.put(ends_in=100)
    monkeypatch.setattr(os, "fsync", full)
    await ask(wire, left)

    assert used(wire) == wire.token
    assert left.kept()["token"] == TOKEN
    assert left.names("*.new") == []


# A dead token


async def test_a_dead_token_is_replaced_by_what_another_process_fetched(wire: Wire, left: Data) -> None:
    def answer(request: httpx.Request) -> dict[str, Any]:
        if request.url.params["access_token"] == TOKEN:
            return EMPTY
        left.put()  # meanwhile another process noticed first
        return {"errcode": 40001, "errmsg": "dead"}

    wire.reply(QUEUE_PATH, answer)
    await wire.client(token_folder=left.folder).queue()

    assert wire.asked(TOKEN_PATH) == []
    assert used(wire) == TOKEN


async def test_the_dead_token_of_the_cache_is_fetched_anew_and_replaced(wire: Wire, left: Data) -> None:
    def answer(request: httpx.Request) -> dict[str, Any]:
        return {"errcode": 42001, "errmsg": "x"} if request.url.params["access_token"] == TOKEN else EMPTY

    left.put()
    wire.reply(QUEUE_PATH, answer)
    await wire.client(token_folder=left.folder).queue()

    assert len(wire.asked(TOKEN_PATH)) == 1
    assert left.kept()["token"] == wire.token


async def test_a_refused_account_leaves_no_cache(wire: Wire, data: Data) -> None:
    wire.reply(TOKEN_PATH, {"errcode": 40125, "errmsg": "invalid appsecret"})
    with pytest.raises(AuthError):
        await ask(wire, data)

    assert data.names("*.json") == []


async def test_a_token_from_the_cache_is_hidden_in_what_is_said(wire: Wire, left: Data) -> None:
    left.put()
    wire.reply(QUEUE_PATH, {"errcode": 99999, "errmsg": f"bad {TOKEN}"})
    with pytest.raises(Rejected, match=r"bad \*\*\*") as caught:
        await wire.client(token_folder=left.folder).queue()

    assert TOKEN not in repr(vars(caught.value)) + repr(wire.entries)


# The lock


async def test_who_waits_for_the_lock_uses_what_its_holder_fetched(wire: Wire, left: Data) -> None:
    left.remove()
    wire.reply(QUEUE_PATH, EMPTY)
    with left.locked():
        waiting = asyncio.create_task(wire.client(token_folder=left.folder).queue())
        await until(left.is_lock_open_twice)
        left.put()
    await waiting

    assert wire.asked(TOKEN_PATH) == []
    assert used(wire) == TOKEN


async def test_a_lock_held_too_long_stops_nobody_and_then_nothing_is_written(
    wire: Wire, left: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "LOCK_PATIENCE_SECONDS", 0.1)
    left.remove()
    with left.locked():
        await ask(wire, left)

    assert used(wire) == wire.token
    assert not left.is_there()


async def test_who_gives_up_waiting_leaves_the_lock_to_others(wire: Wire, left: Data) -> None:
    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    left.remove()
    wire.reply(TOKEN_PATH, never)
    holder = asyncio.create_task(wire.client(token_folder=left.folder).queue())
    await wire.until_asked(TOKEN_PATH)
    waiting = asyncio.create_task(wire.client(token_folder=left.folder).typing(OPENID))
    await until(left.is_lock_open_twice)
    for task in (waiting, holder):
        task.cancel()
    await asyncio.wait([waiting, holder])
    wire.reply(TOKEN_PATH, {"access_token": "t", "expires_in": 7200})
    async with asyncio.timeout(token_cache.LOCK_PATIENCE_SECONDS / 2):
        await ask(wire, left)

    assert left.kept()["token"] == "t"
