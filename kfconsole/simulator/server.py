"""The simulator on a socket of its own.

Only this module knows uvicorn.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from kfconsole.simulator.app import CUT_EXTENSION, create_app
from kfconsole.simulator.faults import Faults
from kfconsole.simulator.pushes import Pusher
from kfconsole.simulator.world import World

_GRACE_SECONDS = 1
_KEEP_ALIVE_SECONDS = 75  # longer than any poll, so that no client meets a connection just being closed
_Peer = tuple[str, int]


async def serve(
    world: World,
    *,
    on_ready: Callable[[str], None],
    play: Callable[[], Awaitable[None]] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    stop: asyncio.Event | None = None,
    faults: Faults | None = None,
    pusher: Pusher | None = None,
) -> None:
    """Serve the world over HTTP until `stop` is set or the task is cancelled.

    `on_ready` is called once with the base URL, when connections are accepted; port 0 picks a free one. `play`, the
    scenario's driver, and `pusher`, which is run here, never outlive the server.

    Raises:
        OSError: The address cannot be bound.
    """
    faults = faults or Faults()
    pusher = pusher or Pusher(world)
    peers: dict[_Peer, asyncio.Transport] = {}
    app = _with_cut(create_app(world, faults=faults, pusher=pusher), peers)
    config = uvicorn.Config(
        app,
        http=_tracking_protocol(peers),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    with _bound_socket(host, port) as listener:
        name = f"[{host}]" if ":" in host else host
        server = _Server(config, lambda: on_ready(f"http://{name}:{listener.getsockname()[1]}"))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(server.serve(sockets=[listener]))
            playing = group.create_task(_play(play))
            pushing = group.create_task(pusher.run())
            try:
                await _either(running, stop or asyncio.Event())
            finally:
                playing.cancel()
                pushing.cancel()
                faults.release()
                server.should_exit = True
                await asyncio.wait((running,))


class _Server(uvicorn.Server):
    """A server that says when it is ready and leaves signals to its caller."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bound_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets that name their protocol; without it, a read takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


async def _play(play: Callable[[], Awaitable[None]] | None) -> None:
    if play is not None:
        await play()


async def _either(running: asyncio.Task[None], stop: asyncio.Event) -> None:
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()


def _tracking_protocol(peers: dict[_Peer, asyncio.Transport]) -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP protocol, noting the transport of each connection so that a fault can cut it."""

    class TrackingProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
            super().connection_made(transport)
            self._peer: _Peer = transport.get_extra_info("peername")[:2]
            peers[self._peer] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            peers.pop(self._peer, None)
            super().connection_lost(exc)

    return TrackingProtocol


def _with_cut(app: ASGIApp, peers: dict[_Peer, asyncio.Transport]) -> ASGIApp:
    async def with_cut(scope: Scope, receive: Receive, send: Send) -> None:
        transport = peers.get(tuple(scope.get("client") or ()))
        if transport is not None:
            extensions: dict[str, Any] = scope.setdefault("extensions", {})
            extensions[CUT_EXTENSION] = transport.abort
        await app(scope, receive, send)

    return with_cut
