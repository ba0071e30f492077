"""Chat records, sending and typing (message)."""

import asyncio
from collections.abc import Callable

from kfconsole.content import Content
from kfconsole.model import AgentId, CustomerId, Record, RecordPage
from kfconsole.wechat import paging, paths
from kfconsole.wechat.call import Call
from kfconsole.wechat.calls.base import Calls
from kfconsole.wechat.envelope import unreadable_field
from kfconsole.wechat.gateway import Gateway
from kfconsole.wechat.outgoing import message

PAGE_SIZE = 10_000
"""The most records WeChat puts on one page."""
READ_PAGE_SIZE = 2_000
"""What we ask for at a time: parsing 10,000 records keeps every thread waiting for 40 ms, these for less than 10."""
SURELY_LAST_RECORDS = 100
"""A page of fewer, though shorter than asked for, is the last: so a quiet desk never pays a call to make sure."""
FIRST_CURSOR = 1


class MessageCalls(Calls):
    """Reads what was said and sends what is to be said."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self._is_cursor_inclusive = False
        """Whether a cursor was seen to name the last record read, not the next: which of them is undocumented."""
        self._most_shown = PAGE_SIZE
        """How many records WeChat was seen to put on a page at most, whatever it was asked for."""
        self._longest_last = SURELY_LAST_RECORDS
        """The longest page, shorter than asked for, that was seen to be the last."""

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

    async def all_records(
        self,
        start_at: int,
        end_at: int,
        *,
        page_size: int = READ_PAGE_SIZE,
        on_page: Callable[[int], None] | None = None,
    ) -> tuple[Record, ...]:
        """Return all chat records of a span of any length, oldest span first; a day of a big shop takes many calls.

        Whether a cursor names the last record read or the next is not documented. A page border tells: when its
        record is repeated, it is asked for once more by itself, for only a cursor that names it stands still.

        By the document a page shorter than asked for is the last. A long one is followed once more all the same: what
        is missing would count as fetched for good, should WeChat put fewer records on a page than it says.

        Args:
            start_at: Unix seconds.
            end_at: Unix seconds.
            page_size: At most 10,000.
            on_page: Told the time of the last record of each page.

        Source: getMsgList
        """
        records: list[Record] = []
        for piece_start, piece_end in paging.spans(start_at, end_at):
            piece = await self._piece(piece_start, piece_end, page_size, on_page)
            paging.join_spans(records, piece, piece_start)
        return tuple(records)

    async def send(
        self, openid: CustomerId, content: Content, agent: AgentId | None = None, *, is_ai: bool = False
    ) -> None:
        """Send a message of any type in the name of an agent, or of the account; texts exactly as they are.

        POST /cgi-bin/message/custom/send. A text holds at most 2,048 bytes, news one article; WeChat answers no message
        id and gives no receipt. Errors: 40003, 40007 (media gone: uploads live 3 days), 40008, 40165 and 40166 (mini
        program), 40213 and 40214 (links), 41006, 44003, 44004, 45002 (too long), 45003 to 45006, 45008 (articles),
        45015 (window closed), 45047 (replies used up), 45098 and 45099 (menu), 48002, 48008, 65401, 70000.
        Observed: escapes of JSON are shown to the customer as they stand, so the body is raw UTF-8; a permanent
        media id works wherever an uploaded one does.

        Args:
            openid: The customer.
            content: What to send.
            agent: In whose name; None: the account's.
            is_ai: Whether WeChat adds a grey line that says a machine wrote it.

        Source: sendCustomMessage

        Raises:
            NotPossible: Something that has to be in it is empty.
        """
        await self._order("/cgi-bin/message/custom/send", message(openid, content, agent, is_ai=is_ai))

    async def typing(self, openid: CustomerId, *, cancel: bool = False) -> None:
        """Show the customer that somebody types, for 15 s or until a message is sent; or stop showing it.

        POST /cgi-bin/message/custom/typing. Errors: 45080 (no message within the last 30 s), 45081 (shown already).

        Source: typing
        """
        command = "CancelTyping" if cancel else "Typing"
        await self._order("/cgi-bin/message/custom/typing", {"touser": openid, "command": command})

    async def _page(self, start_at: int, end_at: int, cursor: int, limit: int) -> tuple[RecordPage, int]:
        body = {"starttime": start_at, "endtime": end_at, "msgid": max(cursor, FIRST_CURSOR), "number": limit}
        answer = await self._gateway.ask(Call("POST", paths.RECORDS, body=body))
        return await asyncio.to_thread(answer.records)  # ten thousand records take longer than the event loop may wait

    async def _piece(
        self, start_at: int, end_at: int, page_size: int, on_page: Callable[[int], None] | None
    ) -> list[Record]:
        """Read one span of at most 24 h; where cursors lead nowhere, in halves, until each fits a page.

        Raises:
            ApiError: Two seconds have more than a page, or WeChat does not answer.
        """
        records, is_whole = await self._pages(start_at, end_at, page_size, on_page)
        if is_whole:
            return records
        if end_at - start_at < 2:
            raise unreadable_field("msgid", Call("POST", paths.RECORDS))
        middle_at = (start_at + end_at) // 2
        records = await self._piece(start_at, middle_at, page_size, on_page)
        paging.join_spans(records, await self._piece(middle_at, end_at, page_size, on_page), middle_at)
        return records

    async def _pages(
        self, start_at: int, end_at: int, page_size: int, on_page: Callable[[int], None] | None
    ) -> tuple[list[Record], bool]:
        """Read page after page; False: behind a full one there may be more, and nothing tells how to ask for it."""
        records: list[Record] = []
        previous: tuple[Record, ...] = ()
        cursor, count, is_followed, is_whole = FIRST_CURSOR, 0, True, True
        while is_followed:
            page, number = await self._page(start_at, end_at, cursor, page_size)
            if previous and page.records == previous:
                break  # whatever its cursor says, it would come for ever
            if previous and not self._is_full(count, page_size):
                if page.cursor <= cursor:
                    self._longest_last = max(self._longest_last, count)
                    break
                self._most_shown = count
            is_repeat = await self._is_repeat(start_at, end_at, cursor, previous, page.records)
            records.extend(page.records[1:] if is_repeat else page.records)
            if on_page is not None and records:
                on_page(records[-1].at)
            count = max(number, len(page.records))
            may_go_on = self._is_full(count, page_size) or count > self._longest_last
            # The cursor of an empty answer is 0, and one that stands still would ask for the same page for ever.
            is_followed = may_go_on and page.cursor > cursor and bool(page.records)
            is_whole = not (page.records and page.cursor <= cursor and self._is_full(count, page_size))
            cursor, previous = page.cursor, page.records
        return records, is_whole

    def _is_full(self, count: int, page_size: int) -> bool:
        return count >= min(page_size, self._most_shown)

    async def _is_repeat(
        self, start_at: int, end_at: int, cursor: int, previous: tuple[Record, ...], following: tuple[Record, ...]
    ) -> bool:
        """Whether a page begins with the very record the one before ended with, not with one that says the same."""
        if not (previous and following) or previous[-1] != following[0]:
            return False  # which says nothing of other borders: a record may have gone, or changed its worker
        if not self._is_cursor_inclusive:
            page, _number = await self._page(start_at, end_at, cursor, 1)
            if not page.records:
                return True  # nothing to learn from; that a customer says the same twice in a second is rare
            self._is_cursor_inclusive = page.cursor <= cursor
        return self._is_cursor_inclusive
