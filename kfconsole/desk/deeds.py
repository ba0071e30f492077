"""Notes what was done from here, and what came of it.

That it begins is on disk before WeChat is asked, so that a console that is killed cannot hide it; where the archive
fails, the act goes on without. What came of it is noted after the act and beside it.
"""

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec.structs import replace

from kfconsole.content import Content
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.read_only import ReadOnly
from kfconsole.desk.serving import Begin
from kfconsole.desk.transferring import Outcome, Transfer
from kfconsole.desk.waking import to_the_end
from kfconsole.errors import ArchiveError, KfError, Unavailable
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId, Deed, Message, MessageId, Session

if TYPE_CHECKING:
    from kfconsole.archive import Archive

T = TypeVar("T")
KEY_BYTES: Final = 16


class Deeds:
    """Keeps deeds in the archive; `run` writes them soon, and `finish` what is left."""

    def __init__(
        self,
        archive: "Archive",
        clock: ServerClock,
        me: AgentId | None,
        send_failures: Mapping[MessageId, KfError],
    ) -> None:
        self._archive = archive
        self._clock = clock
        self._me = me
        self._send_failures = send_failures
        self._unwritten: deque[Deed] = deque()
        self._stir = asyncio.Event()
        self._writing = asyncio.Lock()
        self._has_begun = False

    async def noted(
        self,
        act: str,
        work: Coroutine[Any, Any, T],
        *,
        openid: CustomerId | None = None,
        details: str = "",
        agent: AgentId | None = None,
        is_announced: bool = True,
    ) -> T:
        """Await an act and note it, whatever comes of it.

        Args:
            act: What it is called, in every language.
            work: The act.
            openid: The customer, where it is known before.
            details: Whom or what else it is about; no secret, and nothing anybody wrote to anybody.
            agent: In whose name; ours by default.
            is_announced: Keep on disk that it begins; needless where it leaves something there by itself.
        """
        deed = self._deed(act, openid, details, agent)

        async def run() -> T:
            if is_announced:
                await self._begin(deed)
            return await work

        try:
            return await self._ended(lambda: deed, run())
        finally:
            work.close()  # stopped before it began, it would be missed

    async def noted_of_one(self, act: str, work: Callable[[Begin], Awaitable[T]], *, details: str = "") -> T:
        """Await an act that finds its customer by itself, and note it; it tells of each before it asks WeChat."""
        deed = self._deed(act, None, details, None)

        async def begin(openid: CustomerId) -> None:
            nonlocal deed
            deed = replace(deed, openid=openid)
            await self._begin(deed)

        return await self._ended(lambda: deed, work(begin))

    def _deed(self, act: str, openid: CustomerId | None, details: str, agent: AgentId | None) -> Deed:
        at, key = self._clock.now(), os.urandom(KEY_BYTES)
        return Deed(at, act, agent=agent or self._me, openid=openid, details=details, key=key)

    async def _begin(self, deed: Deed) -> None:
        with suppress(ArchiveError):  # the feeds show what is wrong with it
            await to_the_end(self._archive.begin_deed(deed))

    async def _ended(self, deed: Callable[[], Deed], work: Awaitable[T]) -> T:
        result, customer = _("Stopped before WeChat answered."), None
        try:
            done = await work
            result, customer = self._result(done), _customer(done)
        except KfError as error:
            result = _problem(error)
            raise
        finally:
            begun = deed()
            self._put(replace(begun, openid=begun.openid or customer, result=result))
        return done

    async def sent(
        self,
        work: Callable[[Deed], Awaitable[Message]],
        openid: CustomerId,
        content: Content | str,
        agent: AgentId | None,
    ) -> Message:
        """Await that a message is sent and note it; see `sent_each`."""

        async def each(deeds: Sequence[Deed]) -> tuple[Message, ...]:
            return (await work(deeds[0]),)

        (message,) = await self.sent_each(each, openid, (content,), agent)
        return message

    async def sent_each(
        self,
        work: Callable[[Sequence[Deed]], Awaitable[tuple[Message, ...]]],
        openid: CustomerId,
        contents: Sequence[Content | str],
        agent: AgentId | None = None,
    ) -> tuple[Message, ...]:
        """Await that messages are sent and note each, with its kind and its number, and none of its words.

        Args:
            work: Sends them, and keeps with each that it leaves, in one transaction; no disk stands before it twice.
            openid: To whom.
            contents: What.
            agent: In whose name; ours by default.
        """
        deeds = [self._deed("send", openid, _kind(content), agent) for content in contents]
        results = [_("Stopped before WeChat answered.")] * len(deeds)
        numbers = [""] * len(deeds)
        try:
            done = await work(deeds)
            results = [self._result(message) for message in done]
            numbers = [f" message {message.id}" for message in done]
        except KfError as error:
            results = [_problem(error)] * len(deeds)
            raise
        finally:
            for deed, result, number in zip(deeds, results, numbers, strict=False):  # one taken back is none
                self._put(replace(deed, details=deed.details + number, result=result))
        return done

    async def resent(self, work: Callable[[Deed], Coroutine[Any, Any, Message]], message_id: MessageId) -> Message:
        """Await that a message is sent again and note it; like `sent_each`, it keeps by itself that it leaves."""
        deed = self._deed("resend", None, f"message {message_id}", None)
        return await self._ended(lambda: deed, work(deed))

    async def note_now(self, act: str, openid: CustomerId, details: str, result: str) -> None:
        """Note what is about to be done, or what is left to do, before anything else happens, where that can be."""
        self.note(act, openid, details, result)
        await self.finish()

    def note(self, act: str, openid: CustomerId | None = None, details: str = "", result: str = "done") -> None:
        """Note something soon."""
        self._put(Deed(self._clock.now(), act, agent=self._me, openid=openid, details=details, result=result))

    async def begin(self, read_only: ReadOnly | None) -> None:
        """Note that a console begins, and its version; a beginning without an end tells that it was killed."""
        version = await asyncio.to_thread(_version)
        self._has_begun = True
        self.note("start", details=version if read_only is None else f"{version} read-only")

    def end(self) -> None:
        """Note that the console ends that has begun."""
        if self._has_begun:
            self._has_begun = False
            self.note("end")

    def _put(self, deed: Deed) -> None:
        self._unwritten.append(deed)
        self._stir.set()

    async def run(self) -> None:
        """Write deeds as they come, until cancelled."""
        while True:
            await self._stir.wait()
            self._stir.clear()
            await self.finish()

    async def finish(self) -> None:
        """Write what is not written yet; what cannot be written now is tried again with the next deed."""
        async with self._writing:
            while self._unwritten:
                try:
                    await to_the_end(self._write())
                except ArchiveError:
                    return  # the act itself was done, and the feeds show what is wrong with the archive

    def _result(self, done: object) -> str:
        if isinstance(done, Message) and done.needs_decision:  # sent again, and not taken again
            error = self._send_failures.get(done.id)
            return done.reason if error is None else _problem(error)
        if isinstance(done, Transfer) and done.outcome is not Outcome.TRANSFERRED:
            return done.said
        return "done"

    async def _write(self) -> None:
        await self._archive.note_deed(self._unwritten[0])
        self._unwritten.popleft()


def _customer(done: object) -> CustomerId | None:
    return done.openid if isinstance(done, Message | Session) else None


def _version() -> str:
    from importlib.metadata import version  # it looks through the folders of all programs

    return version("kfconsole")


def _kind(content: Content | str) -> str:
    return "text" if isinstance(content, str) else str(content.__struct_config__.tag)


def _problem(error: KfError) -> str:
    if isinstance(error, Unavailable) and error.may_have_arrived:  # its words for people name whom: the row does
        lost = error.__cause__ if isinstance(error.__cause__, Unavailable) else error
        return _("Outcome unknown: {reason}").format(reason=lost.message)
    if not error.code or str(error.code) in error.message:
        return error.message
    return _("{problem} ({code})").format(problem=error.message, code=error.code)
