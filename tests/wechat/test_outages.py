"""No usable answer: every way is Unavailable, and a write says whether it may have happened."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from kfconsole.content import Text
from kfconsole.errors import Unavailable
from kfconsole.wechat import KfClient
from tests.wechat.wire import AGENT, OPENID, QUEUE_PATH, SEND_PATH, TOKEN_PATH, Wire

HTML = b"<html>\r\n<head><title>502</title></head></html>"


class Endless(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" " * 2**20


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


async def failed_write(wire: Wire, reply: Any) -> Unavailable:
    wire.reply(SEND_PATH, reply)
    with pytest.raises(Unavailable) as caught:
        await wire.client().send(OPENID, Text("hi"), AGENT)
    return caught.value


NEVER_SENT: list[tuple[Exception, str]] = [
    (httpx.ConnectError("All connection attempts failed"), "No connection to wechat.test."),
    (caused(httpx.ConnectError("x"), ConnectionRefusedError()), "wechat.test refused the connection."),
    (
        caused(httpx.ConnectError("x"), caused(OSError("x"), ExceptionGroup("", [ConnectionRefusedError()]))),
        "wechat.test refused the connection.",
    ),
    (caused(httpx.ConnectError("x"), socket.gaierror()), "The address of wechat.test could not be found."),
    (caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError()), "The certificate of wechat.test is not trusted."),
    (httpx.ConnectTimeout(""), "No connection to wechat.test in time."),
    (httpx.PoolTimeout(""), "No connection to wechat.test in time."),
    (httpx.ProxyError("407 Proxy Authentication Required"), "The proxy refused the connection to wechat.test."),
]
LOST: list[tuple[Any, str]] = [
    (httpx.ReadTimeout(""), "wechat.test did not answer in time."),
    (httpx.WriteTimeout(""), "wechat.test did not answer in time."),
    (httpx.ReadError(""), "The connection to wechat.test was cut."),
    (httpx.WriteError(""), "The connection to wechat.test was cut."),
    (
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        "The connection to wechat.test was cut.",
    ),
    (ConnectionResetError(), "The connection to wechat.test was cut."),
    (httpx.Response(502, content=HTML), "No answer from WeChat, but HTTP 502 Bad Gateway."),
    (httpx.Response(599), "No answer from WeChat, but HTTP 599."),
    (httpx.Response(204), "No answer from WeChat, but HTTP 204 No Content."),
    (b"", "WeChat sent an empty answer."),
    (b"\xef\xbb\xbf \n", "WeChat sent an empty answer."),
    (HTML, "A web page came instead of WeChat's answer."),
    (b'{"errcode":0,"errm', "WeChat's answer could not be read: it is not a JSON object."),
    (b'{"errcode":invalid kf_account}', "WeChat's answer could not be read: it is not a JSON object."),
    (b"ok", "WeChat's answer could not be read: it is not a JSON object."),
    (b"[]", "WeChat's answer could not be read: it is not a JSON object."),
    (b"null", "WeChat's answer could not be read: it is not a JSON object."),
    (b"[" * 100_000, "WeChat's answer could not be read: it is not a JSON object."),
    (b'{"errcode":' + b"9" * 5000 + b"}", "WeChat's answer could not be read: it is not a JSON object."),
    (b'{"errcode":[0]}', "WeChat's answer could not be read: field errcode."),
    (
        httpx.Response(200, content=b"no gzip", headers={"Content-Encoding": "identity"}),
        "WeChat's answer could not be read: it is not a JSON object.",
    ),
    (
        lambda _r: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Endless()),
        "WeChat's answer could not be read: it is damaged.",
    ),
    (lambda _r: httpx.Response(200, stream=Endless()), "The answer is too large to be WeChat's."),
]


@pytest.mark.parametrize(("reply", "message"), NEVER_SENT)
async def test_a_write_that_found_no_connection_did_not_happen(wire: Wire, reply: Exception, message: str) -> None:
    error = await failed_write(wire, reply)

    assert (error.message, error.may_have_arrived, error.code) == (message, False, None)


@pytest.mark.parametrize(("reply", "message"), LOST)
async def test_a_write_whose_answer_was_lost_may_have_happened(wire: Wire, reply: Any, message: str) -> None:
    error = await failed_write(wire, reply)

    assert (error.message, error.may_have_arrived, error.code) == (message, True, None)
    assert error.path == SEND_PATH
    assert len(wire.asked(SEND_PATH)) == 1, "a write is never repeated"


@pytest.mark.parametrize("status", [302, 403, 404, 407, 413])
async def test_a_write_somebody_in_between_turned_away_did_not_happen(wire: Wire, status: int) -> None:
    error = await failed_write(wire, httpx.Response(status, content=HTML, headers={"Location": "http://login.test/"}))

    assert f"HTTP {status} " in error.message
    assert not error.may_have_arrived
    assert error.hint


@pytest.mark.parametrize("reply", [reply for reply, _message in [*NEVER_SENT, *LOST]])
async def test_a_question_that_failed_leaves_nothing_in_doubt(wire: Wire, reply: Any) -> None:
    if isinstance(reply, httpx.Response):
        reply = httpx.Response(reply.status_code, content=HTML)
    wire.reply(QUEUE_PATH, reply)
    with pytest.raises(Unavailable) as caught:
        await wire.client().queue()

    assert not caught.value.may_have_arrived


@pytest.mark.parametrize("reply", [httpx.ReadTimeout(""), httpx.Response(502), b"", {"expires_in": 7200}])
async def test_a_write_that_got_no_token_did_not_happen(wire: Wire, reply: Any) -> None:
    wire.reply(TOKEN_PATH, reply)
    error = await failed_write(wire, {"errcode": 0})

    assert not error.may_have_arrived
    assert wire.asked(SEND_PATH) == []


async def test_an_answer_the_server_drips_for_ever_ends(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfconsole.wechat.transport.WHOLE_CALL_SECONDS", 0.01)

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    error = await failed_write(wire, never)

    assert (error.message, error.may_have_arrived) == ("wechat.test did not answer in time.", True)


async def test_a_refused_connection_is_named_over_real_sockets() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    client = KfClient(base_url=f"http://127.0.0.1:{port}", app_id="a", app_secret="s")
    with pytest.raises(Unavailable) as caught:
        await client.queue()
    await client.aclose()

    assert caught.value.message == f"127.0.0.1:{port} refused the connection."


Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handle: Handle) -> AsyncIterator[KfClient]:
    """Yield a client of a real server on loopback; leave when each of its connections is closed."""
    handling: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.close()
        await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handling.append(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = KfClient(base_url=f"http://127.0.0.1:{port}", app_id="a", app_secret="s")
    try:
        yield client
    finally:
        await client.aclose()
        server.close()
        await asyncio.gather(*handling)


def http(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", body])


TOKEN = b'{"access_token":"t","expires_in":7200}'


@pytest.mark.parametrize("at_once", [1, 16])
async def test_connections_are_kept_for_the_next_calls(at_once: int) -> None:
    peers: list[int] = []
    all_asked = asyncio.Barrier(at_once)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[1])
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if b"content-length: " in head:
                await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
                writer.write(http(TOKEN))
            else:
                await all_asked.wait()
                writer.write(http(b'{"count":0}'))

    async with serving(handle) as client:
        for _ in range(5):
            await asyncio.gather(*(client.queue() for _ in range(at_once)))

    assert len(peers) <= at_once


async def test_a_connection_cut_after_the_request_leaves_a_write_in_doubt() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if TOKEN_PATH.encode() in await reader.readuntil(b"\r\n\r\n"):
            writer.write(http(TOKEN, b"Connection: close"))

    async with serving(handle) as client:
        with pytest.raises(Unavailable) as caught:
            await client.send(OPENID, Text("hi"), AGENT)

    assert caught.value.may_have_arrived


async def test_an_answer_cut_in_its_middle_leaves_a_write_in_doubt() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if TOKEN_PATH.encode() in await reader.readuntil(b"\r\n\r\n"):
            writer.write(http(TOKEN, b"Connection: close"))
        else:
            writer.write(http(b'{"errcode":0}', b"Connection: close")[:-5])

    async with serving(handle) as client:
        with pytest.raises(Unavailable) as caught:
            await client.send(OPENID, Text("hi"), AGENT)

    assert caught.value.may_have_arrived
