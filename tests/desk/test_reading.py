import asyncio

import pytest

from kfconsole.desk.syncing import LATE_SECONDS
from kfconsole.errors import Unavailable
from kfconsole.model import CustomerId, MessageKind, Record, SearchQuery
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import ME, START, House, customer

ANN, BOB = customer(1), customer(2)
NOW = int(START)
DAY = 24 * 3600


async def store_messages(house: House, openid: CustomerId, count: int) -> None:
    records = [Record(openid, ME, MessageKind.RECEIVED, str(number), NOW - count + number) for number in range(count)]
    await house.archive.merge_records(records, NOW - count, NOW)


def texts(house: House) -> list[str]:
    return [message.text for message in house.shown()]


async def test_a_conversation_opens_with_its_newest_part_and_counts_as_read(house: House) -> None:
    await store_messages(house, ANN, 250)
    await house.actions.open(ANN)

    assert texts(house) == [str(number) for number in range(50, 250)]
    assert house.desk.open is not None
    assert house.desk.open.has_older
    assert house.desk.contacts[ANN].unread == 0


async def test_older_messages_come_page_by_page_until_there_are_none(house: House) -> None:
    await store_messages(house, ANN, 450)
    await house.actions.open(ANN)
    await asyncio.gather(house.actions.load_older(), house.actions.load_older())
    assert texts(house) == [str(number) for number in range(50, 450)]

    await house.actions.load_older()
    assert texts(house) == [str(number) for number in range(450)]
    assert house.desk.open is not None
    assert not house.desk.open.has_older
    assert house.calls(at.RECORDS) == 0


async def test_exactly_one_page_has_nothing_older(house: House) -> None:
    await store_messages(house, ANN, 200)
    await house.actions.open(ANN)

    assert house.desk.open is not None
    assert not house.desk.open.has_older


async def test_of_two_conversations_opened_at_once_the_last_stays(house: House) -> None:
    await store_messages(house, ANN, 3)
    await asyncio.gather(house.actions.open(ANN), house.actions.open(BOB))

    assert house.desk.open is not None
    assert house.desk.open.openid == BOB


async def test_a_conversation_left_while_it_opens_does_not_come_back(house: House) -> None:
    await asyncio.gather(house.actions.open(ANN), house.actions.leave())
    assert house.desk.open is None


async def test_history_asks_wechat_only_for_what_was_never_seen(house: House) -> None:
    old = NOW - 3 * DAY
    house.world.write_records([(ANN, 2003, old + 60, ME, "long ago"), (ANN, 2003, old + DAY + 60, ME, "later")])
    day = await house.actions.history(ANN, old, old + 2 * DAY)
    assert [message.text for message in day.messages] == ["long ago", "later"]
    assert day.missing_error is None
    asked = house.calls(at.RECORDS)
    assert asked >= 2

    again = await house.actions.history(ANN, old, old + 2 * DAY)
    assert again == day
    assert house.calls(at.RECORDS) == asked


async def test_history_is_never_asked_of_the_future(house: House) -> None:
    day = await house.actions.history(ANN, START + 60, START + DAY)
    assert (day.messages, day.missing_error, house.calls(at.RECORDS)) == ((), None, 0)

    await house.actions.history(ANN, START - 3600, START + DAY)
    assert house.calls(at.RECORDS) == 1
    assert await house.archive.newest_fetched_at() == NOW - LATE_SECONDS


async def test_what_the_poller_reads_is_not_asked_for_again(house: House) -> None:
    async with house.polling():
        asked = house.calls(at.RECORDS)
        day = await house.actions.history(ANN, START - DAY / 2, START + DAY / 2)

        assert day.gaps == ()
        assert house.calls(at.RECORDS) == asked
        house.app.state.faults.arm(Fault(at.RECORDS, "status", count=None))
        await house.time.advance(60)
        day = await house.actions.history(ANN, START - DAY / 2, START + DAY / 2)
        assert isinstance(day.missing_error, Unavailable)


async def test_history_shows_what_is_there_and_why_the_rest_is_missing(house: House) -> None:
    await store_messages(house, ANN, 5)
    house.app.state.faults.arm(Fault(at.RECORDS, "status", count=None))
    day = await house.actions.history(ANN, START - DAY, START)

    assert len(day.messages) == 5
    assert isinstance(day.missing_error, Unavailable)
    assert day.gaps == ((START - DAY, START - 5),)


async def test_a_day_the_archive_has_names_what_is_missing_of_it_and_asks_nobody(house: House) -> None:
    await house.archive.merge_records([], NOW - 2 * DAY, NOW - DAY - 3600)
    day = await house.actions.kept(ANN, START - 2 * DAY, START - DAY)

    assert (day.messages, day.missing_error) == ((), None)
    assert day.gaps == ((START - DAY - 3600, START - DAY),)
    assert house.calls(at.RECORDS) == 0


async def test_looking_at_a_day_fills_the_gaps_of_the_open_conversation_too(house: House) -> None:
    house.world.write_records([(ANN, 2003, NOW - 2 * DAY, ME, "long ago")])
    await house.archive.merge_records([], NOW - 4 * DAY, NOW - 3 * DAY)
    await house.archive.merge_records([], NOW - DAY, NOW)
    await house.actions.open(ANN)
    assert house.desk.open is not None
    assert house.desk.open.gaps[-1] == (NOW - 3 * DAY, NOW - DAY)

    await house.actions.history(BOB, START - 3 * DAY, START - DAY)
    assert texts(house) == ["long ago"]
    assert house.desk.open.gaps[-1][1] == NOW - 4 * DAY
    assert house.desk.contacts[ANN].unread == 0


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("图片", ["[image]", "看图片", "[image]", "这张图片 呢"]),
        ("[图片]", ["[image]", "[image]"]),
        ("image", ["[image]", "[image]"]),
        ("语音", ["[voice]"]),
        ("退货", ["退货"]),
    ],
)
@pytest.mark.usefixtures("chinese")
async def test_what_is_no_text_is_found_by_its_name(house: House, typed: str, found: list[str]) -> None:
    said = ["这张图片 呢", "[image]", "看图片", "[voice]", "退货", "[image]"]
    records = [Record(ANN, ME, MessageKind.RECEIVED, text, NOW - 100 + number) for number, text in enumerate(said)]
    await house.archive.merge_records(records, NOW - 100, NOW)
    pages: list[str] = []
    before = None
    while True:
        page = await house.actions.search(SearchQuery(typed), before=before, limit=2)
        pages += [message.text for message in page.messages]
        if not page.has_more:
            break
        before = page.messages[-1]

    assert pages == found
