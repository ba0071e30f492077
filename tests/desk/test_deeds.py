"""What is decided or changed from a console is noted with what came of it, and never stands in the way."""

import asyncio
import math
from importlib.metadata import version
from pathlib import Path

import pytest

from kfconsole.errors import ApiError, ArchiveError, KfError, NotPossible, Unavailable
from kfconsole.model import Deed, Delivery, MediaKind
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, START, House, customer, opened, until

ANN = customer(1)
PNG = bytes.fromhex("89504e470d0a1a0a") + bytes(100)


async def deeds(house: House) -> list[tuple[str, str | None, str, str]]:
    await house.actions.finish()
    found: tuple[Deed, ...] = await house.archive.deeds(0, math.inf)
    assert {deed.agent for deed in found} <= {ME}
    assert all(deed.user for deed in found)
    return [(deed.act, deed.openid, deed.details, deed.result) for deed in found]


async def test_every_act_is_noted_by_name_with_whom_it_was_about(house: House, tmp_path: Path) -> None:
    picture = tmp_path / "cover.png"
    picture.write_bytes(PNG)
    house.world.say(ANN, "hello")
    new = type(ME)("new@shop")
    act = house.actions
    await act.accept(ANN)
    await act.close(ANN)
    await act.accept(ANN, LI)
    await act.close(ANN, LI)
    await act.add_agent(new, "New")
    await act.rename_agent(new, "Newer")
    await act.invite_agent(new, "someone_wx")
    await act.remove_agent(new)
    await act.set_remark(ANN, "pays late")
    await act.upload_media(MediaKind.IMAGE, picture)
    await act.clear_quota(None)
    await act.clear_quota(at.SEND)

    assert await deeds(house) == [
        ("accept", ANN, "", "done"),
        ("close", ANN, "", "done"),
        ("assign", ANN, LI, "done"),
        ("close", ANN, LI, "done"),
        ("add_agent", None, "new@shop New", "done"),
        ("rename_agent", None, "new@shop Newer", "done"),
        ("invite_agent", None, "new@shop someone_wx", "done"),
        ("remove_agent", None, "new@shop", "done"),
        ("set_remark", ANN, "", "done"),
        ("upload_media", None, "image cover.png", "done"),
        ("clear_quota", None, "all", "done"),
        ("clear_quota", None, at.SEND, "done"),
    ]


async def test_it_is_noted_when_it_was_begun(house: House) -> None:
    house.world.say(ANN, "hello")
    await house.actions.accept(ANN)
    await house.actions.finish()

    (deed,) = await house.archive.deeds(0, math.inf)
    assert deed.at == pytest.approx(START, abs=1)


async def test_the_next_in_the_queue_is_noted_by_name(house: House) -> None:
    house.world.say(ANN, "hello")
    async with house.polling():
        await house.actions.accept_next()

    assert await deeds(house) == [("accept", ANN, "", "done")]


async def test_a_refusal_is_noted_in_words_with_wechats_code(house: House) -> None:
    house.app.state.faults.arm(Fault(at.CREATE, "errcode", code=65415))
    with pytest.raises(ApiError) as caught:
        await house.actions.accept(ANN)

    ((act, openid, _details, result),) = await deeds(house)
    assert (act, openid) == ("accept", ANN)
    assert result.startswith(caught.value.message)
    assert "65415" in result


async def test_what_our_own_check_foresaw_is_noted_with_the_same_code(house: House) -> None:
    with pytest.raises(NotPossible) as caught:
        await house.actions.add_agent(LI, "Li again")
    ((_act, _openid, _details, result),) = await deeds(house)

    assert caught.value.code is not None
    assert result == f"{caught.value.message} ({caught.value.code})"


async def test_a_lost_answer_is_noted_as_what_was_told(house: House, tmp_path: Path) -> None:
    picture = tmp_path / "cover.png"
    picture.write_bytes(PNG)
    house.wire.lost += [at.UPLOAD]
    with pytest.raises(Unavailable) as caught:
        await house.actions.upload_media(MediaKind.IMAGE, picture)

    assert await deeds(house) == [("upload_media", None, "image cover.png", f"Outcome unknown: {caught.value.message}")]

    house.wire.lost += [at.SEND]
    message = await house.actions.send(ANN, "hello")
    *_others, (act, openid, details, result) = await deeds(house)
    assert message.delivery is Delivery.UNKNOWN
    assert (act, openid, details) == ("send", ANN, f"text message {message.id}")
    assert result.startswith("Outcome unknown: ")


async def test_decisions_about_messages_are_noted_without_their_words(house: House) -> None:
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    first = await house.actions.send(ANN, "my secret words")
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45047))
    second = await house.actions.resend(first.id)
    third = await house.actions.resend(second.id)
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    fourth = await house.actions.send(ANN, "more words")
    await house.actions.dismiss(fourth.id)

    found = await deeds(house)
    assert third.delivery is Delivery.SENT
    assert [(act, openid, details) for act, openid, details, _result in found] == [
        ("send", ANN, f"text message {first.id}"),
        ("resend", ANN, f"message {first.id}"),
        ("resend", ANN, f"message {second.id}"),
        ("send", ANN, f"text message {fourth.id}"),
        ("dismiss", ANN, f"message {fourth.id}"),
    ]
    assert ["45015" in found[0][3], "45047" in found[1][3], found[2][3]] == [True, True, "done"]
    assert ["45015" in found[3][3], found[4][3]] == [True, "done"]
    assert "words" not in repr(found)
    assert "words" not in str(found)


async def test_what_a_read_only_console_refuses_was_no_deed(tmp_path: Path) -> None:
    async with opened(tmp_path, read_only=True) as house:
        with pytest.raises(NotPossible):
            await house.actions.accept(ANN)

        assert await deeds(house) == []


async def test_an_act_that_was_stopped_is_noted_as_such(house: House) -> None:
    house.world.say(ANN, "hello")
    asked = asyncio.Event()
    house.wire.meanwhile[at.CREATE] = asked.set
    house.app.state.faults.arm(Fault(at.CREATE, "delay", delay_seconds=60))
    accepting = asyncio.ensure_future(house.actions.accept(ANN))
    await asked.wait()
    accepting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await accepting

    assert await deeds(house) == [("accept", ANN, "", "Stopped before WeChat answered.")]


async def test_deeds_are_written_while_the_console_runs(house: House) -> None:
    house.world.say(ANN, "hello")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(house.actions.run())
        await house.actions.accept(ANN)
        await until(lambda: not house.actions._deeds._unwritten)
        running.cancel()

    assert [deed.act for deed in await house.archive.deeds(0, math.inf)] == ["accept"]


async def test_a_failing_archive_undoes_nothing_and_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.world.say(ANN, "hello")
    note = house.archive.note_deed

    async def fail(_deed: Deed) -> None:
        raise ArchiveError("The disk is full.")

    monkeypatch.setattr(house.archive, "note_deed", fail)
    session = await house.actions.accept(ANN)
    await house.actions.finish()
    monkeypatch.setattr(house.archive, "note_deed", note)
    with pytest.raises(KfError):
        await house.actions.close(customer(9))

    assert session.agent == ME
    assert [act for act, *_rest in await deeds(house)] == ["accept", "close"]


async def test_beginning_and_end_of_a_console_are_noted_with_its_version(house: House) -> None:
    running = asyncio.create_task(house.actions.run(is_console=True))
    await until(lambda: house.actions._deeds._has_begun)
    running.cancel()
    await asyncio.wait([running])
    await house.actions.stop_typing()

    found = await deeds(house)
    assert [act for act, *_rest in found] == ["start", "end"]
    assert found[0][2] == version("kfconsole")


async def test_all_of_several_messages_are_noted_each_by_its_number(house: House) -> None:
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)

    async def always(*_asked: object) -> bool:
        return True

    sent = await house.actions.send_each(ANN, ["secret one", "secret two"], decide=always)

    assert await deeds(house) == [("send", ANN, f"text message {message.id}", "done") for message in sent]
