"""The ASGI application: WeChat's paths behind the faults, the control paths beside them.

The one place where requests meet the world.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from kfconsole.simulator import faults as harm
from kfconsole.simulator.codes import Refused
from kfconsole.simulator.control import control_routes
from kfconsole.simulator.endpoint import Call
from kfconsole.simulator.envelope import CONTENT_TYPE, Answer, refused
from kfconsole.simulator.faults import Fault, Faults
from kfconsole.simulator.pushes import Pusher
from kfconsole.simulator.requestlog import RequestLog
from kfconsole.simulator.routes import ENDPOINTS, content_type, perform
from kfconsole.simulator.switches import changed
from kfconsole.simulator.world import World

CUT_EXTENSION = "kfconsole.cut"
"""Where the server puts a function that cuts the connection of a request."""

Sleep = Callable[[float], Awaitable[None]]


def create_app(
    world: World,
    *,
    faults: Faults | None = None,
    requests: RequestLog | None = None,
    sleep: Sleep = asyncio.sleep,
    pusher: Pusher | None = None,
) -> Starlette:
    """Return the application that answers for this world; faults and requests are also in its `state`.

    Whoever wants pushes passes the pusher and runs it.
    """
    faults = faults or Faults()
    pusher = pusher or Pusher(world, sleep=sleep)
    requests = requests or RequestLog()
    app = Starlette(
        routes=[
            Mount("/_sim", routes=control_routes(world, faults, requests, pusher)),
            Mount("/", app=Gate(world, faults, requests, sleep)),
        ]
    )
    app.add_middleware(OriginForm)
    app.state.world, app.state.faults, app.state.requests = world, faults, requests
    return app


class OriginForm:
    """Cuts a request line with a whole address in it, as clients send it to a proxy, to its path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        path = scope.get("path", "/")
        if not path.startswith("/") and "://" in path:
            scope = {**scope, "path": "/" + path.partition("://")[2].partition("/")[2]}
        await self._app(scope, receive, send)


class Gate:
    """Every request to WeChat's paths passes here: it is written down, harmed if armed, and answered."""

    def __init__(self, world: World, faults: Faults, requests: RequestLog, sleep: Sleep) -> None:
        self._world = world
        self._faults = faults
        self._requests = requests
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        query = scope["query_string"].decode("latin-1")
        body = await _read(receive)
        if body is None:
            return
        call = Call(
            self._world,
            scope["method"],
            dict(parse_qsl(query, keep_blank_values=True)),
            body,
            _header(scope, b"content-type"),
            base_url=f"{scope['scheme']}://{_header(scope, b'host')}",
            client_address=(scope.get("client") or ("",))[0],
            known_paths=ENDPOINTS,
        )
        request = self._requests.add(
            self._world.clock.now(), call.method, path, query, body, client_address=call.client_address
        )
        fault = self._faults.strike(path)
        if fault is not None:
            request.fault = fault.kind
            await self._sleep(fault.delay_seconds)
        await self._faults.wait(path, "before")
        if fault is not None and fault.kind == "cut_before":
            await _cut(scope, receive)
            return
        answer = self._answer(path, call, fault)
        request.code = answer.code
        if answer.rid:
            self._world.diagnosis.remember(answer.rid, request, answer.body, self._world.clock.now())
        await self._faults.wait(path, "after")
        if fault is not None and fault.kind == "cut_after":
            await _cut(scope, receive)
            return
        await self._write(answer, send, whole=fault is None or fault.kind != "cut_during")
        if fault is not None and fault.kind == "cut_during":
            await _cut(scope, receive)

    def _answer(self, path: str, call: Call, fault: Fault | None) -> Answer:
        before = self._world.switches
        if fault is not None:
            self._world.switches = changed(before, fault.switches)
        try:
            answer = self._act(path, call, fault)
            if answer.content_type == CONTENT_TYPE:
                label = content_type(path, answer.code, self._world.switches)
                answer = replace(answer, content_type=label)
        finally:
            self._world.switches = before
        return answer if fault is None else harm.spoiled(fault, answer)

    def _act(self, path: str, call: Call, fault: Fault | None) -> Answer:
        world, now, suffix = self._world, self._world.clock.now(), self._world.switches.errmsg_suffix
        if fault is not None and fault.kind in harm.WITHOUT_ACTING:
            return harm.instead(fault, now, world.rids, suffix)
        if fault is not None and fault.kind == "displaced_token":
            world.tokens.revoke_all()
        elif fault is not None and fault.kind == "expired_token":
            world.tokens.expire_all(now)
        try:
            return perform(path, call)
        except Refused as refusal:
            return refused(refusal, now, world.rids, suffix)

    async def _write(self, answer: Answer, send: Send, *, whole: bool) -> None:
        headers = answer.wire_headers(self._world.clock.now())
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = answer.body if whole else answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.body", "body": body, "more_body": not whole})


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body, or nothing when the client went away before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for found, value in scope["headers"] if found == name), "")


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the connection under the request; without a socket, raise as a transport would."""
    cut = scope.get("extensions", {}).get(CUT_EXTENSION)
    if cut is None:
        raise ConnectionResetError("the simulator cut the connection")
    cut()
    while (await receive())["type"] != "http.disconnect":
        pass
