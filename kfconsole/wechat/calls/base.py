"""What every group of calls stands on."""

from collections.abc import Mapping

from kfconsole.wechat.call import Call
from kfconsole.wechat.gateway import Gateway


class Calls:
    """A group of calls; how one is made is the gateway's business."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def _order(self, path: str, body: Mapping[str, object]) -> None:
        """Let WeChat do something that has no answer but ok."""
        (await self._gateway.ask(Call("POST", path, body=body, is_write=True))).ok()
