"""A world on a frozen clock, and a caller of WeChat's paths without a socket."""

import json
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from kfconsole.simulator import SimClock, World, create_app

NOON = 1_790_000_000.0
WEN, TOM, QIANG, NEW = "kf2001@lehuo", "kf2002@lehuo", "kf2004@lehuo", "kf2005@lehuo"


@pytest.fixture
def clock() -> SimClock:
    return SimClock(start=NOON, frozen=True)


@pytest.fixture
def world(clock: SimClock) -> World:
    """Two agents online, one offline, one unbound; nobody waits."""
    world = World(clock=clock, rng=random.Random(1))
    world.add_agent(WEN, "晓雯")
    world.add_agent(TOM, "Tom")
    world.add_agent(QIANG, "阿强", online=False)
    world.add_agent(NEW, "新人小周", bound=False, invite_wx="zhou")
    return world


class Wire:
    """Calls WeChat's paths with a good token and returns the JSON."""

    def __init__(self, http: httpx.AsyncClient, world: World) -> None:
        self.http = http
        self._world = world

    @property
    def token(self) -> str:
        return self._world.tokens.stable(self._world.clock.now()).value

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        return self._json(await self.http.get(path, params={"access_token": self.token, **query}))

    async def post(self, path: str, body: object) -> dict[str, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self._json(await self.http.post(path, params={"access_token": self.token}, content=raw))

    async def send(self, openid: str, text: str) -> int:
        return await self.code(
            "/cgi-bin/message/custom/send", {"touser": openid, "msgtype": "text", "text": {"content": text}}
        )

    async def typing(self, openid: str, command: str = "Typing") -> int:
        return await self.code("/cgi-bin/message/custom/typing", {"touser": openid, "command": command})

    async def code(self, path: str, body: object) -> int:
        return int((await self.post(path, body))["errcode"])

    async def control(self, path: str, body: object) -> httpx.Response:
        return await self.http.post(f"/_sim/{path}", json=body)

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        assert response.status_code == 200
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture
async def wire(world: World) -> AsyncIterator[Wire]:
    transport = httpx.ASGITransport(create_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
        yield Wire(http, world)
