"""Consoles of their own, for tests that kill them: they say on stdout what the archive has acknowledged.

`python -m tests.archive.child` forks a console for every order on stdin, a line of JSON; so nothing is imported twice,
and a console lives from the first millisecond. Each line on stdout begins with the number of the process that says it.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kfconsole.archive import Archive
from kfconsole.desk import Actions, Poller, ServerClock, Store
from kfconsole.desk.checking import Checking, Doubt
from kfconsole.desk.holders import Holders
from kfconsole.desk.sending import Sending
from kfconsole.desk.typing_state import TypingState
from kfconsole.model import (
    AgentId,
    CustomerId,
    Deed,
    Delivery,
    Desk,
    Feed,
    Message,
    MessageId,
    MessageKind,
    Record,
    SearchQuery,
    Waiting,
    WaitOutcome,
)
from kfconsole.text import found_spans
from kfconsole.wechat import KfClient
from tests.archive.world import ME, T

SENT_AT = T + 10_000_000
"""Sends are of later than any record, so that no record is taken for one of them unless it is meant."""
MERGED_AHEAD = 1_200
"""How far from its first record on a console merges."""
ACTS_AT_MOST = 5_000  # should nobody kill it
HANDS = 3  # so many things are done at the same time
WORDS = ("退款", "发货", "你好", "Order", "在吗", "谢谢", "１２", "🙂")

Say = Callable[[str], None]


def customer(kind: str, number: int) -> CustomerId:
    """Return a customer whose openid stands nowhere by chance."""
    return CustomerId(f"o{kind}{number:020d}")


def text_of(kind: str, number: int) -> str:
    return f"{kind}{number} {WORDS[number % 8]}{WORDS[number // 8 % 8]}"


def told(start: int, end: int) -> list[Record]:
    """Return what WeChat has of numbers from an even one to before another: two of each second, some of them equal."""
    return [
        Record(
            customer("told", number // 2 % 5),
            ME,
            MessageKind.RECEIVED,
            text_of("told", number - 1 if number % 14 == 1 else number),
            T + number // 2,
        )
        for number in range(start, end)
    ]


class Life:
    """One console that does everything, at random, until it is killed."""

    def __init__(self, archive: Archive, say: Say, *, seed: int, first: int, low: int) -> None:
        self._archive = archive
        self._say = say
        self._chance = random.Random(seed)
        self._numbers = iter(range(first, first + ACTS_AT_MOST))
        self._drafts = first
        """The first of three customers nobody else writes to."""
        self._low = low
        """Records from this number on are merged; before it, they are deleted."""
        self._undecided: list[tuple[int, MessageId]] = []
        self._unconfirmed: list[int] = []
        self._erased: list[int] = []

    async def live(self) -> None:
        """Do things with all hands."""
        await asyncio.gather(*(self._work() for _hand in range(HANDS)))

    async def _work(self) -> None:
        acts: Sequence[tuple[int, Callable[[int], Awaitable[None]]]] = (
            (12, self._send),
            (6, self._draft),
            (5, self._merge),
            (3, self._index),
            (3, self._search),
            (3, self._confirm),
            (3, self._dismiss),
            (3, self._wait),
            (3, self._deed),
            (3, self._act),
            (2, self._purge),
            (2, self._erase),
            (1, self._vacuum),
        )
        weights = [weight for weight, _act in acts]
        for number in self._numbers:
            [(_weight, act)] = self._chance.choices(acts, weights)
            await act(number)

    async def _send(self, number: int) -> None:
        to = customer("sent", number % 4)
        message = await self._archive.begin_send(to, ME, text_of("send", number), SENT_AT + number, keeps_draft=True)
        self._say(f"begun {number} {message.id}")
        if self._chance.random() < 0.2:
            return
        delivery = self._chance.choice((Delivery.SENT, Delivery.REFUSED, Delivery.UNKNOWN))
        await self._archive.settle(message.id, delivery, "because")
        self._say(f"settled {number} {delivery}")
        if delivery is not Delivery.REFUSED:
            self._unconfirmed.append(number)
        if delivery is not Delivery.SENT:
            self._undecided.append((number, message.id))

    async def _dismiss(self, _number: int) -> None:
        if self._undecided:
            number, message_id = self._undecided.pop()
            if number in self._unconfirmed:
                self._unconfirmed.remove(number)
            await self._archive.dismiss(message_id)
            self._say(f"dismissed {number}")

    async def _confirm(self, _number: int) -> None:
        if self._unconfirmed:
            number = self._unconfirmed.pop()
            self._undecided = [(other, message_id) for other, message_id in self._undecided if other != number]
            at = SENT_AT + number
            shown = Record(customer("sent", number % 4), ME, MessageKind.SENT, text_of("send", number), at)
            await self._archive.merge_records([shown], at, at)
            self._say(f"confirmed {number}")

    async def _draft(self, number: int) -> None:
        to = self._drafts + number % 3
        await self._archive.save_draft(customer("draft", to), text_of("draft", number))
        self._say(f"draft {to} {number}")

    async def _merge(self, _number: int) -> None:
        start = self._low + 2 * self._chance.randrange(MERGED_AHEAD // 3)
        end = start + 2 * self._chance.randrange(1, MERGED_AHEAD // 6)
        await self._archive.merge_records(told(start, end), T + start // 2, T + end // 2 - 1)
        self._say(f"merged {start} {end}")

    async def _index(self, _number: int) -> None:
        await self._archive.index_messages()
        self._say("indexed")

    async def _search(self, _number: int) -> None:
        word = self._chance.choice(WORDS)
        page = await self._archive.search(SearchQuery(words=word))
        strange = [message.text for message in page.messages if not found_spans(message.text, word)]
        self._say("searched" if not strange else f"failed: {word} found in {strange}")

    async def _wait(self, number: int) -> None:
        at = SENT_AT + number
        waiting = Waiting(customer("wait", number), at, float(at), is_exact=True)
        await self._archive.note_waits([waiting], at + 1.0)
        self._say(f"waits {number}")
        if self._chance.random() < 0.5:
            await self._archive.end_wait(waiting, at + 60.0, WaitOutcome.LEFT)
            self._say(f"left {number}")

    async def _deed(self, number: int) -> None:
        await self._archive.note_deed(Deed(SENT_AT + number, "accept", ME, None, f"deed {number}"))
        self._say(f"deed {number}")

    async def _act(self, number: int) -> None:
        deed = Deed(SENT_AT + number, "close", ME, None, f"act {number}", key=os.urandom(16))
        await self._archive.begin_deed(deed)
        self._say(f"begun_act {number}")
        await self._archive.note_deed(deed)
        self._say(f"ended_act {number}")

    async def _purge(self, _number: int) -> None:
        before = self._low - 2 * self._chance.randrange(100)
        self._say(f"purging {before}")
        await self._archive.purge_older_than(T + before // 2)
        self._say(f"purged {before}")

    async def _erase(self, number: int) -> None:
        openid = customer("erase", number)
        known = [Record(openid, ME, MessageKind.RECEIVED, text_of("erase", number), T + second) for second in range(60)]
        await self._archive.merge_records(known, T, T)
        await self._archive.save_draft(openid, text_of("erase", number))
        self._say(f"erasing {number}")
        purged = await self._archive.purge_customer(openid)
        self._say(f"erased {number} {'clean' if purged.is_log_clean and purged.is_file_clean else 'traces'}")
        await self._archive.merge_records(known, T, T)

    async def _vacuum(self, _number: int) -> None:
        await self._archive.vacuum()
        self._say("vacuumed")


async def live(say: Say, path: Path, seed: int, first: int, low: int) -> None:
    """Be a console."""
    archive = Archive(path)
    await archive.open()
    say("open")
    await Life(archive, say, seed=seed, first=first, low=low).live()


async def write(say: Say, path: Path, first: int) -> None:
    """Be a console that only begins sends."""
    archive = Archive(path)
    await archive.open()
    for number in range(first, first + ACTS_AT_MOST):
        await archive.begin_send(customer("sent", 0), ME, f"send {number}", T + number)
        say(f"send {number}")


async def compose(say: Say, path: Path, name: str, seed: int) -> None:
    """Be a console whose user writes and sends to the one customer that others write to as well."""
    chance = random.Random(seed)
    archive = Archive(path)
    await archive.open()
    to = customer("shared", 0)
    for number in range(ACTS_AT_MOST):
        text = f"{name} {number}"
        await archive.save_draft(to, text)
        await archive.save_form(to, "news", {"title": text})
        say(f"draft {text}")
        if chance.random() < 0.3:
            await archive.begin_send(to, ME, text, SENT_AT + number)
            say(f"sent {text}")


@asynccontextmanager
async def desk(path: Path, shop: dict[str, str]) -> AsyncIterator[tuple[KfClient, Archive, Store, ServerClock]]:
    """Open what a console stands on."""
    clock = ServerClock(time.monotonic, time.time)
    archive = Archive(path, wall=clock.now)
    client = KfClient(
        base_url=shop["base_url"],
        app_id=shop["app_id"],
        app_secret=shop["app_secret"],
        token_folder=path.parent,
        on_date=clock.learn,
    )
    await archive.open()
    try:
        yield client, archive, Store(AgentId(shop["kf_account"])), clock
    finally:
        await client.aclose()
        await archive.close()


async def send(say: Say, path: Path, shop: dict[str, str], to: list[CustomerId]) -> None:
    """Be a console that sends five numbered messages to each of some customers, to all at the same time."""
    async with desk(path, shop) as (client, archive, store, clock):
        typing_state = TypingState(client, store, clock)
        me = AgentId(shop["kf_account"])
        checking = Checking(client, archive, store, clock, Holders(client, store, clock, None), me=me)
        sending = Sending(client, archive, store, clock, typing_state, checking, me=me)

        async def send_to(openid: CustomerId) -> None:
            for number in range(5):
                message = await sending.send(openid, f"{openid} {number}")
                say(f"{message.delivery} {message.text}")

        await asyncio.gather(*map(send_to, to))


async def send_parts(say: Say, path: Path, shop: dict[str, str], to: list[CustomerId], seed: int) -> None:
    """Be a console that looks before it sends, in parts, to some customers at the same time; some it takes back."""
    chance = random.Random(seed)
    async with desk(path, shop) as (client, archive, store, clock):
        me = AgentId(shop["kf_account"])
        checking = Checking(client, archive, store, clock, Holders(client, store, clock, None), me=me)
        sending = Sending(client, archive, store, clock, TypingState(client, store, clock), checking, me=me)

        async def decide(doubt: Doubt, waiting: tuple[Message, ...]) -> bool:
            if chance.random() < 0.5:
                return True
            draft = "\n".join(message.text for message in waiting)
            await sending.take_back(doubt.openid, [message.id for message in waiting], draft)
            return False

        async def send_to(openid: CustomerId) -> None:
            texts = [f"{openid} {part}" for part in range(4)]
            await archive.save_draft(openid, "\n".join(texts))
            say(f"draft {openid}")
            for message in await sending.send_each(openid, texts, decide=decide):
                say(f"{message.delivery} {message.text}")

        await asyncio.gather(*map(send_to, to))


async def serve_customers(say: Say, path: Path, shop: dict[str, str], to: list[CustomerId], seed: int) -> None:
    """Be a console that accepts customers, hands them back and closes, several at the same time."""
    chance = random.Random(seed)
    async with desk(path, shop) as (client, archive, store, clock):
        actions = Actions(client, archive, store, clock, me=AgentId(shop["kf_account"]))
        running = asyncio.create_task(actions.run())

        async def serve_one(openid: CustomerId) -> None:
            for _round in range(ACTS_AT_MOST):
                await actions.accept(openid)
                say(f"accept {openid}")
                act = chance.choice((actions.close, actions.hand_back))
                await act(openid)
                say(f"{act.__name__} {openid}")

        await asyncio.gather(running, *map(serve_one, to))


async def look(say: Say, path: Path, shop: dict[str, str]) -> None:
    """Be a console that starts after another one ended, and asks WeChat until it has seen all there is."""
    async with desk(path, shop) as (client, archive, store, clock):
        poller = Poller(client, archive, store, clock)
        await poller.remember()
        seen = asyncio.Event()
        store.subscribe(lambda now: seen.set() if set(Feed) <= _answered(now) else None)
        polling = asyncio.create_task(poller.run())
        async with asyncio.timeout(20):
            await seen.wait()
        polling.cancel()
        await asyncio.wait((polling,))
    say("looked")


def _answered(now: Desk) -> set[Feed]:
    return {feed for feed, health in now.health.items() if health.succeeded_mono is not None}


LIVES: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    "live": live,
    "write": write,
    "compose": compose,
    "send": send,
    "parts": send_parts,
    "serve": serve_customers,
    "look": look,
}


def fork(order: dict[str, Any]) -> int:
    """Begin a console; return its number."""
    number = os.fork()
    if number:
        return number
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # the orders are for the parent
    try:
        life = LIVES[order.pop("life")]
        asyncio.run(life(acknowledge, Path(order.pop("path")), **order))
    except BaseException:  # noqa: BLE001  # whatever it is, the test has to hear of it
        acknowledge(f"failed: {traceback.format_exc()!r}")
    os._exit(0)


def acknowledge(what: str) -> None:
    os.write(1, f"{os.getpid()} {what}\n".encode())  # at once and in one piece: buffers die with the process


def serve() -> None:
    """Begin a console, or tell that one is over, for each order; with the last order all consoles end."""
    alive: set[int] = set()
    while line := sys.stdin.buffer.readline():
        order = json.loads(line)
        if (number := order.get("over")) is not None:
            os.waitpid(number, 0)
            alive.discard(number)
            os.write(1, f"{number} over\n".encode())
        else:
            number = fork(order)
            alive.add(number)
            os.write(1, f"{number} born\n".encode())
    for number in alive:
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)


if __name__ == "__main__":
    serve()
