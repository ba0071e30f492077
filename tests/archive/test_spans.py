"""Spans fetched and what lies between them, against a row of seconds."""

import sqlite3
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.archive import Archive, spans
from tests.archive.world import T, received

LAST = 30
EDGES = st.integers(0, LAST)
SPANS = st.lists(st.tuples(EDGES, EDGES), max_size=8)


def opened() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE spans (start_at REAL NOT NULL, end_at REAL NOT NULL)")
    return connection


@given(fetched=SPANS, start=EDGES, end=EDGES)
def test_a_gap_is_where_no_span_is(fetched: list[tuple[int, int]], start: int, end: int) -> None:
    connection = opened()
    for span in fetched:
        spans.remember(connection, *span)
    gaps = spans.gaps(connection, start, end)

    covered = {at for first, last in fetched for at in range(first, last)}
    assert [at for first, last in gaps for at in range(int(first), int(last))] == [
        at for at in range(start, end) if at not in covered
    ]
    rows = connection.execute("SELECT start_at, end_at FROM spans ORDER BY start_at").fetchall()
    assert all(first <= last for first, last in rows)
    assert all(before[1] < after[0] for before, after in pairwise(rows))


@given(fetched=SPANS, at=EDGES)
def test_what_is_forgotten_is_a_gap_again(fetched: list[tuple[int, int]], at: int) -> None:
    connection = opened()
    for span in fetched:
        spans.remember(connection, *span)
    after = spans.gaps(connection, at, LAST)
    spans.forget_before(connection, at)

    assert spans.gaps(connection, 0, at) == (((0, at),) if at else ())
    assert spans.gaps(connection, at, LAST) == after


async def test_spans_that_do_not_share_a_second_leave_a_gap(archive: Archive) -> None:
    await archive.merge_records([], T, T + 10)
    await archive.merge_records([], T + 11, T + 20)

    assert await archive.gaps(T, T + 20) == ((T + 10, T + 11),)


@pytest.mark.parametrize("end_at", [T - 1, T - 200])
async def test_records_of_which_none_is_settled_are_stored_and_count_for_nothing(archive: Archive, end_at: int) -> None:
    messages = await archive.merge_records([received("hi", T + 5)], T, end_at)

    assert len(messages) == 1
    assert await archive.newest_fetched_at() is None
    assert await archive.gaps(T - 300, T) == ((T - 300, T),)
