"""Consoles and commands of one host share an archive: what one puts there, the others show."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from kfconsole.archive import Archive, Process
from kfconsole.model import Delivery, Feed, MessageKind, Record
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import ME, House, customer

ANN, BOB = customer(1), customer(2)


@asynccontextmanager
async def another_console(house: House, process: Process | None = None) -> AsyncIterator[Archive]:
    archive = Archive(house.archive._path, wall=house.time.wall, process=process)
    await archive.open()
    yield archive
    await archive.close()


def shown(house: House) -> list[tuple[str, Delivery | None]]:
    return [(message.text, message.delivery) for message in house.shown()]


async def test_what_another_console_read_from_wechat_first_is_shown_here_too(house_with_ann: House) -> None:
    house = house_with_ann
    async with house.polling(), another_console(house) as other:
        await house.time.advance(10)
        now = int(house.time.sim.now())
        for openid in (ANN, BOB):
            house.world.write_records([(openid, 2003, now, ME, "are you there?")])
            await other.merge_records([Record(openid, ME, MessageKind.RECEIVED, "are you there?", now)], now - 60, now)
        await house.time.advance(3)

        assert ("are you there?", None) in shown(house)
        assert (house.desk.contacts[ANN].unread, house.desk.contacts[BOB].unread) == (0, 1)


@pytest.mark.parametrize("delivery", [Delivery.SENT, Delivery.REFUSED, Delivery.UNKNOWN])
async def test_what_a_command_sends_is_shown_on_its_way_and_as_it_ended(
    house_with_ann: House, delivery: Delivery
) -> None:
    house = house_with_ann
    async with house.polling(), another_console(house) as other:
        sending = [await other.begin_send(openid, ME, "a notice", house.clock.now()) for openid in (ANN, BOB)]
        await house.time.advance(3)
        assert shown(house) == [("a notice", Delivery.SENDING)]

        for message in sending:
            await other.settle(message.id, delivery, "why")
        await house.time.advance(3)
        assert shown(house) == [("a notice", delivery)]
        for openid in (ANN, BOB):
            last = house.desk.contacts[openid].last_message
            assert last is not None
            assert last.delivery is delivery


async def test_what_an_ended_console_was_sending_is_shown_as_unknown(house_with_ann: House) -> None:
    house = house_with_ann
    async with house.polling():
        async with another_console(house, replace(Process.current(), started="long ago")) as ended:
            await ended.begin_send(ANN, ME, "going", house.clock.now())
        await house.time.advance(6)

        assert shown(house) == [("going", Delivery.UNKNOWN)]
        assert house.desk.contacts[ANN].undelivered == 1


async def test_what_another_console_decided_waits_for_no_decision_here(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    async with house.polling(), another_console(house) as other:
        refused = await house.actions.send(ANN, "too late")
        await other.dismiss(refused.id)
        await house.time.advance(3)

        assert [message.needs_decision for message in house.shown()] == [False]
        assert house.desk.contacts[ANN].undelivered == 0


async def test_they_are_shown_while_wechat_does_not_answer(house_with_ann: House) -> None:
    house = house_with_ann
    async with house.polling(), another_console(house) as other:
        house.wire.unreachable += [at.RECORDS] * 2
        await other.begin_send(ANN, ME, "a notice", house.clock.now())
        await house.time.advance(3)

        assert house.desk.health[Feed.MESSAGES].error is not None
        assert shown(house) == [("a notice", Delivery.SENDING)]
