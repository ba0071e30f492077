"""A conversation to read, as Markdown in which no text is markup, a link or HTML."""

import re
from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import Final

from kfconsole.desk.formats.common import Clock, People, Sayings, direction
from kfconsole.model import AgentId, CustomerId, Message
from kfconsole.text import clean, one_line

REMEMBERED: Final = 1000  # agents, and states with reasons
MARKS: Final = {"in": "<", "out": ">", "event": "-"}

_RUN = re.compile("[!-~]+")
_AROUND: Final = "()[]{}<>\"',;:!?"
_LINK = re.compile(r"//|@|www\.|(?:^|[0-9A-Za-z])\.[A-Za-z]", re.IGNORECASE)
"""What programs that know links without brackets may take a run of characters for one by."""
_HARMLESS = re.compile(r"[^\\`*_{}\[\]#|~$=^<>&/@.]*")
_MARKUP = re.compile(r"[\\`*_{}\[\]#|~$=^<>&]")
_ENTITIES: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_FENCES = re.compile("`+")
_LIST_NUMBER = re.compile(r"\A([0-9]+)([.)])")


class MarkdownWriter:
    """Writes a heading for each customer, a smaller one for each day, and an item for each message."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._clock = Clock(zone)
        self._sayings = Sayings()
        self._remembered = lru_cache(REMEMBERED)(_escaped)
        self._openid: CustomerId | None = None
        self._day = ""

    def head(self) -> str:
        """Return nothing: the first customer begins the file."""
        return ""

    def write(self, messages: Sequence[Message], people: People) -> str:
        """Return the next messages."""
        lines: list[str] = []
        agents: dict[AgentId, str] = {}
        customer = "" if self._openid is None else _escaped(people.called(self._openid))
        for message in messages:
            if message.openid != self._openid:
                lines += self._customer_lines(message.openid, people)
                customer = _escaped(people.called(message.openid))
            moment = self._clock.moment(message.at)
            if (day := moment[:10]) != self._day:
                self._day = day
                lines += ("", f"## {_escaped(self._clock.day(day))}", "")
            if (agent := agents.get(message.agent)) is None:
                agent = agents[message.agent] = self._sayings.agent(message.agent, people)
            lines.append(f"- {moment[11:19]} {self._said(message, customer, agent)}")
        return "\n".join((*lines, ""))

    def _customer_lines(self, openid: CustomerId, people: People) -> list[str]:
        between = [] if self._openid is None else [""]
        self._openid, self._day = openid, ""
        named = one_line(clean(openid))
        if name := people.name(openid):
            return [*between, f"# {_escaped(name)}", "", _escaped(named)]
        return [*between, f"# {_escaped(named)}"]

    def _said(self, message: Message, customer: str, agent: str) -> str:
        way = direction(message)
        if way == "event":
            return f"- {_lines(self._sayings.event(message, agent))}"
        who = customer if way == "in" else self._remembered(agent)
        notes = self._sayings.notes(message)
        state = f" {self._remembered(f'[{notes}]')}" if notes else ""
        return f"{MARKS[way]} **{who}**{state}: {_lines(self._sayings.text(message))}"


def _lines(text: str) -> str:
    """Return the text as one paragraph, its lines broken where they were."""
    if "\n" not in text:
        return _escaped(text)
    first, *others = text.rstrip().split("\n")  # a break before nothing would show its sign
    return "\\\n  ".join((_escaped(first.rstrip(" \t")), *map(_line, others)))


def _line(line: str) -> str:
    """Return a line behind the first, whose beginning must not be taken for that of a list."""
    escaped = _LIST_NUMBER.sub(r"\1\\\2", _escaped(line.strip(" \t"))) if line else ""
    return f"\\{escaped}" if escaped.startswith(("+", "-", ":")) else escaped


def _escaped(text: str) -> str:
    """Return the text so that it is shown as it is."""
    return text if _HARMLESS.fullmatch(text) else _RUN.sub(_escaped_run, text)


def _escaped_run(found: re.Match[str]) -> str:
    run = found[0]
    if not _LINK.search(run):
        return _signs(run)
    start, end = len(run) - len(run.lstrip(_AROUND)), len(run.rstrip(_AROUND))
    return f"{_signs(run[:start])}{_code(run[start:end])}{_signs(run[end:])}"


def _signs(run: str) -> str:
    return _MARKUP.sub(lambda sign: _ENTITIES.get(sign[0]) or f"\\{sign[0]}", run)


def _code(run: str) -> str:
    fence = "`" * (1 + max(map(len, _FENCES.findall(run)), default=0))
    pad = " " if run.startswith("`") or run.endswith("`") else ""
    return f"{fence}{pad}{run}{pad}{fence}"
