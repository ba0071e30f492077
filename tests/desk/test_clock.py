import math

from hypothesis import given
from hypothesis import strategies as st

from kfconsole.desk import ServerClock


class Host:
    """A host whose monotonic clock reads what the test says."""

    def __init__(self, wall: float = 5_000.0) -> None:
        self.mono = 100.0
        self.clock = ServerClock(lambda: self.mono, lambda: wall)

    def hear(self, server_now: float, *, travel: float = 0.05) -> None:
        """Get an answer written at `server_now`, each way taking `travel` seconds."""
        before, self.mono = self.mono, self.mono + 2 * travel
        self.clock.learn(math.floor(server_now), before, self.mono)


def test_the_wall_clock_counts_before_the_first_answer() -> None:
    host = Host(wall=5_000.0)
    host.mono += 3

    assert host.clock.now() == 5_003.0


def test_the_first_answer_corrects_a_host_that_is_hours_off() -> None:
    host = Host(wall=5_000.0)

    host.hear(12_345.6)

    assert abs(host.clock.now() - 12_345.65) <= 1.1


@given(
    st.floats(0, 1e6),
    st.lists(st.tuples(st.floats(0.001, 30), st.floats(0.001, 2.0)), min_size=1, max_size=30),
)
def test_a_right_server_is_followed_within_a_second_and_a_round_trip(
    start: float, answers: list[tuple[float, float]]
) -> None:
    host = Host()
    for pause, travel in answers:
        host.mono += pause
        host.hear(start + host.mono + travel, travel=travel)
        worst = 1 + 2 * max(travel for _pause, travel in answers)

        assert abs(host.clock.now() - (start + host.mono)) <= worst + 1e-6


@given(st.lists(st.tuples(st.floats(0.1, 5), st.floats(0.01, 0.2)), min_size=3, max_size=40))
def test_whole_seconds_in_the_header_never_make_time_jump(answers: list[tuple[float, float]]) -> None:
    host = Host()
    host.hear(9_000 + host.mono)
    for pause, travel in answers:
        host.mono += pause
        offset = host.clock.now() - host.mono
        host.hear(9_000 + host.mono + travel, travel=travel)

        assert abs(host.clock.now() - host.mono - offset) < 1


def test_a_moment_of_the_monotonic_clock_has_a_time_by_what_was_learned() -> None:
    clock = ServerClock(lambda: 100.0, lambda: 5_000.0)
    clock.learn(9_000.0, 99.0, 100.0)

    assert clock.at(clock.monotonic()) == clock.now()
    assert clock.at(40.0) == clock.now() - 60.0
    assert clock.offset == clock.now() - 100.0


def test_an_offset_that_fits_every_answer_is_not_touched() -> None:
    host = Host(wall=8_999.5 + 100)  # right within the second of the header
    offset = host.clock.now() - host.mono

    for _round in range(5):
        host.mono += 1
        host.hear(8_999.5 + host.mono + 0.05)

    assert host.clock.now() - host.mono == offset


def test_a_server_clock_that_was_set_is_believed_at_once() -> None:
    host = Host()
    host.hear(10_000)
    host.mono += 5

    host.hear(50_000)

    assert abs(host.clock.now() - 50_000.05) <= 1.1


def test_time_goes_back_only_when_a_second_answer_agrees() -> None:
    host = Host()
    host.hear(50_000)
    for wrong in (42_800, 30_000):  # each says something else
        host.mono += 2
        host.hear(wrong)
        assert abs(host.clock.now() - 50_000 - (host.mono - 100)) <= 1.2
    host.hear(50_000 + host.mono - 100)
    host.mono += 2
    host.hear(42_800)
    assert host.clock.now() > 50_000

    host.mono += 2
    host.hear(42_802.1)
    assert abs(host.clock.now() - 42_802.1) <= 1.2
