"""WeChat's kf API, one method per endpoint. Knows paths and fields; how a call is made is the gateway's business."""

import asyncio
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from kfconsole.model import Agent, AgentId, CustomerId, QueueAnswer, Record, RecordPage, Session, SessionHolder
from kfconsole.wechat import paging
from kfconsole.wechat.addresses import NO_PROXY, check_base_url, check_proxy
from kfconsole.wechat.call import Call, CallEntry
from kfconsole.wechat.gateway import Gateway

if TYPE_CHECKING:
    import httpx

PAGE_SIZE = 10_000
"""The most records WeChat puts on one page."""
READ_PAGE_SIZE = 2_000
"""What we ask for at a time: parsing 10,000 records keeps every thread waiting for 40 ms, these for less than 10."""
FIRST_CURSOR = 1


class KfClient:
    """WeChat's kf API over HTTP. Cheap to construct: httpx is imported on the first call, in a thread.

    Every method raises ApiError: AuthError, RateLimited, Unavailable or Rejected. A write whose answer was lost is
    Unavailable with `may_have_arrived`; nothing is repeated here but a call whose token was dead, once.
    """

    def __init__(
        self,
        *,
        base_url: str,
        app_id: str,
        app_secret: str | Callable[[], str],
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
            proxy: Empty for the environment's, `none` for none, or an address. Loopback never uses one.
            transport: What carries the calls in place of the network.
            monotonic: Seconds of a clock that never jumps.
            on_date: Told the server's clock (Unix seconds) and our clock before and after, with every answer.
            log: Told of every HTTP call.

        Raises:
            ConfigError: An address cannot be used.
        """
        check_base_url(base_url)
        if proxy not in {"", NO_PROXY}:
            check_proxy(proxy, "[network] proxy")
        self._gateway = Gateway(
            base_url=base_url,
            app_id=app_id,
            app_secret=app_secret,
            proxy=proxy,
            transport=transport,
            monotonic=monotonic,
            on_date=on_date,
            log=log,
        )
        self._is_cursor_inclusive = True
        """Until a page border is seen that does not repeat a record."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._gateway.aclose()

    async def agents(self) -> tuple[Agent, ...]:
        """Return all agents, without who is online: that is `online_agents`.

        GET /cgi-bin/customservice/getkflist. At most 100 agents. Errors: 65400.
        Observed: kf_id is a number on the wire and a string in the document.

        Source: getkflist
        """
        answer = await self._gateway.ask(Call("GET", "/cgi-bin/customservice/getkflist"))
        return answer.agents()

    async def online_agents(self) -> Mapping[AgentId, int]:
        """Return how many sessions each agent who is online serves now.

        GET /cgi-bin/customservice/getonlinekflist. Errors: 65400.

        Source: getonlinekflist
        """
        answer = await self._gateway.ask(Call("GET", "/cgi-bin/customservice/getonlinekflist"))
        return answer.online_agents()

    async def queue(self) -> QueueAnswer:
        """Return the customers who wait, in the order they came.

        GET /customservice/kfsession/getwaitcase. At most 100 rows, no cursor; the total can be larger. Times are the
        customer's last message, Unix seconds. Errors: 65400.

        Source: getwaitcase
        """
        answer = await self._gateway.ask(Call("GET", "/customservice/kfsession/getwaitcase"))
        return answer.queue()

    async def sessions(self, agent: AgentId) -> tuple[Session, ...]:
        """Return the sessions an agent serves.

        GET /customservice/kfsession/getsessionlist. No paging. Errors: 65401, 65402.

        Source: getkfsessionlist
        """
        call = Call("GET", "/customservice/kfsession/getsessionlist", params={"kf_account": agent})
        answer = await self._gateway.ask(call)
        return answer.sessions(agent)

    async def session(self, openid: CustomerId) -> SessionHolder | None:
        """Return who serves a customer, None when nobody does.

        GET /customservice/kfsession/getsession. Errors: 40003, 65400.
        The document leaves open how "nobody" looks: an empty, null or missing kf_account all mean it.

        Source: getkfsession
        """
        answer = await self._gateway.ask(Call("GET", "/customservice/kfsession/getsession", params={"openid": openid}))
        return answer.holder()

    async def create_session(self, agent: AgentId, openid: CustomerId) -> None:
        """Give a customer to an agent; no error when they already have them.

        POST /customservice/kfsession/create. Errors: 40003, 65400, 65401, 65402 (not bound), 65414 (served by another),
        65415 (not online); of the retired system 61458 and 61459.

        Source: createkfsession
        """
        body = {"kf_account": agent, "openid": openid}
        await self._gateway.ask(Call("POST", "/customservice/kfsession/create", body=body, is_write=True))

    async def close_session(self, agent: AgentId, openid: CustomerId) -> None:
        """End a session.

        POST /customservice/kfsession/close. Errors: 40003, 65413 (no session), 65414 (another agent's).

        Source: closeSession
        """
        body = {"kf_account": agent, "openid": openid}
        await self._gateway.ask(Call("POST", "/customservice/kfsession/close", body=body, is_write=True))

    async def records(
        self, start_at: int, end_at: int, cursor: int = FIRST_CURSOR, limit: int = PAGE_SIZE
    ) -> RecordPage:
        """Return one page of the account's chat records.

        POST /customservice/msgrecord/getmsglist. Errors: 65400, 65416 (milliseconds sent), 65417 (over 24 h).

        Args:
            start_at: Unix seconds.
            end_at: Unix seconds, at most 24 h later.
            cursor: 1, or that of the page before.
            limit: At most 10,000.

        Source: getMsgList
        """
        page, _number = await self._page(start_at, end_at, cursor, limit)
        return page

    async def all_records(self, start_at: int, end_at: int, *, page_size: int = READ_PAGE_SIZE) -> tuple[Record, ...]:
        """Return all chat records of a span of any length, oldest span first.

        Whether a cursor names the last record read or the next is not documented. While every page border seen repeats
        a record, the repeat is dropped; once one does not, this client never drops a record again.

        Args:
            start_at: Unix seconds.
            end_at: Unix seconds.
            page_size: At most 10,000.

        Source: getMsgList
        """
        pieces = [(span, await self._pages(*span, page_size)) for span in paging.spans(start_at, end_at)]
        for _span, pages in pieces:
            if not all(paging.repeats(*border) for border in pairwise(pages)):
                self._is_cursor_inclusive = False
        records: list[Record] = []
        for (piece_start, _end), pages in pieces:
            joined = paging.join_pages(pages, is_inclusive=self._is_cursor_inclusive)
            paging.join_spans(records, joined, piece_start)
        return tuple(records)

    async def send_text(self, openid: CustomerId, text: str, agent: AgentId | None) -> None:
        """Send a text in the name of an agent, or of the account.

        POST /cgi-bin/message/custom/send. At most 2,048 bytes; WeChat answers no message id and gives no receipt.
        Errors: 40003, 45002 (too long), 45015 (window closed), 45047 (replies used up), 48002.

        Source: sendCustomMessage
        """
        body: dict[str, object] = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        if agent:
            body["customservice"] = {"kf_account": agent}
        await self._gateway.ask(Call("POST", "/cgi-bin/message/custom/send", body=body, is_write=True))

    async def typing(self, openid: CustomerId, *, cancel: bool = False) -> None:
        """Show the customer that somebody types, for 15 s or until a message is sent; or stop showing it.

        POST /cgi-bin/message/custom/typing. Errors: 45080 (no message within the last 30 s), 45081 (shown already).

        Source: typing
        """
        body = {"touser": openid, "command": "CancelTyping" if cancel else "Typing"}
        await self._gateway.ask(Call("POST", "/cgi-bin/message/custom/typing", body=body, is_write=True))

    async def _page(self, start_at: int, end_at: int, cursor: int, limit: int) -> tuple[RecordPage, int]:
        body = {"starttime": start_at, "endtime": end_at, "msgid": max(cursor, FIRST_CURSOR), "number": limit}
        answer = await self._gateway.ask(Call("POST", "/customservice/msgrecord/getmsglist", body=body))
        return await asyncio.to_thread(answer.records)  # ten thousand records take longer than the event loop may wait

    async def _pages(self, start_at: int, end_at: int, page_size: int) -> list[tuple[Record, ...]]:
        """Read one span of at most 24 h, page after page."""
        pages: list[tuple[Record, ...]] = []
        cursor, is_full = FIRST_CURSOR, True
        while is_full:
            page, number = await self._page(start_at, end_at, cursor, page_size)
            pages.append(page.records)
            # The cursor of an empty answer is 0, and one that stands still would ask for the same page for ever.
            is_full = max(number, len(page.records)) >= page_size and page.cursor > cursor and bool(page.records)
            cursor = page.cursor
        return pages
