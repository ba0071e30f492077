"""What is looked at before a reply leaves, and what speaks against it."""

import asyncio
from collections.abc import Callable

import pytest

from kfconsole.desk.checking import PATIENCE_SECONDS, Doubt, Reason
from kfconsole.model import CustomerId, Delivery, Message
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, House, customer, until

ANN, BOB = customer(1), customer(2)


class Writer:
    """Whoever writes: what they were asked, and what they say to it."""

    def __init__(self, house: House, *, is_sure: bool = True) -> None:
        self.house = house
        self.is_sure = is_sure
        self.doubts: list[Doubt] = []
        self.waiting: list[tuple[str, ...]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def decide(self, doubt: Doubt, waiting: tuple[Message, ...]) -> bool:
        self.doubts.append(doubt)
        self.waiting.append(tuple(message.text for message in waiting))
        assert {message.delivery for message in waiting} <= {Delivery.PREPARED}
        await self.may_answer.wait()
        if not self.is_sure:
            ids = [message.id for message in waiting]
            await self.house.actions.take_back(doubt.openid, ids, "\n".join(self.waiting[-1]))
        return self.is_sure

    async def send(self, *texts: str, to: str = ANN) -> tuple[Message, ...]:
        return await self.house.actions.send_each(CustomerId(to), texts, decide=self.decide)

    @property
    def reasons(self) -> list[Reason]:
        return [doubt.reason for doubt in self.doubts]


@pytest.fixture
async def writer(house: House) -> Writer:
    """Ann and Bob are served by us; Ann's conversation is open."""
    for openid in (ANN, BOB):
        house.world.say(openid, "hello")
        house.world.accept(ME, openid)
    await house.actions.open(ANN)
    return Writer(house)


def sent(house: House) -> list[tuple[str, str]]:
    return [(message.openid, message.text) for message in house.world.sent]


def looks(house: House) -> tuple[int, int]:
    return house.calls(at.SESSION), house.calls(at.RECORDS)


async def test_a_reply_leaves_after_one_look_at_the_session_and_the_newest_records(writer: Writer) -> None:
    (message,) = await writer.send("你好")

    assert looks(writer.house) == (1, 1)
    assert message.delivery is Delivery.SENT
    assert sent(writer.house) == [(ANN, "你好")]
    assert writer.doubts == []


async def test_what_was_looked_at_less_than_two_seconds_ago_is_not_looked_at_again(writer: Writer) -> None:
    await writer.send("one")
    await writer.send("two")
    assert looks(writer.house) == (1, 1)

    writer.house.time.sim.advance(2.5)
    await writer.send("three")
    assert looks(writer.house) == (2, 2)


async def test_the_desk_that_polls_needs_no_look(writer: Writer) -> None:
    house = writer.house
    async with house.polling():
        await house.time.settle(4)
        before = looks(house)
        await writer.send("at once")

        assert looks(house) == before
    assert sent(house) == [(ANN, "at once")]


async def test_the_look_and_the_disk_do_not_wait_for_each_other(writer: Writer) -> None:
    house = writer.house
    house.app.state.faults.hold(at.SESSION)
    async with asyncio.TaskGroup() as group:
        group.create_task(writer.send("slow"))
        await until(lambda: house.app.state.faults.waiting.get(at.SESSION, 0) == 1)
        await until(lambda: [message.delivery for message in house.shown() if message.delivery] == [Delivery.PREPARED])
        await until(lambda: house.calls(at.RECORDS) == 1)
        assert house.calls(at.SEND) == 0
        house.app.state.faults.release()

    assert [kept.delivery for kept in await house.archive.conversation(ANN) if kept.delivery] == [Delivery.SENT]


async def test_a_colleague_who_answered_meanwhile_is_named_with_what_they_said(writer: Writer) -> None:
    house = writer.house
    house.actions.writing(ANN)
    house.time.sim.advance(5)
    answer_as(house, LI, "我来回答")
    await writer.send("my answer")

    (doubt,) = writer.doubts
    assert (doubt.reason, doubt.agent, doubt.openid) == (Reason.ANSWERED, LI, ANN)
    assert doubt.answer is not None
    assert doubt.answer.text == "我来回答"
    assert writer.waiting == [("my answer",)]
    assert sent(house)[-1] == (ANN, "my answer")


async def test_what_was_answered_before_the_reply_was_begun_asks_nothing(writer: Writer) -> None:
    house = writer.house
    answer_as(house, LI, "done")
    async with house.polling():
        house.actions.writing(ANN)
    house.time.sim.advance(5)
    await writer.send("and more")

    assert writer.doubts == []


async def test_who_sends_all_the_same_is_not_asked_about_that_answer_again(writer: Writer) -> None:
    house = writer.house
    house.actions.writing(ANN)
    house.time.sim.advance(5)
    answer_as(house, LI, "first")
    async with asyncio.TaskGroup() as group:
        for text in ("one", "two"):
            group.create_task(writer.send(text))
    assert writer.reasons == [Reason.ANSWERED]

    house.actions.writing(ANN)
    house.time.sim.advance(5)
    answer_as(house, LI, "second")
    await writer.send("three")
    assert writer.reasons == [Reason.ANSWERED] * 2


async def test_our_own_replies_are_nobody_elses(writer: Writer) -> None:
    house = writer.house
    house.actions.writing(ANN)
    answer_as(house, ME, "from the web page")
    house.time.sim.advance(5)
    await writer.send("from here")

    assert writer.doubts == []


async def test_a_colleague_who_took_the_customer_is_named(writer: Writer) -> None:
    house = writer.house
    house.world.transfer(ME, LI, ANN)
    await writer.send("mine?")

    assert writer.reasons == [Reason.HELD]
    assert writer.doubts[0].agent == LI
    assert house.served()[ANN] == LI


@pytest.mark.parametrize("path", [at.SESSION, at.RECORDS])
async def test_without_an_answer_in_a_second_the_look_has_failed(house: House, path: str) -> None:
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    writer = Writer(house)
    house.app.state.faults.hold(path)
    async with asyncio.TaskGroup() as group:
        group.create_task(writer.send("now?"))
        await until(lambda: house.app.state.faults.waiting.get(path, 0) == 1)
        house.time.sim.advance(PATIENCE_SECONDS - 0.1)
        wake(house)
        await asyncio.sleep(0)
        assert writer.doubts == []
        house.time.sim.advance(0.2)
        wake(house)
        await until(lambda: bool(writer.doubts))
        house.app.state.faults.release()

    assert writer.reasons == [Reason.FAILED]
    assert "1 s" in writer.doubts[0].problem
    assert sent(house) == [(ANN, "now?")]


def wake(house: House) -> None:
    for waiting, deadline in list(house.time.sleepers.items()):
        if deadline <= house.time.sim.now() + 0.001:
            waiting.set_result(None)


async def test_a_look_that_wechat_refuses_says_why_and_asks_once(writer: Writer) -> None:
    house = writer.house
    house.app.state.faults.arm(Fault(at.RECORDS, "errcode", code=45009, count=None))
    await writer.send("one")
    house.time.sim.advance(5)
    await writer.send("two")

    assert writer.reasons == [Reason.FAILED]
    assert writer.doubts[0].problem
    assert [text for _openid, text in sent(house)] == ["one", "two"]


async def test_who_says_no_has_the_text_back_in_the_draft_and_nothing_left(writer: Writer) -> None:
    house = writer.house
    writer.is_sure = False
    house.world.transfer(ME, LI, ANN)
    await writer.send("rather not")

    assert sent(house) == []
    kept = await house.archive.conversation(ANN)
    assert [(m.text, m.delivery, m.is_dismissed) for m in kept if m.delivery] == [
        ("rather not", Delivery.REFUSED, True)
    ]
    assert house.desk.contacts[ANN].draft == "rather not"
    assert house.desk.contacts[ANN].undelivered == 0


async def test_those_behind_a_question_wait_and_other_customers_do_not(writer: Writer) -> None:
    house = writer.house
    house.world.transfer(ME, LI, ANN)
    writer.may_answer.clear()
    async with asyncio.TaskGroup() as group:
        group.create_task(writer.send("first"))
        await until(lambda: bool(writer.doubts))
        group.create_task(writer.send("second"))
        group.create_task(writer.send("other", to=BOB))
        await until(lambda: sent(house) == [(BOB, "other")])
        assert len(await house.archive.conversation(ANN)) == 2
        writer.may_answer.set()

    assert [text for openid, text in sent(house) if openid == ANN] == ["first", "second"]


@pytest.mark.parametrize("fault", ["refused", "unknown"])
async def test_behind_a_part_that_did_not_arrive_none_leaves(writer: Writer, fault: str) -> None:
    house = writer.house

    def second_fails() -> None:
        if fault == "refused":
            house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
        else:
            house.wire.meanwhile[at.SEND] = lambda: house.wire.lost.append(at.SEND)

    house.wire.afterwards[at.SEND] = second_fails
    ended = await writer.send("one", "two", "three", "four")
    second = Delivery.REFUSED if fault == "refused" else Delivery.UNKNOWN

    assert [message.delivery for message in ended] == [Delivery.SENT, second, Delivery.REFUSED, Delivery.REFUSED]
    assert ended[2].reason == ended[3].reason != ""
    assert house.calls(at.SEND) == 2
    assert house.desk.contacts[ANN].undelivered == 3


async def test_sending_again_looks_too_and_leaves_the_message_as_it_was_when_told_not_to(writer: Writer) -> None:
    house = writer.house
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    (refused,) = await writer.send("again")
    house.world.transfer(ME, LI, ANN)
    house.time.sim.advance(5)
    writer.is_sure = False
    assert await house.actions.resend(refused.id, decide=writer.decide) == refused
    assert writer.waiting == [()]
    assert (await house.archive.message(refused.id)) == refused

    writer.is_sure = True
    house.time.sim.advance(5)
    again = await house.actions.resend(refused.id, decide=writer.decide)
    assert again.delivery is Delivery.SENT
    assert house.desk.contacts[ANN].undelivered == 0


@pytest.mark.parametrize("stage", ["look", "question", "send"])
async def test_a_console_that_ends_leaves_nothing_waiting(writer: Writer, stage: str) -> None:
    house = writer.house
    reached: Callable[[], bool]
    if stage == "question":
        house.world.transfer(ME, LI, ANN)
        writer.may_answer.clear()
        reached = lambda: bool(writer.doubts)  # noqa: E731
    else:
        path = at.SESSION if stage == "look" else at.SEND
        house.app.state.faults.hold(path)
        reached = lambda: house.app.state.faults.waiting.get(path, 0) == 1  # noqa: E731
    sending = asyncio.ensure_future(writer.send("one", "two"))
    await until(reached)
    await until(lambda: len(house.shown()) == 2)
    sending.cancel()
    await asyncio.wait((sending,))

    kept = [message.delivery for message in await house.archive.conversation(ANN) if message.delivery]
    first = Delivery.UNKNOWN if stage == "send" else Delivery.REFUSED
    assert kept == [first, Delivery.REFUSED]
    assert [message.delivery for message in house.shown() if message.delivery] == kept


def answer_as(house: House, agent: str, text: str) -> None:
    """An agent answers Ann on WeChat's own page, and is gone again."""
    if agent == ME:
        house.world.reply(agent, ANN, text)
        return
    house.world.transfer(ME, agent, ANN)
    house.world.reply(agent, ANN, text)
    house.world.transfer(agent, ME, ANN)
