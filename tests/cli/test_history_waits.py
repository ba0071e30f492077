"""`history waits`: how long customers waited, as far as anybody saw, without a word to WeChat."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from kfconsole.__main__ import main
from kfconsole.archive import Archive
from kfconsole.cli.history_waits import WaitsSeen, median
from kfconsole.model import Agent, AgentId, CustomerId, Desk, Session, Waiting, WaitOutcome
from tests.cli.conftest import Done, Shop

ANN, BOB, CAT, DAN, EVE = (CustomerId(f"oLh7e5{name}") for name in ("Ann", "Bob", "Cat", "Dan", "Eve"))
ME = AgentId("kf2001@shop")
Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account whose WeChat nobody can reach."""
    for name, value in {
        "KFCONSOLE_APP_ID": "wxdemo",
        "KFCONSOLE_APP_SECRET": "0123456789abcdef0123456789abcdef",
        "KFCONSOLE_BASE_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def now() -> int:
    """Noon of today, in Shanghai."""
    return int(time.time()) // 86400 * 86400 + 4 * 3600


@pytest.fixture
def waits(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process."""

    def run_here(*arguments: str) -> Done:
        capsys.readouterr()
        code = main(("history", "waits", *arguments))
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run_here


@pytest.fixture
def kept(home: Path, now: int) -> None:
    """An archive with a wait of each kind, an hour apart, from 24 hours before noon on."""

    def row(openid: CustomerId, hour: int, *, is_exact: bool = True) -> Waiting:
        return Waiting(openid, now + hour * 3600, now + hour * 3600, is_exact)

    async def fill() -> None:
        archive = Archive(home / "data" / "wxdemo.db")
        await archive.open()
        first, second, third, fourth, fifth = (
            row(ANN, -24),
            row(BOB, -23, is_exact=False),
            row(CAT, -22),
            row(DAN, -21),
            row(EVE, -20),
        )
        for waiting, seen_after in ((first, 90), (second, 60), (third, 300), (fourth, 30), (fifth, 600)):
            await archive.note_waits([waiting], waiting.last_message_at + seen_after)
        await archive.note_sessions([Session(ANN, ME, first.last_message_at + 100)], now)
        await archive.end_wait(second, second.last_message_at + 61, WaitOutcome.LEFT)
        await archive.end_wait(third, third.last_message_at + 3000, WaitOutcome.LEFT)
        await archive.note_sessions([Session(DAN, AgentId("kf2002@shop"), fourth.last_message_at + 1800)], now)
        await archive.save_desk(Desk(agents=(Agent(ME, "小李"),)), now)
        await archive.close()

    asyncio.run(fill())


@pytest.mark.usefixtures("kept")
def test_every_wait_is_told_with_what_was_not_seen(waits: Run, now: int) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime(now - 86400))
    short = day[5:]
    done = waits("--since", f"{day} 12:00", "--until", f"{day} 23:00")

    assert (done.code, [line.rstrip() for line in done.out.splitlines()]) == (
        0,
        [
            "               began  customer   waited  messages  how it ended",
            f" {day} 12:00:00  oLh7e5Ann   01:40        ≥1  taken by 小李",
            f"≤{day} 13:00:00  oLh7e5Bob  ≥01:01        ≥1  left",
            f" {day} 14:00:00  oLh7e5Cat  ≥05:00        ≥1  gone between {short} 14:05 and {short} 14:50",
            f" {day} 15:00:00  oLh7e5Dan  ≥00:30        ≥1  taken by kf2002@shop, last seen {short} 15:00",
            f" {day} 16:00:00  oLh7e5Eve  ≥10:00        ≥1  waiting, last seen {short} 16:10",
        ],
    )
    assert done.err.splitlines()[-1] == (
        "5 waits: 2 taken, 2 left, 1 not seen to end; the longest ≥10:00, the median ≥01:40."
    )


@pytest.mark.usefixtures("kept")
def test_a_span_and_a_customer_can_be_named(waits: Run, now: int) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime(now - 86400))
    span = ("--since", f"{day} 12:00", "--until", f"{day} 14:00")

    assert [line.split()[2] for line in waits(*span).out.splitlines()[1:]] == [ANN, BOB]
    assert [line.split()[2] for line in waits(*span, "--customer", BOB).out.splitlines()[1:]] == [BOB]


@pytest.mark.usefixtures("kept")
def test_a_program_gets_all_of_it(waits: Run, now: int) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime(now - 86400))
    done = waits("--since", f"{day} 12:00", "--until", f"{day} 14:00", "--json")
    found = msgspec.convert(json.loads(done.out), WaitsSeen)

    assert (found.from_at, found.to_at, found.taken, found.left, found.waiting) == (now - 86400, now - 79200, 1, 1, 0)
    assert (found.longest_seconds, found.longest_is_exact, found.median_is_exact) == (100, False, False)
    first, second = found.waits
    assert (first.state, first.agent, first.nick, first.waited_seconds, first.waited_is_exact) == (
        "taken",
        ME,
        "小李",
        100,
        True,
    )
    assert (second.state, second.is_exact, second.end_is_exact, second.waited_is_exact) == ("left", False, True, False)


def test_where_nobody_was_seen_that_is_said(waits: Run) -> None:
    done = waits()

    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("No waits were seen from 20")


@pytest.mark.parametrize("span", [("--since", "soonish"), ("--since", "1h", "--until", "2h"), ("--customer", "o A")])
def test_a_span_or_a_customer_that_is_none_is_wrong_usage(waits: Run, span: tuple[str, ...]) -> None:
    done = waits(*span)

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 2


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], (0, True)),
        ([(5, True)], (5, True)),
        ([(1, True), (2, True), (9, False)], (2, True)),
        ([(1, False), (2, True), (9, True)], (2, False)),
        ([(1, True), (2, False), (9, True)], (2, False)),
        ([(1, True), (3, True)], (3, True)),
    ],
)
def test_a_median_says_when_it_may_be_longer(spans: list[tuple[int, bool]], expected: tuple[int, bool]) -> None:
    assert median(spans) == expected


def test_commands_that_look_at_the_queue_keep_what_they_saw(shop: Shop) -> None:
    first = json.loads(shop.run("queue", "--json").out)["rows"][0]["openid"]
    second = shop.customer("在吗")
    shop.run("status")
    shop.run("sessions", "open", second)
    found = json.loads(shop.run("history", "waits", "--json").out)["waits"]

    assert {wait["openid"]: (wait["state"], wait["is_exact"], wait["agent"]) for wait in found} == {
        first: ("waiting", False, ""),
        second: ("taken", True, shop.kf_account),
    }


def test_what_a_command_did_or_could_not_do_is_noted_before_it_ends(shop: Shop, home: Path) -> None:
    openid = shop.customer("在吗")
    shop.run("sessions", "open", openid)
    shop.run("sessions", "open", openid, "--agent", "kf2002@lehuo")

    async def deeds() -> list[tuple[str, str | None, str, bool]]:
        archive = Archive(home / "data" / f"{shop.app_id}.db")
        await archive.open()
        found = await archive.deeds(0, time.time() + 60)
        await archive.close()
        return [(deed.act, deed.openid, deed.details, deed.result == "done") for deed in found]

    assert asyncio.run(deeds()) == [
        ("accept", openid, "", True),
        ("assign", openid, "kf2002@lehuo", False),
    ]
