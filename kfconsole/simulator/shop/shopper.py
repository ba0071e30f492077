"""A customer of the shop: why they write, how long they wait, what they answer.

Everything a shopper decides comes from a random stream of their own, so what a console does to one customer never
changes another.
"""

import random
from functools import partial

from kfconsole.simulator.people import new_openid
from kfconsole.simulator.shop import phrases
from kfconsole.simulator.shop.agenda import Agenda
from kfconsole.simulator.shop.phrases import Topic
from kfconsole.simulator.world import World

_MOST_NUDGES = 3


class Shopper:
    """One customer with one question."""

    def __init__(
        self, world: World, agenda: Agenda, rng: random.Random, *, openid: str = "", topic: Topic | None = None
    ) -> None:
        self._world = world
        self._agenda = agenda
        self._rng = rng
        self._topic = topic or rng.choice(phrases.TOPICS)
        self._words = {
            "order": f"20{rng.randrange(10**15, 10**16)}",
            "parcel": f"SF{rng.randrange(10**12, 10**13)}",
            "item": rng.choice(phrases.ITEMS),
            "item2": rng.choice(phrases.ITEMS),
            "size": rng.choice(phrases.SIZES),
            "color": rng.choice(phrases.COLORS),
        }
        self._beat = 0
        self._turn = 0
        self._nudges = 0
        self.openid = openid or new_openid(rng)
        self.is_content = False
        """Has said thanks, or given up; stays quiet from now on."""

    def arrive(self) -> None:
        """Write the opening messages and begin to wait."""
        first, *others = self._opening()
        self.say(first)
        delay = 0.0
        for text in others:
            delay += self._rng.uniform(4, 12)
            self._agenda.later(delay, partial(self.say, text))
        self.wait()

    def wait(self) -> None:
        """Write again now and then, and give up in the end."""
        self._agenda.later(self._rng.uniform(45, 120), self._nudge)
        patience = (70, 200) if self._rng.random() < 0.15 else (300, 1200)
        self._agenda.later(self._rng.uniform(*patience), self._lose_patience)

    def hear(self, text: str) -> None:
        """Somebody answered: reply after a few seconds, and only to the last of several answers."""
        self._turn += 1
        turn = self._turn
        if self.is_content:
            return
        answer, is_last = self._answer_to(text)
        delay = self._rng.uniform(2.5, 7) + 0.12 * len(answer)

        def reply() -> None:
            if turn == self._turn and not self.is_content:
                self.is_content = is_last
                self.say(answer)
                if is_last and self._rng.random() < 0.15:
                    self._agenda.later(self._rng.uniform(5, 40), partial(self._world.act, self.openid, "pay"))

        self._agenda.later(delay, reply)

    def be_served(self) -> None:
        """An agent took them: ask again when nothing comes."""
        self._nudges = 0
        self._wait_for_answer()

    def be_closed(self) -> None:
        """The session ended; who is not done sometimes writes again and so queues again."""
        if not self.is_content and self._rng.random() < 0.4:
            self._agenda.later(self._rng.uniform(15, 60), self._return)

    def say(self, text: str) -> None:
        """Write to the shop."""
        self._world.say(self.openid, text)

    def line_for_agent(self) -> str:
        """Return what a colleague would say now."""
        if self.is_content or self._beat >= len(self._topic.beats):
            return self._rng.choice(phrases.FAREWELLS)
        return self._filled(self._rng.choice(self._topic.beats[self._beat].agent))

    # For talks of the past, which are played without an agenda

    def open_now(self) -> None:
        """Write all opening messages at once."""
        for text in self._opening():
            self.say(text)

    def answer_now(self, text: str) -> None:
        """Answer at once."""
        answer, self.is_content = self._answer_to(text)
        self.say(answer)

    # Inside

    def _opening(self) -> list[str]:
        if self._rng.random() < 0.06:
            return [self._rng.choice(phrases.ODD_OPENINGS)]
        return [self._filled(text) for text in self._rng.choice(self._topic.openings)]

    def _answer_to(self, text: str) -> tuple[str, bool]:
        if any(word in text for word in phrases.FAREWELL_WORDS):
            return self._rng.choice(phrases.THANKS), True
        for words, answers in phrases.ANSWERS_TO_WORDS:
            if any(word in text for word in words) and self._rng.random() < 0.8:
                self._beat += self._rng.random() < 0.7
                return self._filled(self._rng.choice(answers)), False
        if self._beat >= len(self._topic.beats):
            return self._rng.choice(phrases.THANKS), True
        answer = self._rng.choice(self._topic.beats[self._beat].customer)
        self._beat += 1
        return self._filled(answer), False

    def _filled(self, text: str) -> str:
        return text.format(**self._words)

    def _is_waiting(self) -> bool:
        return self.openid in self._world.queue

    def _nudge(self) -> None:
        if not self._is_waiting() or self._nudges >= _MOST_NUDGES:
            return
        self._nudges += 1
        self.say(self._rng.choice(phrases.NUDGES))
        self._agenda.later(self._rng.uniform(60, 180), self._nudge)

    def _lose_patience(self) -> None:
        if not self._is_waiting():
            return
        self.is_content = True
        if self._rng.random() < 0.5:
            self.say(self._rng.choice(phrases.COMPLAINTS))
        self._world.act(self.openid, "leave")

    def _wait_for_answer(self) -> None:
        turn = self._turn

        def ask_again() -> None:
            if turn == self._turn and not self.is_content and self._world.holder(self.openid) and self._nudges < 2:
                self._nudges += 1
                self.say(self._rng.choice(phrases.NUDGES[:3]))
                self._wait_for_answer()

        self._agenda.later(self._rng.uniform(75, 170), ask_again)

    def _return(self) -> None:
        if not self.is_content and not self._world.holder(self.openid):
            self.say(self._rng.choice(phrases.RETURNS))
            self._agenda.later(self._rng.uniform(200, 600), self._lose_patience)
