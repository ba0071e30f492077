"""When WeChat or the wire fails: rows stay, age and reason are shown, and it mends itself or waits to be told."""

import re
import time
from pathlib import Path

import pytest
from textual.notifications import SeverityLevel

from kfconsole.desk.facts import BudgetSeen
from kfconsole.model import Budget, Feed
from kfconsole.simulator import World, create_app
from kfconsole.simulator.faults import Fault
from kfconsole.simulator.switches import changed
from tests.ui.console import ONLINE, QUEUE, RECORDS, SEND, SESSIONS, Console, assemble, running, waiting

TOKEN = "/cgi-bin/stable_token"
FEEDS = (QUEUE, ONLINE, SESSIONS, RECORDS)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("status", 0),
        ("empty", 0),
        ("truncated", 0),
        ("garbage", 0),
        ("wrong_types", 0),
        ("cut_before", 0),
        ("cut_during", 0),
        ("errcode", -1),
        ("errcode", 45011),
        ("errcode", 99999),
    ],
)
async def test_a_failing_feed_keeps_its_rows_says_why_and_recovers(
    tmp_path: Path, world: World, kind: str, code: int
) -> None:
    (customer,) = waiting(world)
    passed = [0.0]
    async with running(tmp_path, world, monotonic=lambda: time.monotonic() + passed[0]) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        console.arm(QUEUE, kind, code=code, count=None)
        await console.until(lambda: reason(console, Feed.QUEUE) != "")
        passed[0] = 6.0  # nobody waits until it has lasted

        assert [row.id for row in console.desk_screen.queue.rows] == [customer]
        await console.sees("queue: " + " ".join(reason(console, Feed.QUEUE).split()[:3]))
        assert reason(console, Feed.SESSIONS) == ""

        (second,) = waiting(world)
        console.faults.clear()
        await console.until(lambda: [row.id for row in console.desk_screen.queue.rows] == [customer, second])
        await console.sees_no("queue: ")


async def test_a_daily_limit_says_how_rarely_is_asked_and_ends_with_an_answer(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        console.arm(QUEUE, "errcode", code=45009, count=None)
        await console.sees("queue: WeChat's daily limit is reached: asking once a minute. R asks now.")
        assert reason(console, Feed.SESSIONS) == ""

        console.faults.clear()
        await console.press("R")
        await console.sees_no("daily limit")


async def test_a_day_that_has_to_last_says_how_rarely_is_asked(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        assert "quota" not in console.text()
        console.app.store.apply(BudgetSeen(Feed.QUEUE, Budget(10_000, 4_000)))
        await console.settle()
        assert "quota" not in console.text()

        console.app.store.apply(BudgetSeen(Feed.QUEUE, Budget(10_000, 4_000, interval_seconds=12.0)))
        lasts = "so that WeChat's daily limits last: queue every 12 s (4000 of 10000 calls left)."
        await console.sees("quota 40 %", lasts)

        console.app.store.apply(BudgetSeen(Feed.QUEUE, None), BudgetSeen(Feed.MESSAGES, Budget(10_000, 900)))
        await console.sees("quota 9 %")
        await console.sees_no("more rarely")


async def test_a_feed_slowed_on_purpose_is_not_stale_before_it_misses_an_answer(tmp_path: Path, world: World) -> None:
    passed = [0.0]
    async with running(tmp_path, world, monotonic=lambda: time.monotonic() + passed[0]) as console:
        await console.sees("online 2/3")
        console.app.store.apply(BudgetSeen(Feed.QUEUE, Budget(10_000, 4_000, interval_seconds=60.0)))
        console.faults.hold(QUEUE)
        console.app.poller.wake(Feed.QUEUE)
        await console.until(lambda: console.faults.waiting.get(QUEUE) == 1)
        passed[0] = 50.0
        await console.until(lambda: re.search(r"queue 5\d s", console.text()) is not None)
        assert re.search(r"queue \d+ s stale", console.text()) is None
        passed[0] = 70.0
        await console.sees("queue 1 min stale")
        console.faults.release()


@pytest.mark.parametrize("path", FEEDS)
async def test_a_call_the_account_may_not_make_stops_its_own_feed_only(tmp_path: Path, world: World, path: str) -> None:
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        console.arm(path, "errcode", code=48001, count=None)
        await console.sees("no permission", "Asking has stopped; R asks again.")
        assert len([health for health in console.desk.health.values() if health.error]) == 1
        await console.settle()
        before = {feed: console.requests.calls[feed] for feed in FEEDS}
        # The list of sessions is asked for only when somebody serves: it is no sign of life here.
        alive = next(feed for feed in (QUEUE, RECORDS) if feed != path)
        await console.until(lambda: console.requests.calls[alive] >= before[alive] + 2)
        assert console.requests.calls[path] == before[path]

        console.faults.clear()
        await console.press("R")
        await console.sees_no("stopped")


def reason(console: Console, feed: Feed) -> str:
    health = console.desk.health.get(feed)
    return health.error.message if health is not None and health.error is not None else ""


async def test_what_is_stale_says_so(tmp_path: Path, world: World) -> None:
    """The clock of the console is moved, as nobody waits twenty seconds."""
    passed = [0.0]
    async with running(tmp_path, world, monotonic=lambda: time.monotonic() + passed[0]) as console:
        await console.sees("online 2/3")
        console.faults.hold(QUEUE)
        console.app.poller.wake(Feed.QUEUE)
        await console.until(lambda: console.faults.waiting.get(QUEUE) == 1)
        passed[0] = 40.0
        await console.sees("stale")
        assert "stale" in console.line_of("queue 4")

        console.faults.release()
        await console.sees_no("stale")


@pytest.mark.parametrize("code", [40164, 40243, 48001, 65400])
async def test_what_asking_again_cannot_mend_stops_the_asking(tmp_path: Path, world: World, code: int) -> None:
    waiting(world)
    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        world.tokens.revoke_all()
        console.arm(TOKEN if code in (40164, 40243) else "*", "errcode", code=code, count=None)
        await console.until(lambda: has_stopped(console))
        await console.sees("stopped", *reason(console, Feed.QUEUE).split()[:3])
        await console.settle()
        for _look in range(10):  # the feed of messages may be on its way from the archive to its last question
            await console.archive.newest_id()
        await console.settle()
        before = sum(console.requests.calls.values())
        await console.pilot.pause(0.5)
        assert sum(console.requests.calls.values()) == before
        assert console.desk_screen.queue.rows

        console.faults.clear()
        await console.press("R")
        await console.sees_no("stopped")
        await console.asked_again(*FEEDS)


def has_stopped(console: Console) -> bool:
    """Whether no feed asks again by itself."""
    return all(health.error is not None and health.retry_mono is None for health in console.desk.health.values())


async def test_a_wrong_secret_is_named(tmp_path: Path, world: World) -> None:
    secret = world.app_secret
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        world.tokens.revoke_all()
        world.app_secret = "f" * 32
        await console.until(lambda: has_stopped(console))
        await console.sees("secret", "stopped")
        assert secret not in console.text()

        world.app_secret = secret
        await console.press("R")
        await console.sees_no("stopped")


async def test_a_feature_never_switched_on_is_named(tmp_path: Path, world: World) -> None:
    world.switches = changed(world.switches, {"kf_enabled": False})
    async with running(tmp_path, world) as console:
        await console.sees("stopped")
        world.switches = changed(world.switches, {"kf_enabled": True})
        await console.press("R")
        await console.sees("online 2/3")


@pytest.mark.parametrize("seconds", [7200, -7200])
async def test_a_jump_of_wechats_clock_moves_the_waits_and_nothing_else(
    tmp_path: Path, world: World, seconds: int
) -> None:
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        world.clock.advance(seconds)
        await console.asked_again(*FEEDS)
        await console.until(lambda: abs(console.app.clock.now() - world.clock.now()) < 3)
        world.say(customer, "still here")
        world.accept("kf2001@lehuo", customer)
        world.say(customer, "after the jump")
        await console.until(lambda: bool(console.desk_screen.sessions.rows))
        await console.open(customer)
        await console.sees("after the jump")
        assert "-" not in console.row_of(customer).replace(customer[-6:], "")


async def test_the_bell_rings_once_for_each_who_becomes_late(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, world) as console:
        rung: list[float] = []
        monkeypatch.setattr(console.app, "bell", lambda: rung.append(world.clock.now()))
        first, _second = waiting(world, 2)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        world.clock.advance(170)
        waiting(world, 1)
        await console.until(lambda: len(console.desk_screen.queue.rows) == 3)
        assert rung == []

        world.clock.advance(15)
        await console.asked_again(*FEEDS)
        await console.until(lambda: bool(rung))
        await console.sees("!!")
        for _tick in range(3):
            console.desk_screen.tick()
        assert len(rung) == 1

        world.clock.advance(180)
        await console.asked_again(*FEEDS)
        await console.until(lambda: len(rung) == 2)
        world.act(first, "leave")
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)
        console.desk_screen.tick()
        assert len(rung) == 2


async def test_the_bell_keeps_quiet_when_told_so(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting(world)
    world.clock.advance(600)
    async with running(tmp_path, world, sections={"alerts": {"bell": False}}) as console:
        rung: list[int] = []
        monkeypatch.setattr(console.app, "bell", lambda: rung.append(1))
        await console.sees("!!")
        console.desk_screen.tick()

        assert rung == []


async def test_a_failing_act_says_why_and_changes_nothing(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        console.arm("/customservice/kfsession/create", "errcode", code=65415)
        await console.press("a")
        await console.quiet()
        await console.sees("online")
        assert len(console.app._notifications) == 1
        assert world.holder(customer) == ""
        assert [row.id for row in console.desk_screen.queue.rows] == [customer]


async def test_a_lost_answer_to_accepting_is_looked_up(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        console.arm("/customservice/kfsession/create", "cut_after")
        await console.press("a")
        await console.until(lambda: [row.id for row in console.desk_screen.sessions.rows] == [customer])
        await console.quiet()
        assert console.requests.calls["/customservice/kfsession/create"] == 1
        assert console.requests.calls[SEND] == 0


async def test_an_outcome_nobody_knows_is_told_with_whom_it_is_about_and_how_to_look(
    tmp_path: Path, world: World
) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        console.arm("/customservice/kfsession/create", "cut_after")
        console.server.state.faults.arm(Fault("/customservice/kfsession/getsession", "cut_before", count=None))
        await console.press("a")
        await console.until(lambda: any("is not known" in note.message for note in console.app._notifications))

        (said,) = [note.message for note in console.app._notifications if "is not known" in note.message]
        assert f"serves …{customer[-6:]} now is not known." in said
        assert "R asks WeChat" in said


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_first_start_without_wechat_claims_nothing_about_what_nobody_has_read(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    server = create_app(world)
    server.state.faults.arm(Fault("*", "cut_before", count=None))
    app = assemble(tmp_path, server)
    async with app.run_test(size=size, notifications=True) as pilot:
        console = Console(app, pilot, world, server)
        await console.until(lambda: len(console.desk.health) >= len(Feed) - 1)
        await console.sees("waiting -", "in session -", "online -", "1 Queue -", "2 Sessions -", "3 Agents -")
        assert console.text().count("Not read yet.") == 3
        await console.press("m")
        await console.sees("Agents' accounts", "Not read yet.")
        assert "at most" not in console.text()
        await console.press("escape", "b")
        await console.sees("Customers -", "Agents -", "now -, most -")
        assert console.text().count("Not read yet.") == 2

        console.faults.clear()
        console.app.poller.wake()
        await console.sees("Customers 0", "Agents 2/3", "No customers.", "waiting 0", "in session 0", "online 2/3")
        await console.press("escape")
        await console.sees("1 Queue 0", "2 Sessions 0", "3 Agents 2/3", "Nobody is waiting.", "No sessions.")


@pytest.mark.parametrize("severity", ["information", "warning"])
async def test_what_is_said_again_takes_the_place_of_what_was_said_before(
    tmp_path: Path, world: World, severity: SeverityLevel
) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        said = "一条很长的提醒。" * 12 + "[b]"
        for _again in range(3):
            console.app.notify(said, severity=severity)
            console.app.notify("另一条", severity="error")
        await console.until(lambda: len(console.app._notifications) == 2)
        await console.until(lambda: console.text().count("[b]") == console.text().count("另一条") == 1)
        lines = [line.partition("▌")[2].strip() for line in console.text().splitlines() if "提醒" in line]
        assert all(line.strip().startswith("。") is False for line in lines)

        console.app.take_note_away(said)
        await console.sees_no("提醒")


@pytest.mark.parametrize("width", range(100, 140, 7))
async def test_a_note_in_chinese_loses_no_character_where_two_panes_meet(
    tmp_path: Path, world: World, width: int
) -> None:
    async with running(tmp_path, world, size=(width, 40)) as console:
        said = "交给小美后顾客会看到新的客服微信没有回答之前不要再点一次结果未知三次" * 4
        console.app.notify(said, severity="warning")
        await console.until(lambda: "交给小美" in console.text())
        await console.settle()
        lines = [line.partition("▌")[2] for line in console.text().splitlines() if "▌" in line]
        assert "".join("".join(line.split()) for line in lines) == said
