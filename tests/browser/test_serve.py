"""The console in a real browser."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.chromium import Chromium
from tests.browser.conftest import Serve, opened
from tests.cli.conftest import Shop, simulator

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 726, "height": 506}
"""80 columns and 24 rows of it."""


async def test_a_supervisor_looks_at_a_conversation_and_can_change_nothing(
    browser: Chromium, serve: Serve, one_shop: Shop
) -> None:
    openid = one_shop.customer("请问什么时候发货")
    before = one_shop.state()["sessions"]
    async with serve(one_shop) as served:
        page = await opened(browser, served["url"], **WIDE)
        await page.sees(openid[-6:])
        await page.press("1", "G", "Enter")
        await page.sees(f"4 …{openid[-6:]}")
        assert "read-only" in await page.screen()
        await page.press("a")
        await page.sees("is read-only")
        await page.press("n", "x")

    assert one_shop.state()["sessions"] == before


async def test_with_writes_allowed_a_customer_is_answered_in_chinese(
    browser: Chromium, serve: Serve, one_shop: Shop
) -> None:
    openid = one_shop.customer("在吗")
    async with serve(one_shop, "--allow-writes") as served:
        page = await opened(browser, served["url"], **WIDE)
        await page.sees(openid[-6:])
        await page.press("1", "G", "a")
        await page.sees("replies left")
        await page.press("r")
        await page.sees("eply to")
        await page.commit("在的，马上帮您看")
        await page.sees("在的，马上帮您看")
        await page.press("Enter")
        await page.sees("0/2048")

        assert "在的，马上帮您看" in await page.screen()


async def test_the_page_asks_nobody_but_us_and_the_token_is_gone_from_it(
    browser: Chromium, serve: Serve, one_shop: Shop
) -> None:
    async with serve(one_shop) as served:
        page = await opened(browser, served["url"])
        token = served["url"].rpartition("/")[2]

        assert len(page.requested) > 5
        assert {urlsplit(url).netloc for url in page.requested} == {urlsplit(served["url"]).netloc}
        assert page.requested[0] == served["url"]
        assert not any(token in str(request) for request in page.sent[1:])
        assert await page.evaluate("location.href + document.referrer + document.cookie") == page.requested[1]
        assert page.complaints == []


async def test_a_page_loaded_anew_and_a_second_one_work_but_not_without_the_token(
    browser: Chromium, serve: Serve, one_shop: Shop
) -> None:
    async with serve(one_shop) as served:
        base = served["url"].partition("/t/")[0]
        stranger = await browser.open(base)
        await stranger.says("Open the address that 'kfconsole serve' printed")
        assert stranger.statuses[f"{base}/"] == 403
        await stranger.go(f"{base}/t/{'A' * 43}")
        await stranger.says("Open the address that 'kfconsole serve' printed")

        page = await opened(browser, served["url"])
        await page.reload()
        await page.sees("Queue")
        again = await opened(browser, served["url"])
        await again.close()
        await stranger.go(base)
        await stranger.sees("Queue")


async def test_pages_of_others_get_no_connection(browser: Chromium, serve: Serve, one_shop: Shop) -> None:
    async with serve(one_shop) as served, serve(one_shop) as other:
        page = await opened(browser, served["url"])
        await opened(browser, other["url"])
        port = urlsplit(other["url"]).port
        # The browser sends the cookie along: for cookies all ports of a host are one.
        ended = await page.order(
            "Runtime.evaluate",
            expression=f"new Promise(done => {{ const s = new WebSocket('ws://127.0.0.1:{port}/ws');"
            " s.onopen = () => done('open'); s.onerror = () => done('refused'); })",
            awaitPromise=True,
        )

        assert ended["result"]["value"] == "refused"


async def test_who_follows_a_link_from_another_page_gets_in(browser: Chromium, serve: Serve, one_shop: Shop) -> None:
    async with serve(one_shop) as served:
        page = await browser.open("data:text/html,<title>mail</title>")
        await page.evaluate(f"location.href = {served['url']!r}")

        await page.sees("Queue")
        assert page.requested.count(served["url"].partition("t/")[0]) == 2  # the cookie was kept back at first


async def test_a_lost_connection_is_told_and_mended(browser: Chromium, serve: Serve, one_shop: Shop) -> None:
    async with serve(one_shop, "--sessions", "1") as served:
        page = await opened(browser, served["url"])
        crowded = await browser.open(served["url"])
        await crowded.says("Too many consoles are open")
        await page.press("q")
        await page.says("The console has ended.")
        await page.press("Enter")

        await page.sees("Queue")
    await page.says("The console has ended.")


@pytest.mark.parametrize(("language", "queue"), [("en", "Queue"), ("zh", "等待")])
async def test_it_can_be_looked_at(
    browser: Chromium, serve: Serve, tmp_path: Path, pytestconfig: pytest.Config, language: str, queue: str
) -> None:
    with simulator("--scenario", "shop") as (_process, shop):
        async with serve(shop, KFCONSOLE_LANGUAGE=language) as served:
            page = await browser.open(served["url"], **WIDE)
            await page.sees(queue)
            await page.sees("刘老师")
            await page.press("2", "Enter")
            await page.sees("4 刘老师")
            picture = await page.picture()
            kept: Path = pytestconfig.getoption("--picture", None) or tmp_path / "browser.png"
            kept.with_stem(f"{kept.stem}-{language}" if language != "zh" else kept.stem).write_bytes(picture)
            await page.resize(**NARROW)
            shown = await page.sees("\n─4 刘老师")  # at 80 columns it has the whole width

            assert len(picture) > 20_000  # an empty page takes a few thousand
            assert await page.evaluate("document.documentElement.lang") == {"zh": "zh-CN"}.get(language, language)
            assert len(shown.split("\n")) == 24
            assert await page.evaluate("foundTerminal().cols") == 80


_COUNT_TONES = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function () { window.tones += 1; return start.call(this); };
"""


async def test_who_has_the_page_behind_others_sees_by_its_title_and_hears_that_a_customer_waits_too_long(
    browser: Chromium, serve: Serve, one_shop: Shop, tmp_path: Path
) -> None:
    settings = tmp_path / "kfconsole.toml"
    settings.write_text("[alerts]\nwarn_after = 600\nlate_after = 1200\nbell = true\n")
    settings.chmod(0o600)
    waiting = len(one_shop.state()["queue"]) + 2
    for text in ("在吗", "还在吗"):
        one_shop.customer(text)
    async with serve(one_shop, KFCONSOLE_CONFIG=str(settings)) as served:
        page = await opened(browser, served["url"], **WIDE)
        await page.evaluate(_COUNT_TONES)
        await page.sees(f"1 Queue {waiting}")
        await page.press("1")  # only then may it sound
        await page.comes_to("document.title === 'kfconsole' && window.tones === 0")
        one_shop.order("clock", advance_seconds=2000)
        await page.comes_to(f"document.title === '({waiting}) kfconsole'")
        await page.comes_to("window.tones > 0")
        await page.press("q")
        await page.says("The console has ended.")
        await page.comes_to("document.title === 'kfconsole'")

        assert page.complaints == []
