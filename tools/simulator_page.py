"""Brings the tables of `docs/simulator.md` up to date with the source: `python -m tools.simulator_page`."""

import dataclasses
import sys
from pathlib import Path

from kfconsole.simulator.routes import ENDPOINTS
from kfconsole.simulator.switches import Switches
from tools.schemas import docstrings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "simulator.md"


def up_to_date(page: str) -> str:
    """Return the page with its tables as the source has them."""
    for name, rows in (("paths", _paths()), ("switches", _switches())):
        before, mark, rest = page.partition(f"<!-- {name} -->\n")
        _old, end, after = rest.partition(f"<!-- /{name} -->")
        page = "".join((before, mark, *(f"{row}\n" for row in rows), end, after))
    return page


def main() -> int:
    """Write the page."""
    PAGE.write_text(up_to_date(PAGE.read_text("utf-8")), "utf-8")
    return 0


def _paths() -> list[str]:
    rows = [f"| {', '.join(endpoint.methods)} | `{path}` |" for path, endpoint in ENDPOINTS.items()]
    return ["| method | path |", "|---|---|", *rows]


def _switches() -> list[str]:
    texts = docstrings(Switches)
    rows = [
        f"| `{field.name}` | `{_shown(field.default)}` | {' '.join(texts[field.name].split())} |"
        for field in dataclasses.fields(Switches)
    ]
    return ["| switch | default | means |", "|---|---|---|", *rows]


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else repr(default).replace("'", '"')


if __name__ == "__main__":
    sys.exit(main())
