"""Times of the day: read alike wherever they are written."""

from pathlib import Path

import pytest

from kfconsole import config
from kfconsole.config.assigning import parse_rules
from kfconsole.config.hours import DailySpan
from kfconsole.errors import ConfigError

KEYS = {
    "poll.night_hours": '[poll]\nnight_hours = "{span}"\n',
    "alerts.quiet_hours": '[alerts]\nquiet_hours = "{span}"\n',
    "alerts.hours": '[[alerts.hours]]\nfrom = "{start}"\nto = "{end}"\nwarn_after = 30\nlate_after = 90\n',
    "rules": '[[rule]]\nname = "x"\nhours = ["{span}"]\n',
}


def read(key: str, start: str, dash: str, end: str, folder: Path) -> DailySpan | None:
    """Return how a span is understood that stands under a key."""
    text = KEYS[key].format(span=f"{start}{dash}{end}", start=start, end=end)
    if key == "rules":
        return parse_rules(text.encode(), folder / "assign.toml")[0].hours[0]
    file = folder / "config.toml"
    file.write_text(text, "utf-8")
    settings = config.load(file, {})
    limits = settings.alerts.hours
    return DailySpan(limits[0].start, limits[0].end) if limits else settings.poll.night or settings.alerts.quiet


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("start", "dash", "end", "meant"),
    [
        ("22:00", "-", "08:00", "22:00-08:00"),
        ("9:05", " - ", "18:00", "09:05-18:00"),
        (" 22：00", "～", "8：00", "22:00-08:00"),
        ("２２:００", "－", "０８:００", "22:00-08:00"),
        ("18:00", "–", "24:00", "18:00-24:00"),
        ("18:00", " — ", "0:00", "18:00-00:00"),
    ],
)
def test_a_span_is_read_alike_wherever_it_is_written(
    key: str, start: str, dash: str, end: str, meant: str, tmp_path: Path
) -> None:
    assert str(read(key, start, dash, end, tmp_path)) == meant


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("start", "end"),
    [("9", "18"), ("24:00", "08:00"), ("08:00", "24:30"), ("25:00", "8:00"), ("9:00", "09:00"), ("0:00", "24:00")],
)
def test_what_is_no_part_of_a_day_is_refused_alike(key: str, start: str, end: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read(key, start, "-", end, tmp_path)


def test_a_span_goes_over_midnight_or_ends_there() -> None:
    night, evening = DailySpan(22 * 60, 8 * 60), DailySpan(18 * 60, 24 * 60)

    assert [night.has(hour * 60) for hour in (21, 22, 0, 7, 8)] == [False, True, True, True, False]
    assert [evening.has(minute) for minute in (1079, 1080, 1439, 0)] == [False, True, True, False]
