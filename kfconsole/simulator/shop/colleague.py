"""An agent who works in the web client beside the console: takes customers, answers, closes, has breaks.

Knows shoppers only by the line they would be told next.
"""

import random
from collections.abc import Callable, Mapping

from kfconsole.simulator.shop import phrases
from kfconsole.simulator.shop.agenda import Agenda
from kfconsole.simulator.shop.shopper import Shopper
from kfconsole.simulator.world import World

_MOST_SESSIONS = 3
_QUIET_SECONDS = 200.0


class Colleague:
    """One other agent of the shop."""

    def __init__(
        self, world: World, agenda: Agenda, rng: random.Random, kf_account: str, shoppers: Mapping[str, Shopper]
    ) -> None:
        self._world = world
        self._agenda = agenda
        self._rng = rng
        self._shoppers = shoppers
        self._is_leaving = False
        self._turns: dict[str, int] = {}
        self.kf_account = kf_account

    def start(self, *, first_break_seconds: float) -> None:
        """Begin to work; who is offline comes when the first break is over."""
        self._agenda.later(self._rng.uniform(30, 75), self._look)
        agent = self._world.agents[self.kf_account]
        self._agenda.later(first_break_seconds, self._take_break if agent.is_online else self._come_back)
        for openid in agent.sessions:
            self.hear(openid)

    def hear(self, openid: str) -> None:
        """A customer wrote, or was just taken: answer after a while, once for several messages."""
        turn = self._turns[openid] = self._turns.get(openid, 0) + 1
        self._agenda.later(self._rng.uniform(9, 24), self._if_still(openid, turn, self._answer))
        self._agenda.later(_QUIET_SECONDS + self._rng.uniform(0, 60), self._if_still(openid, turn, self._check_in))

    def _if_still(self, openid: str, turn: int, action: Callable[[str], None]) -> Callable[[], None]:
        def act() -> None:
            if self._turns.get(openid) == turn and self._world.holder(openid) == self.kf_account:
                action(openid)

        return act

    def _is_employed(self) -> bool:
        """A console may remove the agent at any time, or add them again with nobody bound."""
        agent = self._world.agents.get(self.kf_account)
        return agent is not None and agent.is_bound

    def _look(self) -> None:
        if not self._is_employed():
            return
        self._agenda.later(self._rng.uniform(20, 50), self._look)
        patience = self._rng.uniform(100, 220)  # so that whoever learns at the console gets customers too
        agent = self._world.agents[self.kf_account]
        if self._is_leaving or not agent.is_online or len(self._world.sessions_of(agent)) >= _MOST_SESSIONS:
            return
        longest = next(iter(self._world.queue.values()), None)
        if longest is not None and self._agenda.waited(longest.since_at) >= patience:
            openid = self._world.accept(self.kf_account)
            greeting = self._rng.choice(phrases.GREETINGS).format(nick=agent.nickname)
            self._turns[openid] = turn = self._turns.get(openid, 0) + 1
            self._agenda.later(
                self._rng.uniform(2, 6),
                self._if_still(openid, turn, lambda openid: self._world.reply(self.kf_account, openid, greeting)),
            )
            self._agenda.later(_QUIET_SECONDS, self._if_still(openid, turn, self._check_in))

    def _answer(self, openid: str) -> None:
        shopper = self._shoppers.get(openid)
        if shopper is None:
            return
        if not shopper.is_content:
            self._world.reply(self.kf_account, openid, shopper.line_for_agent())
        else:
            if self._rng.random() < 0.5:
                self._world.reply(self.kf_account, openid, self._rng.choice(phrases.FAREWELLS))
            self._agenda.later(self._rng.uniform(8, 25), self._if_still(openid, self._turns[openid], self._close))

    def _check_in(self, openid: str) -> None:
        self._world.reply(self.kf_account, openid, self._rng.choice(phrases.CHECKING_IN))
        self._agenda.later(self._rng.uniform(30, 60), self._if_still(openid, self._turns[openid], self._close))

    def _close(self, openid: str) -> None:
        self._turns.pop(openid, None)
        self._world.close(self.kf_account, openid)

    def _take_break(self) -> None:
        """Take no more customers; leave when the last one is served."""
        if not self._is_employed():
            return
        self._is_leaving = True
        if self._world.sessions_of(self._world.agents[self.kf_account]):
            self._agenda.later(20, self._take_break)
            return
        self._world.go_online(self.kf_account, False)
        self._agenda.later(self._rng.uniform(480, 900), self._come_back)

    def _come_back(self) -> None:
        if not self._is_employed():
            return
        self._is_leaving = False
        self._world.go_online(self.kf_account)
        self._agenda.later(self._rng.uniform(1500, 3000), self._take_break)
