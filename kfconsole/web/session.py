"""One browser's console: a process of its own that ends with the browser, and with us."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

LEAVE_SECONDS = 12.0
"""How long a console may take to keep what was written and seen; replies on their way get a few seconds of it."""
LAST_SECONDS = 2.0
MOST_SAID_BYTES = 65_536
_SIZES = {"width": (20, 500), "height": (5, 300)}
_TERMINAL_MARKS = (
    "TMUX",
    "STY",
    "KITTY_",
    "WEZTERM_",
    "ALACRITTY_",
    "GHOSTTY_",
    "ITERM_",
    "LC_TERMINAL",
    "VTE_VERSION",
    "WT_SESSION",
    "ConEmu",
    "WINDOWID",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "SSH_TTY",
)
"""How the terminal in which we were started is known: what the browser copies must not go there."""


def environment(base: Mapping[str, str], *, driver: str, source: str) -> dict[str, str]:
    """Return the variables of a console in a browser.

    Args:
        base: Our own.
        driver: What takes the place of the terminal there.
        source: Where the person comes from, for the list of what was done.
    """
    kept = {name: value for name, value in base.items() if not name.startswith(_TERMINAL_MARKS)}
    return kept | {
        "TEXTUAL_DRIVER": driver,
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "TERM": "xterm-256color",
        "TERM_PROGRAM": "textual",
        "KFCONSOLE_SOURCE": source,
    }


def bounded(name: str, value: object) -> int:
    """Return a width or height in cells as a screen may have it: what a page says is no promise."""
    least, most = _SIZES[name]
    try:
        return min(max(int(str(value)), least), most)
    except ValueError:
        return least


class Session(AppService):
    """A console and the browser before it.

    Args:
        command: The program and its arguments.
        environment: Its variables.
        write_bytes: Sends what it draws.
        write_str: Sends messages to the page.
        close: Ends the connection; told whether the console had begun to draw.
        downloads: Of files that it hands out.
        say: Tells the person who started us what a console said beside its screen.
        leave_seconds: How long the console may take to end before it is made to.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        write_bytes: Callable[[bytes], Awaitable[None]],
        write_str: Callable[[str], Awaitable[None]],
        close: Callable[[bool], Awaitable[object]],
        downloads: DownloadManager,
        say: Callable[[str], None],
        leave_seconds: float = LEAVE_SECONDS,
    ) -> None:
        super().__init__(
            " ".join(command),
            write_bytes=write_bytes,
            write_str=write_str,
            close=self._left,
            download_manager=downloads,
        )
        self._arguments = command
        self._environment = environment
        self._close = close
        self._say = say
        self._leave_seconds = leave_seconds
        self._said = bytearray()
        self._has_drawn = False

    async def start(self, width: int, height: int) -> None:
        """Start the console.

        Raises:
            OSError: It cannot be started.
        """
        process = await self._open_app_process(width, height)
        self._task = asyncio.create_task(self._run(process))

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        # No shell: an argument is an argument. A session of its own: Ctrl+C is for us, and we end it in order.
        process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**self._environment, "COLUMNS": str(width), "ROWS": str(height)},
            start_new_session=True,
        )
        self._process, self._stdin = process, process.stdin
        return process

    async def _run(self, process: Process) -> None:
        listening = asyncio.create_task(self._listen(process))
        try:
            await self._hand_on(process)
        finally:
            await listening
            await process.wait()
            if said := self._said.decode("utf-8", "replace").strip():
                self._say(said)
            await self._close(self._has_drawn)

    async def _hand_on(self, process: Process) -> None:
        """Read packets until there are no more, also when nobody takes them: who cannot write cannot end."""
        stdout = process.stdout
        assert stdout is not None
        take = {b"D": self.on_data, b"M": self.on_meta, b"P": self.on_packed}
        while await stdout.readline() not in (b"__GANGLION__\n", b""):
            pass
        with suppress(asyncio.IncompleteReadError):
            while True:
                kind = await stdout.readexactly(1)
                self._has_drawn = True
                payload = await stdout.readexactly(int.from_bytes(await stdout.readexactly(4), "big"))
                with suppress(ConnectionError):
                    await take[kind](payload)

    async def _listen(self, process: Process) -> None:
        stderr = process.stderr
        assert stderr is not None
        while said := await stderr.read(4096):
            self._said += said[: MOST_SAID_BYTES - len(self._said)]

    async def _left(self) -> None:
        """Go on reading: the console says that it leaves before it has kept everything."""

    async def stop(self) -> None:
        """End the console, and return once it has ended; a second call waits as well."""
        if self._task is None or self._process is None:
            return
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        try:
            async with asyncio.timeout(self._leave_seconds):
                await self.send_meta({"type": "quit"})
                await asyncio.shield(self._task)
        except TimeoutError:
            await self._force(self._process, self._task)

    async def _force(self, process: Process, task: asyncio.Task[None]) -> None:
        for end in (process.terminate, process.kill):
            with suppress(ProcessLookupError):
                end()
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await asyncio.shield(task)
                    return
