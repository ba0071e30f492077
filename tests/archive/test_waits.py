"""Waits and sessions: each kept once, with the best anybody knew, whoever tells first and however late."""

import sqlite3
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
from msgspec.structs import replace

from kfconsole.archive import Archive, waits
from kfconsole.model import Session, Wait, Waiting, WaitOutcome
from tests.archive.world import ANN, BOB, COLLEAGUE, ME, T

LEFT, TAKEN = WaitOutcome.LEFT, WaitOutcome.TAKEN
EVER = (0.0, 9e12)


def row(last: int = T, since: float | None = None, *, exact: bool = True, count: int = 1) -> Waiting:
    return Waiting(ANN, last, last if since is None else since, exact, count)


async def told(archive: Archive) -> list[tuple[float, bool, WaitOutcome | None, float | None, str | None]]:
    waits = await archive.waits(*EVER)
    return [(wait.since_at, wait.is_exact, wait.outcome, wait.ended_at, wait.agent) for wait in waits]


async def test_a_wait_is_kept_while_it_goes_on_and_when_it_ends(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_waits([row(T + 30, T, count=2)], T + 31)
    (going_on,) = await archive.waits_going_on()
    await archive.end_wait(row(T + 30, T), T + 40, LEFT)

    assert going_on == Wait(
        ANN, T, is_exact=True, first_seen_at=T + 1, last_seen_at=T + 31, last_message_at=T + 30, message_count=2
    )
    assert await archive.waits_going_on() == ()
    assert await told(archive) == [(T, True, LEFT, T + 40, None)]


async def test_waits_that_go_on_are_found_without_reading_those_that_ended(archive: Archive, path: Path) -> None:
    await archive.close()
    with closing(sqlite3.connect(path)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {waits.GOING_ON}")]

    assert plan[0] == "SCAN waits USING INDEX waits_going_on"


async def test_a_session_ends_the_wait_before_it_at_the_time_wechat_says(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_sessions([Session(ANN, ME, T + 25)], T + 24)

    assert await told(archive) == [(T, True, TAKEN, T + 25, ME)]


async def test_waits_of_a_span_or_of_one_customer_come_in_the_order_they_began(archive: Archive) -> None:
    await archive.note_waits([Waiting(BOB, T + 5, T + 5, True), row()], T + 6)

    assert [wait.openid for wait in await archive.waits(T, T + 6)] == [ANN, BOB]
    assert [wait.openid for wait in await archive.waits(T + 1, T + 6)] == [BOB]
    assert await archive.waits(T, T + 5, openid=BOB) == ()


async def test_a_session_that_began_before_the_wait_did_not_end_it(archive: Archive) -> None:
    await archive.note_waits([row(T + 100)], T + 101)
    await archive.note_sessions([Session(ANN, ME, T)], T + 101)

    assert await told(archive) == [(T + 100, True, None, None, None)]


async def test_who_seemed_to_have_left_and_was_taken_before_was_taken(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.end_wait(row(), T + 20.5, LEFT)
    await archive.note_sessions([Session(ANN, ME, T + 19)], T + 24)

    assert await told(archive) == [(T, True, TAKEN, T + 19, ME)]


async def test_who_left_and_is_given_to_an_agent_later_has_left_all_the_same(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.end_wait(row(), T + 20.5, LEFT)
    await archive.note_sessions([Session(ANN, ME, T + 60)], T + 59)

    assert await told(archive) == [(T, True, LEFT, T + 20.5, None)]


async def test_a_transfer_leaves_the_wait_with_who_took_it(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_sessions([Session(ANN, ME, T + 20)], T + 20)
    await archive.note_sessions([Session(ANN, COLLEAGUE, T + 90)], T + 90)

    assert await told(archive) == [(T, True, TAKEN, T + 20, ME)]


# Several consoles


async def test_a_view_from_before_the_end_reopens_nothing_but_adds_what_it_knew(archive: Archive) -> None:
    await archive.note_waits([row(T + 9, exact=False)], T + 10)
    await archive.end_wait(row(T + 9), T + 20.5, LEFT)
    over = await archive.note_waits([row(T + 9, T, count=3)], T + 19)

    assert over == {ANN}
    assert await told(archive) == [(T, True, LEFT, T + 20.5, None)]


async def test_a_view_from_before_the_session_reopens_nothing(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_sessions([Session(ANN, ME, T + 20)], T + 20)
    over = await archive.note_waits([row(T + 15, T, count=2)], T + 33)  # also when the queue is slower

    assert over == {ANN}
    assert await told(archive) == [(T, True, TAKEN, T + 20, ME)]


async def test_who_wrote_again_after_the_end_waits_anew(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_sessions([Session(ANN, ME, T + 20)], T + 20)
    await archive.end_session(Session(ANN, ME, T + 20), T + 40)
    assert await archive.note_waits([row(T + 50)], T + 51) == frozenset()
    await archive.end_wait(row(T + 50), T + 60.5, LEFT)
    assert await archive.note_waits([row(T + 70)], T + 70.5) == frozenset()

    assert await told(archive) == [
        (T, True, TAKEN, T + 20, ME),
        (T + 50, True, LEFT, T + 60.5, None),
        (T + 70, True, None, None, None),
    ]


async def test_an_end_that_is_told_late_ends_no_newer_wait(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.end_wait(row(), T + 20.5, LEFT)
    await archive.note_waits([row(T + 30)], T + 31)
    await archive.end_wait(row(), T + 21.5, LEFT)

    assert await told(archive) == [(T, True, LEFT, T + 20.5, None), (T + 30, True, None, None, None)]


async def test_who_is_seen_after_the_end_without_having_written_had_not_left(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.end_wait(row(), T + 20.5, LEFT)
    unsure = await archive.note_waits([row(exact=False)], T + 21)  # clocks of two consoles differ
    surely = await archive.note_waits([row(exact=False)], T + 24)

    assert (list(unsure), list(surely)) == ([ANN], [])
    assert await told(archive) == [(T, True, None, None, None)]


async def test_a_wait_that_is_told_only_after_its_session_is_kept_as_taken(archive: Archive) -> None:
    await archive.note_sessions([Session(ANN, ME, T + 20)], T + 20)
    over = await archive.note_waits([row(T + 3, T)], T + 19)

    assert over == {ANN}
    assert await told(archive) == [(T, True, TAKEN, T + 20, ME)]


async def test_the_same_told_in_any_order_is_the_same(archive: Archive) -> None:
    seen = [
        (row(T + 3, exact=False), T + 4),
        (row(T + 3, T), T + 5),
        (row(T + 15, T, count=2), T + 16),
        (row(T + 60), T + 61),
    ]
    stories = set()
    for number, order in enumerate(permutations(range(5))):
        openid = type(ANN)(f"o{number}")
        for step in order:
            if step < 4:
                waiting, seen_at = seen[step]
                await archive.note_waits([replace(waiting, openid=openid)], seen_at)
            else:
                await archive.note_sessions([Session(openid, ME, T + 20)], T + 20)
        stories.add(tuple(replace(wait, openid=ANN) for wait in await archive.waits(*EVER, openid=openid)))

    ((taken, again),) = stories
    assert (taken.since_at, taken.is_exact, taken.message_count, taken.agent) == (T, True, 2, ME)
    assert (again.since_at, again.ended_at) == (T + 60, None)


async def test_the_one_who_watched_knows_better_than_the_one_who_did_not(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_waits([row(T + 90, exact=False)], T + 91)  # seen after a gap: perhaps a new wait
    assert await told(archive) == [(T + 90, False, None, None, None)]
    await archive.note_waits([row(T + 90, T, count=2)], T + 91)

    assert await told(archive) == [(T, True, None, None, None)]


async def test_who_was_missing_from_a_whole_list_and_wrote_waits_anew(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_waits([row(T + 90)], T + 91)

    assert await told(archive) == [(T, True, LEFT, T + 90, None), (T + 90, True, None, None, None)]


async def test_a_wait_never_begins_before_the_end_of_the_one_before(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.end_wait(row(), T + 20.5, LEFT)
    await archive.note_waits([row(T + 30)], T + 31)
    await archive.note_waits([row(T + 33, T, count=5)], T + 34)  # by one who saw neither end nor beginning

    assert await told(archive) == [(T, True, LEFT, T + 20.5, None), (T + 30, True, None, None, None)]


# Ends nobody watched


@pytest.mark.parametrize(("seen_after", "is_exact"), [(0, True), (9, True), (11, False)])
async def test_an_end_is_exact_when_somebody_watched(archive: Archive, seen_after: float, is_exact: bool) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_waits([row()], T + 100 - seen_after)
    await archive.end_wait(row(), T + 100, LEFT)
    (wait,) = await archive.waits(*EVER)

    assert (wait.last_seen_at, wait.ended_at, wait.end_is_exact) == (T + 100 - seen_after, T + 100, is_exact)


@pytest.mark.parametrize(("seen_after", "is_exact"), [(59, True), (61, False)])
async def test_who_was_taken_long_after_nobody_watched_may_have_been_away(
    archive: Archive, seen_after: float, is_exact: bool
) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_sessions([Session(ANN, ME, T + 1 + int(seen_after))], T + 1)
    (wait,) = await archive.waits(*EVER)

    assert wait.end_is_exact is is_exact


# Sessions


async def test_a_session_we_opened_is_the_one_wechat_tells_of(archive: Archive) -> None:
    await archive.note_waits([row()], T + 1)
    await archive.note_sessions([Session(ANN, ME, T + 23)], T + 20)
    await archive.note_sessions([Session(ANN, ME, T + 20)], T + 24)
    await archive.note_sessions([Session(ANN, ME, T + 23)], T + 20)

    assert [session.started_at for session in await archive.sessions_seen(*EVER)] == [T + 20]
    assert await told(archive) == [(T, True, TAKEN, T + 20, ME)]


async def test_a_session_after_another_with_the_same_agent_is_a_second_one(archive: Archive) -> None:
    await archive.note_sessions([Session(ANN, ME, T)], T)
    await archive.end_session(Session(ANN, ME, T), T + 4)
    await archive.note_sessions([Session(ANN, ME, T + 6)], T + 5)
    await archive.end_session(Session(ANN, ME, T + 6), T + 30)

    seen = await archive.sessions_seen(*EVER, openid=ANN)
    assert [(session.started_at, session.ended_at) for session in seen] == [(T, T + 4), (T + 6, T + 30)]


@pytest.mark.parametrize(("seen_at", "ended_at"), [(T + 50, T + 60), (T + 70, None)])
async def test_a_session_goes_on_when_it_is_seen_after_its_end(
    archive: Archive, seen_at: float, ended_at: float | None
) -> None:
    await archive.note_sessions([Session(ANN, ME, T)], T)
    await archive.end_session(Session(ANN, ME, T), T + 60)
    await archive.note_sessions([Session(ANN, ME, T)], seen_at)

    assert [session.ended_at for session in await archive.sessions_seen(*EVER)] == [ended_at]


async def test_many_sessions_let_a_draft_in_between(archive: Archive) -> None:
    many = [Session(type(ANN)(f"o{number}"), ME, T + number % 50) for number in range(2_000)]
    await archive.note_sessions(many, T)
    await archive.note_sessions(many, T)

    assert len(await archive.sessions_seen(*EVER)) == 2_000
