"""The wrong-person race: whatever moves while a key is pressed, it acts on whom it was pressed for, or on nobody."""

import random
import re
from pathlib import Path

import pytest

from kfconsole.model import CustomerId
from kfconsole.simulator import World
from tests.ui.console import (
    CLOSE,
    COLLEAGUE,
    CREATE,
    ME,
    ONLINE,
    QUEUE,
    SEND,
    SESSIONS,
    WRITES,
    Console,
    customer_of,
    running,
    short,
    waiting,
)

ADDRESSED = re.compile(r"for (\S+)")


class Bystanders:
    """Everybody else: what happens between two keys, without waiting for anything."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def stir(self) -> None:
        """Let some things happen at once."""
        for _number in range(self._rng.randint(1, 3)):
            self._rng.choice((self._arrive, self._leave, self._accept, self._close, self._transfer, self._say))()

    def refill(self) -> None:
        """Keep a few in the queue and a few in sessions."""
        while len(self._world.queue) < 3:
            self._arrive()
        while len(self._world.sessions) < 3:
            self._world.accept(self._rng.choice((ME, COLLEAGUE)), self._rng.choice(list(self._world.queue)))
            self._arrive()

    def _arrive(self) -> None:
        waiting(self._world, 1)

    def _leave(self) -> None:
        if self._world.queue:
            self._world.act(self._rng.choice(list(self._world.queue)), "leave")

    def _accept(self) -> None:
        if self._world.queue:
            self._world.accept(COLLEAGUE, self._rng.choice(list(self._world.queue)))

    def _close(self) -> None:
        if self._world.sessions:
            openid = self._rng.choice(list(self._world.sessions))
            self._world.close(self._world.holder(openid), openid)

    def _transfer(self) -> None:
        if self._world.sessions:
            openid = self._rng.choice(list(self._world.sessions))
            holder = self._world.holder(openid)
            self._world.transfer(holder, ME if holder == COLLEAGUE else COLLEAGUE, openid)

    def _say(self) -> None:
        if self._world.sessions:
            self._world.say(self._rng.choice(list(self._world.sessions)), "hm")


async def play_round(console: Console, rng: random.Random, people: Bystanders) -> None:
    """Choose a row, let the world move, press a key amid it, and check whom WeChat was asked about."""
    people.refill()
    desk = console.desk_screen
    await console.press(rng.choice(("1", "2")), *rng.choices(("j", "k", "g", "G"), k=rng.randint(0, 3)))
    before = len(console.requests.of())
    key = rng.choice(("a", "x", "r", "enter"))
    people.stir()
    if rng.random() < 0.5:
        console.app.poller.wake()
        await console.pilot.pause(rng.choice((0, 0.001, 0.01)))
    subject = desk.subject()  # what is on screen when the key is pressed; an act of the round before may have ended now
    console.strike(key)
    people.stir()
    await console.settle()
    if key == "x" and console.app.screen is not desk:
        assert subject is not None
        await console.sees("Cancel", short(subject))
        people.stir()
        console.app.poller.wake()
        console.strike("y")
    elif key == "r":
        await answer_and_write(console, rng)
    await console.quiet()
    for _dialog in range(2):
        if console.app.screen is not desk:
            await console.press("escape")
    await console.quiet()
    about = [(asked.path, customer_of(asked.body)) for asked in console.requests.of()[before:] if asked.path in WRITES]

    assert {customer for path, customer in about if path in (CREATE, CLOSE)} <= {subject}, (key, subject, about)
    assert_addressed(console)


async def answer_and_write(console: Console, rng: random.Random) -> None:
    """Type whom the composer is for, and send it."""
    await console.quiet()
    if console.app.screen is not console.desk_screen:
        console.strike(rng.choice(("a", "s", "escape")))
        await console.quiet()
    if console.is_writing:
        openid = console.desk_screen.composer.openid
        await console.type(f"for {openid}")
        console.strike("enter", *rng.choice(((), ("escape", "escape"), ("enter",))))
        await console.quiet()
        if console.app.screen is not console.desk_screen:
            await console.press("s")
            await console.quiet()
    while console.is_writing:
        await console.press("escape")


def assert_addressed(console: Console) -> None:
    """Every text names the customer it was written to."""
    for openid, text in console.sent:
        assert set(ADDRESSED.findall(text)) <= {openid}


async def play(tmp_path: Path, world: World, seed: int, rounds: int) -> None:
    rng = random.Random(seed)
    people = Bystanders(world, rng)
    people.refill()
    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows and console.desk_screen.sessions.rows))
        for _round in range(rounds):
            await play_round(console, rng, people)
        assert console.requests.calls[CREATE] + console.requests.calls[SEND] > 0


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
async def test_no_key_ever_acts_on_another_customer(tmp_path: Path, world: World, seed: int) -> None:
    await play(tmp_path, world, seed, rounds=20)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 14))
async def test_no_key_ever_acts_on_another_customer_for_long(tmp_path: Path, world: World, seed: int) -> None:
    await play(tmp_path, world, seed, rounds=250)


@pytest.mark.parametrize("key", ["a", "r", "x", "h", "enter"])
async def test_a_key_after_the_row_left_says_so_and_does_nothing(tmp_path: Path, world: World, key: str) -> None:
    first, second, third = waiting(world, 3)
    async with running(tmp_path, world) as console:
        await console.until(lambda: len(console.desk_screen.queue.rows) == 3)
        await console.choose(second)
        world.act(second, "leave")
        await console.until(lambda: len(console.desk_screen.queue.rows) == 2)

        assert console.desk_screen.subject() is None

        await console.press(key)
        await console.quiet()
        assert console.app.screen is console.desk_screen
        assert console.opened is None
        assert console.writes() == []
        assert len(console.app._notifications) == 1
        assert world.holder(first) == world.holder(third) == ""


async def test_an_agents_row_is_nobodys_conversation(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.serve(customer, "hi")
        await console.open(customer)
        await console.press("3", "j", "x")
        await console.settle()

        assert console.app.screen is console.desk_screen


async def test_drafts_stay_with_their_customer_however_fast_one_switches(tmp_path: Path, world: World) -> None:
    """Each text names its customer; Changed events of one may still be pending when the next is loaded."""
    rng = random.Random(3)
    async with running(tmp_path, world) as console:
        customers = waiting(world, 3)
        for customer in customers:
            await console.serve(customer, "hi")
        for _round in range(30):
            openid = CustomerId(rng.choice(customers))
            await console.choose(openid)
            console.strike("r")
            await console.until(lambda: console.is_writing and console.desk_screen.composer.openid == openid)  # noqa: B023
            # No pause: what is typed, the way out and the next conversation come in one burst.
            console.strike(*f"for {openid} ", "escape")
            await console.settle()
        await console.quiet()
        await console.until(lambda: all(console.contact(customer).draft for customer in customers))
        for customer in customers:
            await console.choose(customer)
            await console.press("r")
            await console.until(lambda: console.desk_screen.composer.openid == customer)  # noqa: B023
            assert set(ADDRESSED.findall(console.composer)) == {customer}
            assert set(ADDRESSED.findall(console.contact(customer).draft)) == {customer}
            await console.press("enter", "escape")
        await console.until(lambda: len(console.sent) == 3)

        assert_addressed(console)


@pytest.mark.parametrize("key", ["n", "a"])
async def test_a_customer_accepted_late_does_not_take_over_the_composer(tmp_path: Path, world: World, key: str) -> None:
    """WeChat answers slowly; meanwhile the agent has begun to write to somebody else."""
    async with running(tmp_path, world) as console:
        served, came = waiting(world, 2)
        world.act(came, "leave")
        await console.serve(served, "hi")
        await console.open(served)
        world.say(came, "hello")
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.choose(came)
        console.faults.hold(CREATE)
        await console.press(key)
        await console.until(lambda: console.faults.waiting.get(CREATE) == 1)
        await console.until(lambda: not console.desk_screen.is_asking)  # keys wait for whom n accepts, but not for ever
        await console.choose(served)
        await console.press("r")
        await console.until(lambda: console.is_writing and console.opened == served)
        await console.type("for the one ")
        console.faults.release(CREATE)
        await console.until(lambda: world.holder(came) == ME)
        await console.quiet()
        await console.type("served")
        await console.press("enter")
        await console.until(lambda: bool(console.sent))

        assert console.sent == [(served, "for the one served")]


async def test_resend_acts_on_nobody_while_another_customer_is_selected(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        first, second = waiting(world, 2)
        await console.serve(first, "hi")
        await console.serve(second, "hi")
        await console.open(first)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        console.arm(SEND, "errcode", code=45015)
        await console.type("lost")
        await console.press("enter", "escape")
        await console.until(lambda: console.contact(first).undelivered == 1)
        await console.choose(second)
        for key in ("S", "D"):
            await console.press(key)
            await console.quiet()

        assert console.requests.calls[SEND] == 1
        assert console.contact(first).undelivered == 1

        await console.choose(first)
        await console.press("S")
        await console.sees("no more replies", "Cancel")
        await console.press("s")
        await console.until(lambda: console.sent == [(first, "lost")])


async def test_enter_sends_to_the_customer_it_was_pressed_for(tmp_path: Path, world: World) -> None:
    """The send is on its way while another conversation opens."""
    async with running(tmp_path, world) as console:
        first, second = waiting(world, 2)
        await console.serve(first, "hi")
        await console.serve(second, "hi")
        await console.open(first)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        console.faults.hold(SEND)
        await console.type("for the first")
        await console.press("enter", "escape")
        await console.open(second)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("for the second")
        await console.press("enter")
        console.faults.release(SEND)
        await console.until(lambda: len(console.sent) == 2)

        assert sorted(console.sent) == sorted([(first, "for the first"), (second, "for the second")])


async def test_a_colleague_who_was_faster_is_named(tmp_path: Path, world: World) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        world.accept(COLLEAGUE, customer)
        console.strike("a")
        await console.sees("Tom")
        await console.asked_again(QUEUE, ONLINE, SESSIONS)

        assert world.holder(customer) == COLLEAGUE


async def test_keys_in_one_burst_act_on_the_pane_the_first_one_chose(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (waits,) = waiting(world)
        (served,) = waiting(world)
        await console.serve(served, "hello")
        await console.choose(waits)
        console.strike("2", "r", "o", "k")
        await console.until(lambda: console.desk_screen.composer.text == "ok")

        assert console.desk_screen.composer.openid == served


@pytest.mark.parametrize("key", ["a", "n"])
async def test_in_80_columns_no_key_acts_on_a_row_behind_the_conversation(
    tmp_path: Path, world: World, key: str
) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        (served,) = waiting(world, 1)
        await console.serve(served, agent=COLLEAGUE)
        (customer,) = waiting(world, 1)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.press("1", key)
        await console.until(lambda: world.holder(customer) == ME)
        await console.quiet()
        assert console.app.focused is console.desk_screen.talk

        await console.press("j", "j", "x")
        await console.sees(f"Close the session of …{short(customer)}")
        await console.press("escape", "escape")
        await console.until(lambda: console.app.focused is console.desk_screen.sessions)
        assert console.desk_screen.sessions.current_id == customer


async def test_a_window_made_narrow_leaves_no_key_with_a_row_behind_the_conversation(
    tmp_path: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world, 1)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.press("1", "a")
        await console.until(lambda: world.holder(customer) == ME)
        await console.quiet()
        assert console.app.focused is console.desk_screen.sessions

        await console.pilot.resize_terminal(80, 24)
        await console.until(lambda: console.app.focused is console.desk_screen.talk)


async def test_the_first_key_of_a_new_run_finds_the_first_customer_who_waits_now(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (yesterday,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
    world.act(yesterday, "leave")
    (today,) = waiting(world)
    async with running(tmp_path, world) as console:
        await console.until(lambda: [row.id for row in console.desk_screen.queue.rows] == [today])
        await console.until(lambda: console.desk_screen.queue.current_id == today)
        await console.press("a")
        await console.until(lambda: world.holder(today) == ME)


@pytest.mark.parametrize("key", ["1", "2"])
async def test_what_is_typed_along_with_the_key_to_a_list_acts_on_nobody_else(
    tmp_path: Path, world: World, key: str
) -> None:
    async with running(tmp_path, world) as console:
        openids = waiting(world, 2)
        if key == "2":
            for openid in openids:
                await console.serve(openid, "hi")
        gone, left = openids
        await console.choose(gone)
        await console.press("4")
        pane = console.desk_screen.queue if key == "1" else console.desk_screen.sessions
        if key == "1":
            world.act(gone, "leave")
        else:
            world.close(ME, gone)
        await console.until(lambda: [row.id for row in pane.rows] == [left])
        console.strike(key, "a" if key == "1" else "x")
        await console.sees("No customer is selected.")
        assert console.writes() == []
        assert pane.current_id is None
