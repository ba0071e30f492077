"""Real processes, one token: who starts together asks WeChat once, and the dead hold nobody up."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.cli.conftest import PROGRAM, SECONDS, Shop, simulator

TOKEN_PATH = "/cgi-bin/stable_token"
QUEUE_PATH = "/customservice/kfsession/getwaitcase"
CONSOLES = 20


@pytest.fixture
def shop() -> Iterator[Shop]:
    with simulator("--scenario", "quiet") as (_process, shop):
        yield shop


def state(shop: Shop) -> Any:
    with build_opener(ProxyHandler({})).open(f"{shop.base_url}/_sim/state", timeout=SECONDS) as answer:
        return json.load(answer)


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


@contextmanager
def consoles(shop: Shop, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Start so many at once; none outlives the block."""
    started = [
        subprocess.Popen(
            [*PROGRAM, "queue", "--json"],
            env={**os.environ, **shop.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(count)
    ]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def answers(started: list[subprocess.Popen[str]]) -> set[tuple[int, int, str]]:
    """Wait for all; return exit code, customers waiting and talk of each."""
    found = set()
    for process in started:
        out, err = process.communicate(timeout=SECONDS)
        found.add((process.returncode, json.loads(out)["total"] if out else -1, err))
    return found


def test_twenty_consoles_that_start_at_once_ask_for_one_token(shop: Shop) -> None:
    with consoles(shop, CONSOLES) as started:
        assert answers(started) == {(0, 1, "")}

    calls = state(shop)["calls"]
    assert (calls[TOKEN_PATH], calls[QUEUE_PATH]) == (1, CONSOLES)


def test_a_dead_token_is_replaced_once_for_all_of_them(shop: Shop) -> None:
    with consoles(shop, 1) as started:
        answers(started)
    shop.order("tokens/revoke")
    with consoles(shop, CONSOLES) as started:
        assert answers(started) == {(0, 1, "")}

    calls = state(shop)["calls"]
    assert calls[TOKEN_PATH] == 2
    assert calls[QUEUE_PATH] <= 1 + 2 * CONSOLES


def test_a_holder_of_the_lock_that_is_killed_holds_nobody_up(shop: Shop, home: Path) -> None:
    shop.order("hold", path=TOKEN_PATH)
    with consoles(shop, 1) as (holder,):
        until(lambda: state(shop)["held"].get(TOKEN_PATH) == 1)
        with consoles(shop, 2) as waiting:
            until(lambda: all(_has_open(process, home / "data", ".lock") for process in waiting))
            assert state(shop)["calls"][TOKEN_PATH] == 1
            holder.send_signal(signal.SIGKILL)
            until(lambda: state(shop)["calls"][TOKEN_PATH] == 2)
            shop.order("release")
            assert answers(waiting) == {(0, 1, "")}

    assert state(shop)["calls"][TOKEN_PATH] == 2


def _has_open(process: "subprocess.Popen[str]", folder: Path, suffix: str) -> bool:
    handles = [Path(os.path.realpath(handle)) for handle in Path(f"/proc/{process.pid}/fd").iterdir()]
    return any(handle.parent == folder.resolve() and handle.suffix == suffix for handle in handles)


def test_a_console_killed_at_any_moment_leaves_a_cache_that_works(shop: Shop, home: Path) -> None:
    for part in range(6):
        for file in (home / "data").glob("token-*.json"):
            file.unlink()
        with consoles(shop, 1) as (console,):
            time.sleep(0.2 + part * 0.1)  # any moment will do: each is a fair one
            console.send_signal(signal.SIGKILL)
    with consoles(shop, 2) as started:
        assert answers(started) == {(0, 1, "")}
