"""One day at the shop: who is there when it begins, and who comes while it runs.

The same seed gives the same day: every customer and every agent has a random stream derived from it.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from kfconsole.simulator.people import Event
from kfconsole.simulator.shop import past, phrases
from kfconsole.simulator.shop.agenda import Agenda
from kfconsole.simulator.shop.colleague import Colleague
from kfconsole.simulator.shop.shopper import Shopper
from kfconsole.simulator.world import World

SHOP_AGENT = "kf2001@lehuo"
"""晓雯: the agent a console answers as; nobody plays her."""

_TOM, _MEI, _QIANG, _NEW = "kf2002@lehuo", "kf2003@lehuo", "kf2004@lehuo", "kf2005@lehuo"
_HOUR = 3600.0
_NO_BREAK_SECONDS = 24 * _HOUR
_KNOWN_SHARE = 0.7

# How long ago those who wait at the start came.
_WAITING_SECONDS = (720.0, 265.0, 96.0, 27.0, 3.0)
# Hours ago, and who served: yesterday's and this morning's talks.
_PAST_TALKS = (
    (28.5, _QIANG), (27.0, SHOP_AGENT), (26.0, _TOM), (25.2, _MEI), (24.5, SHOP_AGENT), (23.6, _TOM),
    (4.2, _MEI), (3.4, SHOP_AGENT), (2.6, _TOM), (1.9, SHOP_AGENT), (1.2, _MEI),
)  # fmt: skip
# Seconds ago, turns so far, and who serves: the sessions under way, beside the written complaint.
_OPEN_TALKS = ((520.0, 2, _TOM), (410.0, 1, SHOP_AGENT), (350.0, 1, _MEI), (240.0, 1, _TOM))


@dataclass(frozen=True, slots=True)
class Plan:
    """What kind of day it is."""

    mean_gap_seconds: Callable[[float], float]
    """How far apart customers come, on average, by the seconds of people's time since the day began."""
    shortest_gap_seconds: float
    longest_gap_seconds: float
    most_waiting: int
    """Whoever would come beyond goes elsewhere."""
    helpers: tuple[tuple[str, str], ...] = ()
    """Further agents, who work without a break: kf_account and nickname."""


def _lunch_gap_seconds(seconds: float) -> float:
    """From one customer in half a minute to one every four seconds after twenty minutes, and back within the hour."""
    minute = seconds % _HOUR / 60
    return 4.0 + 26.0 * min(max(abs(minute - 25) - 5, 0) / 20, 1)


ORDINARY = Plan(lambda _seconds: 50.0, shortest_gap_seconds=8.0, longest_gap_seconds=150.0, most_waiting=25)
LUNCH = Plan(
    _lunch_gap_seconds,
    shortest_gap_seconds=0.5,
    longest_gap_seconds=60.0,
    most_waiting=150,  # more than the hundred WeChat names
    helpers=(("kf2006@lehuo", "阿芳"), ("kf2007@lehuo", "Leo")),
)


def open_shop(
    world: World, *, seed: int, speed: float, sleep: Callable[[float], Awaitable[None]], plan: Plan = ORDINARY
) -> Callable[[], Awaitable[None]]:
    """Fill the world with the shop's people and return the driver of their day."""
    day = Day(world, seed=seed, speed=speed, plan=plan)
    day.begin()
    return partial(day.play, sleep)


class Day:
    """The people of the shop, and the order in which they act."""

    def __init__(self, world: World, *, seed: int, speed: float, plan: Plan) -> None:
        self._world = world
        self._seed = seed
        self._speed = speed
        self._plan = plan
        self._began_at = world.clock.now()
        self._agenda = Agenda(world.clock, speed)
        self._arrivals = self._stream("arrivals")
        self._shoppers: dict[str, Shopper] = {}
        self._colleagues: dict[str, Colleague] = {}
        self._customer_number = 0

    def begin(self) -> None:
        """Set up agents, past talks, open sessions and the queue."""
        self._hire()
        self._play_past()
        self._open_sessions()
        self._fill_queue()
        self._world.watch(self._tell)
        for number, kf_account in enumerate((_TOM, _MEI, _QIANG)):
            self._begin_work(kf_account, (0, 1200, 0)[number])
        for kf_account, _nickname in self._plan.helpers:
            self._begin_work(kf_account, _NO_BREAK_SECONDS)
        for openid, session in self._world.sessions.items():
            if session.kf_account == SHOP_AGENT and openid in self._shoppers:
                self._shoppers[openid].be_served()
        self._agenda.later(self._arrivals.uniform(10, 25), self._receive)

    async def play(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Let the day go on until cancelled."""
        await self._agenda.play(sleep)

    def _begin_work(self, kf_account: str, until_break_seconds: float) -> None:
        stream = self._stream(kf_account)
        colleague = Colleague(self._world, self._agenda, stream, kf_account, self._shoppers)
        self._colleagues[kf_account] = colleague
        colleague.start(first_break_seconds=stream.uniform(420, 600) + until_break_seconds)

    def _stream(self, name: str) -> random.Random:
        return random.Random(f"{self._seed}/{name}")

    def _new_shopper(self, *, openid: str = "") -> Shopper:
        self._customer_number += 1
        stream = self._stream(f"customer {self._customer_number}")
        shopper = Shopper(self._world, self._agenda, stream, openid=openid)
        self._note_remark(shopper.openid)
        return shopper

    def _note_remark(self, openid: str) -> None:
        """Let the shop have noted who most of its customers are; the others it does not know."""
        stream = self._stream(f"remark {openid}")
        if stream.random() < _KNOWN_SHARE:
            self._world.add_customer(openid).remark = stream.choice(phrases.FAMILY_NAMES) + stream.choice(phrases.FORMS)

    def _hire(self) -> None:
        for kf_account, nickname in ((SHOP_AGENT, "晓雯"), (_TOM, "Tom"), (_MEI, "小美"), (_QIANG, "阿强")):
            self._world.add_agent(kf_account, nickname)
        self._world.add_agent(_NEW, "新人小周", bound=False, invite_wx="xiaozhou_0617")
        for kf_account, nickname in self._plan.helpers:
            self._world.add_agent(kf_account, nickname)

    def _play_past(self) -> None:
        stream = self._stream("past")
        for number, (hours, kf_account) in enumerate(_PAST_TALKS):
            shopper = self._new_shopper()
            past.play_talk(self._world, shopper, kf_account, stream, seconds_ago=hours * _HOUR)
            past.close_talk(self._world, shopper.openid, seconds_ago=hours * _HOUR - 600)
            if number in (1, 4, 7):  # these come again today
                self._shoppers[shopper.openid] = self._new_shopper(openid=shopper.openid)
        odd = self._new_shopper()
        past.play_lines(self._world, odd.openid, SHOP_AGENT, past.ODDITIES, seconds_ago=0.8 * _HOUR)
        past.close_talk(self._world, odd.openid, seconds_ago=0.7 * _HOUR)
        self._world.go_online(_QIANG, False)

    def _open_sessions(self) -> None:
        known = iter(list(self._shoppers.values()))
        complaining = next(known)
        past.play_lines(self._world, complaining.openid, SHOP_AGENT, past.COMPLAINT, seconds_ago=560.0)
        stream = self._stream("under way")
        for seconds_ago, turns, kf_account in _OPEN_TALKS:
            shopper = next(known, None) or self._new_shopper()
            self._shoppers[shopper.openid] = shopper
            past.play_talk(self._world, shopper, kf_account, stream, seconds_ago=seconds_ago, turns=turns)

    def _fill_queue(self) -> None:
        for seconds in _WAITING_SECONDS:
            shopper = self._new_shopper()
            self._shoppers[shopper.openid] = shopper
            with self._world.clock.moved(-seconds):
                shopper.open_now()
            if seconds > 200:
                with self._world.clock.moved(-seconds / 4):
                    shopper.say(phrases.NUDGES[0])
            shopper.wait()

    def _receive(self) -> None:
        """Somebody comes, sometimes several at once."""
        is_rush = self._arrivals.random() < 0.12
        for number in range(self._arrivals.randint(2, 4) if is_rush else 1):
            self._agenda.later(number * self._arrivals.uniform(1, 6), self._arrive)
        mean = self._plan.mean_gap_seconds((self._agenda.now - self._began_at) * self._speed)
        gap = self._arrivals.expovariate(1 / mean)
        gap = min(max(gap, self._plan.shortest_gap_seconds), self._plan.longest_gap_seconds)
        self._agenda.later(gap, self._receive)

    def _arrive(self) -> None:
        shopper = self._new_shopper()
        if len(self._world.queue) < self._plan.most_waiting:
            self._shoppers[shopper.openid] = shopper
            shopper.arrive()

    def _tell(self, event: Event) -> None:
        """Let people notice what happened to them."""
        shopper = self._shoppers.get(event.openid)
        if event.kind == "said" and event.kf_account in self._colleagues:
            self._colleagues[event.kf_account].hear(event.openid)
        if shopper is None:
            return
        match event.kind:
            case "sent" | "replied":
                shopper.hear(event.text)
            case "accepted" | "created" | "transferred":
                shopper.be_served()
            case "closed" | "expired":
                shopper.be_closed()
