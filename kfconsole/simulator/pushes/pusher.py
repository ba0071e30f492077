"""Tells the account's server what happens: one push after the other for each customer, with WeChat's retries.

    event ──> push ──> inbox ──> the customer's lane ──> carrier ──> answer ──> world

The world is never kept waiting: what happens is only noted when it happens.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from kfconsole.simulator.faults import Fault, Faults
from kfconsole.simulator.people import Event
from kfconsole.simulator.pushes.answers import Declined, Reply, Transfer, read_answer
from kfconsole.simulator.pushes.carrier import ANSWER_SECONDS, Carrier, HttpAnswer, Unanswered
from kfconsole.simulator.pushes.contents import Fields, push_fields
from kfconsole.simulator.pushes.receiver import BadReceiver, Malformed, Receiver, Wrapping
from kfconsole.simulator.pushes.xml import to_xml
from kfconsole.simulator.world import ORIGINAL_ID, World

if TYPE_CHECKING:
    import httpx

FAULT_KINDS = ("duplicate", "wrong_signature", "delay")
"""What can be armed for pushes.

duplicate: it is pushed three times with one MsgId, though the first was answered; the later answers do nothing.
wrong_signature: a forgery comes in its place, once, and its answer does nothing. delay: it leaves `delay_seconds` late,
and so do this customer's later ones.
"""

_TRIES = 3
_KEPT = 2000
_SHOWN_ANSWER = 2000  # characters
_TICK_SECONDS = 1.0  # sessions that are overdue end within this


@dataclass(frozen=True, slots=True)
class Try:
    """One request of a push."""

    at: float
    status: int | None
    answer: str
    problem: str


@dataclass(slots=True)
class Push:
    """One push; `outcome` says how it ended.

    pending · declined · transferred · replied · ignored (an answer nobody can be given) · out_of_service
    (the customer was told so) · unanswered (nobody was told) · forged · dropped (pushes were switched off meanwhile).
    """

    at: float
    openid: str
    text: str
    """What the chat records show of a message."""
    fields: Fields
    is_seen: bool
    """The kf system has the message already, because its customer waits."""
    tries: list[Try] = field(default_factory=list)
    outcome: str = "pending"

    @property
    def name(self) -> str:
        """The type of the message, or the event."""
        return str(self.fields.get("Event", self.fields["MsgType"]))

    @property
    def is_message(self) -> bool:
        """Whether a customer sent it, so that it can be transferred."""
        return self.fields["MsgType"] != "event"

    @property
    def is_by_customer(self) -> bool:
        """Whether somebody is there to see what is answered: not for events of sessions, nor who unfollowed."""
        return not self.name.startswith("kf_") and self.name != "unsubscribe"

    def as_json(self) -> dict[str, object]:
        """Return the push for a control answer."""
        return {
            "at": self.at,
            "openid": self.openid,
            "name": self.name,
            "xml": to_xml(self.fields),
            "outcome": self.outcome,
            "tries": [{name: getattr(row, name) for name in row.__slots__} for row in self.tries],
        }


class Pusher:
    """Pushes what happens in one world to one receiver; off until it is pointed at one."""

    def __init__(
        self,
        world: World,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.faults = Faults()
        """Armed by the name of a push, such as `text` or `kf_close_session`."""
        self.log: deque[Push] = deque(maxlen=_KEPT)
        self._world = world
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._new_carrier = partial(Carrier, transport, answer_seconds)
        self._carrier = self._new_carrier()
        self._wrapping: Wrapping | None = None
        self._inbox: asyncio.Queue[Push] = asyncio.Queue()
        self._lanes: dict[str, deque[Push]] = {}
        # Above 2^53, so that whoever reads an id as a float gets another one; later simulators count on from later.
        self._message_ids = count(int(world.clock.now() * 1000) << 20)
        world.watch(self._note)

    @property
    def receiver(self) -> Receiver | None:
        """Where pushes go, if anywhere."""
        return self._wrapping.receiver if self._wrapping is not None else None

    async def point_at(self, receiver: Receiver) -> None:
        """Push to this receiver from now on, once it has echoed what WeChat asks it to.

        Raises:
            BadReceiver: It did not; pushes go where they went before.
        """
        wrapping = Wrapping(receiver, self._world.app_id, self._rng)
        echo = str(self._rng.randrange(10**18, 10**19))
        query = {**wrapping.signed(self._world.clock.now()), "echostr": echo}
        async with self._new_carrier() as carrier:
            try:
                answer = await carrier.ask("GET", receiver.url, query)
            except Unanswered as error:
                raise BadReceiver(f"{receiver.url} did not answer its verification: {error}") from error
        if (answer.status, answer.body) != (200, echo.encode("ascii")):
            raise BadReceiver(
                f"{receiver.url} did not answer its verification with the echostr alone: HTTP {answer.status}, "
                f"{_shown(answer.body)[:100]!r}; check the signature with the same token, and answer the echostr"
            )
        self._wrapping = wrapping
        self._world.push_url = receiver.url

    def switch_off(self) -> None:
        """Push nothing any more; the shop forwards its customers by itself again."""
        self._wrapping = None
        self._world.push_url = ""

    async def run(self) -> None:
        """Push until cancelled."""
        async with self._carrier, asyncio.TaskGroup() as group:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_TICK_SECONDS):
                        self._sort(await self._inbox.get(), group)
                if self._wrapping is not None:
                    self._world.end_overdue_sessions()

    async def settled(self) -> None:
        """Return when everything noted so far is pushed, with all its tries."""
        await self._inbox.join()

    # From event to push

    def _note(self, event: Event) -> None:
        if self._wrapping is None:
            return
        said = push_fields(event, self._world.switches)
        if said is None:
            return
        fields: Fields = {
            "ToUserName": ORIGINAL_ID,
            "FromUserName": event.openid,
            "CreateTime": int(event.at),
            **said,
        }
        push = Push(event.at, event.openid, event.text, fields, is_seen=event.openid in self._world.queue)
        if push.is_message:
            fields["MsgId"] = next(self._message_ids)
        self.log.append(push)
        self._inbox.put_nowait(push)

    def _sort(self, push: Push, group: asyncio.TaskGroup) -> None:
        lane = self._lanes.setdefault(push.openid, deque())
        lane.append(push)
        if len(lane) == 1:
            group.create_task(self._drain(push.openid))

    async def _drain(self, openid: str) -> None:
        lane = self._lanes[openid]
        while lane:
            await self._deliver(lane[0])
            lane.popleft()
            self._inbox.task_done()
        del self._lanes[openid]

    # From push to answer

    async def _deliver(self, push: Push) -> None:
        fault = self.faults.strike(push.name) or Fault(push.name, "")
        if fault.kind == "delay":
            await self._sleep(fault.delay_seconds)
        for number in range(_TRIES):
            if number:
                await self._sleep(self._world.switches.push_retry_seconds)
            wrapping = self._wrapping
            if wrapping is None:
                push.outcome = "dropped"
                return
            if fault.kind == "wrong_signature":
                await self._try(push, wrapping, is_forged=True)
                push.outcome = "forged"
                return
            answer = await self._try(push, wrapping)
            if answer is not None:
                self._obey(push, wrapping, answer.body)
                for _again in range(_TRIES - 1 if fault.kind == "duplicate" else 0):
                    await self._try(push, wrapping)
                return
        self._fail(push)

    async def _try(self, push: Push, wrapping: Wrapping, *, is_forged: bool = False) -> HttpAnswer | None:
        """Push once; return the answer if it counts as one."""
        now = self._world.clock.now()
        query, body = wrapping.wrapped(push.fields, push.openid, now, is_forged=is_forged)
        if wrapping.receiver.mode == "plain" and not self._world.switches.plain_push_openid:
            del query["openid"]
        try:
            answer = await self._carrier.ask("POST", wrapping.receiver.url, query, body)
        except Unanswered as error:
            push.tries.append(Try(now, None, "", str(error)))
            return None
        problem = "" if answer.status == 200 else f"HTTP {answer.status} counts as no answer"
        push.tries.append(Try(now, answer.status, _shown(answer.body), problem))
        return None if problem else answer

    # From answer to world

    def _obey(self, push: Push, wrapping: Wrapping, body: bytes) -> None:
        try:
            answer = read_answer(body, wrapping, openid=push.openid, original_id=ORIGINAL_ID)
        except Malformed as error:
            push.tries[-1] = replace(push.tries[-1], problem=str(error))
            self._fail(push)
            return
        is_following = self._world.customers[push.openid].is_following
        match answer:
            case Declined():
                push.outcome = "declined"
            case Transfer(kf_account) if push.is_message and is_following:
                push.outcome = "transferred"
                if not push.is_seen or kf_account in self._world.agents:
                    self._world.hand_over(push.openid, push.text, kf_account)
            case Reply(message_type, text) if push.is_by_customer and is_following:
                push.outcome = "replied"
                self._world.receive_passive_reply(push.openid, message_type, text)
            case _:
                push.outcome = "ignored"

    def _fail(self, push: Push) -> None:
        push.outcome = "out_of_service" if push.is_by_customer else "unanswered"
        if push.is_by_customer:
            self._world.see_out_of_service(push.openid)


def _shown(body: bytes) -> str:
    return body.decode("utf-8", "replace")[:_SHOWN_ANSWER]
