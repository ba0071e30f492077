"""Slices of what is missing, and what fetching one of them changes."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.archive import Archive
from kfconsole.desk import ServerClock
from kfconsole.desk.feeds.messages import MessagesFeed
from kfconsole.desk.syncing import DAY_SECONDS, LATE_SECONDS, Slice, Syncing, settled_until
from kfconsole.errors import Unavailable
from kfconsole.model import MessageKind, Record
from kfconsole.simulator import DEFAULT_APP_ID, DEFAULT_APP_SECRET
from kfconsole.simulator.faults import Fault
from kfconsole.wechat import KfClient
from tests.desk.house import ME, RECORDS, START, House, customer

ANN, BOB = customer(1), customer(2)
NOW = int(START)


def syncing(house: House) -> Syncing:
    return Syncing(house.client, house.archive, house.store, house.clock)


async def slices(syncing: Syncing, start_at: float, end_at: float) -> tuple[Slice, ...]:
    """All slices of a span, none of them fetched."""
    found: list[Slice] = []
    while (piece := await syncing.newest_slice(start_at, end_at)) is not None:
        found.append(piece)
        end_at = piece[0]
    return tuple(found)


async def test_slices_are_of_a_day_at_most_share_their_borders_and_come_newest_first(house: House) -> None:
    await house.archive.merge_records([], NOW - 2 * DAY_SECONDS, NOW - DAY_SECONDS - 7)
    pieces = await slices(syncing(house), NOW - 4.5 * DAY_SECONDS, NOW + 900)

    assert pieces == (
        (NOW - DAY_SECONDS, NOW),
        (NOW - DAY_SECONDS - 7, NOW - DAY_SECONDS),
        (NOW - 3 * DAY_SECONDS, NOW - 2 * DAY_SECONDS),
        (NOW - 4 * DAY_SECONDS, NOW - 3 * DAY_SECONDS),
        (NOW - 4.5 * DAY_SECONDS, NOW - 4 * DAY_SECONDS),
    )


@pytest.mark.parametrize(("start", "end"), [(10, 10), (20, 10), (START, START + 5), (START + 1, START + 90)])
async def test_a_span_that_is_none_or_all_to_come_has_no_slices(house: House, start: float, end: float) -> None:
    assert await slices(syncing(house), start, end) == ()


async def test_a_slice_is_fetched_told_and_not_missing_any_more(house: House) -> None:
    house.world.write_records([(ANN, 2003, NOW - 3600, ME, "a"), (BOB, 2003, NOW - 3600, ME, "b")])
    await house.actions.open(ANN)
    (piece,) = await slices(syncing(house), START - 7200, START - 600)
    told: list[int] = []
    messages = await syncing(house).fetch(piece, on_page=told.append)

    assert sorted(message.text for message in messages) == ["a", "b"]
    assert [message.text for message in house.shown()] == ["a"]
    assert told == [NOW - 3600]
    assert house.desk.contacts[ANN].unread == 0
    assert BOB not in house.desk.contacts  # whoever is in no list is read when they turn up
    assert await slices(syncing(house), START - 7200, START - 600) == ()


async def test_the_newest_records_do_not_count_as_fetched(house: House) -> None:
    for _twice in range(2):
        (piece,) = await slices(syncing(house), START - LATE_SECONDS - 1, START)
        await syncing(house).fetch(piece)

    assert await house.archive.gaps(START - LATE_SECONDS - 1, START) == ((NOW - LATE_SECONDS, START),)


async def test_what_failed_is_missing_still(house: House) -> None:
    house.app.state.faults.arm(Fault(RECORDS, "status"))
    (piece,) = await slices(syncing(house), START - 7200, START - 600)
    with pytest.raises(Unavailable):
        await syncing(house).fetch(piece)

    assert await slices(syncing(house), START - 7200, START - 600) == (piece,)


async def test_a_clock_that_was_ahead_leaves_no_future_behind_that_counts_as_fetched(house: House) -> None:
    wrong = ServerClock(house.time.monotonic, lambda: START + 7200)
    client = KfClient(
        base_url="http://127.0.0.1:9",
        app_id=DEFAULT_APP_ID,
        app_secret=DEFAULT_APP_SECRET,
        transport=house.wire,
        monotonic=house.time.monotonic,
        on_date=wrong.learn,
    )
    mistaken = Syncing(client, house.archive, house.store, wrong)
    await mistaken.fetch_all(START - 3600, START + 7200)
    await client.aclose()

    newest = await house.archive.newest_fetched_at()
    assert newest is not None
    assert START - LATE_SECONDS - 1 <= newest <= START - LATE_SECONDS + 1


async def test_the_last_day_is_news_and_what_is_older_is_history(house: House) -> None:
    house.time.sim.advance(5 * DAY_SECONDS)  # the archive was there all the time
    now = house.time.wall()
    records = [(customer(number), 2003, now - age, ME, "?") for number, age in ((1, 3600), (2, DAY_SECONDS + 60))]
    house.world.write_records(records)
    await syncing(house).fetch_all(now - 2 * DAY_SECONDS, now)
    contacts = await house.archive.contacts((ANN, BOB))

    assert [contacts[openid].unread for openid in (ANN, BOB)] == [1, 0]


async def test_of_a_busy_shop_less_than_a_day_is_fetched_at_one_go(house: House) -> None:
    hours = [(ANN, 2003, NOW - hour * 3600, ME, "?") for hour in range(24)]
    house.world.write_records(hours)
    busy = Syncing(house.client, house.archive, house.store, house.clock, most_records=6)
    first = await busy.newest_slice(START - 9 * DAY_SECONDS, START)
    assert first == (NOW - DAY_SECONDS, NOW)
    await busy.fetch(first)
    second = await busy.newest_slice(START - 9 * DAY_SECONDS, first[0])
    assert second == (first[0] - 6 * 3600, first[0])
    await busy.fetch(second)
    assert await busy.newest_slice(START - 9 * DAY_SECONDS, second[0]) == (second[0] - 6 * 3600, second[0])


async def test_a_past_that_a_command_reads_up_comes_into_the_open_conversation_and_is_no_news(house: House) -> None:
    feed = MessagesFeed(house.client, house.archive, house.store, house.clock)
    await feed.ask()
    await house.actions.open(BOB)
    await house.actions.open(ANN)
    command = Archive(house.path, wall=house.time.wall)
    await command.open()
    past = [
        Record(customer(number % 3 + 1), ME, MessageKind.RECEIVED, str(number), NOW - 3 * DAY_SECONDS + number)
        for number in range(1500)
    ]
    await command.merge_records(past, NOW - 3 * DAY_SECONDS, NOW - 2 * DAY_SECONDS, history_before=NOW - DAY_SECONDS)
    house.time.sim.advance(100)
    await command.merge_records([Record(BOB, ME, MessageKind.RECEIVED, "new", NOW + 60)], NOW, NOW)
    await command.close()
    await feed.ask()

    assert [message.text for message in house.shown()] == [str(number) for number in range(0, 1500, 3)]
    assert house.desk.open is not None
    assert house.desk.open.gaps[-1] == (NOW - 2 * DAY_SECONDS, NOW - DAY_SECONDS)
    assert house.desk.contacts[BOB].last_received_at == NOW + 60
    assert [house.desk.contacts[openid].unread for openid in (ANN, BOB)] == [0, 1]
    assert customer(3) not in house.desk.contacts


async def test_two_that_fetch_the_same_at_once_store_it_once(house: House) -> None:
    house.world.write_records([(ANN, 2003, NOW - 3600 + number, ME, "?") for number in range(300)])
    other = Archive(house.path, wall=house.time.wall)
    await other.open()
    both = (syncing(house), Syncing(house.client, other, house.store, house.clock))
    await asyncio.gather(*(one.fetch_all(START - 2 * DAY_SECONDS, START) for one in both))
    await other.close()

    assert len(await house.archive.conversation(ANN, limit=1000)) == 300
    assert await house.archive.gaps(START - 2 * DAY_SECONDS, START - LATE_SECONDS) == ()


@pytest.mark.parametrize("is_feed", [True, False])
async def test_what_came_while_pages_were_read_does_not_count_as_fetched(house: House, is_feed: bool) -> None:
    feed = MessagesFeed(house.client, house.archive, house.store, house.clock)
    one = syncing(house)
    house.wire.afterwards[RECORDS] = lambda: house.time.sim.advance(300)  # the host sleeps on what it was answered
    await (feed.ask() if is_feed else one.fetch((NOW - 3600, NOW)))
    house.world.write_records([(ANN, 2003, NOW - 60, ME, "came late")])

    assert await house.archive.gaps(START - 3600, START) == ((NOW - LATE_SECONDS, START),)
    await one.fetch_all(START - 3600, START)
    assert [message.text for message in await house.archive.conversation(ANN)] == ["came late"]


@given(end_at=st.integers(0, 2 * NOW), now=st.floats(LATE_SECONDS, 2 * START))
def test_settled_is_nothing_younger_than_a_record_may_be_late(end_at: int, now: float) -> None:
    settled = settled_until(end_at, ServerClock(lambda: 0.0, lambda: now), 0.0)

    assert settled <= end_at
    assert settled <= now - LATE_SECONDS
    assert settled == end_at or settled > now - LATE_SECONDS - 1
