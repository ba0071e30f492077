"""Reads the fields of a control request; every complaint names the field and the fix.

Knows nothing of the world.
"""

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

Json = dict[str, object]
MOST = 2**53
"""No control request means a larger number, nor one further below 0."""
Order = Callable[[Json], Json]
"""Takes the JSON of a control request, does it, returns the JSON of the answer."""


class BadField(Exception):
    """A control request that makes no sense; the message names the field and the fix."""


class Fields:
    """The JSON object of one control request."""

    def __init__(self, values: Mapping[str, object], known: tuple[str, ...]) -> None:
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise BadField(f"unknown field {unknown[0]!r}; use {', '.join(known) or 'none'}")
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string; without a default it must be there and not empty."""
        value = self._values.get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise BadField(f'field {name!r} is missing or no string; give {{"{name}": "…"}}')
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Return true or false."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise BadField(f"field {name!r} is missing or no truth value; give true or false")
        return value

    def number(self, name: str, default: float | None = None, *, least: float = -MOST, most: float = MOST) -> float:
        """Return a number from `least` to `most`."""
        value = self._values.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise BadField(f"field {name!r} is missing or no number; give a number")
        return _in_range(name, value, least, most)

    def integer(self, name: str, default: int | None = None, *, least: float = -MOST, most: float = MOST) -> int:
        """Return a whole number from `least` to `most`."""
        value = self._values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadField(f"field {name!r} is missing or no whole number; give a whole number")
        return _in_range(name, value, least, most)

    def integers(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        value = self._values.get(name, list(default))
        if not isinstance(value, list) or not all(isinstance(row, int) and not isinstance(row, bool) for row in value):
            raise BadField(f"field {name!r} is no list of whole numbers; give [1, 2]")
        return tuple(value)

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """Return one of the given words."""
        value = self._values.get(name, default)
        if not isinstance(value, str) or value not in choices:
            raise BadField(f"field {name!r} is {value!r}; use one of {', '.join(choices)}")
        return value

    def rows(self, name: str) -> list[Mapping[str, object]]:
        """Return a list of objects."""
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise BadField(f"field {name!r} is missing or no list of objects; give [{{…}}, …]")
        return value


_Number = TypeVar("_Number", int, float)


def _in_range(name: str, value: _Number, least: float, most: float) -> _Number:
    if not least <= value <= most:  # NaN, which json reads, is in no range
        raise BadField(f"field {name!r} is {value}; give {least:g} or more, {most:g} at most")
    return value


def parse_object(raw_body: bytes) -> Json:
    """Return the JSON object of a control request; an empty body is an empty object."""
    if not raw_body.strip():
        return {}
    try:
        values = json.loads(raw_body)
    except ValueError as error:
        raise BadField(f"the body is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise BadField("the body is no JSON object; give {…}")
    return values
