"""The gauges: what is left of each call today, how fast it goes, and how often this console asks."""

from pathlib import Path

import pytest

from kfconsole.desk.gauges import Gauge, Pace
from kfconsole.desk.pacing import Reading
from kfconsole.model import Feed
from kfconsole.simulator import World
from kfconsole.simulator.faults import Fault
from kfconsole.ui import quota_rows
from kfconsole.ui.quota import QuotaScreen
from kfconsole.ui.quota_rows import ASCII_MARKS, Marks
from kfconsole.wechat import paths
from tests.ui.console import Console, running, small_shop

QUOTA = "/cgi-bin/openapi/quota/get"
SEND = "/cgi-bin/message/custom/send"
NOON = 1_763_870_400.0  # in Beijing
SIZES = [(120, 40), (80, 24)]


@pytest.fixture
def world() -> World:
    world = World()
    small_shop(world)
    return world


def limit(world: World, path: str, daily_limit: int, used: int) -> None:
    world.quotas.daily_limits[path] = daily_limit
    world.quotas.set_used(path, used, world.clock.now())


async def opened(console: Console) -> None:
    await console.press("Q")
    await console.sees("+WeChat's daily limits" if console.app.settings.ui.ascii_borders else "WeChat's daily limits")


@pytest.mark.parametrize("size", SIZES)
async def test_each_call_shows_what_is_used_left_and_allowed(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    limit(world, SEND, 500_000, used=125_000)
    async with running(tmp_path, world, size=size) as console:
        await opened(console)
        await console.sees("125,000")
        row = console.line_of("send a message")

        assert all(number in row for number in ("125,000", "375,000", "500,000"))
        assert "█" in row
        assert "░" in row
        assert "no limit" in console.line_of("who is online")
        screen = console.app.screen
        assert isinstance(screen, QuotaScreen)
        assert tuple(row.id for row in screen.gauges.rows) == paths.ALL_DAY


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_used_up_or_not_told_is_said_in_words(
    tmp_path: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        await console.sees("online 2/3")
        limit(world, SEND, 1_000, used=1_000)
        console.faults.arm(Fault(QUOTA, "errcode", code=76021, count=1))
        await opened(console)
        await console.until(lambda: "used up" in console.line_of("send a message"))

        assert "not told" in console.line_of("the queue")
        await console.until(lambda: "WeChat does not tell the limit" in " ".join(console.text().split()))


async def test_the_selected_call_is_explained(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await opened(console)
        await console.sees(paths.QUEUE, "as the settings say")
        await console.press("j")
        await console.sees(paths.SESSIONS, "they are slowed first")
        await console.press("escape")
        await console.until(lambda: console.app.screen is console.desk_screen)


async def test_who_looks_twice_asks_wechat_once(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        for _look in range(2):
            await opened(console)
            await console.until(lambda: console.requests.calls[QUOTA] >= len(paths.ALL_DAY))
            await console.press("Q")
            await console.until(lambda: console.app.screen is console.desk_screen)

        assert console.requests.calls[QUOTA] == len(paths.ALL_DAY)


async def test_bars_are_drawn_with_plain_characters_where_asked_for(tmp_path: Path, world: World) -> None:
    limit(world, SEND, 500_000, used=250_000)
    async with running(tmp_path, world, sections={"ui": {"ascii_borders": True}}) as console:
        await console.press("Q")
        await console.until(lambda: "##" in console.line_of("send a message"))

        assert ".." in console.line_of("send a message")
        assert "█" not in console.text()


def gauge(
    used: int = 0,
    remaining: int = 1_000,
    *,
    pace: Pace = Pace.SETTINGS,
    feed: Feed | None = Feed.MESSAGES,
    runs_out_at: float | None = None,
) -> Gauge:
    reading = Reading(NOON, used + remaining, used, remaining)
    return Gauge(paths.RECORDS, feed, 14.0, None, pace, reading, 0.5, runs_out_at)


@pytest.mark.parametrize(
    ("used", "remaining", "drawn"),
    [(0, 10, "░░░░░"), (1, 1_000, "█░░░░"), (500, 500, "██░░░"), (1_000, 1, "████░"), (1_000, 0, "█████")],
)
def test_a_bar_shows_that_any_is_used_and_that_any_is_left(used: int, remaining: int, drawn: str) -> None:
    assert quota_rows.bar(gauge(used, remaining), 5, Marks()) == drawn
    assert quota_rows.bar(gauge(used, remaining), 5, ASCII_MARKS) == drawn.replace("█", "#").replace("░", ".")


@pytest.mark.parametrize(
    ("pace", "feed", "said"),
    [
        (Pace.SETTINGS, Feed.MESSAGES, "Asked every 14 s, as the settings say."),
        (Pace.TO_LAST, Feed.MESSAGES, "Asked every 14 s, so that the day's calls last."),
        (Pace.TO_LAST, Feed.QUEUE, "what other calls save does not help it."),
        (Pace.NIGHT, Feed.MESSAGES, "it is night and nothing happens."),
        (Pace.USED_UP, Feed.MESSAGES, "tried once a minute."),
    ],
)
def test_it_is_said_why_a_call_is_made_so_often(pace: Pace, feed: Feed, said: str) -> None:
    assert said in quota_rows.explained(gauge(pace=pace, feed=feed), NOON, None)


def test_it_is_said_until_when_calls_last() -> None:
    assert quota_rows.outlook(gauge(), None) == "all day"
    assert quota_rows.outlook(gauge(pace=Pace.TO_LAST), None) == "slowed"
    assert quota_rows.outlook(gauge(pace=Pace.NIGHT), None) == "night pace"
    assert quota_rows.outlook(gauge(runs_out_at=NOON + 3_600), None).startswith("till ")
    assert "nothing is left at" in quota_rows.explained(gauge(runs_out_at=NOON + 3_600), NOON + 60, None)
    assert "it lasts until counting begins anew" in quota_rows.explained(gauge(), NOON, None)


@pytest.mark.parametrize("width", [40, 80, 100, 120, 200])
def test_rows_fit_their_width(width: int) -> None:
    assert len(quota_rows.head(width)) <= width


async def test_a_recording_has_no_limits_to_show(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, world) as console:
        monkeypatch.setattr(console.app.poller, "gauges", tuple)
        await console.press("Q")
        await console.sees("Limits are not part of a recording.")


def test_of_a_call_wechat_refuses_it_is_not_said_that_it_lasts() -> None:
    reading = Reading(daily_limit=100_000, used=10, remaining=99_990, at=NOON)
    refused = Gauge(paths.QUEUE, Feed.QUEUE, 2.0, None, Pace.USED_UP, reading, rate=0.5, runs_out_at=None)

    assert quota_rows.explained(refused, NOON + 1, None) == "The day's limit is reached: tried once a minute."
