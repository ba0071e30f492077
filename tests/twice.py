"""Tries a test with real terminals or browsers once more where it failed, and says so at the end.

Program, emulator and server share the cores with all other tests there, so that now and then something comes in a
moment in which no person would see or press it. What fails twice is a fault; what was tried twice is named, with why.
"""

from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

_FOLDER = Path(__file__).parent
PLACES = (_FOLDER / "terminal", _FOLDER / "cli" / "test_serve.py")
_WHY = "tried once more"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test, of these places a second time where it failed."""
    if not isinstance(item, pytest.Function) or not any(place in (item.path, *item.path.parents) for place in PLACES):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if failed := next((report for report in reports if report.failed), None):
        item.user_properties.append((_WHY, failed.longreprtext.splitlines()[-1]))
        item._initrequest()  # every fixture anew
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was tried twice."""
    for report in terminalreporter.getreports("passed"):
        for name, why in report.user_properties:
            if name == _WHY and report.when == "call":
                terminalreporter.write_line(f"{_WHY}: {report.nodeid}: {why}")
