"""Messages that wait to go: stored, and certainly not given to WeChat; whatever ends the console, they are not lost."""

from pathlib import Path

import pytest

from kfconsole.archive import Archive, Process
from kfconsole.errors import NotPossible
from kfconsole.model import CustomerId, Delivery, Message
from tests.archive.world import ANN, BOB, ME, T, received, sent

GONE = Process("a host", "boot", 1, "start")


async def prepared(archive: Archive, *texts: str, openid: CustomerId = ANN) -> tuple[Message, ...]:
    return await archive.begin_sends(openid, ME, texts, T, state=Delivery.PREPARED)


async def test_all_parts_are_stored_at_once_in_order_in_place_of_the_draft(archive: Archive) -> None:
    await archive.save_draft(ANN, "one two three")
    messages = await prepared(archive, "one", "two", "three")

    assert [message.text for message in await archive.conversation(ANN)] == ["one", "two", "three"]
    assert {message.delivery for message in messages} == {Delivery.PREPARED}
    contact = (await archive.contacts((ANN,)))[ANN]
    assert (contact.draft, contact.undelivered) == ("", 0)
    assert contact.last_message == messages[-1]


async def test_what_waits_counts_as_no_reply_and_what_leaves_does(archive: Archive) -> None:
    await archive.merge_records([received("hello", T - 10)], T - 100, T)
    (message,) = await prepared(archive, "soon")
    assert (await archive.contacts((ANN,)))[ANN].windows[0].sent == 0

    await archive.release(message.id, T + 1)
    assert (await archive.contacts((ANN,)))[ANN].windows[0].sent == 1


async def test_a_message_that_waited_long_stands_where_it_left(archive: Archive) -> None:
    (message,) = await prepared(archive, "the answer")
    await archive.merge_records([received("still there?", T + 30)], T - 100, T + 31)
    released = await archive.release(message.id, T + 60)

    assert released.delivery is Delivery.SENDING
    assert [kept.text for kept in await archive.conversation(ANN)] == ["still there?", "the answer"]


async def test_what_is_not_waiting_any_more_is_never_released(archive: Archive) -> None:
    first, second = await prepared(archive, "one", "two")
    await archive.release(first.id, T)
    await archive.take_back(ANN, [second.id], "two")
    for message in (first, second):
        with pytest.raises(NotPossible):
            await archive.release(message.id, T + 1)


async def test_a_record_of_somebody_elses_equal_words_confirms_nothing_that_waits(archive: Archive) -> None:
    (message,) = await prepared(archive, "yes")
    await archive.merge_records([sent("yes", T + 1)], T - 100, T + 10)

    assert (await archive.message(message.id)) == message
    assert len(await archive.conversation(ANN)) == 2


async def test_what_is_taken_back_is_in_the_draft_and_asks_nobody_any_more(archive: Archive) -> None:
    messages = await prepared(archive, "one", "two")
    taken = await archive.take_back(ANN, [message.id for message in messages], "one\ntwo\nthree")

    assert [(message.delivery, message.is_dismissed) for message in taken] == [(Delivery.REFUSED, True)] * 2
    contact = (await archive.contacts((ANN,)))[ANN]
    assert (contact.draft, contact.undelivered) == ("one\ntwo\nthree", 0)


async def test_what_an_ended_console_had_prepared_was_not_sent_and_what_it_was_sending_is_unknown(path: Path) -> None:
    console = Archive(path, process=GONE, wall=lambda: T + 0.0)
    await console.open()
    await console.begin_send(ANN, ME, "sending", T)
    await console.begin_sends(BOB, ME, ("one", "two"), T, state=Delivery.PREPARED)
    await console.close()

    later = Archive(path, wall=lambda: T + 10_000.0)
    await later.open()
    assert [message.delivery for message in await later.conversation(ANN)] == [Delivery.UNKNOWN]
    kept = await later.conversation(BOB)
    assert [(message.text, message.delivery) for message in kept] == [
        ("one", Delivery.REFUSED),
        ("two", Delivery.REFUSED),
    ]
    assert all("never left" in message.reason for message in kept)
    await later.close()


async def test_what_waits_in_a_console_that_lives_is_left_alone(path: Path, archive: Archive) -> None:
    await prepared(archive, "mine")
    other = Archive(path)
    await other.open()
    assert [message.delivery for message in await other.conversation(ANN)] == [Delivery.PREPARED]
    with pytest.raises(NotPossible):
        await other.purge_customer(ANN)
    assert await other.purge_older_than(T + 1_000_000.0) == 0
    await other.close()
