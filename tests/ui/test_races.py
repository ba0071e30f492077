"""The race at Enter: whatever moves at that moment, a text reaches whom it was typed for, once, or stays in sight."""

import random
import re
from pathlib import Path

import pytest

from kfconsole.model import AgentId, CustomerId, Delivery
from kfconsole.simulator import World
from kfconsole.ui.late_question import LateQuestion
from tests.ui.console import COLLEAGUE, ME, SEND, Console, running
from tests.ui.test_sending_guard import SESSION, Hours
from tests.ui.test_subject import Bystanders

TOKEN = re.compile(r"<\d+>")
REST_SECONDS = 0.05
STALE_SECONDS = 3.0  # what is known is looked at again


class Race:
    """One writer, and everybody else at the same moment."""

    def __init__(self, console: Console, hours: Hours, rng: random.Random) -> None:
        self.console = console
        self.hours = hours
        self.rng = rng
        self.world = console.world
        self.people = Bystanders(console.world, rng)
        self.typed: dict[str, CustomerId] = {}
        """Each text typed, and for whom."""
        self.questions = 0

    async def play(self, rounds: int) -> None:
        """Write to somebody, again and again; every text ends in one place."""
        for _round in range(rounds):
            self.people.refill()
            await self.turn_to_somebody()
            if self.console.is_writing:
                await self.write_and_enter()
            await self.leave()
            self.console.app.clear_notifications()  # painting them is most of the work
            await self.check(*list(self.typed.values())[-1:])
        await self.check(*set(self.typed.values()))

    async def turn_to_somebody(self) -> None:
        """Choose a row and press r, as things move."""
        console, desk = self.console, self.console.desk_screen
        key, pane = self.rng.choice((("2", desk.sessions), ("2", desk.sessions), ("1", desk.queue)))
        await console.press(key)
        if not (rows := [row.id for row in pane.rows]):
            return
        pane.select(self.rng.choice(rows))
        console.strike("r")
        self.stir()
        await self.answer(("a", "s", "s", "escape"))

    async def write_and_enter(self) -> None:
        """Type a text of which we know whom it is for, and press Enter amid everything."""
        console, rng = self.console, self.rng
        openid = console.desk_screen.composer.openid
        assert openid is not None
        token = f"<{len(self.typed)}>"  # short: every key costs a paint
        self.typed[token] = openid
        if rng.random() < 0.5:
            self.hours.go(STALE_SECONDS)
        if rng.random() < 0.1:
            console.arm(rng.choice((SEND, SESSION)), "errcode", code=48001)
        console.strike(*token)
        self.interfere(openid)
        console.strike("enter", *rng.choice(((), ("enter",), ("escape",), ("escape", "escape", "j"), ("escape", "2"))))
        self.stir()
        if rng.random() < 0.3:
            await console.pilot.pause(rng.choice((0, 0.001, 0.01)))
            self.interfere(openid)
        await self.answer(("s", "s", "enter", "escape", "a"))

    def stir(self) -> None:
        """Let things happen to anybody, and perhaps let the console hear of it."""
        self.people.stir()
        if self.rng.random() < 0.5:
            self.console.app.poller.wake()

    def interfere(self, openid: str) -> None:
        """Let a colleague do something to this very customer."""
        holder = self.world.holder(openid)
        act = self.rng.choice(("", "", "take", "answer", "close", "say"))
        if act == "say":
            self.world.say(openid, "still there?")
        elif holder and act == "close":
            self.world.close(holder, openid)
        elif holder and act in ("take", "answer"):
            if holder != COLLEAGUE:
                self.world.transfer(holder, COLLEAGUE, openid)
            if act == "answer":
                self.world.reply(COLLEAGUE, openid, "mine")
                self.world.transfer(COLLEAGUE, AgentId(holder if holder != COLLEAGUE else ME), openid)

    async def answer(self, keys: tuple[str, ...]) -> None:
        """Answer whatever is asked, until nothing is."""
        console = self.console
        await console.quiet()
        while (screen := console.app.screen) is not console.desk_screen:
            if isinstance(screen, LateQuestion):
                self.questions += 1
                await console.until(lambda: screen.is_open)  # awaited here
            known = {"a": "#answer-accept", "s": "#answer-send"}
            console.strike(self.rng.choice([key for key in keys if key not in known or screen.query(known[key])]))
            self.stir()
            await console.until(lambda: console.app.screen is not screen)  # awaited here
            await console.quiet()

    async def leave(self) -> None:
        """Go back to the lists."""
        while self.console.is_writing:
            await self.console.press("escape")
        await self.answer(("escape",))

    async def check(self, *customers: CustomerId) -> None:
        """Every text typed to them is in exactly one place: with them, waiting for a decision, or still written."""
        sent = [(openid, token) for openid, text in self.console.sent for token in TOKEN.findall(text)]
        assert all(self.typed[token] == openid for openid, token in sent)
        for customer in customers:
            written = self.console.desk_screen.composer.written(customer)
            undecided = [
                message.text
                for message in await self.console.archive.conversation(customer)
                if message.needs_decision or message.delivery in (Delivery.PREPARED, Delivery.SENDING)
            ]
            places = [token for openid, token in sent if openid == customer]
            places += TOKEN.findall("\n".join((written, *undecided)))
            typed = [token for token, openid in self.typed.items() if openid == customer]
            assert sorted(places) == sorted(typed), self.console.text()


async def race(tmp_path: Path, world: World, seed: int, rounds: int) -> None:
    hours = Hours(world)
    async with running(
        tmp_path, world, size=(80, 24), interval=0.5, monotonic=hours.monotonic, wall=hours.wall
    ) as console:
        console.app.rest_seconds = REST_SECONDS
        runner = Race(console, hours, random.Random(seed))
        runner.people.refill()
        await console.until(lambda: bool(console.desk_screen.queue.rows and console.desk_screen.sessions.rows))
        await runner.play(rounds)
        assert len(console.sent) > rounds / 5
        assert runner.questions > 0


async def test_at_enter_no_text_goes_astray_nor_twice_nor_gets_lost(tmp_path: Path, world: World) -> None:
    await race(tmp_path, world, seed=1, rounds=30)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 14))
async def test_at_enter_no_text_goes_astray_for_long(tmp_path: Path, world: World, seed: int) -> None:
    await race(tmp_path, world, seed, rounds=250)
