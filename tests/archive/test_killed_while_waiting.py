"""Messages that wait to go when a console is killed: each text is sent once, in the outbox, or in the draft."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from kfconsole.archive import Archive
from kfconsole.model import CustomerId, Delivery
from tests.archive.child import customer
from tests.archive.killing import Nursery, nursery
from tests.archive.test_killed_consoles import got_by_wechat
from tests.cli.conftest import Shop, simulator

COLLEAGUE = "kf2099@lehuo"
SEEDS = [pytest.param(seed, marks=pytest.mark.soak) if seed else 0 for seed in range(10)]


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_text_that_waited_is_sent_kept_or_in_the_draft_whenever_the_console_is_killed(
    path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    with simulator("--scenario", "quiet") as (_process, shop):
        shop.order("agents", kf_account=COLLEAGUE, nickname="Tom")
        async with nursery() as nest:
            for _round in range(4):
                await send_and_die(nest, path, shop, chance)


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_two_consoles_write_to_one_customer_survives_when_both_are_killed(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    to = customer("shared", 0)
    async with nursery() as nest:
        for attempt in range(3):
            folder = path.parent / str(attempt)
            names = ("one", "two")
            consoles = [await nest.begin("compose", folder / "a.sqlite3", name=name, seed=seed) for name in names]
            said = [[await console.line() for _line in range(1 + chance.randrange(40))] for console in consoles]
            said = [[*lines, *await console.kill()] for lines, console in zip(said, consoles, strict=True)]

            archive = Archive(folder / "a.sqlite3")
            await archive.open()
            written = (await archive.contacts((to,)))[to].draft.splitlines()
            stored = {message.text for message in await archive.conversation(to, limit=1000)}
            filled = [await archive.take_form(to, "news")]
            await archive.save_form(to, "news", None)
            filled.append(await archive.take_form(to, "news"))
            for name, lines in zip(names, said, strict=True):
                last = int(lines[-1].split()[-1])
                possible = {f"{name} {number}" for number in (last, last + 1)}  # one more may have been on its way
                assert possible & (set(written) | stored)
                assert set(written) & stored == set()
                assert possible & {form["title"] for form in filled if form}
            await archive.close()


async def send_and_die(nest: Nursery, path: Path, shop: Shop, chance: random.Random) -> None:
    """Kill a console amid its looks, its questions and its sends; compare what WeChat got with what is left."""
    people = [CustomerId(await asyncio.to_thread(shop.customer, "hi")) for _person in range(8)]
    for openid in people[::2]:
        await asyncio.to_thread(shop.order, "agents/accept", kf_account=COLLEAGUE, openid=openid)
    account = {"base_url": shop.base_url, "app_id": shop.app_id, "app_secret": shop.app_secret}
    account["kf_account"] = shop.kf_account
    console = await nest.begin("parts", path, shop=account, to=people, seed=chance.randrange(1 << 32))
    said = [await console.line() for _line in range(len(people) + chance.randrange(16))]
    await asyncio.sleep(chance.random() * 0.05)
    said += await console.kill()

    archive = Archive(path)
    await archive.open()
    got = Counter(await asyncio.to_thread(got_by_wechat, shop))
    for openid in people:
        kept = {message.text: message for message in await archive.conversation(openid) if message.delivery}
        draft = (await archive.contacts((openid,)))[openid].draft.splitlines()
        for text in (f"{openid} {part}" for part in range(4)):
            message = kept.get(text)
            assert got[text] <= 1
            if message is None:
                assert text in draft
                assert not got[text]
            elif message.delivery is Delivery.REFUSED:
                assert not got[text]
                assert message.is_dismissed == (text in draft)
            else:
                assert message.delivery in (Delivery.SENT, Delivery.CONFIRMED, Delivery.UNKNOWN)
                assert text not in draft
            assert not (message is not None and message.delivery in (Delivery.SENT, Delivery.CONFIRMED)) or got[text]
            if f"sent {text}" in said:
                assert message is not None
                assert message.delivery in (Delivery.SENT, Delivery.CONFIRMED)
    await archive.close()
