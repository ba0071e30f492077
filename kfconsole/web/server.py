"""Pages, the way of bytes to and from the consoles, and the door before both."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import aiohttp_jinja2
from aiohttp import WSMsgType, web
from textual_serve.server import Server

from kfconsole.i18n import _
from kfconsole.web.door import Door
from kfconsole.web.session import LEAVE_SECONDS, Session, bounded, environment

FOLDER = Path(__file__).parent
HEARTBEAT_SECONDS = 15.0
END_SECONDS = 20.0
LEFT, TOO_MANY, NOT_STARTED = 4000, 4001, 4002
"""Why we close a connection; static/page.js knows them."""
HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # the terminal of the page writes its colours and sizes as styles
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BrowserServer(Server):
    """Serves one console to each browser that was let in.

    Args:
        command: The console and its arguments.
        environ: Variables a console starts from.
        driver: What takes the place of the terminal in it.
        door: Who is let in.
        title: Of the page.
        language: Of the page, as the console's.
        most_sessions: How many consoles there may be at a time.
        say: Tells the person who started us something.
        leave_seconds: How long a console may take to end before it is made to.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        driver: str,
        door: Door,
        title: str,
        language: str,
        most_sessions: int,
        say: Callable[[str], None],
        leave_seconds: float = LEAVE_SECONDS,
    ) -> None:
        super().__init__(" ".join(command), title=title, templates_path=FOLDER / "templates")
        self._arguments, self._environ, self._driver = command, environ, driver
        self._door = door
        self._language = language
        self._most_sessions = most_sessions
        self._say = say
        self._leave_seconds = leave_seconds
        self._sessions = set[Session]()
        self._cookie_name = "kfconsole"

    async def run(self, host: str, port: int, *, on_ready: Callable[[int], None], stop: asyncio.Event) -> None:
        """Serve until told to stop, and end every console then.

        Args:
            host: The address to listen on.
            port: The port; 0 picks a free one.
            on_ready: Told the port once browsers can come.
            stop: Ends it.

        Raises:
            OSError: The address cannot be listened on.
        """
        # Whatever a library would log of a request might hold the token.
        for name in ("aiohttp", "textual-serve"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        app = await self._make_app()
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=END_SECONDS)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            port = runner.addresses[0][1]
            # Cookies know no ports: two of us on one host must not take each other's.
            self._cookie_name = f"kfconsole-{port}"
            on_ready(port)
            await stop.wait()
            await site.stop()
            await asyncio.gather(*(session.stop() for session in self._sessions))
        finally:
            await runner.cleanup()

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        app.on_response_prepare.append(self._harden)
        app.add_routes(
            [web.get("/t/{token}", self._enter, name="enter"), web.static("/page", FOLDER / "static", name="page")]
        )
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Keep silent: where we are is told by the command, with the token."""

    # -- the door --------------------------------------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        if not self._door.is_ours(host):
            said = _("This address leads here under a name that is not known. Add --name to 'kfconsole serve'.")
            return _refused(said)
        if not self._door.is_own_page(request.headers.get("Origin"), host):
            return _refused(_("A page of another address asked for this."))
        if request.match_info.route.name == "enter" or self._door.takes_cookie(request.cookies.get(self._cookie_name)):
            return await handler(request)
        return self._not_let_in(request)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """Change the token for a cookie, and take it out of the address."""
        if not self._door.takes_token(request.match_info["token"]):
            return self._not_let_in(request)
        response = web.Response(status=303, headers={"Location": "../"})
        is_encrypted = request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
        response.set_cookie(
            self._cookie_name, self._door.cookie, path="/", httponly=True, samesite="Strict", secure=is_encrypted
        )
        return response

    def _not_let_in(self, request: web.Request) -> web.Response:
        said = _("Open the address that 'kfconsole serve' printed when it started. It changes with every start.")
        response = _refused(said)
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.path == "/":
            # Who followed a link from another page has the cookie, but browsers keep it back until we ask ourselves.
            response.headers["Refresh"] = "0; url=./"
        return response

    async def _harden(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(HEADERS)

    # -- the page and what flows behind it ---------------------------------------------------------------------------

    async def handle_index(self, request: web.Request) -> web.Response:
        """Serve the page."""
        size = request.query.get("fontsize", "")
        context = {
            "title": self.title,
            "language": {"zh": "zh-CN"}.get(self._language, self._language),
            "font_size": size if size.isdecimal() and len(size) <= 2 and int(size) >= 8 else "16",
            "said": {
                "starting": _("The console is starting…"),
                "lost": _("The connection is lost."),
                "left": _("The console has ended."),
                "many": _("Too many consoles are open: close one of the other pages first."),
                "broken": _("The console did not start; the terminal of 'kfconsole serve' says why."),
                "again": _("Connect again"),
                "script": _("This page needs JavaScript."),
            },
        }
        return aiohttp_jinja2.render_template("page.html", request, context)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run a console for as long as the browser stays."""
        websocket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await websocket.prepare(request)
        if len(self._sessions) >= self._most_sessions:
            await websocket.close(code=TOO_MANY)
            return websocket

        async def close(has_drawn: bool) -> None:
            await websocket.close(code=LEFT if has_drawn else NOT_STARTED)

        session = Session(
            self._arguments,
            environment(self._environ, driver=self._driver, source=f"browser {request.remote or ''}".strip()),
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=close,
            downloads=self.download_manager,
            say=self._say,
            leave_seconds=self._leave_seconds,
        )
        self._sessions.add(session)
        try:
            query = request.query
            await session.start(bounded("width", query.get("width")), bounded("height", query.get("height")))
            await _hand_over(websocket, session)
        finally:
            await session.stop()
            self._sessions.discard(session)
        return websocket


async def _hand_over(websocket: web.WebSocketResponse, session: Session) -> None:
    """Give the console what the browser says, until it is gone; what is no message of the page is dropped."""
    handlers: Mapping[str, Callable[[object], Awaitable[object]]] = {
        "stdin": partial(_typed, session),
        "resize": partial(_resized, session),
        "ping": lambda data: websocket.send_json(["pong", data]),
        "focus": lambda _data: session.focus(),
        "blur": lambda _data: session.blur(),
    }
    async for message in websocket:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            kind, *rest = json.loads(message.data)
            handle = handlers[kind]
        except (ValueError, TypeError, KeyError):
            continue
        await handle(rest[0] if rest else None)


async def _typed(session: Session, data: object) -> None:
    if isinstance(data, str):
        await session.send_bytes(data.encode("utf-8", "replace"))


async def _resized(session: Session, data: object) -> None:
    if isinstance(data, dict):
        size = (bounded(name, data.get(name)) for name in ("width", "height"))
        await session.set_terminal_size(*size)


def _refused(said: str) -> web.Response:
    return web.Response(status=403, text=said + "\n")
