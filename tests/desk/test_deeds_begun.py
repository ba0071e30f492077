"""That an act begins is on disk before WeChat is asked, so that a killed console cannot hide it."""

import asyncio
import math
import sqlite3
from contextlib import closing

import pytest

from kfconsole.desk.checking import Doubt
from kfconsole.errors import ArchiveError, NotPossible
from kfconsole.model import Deed, Delivery, Message
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, House, customer

ANN, BOB = customer(1), customer(2)


def under_way(house: House) -> list[tuple[str, str, str | None, str]]:
    with closing(sqlite3.connect(house.archive._path)) as connection:
        rows = connection.execute(
            """
            SELECT act, agent, openid, details FROM acts_under_way
            LEFT JOIN customers ON customers.id = customer_id ORDER BY at
            """
        )
        return list(rows)


async def results(house: House) -> list[tuple[str, str | None, str]]:
    await house.actions.finish()
    return [(deed.act, deed.openid, deed.result) for deed in await house.archive.deeds(0, math.inf)]


async def test_it_is_there_when_wechat_is_asked_and_gone_when_it_is_noted(house: House) -> None:
    seen: list[list[tuple[str, str, str | None, str]]] = []
    house.wire.meanwhile[at.CREATE] = house.wire.meanwhile[at.CLOSE] = lambda: seen.append(under_way(house))
    house.world.say(ANN, "hello")
    await house.actions.accept(ANN, LI)
    await house.actions.finish()
    await house.actions.hand_back(ANN)
    await house.actions.finish()
    house.wire.meanwhile.clear()

    assert seen == [[("assign", ME, ANN, LI)], [("hand_back", ME, ANN, "")]]
    assert under_way(house) == []


async def test_the_next_in_the_queue_is_named_before_wechat_is_asked(house: House) -> None:
    seen: list[list[tuple[str, str, str | None, str]]] = []
    house.world.say(ANN, "hello")
    house.world.say(BOB, "hello")

    def taken() -> None:
        house.world.accept(LI, ANN)
        house.wire.meanwhile[at.CREATE] = lambda: seen.append(under_way(house))

    async with house.polling():
        house.wire.meanwhile[at.CREATE] = taken
        session = await house.actions.accept_next()
        house.wire.meanwhile.clear()

    assert session.openid == BOB
    assert seen == [[("accept", ME, BOB, "")]]
    assert await results(house) == [("accept", BOB, "done")]


async def test_a_message_is_there_when_it_leaves_and_gone_when_it_is_noted(house: House) -> None:
    seen: list[list[tuple[str, str, str | None, str]]] = []
    look = house.wire.meanwhile[at.SEND] = lambda: seen.append(under_way(house))
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    first = await house.actions.send(ANN, "my words")
    await house.actions.finish()
    house.wire.meanwhile[at.SEND] = look
    second = await house.actions.resend(first.id)
    await house.actions.finish()
    house.wire.meanwhile.clear()

    assert seen == [[("send", ME, ANN, f"text message {first.id}")], [("resend", ME, ANN, f"message {first.id}")]]
    assert under_way(house) == []
    assert [(act, openid) for act, openid, _result in await results(house)] == [("send", ANN), ("resend", ANN)]
    assert second.delivery is Delivery.SENT


async def test_of_several_messages_those_are_there_that_have_left(house: House) -> None:
    seen: list[list[tuple[str, str, str | None, str]]] = []

    def look() -> None:
        seen.append(sorted(under_way(house)))
        house.wire.meanwhile[at.SEND] = look

    house.wire.meanwhile[at.SEND] = look
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    first, second = await house.actions.send_each(ANN, ("one", "two"), decide=yes)
    house.wire.meanwhile.clear()

    named = [("send", ME, ANN, f"text message {message.id}") for message in (first, second)]
    assert seen == [named[:1], named]
    assert await results(house) == [("send", ANN, "done")] * 2
    assert under_way(house) == []


async def yes(_doubt: Doubt, _waiting: tuple[Message, ...]) -> bool:
    return True


async def test_what_is_stopped_while_that_is_written_is_not_done_and_noted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = house.archive.begin_deed
    writing = asyncio.Event()

    async def slow(deed: Deed) -> None:
        writing.set()
        await begin(deed)

    monkeypatch.setattr(house.archive, "begin_deed", slow)
    house.world.say(ANN, "hello")
    accepting = asyncio.ensure_future(house.actions.accept(ANN))
    await writing.wait()
    accepting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await accepting

    assert house.calls(at.CREATE) == 0
    assert await results(house) == [("accept", ANN, "Stopped before WeChat answered.")]
    assert under_way(house) == []


async def test_an_archive_that_fails_does_not_stand_in_the_way(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_deed: Deed) -> None:
        raise ArchiveError("The disk is full.")

    monkeypatch.setattr(house.archive, "begin_deed", fail)
    house.world.say(ANN, "hello")
    await house.actions.accept(ANN)

    assert await results(house) == [("accept", ANN, "done")]


async def test_taking_back_pressed_twice_is_done_once(house: House) -> None:
    house.world.say(ANN, "hello")
    await house.actions.accept(ANN)
    await house.actions.close(ANN)
    done = await asyncio.gather(house.actions.undo_close(), house.actions.undo_close(), return_exceptions=True)

    assert [type(one) for one in done][1:] == [NotPossible]
    assert house.calls(at.CREATE) == 2
