import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.desk.waits import (
    QueueMemory,
    Urgency,
    merge_queue,
    urgency,
    wait_seconds,
    without_customer,
)
from kfconsole.model import CustomerId, QueueAnswer, Waiting, WaitingRow

AT = 1_000.0


def answer(*rows: tuple[str, int], total: int | None = None) -> QueueAnswer:
    listed = tuple(WaitingRow(CustomerId(openid), last) for openid, last in rows)
    return QueueAnswer(total=len(rows) if total is None else total, rows=listed)


def memory_after(*answers: tuple[QueueAnswer, float]) -> QueueMemory:
    memory = QueueMemory()
    for given_answer, at in answers:
        memory = merge_queue(memory, given_answer, at)
    return memory


def waits(memory: QueueMemory) -> dict[str, tuple[float, bool, int]]:
    return {row.openid: (row.since_at, row.is_exact, row.message_count) for row in memory.rows}


EMPTY = answer()

CASES = {
    "the first list knows bounds only, from the row itself and all behind it": (
        [(answer(("a", 990), ("b", 950), ("c", 970)), AT)],
        {"a": (950, False, 1), "b": (950, False, 1), "c": (970, False, 1)},
    ),
    "an arrival under our eyes is exact": (
        [(EMPTY, AT), (answer(("a", 1001)), AT + 2)],
        {"a": (1001, True, 1)},
    ),
    "a message of the very second of the list before is not older than it": (
        [(EMPTY, AT + 0.7), (answer(("a", 1000)), AT + 2)],
        {"a": (1000, True, 1)},
    ),
    "a message older than the list before began a wait we did not watch": (
        [(EMPTY, AT), (answer(("a", 998)), AT + 2)],
        {"a": (998, False, 1)},
    ),
    "the list before is too old to vouch for the arrival": (
        [(EMPTY, AT), (answer(("a", 1011)), AT + 12)],
        {"a": (1011, False, 1)},
    ),
    "a list before that was cut off vouches for nobody": (
        [(answer(("z", 900), total=101), AT), (answer(("z", 900), ("a", 1001), total=101), AT + 2)],
        {"z": (900, False, 1), "a": (1001, False, 1)},
    ),
    "a further message is counted and does not move the start": (
        [(EMPTY, AT), (answer(("a", 1001)), AT + 2), (answer(("a", 1003)), AT + 4)],
        {"a": (1001, True, 2)},
    ),
    "a bound gets earlier when somebody behind is known to have come earlier": (
        [(answer(("a", 990)), AT), (answer(("a", 990), ("b", 980)), AT + 2)],
        {"a": (980, False, 1), "b": (980, False, 1)},
    ),
    "a bound never gets later": (
        [(answer(("a", 990), ("b", 950)), AT), (answer(("a", 1001)), AT + 2)],
        {"a": (950, False, 2)},
    ),
    "after a gap a customer who wrote may have left and come back": (
        [(EMPTY, AT), (answer(("a", 1001)), AT + 2), (answer(("a", 1090)), AT + 100)],
        {"a": (1090, False, 1)},
    ),
    "after a gap a customer who did not write keeps an exact wait": (
        [(EMPTY, AT), (answer(("a", 1001)), AT + 2), (answer(("a", 1001)), AT + 100)],
        {"a": (1001, True, 1)},
    ),
    "a customer cut off and back again keeps what is known": (
        [
            (EMPTY, AT),
            (answer(("a", 1001)), AT + 2),
            (answer(("z", 800), total=2), AT + 4),
            (answer(("z", 800), ("a", 1001), total=2), AT + 6),
        ],
        {"z": (800, False, 1), "a": (1001, True, 1)},
    ),
    "a customer who wrote while cut off may have left and come back": (
        [
            (EMPTY, AT),
            (answer(("a", 1001)), AT + 2),
            (answer(("z", 800), total=2), AT + 4),
            (answer(("z", 800), ("a", 1005), total=2), AT + 6),
        ],
        {"z": (800, False, 1), "a": (1005, False, 1)},
    ),
    "who wrote and stands behind somebody they stood before has left and come back": (
        [(EMPTY, AT), (answer(("a", 1001), ("b", 1002)), AT + 2), (answer(("b", 1002), ("a", 1004)), AT + 4)],
        {"b": (1002, True, 1), "a": (1004, False, 1)},
    ),
    "who stands behind a newcomer and wrote has left and come back": (
        [(EMPTY, AT), (answer(("a", 1001)), AT + 2), (answer(("n", 1003), ("a", 1004)), AT + 4)],
        {"n": (1003, True, 1), "a": (1004, False, 1)},
    ),
    "a customer who left a complete list and came back began a new wait": (
        [(EMPTY, AT), (answer(("a", 1001)), AT + 2), (EMPTY, AT + 4), (answer(("a", 1005)), AT + 6)],
        {"a": (1005, True, 1)},
    ),
}


@pytest.mark.parametrize(("answers", "expected"), CASES.values(), ids=CASES)
def test_a_wait_says_what_is_known(
    answers: list[tuple[QueueAnswer, float]], expected: dict[str, tuple[float, bool, int]]
) -> None:
    assert waits(memory_after(*answers)) == expected


def test_rows_and_lists_that_did_not_change_stay_the_same_objects() -> None:
    before = memory_after((answer(("a", 990), ("b", 995)), AT))
    same = merge_queue(before, answer(("a", 990), ("b", 995)), AT + 2)
    moved = merge_queue(before, answer(("a", 990), ("b", 1001)), AT + 2)

    assert same.rows is before.rows
    assert moved.rows[0] is before.rows[0]


def test_who_was_accepted_and_queues_again_begins_a_new_wait() -> None:
    memory = memory_after((EMPTY, AT), (answer(("a", 1001)), AT + 2))
    memory = without_customer(memory, CustomerId("a"))
    memory = merge_queue(memory, answer(("a", 1003)), AT + 4)

    assert waits(memory) == {"a": (1003, True, 1)}


class Queue:
    """A queue as it really is: who came when, in that order."""

    def __init__(self) -> None:
        self.arrived: dict[str, int] = {}
        self.last: dict[str, int] = {}

    def say(self, openid: str, now: int) -> None:
        self.arrived.setdefault(openid, now)
        self.last[openid] = now

    def leave(self, openid: str) -> None:
        self.arrived.pop(openid, None)
        self.last.pop(openid, None)

    def answer(self, limit: int) -> QueueAnswer:
        rows = tuple(WaitingRow(CustomerId(openid), self.last[openid]) for openid in self.arrived)
        return QueueAnswer(total=len(rows), rows=rows[:limit])


EVENTS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["say", "say", "leave", "look", "look", "pause"])), max_size=60
)


@given(EVENTS, st.integers(1, 6))
def test_a_bound_is_never_too_long_and_an_exact_wait_is_exact(events: list[tuple[str, str]], limit: int) -> None:
    queue, memory, now = Queue(), QueueMemory(), 1_000
    left: dict[str, int] = {}
    for openid, event in events:
        now += 1
        if event == "say":
            queue.say(openid, now)
        elif event == "leave":
            queue.leave(openid)
            left[openid] = now
        elif event == "pause":
            now += 100
        else:
            memory = merge_queue(memory, queue.answer(limit), float(now))
            for row in memory.rows:
                began = queue.arrived[row.openid]
                # Who leaves and comes back between two looks, with nobody coming in between, cannot be told apart.
                if left.get(row.openid, 0) > row.since_at:
                    continue
                assert row.since_at >= began
                if row.is_exact:
                    assert row.since_at - began <= 10


@given(st.lists(st.tuples(st.integers(900, 1000), st.integers(0, 30)), min_size=1, max_size=20))
def test_whoever_came_first_is_never_shown_to_wait_less_by_a_bound(rows: list[tuple[int, int]]) -> None:
    listed = answer(*((str(number), last) for number, (last, _step) in enumerate(rows)))
    memory = merge_queue(QueueMemory(), listed, AT)

    since = [row.since_at for row in memory.rows]
    assert since == sorted(since)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, Urgency.CALM), (59.9, Urgency.CALM), (60, Urgency.WARN), (179, Urgency.WARN), (180, Urgency.LATE)],
)
def test_a_wait_presses_by_the_thresholds(seconds: float, expected: Urgency) -> None:
    row = Waiting(CustomerId("a"), 1000, since_at=AT, is_exact=True)

    assert urgency(row, AT + seconds, warn_after=60, late_after=180) is expected


def test_a_wait_is_never_negative() -> None:
    assert wait_seconds(Waiting(CustomerId("a"), 1000, since_at=AT, is_exact=True), AT - 5) == 0
