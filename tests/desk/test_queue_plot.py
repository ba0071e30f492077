"""What the plot of the queue says about the last hours."""

from kfconsole.desk import queue_plot
from kfconsole.desk.queue_plot import ASCII_BARS, BARS, Column, bars, columns
from kfconsole.model import CustomerId, Wait
from kfconsole.text import width_cells


def wait(since_at: float, ended_at: float | None, *, is_exact: bool = True) -> Wait:
    """A wait."""
    return Wait(CustomerId("c"), since_at, is_exact, since_at, since_at, int(since_at), 1, ended_at)


SEEN = ((0.0, 100.0),)


def test_each_column_says_how_many_waited_at_once_and_how_long_the_longest_had() -> None:
    found = columns([wait(5, 25), wait(10, 15), wait(12, 35), wait(82, None)], SEEN, 0, 100, 10)

    assert [None if one is None else one.length for one in found] == [1, 3, 2, 1, 0, 0, 0, 0, 1, 1]
    assert [one.wait_seconds for one in found if one is not None][:4] == [5, 15, 20, 23]
    assert found[9] == Column(1, 18.0)


def test_what_nobody_saw_is_a_gap_and_no_empty_queue() -> None:
    found = columns([wait(5, 60)], ((0.0, 20.0), (80.0, 100.0)), 0, 100, 10)

    assert [one is None for one in found] == [False, False, True, True, True, True, True, True, False, False]
    assert bars([None if one is None else one.length for one in found]) == "██      ▁▁"


def test_a_wait_that_began_unseen_makes_the_longest_a_lower_bound() -> None:
    found = columns([wait(-500, 15, is_exact=False), wait(2, 50)], SEEN, 0, 100, 10)

    assert found[0] == Column(2, 510.0, is_exact=False)
    assert found[2] == Column(1, 28.0)


def test_who_leaves_as_another_comes_was_not_beside_them() -> None:
    found = columns([wait(0, 50), wait(50, 100)], SEEN, 0, 100, 4)

    assert [one and one.length for one in found] == [1, 1, 1, 1]


def test_waits_outside_the_span_and_a_span_of_nothing_are_no_trouble() -> None:
    assert columns([wait(-50, -10), wait(200, 300), wait(100, None)], SEEN, 0, 100, 2) == (
        Column(0, 0.0),
        Column(0, 0.0),
    )
    assert columns([], (), 0, 100, 2) == (None, None)
    assert columns([], (), 100, 100, 2) == ()
    assert columns([], (), 0, 100, 0) == ()


def test_the_highest_is_as_high_as_can_be_and_the_smallest_is_more_than_nothing() -> None:
    assert bars([0, 1, 50, 100, None]) == "▁▂▅█ "
    assert bars([0, 0]) == "▁▁"
    assert bars([]) == ""
    assert bars([0, 1, 50, 100, None], is_ascii=True) == "_.=# "
    assert len(BARS) == len(ASCII_BARS)
    assert all(width_cells(bar) == 1 for bar in BARS + ASCII_BARS + queue_plot.UNSEEN)


def test_the_last_column_knows_who_waits_at_this_moment() -> None:
    cut = columns([wait(5, 60)], SEEN, 0, 100, 10)

    assert queue_plot.with_now(cut, 3, 7.0, is_exact=False) == (*cut[:-1], Column(3, 7.0, is_exact=False))
    assert queue_plot.with_now((None, Column(5, 50.0)), 3, 7.0, is_exact=False) == (None, Column(5, 50.0))
    assert queue_plot.with_now((None,), 0, 0.0, is_exact=True) == (Column(0, 0.0),)
    assert queue_plot.with_now((), 3, 7.0, is_exact=True) == ()
