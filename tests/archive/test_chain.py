"""The chain of deeds: what was changed behind our back shows, and what may go goes without breaking it."""

import asyncio
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.archive.chain import head_path
from kfconsole.errors import ArchiveError
from kfconsole.model import AuditCheck, AuditFault, Deed
from tests.archive.world import ANN, BOB, CREATED_AT, ME, T
from tests.damage import locked

DAY = 86_400.0
UNGUARDED = "DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept;"


@pytest.fixture
async def noted(archive: Archive, path: Path) -> Path:
    """Ten deeds to two customers, in a file nobody has open."""
    for number in range(10):
        openid = ANN if number % 2 else BOB
        await archive.note_deed(Deed(T + number, "accept", ME, openid, f"details {number}", f"result of {openid}"))
    await archive.close()
    return path


async def checked(path: Path) -> AuditCheck:
    archive = Archive(path, wall=lambda: CREATED_AT)
    await archive.open()
    try:
        return await archive.check_deeds()
    finally:
        await archive.close()


def edit(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(UNGUARDED + statements)


def spoil(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


async def test_an_archive_without_deeds_is_sound(archive: Archive) -> None:
    found = await archive.check_deeds()

    assert (found.chained, found.fault) == (0, None)


async def test_what_was_noted_is_found_so(noted: Path) -> None:
    found = await checked(noted)

    assert (found.chained, found.erased, found.unprotected, found.last_number, found.fault) == (10, 0, 0, 10, None)
    assert head_path(noted).stat().st_mode & 0o777 == 0o600
    assert head_path(noted).read_text() == f"10 {found.chain}\n"


SWAP = """
    UPDATE audit SET id = -3 WHERE id = 3; UPDATE audit SET id = 3 WHERE id = 4; UPDATE audit SET id = 4 WHERE id = -3;
"""
INSERT = """
    UPDATE audit SET id = -id WHERE id > 4; UPDATE audit SET id = 1 - id WHERE id < 0;
    INSERT INTO audit SELECT 5, at, user, agent, 'close', customer_id, details, result, source,
        customer_digest, details_digest, result_digest, chain FROM audit WHERE id = 4;
"""
ERASED_BY_HAND = "UPDATE audit SET details = 'nothing', details_digest = substr(details_digest, -32) WHERE id = 4"
ATTACKS: dict[str, tuple[str, AuditFault, int]] = {
    "time": ("UPDATE audit SET at = at + 1 WHERE id = 4", AuditFault.CHANGED, 4),
    "user": ("UPDATE audit SET user = 'wang' WHERE id = 4", AuditFault.CHANGED, 4),
    "source": ("UPDATE audit SET source = '' || source || 'x' WHERE id = 4", AuditFault.CHANGED, 4),
    "agent": ("UPDATE audit SET agent = 'kf2002@x' WHERE id = 4", AuditFault.CHANGED, 4),
    "act": ("UPDATE audit SET act = 'close' WHERE id = 4", AuditFault.CHANGED, 4),
    "customer": ("UPDATE audit SET customer_id = 3 - customer_id WHERE id = 4", AuditFault.CHANGED, 4),
    "customer taken out": ("UPDATE audit SET customer_id = NULL WHERE id = 4", AuditFault.CHANGED, 4),
    "openid": ("UPDATE customers SET openid = 'oEve' WHERE id = 1", AuditFault.CHANGED, 1),
    "details": ("UPDATE audit SET details = 'other' WHERE id = 4", AuditFault.CHANGED, 4),
    "words put where they were erased": (ERASED_BY_HAND, AuditFault.CHANGED, 4),
    "result": ("UPDATE audit SET result = 'done' WHERE id = 10", AuditFault.CHANGED, 10),
    "digest": ("UPDATE audit SET result_digest = zeroblob(48) WHERE id = 4", AuditFault.CHANGED, 4),
    "chain": ("UPDATE audit SET chain = zeroblob(32) WHERE id = 4", AuditFault.CHANGED, 4),
    "no chain": ("UPDATE audit SET chain = NULL WHERE id = 4", AuditFault.UNCHAINED, 4),
    "one deleted": ("DELETE FROM audit WHERE id = 4", AuditFault.MISSING, 5),
    "several deleted": ("DELETE FROM audit WHERE id IN (4, 5)", AuditFault.MISSING, 6),
    "the first deleted": ("DELETE FROM audit WHERE id = 1", AuditFault.CHANGED, 2),
    "two swapped": (SWAP, AuditFault.CHANGED, 3),
    "one put in": (INSERT, AuditFault.CHANGED, 5),
    "one put at the end": (
        "INSERT INTO audit (at, user, agent, act, details, result) VALUES (1, 'a', 'b', 'c', '', '')",
        AuditFault.UNCHAINED,
        11,
    ),
    "end cut off": ("DELETE FROM audit WHERE id > 8", AuditFault.CUT, 10),
    "all deleted": ("DELETE FROM audit", AuditFault.CUT, 10),
    "one put before the first": (
        "INSERT INTO audit (id, at, user, agent, act, details, result) VALUES (0, 1, 'a', 'b', 'c', '', '')",
        AuditFault.UNCHAINED,
        0,
    ),
    "user no text": ("UPDATE audit SET user = x'ff00' WHERE id = 4", AuditFault.CHANGED, 4),
    "user not to be read": ("UPDATE audit SET user = CAST(x'ff' AS TEXT) WHERE id = 4", AuditFault.CHANGED, 4),
    "details not to be read": ("UPDATE audit SET details = CAST(x'ff' AS TEXT) WHERE id = 4", AuditFault.CHANGED, 4),
    "result no text": ("UPDATE audit SET result = x'00' WHERE id = 4", AuditFault.CHANGED, 4),
    "time no number": ("UPDATE audit SET at = x'00' WHERE id = 4", AuditFault.CHANGED, 4),
    "openid no text": ("UPDATE customers SET openid = x'ff' WHERE id = 1", AuditFault.CHANGED, 1),
    "digest no bytes": ("UPDATE audit SET details_digest = 'abc' WHERE id = 4", AuditFault.CHANGED, 4),
    "digest a number": ("UPDATE audit SET details_digest = 5 WHERE id = 4", AuditFault.CHANGED, 4),
    "chain no bytes": ("UPDATE audit SET chain = 'abc' WHERE id = 10", AuditFault.CHANGED, 10),
    "all called old": (
        "UPDATE origin SET audit_from = 100; UPDATE audit SET user = 'wang' WHERE id = 4",
        AuditFault.BEGINNING,
        101,
    ),
    "origin no number": ("UPDATE origin SET audit_from = 'abc'", AuditFault.BEGINNING, 1),
    "origin no bytes": ("UPDATE origin SET audit_chain = 'abc'", AuditFault.BEGINNING, 1),
    "no origin": ("DELETE FROM origin", AuditFault.BEGINNING, 1),
    "beginning called old": (
        "UPDATE origin SET audit_from = 3, audit_chain = (SELECT chain FROM audit WHERE id = 3);"
        "DELETE FROM audit WHERE id <= 3",
        AuditFault.BEGINNING,
        4,
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_was_done_to_it_shows(noted: Path, attack: str) -> None:
    statements, fault, number = ATTACKS[attack]
    edit(noted, statements)

    found = await checked(noted)

    assert (found.fault, found.number) == (fault, number)


async def test_deeds_that_count_as_deleted_are_not_told(noted: Path) -> None:
    edit(
        noted,
        "UPDATE origin SET audit_from = 8, audit_chain = (SELECT chain FROM audit WHERE id = 8);"
        "UPDATE audit SET user = 'wang' WHERE id = 4;"
        "INSERT INTO audit (id, at, user, agent, act, details, result) VALUES (-1, 1, 'wang', '', 'c', '', '')",
    )
    archive = Archive(noted)
    await archive.open()
    told = await archive.deeds(0, T + DAY)
    await archive.close()

    assert [deed.number for deed in told] == [9, 10]


async def test_deeds_that_were_edited_are_told_as_harmless_text(noted: Path) -> None:
    edit(
        noted,
        "UPDATE audit SET user = char(27) || '[31m', act = x'1b5b', details = CAST(x'ff1b' AS TEXT) WHERE id = 4",
    )
    archive = Archive(noted)
    await archive.open()
    told = (await archive.deeds(0, T + DAY))[3]
    await archive.close()

    assert (told.user, told.act) == ("␛[31m", "␛[")
    assert told.details.endswith("␛")
    told.details.encode()


async def test_what_was_cut_off_shows_also_after_more_was_done(noted: Path) -> None:
    edit(noted, "DELETE FROM audit WHERE id > 8; UPDATE sqlite_sequence SET seq = 8 WHERE name = 'audit'")
    archive = Archive(noted)
    await archive.open()
    for number in range(5):
        await archive.note_deed(Deed(T + number, "close"))
    await archive.close()

    assert (found := await checked(noted)).fault is AuditFault.REWRITTEN
    assert found.number == 10


async def test_another_history_in_the_same_place_shows(noted: Path, tmp_path: Path) -> None:
    other = Archive(tmp_path / "other.sqlite3")
    await other.open()
    for number in range(12):
        await other.note_deed(Deed(T + number, "accept"))
    await other.close()
    shutil.copy(tmp_path / "other.sqlite3", noted)

    assert ((found := await checked(noted)).fault, found.number) == (AuditFault.REWRITTEN, 10)


@pytest.mark.parametrize("has_more", [False, True])
async def test_a_second_file_that_was_taken_away_is_told(noted: Path, has_more: bool) -> None:
    head_path(noted).unlink()
    if has_more:
        archive = Archive(noted)
        await archive.open()
        await archive.note_deed(Deed(T, "close"))
        await archive.close()

    assert (await checked(noted)).fault is AuditFault.HEADLESS


async def test_a_second_file_that_is_behind_is_well_and_catches_up(archive: Archive, path: Path) -> None:
    await archive.note_deed(Deed(T, "accept"))
    behind = head_path(path).read_bytes()
    await archive.note_deed(Deed(T, "close"))
    head_path(path).write_bytes(behind)  # as after a kill between the two writes

    assert (await archive.check_deeds()).fault is None
    await archive.note_deed(Deed(T, "accept"))
    assert (await archive.check_deeds()).fault is None
    assert head_path(path).read_text().startswith("3 ")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit WHERE id = 4",
        "UPDATE audit SET act = 'close' WHERE id = 4",
        "UPDATE audit SET details = 'other' WHERE id = 4",
        "UPDATE audit SET customer_id = NULL WHERE id = 4",
        "UPDATE audit SET chain = NULL WHERE id = 4",
    ],
)
async def test_the_tables_refuse_what_no_console_does(noted: Path, statement: str) -> None:
    with closing(sqlite3.connect(noted)) as connection, pytest.raises(sqlite3.IntegrityError, match="stays noted"):
        connection.execute(statement)


async def test_a_customer_goes_and_the_chain_holds(archive: Archive, path: Path) -> None:
    for number in range(4):
        await archive.note_deed(Deed(T + number, "accept", ME, ANN if number % 2 else BOB, "as told", f"no {ANN}"))
    await archive.purge_customer(ANN)
    found = await archive.check_deeds()

    assert (found.chained, found.erased, found.fault) == (6, 4, None)
    *told, first, second = await archive.deeds(0, T + DAY)
    assert [(deed.openid, deed.details, deed.result) for deed in told] == [
        (BOB, "as told", "…"),
        (None, "", "…"),
    ] * 2
    assert (first.act, first.details) == ("erase_deeds", "customer 2,4 details 2,4 result 2,4")
    assert (second.act, second.details) == ("erase_deeds", "result 1,3")
    assert head_path(path).read_text() == f"6 {found.chain}\n"
    assert (await archive.purge_customer(ANN)).messages == 0
    assert (await archive.check_deeds()).chained == 6
    await archive.close()
    edit(path, "UPDATE audit SET details = 'put back' WHERE id = 2")
    assert (await checked(path)).fault is AuditFault.CHANGED


SALT_CUT = "{0} = '…', {0}_digest = substr({0}_digest, -32)"
BY_HAND = {
    "result": (f"UPDATE audit SET {SALT_CUT.format('result')} WHERE id = 3", 3),
    "details": (f"UPDATE audit SET {SALT_CUT.format('details')} WHERE id IN (7, 5)", 5),
    "customer": (
        "UPDATE audit SET customer_id = NULL, customer_digest = substr(customer_digest, -32) WHERE id = 9",
        9,
    ),
    "more of one erased on request": (f"UPDATE audit SET {SALT_CUT.format('details')} WHERE id = 3", 3),
    "the words that tell of it": (
        f"UPDATE audit SET {SALT_CUT.format('details')} WHERE act = 'erase_deeds' AND details LIKE 'customer%'",
        2,
    ),
}


@pytest.mark.parametrize("attack", BY_HAND)
async def test_what_was_erased_by_hand_shows_though_the_tables_let_it_pass(
    archive: Archive, path: Path, attack: str
) -> None:
    statement, number = BY_HAND[attack]
    for which in range(10):
        openid = ANN if which % 2 else BOB
        await archive.note_deed(Deed(T + which, "accept", ME, openid, f"details {which}", f"result of {openid}"))
    if attack not in ("result", "customer"):
        await archive.note_deed(Deed(T, "accept", ME, BOB, f"as {ANN} was"))
        await archive.purge_customer(ANN)
    assert (await archive.check_deeds()).fault is None
    await archive.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statement)

    assert ((found := await checked(path)).fault, found.number) == (AuditFault.ERASED, number)


async def test_a_deed_covers_nothing_that_comes_after_it_nor_what_it_does_not_name(
    archive: Archive, path: Path
) -> None:
    for details in ("result 1-999999999999,2", "nonsense", "result x-,-", ""):
        await archive.note_deed(Deed(T, "erase_deeds", details=details))
    await archive.note_deed(Deed(T, "accept"))
    await archive.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"UPDATE audit SET {SALT_CUT.format('result')} WHERE id = 5")

    assert ((found := await checked(path)).fault, found.number) == (AuditFault.ERASED, 5)


GONE = {
    "table": "DROP TABLE audit",
    "column": "ALTER TABLE audit DROP COLUMN result_digest",
    "begun": "DROP TABLE acts_under_way",
    "beginning": "ALTER TABLE origin DROP COLUMN audit_chain",
}


@pytest.mark.parametrize("what", GONE)
async def test_a_table_that_was_taken_away_is_told_in_words(noted: Path, what: str) -> None:
    edit(noted, GONE[what])
    archive = Archive(noted)
    await archive.open()
    found = await archive.check_deeds()
    done = [
        archive.note_deed(Deed(T, "close", key=b"1")),
        archive.begin_deed(Deed(T, "close", key=b"2")),
        archive.deeds(0, T),
    ]
    told = await asyncio.gather(*done, return_exceptions=True)
    await archive.close()

    assert (found.fault, found.number) == (AuditFault.GONE, None)
    assert what == "beginning" or any(isinstance(one, ArchiveError) for one in told)
    assert all(isinstance(one, ArchiveError) for one in told if isinstance(one, BaseException))


async def test_what_is_old_goes_and_the_chain_holds(archive: Archive, path: Path) -> None:
    for number in range(10):
        await archive.note_deed(Deed(T + number * DAY, "accept", ME, ANN))

    assert await archive.forget_deeds(T + 4 * DAY) == 4
    assert await archive.forget_deeds(T + 4 * DAY) == 0
    assert await archive.forget_deeds(T + 6 * DAY) == 2
    found = await archive.check_deeds()
    assert (found.chained, found.fault) == (6, None)
    await archive.close()
    edit(path, "DELETE FROM audit WHERE id = 7")
    assert ((found := await checked(path)).fault, found.number) == (AuditFault.MISSING, 8)


async def test_all_may_be_old(archive: Archive) -> None:
    await archive.note_deed(Deed(T, "accept"))
    await archive.forget_deeds(T + DAY)
    await archive.note_deed(Deed(T + DAY, "accept"))

    assert ((found := await archive.check_deeds()).chained, found.fault) == (2, None)


async def test_deeds_of_before_the_chain_are_unprotected_and_not_broken(path: Path) -> None:
    archive = Archive(path)
    await archive.open()
    await archive.close()
    with closing(sqlite3.connect(path)) as connection:
        for at in (T, T + 1):
            connection.execute(
                "INSERT INTO audit (at, user, agent, act, details, result) VALUES (?, 'li', '', 'accept', '', 'done')",
                (at,),
            )
        connection.commit()
    archive = Archive(path)
    await archive.open()
    await archive.note_deed(Deed(T + 2, "close"))
    found = await archive.check_deeds()
    await archive.purge_customer(ANN)

    assert (found.unprotected, found.chained, found.fault) == (2, 1, None)
    await archive.close()


async def test_several_consoles_make_one_chain(archive: Archive, path: Path) -> None:
    script = """
import asyncio, sys
from pathlib import Path
from kfconsole.archive import Archive
from kfconsole.model import Deed
async def main():
    archive = Archive(Path(sys.argv[1]))
    await archive.open()
    for number in range(60):
        await archive.note_deed(Deed(number, "accept"))
    await archive.close()
asyncio.run(main())
"""
    start = asyncio.create_subprocess_exec
    consoles = [await start(sys.executable, "-c", script, str(path)) for _console in range(2)]
    for number in range(60):
        await archive.note_deed(Deed(number, "close"))
    codes = await asyncio.gather(*(console.wait() for console in consoles))
    found = await archive.check_deeds()

    assert codes == [0, 0]
    assert (found.chained, found.fault) == (180, None)
    assert head_path(path).read_text() == f"180 {found.chain}\n"


async def test_deeds_in_memory_come_into_the_chain_when_the_file_is_back(path: Path) -> None:
    archive = Archive(path, wall=lambda: CREATED_AT, busy_seconds=0.05)
    await archive.open_anyhow()
    await archive.note_deed(Deed(T, "accept", ME, ANN))
    with locked(path):
        await archive.note_deed(Deed(T + 1, "send", ME, ANN, "text message 1"))
        await archive.note_deed(Deed(T + 2, "close", ME, ANN))
        during = [deed.act for deed in await archive.deeds(0, T + DAY)]
    assert await archive.mend()
    await archive.note_deed(Deed(T + 3, "accept", ME, BOB))
    found = await archive.check_deeds()

    assert during == ["accept", "send", "close"]
    assert [deed.act for deed in await archive.deeds(0, T + DAY)] == ["accept", "send", "close", "accept"]
    assert (found.chained, found.fault) == (4, None)
    assert head_path(path).read_text() == f"4 {found.chain}\n"
    await archive.close()


async def test_deeds_in_memory_are_told_though_many_of_the_file_were_deleted_for_their_age(path: Path) -> None:
    archive = Archive(path, wall=lambda: CREATED_AT, busy_seconds=0.05)
    await archive.open_anyhow()
    for number in range(5):
        await archive.note_deed(Deed(T + number, "accept", ME, ANN))
    await archive.forget_deeds(T + 5)
    with locked(path):
        await archive.note_deed(Deed(T + 6, "send", ME, ANN, "text message 1"))
        during = await archive.deeds(0, T + DAY)
        found = await archive.check_deeds()
    await archive.close()

    assert "send" in [deed.act for deed in during]
    assert found.fault is None


async def test_a_damaged_file_keeps_its_deeds_and_the_new_one_begins_a_chain(noted: Path) -> None:
    spoil(noted)
    archive = Archive(noted, wall=lambda: CREATED_AT)
    await archive.open_anyhow()
    await archive.note_deed(Deed(T, "accept"))
    found = await archive.check_deeds()
    await archive.close()

    (aside,) = noted.parent.glob("*.damaged-*-head")
    assert aside.read_text().startswith("10 ")
    assert (found.chained, found.fault) == (1, None)
