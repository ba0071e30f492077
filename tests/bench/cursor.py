"""On whom the cursor stands, read from the screen."""

import re
from collections.abc import Callable

from tests.terminal.session import Session

_CUSTOMER = re.compile(r"…[-\w]{6}")
_TABLE_COLUMN = 1

Cursor = Callable[[Session], str]
"""Names the row the cursor stands on; empty while it cannot be seen."""


def has_moved(cursor: Cursor, before: str, session: Session) -> bool:
    """Whether the cursor stands on another row than before."""
    return cursor(session) not in ("", before)


def current_session(session: Session) -> str:
    """Return the current row of the console's sessions, which is marked."""
    lines = session.lines()
    first = next((row for row, line in enumerate(lines) if "2 Sessions" in line), len(lines))
    return _name(next((line for line in lines[first + 1 :] if line.startswith(">")), ""))


def current_in_table(session: Session) -> str:
    """Return the current row of the DataTable, which has another background than its neighbours."""
    lines, colours = session.lines(), session.emulator.backgrounds(_TABLE_COLUMN)
    rows = [row for row in range(1, len(lines)) if _name(lines[row])]
    for row in rows:
        neighbours = {colours[other] for other in rows if 0 < abs(other - row) <= 2}
        if colours[row] not in neighbours:
            return _name(lines[row])
    return ""


def _name(line: str) -> str:
    found = _CUSTOMER.search(line)
    return found[0] if found else ""
