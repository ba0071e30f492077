"""Variables in canned replies, and what they stand for. Pure.

`{customer}` `{agent}` `{time}` `{greeting}`, or 顾客 客服 时间 问候; `{{` and `}}` are braces. Other braces are left as
they are. What a variable stands for is never looked through for variables.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

VARIABLES = ("customer", "agent", "time", "greeting")
_CALLED = {"顾客": "customer", "客服": "agent", "时间": "time", "问候": "greeting"}
_PIECES = re.compile(r"\{\{|\}\}|\{([^\W\d]\w*)\}")
_UNRESOLVED = re.compile(rf"\{{({'|'.join((*VARIABLES, *_CALLED))})\}}")
_CHINESE = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]"  # compiled when used: it takes longer than all else here
_LETTER = "[A-Za-z]"

# In the language of the reply, not of the screen: a customer reads it. By the hour from which it is said.
_GREETINGS = ((5, "早上好", "Good morning"), (9, "上午好", "Good morning"), (11, "中午好", "Good afternoon"))
_LATER_GREETINGS = ((13, "下午好", "Good afternoon"), (18, "晚上好", "Good evening"))


class Values(Struct, frozen=True):
    """What the variables stand for now; an empty one stays unresolved."""

    customer: str = ""
    """Alias or remark."""
    agent: str = ""
    """The nick of the agent who answers."""
    at: datetime | None = None
    """Now, in the time zone in which the shop lives."""


class Filled(Struct, frozen=True):
    """A text with its variables filled in."""

    text: str
    unresolved: tuple[tuple[int, int], ...] = ()
    """Where variables still stand in it: start and end in characters."""


def fill(text: str, values: Values) -> Filled:
    """Fill in the variables; what nothing is known for stays as it is written."""
    filled, places = "", []
    for piece, name in _pieces(text):
        said = piece if name is None else _value(name, values, text)
        if name is not None and not said:
            said = piece
            places.append((len(filled), len(filled) + len(said)))
        filled += said
    return Filled(filled, tuple(places))


def _pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield the text in pieces: what stands there, and the variable if it is one."""
    end = 0
    for found in _PIECES.finditer(text):
        yield text[end : found.start()], None
        end = found.end()
        yield (found[0], found[1]) if found[1] else (found[0][0], None)
    yield text[end:], None


def _value(name: str, values: Values, text: str) -> str:
    match _CALLED.get(name, name):
        case "customer":
            return values.customer
        case "agent":
            return values.agent
        case "time" if values.at is not None:
            return values.at.strftime("%H:%M")
        case "greeting" if values.at is not None:
            return greeting(values.at.hour, is_chinese=is_chinese(text))
    return ""


def greeting(hour: int, *, is_chinese: bool) -> str:
    """Return how one says good day at an hour."""
    chinese, english = _LATER_GREETINGS[-1][1:]  # before 5 in the morning it is still evening
    for start, in_chinese, in_english in (*_GREETINGS, *_LATER_GREETINGS):
        if hour >= start:
            chinese, english = in_chinese, in_english
    return chinese if is_chinese else english


def is_chinese(text: str) -> bool:
    """Whether the text, variables left out, is Chinese; what is neither language counts as Chinese."""
    words = "".join(piece for piece, name in _pieces(text) if name is None)
    return bool(re.search(_CHINESE, words)) or not re.search(_LETTER, words)


def unknown_variables(text: str) -> tuple[str, ...]:
    """Return the variables in a text that nothing ever fills in."""
    names = (name for _piece, name in _pieces(text) if name is not None)
    return tuple(dict.fromkeys(name for name in names if _CALLED.get(name, name) not in VARIABLES))


def near_variable(name: str) -> str:
    """Return the variable that was probably meant, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), (*VARIABLES, *_CALLED), 1)
    return near[0] if near else ""


def find_unresolved(text: str) -> tuple[int, int] | None:
    """Return where the first variable stands in a text that is about to be sent: start and end; None: nowhere."""
    found = _UNRESOLVED.search(text)
    return found.span() if found else None


def escaped(text: str) -> str:
    """Return a text that was written by hand as a reply that says the same, its braces no variables."""
    return "".join(
        piece if not found else found[0].replace("{", "{{").replace("}", "}}") for piece, found in _by_hand(text)
    )


def _by_hand(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    end = 0
    for found in _PIECES.finditer(text):
        yield text[end : found.start()], None
        end = found.end()
        is_variable = found[1] and _CALLED.get(found[1], found[1]) in VARIABLES
        yield (found[0], None) if is_variable else ("", found)
    yield text[end:], None
