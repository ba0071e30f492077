"""A send of ours and the record WeChat shows of it are one line, and no other record is taken for it."""

from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.content import Image, News, Text, Voice
from kfconsole.model import AgentId, Delivery, Message, MessageId, MessageKind, Record
from tests.archive.world import ANN, ME, T, received, sent, texts

SENT, UNKNOWN, REFUSED, CONFIRMED = Delivery.SENT, Delivery.UNKNOWN, Delivery.REFUSED, Delivery.CONFIRMED
OPEN: tuple[Delivery | None, ...] = (None, UNKNOWN)
"""A send on its way, and one whose answer was lost."""


async def send(
    archive: Archive,
    text: str = "hello",
    at: float = T,
    outcome: Delivery | None = SENT,
    replaces: MessageId | None = None,
) -> Message:
    """Send a text; None leaves it on its way."""
    message = await archive.begin_send(ANN, ME, text, at, replaces=replaces)
    return message if outcome is None else await archive.settle(message.id, outcome, "why")


async def merge(archive: Archive, *records: Record) -> tuple[Message, ...]:
    return await archive.merge_records(records, T - 3600, T + 3600)


async def ours(archive: Archive) -> list[tuple[str, Delivery | None, bool]]:
    return [(m.text, m.delivery, m.is_dismissed) for m in await archive.conversation(ANN)]


# Which send a record shows


async def test_of_equal_sends_the_record_is_that_of_the_nearest_however_they_ended(archive: Archive) -> None:
    lost = await send(archive, at=T, outcome=UNKNOWN)
    taken = await send(archive, at=T + 40)

    (first,) = await merge(archive, sent("hello", T + 1))
    assert (lost.id, CONFIRMED) == (first.id, first.delivery)

    (second,) = await merge(archive, sent("hello", T + 1), sent("hello", T + 41))
    assert (taken.id, CONFIRMED) == (second.id, second.delivery)


async def test_a_record_is_later_than_its_send_rather_than_earlier(archive: Archive) -> None:
    before = await send(archive, at=T, outcome=UNKNOWN)
    await send(archive, at=T + 12, outcome=UNKNOWN)

    (confirmed,) = await merge(archive, sent("hello", T + 8))

    assert before.id == confirmed.id


async def test_a_refused_send_between_two_stays_refused(archive: Archive) -> None:
    first = await send(archive, at=T)
    refused = await send(archive, at=T + 10, outcome=REFUSED)
    last = await send(archive, at=T + 20)

    changed = await merge(archive, sent("hello", T + 10), sent("hello", T + 20))

    assert {first.id, last.id} == {message.id for message in changed}
    assert refused == await archive.message(refused.id)


async def test_one_record_confirms_one_send_and_the_other_waits_for_its_own(archive: Archive) -> None:
    await send(archive, at=T)
    await send(archive, at=T + 20)

    await merge(archive, sent("hello", T + 20))

    assert await ours(archive) == [("hello", SENT, False), ("hello", CONFIRMED, False)]
    assert await merge(archive, sent("hello", T + 20)) == ()


async def test_a_colleague_who_repeats_what_wechat_took_a_while_ago_is_a_line_of_their_own(archive: Archive) -> None:
    await send(archive, at=T)

    await merge(archive, sent("hello", T + 61))

    assert await ours(archive) == [("hello", SENT, False), ("hello", None, False)]


@pytest.mark.parametrize("outcome", OPEN)
@pytest.mark.parametrize("seconds", [-120, 120])
async def test_while_its_outcome_is_open_a_send_may_turn_up_later(
    archive: Archive, outcome: Delivery | None, seconds: int
) -> None:
    await send(archive, at=T, outcome=outcome)

    await merge(archive, sent("hello", T + seconds))

    assert await ours(archive) == [("hello", CONFIRMED, False)]


# What WeChat writes differently


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (" hello\n", "hello"),
        ("one\ntwo", "one\r\ntwo"),
        ("one\n\ntwo", "one two"),
        ("❤️ thanks", "❤ thanks"),
        ("❤ thanks", "❤️ thanks"),
        ('see <a href="https://x.cn/?a=1&b=2">here</a>', "see here"),
        ('see <A HREF="https://x.cn">here</A>', 'see <a href="https://x.cn">here</a>'),
        ("a < b & c", "a &lt; b &amp; c"),
        ("您好　请问", "您好 请问"),
    ],
)
@pytest.mark.parametrize("outcome", [SENT, UNKNOWN])
async def test_what_only_looks_different_in_the_records_is_still_ours(
    archive: Archive, outcome: Delivery, written: str, shown: str
) -> None:
    await send(archive, written, outcome=outcome)

    (confirmed,) = await merge(archive, sent(shown, T + 1))

    assert (written.strip(), CONFIRMED) == (confirmed.text.strip(), confirmed.delivery)
    assert await merge(archive, sent(shown, T + 1)) == ()


async def test_the_very_words_come_before_words_that_look_like_them(archive: Archive) -> None:
    await send(archive, "a  b", at=T + 1)
    exact = await send(archive, "a b", at=T)

    (confirmed,) = await merge(archive, sent("a b", T + 1))

    assert exact.id == confirmed.id


@pytest.mark.parametrize("worker", ["kf2001@shop", "kf2001", " kf2001", ""])
async def test_old_records_name_the_agent_without_the_account(archive: Archive, worker: str) -> None:
    await send(archive)

    (confirmed,) = await merge(archive, sent("hello", T, agent=AgentId(worker)))

    assert CONFIRMED is confirmed.delivery


@pytest.mark.parametrize("worker", ["kf2001@other", "kf200", "kf2002"])
async def test_another_agents_record_is_never_ours(archive: Archive, worker: str) -> None:
    message = await send(archive)

    await merge(archive, sent("hello", T, agent=AgentId(worker)))

    assert message == await archive.message(message.id)


async def test_pictures_are_confirmed_once_wechat_took_them_and_decide_nothing_before(archive: Archive) -> None:
    picture = await archive.begin_send(ANN, ME, Image("media-1"), T)
    await archive.settle(picture.id, SENT)
    lost = await archive.begin_send(ANN, ME, Voice("media-2"), T)
    await archive.settle(lost.id, UNKNOWN, "why")

    changed = await merge(archive, sent("[image]", T + 1), sent("[voice]", T + 1))

    assert [(m.text, m.delivery) for m in changed] == [("[image]", CONFIRMED), ("[voice]", None)]


async def test_what_has_a_title_here_has_none_in_the_records(archive: Archive) -> None:
    page = await archive.begin_send(ANN, ME, News("Summer sale", "https://x.cn"), T)
    await archive.settle(page.id, SENT)

    (confirmed,) = await merge(archive, sent("[news]", T + 1))

    assert (page.id, "[news] Summer sale", CONFIRMED) == (confirmed.id, confirmed.text, confirmed.delivery)


async def test_a_text_that_reads_like_a_title_is_no_title(archive: Archive) -> None:
    await archive.settle((await archive.begin_send(ANN, ME, Text("[news] at eight"), T)).id, SENT)

    await merge(archive, sent("[news]", T + 1))

    assert await ours(archive) == [("[news] at eight", SENT, False), ("[news]", None, False)]


# Open outcomes


async def test_a_send_whose_record_came_before_its_answer_is_confirmed_for_good(archive: Archive) -> None:
    message = await send(archive, outcome=None)
    await merge(archive, sent("hello", T + 1))

    for outcome in (SENT, UNKNOWN):
        settled = await archive.settle(message.id, outcome, "why")
        assert (CONFIRMED, "") == (settled.delivery, settled.reason)


async def test_a_record_that_came_while_a_send_was_refused_is_somebody_elses(archive: Archive) -> None:
    message = await send(archive, outcome=None)
    await merge(archive, sent("hello", T + 1))

    refused = await archive.settle(message.id, REFUSED, "used up", is_out_of_replies=True)

    assert (REFUSED, "used up") == (refused.delivery, refused.reason)
    assert await ours(archive) == [("hello", REFUSED, False), ("hello", None, False)]
    assert await merge(archive, sent("hello", T + 1)) == ()
    (_refused, line) = await archive.conversation(ANN)
    assert (MessageKind.SENT, ME, T + 1) == (line.kind, line.agent, line.at)


async def test_what_was_sent_again_and_arrived_both_times_says_so(archive: Archive) -> None:
    lost = await send(archive, at=T, outcome=UNKNOWN)
    await send(archive, at=T + 30, replaces=lost.id)
    assert await ours(archive) == [("hello", UNKNOWN, True), ("hello", SENT, False)]

    await merge(archive, sent("hello", T + 1), sent("hello", T + 31))

    assert await ours(archive) == [("hello", CONFIRMED, False), ("hello", CONFIRMED, False)]


async def test_what_was_sent_again_and_arrived_once_stays_dismissed_the_first_time(archive: Archive) -> None:
    lost = await send(archive, at=T, outcome=UNKNOWN)
    await send(archive, at=T + 12, replaces=lost.id)

    await merge(archive, sent("hello", T + 12))

    assert await ours(archive) == [("hello", UNKNOWN, True), ("hello", CONFIRMED, False)]


async def test_an_unknown_send_that_never_turns_up_goes_on_asking(archive: Archive, path: Path) -> None:
    await send(archive, outcome=UNKNOWN)
    await merge(archive, received("hello", T + 1), sent("hello there", T + 2))
    await archive.close()

    reopened = Archive(path)
    await reopened.open()
    assert (await reopened.contacts())[ANN].undelivered == 1
    assert [message.needs_decision for message in await reopened.conversation(ANN)] == [True, False, False]
    assert texts(await reopened.conversation(ANN)) == ["hello", "hello", "hello there"]
    await reopened.close()


# When the clock was wrong


@pytest.mark.parametrize("seconds", [-3600, 3600])
async def test_a_send_of_a_wrong_clock_is_put_right_and_then_found_in_the_records(
    archive: Archive, seconds: int
) -> None:
    await merge(archive, received("question", T))
    message = await archive.begin_send(ANN, ME, "answer", T + 10 + seconds)
    await merge(archive, received("are you there?", T + 12))

    settled = await archive.settle(message.id, UNKNOWN, "why", asked_at=T + 10)
    assert T + 10 == settled.at
    assert texts(await archive.conversation(ANN)) == ["question", "answer", "are you there?"]

    (confirmed,) = await merge(archive, sent("answer", T + 11))
    assert (message.id, CONFIRMED) == (confirmed.id, confirmed.delivery)
