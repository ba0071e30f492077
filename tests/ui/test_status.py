"""What the top of the screen says: how fresh each feed is, and what keeps it from being fresh."""

import pytest

from kfconsole.errors import AuthError, KfError, RateLimited, Unavailable
from kfconsole.model import (
    Agent,
    AgentId,
    CustomerId,
    Desk,
    Feed,
    Health,
    Session,
    Waiting,
)
from kfconsole.ui import status
from kfconsole.ui.status import Station
from kfconsole.ui.words import WIDE_GLYPHS

NOW, MONO = 1_000_000.0, 5_000.0
ANN = CustomerId("oLh7e5ann")
STATION = Station(WIDE_GLYPHS, dict.fromkeys(Feed, 2.0), is_demo=True)
HELD = tuple(Session(CustomerId(str(number)), AgentId("me@shop"), 5) for number in range(20_000))


def seen(**seconds_ago: float) -> Desk:
    """A desk whose feeds were last answered so long ago; those not named just now."""
    health = {feed: Health(succeeded_mono=MONO - seconds_ago.get(feed.value, 0.0)) for feed in Feed}
    waiting = Waiting(CustomerId("ann"), 0, NOW - 4_000, is_exact=False)
    return Desk(agents=(Agent(AgentId("me@shop"), "Mei"),), queue=(waiting,), queue_total=1, health=health)


def failing(error: KfError, *, since: float, **retry_in: float | None) -> Desk:
    """A desk where the named feeds fail since so many seconds."""
    health = {
        Feed(name): Health(MONO - 20, error, MONO - since, None if seconds is None else MONO + seconds)
        for name, seconds in retry_in.items()
    }
    return Desk(health={**seen().health, **health})


def line(desk: Desk, width: int) -> str:
    left, right = status.status_line(desk, STATION, NOW, MONO, width=width)
    return "".join(said for said, _tone in left + right)


def said(desk: Desk) -> list[str]:
    return status.notices(desk, STATION, NOW, MONO)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (160, "queue 1 min stale  sessions <5 s  agents 40 s stale  records <5 s"),
        (110, "queue 1 min stale  agents 40 s stale"),
        (80, "1 min stale"),
    ],
)
def test_what_is_stale_says_so_at_every_width(width: int, expected: str) -> None:
    shown = line(seen(queue=90, agents=40), width)

    assert shown.rstrip().endswith(expected)
    assert len(shown) <= width


def test_where_there_is_no_room_for_all_numbers_what_is_stale_is_still_said() -> None:
    desk = Desk(queue=seen().queue, queue_total=10_000, sessions=HELD, health=seen(queue=90).health)
    shown = line(desk, 70)

    assert shown.rstrip().endswith("queue 1 min stale") or shown.rstrip().endswith("1 min stale")
    assert shown.startswith(" demo   waiting 10000  longest ≥1:06:40")
    assert len(shown) <= 70


def test_a_feed_that_was_never_answered_is_not_called_never_stale() -> None:
    shown = line(Desk(health={Feed.QUEUE: Health(MONO - 1)}), 200)

    assert "sessions not read yet" in shown
    assert "stale" not in shown


def test_one_failure_of_several_feeds_is_one_line() -> None:
    busy = Unavailable("WeChat is busy.", may_have_arrived=False, hint="Try again in a moment.", code=-1)

    assert said(failing(busy, since=9, queue=4, agents=17)) == [
        "queue, agents: WeChat is busy. Trying again in 4 s.",
    ]
    assert said(failing(busy, since=9, queue=0, agents=17, sessions=3, messages=2)) == [
        "WeChat is busy. Asking again now.",
    ]


def test_a_failure_that_may_pass_at_once_does_not_move_the_screen() -> None:
    cut = Unavailable("The connection was cut.", may_have_arrived=True)

    assert said(failing(cut, since=4, queue=3)) == []
    assert said(failing(cut, since=6, queue=3)) == ["queue: The connection was cut. Trying again in 3 s."]
    never = Desk(health={Feed.QUEUE: Health(None, cut, MONO, MONO + 3)})
    assert said(never) == ["queue: The connection was cut. Trying again in 3 s."]


def test_what_has_stopped_says_how_to_go_on_before_how_to_mend_it() -> None:
    error = AuthError("The address is not accepted.", hint="Add it to the whitelist.")

    assert said(failing(error, since=0, queue=None)) == [
        "queue: The address is not accepted. Asking has stopped; R asks again. Add it to the whitelist.",
    ]


def test_a_minutes_limit_says_once_when_it_is_over() -> None:
    limit = RateLimited("Too many calls.", retry_after_seconds=60, hint="It works again in a minute.", code=45011)

    assert said(failing(limit, since=0, queue=47)) == ["queue: Too many calls. Trying again in 47 s."]
