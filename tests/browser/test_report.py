"""The report as a page, in a real browser: whole, offline, light and dark, on paper, and harmless."""

import base64
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kfconsole import i18n
from kfconsole.desk.reporting import By, Order
from kfconsole.desk.reporting.page import page
from kfconsole.desk.reporting.reckoning import Reckoning
from kfconsole.model import AgentId, CustomerId, MessageKind, SessionSeen, Spoken, Wait, WaitOutcome
from tests.browser.chromium import Chromium
from tests.desk.reported_day import whole

pytestmark = pytest.mark.browser

T = 1_750_000_000
HOSTILE = '</title><img src=x onerror="document.title=1">'
NICKS = {"kf0@shop": HOSTILE, "kf1@shop": "小李", "kf2@shop": "A very long name of an agent indeed"}


def written(language: str, by: By = By.AGENT) -> str:
    """A report of a busy morning."""
    agents = [AgentId(account) for account in NICKS]
    waits, sessions, said = [], [], []
    for number in range(60):
        openid, agent, at = CustomerId(f"oLh7e5{number}"), agents[number % 3], T + 300 * number
        outcome = WaitOutcome.LEFT if number % 7 == 0 else WaitOutcome.TAKEN
        end_at = at + 20 + number * 3
        waits.append(Wait(openid, at, number % 5 > 0, at, end_at, at, 1, end_at, True, outcome, agent))
        if outcome is WaitOutcome.TAKEN:
            sessions.append(SessionSeen(openid, agent, end_at, end_at, end_at + 400))
            said.append(Spoken(openid, agent, MessageKind.SENT, end_at + 10 + number))
    order = Order(T, T + 300 * 60, by, ZoneInfo("Asia/Shanghai"))
    reckoning = Reckoning(order, waits, sessions, (), ((0.0, 9e12),))
    whole(reckoning.hear(sorted(said, key=lambda line: line.at)))
    whole(reckoning.finish())
    report = whole(reckoning.report(((T, T + 600.0),)))
    i18n.use(language)
    try:
        return page(report, "Report " + HOSTILE, "2025-06-15", NICKS, language)
    finally:
        i18n.use("en")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_shows_all_and_asks_nobody(
    browser: Chromium, tmp_path: Path, language: str, scheme: str, pytestconfig: pytest.Config
) -> None:
    file = tmp_path / "report.html"
    file.write_text(written(language), "utf-8")
    opened = await browser.open("about:blank", width=1100, height=1600)
    await opened.order("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    await opened.go(file.as_uri())
    shown = await opened.says("小李")

    assert HOSTILE in shown
    assert await opened.evaluate("document.images.length + document.scripts.length") == 0
    assert await opened.evaluate("performance.getEntriesByType('resource').length") == 0
    assert await opened.evaluate("document.querySelectorAll('svg rect').length") >= 12
    scrolls = "[...document.querySelectorAll('.scroll')].some(box => box.scrollWidth > box.clientWidth)"
    assert await opened.evaluate(scrolls) is False  # a column behind the edge is overlooked
    assert await opened.evaluate("document.documentElement.scrollWidth <= innerWidth") is True
    assert await opened.evaluate("[...document.querySelectorAll('figure')].every(f => f.offsetHeight > 60)") is True
    if picture := pytestconfig.getoption("--picture"):
        place = Path(picture)
        place.with_name(f"{place.stem}-report-{language}-{scheme}.png").write_bytes(await opened.picture())
    await opened.close()


async def test_it_fits_on_paper(browser: Chromium, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(written("en", By.AGENT), "utf-8")
    opened = await browser.open(file.as_uri(), width=1100, height=1600)
    await opened.says("nearest rank")
    await opened.order("Emulation.setEmulatedMedia", media="print")
    await opened.resize(718, 1000)  # A4 upright, less its margins
    assert await opened.evaluate("document.documentElement.scrollWidth <= innerWidth") is True
    assert await opened.evaluate("[...document.querySelectorAll('table')].every(t => t.scrollWidth <= 718)") is True
    paper = base64.b64decode((await opened.order("Page.printToPDF", landscape=False))["data"])

    assert paper.startswith(b"%PDF")
    assert paper.count(b"/Type /Page\n") in range(1, 7)
    await opened.close()
