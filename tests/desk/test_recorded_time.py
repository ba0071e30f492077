"""What is typed as a time of a recording is one, or it is said what would be."""

from datetime import UTC, datetime

import pytest

from kfconsole.desk.recorded_time import typed_moment


def test_a_time_that_is_typed_lies_in_the_recording() -> None:
    class Night:
        began_at = datetime(2026, 11, 23, 23, 0, tzinfo=UTC).timestamp()
        ends_at = began_at + 7200

    night, now = Night(), datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    minutes = {
        typed: (typed_moment(typed, night, now) - Night.began_at) / 60
        for typed in ("23:15", "0:45", "+5m", "-10", "-2h", "+30 秒", "+9h", "2026-11-24 00:10")
    }
    assert minutes == {
        "23:15": 15,
        "0:45": 105,
        "+5m": 35,
        "-10": 20,
        "-2h": 0,
        "+30 秒": 30.5,
        "+9h": 120,
        "2026-11-24 00:10": 70,
    }
    for typed, fits in (("12:00", "is from"), ("2026-11-25", "is from"), ("nonsense", "10:04"), ("+5x", "10:04")):
        with pytest.raises(ValueError, match=fits):
            typed_moment(typed, night, now)
