import pytest
from msgspec.structs import replace

from kfconsole.archive import Archive
from kfconsole.model import Contact, CustomerAct, CustomerId, Delivery, MessageKind, Opening, User, Window
from tests.archive.world import ANN, BOB, CREATED_AT, ME, T, received, sent, texts

HOUR = 3600


def user(openid: CustomerId, remark: str, tag_ids: tuple[int, ...]) -> User:
    return User(openid, True, remark, tag_ids, T, "", "")


async def test_a_customer_nobody_knows_is_an_empty_contact(archive: Archive) -> None:
    assert await archive.contacts([ANN]) == {ANN: Contact(ANN, sends_seen_since_at=CREATED_AT)}


async def test_a_contact_holds_the_last_message_and_when_the_customer_last_wrote(archive: Archive) -> None:
    await archive.merge_records([received("hi", T), sent("hello", T + 1)], T, T + 60)

    contact = (await archive.contacts([ANN]))[ANN]

    assert contact.last_message is not None
    assert contact.last_message.text == "hello"
    assert contact.last_received_at == T


async def test_what_was_said_last_is_no_event_which_is_told_beside_it(archive: Archive) -> None:
    event = replace(received("", T + 2), kind=MessageKind.TRANSFERRED, text="")
    await archive.merge_records([received("anybody there?", T), event], T, T + 60)
    contact = (await archive.contacts([ANN]))[ANN]

    assert contact.last_message is not None
    assert contact.last_event is not None
    assert (contact.last_message.text, contact.last_event.kind) == ("anybody there?", MessageKind.TRANSFERRED)
    assert contact.newest == contact.last_event
    await archive.merge_records([event, sent("here", T + 3)], T, T + 60)
    contact = (await archive.contacts([ANN]))[ANN]

    assert contact.newest == contact.last_message
    assert contact.last_event is None


async def test_of_what_did_not_surely_arrive_it_is_told_how_much_may_have(archive: Archive) -> None:
    for outcome in (Delivery.UNKNOWN, Delivery.REFUSED):
        await archive.settle((await archive.begin_send(ANN, ME, f"now {outcome}", T)).id, outcome)
    contact = (await archive.contacts([ANN]))[ANN]

    assert (contact.undelivered, contact.unknown) == (2, 1)


async def test_a_dismissed_message_is_not_the_last_one(archive: Archive) -> None:
    await archive.merge_records([received("hi", T)], T, T + 60)
    send = await archive.begin_send(ANN, ME, "hello", T + 1)
    await archive.settle(send.id, Delivery.REFUSED, "too late")
    await archive.dismiss(send.id)

    contact = (await archive.contacts([ANN]))[ANN]

    assert contact.last_message is not None
    assert contact.last_message.text == "hi"


async def test_sends_since_the_last_message_count_once_wechat_took_them_or_while_they_are_on_their_way(
    archive: Archive,
) -> None:
    await archive.begin_send(ANN, ME, "before the customer wrote", T - 1)
    await archive.merge_records([received("hi", T), sent("by somebody else", T + 1)], T, T + 60)
    for outcome in (None, Delivery.SENT, Delivery.UNKNOWN, Delivery.REFUSED):
        send = await archive.begin_send(ANN, ME, f"now {outcome}", T + 2)
        if outcome:
            await archive.settle(send.id, outcome)
    await archive.begin_send(ANN, ME, "confirmed", T + 3)
    await archive.merge_records([sent("confirmed", T + 3)], T, T + 60)

    assert (await archive.contacts([ANN]))[ANN].windows == (Window(CustomerAct.MESSAGE, T, sent=3),)


async def test_a_send_of_the_customers_own_second_counts_if_their_message_was_there(archive: Archive) -> None:
    await archive.settle((await archive.begin_send(ANN, ME, "who came first?", T + 0.2)).id, Delivery.SENT)
    await archive.merge_records([received("hi", T)], T, T + 60)
    assert await windows(archive) == (Window(CustomerAct.MESSAGE, T),)

    await archive.settle((await archive.begin_send(ANN, ME, "the answer", T + 0.3)).id, Delivery.SENT)
    assert await windows(archive) == (Window(CustomerAct.MESSAGE, T, sent=1),)


async def test_an_act_is_known_from_whoever_told_it_last(archive: Archive) -> None:
    await archive.merge_records([received("hi", T)], T, T + 60)
    await archive.note_openings([Opening(ANN, CustomerAct.MENU, T + 5), Opening(ANN, CustomerAct.MESSAGE, T + 9)])
    await archive.note_openings([Opening(ANN, CustomerAct.MENU, T + 2), Opening(ANN, CustomerAct.MESSAGE, T + 9)])
    await archive.settle((await archive.begin_send(ANN, ME, "hello", T + 7)).id, Delivery.SENT)

    assert await windows(archive) == (
        Window(CustomerAct.MESSAGE, T + 9),
        Window(CustomerAct.MENU, T + 5, sent=1),
    )


async def test_what_was_seen_and_since_when_is_known(archive: Archive) -> None:
    await archive.merge_records([], T - 7 * HOUR, T - 6 * HOUR)
    await archive.merge_records([], T - HOUR, T)
    contact = (await archive.contacts([ANN]))[ANN]
    assert (contact.records_seen_since_at, contact.sends_seen_since_at) == (T - HOUR, CREATED_AT)

    await archive.merge_records([], T - 6 * HOUR, T - HOUR)
    assert (await archive.contacts([ANN]))[ANN].records_seen_since_at == T - 7 * HOUR


async def test_wechats_word_that_nothing_is_left_holds_until_the_customer_acts_or_it_takes_a_reply(
    archive: Archive,
) -> None:
    await archive.merge_records([received("hi", T)], T, T + 60)
    await refused(archive, T + 5, is_out_of_replies=False)
    assert await windows(archive) == (Window(CustomerAct.MESSAGE, T),)
    assert (await archive.contacts([ANN]))[ANN].refused_at is None

    await refused(archive, T + 7)
    await refused(archive, T + 8, is_out_of_replies=False)
    assert await windows(archive) == (Window(CustomerAct.MESSAGE, T, is_used_up=True),)
    assert (await archive.contacts([ANN]))[ANN].refused_at == T + 7

    await archive.note_openings([Opening(ANN, CustomerAct.SCAN, T + 10)])
    used_up, fresh = await windows(archive)
    assert (used_up.is_used_up, fresh.is_used_up) == (True, False)

    await archive.settle((await archive.begin_send(ANN, ME, "and yet", T + 20)).id, Delivery.SENT)
    assert [window.is_used_up for window in await windows(archive)] == [False, False]
    assert (await archive.contacts([ANN]))[ANN].refused_at is None


async def windows(archive: Archive) -> tuple[Window, ...]:
    return (await archive.contacts([ANN]))[ANN].windows


async def refused(archive: Archive, at: float, *, is_out_of_replies: bool = True) -> None:
    send = await archive.begin_send(ANN, ME, "too much", at)
    await archive.settle(send.id, Delivery.REFUSED, "why", is_out_of_replies=is_out_of_replies)


async def test_undelivered_messages_count_until_somebody_decides(archive: Archive) -> None:
    sends = [await archive.begin_send(ANN, ME, text, T) for text in "abc"]
    for send, outcome in zip(sends, (Delivery.REFUSED, Delivery.UNKNOWN, Delivery.SENT), strict=True):
        await archive.settle(send.id, outcome)

    assert (await archive.contacts([ANN]))[ANN].undelivered == 2

    await archive.dismiss(sends[0].id)

    assert (await archive.contacts([ANN]))[ANN].undelivered == 1


async def test_a_first_start_shows_no_message_from_before_it_as_unread(archive: Archive) -> None:
    before = int(CREATED_AT)
    records = [received("yesterday", before - HOUR), received("now", before + 1), sent("ours", before + 2)]
    await archive.merge_records(records, before - HOUR, before + 60)

    assert (await archive.contacts([ANN]))[ANN].unread == 1


async def test_what_was_there_when_the_conversation_was_looked_at_is_read(archive: Archive) -> None:
    await archive.merge_records([received("one", T + 300), received("other", T + 300, BOB)], T, T + 360)
    await archive.mark_read(ANN)

    contacts = await archive.contacts([ANN, BOB])

    assert (contacts[ANN].unread, contacts[BOB].unread) == (0, 1)


@pytest.mark.parametrize(
    ("at", "unread"),
    [(T + 301, 1), (T + 300, 1), (T + 200, 1), (T + 100, 0)],
    ids=["newer", "equal", "late", "history"],
)
async def test_a_late_message_is_unread_and_fetched_history_is_not(archive: Archive, at: int, unread: int) -> None:
    await archive.merge_records([received("one", T + 300)], T, T + 360)
    await archive.mark_read(ANN)

    await archive.merge_records([received("another", at)], T, T + 400)

    assert (await archive.contacts([ANN]))[ANN].unread == unread


async def test_what_comes_late_is_unread_though_it_was_answered_meanwhile(archive: Archive) -> None:
    await archive.merge_records([received("one", T + 300)], T, T + 360)
    await archive.begin_send(ANN, ME, "by a clock an hour ahead", T + 300 + HOUR)
    await archive.mark_read(ANN)

    await archive.merge_records([received("two", T + 310)], T, T + 400)

    assert (await archive.contacts([ANN]))[ANN].unread == 1


async def test_a_record_of_a_time_to_come_does_not_end_all_unread(archive: Archive) -> None:
    await archive.merge_records([received("from 2050", 2_524_608_000)], T, T + 360)
    await archive.mark_read(ANN)
    assert (await archive.contacts([ANN]))[ANN].unread == 0

    await archive.merge_records([received("two", T + 390)], T, T + 400)

    assert (await archive.contacts([ANN]))[ANN].unread == 1


async def test_looking_at_an_empty_conversation_marks_nothing(archive: Archive) -> None:
    await archive.mark_read(ANN)
    await archive.merge_records([received("hi", T)], T, T + 60)

    assert (await archive.contacts([ANN]))[ANN].unread == 1


async def test_without_names_everybody_recent_or_unfinished_is_there(archive: Archive) -> None:
    now = int(CREATED_AT)
    people = {name: type(ANN)(name) for name in ("recent", "old", "draft", "undelivered")}
    await archive.merge_records(
        [received("hi", now - 47 * HOUR, people["recent"]), received("hi", now - 49 * HOUR, people["old"])],
        now - 50 * HOUR,
        now,
    )
    await archive.save_draft(people["draft"], "half a thou")
    send = await archive.begin_send(people["undelivered"], ME, "hello", now - 90 * HOUR)
    await archive.settle(send.id, Delivery.REFUSED)

    assert set(await archive.contacts()) == {"recent", "draft", "undelivered"}


async def test_a_draft_is_kept_until_it_is_empty(archive: Archive) -> None:
    await archive.save_draft(ANN, "half a thou")
    await archive.save_draft(ANN, "half a thought\n")

    assert (await archive.contacts([ANN]))[ANN].draft == "half a thought\n"

    await archive.save_draft(ANN, "")

    assert (await archive.contacts([ANN]))[ANN].draft == ""


async def test_a_conversation_is_paged_backwards_without_gap_or_overlap(archive: Archive) -> None:
    records = [received(str(number), T + number // 4) for number in range(25)]
    await archive.merge_records(records, T, T + 60)
    pages = [await archive.conversation(ANN, limit=10)]
    while page := await archive.conversation(ANN, before=pages[0][0], limit=10):
        pages.insert(0, page)

    assert [len(page) for page in pages] == [5, 10, 10]
    assert texts(message for page in pages for message in page) == [str(number) for number in range(25)]


async def test_a_page_before_a_purged_message_is_what_is_older(archive: Archive) -> None:
    await archive.merge_records([received("a", T), received("b", T + 1)], T, T + 60)
    (oldest, _newest) = await archive.conversation(ANN)
    await archive.purge_older_than(T + 1)

    assert await archive.conversation(ANN, before=oldest) == ()


async def test_a_span_of_a_conversation_includes_both_ends(archive: Archive) -> None:
    await archive.merge_records([received(str(second), T + second) for second in range(5)], T, T + 60)

    assert texts(await archive.between(ANN, T + 1, T + 3)) == ["1", "2", "3"]


async def test_our_tags_and_wechats_are_kept_side_by_side(archive: Archive) -> None:
    await archive.describe(ANN, alias="王姐", tags=["VIP", "[/b]\x1b"])
    await archive.note_users([user(ANN, "老客户", (101, 2)), user(BOB, "", ())])
    noted = await archive.contacts([ANN, BOB])
    await archive.describe(ANN, tags=["VIP"])
    await archive.note_users([user(ANN, "", (101,))])
    contact = (await archive.contacts([ANN]))[ANN]

    assert (noted[ANN].alias, noted[ANN].remark) == ("王姐", "老客户")
    assert noted[ANN].tags == ("VIP", "[/b]␛", "#101", "#2")
    assert (noted[BOB].name, noted[BOB].tags) == ("", ())
    assert (contact.alias, contact.remark, contact.tags) == ("王姐", "", ("VIP", "#101"))


async def test_of_who_does_not_follow_what_was_known_is_kept(archive: Archive) -> None:
    await archive.note_users([user(ANN, "老客户", (101,))])
    await archive.note_users([replace(user(ANN, "", ()), is_following=False)])

    assert (await archive.contacts([ANN]))[ANN].remark == "老客户"
