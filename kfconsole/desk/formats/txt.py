"""A conversation to read, as plain text.

What somebody wrote never begins a line: further lines of a text are indented, so that none can pass for the next
message, day or customer.
"""

import re
from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from kfconsole.desk.formats.common import Clock, People, Sayings, direction
from kfconsole.model import AgentId, CustomerId, Message
from kfconsole.text import clean, one_line, width_cells

INDENT: Final = " " * 10  # under the text of a message, behind its time
MARKS: Final = {"in": "<", "out": ">", "event": "-"}
RULE_CELLS: Final = 60

_LINE_ENDS = re.compile("[\n\u2028\u2029]")


class TxtWriter:
    """Writes a heading for each customer, one for each day, and a line for each message."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._clock = Clock(zone)
        self._sayings = Sayings()
        self._openid: CustomerId | None = None
        self._day = ""

    def head(self) -> str:
        """Return nothing: the first customer begins the file."""
        return ""

    def write(self, messages: Sequence[Message], people: People) -> str:
        """Return the next messages."""
        lines: list[str] = []
        agents: dict[AgentId, str] = {}
        customer = "" if self._openid is None else people.called(self._openid)
        for message in messages:
            if message.openid != self._openid:
                lines += self._customer_lines(message.openid, people)
                customer = people.called(message.openid)
            moment = self._clock.moment(message.at)
            if (day := moment[:10]) != self._day:
                self._day = day
                lines += ("", self._clock.day(day))
            if (agent := agents.get(message.agent)) is None:
                agent = agents[message.agent] = self._sayings.agent(message.agent, people)
            lines.append(f"{moment[11:19]}  {self._said(message, customer, agent)}")
        return "\n".join((*lines, ""))

    def _customer_lines(self, openid: CustomerId, people: People) -> list[str]:
        between = [] if self._openid is None else ["", ""]
        self._openid, self._day = openid, ""
        heading = one_line(clean(openid))
        if name := people.name(openid):
            heading = f"{name} ({heading})"
        return [*between, heading, "=" * min(width_cells(heading), RULE_CELLS)]

    def _said(self, message: Message, customer: str, agent: str) -> str:
        way = direction(message)
        if way == "event":
            said = f"{MARKS[way]} {self._sayings.event(message, agent)}"
        else:
            notes = self._sayings.notes(message)
            who = customer if way == "in" else agent
            # Behind the text a state could be made up by whoever wrote the text.
            head = f"{MARKS[way]} {who} [{notes}]" if notes else f"{MARKS[way]} {who}"
            said = f"{head}: {self._sayings.text(message)}"
        return said if said.isprintable() else _LINE_ENDS.sub(f"\n{INDENT}", said)
