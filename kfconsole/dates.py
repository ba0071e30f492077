"""Dates people type: our own words first, in both languages, then whatever dateutil understands.

Any room may import it; dateutil is imported when a date is read.
"""

import re
from datetime import datetime, timedelta

from kfconsole.i18n import _

_UNITS = {
    "s": "seconds", "second": "seconds", "seconds": "seconds", "秒": "seconds",
    "m": "minutes", "min": "minutes", "minute": "minutes", "minutes": "minutes", "分钟": "minutes", "分": "minutes",
    "h": "hours", "hour": "hours", "hours": "hours", "小时": "hours",
    "d": "days", "day": "days", "days": "days", "天": "days",
    "w": "weeks", "week": "weeks", "weeks": "weeks", "周": "weeks", "星期": "weeks", "个星期": "weeks",
    "month": "months", "months": "months", "个月": "months",
}  # fmt: skip
_DAYS_BACK = {"today": 0, "yesterday": 1, "今天": 0, "昨天": 1, "前天": 2}
_WEEKS_BACK = {"本": 0, "这": 0, "上": 1}
"""Before a weekday. Chinese weeks begin on Monday, and 上周一 is never a day of this week, as last Monday may be."""
_WEEKDAY_NAMES = (
    ("monday", "mon", "周一", "星期一"),
    ("tuesday", "tue", "周二", "星期二"),
    ("wednesday", "wed", "周三", "星期三"),
    ("thursday", "thu", "周四", "星期四"),
    ("friday", "fri", "周五", "星期五"),
    ("saturday", "sat", "周六", "星期六"),
    ("sunday", "sun", "周日", "周天", "星期日", "星期天"),
)
_WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names}
_CHINESE_NUMBERS = {number: value for value, number in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_SPAN = re.compile(r"(\d+|[一二两三四五六七八九十])\s*([a-z]+|[^\W\d_a-z]+?)\s*(?:ago|前|以前|之前)?")
_CHINESE_DATE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]?")


def parse(words: str, now: datetime) -> datetime:
    """Return the moment that is meant, in the time zone of `now`.

    A day without a time is its midnight. A day and month without a year lie in the past.

    Raises:
        ValueError: The words are not understood; the text says what would be.
    """
    text = " ".join(words.casefold().split())
    if not text:
        raise ValueError(_("Type a day, such as yesterday, 3 days ago or 2026-11-20."))
    if text in ("now", "现在"):
        return now
    return _span_ago(text, now) or _named_day(text, now) or _chinese_date(text, now) or _any_date(text, now)


def _span_ago(text: str, now: datetime) -> datetime | None:
    found = _SPAN.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        return None
    from dateutil.relativedelta import relativedelta

    try:
        return now - relativedelta(**{_UNITS[found[2]]: _CHINESE_NUMBERS.get(found[1]) or int(found[1])})  # type: ignore[arg-type]  # one of its units
    except (OverflowError, ValueError) as error:
        raise ValueError(_("{words} is too long ago.").format(words=text)) from error


def _named_day(text: str, now: datetime) -> datetime | None:
    day, _space, time = text.removeprefix("last ").partition(" ")
    if day in _DAYS_BACK and not text.startswith("last "):
        start = _midnight(now) - timedelta(days=_DAYS_BACK[day])
    elif day in _WEEKDAYS:
        start = _midnight(now) - timedelta(days=(now.weekday() - _WEEKDAYS[day]) % 7 or 7)
    elif day[:1] in _WEEKS_BACK and day[1:] in _WEEKDAYS:
        monday = _midnight(now) - timedelta(days=now.weekday())
        start = monday + timedelta(days=_WEEKDAYS[day[1:]] - 7 * _WEEKS_BACK[day[0]])
    else:
        return None
    return _any_date(time, start) if time else start


def _chinese_date(text: str, now: datetime) -> datetime | None:
    day, _space, time = text.partition(" ")
    found = _CHINESE_DATE.fullmatch(day)
    if found is None:
        return None
    year, month, number = (int(part) if part else 0 for part in found.groups())
    try:
        start = _midnight(now).replace(year=year or now.year, month=month, day=number)
    except ValueError as error:
        raise ValueError(_("There is no such day: {words}").format(words=day)) from error
    if not year and start > now:
        start = start.replace(year=now.year - 1)
    return _any_date(time, start) if time else start


def _any_date(text: str, now: datetime) -> datetime:
    from dateutil import parser

    try:
        found = parser.parse(text, default=_midnight(now))
    except (parser.ParserError, OverflowError, ValueError) as error:
        raise ValueError(
            _("Not understood: {words}. Try yesterday, 3 days ago, last monday 9:00 or 2026-11-20.").format(words=text)
        ) from error
    if found.tzinfo is not now.tzinfo:
        return found.astimezone(now.tzinfo)
    if found > now and not re.search(r"\d{4}", text) and found.date() > now.date():
        from dateutil.relativedelta import relativedelta

        return found - relativedelta(years=1)
    return found


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
