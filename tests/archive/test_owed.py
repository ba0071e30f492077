"""Who is owed an answer stays on the list until anybody is seen to have accepted them."""

import sqlite3
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.model import MessageKind, Owed, Record, Session
from tests.archive.world import ANN, BOB, COLLEAGUE, CREATED_AT, ME, T
from tests.damage import locked

DEBT = Owed(ANN, T + 0.5, ME, "li", "asks for the invoice")


async def test_who_was_handed_back_is_owed_an_answer_also_after_a_restart(archive: Archive, path: Path) -> None:
    await archive.owe(DEBT)
    await archive.owe(Owed(BOB, T - 5.0, COLLEAGUE))
    bob, ann = await archive.owed()
    await archive.close()

    restarted = Archive(path)
    await restarted.open()

    assert (bob.openid, bob.agent, bob.note) == (BOB, COLLEAGUE, "")
    assert bob.user
    assert ann == DEBT
    assert await restarted.owed() == (bob, ann)
    await restarted.close()


async def test_the_session_that_was_closed_settles_nothing_and_the_next_one_does(archive: Archive, path: Path) -> None:
    old, new = Session(ANN, ME, T - 60), Session(ANN, COLLEAGUE, T + 1)
    await archive.note_sessions((old,), T)
    await archive.owe(DEBT)
    await archive.note_sessions((old,), T + 1)
    assert await archive.owed() == (DEBT,)

    other = Archive(path)
    await other.open()
    await other.note_sessions((new,), T + 2)
    await other.close()

    assert await archive.owed() == ()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM owed").fetchone() == (0,)


@pytest.mark.parametrize("kind", [MessageKind.ACCEPTED, MessageKind.STARTED])
async def test_a_record_of_an_accept_settles_it_and_one_of_the_close_does_not(
    archive: Archive, kind: MessageKind
) -> None:
    await archive.owe(DEBT)
    records = [Record(ANN, ME, MessageKind.ACCEPTED, "", T - 60), Record(ANN, ME, MessageKind.CLOSED, "", T + 1)]
    await archive.merge_records(records, T - 100, T + 2)
    assert await archive.owed() == (DEBT,)

    await archive.merge_records([Record(ANN, COLLEAGUE, kind, "", T + 9)], T, T + 10)

    assert await archive.owed() == ()


async def test_taken_off_by_hand_it_is_told_whether_they_were_on_it(archive: Archive) -> None:
    await archive.owe(DEBT)

    assert not await archive.forget_owed(ANN, T + 9.0)
    assert await archive.forget_owed(ANN, DEBT.at)
    assert not await archive.forget_owed(ANN)
    assert await archive.owed() == ()


async def test_a_customer_deleted_on_request_is_owed_nothing(archive: Archive) -> None:
    await archive.owe(DEBT)
    await archive.purge_customer(ANN)

    assert await archive.owed() == ()


async def test_who_has_nothing_but_a_debt_is_not_forgotten_and_old_debts_are(archive: Archive) -> None:
    await archive.owe(DEBT)
    await archive.owe(Owed(BOB, T - 90.0, ME))
    await archive.purge_older_than(T)

    assert [row.openid for row in await archive.owed()] == [ANN]


async def test_what_changed_while_the_disk_failed_is_brought_back(path: Path) -> None:
    lasting = Archive(path, wall=lambda: CREATED_AT, busy_seconds=0.05)
    await lasting.open_anyhow()
    await lasting.owe(DEBT)
    with locked(path):
        await lasting.forget_owed(ANN)
        await lasting.owe(Owed(BOB, T + 7.0, ME, "li", "wrote twice"))
        assert [row.openid for row in await lasting.owed()] == [BOB]
    assert await lasting.mend()

    assert await lasting.owed() == (Owed(BOB, T + 7.0, ME, "li", "wrote twice"),)
    await lasting.close()
