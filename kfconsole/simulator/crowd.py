"""The scenario `big`: far more of everything than one account has, to see what breaks first.

2,000 agents, 20,000 sessions and 10,000 waiting customers, kept at that by arrivals and acceptances. Nobody here has
a story: for those see `shop`.
"""

import random
from collections.abc import Awaitable, Callable
from operator import itemgetter

from kfconsole.simulator.people import Agent
from kfconsole.simulator.world import World

CROWD_AGENT = "kf1@daxing"
AGENTS = 2_000
SESSIONS = 20_000
WAITING = 10_000

_OFFLINE_SHARE = 0.1
_SPREAD_SECONDS = 1500.0  # sessions began within the last 25 minutes, of the 30 they may last
_QUEUE_SECONDS = 900.0
_GREETING = "您好，请问有什么可以帮您？"
_PLAY_SECONDS = 0.2
_TEXTS = (
    "你好，请问什么时候发货？",
    "在吗",
    "这个还有货吗",
    "我想退货，订单号 20261011223344556677",
    "谢谢",
    "运费谁出？",
    "能开发票吗？抬头：大兴贸易有限公司",
    "[image]",
    "好的👌",
)


def gather_crowd(
    world: World, *, seed: int, speed: float, sleep: Callable[[float], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    """Fill the world with the crowd and return what keeps it moving."""
    crowd = Crowd(world, random.Random(f"{seed}/crowd"), speed)
    crowd.gather()

    async def play() -> None:
        while True:
            await sleep(_PLAY_SECONDS)
            crowd.move_on()

    return play


class Crowd:
    """Agents who take whoever waits longest, and customers who keep coming."""

    def __init__(self, world: World, rng: random.Random, speed: float) -> None:
        self._world = world
        self._rng = rng
        self._messages_per_step = max(1, round(speed))
        self._online: list[Agent] = []
        self._next_agent = 0

    def gather(self) -> None:
        """Let everybody be there, the eldest session first."""
        for number in range(1, AGENTS + 1):
            is_online = number == 1 or self._rng.random() >= _OFFLINE_SHARE
            agent = self._world.add_agent(f"kf{number}@daxing", f"客服{number:04}", online=is_online)
            if is_online:
                self._online.append(agent)
        accepted: list[tuple[float, Callable[[], object]]] = [
            (-_SPREAD_SECONDS * (1 - number / SESSIONS), self._accept) for number in range(SESSIONS)
        ]
        arrived = [(at - _QUEUE_SECONDS, self._arrive) for at, _accept in accepted]
        waiting = [(-_QUEUE_SECONDS * (1 - number / WAITING), self._arrive) for number in range(WAITING)]
        for at, act in sorted([*accepted, *arrived, *waiting], key=itemgetter(0)):
            with self._world.clock.moved(at):
                act()

    def move_on(self) -> None:
        """Bring queue and sessions back to their numbers, and let a few customers write."""
        missing = SESSIONS - len(self._world.sessions)
        for _number in range(min(missing, len(self._world.queue))):
            if not self._accept():
                break
        for _number in range(WAITING - len(self._world.queue)):
            self._arrive()
        for _number in range(self._messages_per_step):
            agent = self._rng.choice(self._online)
            if agent.sessions:
                self._world.say(self._rng.choice(list(agent.sessions)), self._rng.choice(_TEXTS))

    def _arrive(self) -> None:
        self._world.say(self._world.add_customer().openid, self._rng.choice(_TEXTS))

    def _accept(self) -> bool:
        """Give the longest waiting customer to the next agent, unless all were sent home or removed meanwhile."""
        for _attempt in range(len(self._online)):
            self._next_agent = (self._next_agent + 1) % len(self._online)
            agent = self._online[self._next_agent]
            if agent.is_online and agent.kf_account in self._world.agents:
                openid = self._world.accept(agent.kf_account)
                self._world.reply(agent.kf_account, openid, _GREETING)
                self._world.say(openid, self._rng.choice(_TEXTS))
                return True
        return False
