from hypothesis import given
from hypothesis import strategies as st

from kfconsole.ui.widgets.snapshots import Change, gap_after
from tests.ui.widgets.stage import Row, rows

SNAPSHOT = st.lists(
    st.builds(Row, st.sampled_from("abcdefgh"), st.sampled_from(["", "new"])), max_size=8, unique_by=lambda row: row.id
).map(tuple)


@given(SNAPSHOT, SNAPSHOT)
def test_equal_ends_are_equal_and_as_long_as_can_be(before: tuple[Row, ...], after: tuple[Row, ...]) -> None:
    change = Change.between(before, after)

    shorter = min(len(before), len(after))
    assert before[: change.head] == after[: change.head]
    assert before[len(before) - change.tail :] == after[len(after) - change.tail :]
    assert change.head + change.tail <= shorter
    if change.head < shorter:
        assert before[change.head] != after[change.head]


@given(SNAPSHOT, SNAPSHOT)
def test_an_item_is_found_where_it_went(before: tuple[Row, ...], after: tuple[Row, ...]) -> None:
    change = Change.between(before, after)
    places = {row.id: place for place, row in enumerate(after)}

    assert [places.get(row.id) for row in before] == [change.place_of(place) for place in range(len(before))]
    assert change.is_replacement == places.keys().isdisjoint(row.id for row in before)


def test_what_follows_the_last_item_was_added_at_the_end() -> None:
    assert Change.between(tuple(rows(1, 2)), tuple(rows(1, 2, 3, 4))).added_at_end == 2
    assert Change.between((Row("1"), Row("2", "sending")), (Row("1"), Row("2", "sent"), *rows(3, 4))).added_at_end == 2
    assert Change.between(tuple(rows(1, 2)), tuple(rows(0, 1, 2))).added_at_end == 0
    assert Change.between((), tuple(rows(1, 2))).added_at_end == 0


def test_the_gap_of_a_row_is_before_the_one_that_followed_else_after_the_one_that_preceded() -> None:
    before = rows("a", "b", "c", "d")

    assert gap_after({"a": 0, "c": 1, "d": 2}, before, 1) == 1
    assert gap_after({"a": 0, "x": 1, "d": 2}, before, 1) == 2
    assert gap_after({"a": 0, "x": 1}, before, 2) == 1
    assert gap_after({"x": 0}, before, 2) == 0
