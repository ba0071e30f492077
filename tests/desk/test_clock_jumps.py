"""Whatever the clocks do, a conversation stands in one order: on screen, in the archive, and in the next run."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from kfconsole.archive import Archive
from kfconsole.desk import Actions, ServerClock, Store
from kfconsole.desk.facts import MessagesSeen
from kfconsole.desk.feeds.messages import MessagesFeed
from kfconsole.model import Delivery, Message, MessageId, MessageKind, Record
from kfconsole.simulator import DEFAULT_APP_ID, DEFAULT_APP_SECRET, SimClock, World, create_app
from kfconsole.wechat import KfClient
from tests.desk import house as at
from tests.desk.house import ME, START, Wire, customer, until

ANN = customer(1)
HOUR = 3600.0


class Place:
    """WeChat with its clock, one customer being served, and a host whose clocks are its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.time = SimClock(wall=lambda: 0.0, start=START, frozen=True)
        self.mono = 1000.0
        self.wall_error = 0.0
        self.world = World(clock=self.time)
        self.world.switches = type(self.world.switches)(session_minutes=0, records_show_api_sends=True)
        self.world.add_agent(ME, "Me")
        self.world.say(ANN, "hello")
        self.world.accept(ME, ANN)
        self.app = create_app(self.world)
        self.wire = Wire(httpx.ASGITransport(self.app))

    def pass_time(self, seconds: float, *, is_suspended: bool = False) -> None:
        self.time.advance(seconds)
        self.mono += 0 if is_suspended else seconds

    @asynccontextmanager
    async def console(self) -> "AsyncIterator[Console]":
        console = Console(self)
        await console.archive.open()
        await console.actions.open(ANN)
        try:
            yield console
        finally:
            await console.client.aclose()
            await console.archive.close()


class Console:
    """One run of the console, without any screen; its clock is the host's until WeChat answers."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.clock = ServerClock(lambda: place.mono, lambda: place.time.now() + place.wall_error)
        self.client = KfClient(
            base_url="http://127.0.0.1:9",
            app_id=DEFAULT_APP_ID,
            app_secret=DEFAULT_APP_SECRET,
            transport=place.wire,
            monotonic=lambda: place.mono,
            on_date=self.clock.learn,
        )
        self.archive = Archive(place.folder / "archive.db", wall=self.clock.now)
        self.store = Store(ME)
        self.actions = Actions(self.client, self.archive, self.store, self.clock, me=ME)
        self.feed = MessagesFeed(self.client, self.archive, self.store, self.clock)

    def shown(self) -> tuple[Message, ...]:
        assert self.store.desk.open is not None
        return self.store.desk.open.messages


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def texts(messages: Iterable[Message]) -> list[str]:
    return [message.text for message in messages]


@pytest.mark.parametrize("error", [-HOUR, HOUR])
async def test_what_is_sent_before_the_clock_is_right_stands_where_it_was_said(place: Place, error: float) -> None:
    async with place.console() as console:
        place.world.say(ANN, "question")
        await console.feed.ask()
    place.pass_time(60)
    place.wall_error = error
    async with place.console() as console:
        sent = await console.actions.send(ANN, "answer")
        place.pass_time(30)
        place.world.say(ANN, "thanks")
        await console.feed.ask()

        assert abs(sent.at - (START + 60)) <= 2
        assert texts(console.shown()) == ["question", "answer", "thanks"]
        assert [message.delivery for message in console.shown()] == [None, Delivery.CONFIRMED, None]
        assert await console.archive.conversation(ANN) == console.shown()


async def test_a_send_after_the_host_slept_counts_for_the_time_it_was_made(place: Place) -> None:
    async with place.console() as console:
        place.world.say(ANN, "question")
        await console.feed.ask()
        place.pass_time(HOUR, is_suspended=True)
        place.world.say(ANN, "still there?")
        place.pass_time(2, is_suspended=True)
        sent = await console.actions.send(ANN, "yes")
        await console.feed.ask()

        assert abs(sent.at - (START + HOUR + 2)) <= 2
        assert texts(console.shown()) == ["question", "still there?", "yes"]
        (window,) = (await console.archive.contacts((ANN,)))[ANN].windows
        assert window.sent == 1


async def test_sends_in_a_row_stay_in_their_order_while_the_clock_is_put_right(place: Place) -> None:
    place.wall_error = -HOUR
    async with place.console() as console:
        place.app.state.faults.hold(at.SEND)
        async with asyncio.TaskGroup() as group:
            for text in ("one", "two", "three"):
                group.create_task(console.actions.send(ANN, text))
            await until(lambda: len(console.shown()) == 3)
            place.pass_time(5)
            place.app.state.faults.release()

        assert texts(console.shown()) == ["one", "two", "three"]
        assert texts(await console.archive.conversation(ANN)) == ["one", "two", "three"]


async def test_what_came_late_stands_on_screen_where_the_archive_has_it(place: Place) -> None:
    async with place.console() as console:
        for said in ("ac", "abc"):
            records = [Record(ANN, ME, MessageKind.RECEIVED, text, int(START)) for text in said]
            console.store.apply(MessagesSeen(await console.archive.merge_records(records, int(START), int(START))))

        assert texts(console.shown()) == ["a", "b", "c"]
        assert await console.archive.conversation(ANN) == console.shown()


async def test_older_pages_go_on_where_the_screen_begins_also_within_one_second(place: Place) -> None:
    records = [Record(ANN, ME, MessageKind.RECEIVED, f"{n}", int(START) + n // 150) for n in range(450)]
    async with place.console() as console:
        await console.archive.merge_records(records, int(START), int(START) + 3)
    async with place.console() as console:
        late = Record(ANN, ME, MessageKind.RECEIVED, "late", int(START) + 1)
        moment = [record for record in records if record.at == late.at]
        changed = await console.archive.merge_records([*moment[:10], late, *moment[10:]], int(START), int(START) + 3)
        console.store.apply(MessagesSeen(changed))
        while console.store.desk.open is not None and console.store.desk.open.has_older:
            await console.actions.load_older()

        assert len(console.shown()) == 451
        assert await console.archive.conversation(ANN, limit=1000) == console.shown()


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_the_clocks_do_what_was_on_screen_stays_before_what_was_sent_after(
    place: Place, seed: int
) -> None:
    rng = random.Random(seed)
    on_screen: dict[MessageId, set[MessageId]] = {}
    number = 0
    for _run in range(4):
        place.wall_error = rng.choice([0.0, -HOUR, HOUR, rng.uniform(-6 * HOUR, 6 * HOUR)])
        async with place.console() as console:
            for _step in range(12):
                number += 1
                match rng.choice(
                    ["customer", "customer", "colleague", "send", "send", "lost", "refused", "poll", "jump"]
                ):
                    case "customer":
                        place.world.say(ANN, f"{number}")
                    case "colleague":
                        place.world.reply(ME, ANN, f"{number}")
                    case "poll":
                        await console.feed.ask()
                    case "jump":
                        _jump(place, rng)
                    case outcome:
                        before = {message.id for message in console.shown()}
                        if outcome == "lost":
                            place.wire.lost.append(at.SEND)
                        elif outcome == "refused":
                            place.wire.unreachable.append(at.SEND)
                        sent = await console.actions.send(ANN, f"{number}")
                        place.wire.lost.clear()
                        place.wire.unreachable.clear()
                        on_screen[sent.id] = before
                place.pass_time(rng.choice([0.0, 0.3, 1.0, 7.0]))
                _assert_order(console.shown(), on_screen)
            assert await console.archive.conversation(ANN) == console.shown()


def _jump(place: Place, rng: random.Random) -> None:
    if rng.random() < 0.5:
        place.pass_time(rng.uniform(0, HOUR), is_suspended=True)
    else:  # WeChat's own clock
        ahead = place.time.now() - START
        place.time.advance(rng.uniform(max(-ahead, -HOUR), HOUR))


def _assert_order(shown: tuple[Message, ...], on_screen: dict[MessageId, set[MessageId]]) -> None:
    assert [message.place for message in shown] == sorted(message.place for message in shown)
    places = {message.id: place for place, message in enumerate(shown)}
    for sent, before in on_screen.items():
        assert all(places[message] < places[sent] for message in before)
