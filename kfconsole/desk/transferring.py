"""Transfers a customer to another agent: WeChat has no call for it, so it is a close and a create.

Before the close everything is checked, and a failure leaves the customer where they were. After it somebody must end
up with them: the new agent, else the one who had them. A lost answer is never answered by asking for the act again,
but by asking WeChat who has the customer now. What is true in the end is one sentence.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.desk import rules
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.feeds.agents import AgentsFeed
from kfconsole.desk.holders import Holders
from kfconsole.desk.store import Store
from kfconsole.desk.waking import Sleep
from kfconsole.errors import ApiError, ConfigError, KfError, NotPossible, RateLimited, Rejected, Unavailable
from kfconsole.i18n import N_, _
from kfconsole.model import AgentId, CustomerId, Feed, SessionHolder
from kfconsole.wechat.codes import CODE

if TYPE_CHECKING:
    from kfconsole.wechat import KfClient

FRESH_SECONDS = 3.0
"""Who is online is asked again when the desk's answer is older."""
PAUSES_SECONDS = (0.5, 1.0, 2.0)
"""Between the tries while WeChat cannot be reached."""
RECOVERY_SECONDS = 40.0
"""From the close on nothing is tried again after so long: somebody has to be told."""


class Step(StrEnum):
    """How far a transfer is."""

    CHECKING = "checking"
    CLOSING = "closing"
    OPENING = "opening"
    GIVING_BACK = "giving_back"


class Outcome(StrEnum):
    """What became of a customer whose session was closed to hand them over."""

    TRANSFERRED = "transferred"
    GIVEN_BACK = "given_back"
    TAKEN = "taken"
    """A third agent accepted them meanwhile."""
    NOBODY = "nobody"
    UNKNOWN = "unknown"


class Transfer(Struct, frozen=True):
    """A transfer that got as far as the close, and how it ended."""

    openid: CustomerId
    giver: AgentId
    target: AgentId
    outcome: Outcome
    agent: AgentId | None
    """Who has the customer now; None: nobody, or nobody knows."""
    said: str
    """The outcome in one sentence that names whoever has the customer."""
    error: KfError | None = None
    """Why it did not end as it should."""

    @property
    def is_from_before(self) -> bool:
        """Whether it began in an earlier run, or in another console: nobody here saw why it did not end."""
        return self.outcome is Outcome.NOBODY and self.error is None

    @property
    def is_left_alone(self) -> bool:
        """Whether the customer may be without anybody, because of us."""
        return self.outcome in (Outcome.NOBODY, Outcome.UNKNOWN)


OUTCOME_WORDS = {
    Outcome.TRANSFERRED: N_("{customer} is now with {target}."),
    Outcome.GIVEN_BACK: N_("{customer} was not transferred and is back with {giver}: {reason}"),
    Outcome.TAKEN: N_("{customer} was not transferred and is now with {agent}, who accepted them meanwhile."),
    Outcome.NOBODY: N_("{customer} is with nobody now; neither {target} nor {giver} could be given them: {reason}"),
    Outcome.UNKNOWN: N_("Whether {customer} is with {target}, with {giver} or with nobody is not known: {reason}"),
}

Tell = Callable[[Step], None]


class Transferring:
    """Moves customers between agents, and leaves nobody behind unsaid."""

    def __init__(
        self, client: "KfClient", store: Store, clock: ServerClock, holders: Holders, *, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._holders = holders
        self._sleep = sleep
        self._agents = AgentsFeed(client, clock)
        self._under_way: set[CustomerId] = set()

    async def transfer(
        self,
        openid: CustomerId,
        target: AgentId,
        giver: AgentId | None,
        begin: Callable[[AgentId], Awaitable[None]],
        tell: Tell = lambda _step: None,
    ) -> Transfer:
        """Hand a customer over; await it to the end, as in the middle of it nobody has them.

        Args:
            openid: Whom.
            target: To which agent.
            giver: Who must be serving them; whoever does by default.
            begin: Awaited, with who gives, before anything is changed.
            tell: Told every step.

        Raises:
            KfError: Nothing was done; the message says so, and who has the customer.
        """
        if openid in self._under_way:
            raise NotPossible(_("{customer} is being transferred already.").format(customer=self._customer(openid)))
        self._under_way.add(openid)
        try:
            tell(Step.CHECKING)
            giver = await self._checked(openid, target, giver)
            await begin(giver)
            tell(Step.CLOSING)
            ended = await self._close(openid, giver, target)
            return ended or await self._hand_over(openid, giver, target, tell)
        finally:
            self._under_way.discard(openid)

    # -- before: a failure leaves everything as it was --------------------------------------------------------------

    async def _checked(self, openid: CustomerId, target: AgentId, giver: AgentId | None) -> AgentId:
        """Return who serves the customer, once nothing is known that would keep the target from it."""
        known: AgentId | None = None
        try:
            holder = await self._holders.ask_soon(openid)
            known = holder.agent if holder else None
            await self._see_agents()
        except TimeoutError:
            raise self._unasked(openid, known) from None
        except (ApiError, ConfigError) as error:
            raise self._kept(openid, known, error) from error
        if holder is None:
            raise self._holders.not_served(openid)
        if holder.agent == target:
            raise NotPossible(self._with_whom(openid, target))
        if giver is not None and holder.agent != giver:
            raise self._elsewhere(openid, holder.agent)
        if problem := rules.refusal(self._store.desk, target):
            raise self._kept(openid, holder.agent, problem)
        return holder.agent

    async def _see_agents(self) -> None:
        """Ask who is online unless that was answered just now; an old answer does while the limit is reached."""
        seen_mono = self._store.desk.seen_mono(Feed.AGENTS)
        if seen_mono is not None and self._clock.monotonic() - seen_mono <= FRESH_SECONDS:
            return
        try:
            self._store.apply(await self._agents.ask())
        except RateLimited:
            if seen_mono is None:
                raise

    async def _close(self, openid: CustomerId, giver: AgentId, target: AgentId) -> Transfer | None:
        """Take the customer from the giver; return how it ended where that cannot be known."""
        try:
            await self._client.close_session(giver, openid)
        except Rejected as error:
            if error.code not in (CODE.NO_SESSION, CODE.SESSION_TAKEN):
                raise self._kept(openid, giver, error) from error
            problem = error
            try:
                holder = await self._holders.ask_soon(openid)
            except (ApiError, ConfigError, TimeoutError):
                self._holders.acted(giver)
                raise self._kept(openid, None, problem) from error
            if holder is None:
                raise self._holders.not_served(openid) from error
            raise self._elsewhere(openid, holder.agent) from error
        except Unavailable as error:
            if not error.may_have_arrived:
                raise self._kept(openid, giver, error) from error
            return await self._after_lost_close(openid, giver, target, error)
        except (ApiError, ConfigError) as error:
            raise self._kept(openid, giver, error) from error
        return None

    async def _after_lost_close(
        self, openid: CustomerId, giver: AgentId, target: AgentId, error: Unavailable
    ) -> Transfer | None:
        try:
            holder = await self._truth(openid, self._clock.monotonic() + RECOVERY_SECONDS)
        except (ApiError, ConfigError, TimeoutError):
            self._holders.closed(openid, giver)  # the next list tells; till then nobody may count on the session
            return self._ended(openid, giver, target, Outcome.UNKNOWN, None, error)
        if holder is None:
            return None
        if holder.agent != giver:
            raise self._elsewhere(openid, holder.agent) from error
        error.may_have_arrived = False
        raise self._kept(openid, giver, error) from error

    # -- after: nobody has them until somebody does ------------------------------------------------------------------

    async def _hand_over(self, openid: CustomerId, giver: AgentId, target: AgentId, tell: Tell) -> Transfer:
        """Give the customer to the target, else back."""
        deadline_mono = self._clock.monotonic() + RECOVERY_SECONDS
        why: KfError | None = None
        for step, agent in ((Step.OPENING, target), (Step.GIVING_BACK, giver)):
            tell(step)
            try:
                holder = await self._given(openid, agent, deadline_mono)
            except _NotKnown as error:
                self._holders.closed(openid, giver)
                return self._ended(openid, giver, target, Outcome.UNKNOWN, None, why or error.why)
            except (ApiError, ConfigError) as error:
                why = why or error
                continue
            return self._found(openid, giver, target, holder, why)
        outcome = Outcome.NOBODY
        try:  # a refusal need not mean that nobody has them: an agent who is offline is refused first
            last_holder = await self._truth(openid, deadline_mono)
        except (ApiError, ConfigError, TimeoutError):
            last_holder, outcome = None, Outcome.UNKNOWN
        if last_holder is not None:
            return self._found(openid, giver, target, last_holder, why)
        self._holders.closed(openid, giver)
        return self._ended(openid, giver, target, outcome, None, why)

    def _found(
        self, openid: CustomerId, giver: AgentId, target: AgentId, holder: SessionHolder, why: KfError | None
    ) -> Transfer:
        self._holders.moved(openid, giver, holder)
        outcome = {target: Outcome.TRANSFERRED, giver: Outcome.GIVEN_BACK}.get(holder.agent, Outcome.TAKEN)
        return self._ended(openid, giver, target, outcome, holder.agent, why)

    async def _given(self, openid: CustomerId, agent: AgentId, deadline_mono: float) -> SessionHolder:
        """Create the session; return who has the customer then, which may be another who was faster.

        Raises:
            _NotKnown: An answer was lost, and WeChat does not say what became of it.
            ApiError: Nobody has them: WeChat refused, or could not be reached again and again.
            ConfigError: Likewise: the secret cannot be had.
        """
        for pause_seconds in (*PAUSES_SECONDS, None):
            try:
                await self._client.create_session(agent, openid)
            except Rejected as error:
                if error.code != CODE.SESSION_TAKEN:
                    raise
                problem: Rejected | Unavailable = error
            except Unavailable as error:
                problem = error
            else:
                return SessionHolder(agent, int(self._clock.now()))
            if isinstance(problem, Rejected) or problem.may_have_arrived:
                try:
                    holder = await self._truth(openid, deadline_mono)
                except (ApiError, ConfigError, TimeoutError):
                    raise _NotKnown(problem) from problem
                if holder is not None:
                    return holder
            if pause_seconds is None or self._clock.monotonic() >= deadline_mono:
                raise problem
            await self._sleep(pause_seconds)
        raise AssertionError  # the last try returns or raises

    async def _truth(self, openid: CustomerId, deadline_mono: float) -> SessionHolder | None:
        """Ask who has the customer, a few times if need be."""
        for pause_seconds in PAUSES_SECONDS:
            try:
                return await self._holders.ask_soon(openid)
            except (Unavailable, TimeoutError):
                if self._clock.monotonic() >= deadline_mono:
                    raise
            await self._sleep(pause_seconds)
        return await self._holders.ask_soon(openid)

    # -- words -------------------------------------------------------------------------------------------------------

    def _ended(
        self,
        openid: CustomerId,
        giver: AgentId,
        target: AgentId,
        outcome: Outcome,
        agent: AgentId | None,
        error: KfError | None,
    ) -> Transfer:
        desk = self._store.desk
        said = _(OUTCOME_WORDS[outcome]).format(
            customer=self._customer(openid),
            target=rules.agent_name(desk, target),
            giver=rules.agent_name(desk, giver),
            agent=rules.agent_name(desk, agent) if agent else "",
            reason=error.message if error else "",
        )
        return Transfer(openid, giver, target, outcome, agent, said, error)

    def forgotten(self, openid: CustomerId, giver: AgentId, target: AgentId) -> Transfer:
        """Return a transfer of an earlier run, or of another console, that left the customer with nobody."""
        said = _("{customer} is with nobody: handing them from {giver} to {target} did not end.").format(
            customer=self._customer(openid),
            giver=rules.agent_name(self._store.desk, giver),
            target=rules.agent_name(self._store.desk, target),
        )
        return Transfer(openid, giver, target, Outcome.NOBODY, None, said)

    def _kept(self, openid: CustomerId, agent: AgentId | None, error: KfError) -> KfError:
        """Say with whom the customer stays, and why; the error stays what it is for whoever counts on its kind."""
        if agent is None:
            said = _("{customer} was not transferred: {reason}")
        else:
            said = _("{customer} was not transferred and is still with {agent}: {reason}")
        error.message = said.format(
            customer=self._customer(openid),
            agent=rules.agent_name(self._store.desk, agent) if agent else "",
            reason=error.message,
        )
        error.args = (error.message,)
        return error

    def _unasked(self, openid: CustomerId, agent: AgentId | None) -> KfError:
        silence = Unavailable(_("WeChat did not answer in time."), may_have_arrived=False, hint=_("Try again."))
        return self._kept(openid, agent, silence)

    def _elsewhere(self, openid: CustomerId, agent: AgentId) -> NotPossible:
        return NotPossible(
            _("{customer} was not transferred: they are with {agent} now.").format(
                customer=self._customer(openid), agent=rules.agent_name(self._store.desk, agent)
            )
        )

    def _with_whom(self, openid: CustomerId, agent: AgentId) -> str:
        return _("{customer} is with {agent} already.").format(
            customer=self._customer(openid), agent=rules.agent_name(self._store.desk, agent)
        )

    def _customer(self, openid: CustomerId) -> str:
        return rules.customer_name(self._store.desk, openid)


class _NotKnown(Exception):
    def __init__(self, why: KfError) -> None:
        super().__init__()
        self.why = why
