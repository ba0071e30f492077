"""WeChat's kf API as one object. Its methods stand in `calls`, in the groups of WeChat's documents."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole.wechat.addresses import check_ways
from kfconsole.wechat.call import CallEntry
from kfconsole.wechat.calls.agents import AgentCalls
from kfconsole.wechat.calls.media import MediaCalls
from kfconsole.wechat.calls.messages import MessageCalls
from kfconsole.wechat.calls.quota import QuotaCalls
from kfconsole.wechat.calls.sessions import SessionCalls
from kfconsole.wechat.calls.tokens import TokenCalls
from kfconsole.wechat.calls.users import UserCalls
from kfconsole.wechat.gateway import Gateway

if TYPE_CHECKING:
    import httpx


class KfClient(AgentCalls, SessionCalls, MessageCalls, MediaCalls, UserCalls, QuotaCalls, TokenCalls):
    """WeChat's kf API over HTTP. Cheap to construct: httpx is imported on the first call, in a thread.

    Every method raises ApiError: AuthError, RateLimited, Unavailable or Rejected. A write whose answer was lost is
    Unavailable with `may_have_arrived`; nothing is repeated here but a call whose token was dead, once. What WeChat is
    certain to refuse is NotPossible, and it is not asked.
    """

    def __init__(
        self,
        *,
        base_url: str,
        app_id: str,
        app_secret: str | Callable[[], str],
        access_token: Callable[[], str] | None = None,
        token_folder: Path | None = None,
        proxy: str = "",
        transport: "httpx.AsyncBaseTransport | None" = None,
        monotonic: Callable[[], float] = time.monotonic,
        on_date: Callable[[float, float, float], None] | None = None,
        log: Callable[[CallEntry], None] | None = None,
    ) -> None:
        """Check the addresses; connect to nothing.

        Args:
            base_url: WeChat's address, normally https://api.weixin.qq.com
            app_id: The account's.
            app_secret: The account's, or a function that returns it; called in a thread before each token call.
            access_token: Returns a token of the team's own server, called in a thread; then none is fetched.
            token_folder: Where processes of one user share the token; None: everybody fetches.
            proxy: Empty for the environment's, `none` for none, or an address. Loopback never uses one.
            transport: What carries the calls in place of the network.
            monotonic: Seconds of a clock that never jumps.
            on_date: Told the server's clock (Unix seconds) and our clock before and after, with every answer.
            log: Told of every HTTP call.

        Raises:
            ConfigError: An address cannot be used.
        """
        check_ways(base_url, proxy)
        gateway = Gateway(
            base_url=base_url,
            app_id=app_id,
            app_secret=app_secret,
            access_token=access_token,
            token_folder=token_folder,
            proxy=proxy,
            transport=transport,
            monotonic=monotonic,
            on_date=on_date,
            log=log,
        )
        super().__init__(gateway)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._gateway.aclose()
