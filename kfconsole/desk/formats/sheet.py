"""A table for spreadsheets: CSV as Excel and WPS read it, where no text becomes a formula.

Its heads and words are in the user's language, as people filter and sort by them; programs take jsonl. Columns keep
their order, and new ones come last.
"""

import re
from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import Final

from kfconsole.desk.formats.common import Clock, Direction, People, Sayings, direction
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Message
from kfconsole.text import clean, one_line

BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel takes UTF-8 for the system's own character set

ROW_END: Final = "\r\n"
STATES_REMEMBERED: Final = 1000
NO_STATE: Final = '"","","",""'

# What makes a cell a formula, by https://owasp.org/www-community/attacks/CSV_Injection: also as wide characters, behind
# blanks that some programs skip, and behind what another program, or another country's settings, takes for the end of
# a cell.
_SIGNS: Final = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
_BLANKS: Final = r"\s\"'\u200b-\u200d\u2060\ufeff"
_SUSPICIOUS = re.compile(f"[{_SIGNS}\t\r\n]")
_BEGINS_FORMULA = re.compile(f"[{_BLANKS}]*[{_SIGNS}]|[\t\r\n]")
_FORMULA_INSIDE = re.compile(f"([,;|\t\r\n，；｜])(?=[{_BLANKS}]{{0,64}}[{_SIGNS}])")


class CsvWriter:
    """Writes a row for each message, below one row of heads."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._clock = Clock(zone)
        self._sayings = Sayings()
        self._ways: dict[Direction, str] = {
            "in": cell(_("from the customer")),
            "out": cell(_("to the customer")),
            "event": cell(_("event")),
        }
        self._yes = _("yes")
        self._remembered_cells = lru_cache(STATES_REMEMBERED)(_cells)

    def head(self) -> str:
        """Return the mark and the row of heads."""
        heads = (
            _("time"),
            _("Unix seconds"),
            _("customer"),
            _("openid"),
            _("direction"),
            _("agent"),
            _("agent's account"),
            _("text"),
            _("delivery"),
            _("reason"),
            _("dismissed"),
            _("AI"),
            _("number"),
        )
        return f"{BYTE_ORDER_MARK}{','.join(map(cell, heads))}{ROW_END}"

    def write(self, messages: Sequence[Message], people: People) -> str:
        """Return the next messages."""
        customers: dict[CustomerId, str] = {}
        agents: dict[AgentId, tuple[str, str]] = {}
        rows: list[str] = []
        for message in messages:
            if (customer := customers.get(message.openid)) is None:
                customer = f"{cell(people.called(message.openid))},{cell(message.openid)}"
                customers[message.openid] = customer
            if (agent := agents.get(message.agent)) is None:
                agent = agents[message.agent] = self._agent(message.agent, people)
            way = direction(message)
            text = self._sayings.event(message, agent[1]) if way == "event" else self._sayings.text(message)
            rows.append(
                f"{self._clock.moment(message.at)},{_number(message.at)},{customer},{self._ways[way]},{agent[0]},"
                f"{cell(text)},{self._state(message)},{message.id}"
            )
        return ROW_END.join((*rows, ""))

    def _agent(self, agent: AgentId, people: People) -> tuple[str, str]:
        """Return an agent's cells, and what an event calls the agent."""
        return f"{cell(people.nick(agent))},{cell(one_line(clean(agent)))}", self._sayings.agent(agent, people)

    def _state(self, message: Message) -> str:
        if message.delivery is None and not message.is_ai:
            return NO_STATE
        return self._remembered_cells(
            self._sayings.state(message),
            message.reason,
            self._yes if message.is_dismissed else "",
            self._yes if message.is_ai else "",
        )


def _cells(*texts: str) -> str:
    return ",".join(map(cell, texts))


def cell(text: str) -> str:
    """Return the text as one cell that no spreadsheet takes, as a whole or in part, for a formula."""
    if _SUSPICIOUS.search(text):
        inside = _FORMULA_INSIDE.sub(r"\1'", text)
        text = f"'{inside}" if _BEGINS_FORMULA.match(text) else inside
    return '"' + text.replace('"', '""') + '"'


def _number(at: float) -> str:
    return f"{at:.0f}" if at % 1 == 0 else f"{at:.3f}"
