"""What is being written, by several consoles on one archive: a text each, and none is lost with its console."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from kfconsole.archive import Archive, Process
from kfconsole.model import CustomerId, Delivery
from tests.archive.world import ANN, BOB, CREATED_AT, ME, T

HERE = Process.current()
ENDED = replace(HERE, started="long ago")
ELSEWHERE = Process("another host", "boot", 1, "start")
CARD = {"title": "新品", "url": "https://shop.example"}


@asynccontextmanager
async def console(path: Path, process: Process) -> AsyncIterator[Archive]:
    archive = Archive(path, wall=lambda: CREATED_AT, process=process)
    await archive.open()
    yield archive
    await archive.close()


async def draft(archive: Archive, openid: CustomerId = ANN) -> str:
    return (await archive.contacts((openid,)))[openid].draft


async def test_a_send_leaves_what_another_console_writes(archive: Archive, path: Path) -> None:
    async with console(path, ELSEWHERE) as other:
        await archive.save_draft(ANN, "mine")
        await other.save_draft(ANN, "somebody else's")
        assert (await draft(archive), await draft(other)) == ("mine", "somebody else's")

        await archive.begin_send(ANN, ME, "mine", T)
        assert (await draft(archive), await draft(other)) == ("somebody else's",) * 2


async def test_two_consoles_writing_to_one_customer_take_nothing_from_each_other(archive: Archive, path: Path) -> None:
    async with console(path, ELSEWHERE) as other:
        await archive.save_draft(ANN, "mine")
        await other.save_draft(ANN, "somebody else's")
        await archive.save_draft(ANN, "")
        assert await draft(other) == "somebody else's"
        await archive.save_draft(ANN, "mine again")
        await other.save_draft(ANN, "")
        assert await draft(archive) == "mine again"


async def test_a_send_takes_away_what_it_says_wherever_that_was_begun(archive: Archive, path: Path) -> None:
    async with console(path, ELSEWHERE) as other:
        await other.save_draft(ANN, "one two\n")
        await archive.begin_sends(ANN, ME, ("one", "two", "three"), T, state=Delivery.PREPARED)
        assert await draft(other) == ""

        await other.save_draft(BOB, "two")
        await archive.begin_send(BOB, ME, "one two", T)
        assert await draft(other, BOB) == "two"


async def test_what_ended_consoles_wrote_is_brought_back_all_of_it(archive: Archive, path: Path) -> None:
    async with console(path, ENDED) as first, console(path, replace(ENDED, pid=2)) as second:
        await first.save_draft(ANN, "one")
        await second.save_draft(ANN, "two")
    await archive.save_draft(ANN, "mine")
    await archive.settle_orphans()
    assert await draft(archive) == "mine"

    await archive.begin_send(ANN, ME, "mine", T)
    assert await draft(archive) == "one\ntwo"


async def test_who_loads_what_an_ended_console_wrote_goes_on_with_it(archive: Archive, path: Path) -> None:
    async with console(path, ENDED) as ended:
        await ended.save_draft(ANN, "half a sen")
    await archive.settle_orphans()
    await archive.take_draft(ANN, await draft(archive))
    await archive.save_draft(ANN, "a whole sentence")
    assert await draft(archive) == "a whole sentence"

    await archive.begin_send(ANN, ME, "a whole sentence", T)
    assert await draft(archive) == ""


async def test_what_was_not_loaded_is_not_taken(archive: Archive, path: Path) -> None:
    async with console(path, ENDED) as ended:
        await ended.save_draft(ANN, "one")
        await archive.settle_orphans()
        await ended.save_draft(BOB, "two")
    await archive.take_draft(ANN, "on")
    await archive.take_draft(BOB, "two")
    async with console(path, ELSEWHERE) as other:
        await archive.save_draft(ANN, "")
        await archive.save_draft(BOB, "")
        assert (await draft(other), await draft(other, BOB)) == ("one", "two")


async def test_a_half_filled_form_is_kept_for_its_customer_and_its_kind(archive: Archive, path: Path) -> None:
    await archive.save_form(ANN, "news", CARD)
    await archive.save_form(ANN, "menu", {"head": "?"})
    await archive.save_form(ANN, "news", CARD | {"title": "新品！"})
    assert await archive.take_form(ANN, "news") == CARD | {"title": "新品！"}
    assert await archive.take_form(BOB, "news") is None
    assert await draft(archive) == ""
    async with console(path, ELSEWHERE) as other:
        assert await other.take_form(ANN, "news") is None

    await archive.save_form(ANN, "menu", None)
    assert await archive.take_form(ANN, "menu") is None
    await archive.begin_send(ANN, ME, "{", T)
    assert await archive.take_form(ANN, "news") is not None


async def test_a_form_that_became_a_message_goes_unless_it_was_filled_in_anew(archive: Archive) -> None:
    await archive.save_form(ANN, "news", CARD)
    await archive.forget_form(ANN, "news", {"title": "older"})
    assert await archive.take_form(ANN, "news") == CARD
    await archive.forget_form(ANN, "news", CARD)
    assert await archive.take_form(ANN, "news") is None


async def test_the_forms_of_ended_consoles_come_back_one_after_the_other(archive: Archive, path: Path) -> None:
    for number in range(2):
        async with console(path, replace(ENDED, pid=number)) as ended:
            await ended.save_form(ANN, "news", {"title": f"card {number}"})
    await archive.settle_orphans()
    assert await archive.take_form(ANN, "news") == {"title": "card 1"}
    assert await archive.take_form(ANN, "news") == {"title": "card 1"}
    await archive.save_form(ANN, "news", None)
    assert await archive.take_form(ANN, "news") == {"title": "card 0"}


async def test_forms_are_erased_with_their_customer_and_when_they_are_old(archive: Archive) -> None:
    for openid in (ANN, BOB):
        await archive.save_form(openid, "news", CARD)
        await archive.save_draft(openid, "half a sen")
    assert (await archive.known(ANN)).has_draft
    await archive.purge_customer(ANN)
    assert await archive.take_form(ANN, "news") is None

    await archive.purge_older_than(CREATED_AT)
    assert await archive.take_form(BOB, "news") == CARD
    await archive.purge_older_than(CREATED_AT + 1)
    assert await archive.take_form(BOB, "news") is None
    assert await draft(archive, BOB) == "half a sen"
