"""A real browser, led over the DevTools protocol: pages, what a terminal in one shows, keys, and what was asked for."""

import asyncio
import base64
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

SECONDS = 30.0  # far beyond what any page takes, also on a busy machine
LOOKS = 600
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
_FIND_TERMINAL = """
Object.defineProperty(Object.prototype, "fitAddon", {
  configurable: true,
  set(addon) {
    Object.defineProperty(this, "fitAddon", {value: addon, writable: true, configurable: true});
    window.foundTerminal = () => this.terminal;
  },
});
"""
"""The page keeps its terminal to itself, but has to name a part of it."""
_READ_TERMINAL = """
(() => {
  if (!window.foundTerminal) return "";
  const {rows, cols, buffer: {active}} = window.foundTerminal();
  return [...Array(rows).keys()].map(row => active.getLine(row)?.translateToString(true, 0, cols) ?? "").join("\\n");
})()
"""
_KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, "\t"), "ArrowDown": (40, ""), "ArrowUp": (38, "")}


class Chromium:
    """One browser without a window."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers = dict[int, asyncio.Future[Mapping[str, Any]]]()
        self._pages = dict[str, Page]()

    async def listen(self) -> None:
        """Take what the browser says, until it ends."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            said = message.json()
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            elif page := self._pages.get(said.get("sessionId", "")):
                page.take(said["method"], said["params"])

    async def order(self, method: str, session: str = "", **values: object) -> Mapping[str, Any]:
        """Have something done; return what came of it."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json(
            {"id": number, "method": method, "params": values, **({"sessionId": session} if session else {})}
        )
        async with asyncio.timeout(SECONDS):
            said = await answer
        assert "error" not in said, (method, said)
        result: Mapping[str, Any] = said["result"]
        return result

    async def open(self, url: str, *, width: int = 1280, height: int = 800) -> "Page":
        """Open a page in a window of its own, of so many dots; it shares its cookies with the others."""
        target = await self.order("Target.createTarget", url="about:blank")
        attached = await self.order("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = Page(self, attached["sessionId"], target["targetId"])
        self._pages[attached["sessionId"]] = page
        for domain in ("Page", "Network", "Runtime"):
            await page.order(f"{domain}.enable")
        await page.order("Page.addScriptToEvaluateOnNewDocument", source=_FIND_TERMINAL)
        await page.resize(width, height)
        await page.go(url)
        return page


class Page:
    """One page, and all that it asked for."""

    def __init__(self, browser: Chromium, session: str, target: str) -> None:
        self.requested: list[str] = []
        """The address of every request, and of every WebSocket."""
        self.sent: list[Mapping[str, Any]] = []
        """Every request with its headers."""
        self.statuses = dict[str, int]()
        """An address to what was answered last."""
        self.complaints: list[str] = []
        """What the page found wrong, such as a policy that forbade something."""
        self._browser, self._session, self._target = browser, session, target

    def take(self, method: str, values: Mapping[str, Any]) -> None:
        """Remember an event of the browser."""
        match method:
            case "Network.requestWillBeSent":
                self.requested.append(values["request"]["url"])
                self.sent.append(values["request"])
            case "Network.webSocketCreated":
                self.requested.append(values["url"])
            case "Network.responseReceived":
                self.statuses[values["response"]["url"]] = values["response"]["status"]
            case "Runtime.exceptionThrown":
                self.complaints.append(str(values["exceptionDetails"]))
            case "Log.entryAdded":
                self.complaints.append(values["entry"]["text"])

    async def order(self, method: str, **values: object) -> Mapping[str, Any]:
        """Have something done to this page."""
        return await self._browser.order(method, self._session, **values)

    async def go(self, url: str) -> None:
        """Open an address here."""
        await self.order("Page.navigate", url=url)

    async def reload(self) -> None:
        """Load the page anew."""
        await self.order("Page.reload")

    async def resize(self, width: int, height: int) -> None:
        """Give the page another size, in dots."""
        await self.order(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def close(self) -> None:
        """Close the page."""
        await self._browser.order("Target.closeTarget", targetId=self._target)

    async def evaluate(self, script: str) -> Any:
        """Return what a script comes to; None where the page is just going away."""
        result = (await self.order("Runtime.evaluate", expression=script, returnByValue=True))["result"]
        return result.get("value")

    async def screen(self) -> str:
        """Return what the terminal in the page shows."""
        return str(await self.evaluate(_READ_TERMINAL))

    async def text(self) -> str:
        """Return what the page itself says."""
        return str(await self.evaluate("document.body ? document.body.innerText : ''"))

    async def sees(self, words: str) -> str:
        """Wait until the terminal shows words; return all it shows."""
        return await self._shows(words, self.screen)

    async def says(self, words: str) -> str:
        """Wait until the page itself says something; return all it says."""
        return await self._shows(words, self.text)

    async def comes_to(self, script: str) -> None:
        """Wait until what a script asks is true."""
        for _look in range(LOOKS):
            if await self.evaluate(script):
                return
            await asyncio.sleep(SECONDS / LOOKS)
        raise AssertionError(f"{script!r} never is; the title is {await self.evaluate('document.title')!r}")

    async def _shows(self, words: str, look: Callable[[], Awaitable[str]]) -> str:
        shown = ""
        for _look in range(LOOKS):
            if words in (shown := await look()):
                return shown
            await asyncio.sleep(SECONDS / LOOKS)
        raise AssertionError(f"{words!r} is not in:\n{shown}\n{self.complaints}")

    async def press(self, *keys: str) -> None:
        """Press keys: letters as they are, others by the name the browser has for them."""
        for key in keys:
            code, text = _KEYS.get(key, (ord(key[0].upper()), key))
            named = {"key": key, "windowsVirtualKeyCode": code, "text": text}
            await self.order("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **named)
            await self.order("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    async def commit(self, text: str) -> None:
        """Enter what an input method has put together."""
        await self.order("Input.insertText", text=text)

    async def picture(self) -> bytes:
        """Return what a person sees, as PNG."""
        return base64.b64decode((await self.order("Page.captureScreenshot", format="png"))["data"])


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Chromium]:
    """Run a browser that ends with the block; its profile is thrown away."""
    assert PROGRAM is not None, "the browser is missing: apt-get install chromium fonts-noto-cjk"
    with tempfile.TemporaryDirectory(prefix="kfconsole-chromium-", ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            "--headless=new",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--proxy-server=direct://",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            *arguments,
            "about:blank",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "HOME": str(Path(profile, "home"))},
        )
        try:
            async with ClientSession() as client, client.ws_connect(await _address(process), max_msg_size=0) as socket:
                browser = Chromium(socket)
                listening = asyncio.create_task(browser.listen())
                try:
                    yield browser
                    await browser.order("Browser.close")
                finally:
                    listening.cancel()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Return where the browser takes orders."""
    assert process.stderr is not None
    said = ""
    async with asyncio.timeout(SECONDS):
        while line := (await process.stderr.readline()).decode("utf-8", "replace"):
            said += line
            if found := re.search(r"DevTools listening on (ws://\S+)", line):
                return found[1]
    raise AssertionError(f"the browser did not start:\n{said}")
