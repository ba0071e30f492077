"""The file of rules for automatic assignment: read and checked as a whole, for half of the rules means something else.

[[rule]]
name = "VIP first to 晓雯"
tags = ["VIP"]                  # conditions; all of them must hold
agents = ["kf2001@shop"]        # who may get them, and how one of them is chosen
max_sessions = 6
strategy = "least_loaded"
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from kfconsole.config import checks
from kfconsole.config.hours import DailySpan, span_of
from kfconsole.errors import ConfigError
from kfconsole.i18n import _, sentences
from kfconsole.text import clean, one_line

MAX_FILE_BYTES = 1_000_000
MAX_SESSIONS = 1_000
MAX_WAIT_SECONDS = 86_400
STRATEGIES = ("least_loaded", "round_robin")
TABLE = "rule"


class AssignRule(Struct, frozen=True):
    """Who is given to whom. A condition that is not written always holds."""

    name: str
    wait_over: int = 0
    """Only who waits for more seconds than this."""
    tags: tuple[str, ...] = ()
    """Only who has one of these tags, ours or WeChat's."""
    name_contains: str = ""
    """Only who has this in their alias or remark."""
    hours: tuple[DailySpan, ...] = ()
    """Only then."""
    agents: tuple[str, ...] = ()
    """Who may get them; empty: anybody who is online."""
    max_sessions: int | None = None
    """Nobody gets a customer by this rule who serves so many."""
    strategy: str = "least_loaded"
    """How one is chosen; see `STRATEGIES`."""


def read_rules(path: Path) -> tuple[AssignRule, ...]:
    """Return the rules of a file, in their order.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; all that is wrong is named.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        hint = _("Write it, or set automatic = false under [assign] in the settings.")
        raise ConfigError(_("There is no file of rules: {file}").format(file=path), hint=hint) from error
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {problem}").format(file=path, problem=error.strerror)) from error
    if len(data) > MAX_FILE_BYTES:
        problem = _("{file} is larger than {limit} MB.")
        raise ConfigError(problem.format(file=path, limit=MAX_FILE_BYTES // 1_000_000))
    return parse_rules(data, path)


def parse_rules(data: bytes, path: Path) -> tuple[AssignRule, ...]:
    """Return the rules in a file's bytes; see `read_rules`."""
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # what is not UTF-8, too
        said = checks.quoted(str(error))
        raise ConfigError(_("{file} is not valid TOML: {problem}").format(file=path, problem=said)) from error
    problems = [_nothing_reads(path, key, (TABLE,)) for key in table if key != TABLE]
    entries = table.get(TABLE, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        problems.append(_("{file}: each rule begins with a line [[rule]], in two brackets.").format(file=path))
        entries = []
    rules: list[AssignRule] = []
    names: set[str] = set()
    for number, entry in enumerate(entries, 1):
        rule, wrong = _rule(entry, number)
        if rule.name in names:
            wrong.append(("name", _("an earlier rule has this name already; give each its own.")))
        names.add(rule.name)
        rules.append(rule)
        where = _("{file}, rule {number} ({name}), {key}: {problem}")
        problems += [
            where.format(file=path, number=number, name=rule.name, key=key, problem=said) for key, said in wrong
        ]
    if not rules and not problems:
        problems.append(_("{file} has no rule; each begins with a line [[rule]].").format(file=path))
    if problems:
        raise ConfigError("\n".join(problems), hint=_("'kfconsole assign rules' checks the file again."))
    return tuple(rules)


def _rule(entry: Mapping[str, Any], number: int) -> tuple[AssignRule, list[tuple[str, str]]]:
    """Return a rule, with what can be read of it, and what is wrong: which field, and why."""
    wrong: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    for key, value in entry.items():
        if key not in _FIELDS:
            wrong.append((checks.quoted(key), _unknown(key, tuple(_FIELDS))))
            continue
        try:
            values[key] = _FIELDS[key](value)
        except ValueError as error:
            wrong.append((key, str(error)))
    if "name" not in values:
        values["name"] = str(number)
        if "name" not in entry:
            wrong.append(("name", _("the rule has no name; what is assigned by it is noted under its name.")))
    return AssignRule(**values), wrong


def _name(value: Any) -> str:
    name = one_line(clean(value)).strip() if isinstance(value, str) else ""
    if not name or len(name) > 60:
        raise ValueError(_("must be text in quotes, of 1 to 60 characters."))
    return name


def _words(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(_("must be text in quotes; leave the line out where anything will do."))
    return clean(value.strip())


def _list(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and word.strip() for word in value):
        raise ValueError(_('must be texts in brackets, such as ["VIP", "老客"]; leave the line out for any.'))
    return tuple(clean(word.strip()) for word in value)


def _agents(value: Any) -> tuple[str, ...]:
    agents = _list(value)
    for agent in agents:
        if "@" not in agent:
            raise ValueError(
                _("{agent} is no full agent account such as kf2001@shop.").format(agent=checks.quoted(agent))
            )
    return agents


def _hours(value: Any) -> tuple[DailySpan, ...]:
    written = value if isinstance(value, list) else [value]
    found = tuple(span for text in written if isinstance(text, str) and (span := span_of(text)) is not None)
    if not found or len(found) != len(written):
        raise ValueError(_('must be times of the day, such as "09:00-18:00", or several in brackets.'))
    return found


def _whole(lowest: int, highest: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            problem = _("must be a whole number from {lowest} to {highest}.")
            raise ValueError(problem.format(lowest=lowest, highest=highest))
        return value

    return check


def _strategy(value: Any) -> str:
    if value not in STRATEGIES:
        raise ValueError(_("must be one of: {names}.").format(names=", ".join(STRATEGIES)))
    return str(value)


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "wait_over": _whole(0, MAX_WAIT_SECONDS),
    "tags": _list,
    "name_contains": _words,
    "hours": _hours,
    "agents": _agents,
    "max_sessions": _whole(1, MAX_SESSIONS),
    "strategy": _strategy,
}


def _nothing_reads(path: Path, key: str, names: tuple[str, ...]) -> str:
    return _("{file}, {key}: {problem}").format(file=path, key=checks.quoted(key), problem=_unknown(key, names))


def _unknown(key: str, names: tuple[str, ...]) -> str:
    return sentences(_("nothing reads this."), checks.instead_of(key, names))
