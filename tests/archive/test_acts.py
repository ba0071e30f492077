"""Acts under way: they are deeds also when whoever began them ended before they did."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from kfconsole.archive import Archive, Process
from kfconsole.archive.outbox import GONE_AFTER_SECONDS
from kfconsole.model import Deed, Delivery
from tests.archive.test_chain import checked
from tests.archive.test_faults_damage import PAGE, aside, filled, overwrite, page_of
from tests.archive.world import ANN, BOB, CREATED_AT, ME, T
from tests.damage import locked

UNKNOWN = "Outcome unknown: the console ended in the midst of it."
DEAD = replace(Process.current(), started="1")
ACCEPT = Deed(T, "accept", ME, ANN, "as told", key=b"accept")
CLOSE = Deed(T + 1, "close", ME, BOB, key=b"close")


def under_way(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [act for (act,) in connection.execute("SELECT act FROM acts_under_way ORDER BY at")]


async def told(archive: Archive) -> list[tuple[str, str | None, str, str]]:
    return [(deed.act, deed.openid, deed.details, deed.result) for deed in await archive.deeds(0, T + 1000)]


async def dead(path: Path, *deeds: Deed) -> None:
    """Leave behind what a console began that was killed."""
    archive = Archive(path, process=DEAD)
    await archive.open()
    for deed in deeds:
        await archive.begin_deed(deed)
    await archive.close()


async def test_what_has_ended_is_under_way_no_more(archive: Archive, path: Path) -> None:
    await archive.begin_deed(ACCEPT)
    assert under_way(path) == ["accept"]
    assert await told(archive) == []
    await archive.note_deed(ACCEPT)

    assert under_way(path) == []
    assert await told(archive) == [("accept", ANN, "as told", "done")]


async def test_what_a_killed_console_had_begun_is_a_deed_with_the_next_start(path: Path) -> None:
    await dead(path, ACCEPT, CLOSE)
    archive = Archive(path)
    await archive.open()

    assert await told(archive) == [("accept", ANN, "as told", UNKNOWN), ("close", BOB, "", UNKNOWN)]
    assert [bool(deed.user) for deed in await archive.deeds(0, T + 10)] == [True, True]
    assert under_way(path) == []
    await archive.settle_orphans()
    assert len(await told(archive)) == 2
    await archive.close()
    assert (await checked(path)).fault is None


@pytest.mark.parametrize("state", [Delivery.SENDING, Delivery.PREPARED])
async def test_a_message_a_killed_console_was_sending_is_a_deed_and_one_that_never_left_is_none(
    path: Path, state: Delivery
) -> None:
    killed = Archive(path, process=DEAD)
    await killed.open()
    deed = Deed(T, "send", ME, ANN, "text", key=b"send")
    deeds = (deed,) if state is Delivery.SENDING else ()
    (message,) = await killed.begin_sends(ANN, ME, ("hello",), T, state=state, deeds=deeds)
    await killed.close()
    archive = Archive(path)
    await archive.open()

    kept = await archive.message(message.id)
    assert kept is not None
    expected = [("send", ANN, f"text message {message.id}", UNKNOWN)] if kept.delivery is Delivery.UNKNOWN else []
    assert kept.delivery is (Delivery.UNKNOWN if deeds else Delivery.REFUSED)
    assert await told(archive) == expected
    await archive.close()
    assert (await checked(path)).fault is None


@pytest.mark.parametrize(
    ("delivery", "result"), [(Delivery.SENT, "done"), (Delivery.REFUSED, "too late"), (Delivery.UNKNOWN, UNKNOWN)]
)
async def test_what_is_known_of_a_message_whose_console_was_killed_after_it_ended_is_noted(
    path: Path, delivery: Delivery, result: str
) -> None:
    killed = Archive(path, process=DEAD)
    await killed.open()
    deed = Deed(T, "send", ME, ANN, "text", key=b"send")
    (message,) = await killed.begin_sends(ANN, ME, ("hello",), T, deeds=(deed,))
    await killed.settle(message.id, delivery, "too late")
    await killed.close()
    archive = Archive(path)
    await archive.open()

    assert await told(archive) == [("send", ANN, f"text message {message.id}", result)]
    await archive.close()


@pytest.mark.parametrize("act", ["send", "resend"])
async def test_a_message_released_by_a_console_that_was_killed_is_a_deed(path: Path, act: str) -> None:
    killed = Archive(path, process=DEAD)
    await killed.open()
    (message,) = await killed.begin_sends(ANN, ME, ("hello",), T, state=Delivery.PREPARED)
    await killed.release(message.id, T + 1, Deed(T, act, ME, ANN, "message 7", key=b"send"))
    await killed.close()
    archive = Archive(path)
    await archive.open()

    named = "message 7" if act == "resend" else f"message 7 message {message.id}"
    assert await told(archive) == [(act, ANN, named, UNKNOWN)]
    await archive.close()


async def test_a_message_leaves_also_where_somebody_took_the_table_of_deeds_away(archive: Archive, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE acts_under_way")
    (message,) = await archive.begin_sends(ANN, ME, ("hello",), T, deeds=(Deed(T, "send", ME, ANN, "text", key=b"1"),))

    assert message.delivery is Delivery.SENDING
    assert await archive.message(message.id) == message


async def test_it_names_the_customer_it_turned_to_last(path: Path) -> None:
    await dead(path, ACCEPT, Deed(T, "accept", ME, BOB, key=ACCEPT.key))
    archive = Archive(path)
    await archive.open()

    assert await told(archive) == [("accept", BOB, "", UNKNOWN)]
    await archive.close()


@pytest.mark.parametrize("seconds", [GONE_AFTER_SECONDS - 1, GONE_AFTER_SECONDS + 1])
async def test_whether_a_console_elsewhere_lives_nobody_can_tell_for_ten_minutes(path: Path, seconds: int) -> None:
    elsewhere = Archive(path, process=replace(Process.current(), host="elsewhere"))
    await elsewhere.open()
    await elsewhere.begin_deed(ACCEPT)
    await elsewhere.close()
    archive = Archive(path, wall=lambda: T + seconds)
    await archive.open()

    assert len(await told(archive)) == (seconds > GONE_AFTER_SECONDS)
    await archive.close()


async def test_a_purged_customer_is_not_named_by_what_is_under_way(archive: Archive, path: Path) -> None:
    await archive.begin_deed(ACCEPT)
    await archive.begin_deed(Deed(T + 1, "close", ME, BOB, f"asked by {ANN}", key=b"other"))
    purged = await archive.purge_customer(ANN)
    await archive.close()

    assert purged.is_file_clean
    assert purged.is_log_clean
    assert ANN.encode() not in await asyncio.to_thread(path.read_bytes)
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT act, customer_id IS NULL, details FROM acts_under_way ORDER BY at").fetchall()
    assert rows == [("accept", 1, ""), ("close", 0, "…")]


async def test_what_is_old_goes_and_leaves_whom_something_is_being_done_to(archive: Archive, path: Path) -> None:
    await archive.begin_deed(ACCEPT)
    await archive.purge_older_than(T + 1000)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM customers WHERE openid = ?", (ANN,)).fetchone() == (1,)


# When the file fails


async def lasting(path: Path) -> Archive:
    archive = Archive(path, wall=lambda: CREATED_AT, busy_seconds=0.05)
    await archive.open_anyhow()
    return archive


async def test_what_began_in_the_file_and_ended_in_memory_is_one_deed(path: Path) -> None:
    archive = await lasting(path)
    await archive.begin_deed(ACCEPT)
    with locked(path):
        await archive.note_deed(ACCEPT)
        assert archive.trouble is not None
    assert await archive.mend()

    assert under_way(path) == []
    assert await told(archive) == [("accept", ANN, "as told", "done")]
    await archive.close()


async def test_what_began_in_memory_is_in_the_file_once_it_is_back(path: Path) -> None:
    archive = await lasting(path)
    with locked(path):
        await archive.begin_deed(ACCEPT)
        await archive.begin_deed(CLOSE)
        await archive.note_deed(CLOSE)
    assert await archive.mend()
    assert under_way(path) == ["accept"]
    await archive.note_deed(ACCEPT)

    assert under_way(path) == []
    assert [act for act, *_rest in await told(archive)] == ["close", "accept"]
    await archive.close()


async def test_what_others_left_behind_is_settled_in_the_file_alone(path: Path) -> None:
    await dead(path, ACCEPT)
    archive = await lasting(path)
    other = Archive(path)
    await other.open()
    with locked(path):
        await archive.save_draft(BOB, "half a sen")
        await archive.settle_orphans()
    await other.settle_orphans()
    assert await archive.mend()
    await archive.settle_orphans()

    assert await told(other) == [("accept", ANN, "as told", UNKNOWN)]
    await archive.close()
    await other.close()


async def test_it_is_carried_over_from_a_damaged_file(path: Path) -> None:
    await filled(path)
    elsewhere = Archive(path, wall=lambda: T, process=replace(Process.current(), host="elsewhere"))
    await elsewhere.open()
    await elsewhere.begin_deed(ACCEPT)
    await elsewhere.close()
    overwrite(path, (page_of(path, "messages_in_order") - 1) * PAGE, bytes(PAGE))
    now = T + 60.0
    archive = Archive(path, wall=lambda: now, busy_seconds=0.05)
    await archive.open_anyhow()
    await archive.conversation(ANN)

    assert aside(path)
    assert under_way(path) == ["accept"]
    now += GONE_AFTER_SECONDS
    await archive.settle_orphans()
    assert (await told(archive))[-1:] == [("accept", ANN, "as told", UNKNOWN)]
    await archive.close()
