"""Promises that hold when a console is killed at any moment."""

import asyncio
import os
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kfconsole.archive import Archive, Process
from kfconsole.archive.process import started_by_ps
from kfconsole.model import Delivery
from tests.archive.world import ANN, BOB, ME, T, texts

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def console(path: Path, first: int = 0) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a console that writes until it is killed; kill it at the latest at the end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.archive.child", str(path), str(first), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


async def acknowledged_line(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    async with asyncio.timeout(20):
        line = (await child.stdout.readline()).decode().strip()
    assert line, "the console ended by itself"
    return line


async def kill(child: asyncio.subprocess.Process) -> list[str]:
    """Kill the console and return what it still had acknowledged."""
    child.kill()
    rest, _nothing = await child.communicate()
    return [line for line in rest.decode().split("\n")[:-1] if line]


async def check_round(path: Path, chance: random.Random, first: int) -> int:
    """Kill a console after some acknowledged writes, look for all of them, and return the next number."""
    async with console(path, first) as child:
        seen = [await acknowledged_line(child) for _ in range(chance.randrange(1, 30))]
        seen += await kill(child)

    archive = Archive(path)
    await archive.open()
    stored = await archive.conversation(ANN, limit=100_000)
    draft = (await archive.contacts([BOB]))[BOB].draft
    await archive.close()

    sends = [line for line in seen if line.startswith("send")]
    drafts = [int(line.removeprefix("draft ")) for line in seen if line.startswith("draft")]
    assert set(sends) <= set(texts(stored))
    assert len(set(texts(stored))) == len(stored)
    assert {message.delivery for message in stored} == {Delivery.UNKNOWN}
    assert not drafts or int(draft.removeprefix("draft ")) >= max(drafts)
    return first + 1_000_000


async def test_everything_acknowledged_survives_kill_9(path: Path) -> None:
    chance = random.Random(20240501)
    first = 0
    for _round in range(10):
        first = await check_round(path, chance, first)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
async def test_everything_acknowledged_survives_kill_9_again_and_again(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    first = 0
    for _round in range(20):
        first = await check_round(path, chance, first)


async def test_what_a_dead_console_was_sending_becomes_unknown_and_a_living_ones_is_left_alone(
    archive: Archive, path: Path
) -> None:
    async with console(path) as living, console(path, 1000) as dying:
        own = await archive.begin_send(BOB, ME, "our own", T)
        await acknowledged_line(living)
        await acknowledged_line(dying)
        assert await archive.settle_orphans() == ()
        await kill(dying)

        changed = await archive.settle_orphans()

        assert "send 1000" in texts(changed)
        assert not {"send 0", "our own"} & set(texts(changed))
        assert {message.delivery for message in changed} == {Delivery.UNKNOWN}
        assert {message.reason for message in changed} == {"The console ended before WeChat answered."}
        assert all(message.needs_decision for message in changed)
        assert own == await archive.message(own.id)


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="needs a way to wait without taking note")
def test_a_killed_process_is_dead_before_its_parent_took_note() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        identity = Process.of(child.pid)
        was_alive = identity.is_alive()
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

        assert was_alive is True
        assert identity.is_alive() is False


@pytest.mark.skipif(shutil.which("ps") is None, reason="no ps here")
def test_where_there_is_no_proc_ps_tells_when_a_process_began(monkeypatch: pytest.MonkeyPatch) -> None:
    before = started_by_ps(os.getpid())
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    assert before
    assert started_by_ps(os.getpid()) == before
    assert started_by_ps(2**22 + 1) is None


def test_this_process_is_alive_and_a_later_one_with_its_number_is_not_it() -> None:
    current = Process.current()

    assert current.pid == os.getpid()
    assert current.is_alive() is True
    assert replace(current, started="1").is_alive() is False
    assert replace(current, boot="before the restart of the host").is_alive() is False


def test_a_process_of_another_host_is_neither_dead_nor_alive() -> None:
    assert replace(Process.current(), host="elsewhere").is_alive() is None
    assert replace(Process.current(), started="").is_alive() is None


def test_a_process_is_read_back_as_it_was_written() -> None:
    assert Process.decoded(Process.current().encoded()) == Process.current()
    assert Process.decoded("[1]") is None
    assert Process.decoded("?") is None


@pytest.mark.parametrize(("age", "delivery"), [(599, Delivery.SENDING), (601, Delivery.UNKNOWN)])
async def test_a_send_from_a_host_we_cannot_look_at_is_given_up_after_ten_minutes(
    path: Path, age: int, delivery: Delivery
) -> None:
    elsewhere = Archive(path, process=replace(Process.current(), host="elsewhere"))
    await elsewhere.open()
    message = await elsewhere.begin_send(ANN, ME, "hello", T)

    here = Archive(path, wall=lambda: T + age)
    await here.open()

    found = await here.message(message.id)
    assert found is not None
    assert found.delivery is delivery
    await here.close()
    await elsewhere.close()
