"""Reads the fields of one answer, tolerant of numbers written as texts and the reverse. Knows no endpoint.

A wrong type in a field we use fails the whole answer with the field's name; a field we do not use is not looked at.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from kfconsole.errors import Unavailable
from kfconsole.text import clean, one_line
from kfconsole.wechat.call import Call
from kfconsole.wechat.envelope import unreadable_field

LATEST_TIME = 253_370_764_799  # the last second of 9998: zones and deadlines may add to it, and no date follows 9999
LARGEST_COUNT = 2**31 - 1
LARGEST_CURSOR = 2**63 - 1

Loose = int | str
"""An id: a string in the documents, often a number on the wire."""
Number = int | float | str
"""A time or count."""
Place = str | tuple[str, int, str]
"""A field; of a row: list, position and name, put into words only when something is wrong with it."""

_DIGITS = re.compile(r"\s*[0-9]{1,19}(\.[0-9]{0,9})?\s*")
_PROBLEM = re.compile(r"(?:required field `(?P<missing>[^`]*)`)?(?: - at `\$\.?(?P<place>.*)`)?$")
_S = TypeVar("_S", bound=msgspec.Struct)


class Fields:
    """The JSON object of one good answer."""

    def __init__(self, fields: Mapping[str, Any], call: Call) -> None:
        self._fields = fields
        self._call = call

    def _read(self, shape: type[_S], name: str = "", other: str = "") -> _S:
        """Convert the fields; one under its other name is read under the one the shape has."""
        fields = self._fields
        if other and name not in fields and other in fields:
            fields = {**fields, name: fields[other]}
        try:
            return msgspec.convert(fields, shape, strict=False)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the second for half a character in a name
            place = _place(str(error))
        raise self._wrong(place)

    def _id(self, value: Loose, place: Place) -> str:
        name = one_line(words(value))
        if not name:
            raise self._wrong(place)
        return name

    def _whole(self, value: Number, place: Place, largest: int = LATEST_TIME) -> int:
        """Return a time or count without its fraction, if it had one."""
        number = _number(value)
        if number is None or not 0 <= number <= largest:
            raise self._wrong(place)
        return math.floor(number)

    def _whole_or_none(self, value: Number | None, place: Place, largest: int = LATEST_TIME) -> int | None:
        """Return a time or count that WeChat may leave out or leave empty; 0 is none, too."""
        is_empty = value is None or (isinstance(value, str) and not value.strip())
        return None if is_empty or value is None else self._whole(value, place, largest) or None

    def _wrong(self, place: Place) -> Unavailable:
        if isinstance(place, tuple):
            rows, at, name = place
            place = f"{rows}[{at}].{name}"
        return unreadable_field(place, self._call)


def words(value: Loose | None) -> str:
    """Return a text from outside, clean."""
    return "" if value is None else clean(str(value))


def label(value: Loose | None) -> str:
    """Return a text from outside as one clean line; a bare 0 stands for none, as in fields WeChat withholds."""
    return "" if value == 0 else one_line(words(value))


def _number(value: Number) -> int | float | None:
    """Return the number, None for what is none; no error of Python's, for it would quote the value."""
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value):
            return None
        whole, _dot, fraction = value.strip().partition(".")
        return float(value) if fraction else int(whole)
    return value if isinstance(value, int) or math.isfinite(value) else None


def _place(problem: str) -> str:
    """Return the field msgspec complains of, such as `kf_list[0].kf_id`."""
    found = _PROBLEM.search(problem)
    parts = (found["place"], found["missing"]) if found else ()
    return ".".join(part for part in parts if part) or "?"
