"""The rules of each setting, and how a broken one is told.

A check takes what the file or the environment holds and returns what the settings hold.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kfconsole.config.hours import DAY_MINUTES, minute_of, span_between, span_of
from kfconsole.config.limits import LimitHours, Limits, overlapping
from kfconsole.errors import ConfigError
from kfconsole.i18n import _, sentences

MASK = "********"
LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
TOKEN = re.compile(r"[!-~]{1,4096}")
_LONG_WORD = re.compile(r"[A-Za-z0-9_+=-]{24,}")  # a secret has 32 characters, a token more than 100
_PASSWORD = re.compile(r"(?<=://)[^/@]*(?=@)")

Check = Callable[[Any], object]


class _WrongValue(Exception):
    """A value breaks its rule; the text completes `<key> in <file> …`."""


def checked(name: str, value: object, where: str) -> object:
    """Return the value as the settings hold it.

    Args:
        name: `section.key`.
        value: As read.
        where: How the place is told in the error.

    Raises:
        ConfigError: The value breaks the rule of its key.
    """
    try:
        return _CHECKS[name](value)
    except _WrongValue as error:
        raise ConfigError(f"{where}: {error}") from None


def refuse_unknown(values: Mapping[str, Any], known: Mapping[str, tuple[str, ...]], path: Path) -> None:
    """Refuse sections and keys nobody reads, naming the nearest.

    Raises:
        ConfigError: There is one.
    """
    for section, keys in values.items():
        if section not in known:
            raise _unknown(f"[{section}]", section, tuple(known), path)
        if not isinstance(keys, Mapping):
            problem = _("{key} in {file} must be a section: write [{key}] on a line of its own.")
            raise ConfigError(problem.format(key=section, file=path))
        for key in keys:
            if key not in known[section]:
                raise _unknown(f"{section}.{key}", key, known[section], path)


def keys_of(values: object, path: Path) -> dict[str, tuple[str, ...]]:
    """Return the keys people wrote for each command; which commands and keys there are, is known elsewhere.

    Raises:
        ConfigError: They are something else than texts.
    """
    if not isinstance(values, Mapping):
        problem = _("{key} in {file} must be a section: write [{key}] on a line of its own.")
        raise ConfigError(problem.format(key="keys", file=path))
    found: dict[str, tuple[str, ...]] = {}
    for name, value in values.items():
        if isinstance(value, str):
            # A comma alone is the key, not a gap between two.
            found[name] = (",",) if value.strip() == "," else tuple(filter(None, map(str.strip, value.split(","))))
            if value and not value.strip():
                found[name] = (" ",)
        elif isinstance(value, list) and all(isinstance(key, str) and key for key in value):
            found[name] = tuple(value)
        else:
            where = _("{key} in {file}").format(key=quoted(f"keys.{name}"), file=path)
            raise ConfigError(f"{where}: " + _('must be keys in quotes, such as "r, F5", or "" for none'))
    return found


def _unknown(shown: str, name: str, names: tuple[str, ...], path: Path) -> ConfigError:
    problem = _("{file} has an unknown setting {key}.").format(file=path, key=quoted(shown))
    return ConfigError(sentences(problem, instead_of(name, names)))


def instead_of(unknown: str, names: tuple[str, ...]) -> str:
    """Say which name may be meant by one that nothing reads."""
    from difflib import get_close_matches

    if near := get_close_matches(unknown, names, 1):
        return _("Did you mean {name}?").format(name=near[0])
    return _("Known here: {names}.").format(names=", ".join(names))


def masked(name: str, value: object) -> object:
    """Return the value as it may be shown: no secret, no password."""
    if name == "account.app_secret":
        return MASK if value else ""
    if name == "network.proxy":
        return _PASSWORD.sub(MASK, str(value))
    if name in ("account.app_secret_command", "account.access_token_command") and isinstance(value, tuple):
        return tuple(_PASSWORD.sub(MASK, word) for word in value)
    if name == "alerts.hours" and isinstance(value, tuple):
        return tuple(map(str, value))
    return value


def without_long_words(text: str) -> str:
    """Return what a program complained of, without anything that may be a secret or a token."""
    return _LONG_WORD.sub(MASK, text)


def quoted(text: str) -> str:
    """Return foreign text as it may stand in a message: one short, clean line."""
    from kfconsole.text import clean, clip, one_line

    return clip(one_line(clean(text)), 80)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _WrongValue(_("must be text in quotes"))
    return value.strip()


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongValue(_("must be true or false"))
    return value


def _matching(pattern: str, problem: Callable[[], str]) -> Check:
    def check(value: Any) -> str:
        text = _text(value)
        if not re.fullmatch(pattern, text):
            raise _WrongValue(problem())
        return text

    return check


def _one_of(*choices: str) -> Check:
    def check(value: Any) -> str:
        if _text(value) not in choices:
            raise _WrongValue(_("must be one of {choices}").format(choices=", ".join(choices)))
        return _text(value)

    return check


def _number(least: float, most: float) -> Check:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise _WrongValue(_("must be a number from {least} to {most}").format(least=f"{least:g}", most=f"{most:g}"))
        return float(value)

    return check


def _whole(least: int, most: int) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _WrongValue(_("must be a whole number from {least} to {most}").format(least=least, most=most))
        return value

    return check


def _command(value: Any) -> tuple[str, ...]:
    is_words = isinstance(value, list) and all(isinstance(word, str) and "\0" not in word for word in value)
    if not is_words or value[:1] == [""]:
        raise _WrongValue(_('must be a list of words, such as ["pass", "show", "kf"]'))
    return tuple(value)


def _base_url(value: Any) -> str:
    address = _text(value).rstrip("/")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0 or parts.username or parts.query or parts.fragment:
        raise _WrongValue(_("must be an address such as https://api.weixin.qq.com"))
    if parts.scheme != "https" and not (parts.scheme == "http" and LOOPBACK.fullmatch(host)):
        raise _WrongValue(_("must begin with https:// (plain http only for this host)"))
    return address


def _proxy(value: Any) -> str:
    address = _text(value)
    if address in ("", "none"):
        return address
    try:
        parts = urlsplit(address)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.scheme not in ("http", "https", "socks5", "socks5h"):
        raise _WrongValue(_('must be an http://, https:// or socks5:// address, "none" or empty'))
    return address


def _file(value: Any) -> str:
    name = _text(value)
    try:
        is_name = bool(name) and "\0" not in name and bool(Path(name).expanduser().name)
    except RuntimeError:  # ~somebody whom this host does not know
        is_name = False
    if not is_name:
        raise _WrongValue(_("must be the name of a file, such as replies.toml"))
    return name


def _timezone(value: Any) -> str:
    from zoneinfo import ZoneInfo

    name = _text(value)
    if name != "local":
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError) as error:
            raise _WrongValue(_('must be a time zone such as Asia/Shanghai, or "local"')) from error
    return name


def _daily_span(value: Any) -> str:
    written = _text(value)
    span = span_of(written)
    if written and span is None:
        raise _WrongValue(_('must be two times of the day, such as "22:00-08:00", or empty'))
    return str(span or "")


_HOUR_KEYS = ("from", "to", "warn_after", "late_after")


def _limit_hours(value: Any) -> tuple[LimitHours, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        example = '{ from = "09:00", to = "12:00", warn_after = 30, late_after = 90 }'
        raise _WrongValue(_("must be a list of tables such as {example}").format(example=example))
    hours = tuple(_one_span(entry, number) for number, entry in enumerate(value, 1))
    if (pair := overlapping(hours)) is not None:
        problem = _("entries {first} and {second} share some time of the day; let each time have one")
        raise _WrongValue(problem.format(first=pair[0] + 1, second=pair[1] + 1))
    return hours


def _one_span(entry: Mapping[str, Any], number: int) -> LimitHours:
    def refused(problem: str) -> _WrongValue:
        return _WrongValue(_("entry {number}: {problem}").format(number=number, problem=problem))

    for key in entry:
        if key not in _HOUR_KEYS:
            known = ", ".join(_HOUR_KEYS)
            raise refused(_("{key} is unknown; known here: {names}").format(key=quoted(key), names=known))
    for key in _HOUR_KEYS:
        if key not in entry:
            raise refused(_("{key} is missing").format(key=key))
    ends = {key: minute_of(entry[key]) if isinstance(entry[key], str) else None for key in ("from", "to")}
    for key, minute in ends.items():
        if minute is None or (key == "from" and minute == DAY_MINUTES):
            raise refused(_('{key} must be a time of the day in quotes, such as "09:00"').format(key=key))
    if (span := span_between(ends["from"], ends["to"])) is None:
        raise refused(_("from and to must differ"))
    seconds = _whole(1, 86_400)
    found: list[int] = []
    for key in ("warn_after", "late_after"):
        try:
            found.append(int(str(seconds(entry[key]))))
        except _WrongValue as error:
            raise refused(_("{key}: {problem}").format(key=key, problem=error)) from None
    if found[1] < found[0]:
        raise refused(_("late_after must not be less than warn_after"))
    return LimitHours(span.start, span.end, Limits(*found))


_SECONDS = _number(0.5, 3600.0)
_CHECKS: Mapping[str, Check] = {
    # The AppID names the archive's file, so it must not be able to be a path.
    "account.app_id": _matching("[A-Za-z0-9_-]{0,64}", lambda: _("must be letters, digits, '-' and '_'")),
    "account.app_secret": _matching(r"[!-~]*", lambda: _("must be letters and digits without blanks")),
    "account.app_secret_command": _command,
    "account.access_token_command": _command,
    "account.base_url": _base_url,
    "me.kf_account": _matching(r"([^@\s/]+@[^@\s/]+)?", lambda: _("must be a full agent account such as kf2001@shop")),
    "me.read_only": _flag,
    "poll.queue": _SECONDS,
    "poll.agents": _SECONDS,
    "poll.sessions": _SECONDS,
    "poll.messages": _SECONDS,
    "poll.night_hours": _daily_span,
    "poll.night_factor": _number(1.0, 100.0),
    "network.proxy": _proxy,
    "ui.language": _one_of("auto", "zh", "en"),
    "ui.timezone": _timezone,
    "ui.theme": _matching("[a-z0-9-]+", lambda: _("must be the name of a theme, such as textual-dark")),
    "ui.ascii_borders": _flag,
    "alerts.warn_after": _whole(1, 86_400),
    "alerts.late_after": _whole(1, 86_400),
    "alerts.hours": _limit_hours,
    "alerts.bell": _flag,
    "alerts.repeat_after": _whole(0, 3600),
    "alerts.quiet_hours": _daily_span,
    "alerts.popups": _one_of("auto", "off", "osc9", "osc777", "osc99", "notify-send"),
    "alerts.show_names": _flag,
    "replies.file": _file,
    "assign.automatic": _flag,
    "assign.rules": _file,
    "archive.keep_days": _whole(1, 36_500),
    "archive.audit_days": _whole(1, 36_500),
}
