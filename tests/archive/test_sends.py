import asyncio
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.errors import ArchiveError, NotPossible
from kfconsole.model import CustomerId, Delivery, Message, MessageId, MessageKind, SearchQuery
from tests.archive.world import ANN, BOB, ME, T, received, texts


async def test_a_send_is_stored_as_sending_before_anybody_asks_wechat(archive: Archive) -> None:
    message = await archive.begin_send(ANN, ME, "hello", T + 0.4)

    assert message == Message(
        message.id, ANN, ME, MessageKind.SENT, "hello", T + 0.4, Delivery.SENDING, position=message.position
    )
    assert message == await archive.message(message.id)


async def test_a_send_clears_the_draft_of_its_customer_only(archive: Archive) -> None:
    await archive.save_draft(ANN, "hel")
    await archive.save_draft(BOB, "dear")

    await archive.begin_send(ANN, ME, "hello", T)

    contacts = await archive.contacts([ANN, BOB])
    assert (contacts[ANN].draft, contacts[BOB].draft) == ("", "dear")


async def test_a_message_from_elsewhere_leaves_the_draft_alone(archive: Archive) -> None:
    await archive.save_draft(ANN, "half a sentence")
    await archive.begin_send(ANN, ME, "hello", T, keeps_draft=True)

    assert (await archive.contacts([ANN]))[ANN].draft == "half a sentence"


async def test_a_repeated_message_leaves_the_draft_alone(archive: Archive) -> None:
    refused = await archive.settle((await archive.begin_send(ANN, ME, "hello", T)).id, Delivery.REFUSED, "why")
    await archive.save_draft(ANN, "half a sentence")
    await archive.begin_send(ANN, ME, "hello", T + 5, replaces=refused.id)

    assert (await archive.contacts([ANN]))[ANN].draft == "half a sentence"


async def test_two_consoles_repeat_a_message_once(archive: Archive) -> None:
    refused = await archive.settle((await archive.begin_send(ANN, ME, "hello", T)).id, Delivery.REFUSED, "why")
    await archive.begin_send(ANN, ME, "hello", T + 5, replaces=refused.id)
    with pytest.raises(NotPossible):
        await archive.begin_send(ANN, ME, "hello", T + 6, replaces=refused.id)

    assert len(await archive.conversation(ANN)) == 2


async def test_a_send_dismisses_the_undelivered_message_it_replaces(archive: Archive) -> None:
    refused = await archive.begin_send(ANN, ME, "hello", T)
    await archive.settle(refused.id, Delivery.REFUSED, "too late")

    again = await archive.begin_send(ANN, ME, "hello", T + 5, replaces=refused.id)

    replaced = await archive.message(refused.id)
    assert replaced is not None
    assert replaced.is_dismissed
    assert not again.is_dismissed


async def test_a_delivered_message_cannot_be_dismissed(archive: Archive) -> None:
    message = await archive.begin_send(ANN, ME, "hello", T)
    await archive.settle(message.id, Delivery.SENT)

    assert not (await archive.dismiss(message.id)).is_dismissed


@pytest.mark.parametrize("delivery", [Delivery.SENT, Delivery.REFUSED, Delivery.UNKNOWN])
async def test_a_settled_send_says_how_it_ended_and_why(archive: Archive, delivery: Delivery) -> None:
    message = await archive.begin_send(ANN, ME, "hello", T)

    settled = await archive.settle(message.id, delivery, "because \x1b[2J")

    assert (delivery, "because ␛[2J") == (settled.delivery, settled.reason)


async def test_a_send_that_moves_to_its_true_time_is_found_there(archive: Archive) -> None:
    await archive.merge_records([received("question", T)], T, T + 60)
    message = await archive.begin_send(ANN, ME, "answer", T + 86_000)
    await archive.index_messages()

    await archive.settle(message.id, Delivery.SENT, asked_at=T + 10)
    await archive.index_messages()

    found = await archive.search(SearchQuery("answer", end_at=T + 60))
    assert [(match.id, match.at) for match in found.messages] == [(message.id, T + 10)]
    assert (await archive.search(SearchQuery("answer", start_at=T + 60))).messages == ()


async def test_sends_made_after_one_that_moves_stay_behind_it(archive: Archive) -> None:
    sends = [await archive.begin_send(ANN, ME, text, T + place) for place, text in enumerate(("one", "two"))]
    await archive.begin_send(BOB, ME, "another customer's", T)

    await archive.settle(sends[0].id, Delivery.SENT, asked_at=T + 3600)

    assert texts(await archive.conversation(ANN)) == ["one", "two"]
    (other,) = await archive.conversation(BOB)
    assert other.at == T


async def test_a_send_never_stands_behind_what_claims_to_be_from_another_day(archive: Archive) -> None:
    await archive.merge_records([received("from the future", T + 100 * 86_400)], T, T)

    message = await archive.begin_send(ANN, ME, "now", T)
    settled = await archive.settle(message.id, Delivery.SENT, asked_at=T + 5)

    assert (T, T + 5) == (message.at, settled.at)


async def test_settling_a_message_that_was_purged_is_an_error_that_says_so(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="no longer in the archive"):
        await archive.settle(MessageId(77), Delivery.SENT)


async def test_texts_are_cleaned_before_they_are_stored(archive: Archive, hostile: str) -> None:
    message = await archive.begin_send(ANN, None, hostile, T)
    await archive.save_draft(ANN, hostile)
    await archive.merge_records([received(hostile, T + 1)], T, T + 2)

    stored = [*texts(await archive.conversation(ANN)), (await archive.contacts([ANN]))[ANN].draft]
    assert message.agent == ""
    assert [message.text] * 3 == stored
    assert "\x1b" not in message.text
    assert "\u202e" not in message.text


async def test_a_cancelled_send_is_stored_all_the_same(archive: Archive) -> None:
    await archive.save_draft(ANN, "hel")
    tasks = [asyncio.create_task(archive.begin_send(ANN, ME, str(number), T + number)) for number in range(20)]
    await asyncio.sleep(0)  # let them begin: one is being written, the others wait for their turn
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    await archive.save_draft(BOB, "any later write is carried out after them")

    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    assert texts(await archive.conversation(ANN)) == [str(number) for number in range(20)]
    assert (await archive.contacts([ANN]))[ANN].draft == ""


async def test_an_interrupted_close_can_be_repeated(archive: Archive, path: Path) -> None:
    merge = asyncio.create_task(archive.merge_records([received(str(n), T + n) for n in range(500)], T, T + 500))
    await asyncio.sleep(0)
    closing = asyncio.create_task(archive.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing

    await archive.close()

    assert len(await merge) == 500
    assert [file.name for file in sorted(path.parent.iterdir())] == [path.name]


async def test_a_cancelled_merge_is_carried_out_to_its_end(archive: Archive, path: Path) -> None:
    records = [received(str(number), T + number) for number in range(500)]
    task = asyncio.create_task(archive.merge_records(records, T, T + 500))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await archive.close()

    reopened = Archive(path)
    await reopened.open()
    assert len(await reopened.conversation(ANN, limit=1000)) == 500
    assert await reopened.newest_fetched_at() == T + 500
    await reopened.close()


async def test_a_send_overtakes_a_merge(archive: Archive) -> None:
    records = [received(str(number), T + number) for number in range(2000)]
    merge = asyncio.create_task(archive.merge_records(records, T, T + 2000))
    await asyncio.sleep(0)

    await archive.begin_send(BOB, ME, "hello", T)

    assert not merge.done()
    assert len(await merge) == 2000


async def test_a_closed_archive_says_so(path: Path) -> None:
    archive = Archive(path)
    await archive.open()
    await archive.close()
    await archive.close()

    with pytest.raises(ArchiveError, match="closed"):
        await archive.save_draft(CustomerId("o"), "text")
    with pytest.raises(ArchiveError, match="closed"):
        await archive.merge_records([], T, T)
    with pytest.raises(ArchiveError, match="closed"):
        await archive.conversation(ANN)
