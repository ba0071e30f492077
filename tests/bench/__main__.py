"""Measure what the design promises: `python -m tests.bench [--quick] [NAME…]`."""

import argparse
import sys
from collections.abc import Callable, Iterator

from tests.bench.archive import archive
from tests.bench.bench import Bench, prepared, wait_until_calm
from tests.bench.big import big, fifty
from tests.bench.keys import keys
from tests.bench.messages import arrivals, conversation
from tests.bench.report import Row, markdown
from tests.bench.start import idle, start, weight

MEASURES: tuple[Callable[[Bench], Iterator[Row]], ...] = (
    start,
    keys,
    conversation,
    arrivals,
    idle,
    weight,
    fifty,
    big,
    archive,
)
_SWITCH_SECONDS = 0.0001  # or the reader waits for the emulator before it stamps a chunk


def main() -> int:
    """Measure and print the table; 1 when a budget is missed."""
    names = [measure.__name__ for measure in MEASURES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"measure only these: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="few runs: an impression, not a measurement")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"no measure is called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    sys.setswitchinterval(_SWITCH_SECONDS)
    rows: list[Row] = []
    with prepared(is_quick=options.quick) as bench:
        for measure in MEASURES:
            if not options.names or measure.__name__ in options.names:
                if not wait_until_calm():
                    sys.stderr.write(f"{measure.__name__}: the machine is busy; take the numbers with care\n")
                rows.extend(measure(bench))
    sys.stdout.write(markdown(rows) + "\n")
    return 0 if all(row.is_kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
