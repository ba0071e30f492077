"""Nothing typed is lost, and nothing is sent twice."""

import dataclasses
from pathlib import Path

import pytest
from msgspec.structs import replace

from kfconsole.archive import Process
from kfconsole.model import CustomerId, Delivery, MessageKind
from kfconsole.simulator import World
from tests.ui.console import QUEUE, SEND, SESSIONS, Console, running, short, waiting
from tests.ui.steps import talking, write_to


def ours(console: Console) -> list[tuple[str, Delivery | None, bool]]:
    """Our messages of the open conversation: text, delivery, dismissed."""
    assert console.desk.open is not None
    return [
        (message.text, message.delivery, message.is_dismissed)
        for message in console.desk.open.messages
        if message.kind is MessageKind.SENT
    ]


async def test_a_draft_is_kept_when_switching_and_marked_in_the_list(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        (other,) = waiting(world)
        await console.serve(other, "hi")
        await console.type("半句话")
        await console.press("escape")
        await write_to(console, other)

        assert console.composer == ""
        await console.until(lambda: "draft" in console.row_of(customer))
        assert "draft" not in console.row_of(other)

        await console.press("escape")
        await write_to(console, customer)
        assert console.composer == "半句话"

        await console.type("说完了")
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "半句话说完了")])
        await console.until(lambda: "draft" not in console.row_of(customer))


@pytest.mark.parametrize("keys", [(), ("escape", "q"), ("ctrl+q",)])
async def test_a_draft_survives_leaving(tmp_path: Path, world: World, keys: tuple[str, ...]) -> None:
    async with talking(tmp_path, world) as (console, customer):
        await console.type("not yet sent")
        await console.press(*keys)

    async with running(tmp_path, world) as console:
        await console.until(lambda: console.contact(customer).draft == "not yet sent")
        await write_to(console, customer)
        assert console.composer == "not yet sent"
        assert console.sent == []


@pytest.mark.parametrize("words", ["said at last", "长" * 900], ids=["short", "in parts"])
async def test_what_was_entered_right_before_leaving_is_sent_or_a_draft(
    tmp_path: Path, world: World, words: str
) -> None:
    async with talking(tmp_path, world) as (console, customer):
        console.strike(*words, "enter", "ctrl+q")
        await console.until(lambda: console.app.is_leaving)

    async with running(tmp_path, world) as console:
        await console.asked_again(SESSIONS)
        await console.until(lambda: console.sent == [(customer, words)] or console.contact(customer).draft == words)


async def test_leaving_takes_no_draft_away_that_another_console_wrote(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as other:
        async with talking(tmp_path, world) as (_console, customer):
            await other.until(lambda: any(row.id == customer for row in other.desk_screen.sessions.rows))
            await write_to(other, customer)
            await other.type("written elsewhere")
            await other.until(lambda: other.contact(customer).draft == "written elsewhere")

        contacts = await other.archive.contacts((CustomerId(customer),))
        assert contacts[CustomerId(customer)].draft == "written elsewhere"


async def test_what_is_written_in_two_consoles_is_sent_and_kept_by_each(tmp_path: Path, world: World) -> None:
    elsewhere = Process("another host", "boot", 1, "start")
    async with talking(tmp_path, world) as (console, customer):
        async with running(tmp_path, world, process=elsewhere) as other:
            await other.until(lambda: any(row.id == customer for row in other.desk_screen.sessions.rows))
            await write_to(other, customer)
            await other.type("written elsewhere")
            await other.until(lambda: other.contact(customer).draft == "written elsewhere")
            await console.type("written here")
            await console.until(lambda: console.contact(customer).draft == "written here")
            await console.press("enter")
            await console.until(lambda: console.sent == [(customer, "written here")])
            await console.until(lambda: console.contact(customer).draft == "written elsewhere")
            assert other.composer == "written elsewhere"

        async with running(tmp_path, world, process=elsewhere) as other:
            await write_to(other, customer)
            assert other.composer == "written elsewhere"


async def test_what_an_ended_console_left_is_gone_on_with_and_sent_once(tmp_path: Path, world: World) -> None:
    ended = replace(Process.current(), started="long ago")
    async with talking(tmp_path, world, process=ended) as (console, customer):
        await console.type("half a sen")

    async with running(tmp_path, world) as console:
        await console.until(lambda: "draft" in console.row_of(customer))
        await write_to(console, customer)
        await console.press("backspace", "backspace", "backspace")
        await console.type("word")
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "half a word")])
        await console.until(lambda: console.contact(customer).draft == "")


async def test_a_draft_is_on_disk_soon_after_typing(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        await console.type("on its way to the disk")
        await console.until(lambda: console.contact(customer).draft == "on its way to the disk", within=2)
        await console.press(*["backspace"] * 22)
        await console.until(lambda: console.contact(customer).draft == "", within=2)


async def test_a_draft_of_a_waiting_customer_is_marked_in_the_queue(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.press("r")
        await console.sees("Cancel")
        await console.press("s")
        await console.until(lambda: console.is_writing)
        await console.type("soon")
        await console.press("escape")
        await console.until(lambda: "draft" in console.row_of(customer))


async def test_double_enter_sends_once(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        for number in range(10):
            console.strike(*f"once {number}", "enter", "enter")
        await console.until(lambda: len(console.sent) >= 5)
        await console.quiet()

        texts = [text for _openid, text in console.sent]
        assert len(texts) == len(set(texts))
        assert console.sent == [(customer, f"once {number}") for number in range(5)]
        refused = [text for text, delivery, _dismissed in ours(console) if delivery is Delivery.REFUSED]
        assert set(texts) | set(refused) <= {f"once {number}" for number in range(10)}


async def test_a_refused_message_says_why_and_is_sent_again_as_a_new_one(tmp_path: Path, world: World) -> None:
    """The five replies are used up; the customer writes; S sends."""
    async with talking(tmp_path, world) as (console, customer):
        world.clock.advance(2)  # records carry whole seconds: a reply of the customer's own second may not count
        await console.asked_again(QUEUE)
        for number in range(5):
            await console.type(f"reply {number}")
            await console.press("enter")
            await console.until(lambda: len(console.sent) == number + 1)  # noqa: B023  # awaited here
        await console.sees("used up")
        await console.type("one too many")
        await console.press("enter")
        await console.sees("used up", "Cancel")
        await console.until(lambda: getattr(console.app.screen, "is_open", False))
        await console.press("s")
        await console.until(lambda: console.contact(customer).undelivered == 1)

        assert ours(console)[-1] == ("one too many", Delivery.REFUSED, False)
        assert len(console.sent) == 5

        world.clock.advance(2)  # records carry whole seconds
        world.say(customer, "go on")
        await console.until(lambda: console.contact(customer).windows[0].sent == 0)
        await console.press("escape", "S")
        await console.until(lambda: console.sent[-1] == (customer, "one too many"))
        await console.until(lambda: console.contact(customer).undelivered == 0)
        await console.quiet()

        assert [row for row in ours(console) if row[0] == "one too many"] == [
            ("one too many", Delivery.REFUSED, True),
            ("one too many", Delivery.SENT, False),
        ]


async def test_a_dismissed_message_is_not_asked_about_again(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        console.arm(SEND, "errcode", code=45015)
        await console.type("never mind")
        await console.press("enter", "escape")
        await console.until(lambda: console.contact(customer).undelivered == 1)
        await console.sees("not sent")
        await console.press("D")
        await console.until(lambda: console.contact(customer).undelivered == 0)
        await console.press("S", "D")
        await console.quiet()

        assert ours(console) == [("never mind", Delivery.REFUSED, True)]
        assert console.requests.calls[SEND] == 1


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "status", "empty", "truncated"])
async def test_a_lost_answer_is_marked_and_never_repeated_by_itself(tmp_path: Path, world: World, kind: str) -> None:
    async with talking(tmp_path, world) as (console, customer):
        console.arm(SEND, kind)
        await console.type("did it arrive?")
        await console.press("enter", "escape")
        await console.until(lambda: console.contact(customer).undelivered == 1)

        assert ours(console) == [("did it arrive?", Delivery.UNKNOWN, False)]

        await console.asked_again("/customservice/msgrecord/getmsglist")
        assert console.requests.calls[SEND] == 1

        await console.press("S")
        await console.until(lambda: console.contact(customer).undelivered == 0)
        assert console.requests.calls[SEND] == 2
        assert console.sent[-1] == (customer, "did it arrive?")


async def test_a_lost_answer_that_turns_up_in_the_records_changes_under_our_eyes(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        console.arm(SEND, "cut_after")
        await console.type("did it arrive?")
        await console.press("enter", "escape")
        await console.sees("outcome unknown", "S resend")
        await console.until(lambda: "sent?" in console.row_of(customer))

        world.switches = dataclasses.replace(world.switches, records_show_api_sends=True)
        await console.sees("confirmed")
        await console.sees_no("outcome unknown", "S resend")
        await console.until(lambda: "sent?" not in console.row_of(customer))
        await console.press("S")
        await console.quiet()

        assert ours(console) == [("did it arrive?", Delivery.CONFIRMED, False)]
        assert console.requests.calls[SEND] == 1


async def test_sending_again_what_wechat_refuses_anyway_asks_first(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        console.arm(SEND, "errcode", code=45047)
        await console.type("one too many")
        await console.press("enter", "escape")
        await console.until(lambda: console.contact(customer).undelivered == 1)
        await console.press("S")
        await console.sees("Send again to", short(customer), "until the customer writes again", "Cancel")
        await console.press("enter")
        await console.quiet()
        assert console.requests.calls[SEND] == 1

        world.clock.advance(2)  # records carry whole seconds
        world.say(customer, "go on")
        await console.sees("replies left ≤5/5")
        await console.press("S")
        await console.until(lambda: console.sent == [(customer, "one too many")])


async def test_a_message_on_its_way_when_the_console_ends_is_unknown_in_the_next(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        console.faults.hold(SEND)
        await console.type("hanging")
        await console.press("enter")
        await console.until(lambda: console.faults.waiting.get(SEND) == 1)
        await console.sees("sending")
        console.app.exit(0)

    async with running(tmp_path, world) as console:
        await console.until(lambda: console.contact(customer).undelivered == 1)
        await console.open(customer)
        await console.sees("outcome unknown")
        await console.press("D")
        await console.until(lambda: console.contact(customer).undelivered == 0)

        assert console.requests.calls[SEND] == 0


async def test_commands_typed_right_behind_escape_are_no_part_of_the_draft(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, customer):
        console.strike(*"draft", "escape", "x")
        await console.sees("Cancel", short(customer))
        assert console.composer == "draft"

        await console.press("escape", "r")
        await console.until(lambda: console.is_writing)
        assert console.composer == "draft"


async def test_what_the_archive_cannot_take_is_given_back(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, _customer):
        await console.archive.close()
        damage(console.app.settings.archive_path)
        await console.type("precious")
        await console.press("enter")
        await console.quiet()
        await console.until(lambda: console.composer == "precious")

        assert console.requests.calls[SEND] == 0


def damage(archive: Path) -> None:
    """Put something that is no archive in its place."""
    archive.write_bytes(b"no archive at all" * 1000)


async def test_a_text_too_long_for_one_message_stays_in_the_composer_unless_its_parts_are_wanted(
    tmp_path: Path, world: World
) -> None:
    async with talking(tmp_path, world) as (console, customer):
        await console.paste("汉" * 683)
        await console.sees("2049/2048")
        await console.press("enter")
        await console.sees("It takes 2 of the ≤5 replies left.")
        assert console.composer == "汉" * 683
        await console.until(lambda: getattr(console.app.screen, "is_open", False))
        await console.press("enter")
        await console.until(lambda: console.is_writing and console.composer == "汉" * 683)

        assert console.requests.calls[SEND] == 0

        await console.press("backspace", "enter")
        await console.until(lambda: console.sent == [(customer, "汉" * 682)])


async def test_a_text_given_back_does_not_push_out_what_was_typed_since(tmp_path: Path, world: World) -> None:
    async with talking(tmp_path, world) as (console, _customer):
        await console.paste("a" * 2049)
        console.strike("enter", *"more")
        await console.quiet()

        assert "a" * 2049 in console.composer
        assert "more" in console.composer
