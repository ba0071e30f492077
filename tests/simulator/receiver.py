"""The account's own server, which WeChat pushes to: writes down what comes and answers as it is told."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, fromstring

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kfconsole.simulator import Pusher, Receiver, World, create_app
from kfconsole.simulator.pushes.crypto import signature
from kfconsole.simulator.world import ORIGINAL_ID
from tests.simulator.conftest import Wire

URL = "http://shop.example/wechat?tenant=7"
TOKEN = "made-up-token"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@dataclass(slots=True)
class Got:
    """One POST as it came."""

    query: dict[str, str]
    body: bytes

    @property
    def xml(self) -> Element:
        return fromstring(self.body)

    def of(self, name: str) -> str:
        return self.xml.findtext(name) or ""


def reply_xml(openid: str, message_type: str, inner: str = "") -> bytes:
    """Return an unencrypted passive reply."""
    return (
        f"<xml><ToUserName><![CDATA[{openid}]]></ToUserName><FromUserName><![CDATA[{ORIGINAL_ID}]]></FromUserName>"
        f"<CreateTime>1399197672</CreateTime><MsgType><![CDATA[{message_type}]]></MsgType>{inner}</xml>"
    ).encode()


def transfer_xml(openid: str, kf_account: str = "") -> bytes:
    """Return the reply that hands a customer to customer service."""
    named = f"<TransInfo><KfAccount><![CDATA[{kf_account}]]></KfAccount></TransInfo>" if kf_account else ""
    return reply_xml(openid, "transfer_customer_service", named)


async def success(_got: Got) -> bytes:
    """Decline, as most servers do."""
    return b"success"


@dataclass
class Server:
    """An ASGI application; `answer` makes the answer of each push."""

    token: str = TOKEN
    answer: Callable[[Got], Awaitable[bytes]] = success
    got: list[Got] = field(default_factory=list)
    verified: list[dict[str, str]] = field(default_factory=list)
    status: int = 200

    def answers(self, *bodies: bytes | Callable[[], Awaitable[bytes]]) -> None:
        """Give these answers one after the other, the last one ever after."""
        left = list(bodies)

        async def answer(_got: Got) -> bytes:
            body = left.pop(0) if len(left) > 1 else left[0]
            return body if isinstance(body, bytes) else await body()

        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        query = dict(request.query_params)
        if request.method == "GET":
            self.verified.append(query)
            is_good = query["signature"] == signature(self.token, query["timestamp"], query["nonce"])
            response = Response(query["echostr"] if is_good else "no", 200)
        else:
            got = Got(query, await request.body())
            self.got.append(got)
            response = Response(await self.answer(got), self.status)
        await response(scope, receive, send)


@dataclass
class Pushing:
    """A world whose customers are pushed to a server, and the way to wait for it."""

    world: World
    server: Server
    pusher: Pusher
    wire: Wire
    naps: list[float]

    async def point(self, mode: str = "plain", aes_key: str = AES_KEY) -> None:
        await self.pusher.point_at(Receiver(URL, TOKEN, aes_key, mode))

    async def pushes(self) -> list[dict[str, object]]:
        """Return what was pushed, when everything is."""
        answer = await self.wire.http.get("/_sim/pushes", params={"wait": ""})
        found: list[dict[str, object]] = answer.json()["pushes"]
        return found

    async def outcomes(self) -> list[object]:
        return [push["outcome"] for push in await self.pushes()]


@asynccontextmanager
async def pushing_to(server: Server, world: World, *, answer_seconds: float = 5.0) -> AsyncIterator[Pushing]:
    """Run a pusher beside the application."""
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    pusher = Pusher(
        world,
        sleep=nap,
        rng=random.Random(1),
        transport=httpx.ASGITransport(server),
        answer_seconds=answer_seconds,
    )
    running = asyncio.create_task(pusher.run())
    transport = httpx.ASGITransport(create_app(world, pusher=pusher))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
            yield Pushing(world, server, pusher, Wire(http, world), naps)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
