"""`history purge` and `history vacuum`: what is deleted is gone, after a yes, and only then."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from kfconsole.archive import Archive
from kfconsole.model import CustomerId, Deed, Delivery, Message
from tests.cli.conftest import Command, Shop
from tests.cli.test_asking import answered

T = TypeVar("T")
LONG_AGO = 1_600_000_000.0


def at_the_archive(shop: Shop, home: Path, job: Callable[[Archive], Coroutine[Any, Any, T]]) -> T:
    """Do something with the archive of this host, as another console would."""

    async def do() -> T:
        archive = Archive(home / "data" / f"{shop.app_id}.db")
        await archive.open()
        try:
            return await job(archive)
        finally:
            await archive.close()

    return asyncio.run(do())


def deeds(shop: Shop, home: Path) -> list[Deed]:
    return list(at_the_archive(shop, home, lambda archive: archive.deeds(0, time.time() + 60)))


def conversation(shop: Shop, home: Path, openid: str) -> list[str]:
    found = at_the_archive(shop, home, lambda archive: archive.conversation(CustomerId(openid)))
    return [message.text for message in found]


async def wrote_long_ago(archive: Archive, openid: str, text: str) -> Message:
    message = await archive.begin_send(CustomerId(openid), None, text, LONG_AGO)
    return await archive.settle(message.id, Delivery.SENT)


def served(shop: Shop, *said: str) -> str:
    """Bring a customer who is served and whose words WeChat's records show."""
    openid = shop.customer("hi")
    shop.order("agents/accept", kf_account=shop.kf_account, openid=openid)
    for text in said:
        shop.order("say", openid=openid, text=text)
    return openid


# One customer


def test_a_deleted_customer_is_gone_also_from_what_wechat_tells_again(kf: Command, one_shop: Shop, home: Path) -> None:
    openid, other = served(one_shop, "秘密"), served(one_shop, "别的")
    assert "秘密" in kf("history", "show", openid).out
    done = kf("history", "purge", openid, "--yes", "--json")

    assert done.code == 0
    assert json.loads(done.out).keys() == {"purged", "openid", "messages", "is_clean"}
    assert json.loads(done.out)["is_clean"] is True
    assert f"{openid} is deleted, with " in done.err
    assert kf("history", "show", openid).out == ""
    assert "别的" in kf("history", "show", other).out
    [deed] = [deed for deed in deeds(one_shop, home) if deed.act == "purge"]
    assert (deed.agent, deed.openid) == (one_shop.kf_account, None)
    assert openid not in deed.details


def test_without_a_yes_nothing_is_deleted(shop: Shop, home: Path) -> None:
    at_the_archive(shop, home, lambda archive: wrote_long_ago(archive, "oAnn", "first"))
    at_the_archive(shop, home, lambda archive: wrote_long_ago(archive, "oAnn", "second"))
    done = answered(shop, "\n", "history", "purge", "oAnn")

    assert (done.code, done.out) == (130, "")
    assert "Delete all 2 messages of oAnn, from 2020-09-13 20:26:40 to 2020-09-13 20:26:40, and all else" in done.err
    assert "It cannot be undone. [y/N]" in done.err
    assert "Nothing was done." in done.err
    assert conversation(shop, home, "oAnn") == ["first", "second"]


def test_a_yes_deletes_what_nobody_decided_on_too_and_says_so_before(shop: Shop, home: Path) -> None:
    async def unfinished(archive: Archive) -> None:
        message = await archive.begin_send(CustomerId("oAnn"), None, "lost", LONG_AGO)
        await archive.settle(message.id, Delivery.UNKNOWN)
        await archive.save_draft(CustomerId("oAnn"), "half a sen")

    at_the_archive(shop, home, unfinished)
    done = answered(shop, "y\n", "history", "purge", "oAnn")

    assert done.code == 0
    question = done.err.index("Delete the only message of oAnn, from 2020-09-13 20:26:40")
    assert done.err.index("1 message to them did not surely arrive") < question
    assert done.err.index("There is a draft to them") < question
    assert "oAnn is deleted, with 1 message." in done.err
    assert conversation(shop, home, "oAnn") == []


def test_without_a_terminal_nothing_is_deleted_unasked(kf: Command, one_shop: Shop, home: Path) -> None:
    at_the_archive(one_shop, home, lambda archive: wrote_long_ago(archive, "oAnn", "kept"))
    for words in (("oAnn",), ("--older-than", "yesterday")):
        done = kf("history", "purge", *words)

        assert (done.code, done.out) == (2, "")
        assert "--yes" in done.err
    assert conversation(one_shop, home, "oAnn") == ["kept"]


def test_while_a_message_is_on_its_way_its_customer_stays(kf: Command, one_shop: Shop, home: Path) -> None:
    async def sending(archive: Archive) -> None:
        await archive.begin_send(CustomerId("oAnn"), None, "on its way", time.time())

    at_the_archive(one_shop, home, sending)  # by this process, which lives
    done = kf("history", "purge", "oAnn", "--yes")

    assert (done.code, done.out) == (1, "")
    assert "A message to oAnn is being sent." in done.err
    assert conversation(one_shop, home, "oAnn") == ["on its way"]


def test_of_a_customer_nobody_knows_nothing_is_deleted(kf: Command) -> None:
    done = kf("history", "purge", "oNobody", "--yes", "--json")

    assert done.code == 0
    assert json.loads(done.out) == {"purged": "customer", "openid": "oNobody", "messages": 0, "is_clean": True}
    assert "knows nothing of oNobody" in done.err


def test_an_archive_kept_when_it_was_damaged_is_named(kf: Command, one_shop: Shop, home: Path) -> None:
    at_the_archive(one_shop, home, lambda archive: wrote_long_ago(archive, "oAnn", "hello"))
    aside = home / "data" / f"{one_shop.app_id}.db.damaged-20261120T101112"
    aside.write_bytes(b"oAnn")
    done = kf("history", "purge", "oAnn", "--yes", "--json")

    assert done.code == 0
    assert json.loads(done.out)["is_clean"] is False
    assert str(aside) in done.err


# What is too old


def test_what_is_too_old_is_deleted_and_the_rest_stays(kf: Command, one_shop: Shop, home: Path) -> None:
    openid = served(one_shop, "今天")
    at_the_archive(one_shop, home, lambda archive: wrote_long_ago(archive, openid, "long ago"))
    kf("history", "show", openid)
    done = kf("history", "purge", "--older-than", "2026-01-01", "--yes", "--json")

    assert done.code == 0
    assert json.loads(done.out) == {"purged": "old", "before_at": 1767196800, "messages": 1}
    assert "1 message from before 2026-01-01 00:00:00 CST is deleted." in done.err
    assert "long ago" not in conversation(one_shop, home, openid)
    assert "今天" in conversation(one_shop, home, openid)
    assert [(deed.act, deed.details) for deed in deeds(one_shop, home)] == [
        ("purge", "before 2026-01-01T00:00:00+08:00, 1 messages")
    ]


def test_how_much_is_too_old_is_told_before(shop: Shop, home: Path) -> None:
    at_the_archive(shop, home, lambda archive: wrote_long_ago(archive, "oAnn", "long ago"))
    done = answered(shop, "n\n", "history", "purge", "--older-than", "2026-01-01")

    assert done.code == 130
    assert "Delete 1 message from before 2026-01-01 00:00:00 CST, and what else is known of that time?" in done.err
    assert conversation(shop, home, "oAnn") == ["long ago"]


def test_on_a_terminal_it_is_told_how_far_it_is(shop: Shop, home: Path) -> None:
    at_the_archive(shop, home, lambda archive: wrote_long_ago(archive, "oAnn", "long ago"))
    done = answered(shop, "y\n", "history", "purge", "--older-than", "2026-01-01")

    assert done.code == 0
    assert "Deleting  [####################################]  100%" in done.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("oAnn", "--older-than", "3d"),
        ("--older-than", "soonish"),
        ("--older-than", ""),
        ("--older-than", "2999-01-01"),
        ("o nn",),
    ],
)
def test_what_is_to_go_must_be_said_clearly(kf: Command, words: tuple[str, ...]) -> None:
    done = kf("history", "purge", *words, "--yes")

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 2


# Room


def test_room_is_given_back(kf: Command, one_shop: Shop, home: Path) -> None:
    async def fill(archive: Archive) -> None:
        for number in range(50):
            await wrote_long_ago(archive, "oAnn", f"{number}" * 900)

    at_the_archive(one_shop, home, fill)
    kf("history", "purge", "--older-than", "2026-01-01", "--yes")
    done = kf("history", "vacuum", "--json")
    found = json.loads(done.out)

    assert done.code == 0
    assert found["bytes_now"] < found["bytes_before"]
    assert "The archive takes 0." in done.err
    assert [deed.act for deed in deeds(one_shop, home)] == ["purge", "vacuum"]
