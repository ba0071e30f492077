import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from kfconsole.desk import rules
from kfconsole.errors import ArchiveError, NotPossible, OutcomeNotKept
from kfconsole.model import Delivery, MessageId, MessageKind, Record
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, House, customer, opened, until

ANN, BOB = customer(1), customer(2)


def sent_texts(house: House) -> list[str]:
    return [sent.text for sent in house.world.sent]


async def test_a_sent_message_is_in_the_archive_and_on_screen(house_with_ann: House) -> None:
    house = house_with_ann
    message = await house.actions.send(ANN, "你好")

    assert message.delivery is Delivery.SENT
    assert house.shown() == (message,)
    assert await house.archive.message(message.id) == message
    assert [(sent.text, sent.kf_account) for sent in house.world.sent] == [("你好", ME)]
    assert house.desk.contacts[ANN].last_message == message


async def test_a_message_is_in_the_archive_before_it_leaves(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.hold(at.SEND)
    async with asyncio.TaskGroup() as group:
        group.create_task(house.actions.send(ANN, "first"))
        await until(lambda: house.app.state.faults.waiting.get(at.SEND, 0) == 1)

        assert [message.delivery for message in house.shown()] == [Delivery.SENDING]
        assert [kept.delivery for kept in await house.archive.conversation(ANN)] == [Delivery.SENDING]
        house.app.state.faults.release()

    assert [message.delivery for message in house.shown()] == [Delivery.SENT]


async def test_nothing_is_sent_that_could_not_be_stored(house_with_ann: House) -> None:
    house = house_with_ann
    await house.archive.close()
    house.archive._path.unlink()
    house.archive._path.mkdir()

    with pytest.raises(ArchiveError):
        await house.actions.send(ANN, "lost?")

    assert house.calls(at.SEND) == 0


async def test_a_refusal_is_the_state_of_the_message_with_its_reason(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    message = await house.actions.send(ANN, "too late")

    assert message.delivery is Delivery.REFUSED
    assert message.reason
    assert message.needs_decision
    assert house.desk.contacts[ANN].undelivered == 1


async def test_without_a_connection_a_message_is_refused_not_unknown(house_with_ann: House) -> None:
    house = house_with_ann
    await house.client.queue()  # the token is there, so that the send itself fails
    house.wire.unreachable.append(at.SEND)
    message = await house.actions.send(ANN, "hello?")

    assert message.delivery is Delivery.REFUSED


async def test_a_lost_answer_leaves_the_message_unknown_and_is_never_repeated(house_with_ann: House) -> None:
    house = house_with_ann
    house.wire.lost.append(at.SEND)
    message = await house.actions.send(ANN, "arrived?")

    assert message.delivery is Delivery.UNKNOWN
    assert sent_texts(house) == ["arrived?"]


async def test_a_send_cancelled_on_its_way_is_unknown(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.hold(at.SEND)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(house.actions.send(ANN, "going"))
        await until(lambda: house.app.state.faults.waiting.get(at.SEND, 0) == 1)
        task.cancel()

    assert [message.delivery for message in await house.archive.conversation(ANN)] == [Delivery.UNKNOWN]
    assert [message.delivery for message in house.shown()] == [Delivery.UNKNOWN]


async def test_a_send_cancelled_before_it_left_is_refused(house_with_ann: House) -> None:
    house = house_with_ann
    task = asyncio.ensure_future(house.actions.send(ANN, "never left"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert house.calls(at.SEND) == 0
    assert [message.delivery for message in await house.archive.conversation(ANN)] == [Delivery.REFUSED]


async def test_messages_to_one_customer_leave_in_order_and_others_do_not_wait(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.hold(at.SEND)
    async with asyncio.TaskGroup() as group:
        for text in ("one", "two", "three"):
            group.create_task(house.actions.send(ANN, text))
        group.create_task(house.actions.send(BOB, "other"))
        await until(lambda: house.app.state.faults.waiting.get(at.SEND, 0) == 2)
        assert len(await house.archive.conversation(ANN)) == 3
        house.app.state.faults.release()

    assert [sent.text for sent in house.world.sent if sent.openid == ANN] == ["one", "two", "three"]
    assert [message.text for message in house.shown()] == ["one", "two", "three"]


async def test_a_waiting_message_that_is_cancelled_never_leaves(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.hold(at.SEND)
    async with asyncio.TaskGroup() as group:
        group.create_task(house.actions.send(ANN, "one"))
        second = group.create_task(house.actions.send(ANN, "two"))
        group.create_task(house.actions.send(ANN, "three"))
        await until(lambda: len(house.shown()) == 3)
        second.cancel()
        await asyncio.wait((second,))
        house.app.state.faults.release()

    assert sent_texts(house) == ["one", "three"]
    assert [message.delivery for message in house.shown()] == [Delivery.SENT, Delivery.REFUSED, Delivery.SENT]


async def test_who_gives_up_waiting_lets_nobody_overtake(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.hold(at.SEND, "after")
    async with asyncio.TaskGroup() as group:
        group.create_task(house.actions.send(ANN, "one"))
        second = group.create_task(house.actions.send(ANN, "two"))
        await until(lambda: len(house.shown()) == 2)
        second.cancel()
        await asyncio.wait((second,))
        group.create_task(house.actions.send(ANN, "three"))
        await until(lambda: len(house.shown()) == 3)
        group.create_task(house.actions.send(BOB, "other"))
        await until(lambda: "other" in sent_texts(house))
        assert sent_texts(house) == ["one", "other"]
        house.app.state.faults.release()

    assert sent_texts(house) == ["one", "other", "three"]


async def test_what_could_not_be_begun_leaves_those_on_their_way_alone(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    refused = await house.actions.send(ANN, "refused")
    house.app.state.faults.hold(at.SEND)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(house.actions.send(ANN, "one"))
        await until(lambda: house.app.state.faults.waiting.get(at.SEND, 0) == 1)
        with sqlite3.connect(house.archive._path) as other_console:
            other_console.execute("BEGIN IMMEDIATE")
            with pytest.raises(ArchiveError):
                await house.actions.resend(refused.id)
        other_console.close()
        house.app.state.faults.release()

    assert first.result().delivery is Delivery.SENT


@pytest.mark.parametrize("text", [" \n", "好" * 683])
async def test_a_text_wechat_would_refuse_is_not_begun(house_with_ann: House, text: str) -> None:
    house = house_with_ann
    with pytest.raises(NotPossible):
        await house.actions.send(ANN, text)

    assert house.shown() == ()
    assert house.calls(at.SEND) == 0


async def test_control_characters_are_replaced_before_the_text_is_sent(house_with_ann: House) -> None:
    house = house_with_ann
    message = await house.actions.send(ANN, "a\x1b[31mb")

    assert sent_texts(house) == [message.text] == ["a␛[31mb"]


async def test_an_undelivered_message_is_sent_again_as_a_new_one(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    refused = await house.actions.send(ANN, "again")
    sent = await house.actions.resend(refused.id)

    assert sent.delivery is Delivery.SENT
    assert [(message.id, message.is_dismissed) for message in house.shown()] == [(refused.id, True), (sent.id, False)]
    assert house.desk.contacts[ANN].undelivered == 0


async def test_pressing_resend_twice_sends_once(house_with_ann: House) -> None:
    house = house_with_ann
    house.wire.lost.append(at.SEND)
    unknown = await house.actions.send(ANN, "once")
    results = await asyncio.gather(
        house.actions.resend(unknown.id), house.actions.resend(unknown.id), return_exceptions=True
    )

    assert [type(result) for result in results if isinstance(result, Exception)] == [NotPossible]
    assert sent_texts(house) == ["once", "once"]
    with pytest.raises(NotPossible):
        await house.actions.resend(unknown.id)


async def test_a_message_is_never_sent_again_to_somebody_else(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    refused = await house.actions.send(ANN, "for Ann")

    with pytest.raises(NotPossible, match="another customer"):
        await house.actions.send(BOB, "for Ann", replaces=refused.id)
    assert sent_texts(house) == []


async def test_only_what_is_undecided_can_be_sent_again_or_dismissed(house_with_ann: House) -> None:
    house = house_with_ann
    sent = await house.actions.send(ANN, "fine")
    for message_id in (sent.id, MessageId(999)):
        with pytest.raises(NotPossible):
            await house.actions.resend(message_id)
        with pytest.raises(NotPossible):
            await house.actions.dismiss(message_id)


async def test_a_dismissed_message_asks_no_more(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    refused = await house.actions.send(ANN, "leave it")
    dismissed = await house.actions.dismiss(refused.id)

    assert dismissed.is_dismissed
    assert house.shown() == (dismissed,)
    assert house.desk.contacts[ANN].undelivered == 0


async def test_an_outcome_that_cannot_be_stored_is_still_shown(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.hold(at.SEND, "after")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_outcome_of(house))
        await until(lambda: house.app.state.faults.waiting.get(at.SEND, 0) == 1)
        with sqlite3.connect(house.archive._path) as connection:
            connection.execute(
                "DELETE FROM messages WHERE id IN (SELECT message_id FROM deliveries WHERE state = 'sending')"
            )
        connection.close()
        house.app.state.faults.release()

    assert isinstance(task.result(), OutcomeNotKept)
    assert [message.delivery for message in house.shown()] == [Delivery.SENT]


async def _outcome_of(house: House) -> Exception | None:
    try:
        await house.actions.send(ANN, "kept?")
    except OutcomeNotKept as error:
        return error
    return None


async def test_a_draft_is_kept_shown_and_cleared_by_sending(house_with_ann: House) -> None:
    house = house_with_ann
    await house.actions.save_draft(ANN, "half a sen")
    assert house.desk.contacts[ANN].draft == "half a sen"

    await house.actions.send(ANN, "half a sentence")
    assert house.desk.contacts[ANN].draft == ""
    assert (await house.archive.contacts((ANN,)))[ANN].draft == ""


async def test_a_message_that_was_not_written_here_leaves_the_draft(house_with_ann: House) -> None:
    house = house_with_ann
    await house.actions.save_draft(ANN, "half a sen")
    await house.actions.send(ANN, "from a script", keeps_draft=True)

    assert house.desk.contacts[ANN].draft == "half a sen"
    assert (await house.archive.contacts((ANN,)))[ANN].draft == "half a sen"


async def test_a_read_only_console_changes_nothing_others_see(tmp_path: Path) -> None:
    async with opened(tmp_path, read_only=True) as house:
        house.world.say(ANN, "hello")
        attempts = [
            house.actions.send(ANN, "hi"),
            house.actions.resend(MessageId(1)),
            house.actions.dismiss(MessageId(1)),
            house.actions.accept(ANN),
            house.actions.accept(ANN, LI),
            house.actions.accept_next(),
            house.actions.close(ANN),
            house.actions.set_typing(ANN),
        ]
        for attempt in attempts:
            with pytest.raises(NotPossible, match="read-only"):
                await attempt
        house.actions.writing(ANN)
        await house.actions.save_draft(ANN, "for myself")

        assert house.all_calls() == 0
        assert house.desk.contacts[ANN].draft == "for myself"


async def test_a_console_that_answers_as_nobody_does_not_reply(tmp_path: Path) -> None:
    async with opened(tmp_path, me=None) as house:
        house.world.say(ANN, "hello")

        with pytest.raises(NotPossible, match="as nobody"):
            await house.actions.send(ANN, "hi")
        assert house.all_calls() == 0


async def test_a_lost_answer_is_resolved_by_wechats_records(house_with_ann: House) -> None:
    house = house_with_ann
    house.world.switches = replace(house.world.switches, records_show_api_sends=True)
    async with house.polling():
        house.wire.lost.append(at.SEND)
        unknown = await house.actions.send(ANN, "arrived?")
        assert (unknown.delivery, house.desk.contacts[ANN].undelivered) == (Delivery.UNKNOWN, 1)
        await house.time.advance(6)

        assert [(message.id, message.delivery) for message in house.shown()] == [(unknown.id, Delivery.CONFIRMED)]
        assert house.desk.contacts[ANN].undelivered == 0
        with pytest.raises(NotPossible, match="no decision"):
            await house.actions.resend(unknown.id)
        assert sent_texts(house) == ["arrived?"]


async def test_a_lost_answer_that_the_records_never_show_goes_on_asking(house_with_ann: House) -> None:
    house = house_with_ann
    async with house.polling():
        house.wire.lost.append(at.SEND)
        unknown = await house.actions.send(ANN, "arrived?")
        await house.time.advance(30)

        assert house.shown() == (unknown,)
        assert unknown.needs_decision
        again = await house.actions.resend(unknown.id)
        assert [(message.delivery, message.is_dismissed) for message in house.shown()] == [
            (Delivery.UNKNOWN, True),
            (Delivery.SENT, False),
        ]
        assert again.delivery is Delivery.SENT


async def test_what_another_console_saw_arrive_waits_for_no_decision_here(house_with_ann: House) -> None:
    house = house_with_ann
    await house.actions.open(BOB)
    house.wire.lost.append(at.SEND)
    await house.actions.send(ANN, "arrived?")
    async with house.polling():
        assert house.desk.contacts[ANN].undelivered == 1
        now = int(house.time.sim.now())
        await house.archive.merge_records([Record(ANN, ME, MessageKind.SENT, "arrived?", now)], now - 60, now)
        await house.time.advance(3)

        assert house.desk.contacts[ANN].undelivered == 0


@pytest.mark.parametrize("code", [45015, 45047])
async def test_wechats_word_that_no_reply_is_left_is_kept_until_the_customer_writes(
    house_with_ann: House, code: int
) -> None:
    house = house_with_ann
    house.world.say(ANN, "question")
    async with house.polling():
        house.app.state.faults.arm(Fault(at.SEND, "errcode", code=code))
        await house.actions.send(ANN, "too much")
        left = rules.allowance_of(house.desk, ANN, house.clock.now(), house.clock.monotonic())
        assert left is not None
        assert (left.left, left.is_refused) == (0, True)

        await house.time.advance(5)
        house.world.say(ANN, "go on")
        await house.time.advance(5)
        left = rules.allowance_of(house.desk, ANN, house.clock.now(), house.clock.monotonic())
        assert left is not None
        assert (left.left, left.is_refused) == (5, False)


async def test_any_other_refusal_says_nothing_of_the_replies_left(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=40003))
    await house.actions.send(ANN, "to nobody")

    assert house.desk.contacts[ANN].refused_at is None


async def test_what_is_left_is_known_once_the_history_before_is_read(house_with_ann: House) -> None:
    house = house_with_ann
    house.world.say(ANN, "question")
    async with house.polling():
        await house.actions.send(ANN, "answer")
        await house.time.advance(300)
        assert _left(house) == 4
        now = int(house.time.sim.now())

        with sqlite3.connect(house.archive._path) as connection:  # the first minutes were never read
            connection.execute("UPDATE spans SET start_at = end_at")
        connection.close()
        await house.time.advance(3)
        assert _left(house) is None

        await house.archive.merge_records([], now - 24 * 3600, now)
        await house.time.advance(3)
        assert _left(house) == 4


def _left(house: House) -> int | None:
    left = rules.allowance_of(house.desk, ANN, house.clock.now(), house.clock.monotonic())
    return left.left if left else None
