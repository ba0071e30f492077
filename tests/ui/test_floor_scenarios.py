"""Whoever watches the floor of a busy, a huge, a badly connected shop; what they see and do is judged by the world.

A scenario plays much faster than people live, and stands still while somebody looks: only then is there one truth.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final

import pytest

from kfconsole.desk.reporting import LISTED, Metric
from kfconsole.simulator import DayLog, World, crowd
from kfconsole.simulator.people import Event
from kfconsole.simulator.scenarios import SCENARIOS, prepare
from kfconsole.ui.board import BoardScreen
from kfconsole.ui.dialogs import Prompt
from kfconsole.ui.report import ReportScreen
from tests.desk.reported_day import truth_of
from tests.ui.console import CLOSE, CREATE, ONLINE, QUEUE, RECORDS, SEND, SESSIONS, TYPING, Console, running, short
from tests.ui.steps import messages_of
from tests.ui.test_board import board_of, listed, look_on

SIZES: Final = [(120, 40), (80, 24)]
SPEED: Final = 60.0


@dataclass
class Floor:
    """A console in front of a scenario that plays, or stands still."""

    console: Console
    plays: asyncio.Event = field(default_factory=asyncio.Event)
    log: StringIO = field(default_factory=StringIO)
    began_at: float = 0.0
    """Since then the console watches."""
    said: dict[str, str] = field(default_factory=dict)
    """The last words in each session."""

    def __post_init__(self) -> None:
        self.plays.set()
        self.world.watch(DayLog(self.log))
        self.world.watch(self._hear)

    @property
    def world(self) -> World:
        """What is true."""
        return self.console.world

    @property
    def me(self) -> str:
        """Whom the console answers as."""
        return str(self.console.desk.me)

    @property
    def holders(self) -> dict[str, str]:
        """Who serves whom."""
        return {openid: session.kf_account for openid, session in self.world.sessions.items()}

    @property
    def others(self) -> list[str]:
        """Whom colleagues serve."""
        return [openid for openid, agent in self.holders.items() if agent != self.me]

    async def sleep(self, seconds: float) -> None:
        """Let the people of the scenario wait, as long as it stands still, too."""
        await asyncio.sleep(seconds)
        await self.plays.wait()

    def _hear(self, event: Event) -> None:
        if event.kind in ("said", "replied") and event.kf_account and event.text:
            self.said[event.openid] = event.text


@asynccontextmanager
async def playing(folder: Path, name: str, size: tuple[int, int], *, waiting: int, served: int) -> AsyncIterator[Floor]:
    """Run a console on a scenario that stands still once so many wait and are served, and all of it was seen."""
    world = World(rng=random.Random(7))
    async with running(folder, world, size=size, me=SCENARIOS[name].kf_account) as console:
        floor = Floor(console, began_at=world.clock.now())
        _account, drive = prepare(name, world, seed=7, speed=SPEED, sleep=floor.sleep, faults=console.faults)
        driving = asyncio.ensure_future(drive())
        await console.until(lambda: len(world.queue) >= waiting and len(floor.others) >= served)
        floor.plays.clear()
        console.faults.clear()
        await settled(floor)
        yield floor
        driving.cancel()


async def settled(floor: Floor) -> None:
    """Wait until the desk knows who waits and who is served, by whom."""
    console = floor.console
    await console.asked_again(QUEUE, ONLINE, SESSIONS, RECORDS)
    await console.until(lambda: {row.openid for row in console.desk.queue} == set(console.world.queue))
    await console.until(lambda: {session.openid: session.agent for session in console.desk.sessions} == floor.holders)


async def on_the_board(floor: Floor) -> BoardScreen:
    """Show the board, and wait until everybody of the world stands on it."""
    console = floor.console
    if not isinstance(console.app.screen, BoardScreen):
        await console.press("b")
        await console.until(lambda: isinstance(console.app.screen, BoardScreen))
    board = board_of(console)
    if board.watch_pane.openid is not None:  # who was taken over is looked at, in a narrow window before all others
        await console.press("escape")
        await console.until(lambda: console.app.focused is board.customers)
    await console.until(lambda: set(listed(console)) == {*console.world.queue, *console.world.sessions})
    return board


async def look_round(floor: Floor) -> None:
    """Filter by a colleague and by a customer, and look on: nobody is the wiser."""
    console, world, board = floor.console, floor.world, await on_the_board(floor)
    watched = floor.others[0]
    agent = world.holder(watched)
    await console.press("3")
    assert board.hands.select(agent)
    await console.press("enter")
    theirs = {openid for openid, holder in floor.holders.items() if holder == agent}
    await console.until(lambda: set(listed(console)) == theirs)
    await console.press("escape")
    await on_the_board(floor)
    await console.press("slash")
    await console.type(short(watched))
    await console.until(lambda: listed(console) == [watched])
    await console.press("enter", "escape")
    await on_the_board(floor)
    await look_on(console, watched)
    said = floor.said.get(watched)
    await console.until(lambda: said is None or said in messages_of(board.talk))
    await console.press("escape")
    await console.until(lambda: console.app.focused is board.customers)
    assert console.writes() == []


async def act(floor: Floor) -> None:
    """Take one over, give the longest waiting away and hand one back: each to the right one, and once."""
    console, world, board = floor.console, floor.world, await on_the_board(floor)
    before = floor.holders
    taken = floor.others[0]
    assert board.customers.select(taken)
    await console.press("T")
    await console.until(lambda: console.app.screen is not board)
    await console.press("y")
    await console.until(lambda: world.holder(taken) == floor.me)
    await console.quiet()
    assert console.writes() == [(CLOSE, taken), (CREATE, taken)]
    assert floor.holders == {**before, taken: floor.me}

    longest = next(iter(world.queue))
    await settled(floor)
    await console.press("L")
    await console.until(lambda: len(console.app.screen_stack) > 2 or console.app.screen is not board)
    await console.press("y")
    await console.until(lambda: world.holder(longest) != "")
    await console.quiet()
    assert console.writes()[2:] == [(CREATE, longest)]
    assert world.agents[world.holder(longest)].is_online

    await settled(floor)
    await on_the_board(floor)
    assert board.customers.select(taken)
    await console.press("B")
    await console.until(lambda: console.app.screen is not board)
    await console.press("n")
    await console.until(lambda: isinstance(console.app.screen, Prompt))
    await console.type("发票")
    await console.press("enter")
    await console.until(lambda: not world.holder(taken))
    await console.quiet()
    assert console.writes()[3:] == [(CLOSE, taken)]
    assert [(row.openid, row.note) for row in await console.archive.owed()] == [(taken, "发票")]


async def mark(floor: Floor) -> None:
    """Mark two and take all marks away again: nothing comes of it."""
    await settled(floor)
    console, board, acted = floor.console, await on_the_board(floor), len(floor.console.writes())
    served = list(console.world.sessions)[:2]
    for openid in served:
        assert board.customers.select(openid)
        await console.press("v")
    assert set(board.marked()) == set(served)
    await console.press("V")
    assert board.marked() == ()
    assert len(console.writes()) == acted


async def read_report(floor: Floor) -> None:
    """Open the report from the board, and go from its number of sessions to a conversation."""
    console = floor.console
    truth = truth_of(floor.log.getvalue().splitlines())
    await on_the_board(floor)
    await console.press("p")
    await console.until(lambda: isinstance(console.app.screen, ReportScreen) and len(console.app.screen.list.rows) > 1)
    screen = console.app.screen
    assert isinstance(screen, ReportScreen)
    await console.press("enter")
    await console.until(lambda: screen.list.select(Metric.SESSIONS.value))
    figures = screen.list.rows[0].figures
    assert figures is not None
    told = {(case.openid, case.agent, int(case.at)) for case in figures.cases[Metric.SESSIONS]}
    assert told <= set(truth.sessions)
    going_on = {openid: (openid, agent, at) for openid, agent, at in truth.sessions if openid in floor.holders}
    seen = {session for session in going_on.values() if session[2] >= floor.began_at}
    assert seen <= told if len(told) < LISTED else figures.count(Metric.SESSIONS) >= len(seen)
    assert {case.openid for case in figures.cases[Metric.CUSTOMERS]} <= truth.customers
    assert {case.openid for case in figures.cases.get(Metric.WAITS, ())} <= {who for who, *_rest in truth.waits}
    await console.press("enter")
    await console.until(lambda: screen.list.current is not None and screen.list.current.case is not None)
    chosen = screen.list.current
    assert chosen is not None
    assert chosen.case is not None
    openid = chosen.case.openid
    await console.press("enter")
    await console.until(lambda: console.opened == openid and console.app.screen is console.desk_screen)


async def watch_the_floor(folder: Path, name: str, size: tuple[int, int], *, waiting: int = 3, served: int = 4) -> None:
    """Do all that a supervisor does, once."""
    async with playing(folder, name, size, waiting=waiting, served=served) as floor:
        await look_round(floor)
        await act(floor)
        await mark(floor)
        await read_report(floor)
        sent_to = [path for path, _openid in floor.console.writes() if path in (SEND, TYPING)]
        assert sent_to == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["rush", "storm"])
async def test_a_supervisor_at_a_busy_shop_sees_what_is_true_and_does_what_was_meant(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    await watch_the_floor(tmp_path, name, size)


async def test_a_supervisor_of_a_crowd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for what, count in (("AGENTS", 40), ("SESSIONS", 300), ("WAITING", 60)):
        monkeypatch.setattr(crowd, what, count)
    await watch_the_floor(tmp_path, "big", (120, 40))


@pytest.mark.soak
async def test_a_supervisor_of_a_large_crowd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for what, count in (("AGENTS", 400), ("SESSIONS", 4_000), ("WAITING", 90)):
        monkeypatch.setattr(crowd, what, count)
    await watch_the_floor(tmp_path, "big", (80, 24))
