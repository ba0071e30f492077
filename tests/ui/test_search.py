"""Finding messages and going to them, key by key."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kfconsole.model import AgentId, CustomerId, MessageKind, Record
from kfconsole.simulator import World
from kfconsole.ui.history import HistoryScreen
from kfconsole.ui.search import PAGE_ROWS, SearchScreen
from tests.ui.console import COLLEAGUE, ME, Console, running, short, waiting
from tests.ui.steps import messages_of
from tests.ui.test_hostile import STRINGS, assert_harmless, over_the_wire

DAY = 86_400
RECEIVED, SENT = MessageKind.RECEIVED, MessageKind.SENT


async def remember(console: Console, *records: Record) -> None:
    """Let the archive have seen these, the oldest first, and every message be searched."""
    ordered = sorted(records, key=lambda record: record.at)
    await console.archive.merge_records(ordered, ordered[0].at, ordered[-1].at)
    await console.archive.index_messages()


def said(
    console: Console, openid: str, *texts: str, seconds_ago: int = 3600, kind: MessageKind = RECEIVED, agent: str = ME
) -> list[Record]:
    """Records of one customer, a minute apart, the first so long ago."""
    start = int(console.app.clock.now()) - seconds_ago
    return [
        Record(CustomerId(openid), AgentId(agent), kind, text, start + 60 * number) for number, text in enumerate(texts)
    ]


def search_of(console: Console) -> SearchScreen:
    """The search on screen."""
    assert isinstance(console.app.screen, SearchScreen)
    return console.app.screen


def found(console: Console) -> list[str]:
    """The texts found, as listed."""
    return [row.message.text for row in search_of(console).found.rows]


async def search(console: Console, words: str = "", *, key: str = "H") -> None:
    """Open the search and type some words."""
    await console.press(key)
    await console.until(lambda: isinstance(console.app.screen, SearchScreen))
    await console.type(words)
    await answered(console)


async def answered(console: Console) -> None:
    """Wait until what is looked for was answered."""
    await console.until(lambda: search_of(console)._shown == search_of(console)._wanted)


async def test_results_come_while_typing_from_the_first_character_the_newest_first(
    tmp_path: Path, world: World
) -> None:
    first, second = waiting(world, 2)
    async with running(tmp_path, world) as console:
        await remember(
            console,
            *said(console, first, "我想退货", "可以退款吗", "谢谢", seconds_ago=7200),
            *said(console, second, "退款多久到账"),
            *said(console, second, "您好，退款已提交", kind=SENT, seconds_ago=1800),
        )
        await search(console, "退")
        assert found(console) == ["您好，退款已提交", "退款多久到账", "可以退款吗", "我想退货"]

        await console.type("款")
        await console.until(lambda: len(found(console)) == 3)
        assert found(console) == ["您好，退款已提交", "退款多久到账", "可以退款吗"]
        row = console.line_of("您好，退款已提交")
        assert short(second) in row
        assert "晓雯" in row
        assert "customer" in console.line_of("可以退款吗")
        assert short(first) in console.line_of("可以退款吗")
        await console.sees("Search all messages", "3 found")

        await console.press("backspace", "backspace")
        await console.until(lambda: not found(console))
        await console.sees("Enter opens the conversation")


async def test_the_last_words_win_however_fast_they_are_typed(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        texts = [f"order {number}" for number in range(100, 300)]
        await remember(console, *said(console, customer, *texts, seconds_ago=2 * DAY))
        await console.press("H")
        console.strike(*"order 23", "backspace", *"57")
        await console.until(lambda: found(console) == ["order 257"])
        console.strike(*["backspace"] * 9, *"249", "enter", "enter")
        await console.until(lambda: console.app.focused is search_of(console).found)
        assert found(console) == ["order 249"]
        assert search_of(console).line.value == "249"


async def test_older_results_come_when_the_end_is_near(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        texts = [f"about shoes {number}" for number in range(120)]
        await remember(console, *said(console, customer, *texts, seconds_ago=2 * DAY))
        await search(console, "shoes")
        assert len(found(console)) == PAGE_ROWS
        await console.sees(f"{PAGE_ROWS} found, more below")
        await console.press("down", "G")
        await console.until(lambda: len(found(console)) == 2 * PAGE_ROWS)
        assert search_of(console).found.current_id == search_of(console).found.rows[PAGE_ROWS - 1].id
        await console.press("G")
        await console.until(lambda: len(found(console)) == 120)
        await console.press("G")
        assert found(console) == texts[::-1]
        await console.sees("120 found", "about shoes 0")


async def test_whose_messages_are_searched_is_one_key_and_said_in_words(tmp_path: Path, world: World) -> None:
    first, second = waiting(world, 2)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 2")
        await remember(console, *said(console, first, "refund one"), *said(console, second, "refund two"))
        await console.choose(second)
        await search(console, "refund")
        assert set(found(console)) == {"refund one", "refund two"}
        await console.sees("F2 all customers")

        await console.press("f2")
        await console.until(lambda: found(console) == ["refund two"])
        await console.sees(f"Search the messages of …{short(second)}", f"F2 only …{short(second)}")
        await console.press("ctrl+o")
        await console.until(lambda: len(found(console)) == 2)


async def test_without_a_subject_all_customers_are_searched_or_one_that_is_picked_by_name(
    tmp_path: Path, world: World
) -> None:
    first, second = waiting(world, 2)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 2")
        await remember(console, *said(console, first, "refund one"), *said(console, second, "refund two"))
        await console.app.actions.describe(CustomerId(second), alias="张女士")
        await console.press("3")
        await search(console, "refund")
        assert len(found(console)) == 2
        await console.sees("F2 all customers")

        await console.press("f2")
        await console.sees("Whose messages?")
        await console.type("zns")
        await console.until(lambda: console.text().count(short(first)) == 1)  # in the list of messages alone
        await console.press("enter")
        await console.until(lambda: found(console) == ["refund two"])
        await console.sees("F2 only 张女士")
        await console.press("f2")
        await console.until(lambda: len(found(console)) == 2)


async def test_filters_by_direction_agent_and_days(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        await remember(
            console,
            *said(console, customer, "refund asked"),
            *said(console, customer, "refund promised", kind=SENT, seconds_ago=1800),
            *said(console, customer, "refund by Tom", kind=SENT, agent=COLLEAGUE, seconds_ago=3 * DAY),
        )
        await search(console, "refund")
        assert found(console) == ["refund promised", "refund asked", "refund by Tom"]

        await console.press("f3")
        await console.until(lambda: found(console) == ["refund asked"])
        await console.sees("from customers")
        await console.press("f3")
        await console.until(lambda: found(console) == ["refund promised", "refund by Tom"])
        await console.press("f4")
        await console.sees("which agent")
        await console.type("tom")
        await console.press("enter")
        await console.until(lambda: found(console) == ["refund by Tom"])
        await console.press("f6")
        await console.until(lambda: len(found(console)) == 3)

        await console.press("f5")
        await console.sees("Which days?")
        await console.press("up")  # from the first to the last: other days
        await console.press("enter")
        await console.type("5 days ago to 2 days ago")
        await console.press("enter")
        await console.until(lambda: found(console) == ["refund by Tom"])
        await console.press("f5")
        await console.sees("Which days?")
        await console.press("enter")
        await console.until(lambda: len(found(console)) == 3)


async def test_filters_alone_find_too(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("online 2/3")
        await remember(console, *said(console, customer, "anything", agent=COLLEAGUE))
        await search(console)
        assert found(console) == []
        await console.press("f4")
        await console.sees("which agent")
        await console.type("tom")
        await console.press("enter")
        await console.until(lambda: found(console) == ["anything"])


async def test_enter_opens_an_old_message_where_it_stands(tmp_path: Path, world: World) -> None:
    customer, other = waiting(world, 2)
    async with running(tmp_path, world) as console:
        await console.serve(customer, "good morning")
        await console.serve(other, "hello")
        texts = [f"line {number}" for number in range(1000)]
        texts[200] = "the blue umbrella"
        records = said(console, customer, *texts, seconds_ago=4 * DAY)
        await remember(console, *records)
        await console.open(other)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("draft for the other")
        await console.press("escape", "1")
        await search(console, "umbrella")
        await console.press("enter")
        await console.until(lambda: console.app.focused is search_of(console).found)
        await console.press("enter")
        await console.until(lambda: console.app.screen is console.desk_screen)
        talk = console.desk_screen.talk
        await console.until(lambda: talk.selected is not None)

        assert talk.selected is not None
        assert talk.selected.text == "the blue umbrella"
        assert console.opened == customer
        assert console.desk_screen.composer.openid == customer
        assert console.composer == ""
        await console.sees("line 199", "the blue umbrella", "line 201", short(customer))
        assert "line 999" not in console.text()
        loaded = messages_of(talk)
        assert loaded[:100] == texts[100:200]  # older ones come when somebody goes up there
        assert loaded[-1] == "good morning"
        await console.press("g")
        await console.until(lambda: len(messages_of(talk)) > len(loaded))
        await console.press("G")
        await console.sees("line 999", "good morning")

        world.say(customer, "and now?")
        await console.sees("and now?")
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("found it")
        await console.press("enter")
        await console.until(lambda: console.sent == [(customer, "found it")])
        await console.press("escape")
        await console.open(other)
        assert console.composer == "draft for the other"


async def test_a_message_of_the_conversation_on_screen_is_gone_to(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world, size=(80, 24)) as console:
        await console.serve(customer, "good morning")
        texts = [f"line <{number}>" for number in range(500)]
        await remember(console, *said(console, customer, *texts, seconds_ago=DAY))
        await console.open(customer)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("half a sent")
        await console.press("escape")
        for words in ("line <30>", "line <444>", "line <0>"):
            await console.press("h", "slash")
            await console.press("ctrl+u")
            await console.type(words)
            await answered(console)
            await console.press("down", "enter")
            await console.until(lambda: console.app.screen is console.desk_screen)
            talk = console.desk_screen.talk
            await console.until(lambda: talk.selected is not None)  # noqa: B023  # awaited here
            assert talk.selected is not None
            assert talk.selected.text == words
            await console.sees(words)
            assert console.app.focused is talk
            assert console.composer == "half a sent"


async def test_too_far_back_the_day_is_shown_instead(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kfconsole.desk.reading.MAX_SINCE_MESSAGES", 300)
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.serve(customer, "good morning")
        texts = ["the blue umbrella", *(f"line {number}" for number in range(400))]
        await remember(console, *said(console, customer, *texts, seconds_ago=3 * DAY))
        await search(console, "umbrella")
        await console.press("down", "enter")
        await console.sees("History of", "the blue umbrella")
        await console.quiet()
        screen = console.app.screen
        assert isinstance(screen, HistoryScreen)
        await console.until(lambda: screen.talk.selected is not None)
        assert screen.talk.selected is not None
        assert screen.talk.selected.text == "the blue umbrella"
        assert console.opened is None

        await console.press("enter")
        await console.sees("Too much was said since")
        await console.press("escape")
        assert found(console) == ["the blue umbrella"]
        await console.press("escape", "escape")
        await console.until(lambda: console.app.screen is console.desk_screen)


async def test_escape_goes_back_step_by_step_and_the_search_begins_where_it_ended(tmp_path: Path, world: World) -> None:
    customer, other = waiting(world, 2)
    async with running(tmp_path, world) as console:
        await console.serve(customer, "refund please", "refund, please!", "thanks")
        await remember(console, *said(console, other, "refund for others"))
        await console.open(customer)
        await console.press("h")
        await console.sees("History")
        await search(console, "refund", key="slash")
        assert found(console) == ["refund, please!", "refund please"]
        assert "customer" in console.line_of("refund please")
        await console.press("down", "j", "escape")
        assert console.app.focused is search_of(console).line
        await console.press("escape")
        await console.sees("History of")
        await console.press("escape")
        assert console.app.screen is console.desk_screen

        await console.press("H")
        await answered(console)
        assert len(found(console)) == 3
        current = search_of(console).found.current
        assert current is not None
        assert current.message.text == "refund please"
        await console.type("thanks")  # instead of the words before
        await console.until(lambda: found(console) == ["thanks"])


async def test_nothing_found_says_what_was_looked_for_and_what_is_not_searched(tmp_path: Path, world: World) -> None:
    waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 1")
        await search(console, "no such words")
        await console.sees("Nothing found: “no such words”, all customers, all days.", "never fetched from WeChat")
        await console.sees("desk, h on a")  # here it would be typed into the words
        await console.press("f3")
        await console.sees("“no such words”, all customers, from customers, all days.")
        await console.press("down")
        assert console.app.focused is search_of(console).line

        now = int(console.app.clock.now())
        await console.archive.merge_records([], now - 200 * DAY, now)
        await console.press("f3")
        await console.sees("from agents, all days.")
        await console.sees_no("never fetched from WeChat")


async def test_what_is_not_searched_yet_is_said_until_it_is(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.serve(customer, "hi")
        texts = ["needle", *(f"line {number}" for number in range(2500))]
        records = said(console, customer, *texts, seconds_ago=3 * DAY)
        await console.archive.merge_records(records, records[0].at, records[-1].at)
        await search(console, "needle")
        if not found(console):  # the console may have put it into the index already
            await console.sees("not searched yet: the index is being built")
            await console.press("down")
            await console.archive.index_messages()
        await console.until(lambda: found(console) == ["needle"])
        await console.sees_no("not searched yet")


async def test_messages_may_come_meanwhile(tmp_path: Path, world: World) -> None:
    customer, other = waiting(world, 2)
    async with running(tmp_path, world) as console:
        await console.serve(customer, "refund one", "refund two", "refund three")
        await console.serve(other, "good morning")
        await console.archive.index_messages()
        await search(console, "refund")
        await console.press("down", "j")
        current = search_of(console).found.current
        for number in range(3):
            world.clock.advance(2)
            world.say(other, f"refund {number}?")
            await console.until(lambda: console.contact(other).last_message.text == f"refund {number}?")  # type: ignore[union-attr]  # noqa: B023  # awaited here
        assert search_of(console).found.current == current
        assert current is not None
        await console.press("enter")
        await console.until(lambda: console.app.screen is console.desk_screen)
        assert console.opened == customer
        assert console.desk_screen.talk.current_id == current.id


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_any_text_may_be_found_and_looked_for(tmp_path: Path, world: World, size: tuple[int, int]) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world, size=size) as console:
        await console.serve(customer, "hi")
        texts = [over_the_wire(text) + " needle" for text in STRINGS.values()]
        await remember(console, *said(console, customer, *texts, seconds_ago=DAY))
        await search(console, "needle")
        assert len(found(console)) == len(texts)
        assert_harmless(console)
        await console.press("down")
        for _row in texts:
            await console.press("j")
            assert_harmless(console)
        for text in STRINGS.values():
            await console.press("slash", "ctrl+u")
            await console.paste(text)
            await answered(console)
            assert_harmless(console)
            await console.press("down")
            assert_harmless(console)
        await console.press("escape", "escape")
        await console.until(lambda: console.app.screen is console.desk_screen)


async def test_what_was_written_to_whom_is_never_mixed_up(tmp_path: Path, world: World) -> None:
    """A burst of keys as over a slow line: what is typed lands where the screen says, or nowhere."""
    customer, other = waiting(world, 2)
    async with running(tmp_path, world) as console:
        await console.serve(customer, "about shoes")
        await console.serve(other, "about hats")
        await console.archive.index_messages()
        await console.open(other)
        await console.press("H")
        console.strike(*"shoes", "enter", "enter", "r", *"these", "enter")
        await console.until(lambda: console.app.focused is search_of(console).found)
        assert console.sent == []
        assert console.opened == other
        console.strike("enter", "r", *"those", "enter")
        await console.until(lambda: console.opened == customer)
        await console.quiet()
        assert console.sent in ([], [(customer, "those")])
        assert console.desk_screen.composer.openid == customer


async def test_the_palette_knows_the_search(tmp_path: Path, world: World) -> None:
    waiting(world)
    async with running(tmp_path, world) as console:
        await console.sees("waiting 1")
        await console.press("ctrl+p")
        await console.type("search the messages of all")
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, SearchScreen))
        await console.press("f1")
        await console.sees("Keys and marks")
        await console.press("escape", "escape")
        await console.until(lambda: console.app.screen is console.desk_screen)
        assert_lines(console.text().splitlines(), console.app.size.width)


def assert_lines(lines: Sequence[str], width: int) -> None:
    """No line is wider than the screen."""
    assert all(len(line) <= width for line in lines)
