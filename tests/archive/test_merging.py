from contextlib import closing
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.archive.connection import connect
from kfconsole.archive.merging import merge
from kfconsole.model import AgentId, Delivery, MessageKind
from tests.archive.world import ANN, BOB, COLLEAGUE, ME, T, received, sent, texts


async def test_records_shown_twice_are_stored_once(archive: Archive) -> None:
    records = [received("hi", T), sent("hello", T + 1)]

    first = await archive.merge_records(records, T, T + 60)
    second = await archive.merge_records(records, T + 1, T + 90)

    assert texts(first) == ["hi", "hello"]
    assert second == ()
    assert first == await archive.conversation(ANN)
    assert [message.delivery for message in first] == [None, None]


async def test_equal_records_of_one_second_stay_as_many_as_they_are(archive: Archive) -> None:
    await archive.merge_records([received("?", T)], T, T + 1)
    new = await archive.merge_records([received("?", T), received("?", T), received("?", T, BOB)], T, T + 2)

    assert len(new) == 2
    assert texts(await archive.conversation(ANN)) == ["?", "?"]
    assert texts(await archive.conversation(BOB)) == ["?"]


async def test_records_of_one_second_keep_wechats_order_also_when_one_comes_late(archive: Archive) -> None:
    await archive.merge_records([received("a", T), received("c", T)], T, T + 1)

    changed = await archive.merge_records([received("a", T), received("b", T), received("c", T)], T, T + 1)

    assert texts(changed) == ["b", "c"]
    assert texts(await archive.conversation(ANN)) == ["a", "b", "c"]


async def test_a_record_that_wechat_shows_no_more_stays(archive: Archive) -> None:
    await archive.merge_records([received("hi", T)], T, T + 60)
    await archive.merge_records([], T, T + 60)

    assert texts(await archive.conversation(ANN)) == ["hi"]


@pytest.mark.parametrize("agent", [ME, None])
@pytest.mark.parametrize("delivery", [None, Delivery.SENT, Delivery.UNKNOWN])
async def test_a_record_confirms_our_send_instead_of_doubling_it(
    archive: Archive, agent: AgentId | None, delivery: Delivery | None
) -> None:
    send = await archive.begin_send(ANN, agent, " hello\n", T + 0.4)
    if delivery:
        await archive.settle(send.id, delivery, "lost")

    (confirmed,) = await archive.merge_records([sent("hello", T + 3)], T, T + 60)

    assert (send.id, T + 0.4, Delivery.CONFIRMED) == (confirmed.id, confirmed.at, confirmed.delivery)
    assert confirmed.reason == ""
    assert await archive.merge_records([sent("hello", T + 3)], T, T + 90) == ()
    assert (confirmed,) == await archive.conversation(ANN)


async def test_a_confirmed_send_stays_confirmed_whatever_its_answer_was(archive: Archive) -> None:
    send = await archive.begin_send(ANN, ME, "hello", T)
    (confirmed,) = await archive.merge_records([sent("hello", T)], T, T + 60)

    assert confirmed == await archive.settle(send.id, Delivery.UNKNOWN, "timeout")
    assert confirmed == await archive.dismiss(send.id)


async def test_a_dismissed_unknown_send_that_turns_up_arrived_after_all(archive: Archive) -> None:
    send = await archive.begin_send(ANN, ME, "hello", T)
    await archive.settle(send.id, Delivery.UNKNOWN, "timeout")
    await archive.dismiss(send.id)

    (confirmed,) = await archive.merge_records([sent("hello", T)], T, T + 60)

    assert (send.id, Delivery.CONFIRMED, False) == (confirmed.id, confirmed.delivery, confirmed.is_dismissed)


async def test_a_refused_send_is_not_taken_for_delivered(archive: Archive) -> None:
    send = await archive.begin_send(ANN, ME, "hello", T)
    refused = await archive.settle(send.id, Delivery.REFUSED, "too late")

    await archive.merge_records([sent("hello", T + 1)], T, T + 60)

    assert refused == await archive.message(send.id)
    assert texts(await archive.conversation(ANN)) == ["hello", "hello"]


@pytest.mark.parametrize(
    ("openid", "agent", "text", "at"),
    [
        (BOB, ME, "hello", T),
        (ANN, COLLEAGUE, "hello", T),
        (ANN, ME, "hello!", T),
        (ANN, ME, "hello", T + 121),
        (ANN, ME, "hello", T - 121),
    ],
    ids=["other customer", "other agent", "other text", "much later", "much earlier"],
)
async def test_a_record_of_something_else_confirms_nothing(
    archive: Archive, openid: str, agent: AgentId, text: str, at: int
) -> None:
    send = await archive.begin_send(ANN, ME, "hello", T)

    (message,) = await archive.merge_records([sent(text, at, type(ANN)(openid), agent)], T - 200, T + 200)

    assert send.id != message.id
    assert send == await archive.message(send.id)


async def test_what_the_customer_says_never_confirms_a_send(archive: Archive) -> None:
    send = await archive.begin_send(ANN, ME, "ok", T)

    (message,) = await archive.merge_records([received("ok", T)], T, T + 60)

    assert MessageKind.RECEIVED is message.kind
    assert send == await archive.message(send.id)


async def test_one_record_confirms_one_send_the_nearest_in_time(archive: Archive) -> None:
    far = await archive.begin_send(ANN, ME, "ok", T)
    near = await archive.begin_send(ANN, ME, "ok", T + 30)

    (first,) = await archive.merge_records([sent("ok", T + 31)], T, T + 60)
    (second,) = await archive.merge_records([sent("ok", T + 1), sent("ok", T + 31)], T, T + 60)

    assert (near.id, far.id) == (first.id, second.id)


async def test_a_record_belongs_to_the_send_wechat_took_before_one_that_may_be_lost(archive: Archive) -> None:
    taken = await archive.begin_send(ANN, ME, "ok", T + 0.2)
    lost = await archive.begin_send(ANN, ME, "ok", T + 0.9)
    await archive.settle(taken.id, Delivery.SENT)
    unknown = await archive.settle(lost.id, Delivery.UNKNOWN, "timeout")

    (confirmed,) = await archive.merge_records([sent("ok", T + 1)], T, T + 60)

    assert (taken.id, Delivery.CONFIRMED) == (confirmed.id, confirmed.delivery)
    assert unknown == await archive.message(lost.id)


async def test_two_equal_sends_of_one_second_meet_their_two_records(archive: Archive) -> None:
    sends = [await archive.begin_send(ANN, ME, "ok", T + 0.1 * number) for number in range(2)]

    changed = await archive.merge_records([sent("ok", T), sent("ok", T)], T, T + 60)

    assert {send.id for send in sends} == {message.id for message in changed}
    assert await archive.merge_records([sent("ok", T), sent("ok", T)], T, T + 60) == ()
    assert len(await archive.conversation(ANN)) == 2


async def test_our_send_stands_after_the_records_of_its_second(archive: Archive) -> None:
    await archive.begin_send(ANN, ME, "answer", float(T))
    await archive.begin_send(ANN, ME, "later answer", T + 0.4)

    await archive.merge_records([received("question", T), received("more", T + 1)], T, T + 60)

    assert texts(await archive.conversation(ANN)) == ["question", "answer", "later answer", "more"]


async def test_fetched_spans_join_when_they_touch(archive: Archive) -> None:
    assert await archive.newest_fetched_at() is None
    assert await archive.gaps(T, T + 50) == ((T, T + 50),)

    for start, end in ((10, 20), (30, 40), (20, 30)):
        await archive.merge_records([], T + start, T + end)

    assert await archive.gaps(T, T + 50) == ((T, T + 10), (T + 40, T + 50))
    assert await archive.gaps(T + 12, T + 38) == ()
    assert await archive.newest_fetched_at() == T + 40


async def test_gaps_between_spans_are_named(archive: Archive) -> None:
    await archive.merge_records([], T + 30, T + 40)
    await archive.merge_records([], T, T + 10)

    assert await archive.gaps(T + 5, T + 60) == ((T + 10, T + 30), (T + 40, T + 60))


async def test_a_purge_deletes_the_old_but_nothing_undecided_and_no_draft(archive: Archive) -> None:
    sends = [await archive.begin_send(ANN, ME, text, T) for text in ("sending", "sent", "unknown", "dismissed")]
    await archive.settle(sends[1].id, Delivery.SENT)
    await archive.settle(sends[2].id, Delivery.UNKNOWN, "timeout")
    await archive.settle(sends[3].id, Delivery.REFUSED, "too late")
    await archive.dismiss(sends[3].id)
    records = [received(str(number), T + number) for number in range(250)]
    await archive.merge_records(records, T, T + 300)
    await archive.save_draft(ANN, "half a thou")

    deleted = await archive.purge_older_than(T + 240)

    assert deleted == 242
    assert ["sending", "unknown", *map(str, range(240, 250))] == texts(await archive.conversation(ANN))
    assert (await archive.contacts([ANN]))[ANN].draft == "half a thou"
    assert await archive.gaps(T, T + 300) == ((T, T + 240),)


async def test_records_from_outside_the_span_are_stored_and_their_time_stays_unfetched(archive: Archive) -> None:
    records = [received("before", T - 500), received("within", T), received("behind", T + 500)]
    await archive.merge_records(records, T, T + 60)
    again = await archive.merge_records([received("before", T - 500), received("more", T - 500)], T - 600, T - 400)

    assert texts(again) == ["more"]
    assert texts(await archive.conversation(ANN)) == ["before", "more", "within", "behind"]
    assert await archive.gaps(T - 600, T + 600) == ((T - 400, T), (T + 60, T + 600))


@pytest.mark.parametrize("at", [0, 1, 253_370_764_799])
async def test_an_absurd_time_is_kept_once_and_nothing_stands_behind_it(archive: Archive, at: int) -> None:
    await archive.merge_records([received("absurd", at)], T, T + 60)
    again = await archive.merge_records([received("absurd", at)], T, T + 90)
    send = await archive.begin_send(ANN, ME, "hello", float(T))

    assert again == ()
    assert send.at == T
    assert len(await archive.conversation(ANN)) == 2
    assert (await archive.contacts([ANN]))[ANN].unread == (at > T)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
async def test_a_merge_that_was_cut_off_counts_for_nothing_and_is_done_again(
    archive: Archive, path: Path, steps: int
) -> None:
    records = [received(str(number % 7), T + number // 3) for number in range(250)]
    with (
        closing(connect(path, 5.0, is_reader=False)) as connection,
        closing(merge(connection, records, T, T + 90)) as job,
    ):
        for _step in range(steps):
            next(job)
    assert await archive.gaps(T, T + 90) == ((T, T + 90),)
    assert (len(await archive.conversation(ANN, limit=1000)) > 0) == (steps > 0)

    await archive.merge_records(records, T, T + 90)

    assert [str(number % 7) for number in range(250)] == texts(await archive.conversation(ANN, limit=1000))
    assert await archive.gaps(T, T + 90) == ()


async def test_history_is_no_news(archive: Archive) -> None:
    await archive.merge_records([received("new", T + 9)], T + 5, T + 60)
    await archive.merge_records([received("old", T + 1), received("older", T)], T, T + 5, history_before=T + 5)
    await archive.merge_records([received("late", T + 8)], T + 5, T + 60, history_before=T + 5)

    assert texts(await archive.conversation(ANN)) == ["older", "old", "late", "new"]
    assert (await archive.contacts([ANN]))[ANN].unread == 2
