"""`watch`: one line for each thing that happens, as real processes see it."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROGRAM, SECONDS, Shop, put, run
from tests.cli.schema import valid

FAST = """
[poll]
queue = 0.5
agents = 0.5
sessions = 0.5
messages = 0.5
[alerts]
warn_after = 100
late_after = 200
"""


class Watch:
    """A watch under way, read line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def line(self) -> str:
        assert self.process.stdout is not None
        self.lines.append(self.process.stdout.readline().removesuffix("\n"))
        return self.lines[-1]

    def until(self, kind: str) -> Any:
        """Return the next event of a kind."""
        while line := self.line():
            event = valid("watch", line)
            if event["type"] == kind:
                return event
        raise AssertionError(f"ended without {kind}: {self.lines}")

    def ended(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and what stood on stderr."""
        assert self.process.stderr is not None
        said = self.process.stderr.read()
        return self.process.wait(SECONDS), said


@contextmanager
def watching(shop: Shop, *arguments: str, **environment: str) -> Iterator[Watch]:
    with subprocess.Popen(
        [*PROGRAM, "watch", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "LANG": "C.UTF-8", **shop.environment, **environment},
    ) as process:
        try:
            yield Watch(process)
        finally:
            process.kill()


@pytest.fixture(autouse=True)
def fast(settings_file: Path) -> None:
    put(settings_file, FAST)


def test_a_customers_way_is_told_from_the_queue_to_the_end(shop: Shop) -> None:
    other = shop.order("agents", kf_account="kf9@shop", nickname="Li", online=False)["kf_account"]
    with watching(shop, "--json") as watch:
        present, waiting = watch.until("present"), watch.until("waiting")
        assert (present["queue_total"], present["agents_online"], present["agents_total"]) == (1, 2, 5)

        shop.order("agents/online", kf_account=other, online=True)
        assert watch.until("online")["agent"] == other
        shop.order("agents/accept", kf_account=shop.kf_account)
        accepted = watch.until("accepted")
        assert (accepted["openid"], accepted["agent"]) == (waiting["openid"], shop.kf_account)
        shop.order("say", openid=waiting["openid"], text="在吗")
        message = watch.until("message")
        assert (message["openid"], message["text"]) == (waiting["openid"], None)
        shop.order("agents/transfer", openid=waiting["openid"], **{"from": shop.kf_account, "to": other})
        moved = watch.until("transferred")
        assert (moved["from_agent"], moved["to_agent"]) == (shop.kf_account, other)
        shop.order("agents/close", kf_account=other, openid=waiting["openid"])
        assert watch.until("closed")["agent"] == other
        shop.order("agents/online", kf_account=other, online=False)
        watch.until("offline")

        told = [json.loads(line)["type"] for line in watch.lines]
        assert sorted(told) == sorted(set(told))


def test_lines_have_the_time_of_the_settings_and_a_line_for_the_day(shop: Shop, settings_file: Path) -> None:
    put(settings_file, FAST + '[ui]\ntimezone = "Asia/Shanghai"\n')
    with watching(shop, "--text") as watch:
        day, present, waiting = watch.line(), watch.line(), watch.line()
        shop.order("agents/accept", kf_account=shop.kf_account)
        accepted = watch.line()
        openid = shop.order("customers")["openid"]
        shop.order("say", openid=openid, text="第一行\n\x1b[31m[b]second")
        shop.order("agents/accept", kf_account=shop.kf_account)
        while f"…{openid[-6:]} wrote" not in watch.line():
            shop.order("say", openid=openid, text="第一行\n\x1b[31m[b]second")

    assert len(day) == len("2026-11-23")
    assert present[8:].startswith("  1 waiting, the longest for ≥00:0")
    assert present.endswith(". 0 being served. 2 of 4 agents online.")
    assert waiting.endswith(" waits, at least since then.")
    assert accepted[8:].startswith("  晓雯 accepted …")
    assert watch.lines[-1][8:] == f"  …{openid[-6:]} wrote: 第一行 ␛[31m[b]second"


def test_waits_that_get_late_are_told_at_both_thresholds(shop: Shop) -> None:
    with watching(shop, "--json") as watch:
        watch.until("waiting")
        shop.order("clock", advance_seconds=120)
        first = watch.until("late")
        shop.order("clock", advance_seconds=120)
        second = watch.until("late")

    assert [(event["level"], event["is_exact"]) for event in (first, second)] == [("warn", False), ("late", False)]
    assert first["wait_seconds"] >= 100
    assert second["wait_seconds"] >= 200


def test_an_outage_is_told_at_both_ends_and_nothing_is_told_twice(shop: Shop) -> None:
    with watching(shop, "--json") as watch:
        watch.until("waiting")
        shop.order("faults", path="/customservice/kfsession/getwaitcase", kind="status", status=502, count=2)
        trouble = watch.until("trouble")
        recovered = watch.until("recovered")
        shop.order("agents/accept", kf_account=shop.kf_account)
        watch.until("accepted")

    assert (trouble["feed"], trouble["code"]) == ("queue", None)
    assert recovered["at"] >= trouble["at"]
    assert [json.loads(line)["type"] for line in watch.lines] == [
        "present", "waiting", "trouble", "recovered", "accepted"
    ]  # fmt: skip


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGHUP, 0)])
def test_a_signal_ends_it_cleanly(shop: Shop, number: signal.Signals, code: int) -> None:
    with watching(shop) as watch:
        watch.line()
        watch.process.send_signal(number)

        assert watch.ended() == (code, "")


def test_a_reader_that_goes_away_ends_it_at_once(shop: Shop) -> None:
    with watching(shop) as watch:
        watch.line()
        assert watch.process.stdout is not None
        watch.process.stdout.close()

        assert watch.ended() == (0, "")


def test_what_asking_again_does_not_mend_ends_it(shop: Shop) -> None:
    with watching(shop, "--json", KFCONSOLE_APP_SECRET="wrong0") as watch:
        trouble = watch.until("trouble")
        code, said = watch.ended()

    assert trouble["code"] == 40125
    assert code == 1
    assert said.startswith("kfconsole: ")
    assert "wrong0" not in said + "".join(watch.lines)


def test_nobody_at_the_address_is_trouble_not_an_end(shop: Shop) -> None:
    with watching(shop, KFCONSOLE_BASE_URL="http://127.0.0.1:9") as watch:
        watch.line()

        assert "  Trouble: 127.0.0.1:9 refused the connection." in watch.line()
        watch.process.send_signal(signal.SIGTERM)
        assert watch.ended() == (0, "")


def test_without_an_account_it_says_so() -> None:
    assert run("watch").code == 2


def test_who_has_a_name_is_told_by_it(shop: Shop) -> None:
    openid = shop.customer("hi")
    shop.run("users", "alias", openid, "王姐")
    with watching(shop, "--json") as watch:
        while (event := watch.until("waiting"))["openid"] != openid:
            assert event["name"] == ""
    with watching(shop) as watch:
        while "王姐 waits" not in watch.line():
            assert watch.lines[-1], watch.lines

    assert event["name"] == "王姐"
