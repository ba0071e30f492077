"""`serve`: where it may listen, what it says, and that no console outlives it."""

import asyncio
import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType

from tests.cli.conftest import PROGRAM, SECONDS, Command, Shop, run


@contextmanager
def serving(shop: Shop, folder: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """Serve a shop's console on a free port; everything of it lies in a folder."""
    environment = {**os.environ, **shop.environment, "LANG": "C.UTF-8", "KFCONSOLE_DATA_DIR": str(folder)}
    with subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", "--json", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@asynccontextmanager
async def page(url: str) -> AsyncIterator[ClientWebSocketResponse]:
    """Open the console as a browser does."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        async with client.get(url) as answer:
            base = answer.url
        async with client.ws_connect(base.join(base.with_path("/ws")).with_query(width=100, height=30)) as socket:
            yield socket


async def sees(socket: ClientWebSocketResponse, words: str) -> None:
    """Wait until words were drawn without a jump of the cursor."""
    drawn = b""
    async with asyncio.timeout(SECONDS):
        while words.encode() not in drawn:
            drawn += await socket.receive_bytes()


async def ends(socket: ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(SECONDS):
        while (message := await socket.receive()).type is WSMsgType.BINARY:
            pass
    return message.data if message.type is WSMsgType.CLOSE else socket.close_code


def consoles(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in listed.stdout.split()]


def shown_by_ps(*pids: int) -> str:
    """Return arguments and variables of processes, as their user sees them."""
    listed = subprocess.run(["ps", "eww", *map(str, pids)], capture_output=True, text=True, check=True)
    return listed.stdout


def logged(folder: Path) -> str:
    return "".join(file.read_text("utf-8", "replace") for file in folder.glob("*.log"))


async def gone(pid: int) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            await asyncio.sleep(0.05)


def said_by(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.read()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "desk.example"])
def test_what_other_hosts_reach_is_refused(kf: Command, host: str) -> None:
    done = kf("serve", "--host", host)

    assert done.code == 2
    assert host in done.err
    assert "--allow-remote" in done.err
    assert done.out == ""


def test_without_its_library_it_says_what_to_install(kf: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfconsole.cli.serve.find_spec", lambda _name: None)

    done = kf("serve")

    assert done.code == 2
    assert "pip install 'kfconsole[serve]'" in done.err
    assert importlib.util.find_spec("textual_serve") is not None


def test_without_an_account_nothing_is_served(tmp_path: Path) -> None:
    done = run("serve", "--port", "0", HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))

    assert done.code == 2
    assert done.out == ""


async def test_a_browser_sees_the_desk_read_only_and_every_console_ends_with_us(one_shop: Shop, tmp_path: Path) -> None:
    with serving(one_shop, tmp_path) as (process, served):
        async with page(served["url"]) as socket:
            await sees(socket, "Queue")
            (console,) = consoles(process.pid)
            listed = shown_by_ps(process.pid, console)
            process.send_signal(signal.SIGTERM)

            assert await ends(socket) == 4000
        assert process.wait(SECONDS) == 0
        said = said_by(process.stderr)
        await gone(console)

    token = served["url"].rpartition("/")[2]
    assert not served["may_write"]
    assert "--read-only" in listed
    assert "nobody can change anything" in said
    assert len(token) >= 43
    assert token not in listed + said + logged(tmp_path)


async def test_a_console_keeps_what_was_written_when_we_are_killed(one_shop: Shop, tmp_path: Path) -> None:
    openid = one_shop.customer("在吗")
    with serving(one_shop, tmp_path, "--allow-writes") as (process, served):
        async with page(served["url"]) as socket:
            await sees(socket, openid[-6:])
            (console,) = consoles(process.pid)
            for keys, shown in (("n", "replies left"), ("r", "eply to"), ("马上就来", "马上就来")):
                await socket.send_json(["stdin", keys])
                await sees(socket, shown)
            process.kill()

            assert await ends(socket) == 1006
        said = said_by(process.stderr)
        await gone(console)

    assert "ACT" in said
    with closing(sqlite3.connect(tmp_path / f"{one_shop.app_id}.db")) as archive:
        assert archive.execute("SELECT text FROM drafts").fetchall() == [("马上就来",)]
        ((source,),) = archive.execute("SELECT source FROM audit WHERE act = 'accept'").fetchall()
    assert source.startswith("browser 127.0.0.1")
