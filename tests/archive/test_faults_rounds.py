"""Seeded days on a file that fails now and then: nothing is lost, nothing doubled, every outcome is the one told."""

import asyncio
import random
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.model import Delivery, MessageId, Record
from tests.archive.world import ANN, BOB, ME, T, received, sent

CUSTOMERS = (ANN, BOB)
OUTCOMES = (Delivery.SENT, Delivery.REFUSED, Delivery.UNKNOWN)


class Day:
    """Random work on an archive whose file another program holds now and then, and what should come of it."""

    def __init__(self, path: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.path = path
        self.now = float(T)
        self.archive = Archive(path, wall=lambda: self.now, busy_seconds=0.005)
        self.other: sqlite3.Connection | None = None
        self.sends: dict[str, Delivery] = {}
        self.on_their_way: dict[str, MessageId] = {}
        self.records: list[Record] = []
        self.drafts = {ANN: "", BOB: ""}
        self.moves = 0

    async def send(self) -> None:
        """Begin a send."""
        openid, text = self.chance.choice(CUSTOMERS), f"reply {len(self.sends)}"
        self.sends[text] = Delivery.SENDING
        self.drafts[openid] = ""
        self.on_their_way[text] = (await self.archive.begin_send(openid, ME, text, self.now)).id

    async def settle(self) -> None:
        """Tell how a send ended."""
        if self.on_their_way:
            text = self.chance.choice(sorted(self.on_their_way))
            number, delivery = self.on_their_way.pop(text), self.chance.choice(OUTCOMES)
            self.sends[text] = delivery
            message = await self.archive.settle(number, delivery, "so it was")
            assert (message.text, message.delivery) == (text, delivery)

    async def hear(self) -> None:
        """Let WeChat tell its records of the whole day, with new ones."""
        for _number in range(self.chance.randrange(4)):
            text = self.chance.choice(["hello", "ok", "thanks"])  # equal ones in one second are several
            openid = self.chance.choice(CUSTOMERS)
            self.records.append((received if self.chance.random() < 0.7 else sent)(text, int(self.now), openid))
        await self.archive.merge_records(tuple(self.records), T, int(self.now))

    async def write(self) -> None:
        """Keep a draft."""
        openid = self.chance.choice(CUSTOMERS)
        self.drafts[openid] = self.chance.choice(["", f"draft {self.now}"])
        await self.archive.save_draft(openid, self.drafts[openid])

    async def look(self) -> None:
        """Read what is there."""
        openid = self.chance.choice(CUSTOMERS)
        known = [message.text for message in await self.archive.conversation(openid, limit=1000)]
        assert max(Counter(text for text in known if text.startswith("reply")).values(), default=1) == 1
        await self.archive.mark_read(openid)

    async def fail_or_mend(self) -> None:
        """Let another program take the file, or give it back."""
        if self.other is None:
            self.other = sqlite3.connect(self.path, isolation_level=None)
            self.other.execute("BEGIN IMMEDIATE")
            return
        self.other.close()
        self.other = None
        await self.archive.mend()

    async def run(self) -> None:
        """Do a day's work, often several things at once."""
        await self.archive.open_anyhow()
        works = (self.send, self.settle, self.hear, self.write, self.look)
        for _hour in range(40):
            self.now += self.chance.choice([0.25, 1.0, 30.0])
            if self.chance.random() < 0.25:
                await self.fail_or_mend()
            await asyncio.gather(*(self.chance.choice(works)() for _work in range(self.chance.randrange(1, 5))))
        self.moves = self.archive.moves
        if self.other is not None:
            await self.fail_or_mend()
        await self.archive.close()


async def check_day(path: Path, seed: int) -> int:
    """Live through a day and look at what the file has in the end; return how often the place was changed."""
    day = Day(path, seed)
    await day.run()
    assert day.archive.unkept.sends == 0

    archive = Archive(path, wall=lambda: day.now)
    await archive.open()
    messages = [message for openid in CUSTOMERS for message in await archive.conversation(openid, limit=1000)]
    own = {message.text: message.delivery for message in messages if message.delivery is not None}
    assert own == day.sends
    assert len([message for message in messages if message.delivery is not None]) == len(day.sends)
    heard = Counter(
        (message.openid, message.kind, message.text, message.at) for message in messages if not message.delivery
    )
    assert heard == Counter((record.openid, record.kind, record.text, record.at) for record in day.records)
    contacts = await archive.contacts(CUSTOMERS)
    assert {openid: contacts[openid].draft for openid in CUSTOMERS} == day.drafts
    await archive.close()
    return day.moves


@pytest.mark.parametrize("seed", range(10))
async def test_a_day_with_a_file_that_fails_loses_and_doubles_nothing(path: Path, seed: int) -> None:
    await check_day(path, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1200))
async def test_many_days_with_a_file_that_fails_lose_and_double_nothing(path: Path, seed: int) -> None:
    await check_day(path, seed)
