"""Gaps of the open conversation: named, filled when looked at, a day at a time, never asked for in vain for ever."""

import asyncio
import math
from pathlib import Path

import pytest

from kfconsole.desk.feeds.messages import MessagesFeed
from kfconsole.desk.gaps import LIVE_SECONDS, VAIN_DAYS
from kfconsole.desk.syncing import LATE_SECONDS
from kfconsole.errors import RateLimited, Unavailable
from kfconsole.model import Conversation, CustomerId, Feed, GapFetch
from kfconsole.simulator.faults import Fault
from tests.desk.house import ME, RECORDS, START, House, customer, opened, until

ANN, BOB = customer(1), customer(2)
NOW = int(START)
DAY = 24 * 3600


async def fetched(house: House, *spans: tuple[float, float]) -> None:
    """Let these spans count as fetched, in days before now."""
    for begin, end in spans:
        await house.archive.merge_records([], NOW - int(begin * DAY), NOW - int(end * DAY))


def said(house: House, openid: CustomerId, *ages: float) -> None:
    """Let a customer have written so many days ago."""
    for age in ages:
        house.world.write_records([(openid, 2003, NOW - int(age * DAY), ME, f"{age}")])


def shown(house: House) -> Conversation:
    assert house.desk.open is not None
    return house.desk.open


def texts(house: House) -> list[str]:
    return [message.text for message in house.shown()]


async def look(house: House) -> None:
    """Look at the newest gap as long as it changes, as a screen does that shows it."""
    start_at, end_at = shown(house).gaps[-1]
    before = math.nan
    while shown(house).gaps[-1][0] == start_at and end_at != before:
        before = end_at
        await house.actions.look_at_gap((start_at, end_at))
        end_at = shown(house).gaps[-1][1]


async def test_a_conversation_opens_with_the_gaps_that_matter(house: House) -> None:
    await fetched(house, (9, 6), (5, 3), (1, 0))
    await house.archive.merge_records([], NOW - 3 * DAY + 4, NOW - 2 * DAY)
    await house.actions.open(ANN)
    before, *between = shown(house).gaps

    assert before[1] == NOW - 9 * DAY
    assert between == [(NOW - 6 * DAY, NOW - 5 * DAY), (NOW - 2 * DAY, NOW - DAY)]


async def test_a_gap_that_lasts_until_now_has_no_end_and_the_newest_quarter_of_an_hour_is_none(house: House) -> None:
    await fetched(house, (3, 1))
    await house.actions.open(ANN)
    assert shown(house).gaps[-1] == (NOW - DAY, math.inf)

    await house.archive.merge_records([], NOW - DAY, NOW - int(LIVE_SECONDS) + 1)
    await house.actions.open(ANN)
    assert shown(house).gaps[-1][1] == NOW - 3 * DAY


async def test_nothing_is_missing_before_what_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path, keep_days=7) as house:
        await house.actions.open(ANN)
        ((start_at, end_at),) = shown(house).gaps

        assert 0 <= start_at - (START - 7 * DAY) <= 3600
        assert end_at == math.inf


async def test_looking_at_a_gap_fills_it_from_its_end_until_the_customer_is_found(house: House) -> None:
    said(house, ANN, 6.5, 4.5, 1.5)
    said(house, BOB, 3.2)
    await fetched(house, (8, 7), (1, 0))
    await house.actions.open(ANN)
    gap = shown(house).gaps[-1]

    await house.actions.look_at_gap(gap)
    assert texts(house) == ["1.5"]
    assert house.calls(RECORDS) == 1
    assert shown(house).gaps[-1] == (NOW - 7 * DAY, NOW - 2 * DAY)
    assert shown(house).fetch is None

    await house.actions.look_at_gap(shown(house).gaps[-1])
    assert texts(house) == ["4.5", "1.5"]
    assert house.calls(RECORDS) == 4
    await look(house)
    assert texts(house) == ["6.5", "4.5", "1.5"]
    assert shown(house).gaps[-1][1] == NOW - 8 * DAY
    assert [message.text for message in await house.archive.conversation(BOB)] == ["3.2"]


async def test_what_fills_a_gap_is_no_news_of_others_and_their_lines_know_it(house: House) -> None:
    said(house, ANN, 3.5)
    said(house, BOB, 3.2)
    await fetched(house, (5, 4), (3, 0))
    await house.actions.open(BOB)
    await house.actions.open(ANN)
    await house.actions.look_at_gap((NOW - 4 * DAY, NOW - 3 * DAY))

    assert house.desk.contacts[BOB].unread == 0
    assert house.desk.contacts[BOB].last_message is not None
    assert house.desk.contacts[ANN].unread == 0


async def test_after_a_week_without_a_word_it_rests_until_somebody_wants_more(house: House) -> None:
    said(house, ANN, 14.5)
    await fetched(house, (30, 20), (1, 0))
    await house.actions.open(ANN)
    await look(house)

    assert house.calls(RECORDS) == VAIN_DAYS
    fetch = shown(house).fetch
    assert fetch is not None
    assert (fetch.is_going_on, fetch.vain_days, fetch.error) == (False, VAIN_DAYS, None)
    await look(house)
    assert house.calls(RECORDS) == VAIN_DAYS

    await house.actions.fill_gap_again()
    assert texts(house) == ["14.5"]
    assert house.calls(RECORDS) == 2 * VAIN_DAYS
    assert shown(house).fetch is None


async def test_what_fails_is_said_and_not_tried_again_by_itself(house: House) -> None:
    said(house, ANN, 1.5)
    await fetched(house, (3, 2), (1, 0))
    await house.actions.open(ANN)
    house.app.state.faults.arm(Fault(RECORDS, "status", count=2))
    await look(house)
    await look(house)

    assert house.calls(RECORDS) == 1
    fetch = shown(house).fetch
    assert fetch is not None
    assert isinstance(fetch.error, Unavailable)
    assert shown(house).gaps[-1] == (NOW - 2 * DAY, NOW - DAY)

    await house.actions.fill_gap_again()
    assert house.calls(RECORDS) == 2
    assert shown(house).fetch is not None
    await house.actions.fill_gap_again()
    assert texts(house) == ["1.5"]
    assert shown(house).fetch is None


async def test_while_wechats_limit_is_reached_nothing_is_asked_until_somebody_wants_it(house: House) -> None:
    said(house, ANN, 1.5)
    await fetched(house, (3, 2), (1, 0))
    house.app.state.faults.arm(Fault(RECORDS, "errcode", code=45009, count=1))
    async with house.polling():
        await house.actions.open(ANN)
        assert isinstance(house.desk.health[Feed.MESSAGES].error, RateLimited)
        asked = house.calls(RECORDS)
        await house.actions.look_at_gap((NOW - 2 * DAY, NOW - DAY))
        assert house.calls(RECORDS) == asked
        fetch = shown(house).fetch
        assert fetch is not None
        assert isinstance(fetch.error, RateLimited)

        await house.actions.fill_gap_again()
        assert texts(house) == ["1.5"]


async def test_looks_at_the_same_gap_fill_it_once(house: House) -> None:
    said(house, ANN, 1.5)
    await fetched(house, (3, 2), (1, 0))
    await house.actions.open(ANN)
    gap = shown(house).gaps[-1]
    await asyncio.gather(*(house.actions.look_at_gap(gap) for _look in range(5)), house.actions.fill_gap_again())

    assert house.calls(RECORDS) == 1


@pytest.mark.parametrize("is_left", [True, False])
async def test_who_looks_away_gets_the_slice_under_way_and_no_more(house: House, is_left: bool) -> None:
    await fetched(house, (9, 8), (1, 0))
    await house.actions.open(ANN)
    house.app.state.faults.hold(RECORDS)
    looking = asyncio.create_task(house.actions.look_at_gap(shown(house).gaps[-1]))
    await until(lambda: bool(house.app.state.faults.waiting))
    if is_left:
        await house.actions.leave()
    else:
        await house.actions.look_at_gap(None)
    house.app.state.faults.release(RECORDS)
    await looking

    assert house.calls(RECORDS) == 1
    assert await house.archive.gaps(NOW - 2 * DAY, NOW - DAY) == ()


@pytest.mark.parametrize(("end_at", "found"), [(NOW - 2 * DAY, ["2.5", "1.5"]), (NOW - DAY - 1, ["1.5"])])
async def test_who_sees_the_gap_shrink_before_the_slice_is_told_goes_on_and_who_saw_it_before_does_not(
    house: House, end_at: int, found: list[str]
) -> None:
    said(house, ANN, 2.5, 1.5)
    await fetched(house, (9, 8), (1, 0))
    await house.actions.open(ANN)
    house.app.state.faults.hold(RECORDS)
    start_at, _end_at = gap = shown(house).gaps[-1]
    looking = asyncio.create_task(house.actions.look_at_gap(gap))
    await until(lambda: bool(house.app.state.faults.waiting))
    # The poller may tell that the gap has shrunk while what fills it is still on its way to the screen.
    await house.actions.look_at_gap((start_at, end_at))
    house.app.state.faults.release(RECORDS)
    await looking

    assert texts(house) == found


async def test_another_conversation_opened_meanwhile_is_next(house: House) -> None:
    said(house, BOB, 2.5)
    await fetched(house, (9, 8), (1, 0))
    await house.actions.open(ANN)
    house.app.state.faults.hold(RECORDS)
    looking = asyncio.create_task(house.actions.look_at_gap(shown(house).gaps[-1]))
    await until(lambda: bool(house.app.state.faults.waiting))
    await house.actions.open(BOB)
    await house.actions.look_at_gap(shown(house).gaps[-1])
    house.app.state.faults.release(RECORDS)
    await looking

    assert texts(house) == ["2.5"]
    assert shown(house).openid == BOB
    assert shown(house).fetch is None
    assert house.calls(RECORDS) == 2


async def test_a_look_that_is_given_up_leaves_nothing_half_done(house: House) -> None:
    said(house, ANN, 1.5)
    await fetched(house, (3, 2), (1, 0))
    await house.actions.open(ANN)
    house.app.state.faults.hold(RECORDS)
    gap = shown(house).gaps[-1]
    looking = asyncio.create_task(house.actions.look_at_gap(gap))
    await until(lambda: bool(house.app.state.faults.waiting))
    assert shown(house).fetch == GapFetch(*gap, is_going_on=True)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    house.app.state.faults.release(RECORDS)

    await house.actions.look_at_gap(gap)
    assert texts(house) == ["1.5"]
    assert shown(house).fetch is None


async def test_going_beyond_the_oldest_message_asks_wechat_for_the_days_before(house: House) -> None:
    said(house, ANN, 2.5, 1.5, 0.5)
    async with house.polling():
        await house.actions.open(ANN)
        assert texts(house) == ["0.5"]
        asked = house.calls(RECORDS)
        await house.actions.look_at_gap(None)
        await house.actions.load_older()
        assert texts(house) == ["1.5", "0.5"]
        assert house.calls(RECORDS) == asked + 1
        await house.actions.load_older()
        assert texts(house) == ["2.5", "1.5", "0.5"]
        await house.actions.load_older()
        fetch = shown(house).fetch
        assert fetch is not None
        assert fetch.vain_days == VAIN_DAYS
        await house.actions.load_older()  # whoever goes on, wants more
        assert house.calls(RECORDS) == asked + 2 + 2 * VAIN_DAYS


async def test_where_nothing_older_is_kept_it_says_so_and_asks_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path, keep_days=3) as house:
        said(house, ANN, 3.5, 1.5)
        await fetched(house, (1, 0))
        await house.actions.open(ANN)
        await house.actions.load_older()
        assert texts(house) == ["1.5"]
        await house.actions.load_older()
        fetch = shown(house).fetch
        assert fetch is not None
        assert fetch.is_at_limit
        assert 0 <= fetch.start_at - (START - 3 * DAY) <= 3600
        asked = house.calls(RECORDS)
        await house.actions.load_older()
        await house.actions.fill_gap_again()

        assert house.calls(RECORDS) == asked == 2
        assert texts(house) == ["1.5"]


async def test_a_gap_up_to_now_is_filled_but_for_the_day_the_poller_reads(house: House) -> None:
    said(house, ANN, 2.5, 0.5)
    await fetched(house, (4, 3))
    await house.actions.open(ANN)
    await look(house)

    assert texts(house) == ["2.5"]
    assert shown(house).gaps[-1][1] == math.inf
    assert START - DAY < shown(house).gaps[-1][0] < START - DAY + LIVE_SECONDS + 1


async def test_the_feed_tells_what_it_closed_and_what_opens_while_it_fails(house: House) -> None:
    await fetched(house, (3, 1.5))
    await house.actions.open(ANN)
    assert shown(house).gaps[-1] == (NOW - 1.5 * DAY, math.inf)
    feed = MessagesFeed(house.client, house.archive, house.store, house.clock)
    await feed.ask()
    assert shown(house).gaps[-1] == (NOW - 1.5 * DAY, NOW - DAY)

    house.app.state.faults.arm(Fault(RECORDS, "status", count=None))
    for _question in range(2):
        house.time.sim.advance(LIVE_SECONDS / 2)
        with pytest.raises(Unavailable):
            await feed.ask()
    assert shown(house).gaps[-1] == (NOW - LATE_SECONDS, math.inf)
    house.app.state.faults.clear()
    await feed.ask()
    assert shown(house).gaps[-1] == (NOW - 1.5 * DAY, NOW - DAY)


async def test_a_read_only_console_reads(tmp_path: Path) -> None:
    async with opened(tmp_path, read_only=True) as house:
        said(house, ANN, 1.5)
        await fetched(house, (3, 2), (1, 0))
        await house.actions.open(ANN)
        await look(house)

        assert texts(house) == ["1.5"]
