"""Assigns by the rules while the console runs: one customer at a time, and only by lists that are fresh.

Several consoles may do the same: each asks WeChat right before who has the customer, and who comes second hears it
from WeChat. Whom WeChat refused rests for a while, so that nobody knocks at a closed door all day.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import tzinfo

from kfconsole.config.assigning import AssignRule
from kfconsole.desk.actions import Actions
from kfconsole.desk.assign_rules import Moment, Verdict, verdicts
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.store import Store
from kfconsole.desk.supervising import is_fresh
from kfconsole.desk.waking import Sleep
from kfconsole.errors import KfError
from kfconsole.model import CustomerId, Desk, Feed

LOOK_SECONDS = 1.0
"""How often the rules are looked through: a wait grows long without any news."""
FRESH_SECONDS = 15.0
"""Nobody is assigned by an older list."""
REST_SECONDS = 60.0
"""Nobody is tried again sooner whom WeChat refused."""


class AutoAssign:
    """Follows the desk; the acts are those of `Actions`, so that they are checked, noted and refused in one place."""

    def __init__(
        self,
        assign_rules: Sequence[AssignRule],
        actions: Actions,
        store: Store,
        clock: ServerClock,
        *,
        zone: tzinfo | None,
        tell: Callable[[Verdict], None],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rules = tuple(assign_rules)
        self._actions = actions
        self._store = store
        self._clock = clock
        self._zone = zone
        self._tell = tell
        self._sleep = sleep
        self._rests_until_mono: dict[CustomerId, float] = {}

    async def run(self) -> None:
        """Assign until cancelled."""
        while True:
            while await self.assign_one():
                pass
            await self._sleep(LOOK_SECONDS)

    def plan(self) -> tuple[Verdict, ...]:
        """Return what would be done now, and why not for the others; nothing is done."""
        mono = self._clock.monotonic()
        self._rests_until_mono = {
            openid: until_mono for openid, until_mono in self._rests_until_mono.items() if until_mono > mono
        }
        return verdicts(
            self._rules,
            Moment(
                self._store.desk,
                self._clock.now(),
                self._zone,
                self._actions.turns,
                frozenset(self._rests_until_mono),
            ),
        )

    async def assign_one(self) -> bool:
        """Give the first customer whom a rule gives to somebody; whether another one may follow at once."""
        if self._actions.read_only is not None or not self._store.desk.queue:
            return False
        if not is_known_now(self._store.desk, self._clock.monotonic()):
            return False
        verdict = next((verdict for verdict in self.plan() if verdict.agent is not None), None)
        if verdict is None or verdict.agent is None:
            return False
        try:
            session = await self._actions.assign_by_rule(verdict.openid, verdict.agent, verdict.rule)
        except KfError:  # it is noted among the deeds, and the feeds show what is wrong with WeChat
            self._rests_until_mono[verdict.openid] = self._clock.monotonic() + REST_SECONDS
            return False
        if session is None:
            # Somebody else has them; until the lists show it they are let alone.
            self._rests_until_mono[verdict.openid] = self._clock.monotonic() + FRESH_SECONDS
        else:
            self._tell(verdict)
        return True


def is_known_now(desk: Desk, mono: float) -> bool:
    """Whether the lists of who waits and who is online are fresh enough to act by them."""
    return all(is_fresh(desk, feed, mono, FRESH_SECONDS) for feed in (Feed.QUEUE, Feed.AGENTS))
