"""Conversations opened at a message, and what is searched."""

import asyncio

import pytest

from kfconsole.desk import reading
from kfconsole.model import CustomerId, Message, MessageKind, Record
from tests.desk.house import ME, START, House, customer

ANN, BOB = customer(1), customer(2)
NOW = int(START)


async def store_messages(house: House, openid: CustomerId, count: int) -> tuple[Message, ...]:
    """Store messages said second by second up to now, and return them."""
    records = [Record(openid, ME, MessageKind.RECEIVED, str(number), NOW - count + number) for number in range(count)]
    await house.archive.merge_records(records, NOW - count, NOW)
    return await house.archive.conversation(openid, limit=count)


def texts(house: House) -> list[str]:
    return [message.text for message in house.shown()]


def numbers(first: int, end: int) -> list[str]:
    return [str(number) for number in range(first, end)]


async def test_it_reaches_from_some_way_before_the_message_up_to_now(house: House) -> None:
    messages = await store_messages(house, ANN, 700)
    assert await house.actions.open_at(messages[300])

    assert texts(house) == numbers(300 - reading.BEFORE_MESSAGES, 700)
    assert house.desk.open is not None
    assert house.desk.open.has_older

    await house.actions.load_older()
    assert texts(house) == numbers(0, 700)
    assert not house.desk.open.has_older


async def test_near_the_beginning_there_is_nothing_older(house: House) -> None:
    messages = await store_messages(house, ANN, 150)
    assert await house.actions.open_at(messages[20])

    assert texts(house) == numbers(0, 150)
    assert house.desk.open is not None
    assert not house.desk.open.has_older


@pytest.mark.parametrize("place", [20, 300, 690])
async def test_of_the_open_conversation_nothing_is_lost_and_nothing_left_out(house: House, place: int) -> None:
    messages = await store_messages(house, ANN, 700)
    await house.actions.open(ANN)
    await house.actions.load_older()
    before = texts(house)
    assert await house.actions.open_at(messages[place])

    first = min(int(before[0]), max(0, place - reading.BEFORE_MESSAGES))
    assert texts(house) == numbers(first, 700)
    assert house.desk.open is not None
    assert house.desk.open.has_older == (first > 0)


async def test_too_far_back_nothing_changes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_SINCE_MESSAGES", 100)
    messages = await store_messages(house, ANN, 300)
    await house.actions.open(BOB)
    before = house.desk
    assert not await house.actions.open_at(messages[199])
    assert house.desk is before

    assert await house.actions.open_at(messages[200])


async def test_of_two_opened_at_once_the_last_stays(house: House) -> None:
    messages = await store_messages(house, ANN, 10)
    await store_messages(house, BOB, 10)
    await asyncio.gather(house.actions.open_at(messages[3]), house.actions.open(BOB))

    assert house.desk.open is not None
    assert house.desk.open.openid == BOB


async def test_a_message_that_was_deleted_is_not_opened(house: House) -> None:
    messages = await store_messages(house, ANN, 10)
    await house.archive.purge_older_than(NOW - 5)
    assert not await house.actions.open_at(messages[0])


async def test_what_is_kept_of_a_day_is_read_without_asking_wechat(house: House) -> None:
    messages = await store_messages(house, ANN, 10)
    asked = house.all_calls()
    day = await house.actions.kept(ANN, NOW - 5, NOW)

    assert day.messages == messages[5:]
    assert day.missing_error is None
    assert house.all_calls() == asked


async def test_gaps_are_those_of_the_time_messages_are_kept(house: House) -> None:
    await store_messages(house, ANN, 3600)

    assert await house.actions.gaps(NOW - 3000, NOW - 1000) == ()
    ((_start, end),) = await house.actions.gaps(float("-inf"), NOW - 1000)
    assert end == NOW - 3600
