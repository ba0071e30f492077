"""`history sync`: only what is missing is fetched, whatever ends it counts, and the same command goes on."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROGRAM, SECONDS, Command, Done, Shop, put
from tests.terminal.session import Session

RECORDS = "/customservice/msgrecord/getmsglist"
DAY = 24 * 3600


def write(shop: Shop, ages: Sequence[float], openid: str = "oAnn") -> None:
    """Let a customer have written so many days ago."""
    now = int(shop.state()["now"])
    said = [{"openid": openid, "opercode": 2003, "time": now - int(age * DAY), "text": f"{age}"} for age in ages]
    shop.order("records", records=said)


def asked(shop: Shop) -> int:
    return int(shop.state()["calls"].get(RECORDS, 0))


def synced(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.out)
    return found


def kept(run: Callable[..., Done], openid: str = "oAnn", span: str = "20d") -> list[str]:
    """What the archive has; what it lacks is asked of nobody, as WeChat is broken."""
    return [
        message["text"]
        for message in json.loads(run("history", "show", openid, "--from", span, "--json").out)["messages"]
    ]


def test_days_are_fetched_once_and_of_all_customers(shop: Shop) -> None:
    write(shop, [0.1, 1.5, 2.9])
    write(shop, [2.5, 5.0], "oBob")
    first = shop.run("history", "sync", "--since", "3 days ago")
    calls = asked(shop)
    second = shop.run("history", "sync", "--since", "3 days ago")

    assert (first.code, second.code) == (0, 0)
    assert first.out == second.out == ""
    assert first.err.startswith("4 new messages from 20")
    assert first.err.endswith("nothing is missing.\n")
    assert second.err.startswith("0 new messages from 20")
    assert asked(shop) - calls == 1  # the newest two minutes, whose records may come late
    shop.order("faults", kind="errcode", code=48001, path=RECORDS, count=None)  # nothing to ask again for
    assert kept(shop.run) == ["2.9", "1.5", "0.1"]
    assert kept(shop.run, "oBob") == ["2.5"]


def test_json_tells_the_span_and_what_was_asked(kf: Command, one_shop: Shop) -> None:
    now = int(one_shop.state()["now"])
    write(one_shop, [1.2], "oJson")
    found = synced(kf("history", "sync", "--since", "2d", "--until", "1d", "--json"))

    assert abs(found["to_at"] - (now - DAY)) <= 5
    assert abs(found["from_at"] - (now - 2 * DAY)) <= 5
    assert abs(found["asked_seconds"] - DAY) <= 2
    assert (found["new_messages"], found["is_complete"], found["problem"], found["missing"]) == (1, True, "", [])
    again = kf("history", "sync", "--since", "2d", "--until", "26h")
    assert again.err.startswith("Nothing was missing from 20")


def test_without_a_span_it_goes_on_where_the_archive_ends_and_at_least_a_day_back(shop: Shop) -> None:
    write(shop, [0.9, 1.5, 4.0])
    day = synced(shop.run("history", "sync", "--json"))
    assert (day["to_at"] - day["from_at"], day["new_messages"]) == (DAY, 1)

    assert synced(shop.run("history", "sync", "--json"))["new_messages"] == 0
    three_days_ago = synced(shop.run("history", "sync", "--since", "5d", "--until", "3d", "--json"))
    assert three_days_ago["new_messages"] == 1


def test_ctrl_c_keeps_what_was_fetched_and_the_same_command_goes_on(shop: Shop) -> None:
    write(shop, [0.5, 1.5, 2.5, 3.5])
    words = ("history", "sync", "--since", "4d")
    shop.order("faults", kind="delay", path=RECORDS, after=2, count=None, delay_seconds=60.0)
    with subprocess.Popen(
        [*PROGRAM, *words],
        env={**os.environ, "LANG": "C.UTF-8", **shop.environment},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        while asked(shop) < 3:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _out, said = process.communicate(timeout=SECONDS)
    shop.disarm()

    assert process.returncode == 130
    assert said.strip().startswith("Interrupted. 2 new messages, back to 20")
    assert said.strip().endswith("The same command goes on from there.")
    again = shop.run(*words, "--json")
    assert again.code == 0
    assert synced(again)["new_messages"] == 2
    assert synced(again)["asked_seconds"] < 3 * DAY


def test_a_network_that_stays_away_ends_it_with_3_and_says_how_far_it_came(shop: Shop) -> None:
    write(shop, [0.5, 1.5, 2.5])
    shop.order("faults", kind="status", path=RECORDS, after=1, count=None, status=503)
    done = shop.run("history", "sync", "--since", "3d", "--json")
    found = synced(done)

    assert done.code == 3
    assert "Asking again." in done.err
    assert "1 new message, back to 20" in done.err
    assert "The same command goes on from there." in done.err
    assert (found["new_messages"], found["is_complete"]) == (1, False)
    assert found["problem"]
    (missing,) = found["missing"]
    assert missing["from_at"] == found["from_at"]
    assert abs(missing["to_at"] - (found["to_at"] - DAY)) <= 1


def test_a_hiccup_is_waited_out(kf: Command, one_shop: Shop) -> None:
    write(one_shop, [6.5], "oHiccup")
    one_shop.order("faults", kind="status", path=RECORDS, count=1, status=503)
    done = kf("history", "sync", "--since", "7d", "--until", "6d")

    assert done.code == 0
    assert "Asking again." in done.err
    assert "1 new message from" in done.err


def test_a_limit_is_told_and_nothing_is_asked_again(kf: Command, one_shop: Shop) -> None:
    one_shop.order("faults", kind="errcode", path=RECORDS, code=45009, count=None)
    before = asked(one_shop)
    done = kf("history", "sync", "--since", "9d", "--until", "8d")

    assert done.code == 3
    assert "45009" in done.err
    assert "Nothing was fetched" in done.err
    assert asked(one_shop) - before == 1


def test_what_is_not_kept_is_not_fetched(shop: Shop, settings_file: Path) -> None:
    put(settings_file, "[archive]\nkeep_days = 5\n")
    write(shop, [4.0, 6.0])
    done = shop.run("history", "sync", "--since", "10d", "--json")

    assert done.code == 0
    assert "older messages are not kept ([archive] keep_days is 5)." in done.err
    assert synced(done)["new_messages"] == 1
    assert synced(done)["to_at"] - synced(done)["from_at"] <= 5 * DAY
    too_old = shop.run("history", "sync", "--since", "10d", "--until", "6d")
    assert too_old.code == 2
    assert "are not kept: [archive] keep_days is 5." in too_old.err


@pytest.mark.parametrize("span", [("--since", "soonish"), ("--since", "1h", "--until", "2h"), ("--until", "")])
def test_a_span_that_is_none_is_wrong_usage(kf: Command, span: tuple[str, ...]) -> None:
    done = kf("history", "sync", *span)

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 2


def test_what_is_still_to_come_is_now(kf: Command, one_shop: Shop) -> None:
    now = int(one_shop.state()["now"])
    found = synced(kf("history", "sync", "--since", "1h", "--until", "2099-01-01", "--json"))

    assert abs(found["to_at"] - now) <= 5


def test_a_read_only_console_may_fetch(shop: Shop, settings_file: Path) -> None:
    put(settings_file, "[me]\nread_only = true\n")
    write(shop, [1.5])

    assert synced(shop.run("history", "sync", "--since", "2d", "--json"))["new_messages"] == 1


def test_a_terminal_shows_how_far_it_is(shop: Shop, home: Path) -> None:
    write(shop, [0.5, 1.5])
    with Session([*PROGRAM, "history", "sync", "--since", "4d"], home=home, environment=shop.environment) as session:
        assert session.wait_for_exit() == 0
        session.wait_for("nothing is missing")

        assert "Fetching records" in session.text()
        assert "100%" in session.text()
        assert "2 new messages from 20" in session.text()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_bar_stays_on_one_line_of_80_columns(shop: Shop, home: Path, language: str) -> None:
    write(shop, [0.5, 1.5])
    shop.order("faults", kind="delay", delay_seconds=0.25, path=RECORDS, count=None)  # long enough to be estimated
    environment = {**shop.environment, "KFCONSOLE_LANGUAGE": language}
    command = [*PROGRAM, "history", "sync", "--since", "9d"]
    with Session(command, home=home, size=(80, 24), environment=environment) as session:
        assert session.wait_for_exit() == 0
        session.wait_for("nothing is missing|已取全")

        assert session.row_of("100%") == 0
        assert session.row_of("nothing is missing|已取全") == 1
