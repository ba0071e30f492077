"""Promises that hold when a console is killed at any moment."""

import asyncio
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from msgspec.structs import replace

from kfconsole.archive import Archive, Process
from kfconsole.archive.process import started_by_ps
from kfconsole.archive.schema import MIGRATIONS
from kfconsole.model import CustomerId, Delivery
from tests.archive.child import MERGED_AHEAD, SENT_AT
from tests.archive.killing import ROOT, Ledger, Nursery, nursery, sound
from tests.archive.world import ANN, BOB, ME, T, texts
from tests.cli.conftest import Shop, simulator

SEND = "/cgi-bin/message/custom/send"
UNKNOWN_ACT = "Outcome unknown: the console ended in the midst of it."
SEEDS = [pytest.param(seed, marks=pytest.mark.soak) if seed else 0 for seed in range(10)]
"""Seed 0 always; the others in the long rounds."""


# Everything at random


@pytest.mark.parametrize("seed", SEEDS)
async def test_everything_acknowledged_survives_kill_9(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    ledger = Ledger()
    async with nursery() as nest:
        for number in range(14):
            await live_and_die(nest, path, ledger, chance, number)
            await ledger.check(path)
    assert ledger.count > 200


async def live_and_die(nest: Nursery, path: Path, ledger: Ledger, chance: random.Random, number: int) -> None:
    """Let one or two consoles do everything until they are killed, each at a moment of its own."""
    ledger.last = number * 600 + MERGED_AHEAD
    consoles = [
        await nest.begin(
            "live", path, seed=chance.randrange(1 << 32), first=number * 100_000 + which * 50_000, low=number * 600
        )
        for which in range(chance.choice((1, 1, 2)))
    ]
    for console in consoles:
        if chance.random() < 0.3:  # in the midst of opening the file
            await asyncio.sleep(chance.random() * 0.04)
        else:
            ledger.hear([await console.line() for _act in range(chance.randrange(1, 60))])
            await asyncio.sleep(chance.random() * 0.01)
        ledger.hear(await console.kill())


# Old files


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_file_of_an_older_version_is_brought_up_to_date_as_a_whole(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path.parent.mkdir(parents=True)
    async with nursery() as nest:
        for version in (1, 2, 2):
            old = path.with_name(f"version-{version}")
            write_old(old, version)
            for _kill in range(5):
                shutil.copy(old, path)
                await die_while_opening(nest, path, chance.random() * 0.08)
                await check_migrated(old, path)


def write_old(path: Path, version: int) -> None:
    """Write a file as an older version left it."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statements in MIGRATIONS[:version]:
            for statement in statements:
                connection.execute(statement)
        connection.execute("INSERT INTO origin (created_at) VALUES (1)")
        connection.execute("BEGIN")
        for number in range(2000):
            delivery = (None, None, "sent", "refused", "unknown", "sending", "confirmed")[number % 7]
            connection.execute(
                """
                INSERT INTO messages (openid, agent, kind, text, at, position, delivery, reason, is_dismissed, process)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                (
                    f"oOld{number % 40}",
                    f"kf{number % 5}@shop",
                    "received" if delivery is None else "sent",
                    f"退款 {number}",
                    SENT_AT + number // 2,
                    number % 2,
                    delivery,
                    "why" if delivery == "refused" else "",
                    number % 3 == 0 and delivery in ("refused", "unknown"),
                    "a console of long ago" if delivery == "sending" else None,
                ),
            )
        for number in range(40):
            connection.execute("INSERT INTO drafts VALUES (?, ?)", (f"oOld{number}", f"draft {number}"))
            connection.execute("INSERT INTO reads VALUES (?, ?, ?)", (f"oOld{number}", SENT_AT, number))
        connection.execute("INSERT INTO spans VALUES (?, ?)", (SENT_AT, SENT_AT + 1000))
        connection.execute("COMMIT")
        connection.execute(f"PRAGMA user_version = {version}")


async def test_a_change_cut_off_before_the_archive_had_a_log_is_taken_back(tmp_path: Path) -> None:
    old, path = tmp_path / "old", tmp_path / "archive.db"
    write_old(old, 2)
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")  # what is changed goes to the file at once
        connection.execute("BEGIN")
        connection.execute("UPDATE messages SET text = 'cut off'")
        shutil.copy(old, path)
        shutil.copy(f"{old}-journal", f"{path}-journal")
        connection.execute("ROLLBACK")

    await check_migrated(old, path)


async def die_while_opening(nest: Nursery, path: Path, seconds: float) -> None:
    console = await nest.begin("live", path, seed=0, first=0, low=0)
    await asyncio.sleep(seconds)
    await console.kill()


async def check_migrated(old: Path, path: Path) -> None:
    archive = Archive(path, wall=lambda: SENT_AT + 10_000.0)
    await archive.open()
    await archive.index_messages()
    await archive.close()
    columns = "id, openid, agent, kind, text, at, position, reason, is_dismissed, delivery"
    with closing(sqlite3.connect(old)) as before, closing(sqlite3.connect(path)) as after:
        sound(after)
        wanted = before.execute(f"SELECT {columns} FROM messages").fetchall()
        found = after.execute(f"SELECT {columns} FROM lines WHERE openid LIKE 'oOld%'").fetchall()
        drafts = after.execute(
            "SELECT openid, text FROM drafts JOIN customers ON customers.id = customer_id"
        ).fetchall()
        reads = after.execute("SELECT openid, at, message_id FROM reads JOIN customers ON id = customer_id").fetchall()

        assert sorted(map(as_found_later, wanted)) == sorted(found)
        assert set(before.execute("SELECT openid, text FROM drafts")) <= set(drafts)
        assert set(before.execute("SELECT openid, at, message_id FROM reads")) <= set(reads)


def as_found_later(row: tuple[object, ...]) -> tuple[object, ...]:
    """Return a row as a console finds it after the one that was sending is dead."""
    *others, _reason, is_dismissed, delivery = row
    if delivery == "sending":
        return (*others, "The console ended before WeChat answered.", is_dismissed, "unknown")
    return row


# Over HTTP


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_wechat_got_is_in_the_archive_and_nothing_is_sent_twice(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with simulator("--scenario", "quiet") as (_process, shop):
        async with nursery() as nest:
            for _round in range(3):
                await send_and_die(nest, path, shop, chance)


async def send_and_die(nest: Nursery, path: Path, shop: Shop, chance: random.Random) -> None:
    """Kill a console while it sends, start another one, and compare what WeChat got with what the archive says."""
    people = [await asyncio.to_thread(shop.customer, "hi") for _person in range(12)]
    account = {"base_url": shop.base_url, "app_id": shop.app_id, "app_secret": shop.app_secret}
    account["kf_account"] = shop.kf_account
    console = await nest.begin("send", path, shop=account, to=people)
    said = [await console.line() for _message in range(chance.randrange(1, 40))]
    await asyncio.sleep(chance.random() * 0.02)
    said += await console.kill()
    looking = await nest.begin("look", path, shop=account)
    said_later = await looking.rest()

    archive = Archive(path)
    await archive.open()
    stored = [
        message for openid in people for message in await archive.conversation(CustomerId(openid)) if message.delivery
    ]
    await archive.close()
    kept = {message.text: message.delivery for message in stored}
    got = Counter(text for text in await asyncio.to_thread(got_by_wechat, shop) if text.split()[0] in people)

    assert said_later == ["looked"]
    assert len(kept) == len(stored)
    assert set(got.values()) <= {1}
    assert got.keys() <= kept.keys()
    assert {kept[text] for text in got} <= {Delivery.SENT, Delivery.CONFIRMED, Delivery.UNKNOWN}
    assert {kept[text] for text in kept.keys() - got.keys()} <= {Delivery.UNKNOWN}
    acknowledged = {line.removeprefix("sent ") for line in said}
    assert {kept[text] for text in acknowledged} <= {Delivery.SENT, Delivery.CONFIRMED}


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_wechat_did_for_a_killed_console_is_among_the_deeds(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with simulator("--scenario", "quiet") as (_process, shop):
        async with nursery() as nest:
            for _round in range(3):
                await serve_and_die(nest, path, shop, chance)


async def serve_and_die(nest: Nursery, path: Path, shop: Shop, chance: random.Random) -> None:
    """Kill a console while it accepts and closes; all that WeChat did for it must be a deed of it."""
    people = [await asyncio.to_thread(shop.customer, "hi") for _person in range(4)]
    account = {"base_url": shop.base_url, "app_id": shop.app_id, "app_secret": shop.app_secret}
    account["kf_account"] = shop.kf_account
    console = await nest.begin("serve", path, shop=account, to=people, seed=chance.randrange(1 << 32))
    said = [await console.line() for _act in range(chance.randrange(1, 40))]
    await asyncio.sleep(chance.random() * 0.02)
    said += await console.kill()

    archive = Archive(path)
    await archive.open()
    deeds = [deed for deed in await archive.deeds(0, 1 << 40) if deed.openid in people]
    assert (await archive.check_deeds()).fault is None
    await archive.close()
    counted = Counter((deed.act == "accept", str(deed.openid)) for deed in deeds)
    done = await asyncio.to_thread(done_by_wechat, shop)
    assert {act: count for act, count in done.items() if act[1] in people and counted[act] < count} == {}
    assert Counter(said) <= Counter(f"{deed.act} {deed.openid}" for deed in deeds)
    assert {deed.result for deed in deeds} <= {"done", UNKNOWN_ACT}


def done_by_wechat(shop: Shop) -> Counter[tuple[bool, str]]:
    """Return how often WeChat began and ended the session of each customer."""
    found: Counter[tuple[bool, str]] = Counter()
    for act in ("create", "close"):
        query = f"/_sim/requests?path=/customservice/kfsession/{act}"
        with build_opener(ProxyHandler({})).open(f"{shop.base_url}{query}", timeout=60) as answer:
            found.update((act == "create", json.loads(row["body"])["openid"]) for row in json.load(answer))
    return found


def got_by_wechat(shop: Shop) -> list[str]:
    """Return the text of every message that arrived at WeChat, whatever came of it."""
    with build_opener(ProxyHandler({})).open(f"{shop.base_url}/_sim/requests?path={SEND}", timeout=60) as answer:
        return [json.loads(row["body"])["text"]["content"] for row in json.load(answer)]


# Who lives


async def test_what_a_dead_console_was_sending_becomes_unknown_and_a_living_ones_is_left_alone(
    archive: Archive, path: Path
) -> None:
    async with nursery() as nest:
        living, dying = await nest.begin("write", path, first=0), await nest.begin("write", path, first=1000)
        own = await archive.begin_send(BOB, ME, "our own", T)
        await living.line()
        await dying.line()
        assert await archive.settle_orphans() == ()
        await dying.kill()

        changed = await archive.settle_orphans()

        assert "send 1000" in texts(changed)
        assert not {"send 0", "our own"} & set(texts(changed))
        assert {message.delivery for message in changed} == {Delivery.UNKNOWN}
        assert {message.reason for message in changed} == {"The console ended before WeChat answered."}
        assert all(message.needs_decision for message in changed)
        assert own == await archive.message(own.id)


def test_a_console_that_can_be_killed_loads_no_screen() -> None:
    program = "import sys, tests.archive.child; sys.exit('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT)

    assert done.returncode == 0


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="needs a way to wait without taking note")
def test_a_killed_process_is_dead_before_its_parent_took_note() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        identity = Process.of(child.pid)
        was_alive = identity.is_alive()
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

        assert was_alive is True
        assert identity.is_alive() is False


@pytest.mark.skipif(shutil.which("ps") is None, reason="no ps here")
def test_where_there_is_no_proc_ps_tells_when_a_process_began(monkeypatch: pytest.MonkeyPatch) -> None:
    before = started_by_ps(os.getpid())
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    assert before
    assert started_by_ps(os.getpid()) == before
    assert started_by_ps(2**22 + 1) is None


def test_this_process_is_alive_and_a_later_one_with_its_number_is_not_it() -> None:
    current = Process.current()

    assert current.pid == os.getpid()
    assert current.is_alive() is True
    assert replace(current, started="1").is_alive() is False
    assert replace(current, boot="before the restart of the host").is_alive() is False


def test_a_process_of_another_host_is_neither_dead_nor_alive() -> None:
    assert replace(Process.current(), host="elsewhere").is_alive() is None
    assert replace(Process.current(), started="").is_alive() is None


def test_a_process_is_read_back_as_it_was_written() -> None:
    assert Process.decoded(Process.current().encoded()) == Process.current()
    assert Process.decoded("[1]") is None
    assert Process.decoded("?") is None


@pytest.mark.parametrize(("age", "delivery"), [(599, Delivery.SENDING), (601, Delivery.UNKNOWN)])
async def test_a_send_from_a_host_we_cannot_look_at_is_given_up_after_ten_minutes(
    path: Path, age: int, delivery: Delivery
) -> None:
    elsewhere = Archive(path, process=replace(Process.current(), host="elsewhere"))
    await elsewhere.open()
    message = await elsewhere.begin_send(ANN, ME, "hello", T)

    here = Archive(path, wall=lambda: T + age)
    await here.open()

    found = await here.message(message.id)
    assert found is not None
    assert found.delivery is delivery
    await here.close()
    await elsewhere.close()
