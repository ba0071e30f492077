"""What the desk shows is kept as history: waits, sessions, and what lets us reply; through restarts, beside others."""

import math
import random
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.desk import facts, rules
from kfconsole.errors import ArchiveError
from kfconsole.model import (
    Contact,
    CustomerAct,
    CustomerId,
    Message,
    MessageId,
    MessageKind,
    QueueAnswer,
    Session,
    Wait,
    Waiting,
    WaitingRow,
    WaitOutcome,
)
from tests.desk.house import LI, ME, START, House, customer
from tests.desk.truth import AGENTS, Console, Story, Truth

ANN, BEN, CAT = customer(1), customer(2), customer(3)
LEFT, TAKEN = WaitOutcome.LEFT, WaitOutcome.TAKEN
T = 1_000_000


async def kept(archive: Archive) -> dict[CustomerId, Wait]:
    """The waits in the archive, of whom each has only one."""
    found = await archive.waits(0, math.inf)
    assert len({wait.openid for wait in found}) == len(found)
    return {wait.openid: wait for wait in found}


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    """A console that has seen an empty shop."""
    console = Console(Truth(random.Random(1)), tmp_path / "archive.db", 0)
    await console.start()
    await console.see_all()
    yield console
    await console.archive.close()


async def settle(console: Console, seconds: float = 2) -> None:
    """See everything so often that it is sure what became of everybody."""
    for _round in range(3):
        console.truth.now += seconds
        await console.see_all()


async def let_wait(console: Console, *openids: CustomerId) -> None:
    """Let customers come one second after another, under our eyes."""
    for openid in openids:
        console.truth.now += 1
        console.truth.say(openid)
        await console.see_queue()


# On the real desk


async def test_a_day_in_the_queue_is_kept_with_how_each_wait_ended(house: House) -> None:
    async with house.polling():
        for openid in (ANN, BEN, CAT):
            await house.time.advance(10)
            house.world.say(openid, "hello")
        await house.time.advance(20)
        house.world.accept(LI, ANN)
        house.world.act(BEN, "leave")
        await house.time.advance(30)
        waits = await kept(house.archive)

    assert [waits[openid].since_at for openid in (ANN, BEN, CAT)] == [START + 10, START + 20, START + 30]
    assert (waits[ANN].outcome, waits[ANN].agent, waits[ANN].ended_at) == (TAKEN, LI, START + 50)
    assert (waits[BEN].outcome, waits[BEN].agent) == (LEFT, None)
    assert waits[BEN].ended_at == pytest.approx(START + 51, abs=2)
    assert (waits[CAT].outcome, waits[CAT].ended_at) == (None, None)
    assert {(wait.is_exact, wait.end_is_exact) for wait in (waits[ANN], waits[BEN])} == {(True, True)}


async def test_whom_we_take_waited_until_then_also_for_the_shortest_session(house: House) -> None:
    async with house.polling():
        house.world.say(ANN, "hello")
        await house.time.advance(5)
        await house.actions.accept(ANN)
        await house.actions.close(ANN)
        await house.time.advance(30)
        waits = await kept(house.archive)
        sessions = await house.archive.sessions_seen(0, math.inf)

    assert (waits[ANN].outcome, waits[ANN].agent, waits[ANN].ended_at) == (TAKEN, ME, START + 5)
    assert [(session.openid, session.agent, session.started_at) for session in sessions] == [(ANN, ME, START + 5)]


async def test_what_a_waiting_customer_wrote_lets_us_reply(house: House) -> None:
    async with house.polling():
        await house.time.advance(10)
        house.world.say(ANN, "hello")
        await house.time.advance(4)
        windows = house.desk.contacts[ANN].windows

    assert [(window.act, window.opened_at) for window in windows] == [(CustomerAct.MESSAGE, START + 10)]
    assert rules.allowance(house.desk.contacts[ANN], house.clock.now()) is not None


# Written


async def test_a_queue_that_does_not_change_writes_nothing(console: Console) -> None:
    await let_wait(console, ANN, BEN)
    console.truth.accept(BEN)
    await settle(console, 5)  # the lists for the next start are saved, too
    other = sqlite3.connect(console.path)
    before = other.execute("PRAGMA data_version").fetchone()
    await settle(console)

    assert other.execute("PRAGMA data_version").fetchone() == before
    other.close()


async def test_further_messages_are_counted(console: Console) -> None:
    await let_wait(console, ANN)
    await let_wait(console, ANN)
    (wait,) = (await kept(console.archive)).values()

    assert (wait.since_at, wait.last_message_at, wait.message_count, wait.is_exact) == (T + 1, T + 2, 2, True)


async def test_an_answer_that_lacks_a_customer_once_ends_nothing(console: Console) -> None:
    await let_wait(console, ANN)
    await let_wait(console, ANN)
    hidden = console.truth.queue.pop(ANN)
    console.truth.now += 2
    await console.see_all()
    console.truth.queue[ANN] = hidden
    await settle(console)

    wait = (await kept(console.archive))[ANN]
    assert (wait.since_at, wait.is_exact, wait.ended_at) == (T + 1, True, None)


async def test_who_left_and_came_back_waited_twice(console: Console) -> None:
    await let_wait(console, ANN)
    console.truth.now += 5
    console.truth.leave(ANN)
    await console.see_all()
    console.truth.now += 5
    await let_wait(console, ANN)
    await settle(console)

    first, second = await console.archive.waits(0, math.inf)
    assert (first.since_at, first.outcome, first.ended_at) == (T + 1, LEFT, T + 6)
    assert (second.since_at, second.is_exact, second.ended_at) == (T + 12, True, None)


async def test_who_stands_beyond_the_rows_of_an_answer_has_not_left(console: Console) -> None:
    await let_wait(console, ANN, BEN)
    short = QueueAnswer(total=2, rows=(WaitingRow(ANN, T + 1),))
    for _answer in range(8):
        console.truth.now += 5
        console.store.apply(facts.QueueSeen(short, console.clock.now(), console.clock.monotonic()))
        await console.see_agents()
        await console.see_sessions()
    assert (await kept(console.archive))[BEN].ended_at is None

    console.truth.leave(BEN)
    gone_at = console.truth.now = console.truth.now + 5
    await settle(console, 5)
    wait = (await kept(console.archive))[BEN]
    assert (wait.outcome, wait.ended_at) == (LEFT, gone_at + 5)


async def test_who_writes_with_an_agent_was_taken_though_no_list_shows_it(console: Console) -> None:
    await let_wait(console, ANN)
    console.truth.now += 5
    console.truth.leave(ANN)
    said = Message(MessageId(1), ANN, LI, MessageKind.RECEIVED, "hello", T + 5)
    console.store.apply(facts.ContactsSeen({ANN: Contact(ANN, last_message=said)}))
    await settle(console)

    wait = (await kept(console.archive))[ANN]
    assert (wait.outcome, wait.agent) == (TAKEN, LI)
    assert wait.ended_at == pytest.approx(T + 8, abs=1)


async def test_sessions_are_kept_with_their_ends_and_transfers(console: Console) -> None:
    for openid, agent in ((ANN, AGENTS[0]), (BEN, AGENTS[0])):
        console.truth.sessions[openid] = Session(openid, agent, T)
    await settle(console)
    console.truth.sessions[ANN] = Session(ANN, AGENTS[1], T + 10)
    del console.truth.sessions[BEN]
    await settle(console)

    sessions = await console.archive.sessions_seen(0, math.inf)
    assert {(session.openid, session.agent, session.started_at, session.ended_at) for session in sessions} == {
        (ANN, AGENTS[0], T, T + 10),
        (ANN, AGENTS[1], T + 10, None),
        (BEN, AGENTS[0], T, T + 8),
    }


async def test_what_could_not_be_written_is_written_later(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_anything: object) -> None:
        raise ArchiveError("The disk is full.")

    with monkeypatch.context() as broken:
        for name in ("note_waits", "end_wait", "note_sessions", "save_queue"):
            broken.setattr(console.archive, name, fail)
        with pytest.raises(ArchiveError):
            await let_wait(console, ANN)
        console.truth.accept(ANN)
        console.truth.now += 2
        with pytest.raises(ArchiveError):
            await console.see_all()
    await settle(console)

    assert [(wait.outcome, wait.since_at) for wait in (await kept(console.archive)).values()] == [(TAKEN, T + 1)]


# Restarts


@pytest.mark.parametrize("ends_in_order", [True, False])
async def test_who_still_waits_after_a_restart_waits_since_then(console: Console, ends_in_order: bool) -> None:
    await let_wait(console, ANN)
    await (console.quit() if ends_in_order else console.kill())
    console.truth.now += 30
    console.truth.say(ANN)
    await settle(console)

    wait = (await kept(console.archive))[ANN]
    (row,) = console.store.desk.queue
    assert (wait.since_at, wait.is_exact, wait.message_count, wait.ended_at) == (T + 1, True, 2, None)
    assert (row.since_at, row.is_exact, row.message_count) == (T + 1, True, 2)


async def test_who_was_taken_while_no_console_ran_was_taken_at_wechats_time(console: Console) -> None:
    await let_wait(console, ANN)
    await console.quit()
    console.truth.now += 30
    session = console.truth.accept(ANN)
    console.truth.now += 600
    await settle(console)

    wait = (await kept(console.archive))[ANN]
    assert session is not None
    assert (wait.outcome, wait.agent, wait.ended_at, wait.end_is_exact) == (TAKEN, session.agent, T + 31, True)


async def test_who_left_while_no_console_ran_left_at_some_time_since_they_were_seen(console: Console) -> None:
    await let_wait(console, ANN)
    console.truth.now += 20
    await console.see_queue()
    await console.quit()
    console.truth.leave(ANN)
    console.truth.now += 600
    await settle(console)

    wait = (await kept(console.archive))[ANN]
    assert (wait.outcome, wait.last_seen_at, wait.ended_at, wait.end_is_exact) == (LEFT, T + 21, T + 623, False)


async def test_who_stood_beyond_the_rows_is_known_after_a_restart(console: Console) -> None:
    await let_wait(console, ANN, BEN)
    short = QueueAnswer(total=2, rows=(WaitingRow(ANN, T + 1),))
    console.store.apply(facts.QueueSeen(short, console.clock.now(), console.clock.monotonic()))
    await console.quit()
    console.truth.now += 30
    await console.see_queue()

    assert [(row.openid, row.since_at, row.is_exact) for row in console.store.desk.queue] == [
        (ANN, T + 1, True),
        (BEN, T + 2, True),
    ]


async def test_a_queue_saved_by_the_version_before_is_remembered_without_waits(console: Console) -> None:
    row = Waiting(ANN, T - 5, T - 9, is_exact=True)
    await console.archive.save_queue([row], True, T)
    await console.kill()

    assert console.store.desk.queue == (row,)


# Several consoles


async def test_what_another_console_knew_better_is_remembered(console: Console) -> None:
    await let_wait(console, ANN)
    late = Waiting(ANN, T + 90, T + 90, is_exact=False)
    await console.archive.save_queue([late], True, T + 91)
    await console.archive.note_waits([Waiting(ANN, T + 90, T + 1, is_exact=True, message_count=3)], T + 91)
    await console.kill()

    assert console.store.desk.queue == (Waiting(ANN, T + 90, T + 1, is_exact=True, message_count=3),)


async def test_whom_another_console_saw_go_is_not_remembered_as_waiting(console: Console) -> None:
    await let_wait(console, ANN, BEN)
    await console.archive.end_wait(Waiting(ANN, T + 1, T + 1, is_exact=True), T + 20, LEFT)
    await console.kill()

    assert [row.openid for row in console.store.desk.queue] == [BEN]


@pytest.mark.parametrize("seed", range(12))
async def test_two_consoles_keep_each_wait_once_whatever_each_sees_and_when(tmp_path: Path, seed: int) -> None:
    await check_story(seed, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 300))
async def test_many_consoles_keep_each_wait_once(tmp_path: Path, seed: int) -> None:
    await check_story(seed, tmp_path, consoles=2 + seed % 2)


async def check_story(seed: int, folder: Path, consoles: int = 2) -> None:
    story = Story(seed, folder / "archive.db", consoles)
    await story.run(150)
    await story.check()
    await story.close()
