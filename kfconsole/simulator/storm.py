"""The scenario `storm`: an ordinary day at the shop behind a connection where everything goes wrong in turn."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kfconsole.simulator.faults import Fault, Faults

ANY = "*"
_SEND = "/cgi-bin/message/custom/send"
_RECORDS = "/customservice/msgrecord/getmsglist"
_QUEUE = "/customservice/kfsession/getwaitcase"
_ONLINE = "/cgi-bin/customservice/getonlinekflist"


@dataclass(frozen=True, slots=True)
class Gust:
    """One thing that may go wrong, and how often in a hundred."""

    weight: int
    kind: str
    paths: tuple[str, ...] = (ANY,)
    most: int = 3
    """It strikes 1 to so many requests."""
    code: int = -1
    delay_seconds: float = 0.0


GUSTS = (
    Gust(15, "errcode", most=5),
    Gust(6, "errcode", (_QUEUE, _RECORDS, _SEND), code=45011),
    Gust(3, "errcode", (_ONLINE, _RECORDS), code=45009),
    Gust(1, "errcode", (_RECORDS,), code=48001),
    Gust(14, "delay", delay_seconds=3.0),
    Gust(4, "delay", most=2, delay_seconds=12.0),
    Gust(10, "status"),
    Gust(8, "cut_before"),
    Gust(8, "cut_after"),
    Gust(6, "cut_during"),
    Gust(5, "empty"),
    Gust(5, "truncated"),
    Gust(4, "garbage", most=1),
    Gust(3, "wrong_types", most=1),
    Gust(4, "latin1"),
    Gust(4, "displaced_token", most=1),
)
"""Each strikes a few requests and is over; nothing here needs anybody to mend the account."""


def raise_storm(
    faults: Faults,
    play: Callable[[], Awaitable[None]],
    *,
    seed: int,
    speed: float,
    sleep: Callable[[float], Awaitable[None]],
) -> Callable[[], Awaitable[None]]:
    """Return what plays the day and, beside it, arms one fault after another."""
    rng = random.Random(f"{seed}/storm")

    async def blow() -> None:
        while True:
            await sleep(rng.uniform(1.0, 6.0) / speed)
            faults.forget_spent()
            faults.arm(next_fault(rng))

    async def play_both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(blow())
            await play()

    return play_both


def next_fault(rng: random.Random) -> Fault:
    """Return what goes wrong next."""
    gust = rng.choices(GUSTS, [gust.weight for gust in GUSTS])[0]
    return Fault(
        path=rng.choice(gust.paths),
        kind=gust.kind,
        count=rng.randint(1, gust.most),
        code=gust.code,
        delay_seconds=gust.delay_seconds * rng.random(),
    )
