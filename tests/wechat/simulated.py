"""A client at the stand-in for WeChat, without a socket between them."""

from typing import Any

import httpx
import pytest

from kfconsole.errors import Rejected
from kfconsole.model import AgentId, CustomerId
from kfconsole.simulator import DEFAULT_APP_ID, DEFAULT_APP_SECRET, World, create_app
from kfconsole.simulator.faults import Fault
from kfconsole.simulator.switches import changed
from kfconsole.wechat import KfClient

WEN = AgentId("kf2001@shop")
TOM = AgentId("kf2002@shop")
ANNA = CustomerId("oDF3iY9WMaswOPWjCIp_f3Bnpljk")


class Desk:
    """A world with two agents, one of them online, and one customer who waits."""

    def __init__(self) -> None:
        self.world = World()
        self.world.add_agent(WEN, "晓雯")
        self.world.add_agent(TOM, "Tom", online=False)
        self.world.add_customer(ANNA)
        self.world.say(ANNA, "你好")
        self.app = create_app(self.world)
        self.client = self.make_client()

    def make_client(self, **options: Any) -> KfClient:
        return KfClient(
            **{"base_url": "http://sim.test", "app_id": DEFAULT_APP_ID, "app_secret": DEFAULT_APP_SECRET, **options},
            transport=httpx.ASGITransport(self.app),
        )

    def arm(self, path: str, kind: str, **details: Any) -> None:
        self.app.state.faults.arm(Fault(path, kind, **details))

    def switch(self, **values: object) -> None:
        self.world.switches = changed(self.world.switches, values)


async def code_of(awaitable: Any) -> int | None:
    with pytest.raises(Rejected) as caught:
        await awaitable
    return caught.value.code
